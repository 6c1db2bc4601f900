"""Edge Impulse's files: read, and believed only if the signature is right."""

import hashlib
import hmac
import json

import pytest

from milliwatt.data import Channel, ImportOptions, ReadOptions, import_files
from milliwatt.errors import InputError

KEY = "fed53116f20684c067774ebf9e7bcbdc"


def content(**payload):
    return {
        "protected": {"ver": "v1", "alg": "HS256", "iat": 1564128599},
        "signature": "0" * 64,
        "payload": {
            "device_name": "ac:87:a3:0a:2d:1b",
            "device_type": "DISCO-L475VG-IOT01A",
            "interval_ms": 10,
            "sensors": [{"name": "accX", "units": "m/s2"}, {"name": "accY", "units": "m/s2"}],
            "values": [[-9.81, 0.03], [-9.83, 0.04], [-9.12, 0.03]],
        }
        | payload,
    }


def signed(encode, what, key=KEY):
    """Sign as the format's documentation does: over the file with zeros for a signature."""
    signature = hmac.new(key.encode(), encode(what), hashlib.sha256).hexdigest()
    return encode(what | {"signature": signature})


def to_json(what):
    return json.dumps(what, separators=(",", ":")).encode()


def to_cbor(what):
    return pytest.importorskip("cbor2").dumps(what)


def read(tmp_path, data, name="fall.1.json", **options):
    (tmp_path / name).write_bytes(data)
    options = {"full_scale": {"*": 2 * 9.80665}, "key": KEY} | options
    return import_files(tmp_path / name, ImportOptions(ReadOptions(**options), label="fall"))


@pytest.mark.parametrize(
    ("encode", "name"), [(to_json, "a.json"), (to_cbor, "a.cbor")], ids=["json", "cbor"]
)
def test_signed_and_read(tmp_path, encode, name):
    dataset = read(tmp_path, signed(encode, content()), name)
    assert dataset.sample_rate_hz == 100.0
    assert dataset.channels[0] == Channel("accX", "m/s2", 2 * 9.80665 / 32768)
    assert dataset.groups == ("ac:87:a3:0a:2d:1b",)
    # -9.81 / (2 * 9.80665 / 32768) = -16389.6; 0.03 gives 50.1
    assert dataset.recordings[0].samples[0].tolist() == [-16390, 50]


def test_layout_of_the_json_does_not_matter(tmp_path):
    read(tmp_path, signed(lambda w: json.dumps(w, indent=4).encode(), content()))


@pytest.mark.parametrize(
    ("encode", "name"), [(to_json, "a.json"), (to_cbor, "a.cbor")], ids=["json", "cbor"]
)
def test_a_changed_value_or_another_key_is_found_out(tmp_path, encode, name):
    data = signed(encode, content(device_name="mine"))
    with pytest.raises(InputError, match="not by this key, or the file was changed"):
        read(tmp_path, data.replace(b"mine", b"fine"), name)
    with pytest.raises(InputError, match="not by this key"):
        read(tmp_path, data, name, key="other")
    read(tmp_path, data.replace(b"mine", b"fine"), name, key=None)  # nobody asked


def test_unsigned_is_refused_only_where_a_key_is_given(tmp_path):
    what = content()
    what["protected"]["alg"], what["signature"] = "none", "00"
    read(tmp_path, to_json(what), key=None)
    with pytest.raises(InputError, match="not signed, and a key was given"):
        read(tmp_path, to_json(what))


def test_sound(tmp_path):
    what = content(
        interval_ms=0.0625, sensors=[{"name": "audio", "units": "wav"}], values=[1, -2, 3]
    )
    dataset = read(tmp_path, to_json(what), full_scale={}, key=None)
    assert (dataset.sample_rate_hz, dataset.kind.value) == (16000.0, "audio")
    assert dataset.recordings[0].samples[:, 0].tolist() == [1, -2, 3]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "cannot read"),
        (b"[]", "no payload"),
        (b'{"payload": {}}', "no 'protected'"),
        (to_json(content() | {"protected": {"ver": "v2", "alg": "HS256"}}), "version v2"),
        (to_json(content() | {"protected": {"ver": "v1", "alg": "RS1"}}), "signed by RS1"),
        (to_json(content(interval_ms=0)), "an interval of 0.0 ms"),
        (to_json(content(values=[[1, 2, 3]])), r"values \[1, 3\] of 2 sensors"),
        (to_json(content(values=[[1], [1, 2]])), "wanted Edge Impulse's acquisition format"),
        (to_json(content(values=["x"])), "wanted Edge Impulse's acquisition format"),
        (to_json(content(sensors=[{"name": "a"}] * 2)), "no 'units'"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, data, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, data, key=None)
    with pytest.raises(InputError, match="cannot read"):
        read(tmp_path, b"\xff\x00", "a.cbor", key=None)
