"""The catalogue reads its publishers' layouts, and real copies where they are at hand."""

import hashlib
import io
import os
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from milliwatt.data import cut_windows, is_split, open_dataset, open_split, split_by_group
from milliwatt.data.catalog import (
    CATALOG,
    DATASETS,
    cwru,
    mitbih,
    occupancy,
    sisfall,
    speech_commands,
)
from milliwatt.data.catalog.get import get_dataset
from milliwatt.data.download import Download
from milliwatt.data.progress import silent
from milliwatt.data.sources.wav import wav_bytes
from milliwatt.errors import InputError

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("MILLIWATT_SHARED", ROOT.parent / "shared")) / "data"


def real(name):
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not in {SHARED}; MILLIWATT_SHARED may name another folder")
    return SHARED / name


def test_sorted_and_complete():
    folder = Path(speech_commands.__file__).parent
    files = {p.stem for p in folder.glob("*.py")} - {"__init__", "entry", "get"}
    assert set(CATALOG) == files
    assert list(CATALOG) == sorted(CATALOG)
    assert set(DATASETS) <= {e.name for e in CATALOG.values() if e.packaged}


def test_every_checksum_is_one():
    for entry in CATALOG.values():
        assert entry.licence
        assert entry.page.startswith("http")
        for download in entry.downloads:
            assert download.sha256 is None or len(bytes.fromhex(download.sha256)) == 32


def clip(value, length=16000):
    return wav_bytes(np.full((length, 1), value, np.int16), 16000)


def speech_files():
    files = {
        "./yes/0a7c2a8d_nohash_0.wav": clip(1),
        "./no/0a7c2a8d_nohash_1.wav": clip(2, 12000),
        "./go/ffffffff_nohash_0.wav": clip(3),
        "./_background_noise_/tap.wav": clip(4, 40000),
        "./_background_noise_/README.md": b"noises",
        "./testing_list.txt": b"yes/0a7c2a8d_nohash_0.wav",
    }
    return files | {f"./bed/{i:08x}_nohash_0.wav": clip(5) for i in range(60)}


