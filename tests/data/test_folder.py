"""Folders keep every count, and other tools read what lies in them."""

import csv
import json
import wave

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from milliwatt.data import (
    Channel,
    Dataset,
    Kind,
    Recording,
    Span,
    open_dataset,
    open_split,
    save_dataset,
    save_split,
    split_by_group,
)
from milliwatt.data.sources.images import colour_channels
from milliwatt.data.sources.wav import audio_channels
from milliwatt.errors import InputError, NotAvailable

RNG = np.random.default_rng(0)
MOTION = (Channel("accelerometer_x", "mg", 0.061), Channel("gyroscope_x", "0.1 deg/s", 1 / 3))


def series(channels=MOTION, rate=49.9):
    recordings = tuple(
        Recording(
            f"{('walk', 'fall')[i % 2]}/ann {i}",
            RNG.integers(-32768, 32768, (30 + i, len(channels)), np.int16),
            i % 2 if i < 5 else None,
            f"person {i // 2}" if i != 3 else None,
            (Span(3, 7, 1), Span(7, 29, 0)) if i == 4 else (),
        )
        for i in range(6)
    )
    return Dataset("walks", "recörded here", channels, rate, ("walk", "fall"), recordings, "CC0")


def sound():
    pytest.importorskip("soundfile", reason="the check needs an independent reader")
    return series(audio_channels(1), 16000.0)


def images(colours):
    pytest.importorskip("PIL", reason="images are stored by Pillow")
    recordings = tuple(
        Recording(f"i{i}", RNG.integers(0, 256, (4, 5, colours), np.uint8), i % 2, "cam")
        for i in range(3)
    )
    return Dataset("pics", "here", colour_channels(colours, ""), 0.0, ("a", "b/c"), recordings)


def same(one, other):
    for field in ("name", "source", "channels", "sample_rate_hz", "labels", "licence", "kind"):
        assert getattr(one, field) == getattr(other, field)
    assert len(one.recordings) == len(other.recordings)
    for mine, theirs in zip(one.recordings, other.recordings, strict=True):
        for field in ("name", "label", "group", "spans"):
            assert getattr(mine, field) == getattr(theirs, field)
        assert mine.samples.dtype == theirs.samples.dtype
        np.testing.assert_array_equal(mine.samples, theirs.samples)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (series, Kind.SERIES),
        (sound, Kind.AUDIO),
        (lambda: images(1), Kind.IMAGES),
        (lambda: images(3), Kind.IMAGES),
    ],
    ids=["series", "sound", "gray", "colour"],
)
def test_back_to_the_bit(tmp_path, make, kind):
    dataset = make()
    assert dataset.kind is kind
    save_dataset(dataset, tmp_path / "d")
    same(dataset, open_dataset(tmp_path / "d"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    samples=arrays.arrays(np.int16, st.tuples(st.integers(1, 40), st.just(1))),
    rate=st.floats(1e-3, 1e5),
    scale=st.floats(1e-9, 1e9),
    text=st.text(min_size=1, max_size=12).filter(lambda t: t.isprintable()),
)
def test_any_count_rate_scale_and_name(tmp_path_factory, samples, rate, scale, text):
    recordings = tuple(Recording(f"{text}{i}", samples, 0, text) for i in range(2))
    dataset = Dataset(text, text, (Channel(text, text, scale),), rate, (text,), recordings)
    folder = tmp_path_factory.mktemp("any")
    save_dataset(dataset, folder / "d")
    same(dataset, open_dataset(folder / "d"))


def test_series_are_parquet_with_rate_unit_and_scale(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    dataset = series()
    save_dataset(dataset, tmp_path / "d")
    table = parquet.read_table(tmp_path / "d" / "walk" / "ann_0.parquet")
    assert table.column_names == ["accelerometer_x", "gyroscope_x"]
    assert table.schema.metadata[b"sample_rate_hz"] == b"49.9"
    assert table.schema.field(0).metadata == {b"unit": b"mg", b"scale": b"0.061"}
    np.testing.assert_array_equal(
        np.stack([c.to_numpy() for c in table.columns], 1), dataset.recordings[0].samples
    )


def test_sound_is_wav_with_the_table_that_audio_folders_have(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    dataset = sound()
    save_dataset(dataset, tmp_path / "d")
    with (tmp_path / "d" / "metadata.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "file_name": "walk/ann_0.wav",
        "name": "walk/ann 0",
        "label": "walk",
        "group": "person 0",
    }
    for row, recording in zip(rows, dataset.recordings, strict=True):
        read, rate = soundfile.read(tmp_path / "d" / row["file_name"], dtype="int16")
        assert rate == 16000
        np.testing.assert_array_equal(read, recording.samples[:, 0])


def test_spans_are_seconds(tmp_path):
    save_dataset(series(rate=10.0), tmp_path / "d")
    assert (tmp_path / "d" / "spans.csv").read_text().splitlines()[1:] == [
        "walk/ann_4.parquet,0.3,0.7,fall",
        "walk/ann_4.parquet,0.7,2.9,walk",
    ]


def test_a_folder_made_by_hand_is_read_too(tmp_path):
    (tmp_path / "on").mkdir()
    for name, value in (("on/a.wav", 5), ("on/b.wav", 7)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(np.full(4, value, "<i2").tobytes())
    (tmp_path / "metadata.csv").write_text("file_name,label,speaker\non/b.wav,off,x\non/a.wav,,y\n")
    dataset = open_dataset(tmp_path)
    assert [r.name for r in dataset.recordings] == ["on/b", "on/a"]
    assert dataset.labels == ("off", "on")
    assert dataset.samples()[:, 0, 0].tolist() == [7, 5]
    (tmp_path / "metadata.csv").unlink()
    assert open_dataset(tmp_path).labels == ("on",)


def test_a_split_is_kept_in_parts(tmp_path):
    whole = images(1)
    named = tuple(
        Recording(r.name, r.samples, r.label, f"g{i}") for i, r in enumerate(whole.recordings)
    )
    parts = Dataset("p", "here", whole.channels, 0.0, whole.labels, named)
    split = split_by_group(parts, validation=["g0"], test=["g1"])
    save_split(split, tmp_path / "s")
    back = open_split(tmp_path / "s")
    assert back.basis == split.basis
    for side, part in split.sides().items():
        same(part, back.sides()[side])
    with pytest.raises(InputError, match="in parts; open one of train"):
        open_dataset(tmp_path / "s")


def test_other_files_are_never_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="something that is no dataset"):
        save_dataset(series(), tmp_path, overwrite=True)
    save_dataset(series(), tmp_path / "d")
    with pytest.raises(InputError, match="a dataset; say --overwrite"):
        save_dataset(series(), tmp_path / "d")
    save_dataset(series(rate=7.0), tmp_path / "d", overwrite=True)
    assert open_dataset(tmp_path / "d").sample_rate_hz == 7.0


def test_interrupted_leaves_what_was_there(tmp_path):
    save_dataset(series(), tmp_path / "d")

    def interrupt(what, done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_dataset(series(rate=7.0), tmp_path / "d", overwrite=True, progress=interrupt)
    assert open_dataset(tmp_path / "d").sample_rate_hz == 49.9
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


def damaged(folder, file, text):
    (folder / file).write_text(text)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("dataset.json", "{", "wanted the description of a dataset"),
        ("dataset.json", '{"format": "x", "version": 1}', "format x version 1; wanted"),
        ("dataset.json", '{"format": "milliwatt dataset", "version": 1}', "no 'name'"),
        ("metadata.csv", "name\nx\n", "no column file_name among name"),
        ("metadata.csv", "file_name\n../../etc/passwd.csv\n", "wanted one inside the folder"),
        ("metadata.csv", "file_name\nwalk/none.parquet\n", "none.parquet: cannot read"),
        ("metadata.csv", "file_name,label\nwalk/ann_0.parquet,run\n", "label 'run'; wanted one"),
        ("metadata.csv", "file_name\n", "no recordings"),
        ("spans.csv", "file_name,start_s\n", "no column stop_s, label"),
        ("spans.csv", "file_name,start_s,stop_s,label\nx.wav,0,1,walk\n", "there is no file x.wav"),
        ("walk/ann_0.parquet", "PAR1", "ann_0.parquet: cannot read"),
    ],
)
def test_damage_is_named(tmp_path, file, text, said):
    save_dataset(series(), tmp_path / "d")
    damaged(tmp_path / "d", file, text)
    with pytest.raises(InputError, match=said):
        open_dataset(tmp_path / "d")


def test_a_recording_of_other_channels_is_refused(tmp_path):
    save_dataset(series(), tmp_path / "d")
    about = json.loads((tmp_path / "d" / "dataset.json").read_text())
    about["channels"][0]["scale"] = 0.5
    damaged(tmp_path / "d", "dataset.json", json.dumps(about))
    with pytest.raises(InputError, match=r"ann_0.parquet: 2 channels .* with the same units"):
        open_dataset(tmp_path / "d")


def test_an_absent_package_says_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(NotAvailable, match=r"pyarrow .*pip install 'milliwatt\[data\]'"):
        save_dataset(series(), tmp_path / "d")
    assert not list(tmp_path.iterdir())