def packed(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_speech_commands_as_its_publisher_packs_it(tmp_path):
    path = packed(tmp_path / "speech_commands_v0.02.tar.gz", speech_files())
    dataset = speech_commands.load(path, silent)
    by_name = {r.name: r for r in dataset.recordings}
    assert by_name["yes/0a7c2a8d_nohash_0"].group == "0a7c2a8d"
    assert dataset.labels[by_name["go/ffffffff_nohash_0"].label] == "go"
    short = by_name["no/0a7c2a8d_nohash_1"].samples[:, 0]
    assert (short[11999], short[12000], len(short)) == (2, 0, 16000)
    silence = [r for r in dataset.recordings if r.label == 0]
    assert len(silence) == (40000 - 16000) // 4000 + 1
    assert {r.group for r in silence} == {"noise tap"}
    # one in twenty of 60, drawn by a hash of the name: 3 expected, none would be a defect
    assert 1 <= sum(r.label == 1 for r in dataset.recordings) <= 9
    again = {r.name for r in speech_commands.load(path, silent).recordings}
    assert again == set(by_name)


def test_speech_commands_from_a_folder_equals_the_archive(tmp_path):
    path = packed(tmp_path / "a.tar.gz", speech_files())
    for name, data in speech_files().items():
        file = tmp_path / "folder" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    one, other = (speech_commands.load(p, silent) for p in (path, tmp_path / "folder"))
    assert [r.name for r in one.recordings] == [r.name for r in other.recordings]


def test_speech_commands_reduced_and_real(tmp_path):
    pytest.importorskip("soundfile", reason="the clips hold FLAC")
    folder = get_dataset(CATALOG["speech_commands"], tmp_path, source=real("speech_commands.zip"))
    dataset = open_dataset(folder)
    assert dataset.samples().shape == (2525, 16000, 1)
    assert dataset.licence == "CC BY 4.0"
    assert "not compared with the publisher's checksum" in dataset.source
    assert np.bincount(dataset.targets(), minlength=8).min() > 300
    split = split_by_group(dataset, validation=0.1, test=0.2)
    shares = np.bincount(split.test.targets()) / np.bincount(dataset.targets())
    assert abs(shares - 0.2).max() < 0.05  # labels are balanced by the search over shuffles


def trial(rows):
    return "".join(",".join(f"{v:4d}" for v in row) + ";\r\n" for row in rows).encode()


def test_sisfall_as_its_publisher_writes_it(tmp_path):
    # 256 counts of 3.90625 mg are 1 g; 8,192 counts of the gyroscope are 500 deg/s
    rows = [[256, 0, -256, 8192, 0, -8192, 1, 1, 1]] * 4 + [[0, 4, 0, 0, 0, 0, 9, 9, 9]] * 5
    files = {"SA01/F01_SA01_R02.txt": trial(rows), "SE06/D01_SE06_R01.txt": trial(rows[:4])}
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("SisFall_dataset/Readme.txt", "about")
        for name, data in files.items():
            archive.writestr(f"SisFall_dataset/{name}", data)
    with zipfile.ZipFile(tmp_path / "SisFall.zip", "w") as archive:
        archive.writestr("SisFall_dataset.zip", inner.getvalue())
    (tmp_path / "plain.zip").write_bytes(inner.getvalue())
    for path in (tmp_path / "SisFall.zip", tmp_path / "plain.zip"):
        dataset = sisfall.load(path, silent)
        fall = next(r for r in dataset.recordings if r.name == "F01_SA01_R02")
        assert (dataset.labels[fall.label], fall.group) == ("fall", "SA01")
        assert fall.samples.tolist() == [
            [1000, 0, -1000, 5000, 0, -5000],
            [0, 16, 0, 0, 0, 0],  # 4 counts are 15.6 mg
        ]


def test_sisfall_real(tmp_path):
    dataset = sisfall.load(real("sisfall_50hz.npz"), silent)
    assert len(dataset.groups) == 26
    assert np.bincount(dataset.targets()).tolist() == [1857, 1275]
    # standing people are pulled down by one g: 1,000 mg within the few per cent of the sensor
    length = np.linalg.norm(np.median(dataset.recordings[0].samples[:, :3], axis=0))
    assert 900 < length < 1100


def test_mitbih_formats_by_hand():
    # 12 bits each: 0x3FF = 1023 and 0xFFF = -1, then 0x800 = -2048 and 5
    data = bytes([0xFF, 0xF3, 0xFF, 0x00, 0x08, 0x05])
    assert mitbih.first_signal(data).tolist() == [1023, -2048]

    def word(code, interval):
        return (code << 10 | interval).to_bytes(2, "little")

    text = b"".join(
        (
            word(28, 18),  # a change of rhythm, no beat, with 4 bytes of text
            word(63, 3) + b"(N\0\0",
            word(1, 59),  # a normal beat at 18 + 59
            word(59, 0) + (1).to_bytes(2, "little") + (4464).to_bytes(2, "little"),  # 70,000 on
            word(5, 3),  # a PVC at 77 + 70,000 + 3
            word(0, 0),
        )
    )
    assert list(mitbih.annotations(text)) == [(18, 28), (77, 1), (70080, 5)]


def test_mitbih_beats_are_spans():
    spans = mitbih.beat_spans([10, 20, 41], {20}, 50)
    assert [(s.start, s.stop, s.label) for s in spans] == [(0, 15, 0), (15, 31, 1), (31, 50, 0)]


def test_mitbih_real(tmp_path):
    dataset = mitbih.load(real("mitbih"), silent)
    assert len(dataset.groups) == 9
    by_name = {r.name: r for r in dataset.recordings}
    assert len(by_name["119"].samples) == 650000
    windows = cut_windows(replace(dataset, recordings=(by_name["119"],)), length=216, hop=216)
    # 444 of the 1,987 beats of this record are premature, 22 %; windows of 0.6 s, shorter than a
    # beat, give them about their share of time
    assert 0.15 < windows.targets().mean() < 0.35


def test_mitbih_records_are_the_publishers():
    assert len(mitbih.RECORDS) == 48
    assert len(CATALOG["mitbih"].downloads) == 96


def test_cwru_real():
    dataset = cwru.load(real("cwru_de12k_i16.npz"), silent)
    assert dataset.groups == ("load 0", "load 1", "load 2")
    assert set(dataset.targets().tolist()) == {0, 1, 2, 3}
    assert [r.name for r in dataset.recordings if r.label == 2] == ["normal_0_000"]
    peaks = {r.name: int(np.abs(r.samples.astype(int)).max()) for r in dataset.recordings}
    assert min(peaks, key=lambda name: peaks[name]) == "normal_0_000"  # faults knock


def test_occupancy_real(tmp_path):
    for name in ("occupancy_datatraining.txt", "occupancy_datatest.txt"):
        (tmp_path / name).write_bytes(real(name).read_bytes())
    split = occupancy.load(tmp_path, silent)
    assert sum(len(r.samples) for r in split.train.recordings) == 8143
    assert split.test.labels == ("empty", "occupied")
    assert [c.unit for c in split.test.channels] == ["deg C", "%", "lux", "ppm"]
    windows = cut_windows(split.test, length=1, hop=1)
    # the publisher's file has 972 occupied rows of 2,665
    assert windows.targets().sum() == 972
    (tmp_path / "occupancy_datatest.txt").unlink()
    with pytest.raises(InputError, match=r"wanted datatraining.txt and datatest.txt"):
        occupancy.load(tmp_path, silent)


def test_packaged(tmp_path):
    pytest.importorskip("aeon", reason="BasicMotions ships with the package aeon")
    folder = get_dataset(CATALOG["basic_motions"], tmp_path)
    assert is_split(folder)
    split = open_split(folder)
    assert split.test.samples().shape == (40, 100, 6)


def test_no_address_says_where_to_go(tmp_path):
    with pytest.raises(InputError, match=r"sistemic.udea.edu.co.* and say --from PATH"):
        get_dataset(CATALOG["sisfall"], tmp_path)


def test_a_copy_under_the_publishers_name_must_be_the_publishers(tmp_path):
    path = packed(tmp_path / "speech_commands_v0.02.tar.gz", speech_files())
    with pytest.raises(InputError, match="a changed copy goes by another name"):
        get_dataset(CATALOG["speech_commands"], tmp_path / "data", source=path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    entry = replace(
        CATALOG["speech_commands"],
        downloads=(Download("http://example.org/x", path.name, digest),),
    )
    dataset = open_dataset(get_dataset(entry, tmp_path / "data", source=path))
    assert dataset.source.endswith("from speech_commands_v0.02.tar.gz")


def test_a_copy_that_is_none(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        get_dataset(CATALOG["sisfall"], tmp_path, source=tmp_path / "no.npz")
    (tmp_path / "a.zip").write_bytes(b"no zip")
    with pytest.raises(InputError, match="wanted a folder, a zip or a tar"):
        get_dataset(CATALOG["sisfall"], tmp_path, source=tmp_path / "a.zip")
    (tmp_path / "empty").mkdir()
    for name in ("sisfall", "speech_commands"):
        with pytest.raises(InputError, match=r"empty: no (trials|clips)"):
            get_dataset(CATALOG[name], tmp_path / "data", source=tmp_path / "empty")
