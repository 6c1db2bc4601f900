"""A user's files: what they say is kept, what they do not say is asked for."""

import gzip
import io

import numpy as np
import pytest

from milliwatt.data import Channel, ImportOptions, ReadOptions, cut_windows, import_files
from milliwatt.errors import InputError


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def read(path, pattern=None, **options):
    return import_files(path, ImportOptions(ReadOptions(**options), pattern))


def test_folders_name_labels_and_counts_stay(tmp_path):
    write(tmp_path, {"walk/a.csv": "x,y\n1,2\n3,4\n", "run/b.csv": "x,y\n-5,6\n", "notes.md": "-"})
    dataset = read(tmp_path, sample_rate_hz=50.0)
    assert dataset.labels == ("run", "walk")
    assert [r.name for r in dataset.recordings] == ["run/b", "walk/a"]
    assert dataset.recordings[1].samples.tolist() == [[1, 2], [3, 4]]
    assert dataset.channels == (Channel("x", "", 1.0), Channel("y", "", 1.0))


def test_a_pattern_names_label_and_group(tmp_path):
    write(tmp_path, {"ann/walk_1.csv": "1\n", "bob/run_2.csv": "2\n"})
    dataset = read(tmp_path, r"(?P<group>\w+)/(?P<label>[a-z]+)_", sample_rate_hz=1.0)
    assert dataset.labels == ("run", "walk")
    assert dataset.groups == ("ann", "bob")
    with pytest.raises(InputError, match=r"does not match the pattern"):
        read(tmp_path, r"(?P<group>\d+)/", sample_rate_hz=1.0)


@pytest.mark.parametrize(
    ("text", "channel", "counts"),
    [
        ("ax [mg]\n1\n2\n", Channel("ax", "mg", 1.0), [1, 2]),
        ("ax [0.061 mg]\n1\n2\n", Channel("ax", "mg", 0.061), [1, 2]),
        ("ax (m/s^2);t\n1.0;0.0\n-2.0;0.1\n", Channel("ax", "m/s^2", 1.0), [1, -2]),
        ("ax\tt\n1\t0.0\n2\t0.1\n", Channel("ax", "", 1.0), [1, 2]),
        ("1\n2\n", Channel("column_0", "", 1.0), [1, 2]),
        ('"ax"\n"1",7\n"2",8\n', Channel("ax", "", 1.0), [7, 8]),  # R's index in front
    ],
)
def test_headings(tmp_path, text, channel, counts):
    dataset = read(write(tmp_path, {"a.csv": text}), sample_rate_hz=10.0)
    assert dataset.channels == (channel,)
    assert dataset.recordings[0].samples[:, 0].tolist() == counts


def test_fractions_need_the_sensors_range_and_then_are_counts(tmp_path):
    write(tmp_path, {"a.csv": "ax [g]\n0.5\n-3.0\n"})
    with pytest.raises(InputError, match=r"ax: fractions \(-3 to 0.5 g\).*--full-scale ax=4"):
        read(tmp_path, sample_rate_hz=10.0)
    dataset = read(tmp_path, sample_rate_hz=10.0, full_scale={"*": 4.0})
    assert dataset.channels == (Channel("ax", "g", 4 / 32768),)
    assert dataset.recordings[0].samples[:, 0].tolist() == [4096, -24576]


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("time,x\n0.00,1\n0.02,2\n0.04,3\n", 50.0),
        ("time [ms],x\n100,1\n120,2\n140,3\n", 50.0),
        ("timestamp_ms,x\n100,1\n120,2\n140,3\n", 50.0),
        ("t [us],x\n0,1\n20000,2\n40000,3\n", 50.0),
        ("date,x\n2026-01-31 12:00:00,1\n2026-01-31 12:00:30,2\n2026-01-31 12:01:00,3\n", 1 / 30),
    ],
)
def test_times_give_the_rate(tmp_path, text, rate):
    dataset = read(write(tmp_path, {"a.csv": text}))
    assert dataset.sample_rate_hz == pytest.approx(rate, rel=1e-3)  # kept to four digits
    assert dataset.recordings[0].samples[:, 0].tolist() == [1, 2, 3]


def test_a_gap_in_time_parts_the_recording(tmp_path):
    times = [0, 10, 20, 30, 90, 100, 110, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160]
    rows = "".join(f"{t},{i}\n" for i, t in enumerate(times))
    dataset = read(write(tmp_path, {"a.csv": f"t [ms],x\n{rows}"}))
    assert [(r.name, r.samples[0, 0], len(r.samples)) for r in dataset.recordings] == [
        ("a.0", 0, 4),
        ("a.1", 4, 3),
        ("a.2", 7, 12),
    ]
    assert dataset.sample_rate_hz == 100.0


def test_a_column_of_labels_becomes_spans(tmp_path):
    write(tmp_path, {"a.csv": "x,state\n1,on\n2,on\n3,\n4,off\n5,off\n6,off\n"})
    dataset = read(tmp_path, sample_rate_hz=1.0, label_column="state")
    (recording,) = dataset.recordings
    assert recording.label is None
    named = [(s.start, s.stop, dataset.labels[s.label]) for s in recording.spans]
    assert named == [(0, 2, "on"), (3, 6, "off")]
    windows = cut_windows(dataset, length=2, hop=1)
    assert [(w.name, dataset.labels[w.label]) for w in windows.recordings] == [
        ("a@0", "on"),
        ("a@1", "on"),
        ("a@2", "off"),
        ("a@3", "off"),
        ("a@4", "off"),
    ]
    with pytest.raises(InputError, match=r"recording a: no label for the whole of it"):
        dataset.targets()


def test_columns_are_taken_in_the_order_asked_for(tmp_path):
    write(tmp_path, {"a.csv": "note,x,y\nhm,1,2\nha,3,4\n"})
    dataset = read(tmp_path, sample_rate_hz=1.0, columns=("y", "x"), units={"y": "V"})
    assert dataset.recordings[0].samples.tolist() == [[2, 1], [4, 3]]
    assert [c.unit for c in dataset.channels] == ["V", ""]
    with pytest.raises(InputError, match="column note: found 'hm'; wanted numbers"):
        read(tmp_path, sample_rate_hz=1.0)
    with pytest.raises(InputError, match="no column z; there are note, x, y"):
        read(tmp_path, sample_rate_hz=1.0, columns=("z",))


def test_compressed_tables(tmp_path):
    dataset = read(write(tmp_path, {"a.csv.gz": gzip.compress(b"x\n1\n2\n")}), sample_rate_hz=1.0)
    assert dataset.recordings[0].name == "a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty; wanted at least one row"),
        ("x,y\n", "headings only"),
        ("x,y\n1\n", "line 2: 1 fields; wanted 2"),
        ("x,x\n1,2\n", "two columns of one name"),
        ("t,y\n0.0,\n0.1,2\n", "column y: row 0 holds no number"),
        ("x\n1\n", "no column of times .* say --rate HZ"),
        ("t,x\n0,1\n1,2\n", "whole numbers, which may be seconds or ticks"),
        ("t,x\n0.5,1\n0.5,2\n", "times do not grow"),
        ("t,x\n0,1\n0.1,2\n0.2,3\n0.9,3\n1.8,3\n1.9,3\n", "2 of 5 steps are far from the usual"),
        ("date,x\nnoon,1\n", "column date: .*noon"),
        (b"\xff\xfe\x00", "cannot read"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read(write(tmp_path, {"a.csv": text}))


def test_files_must_agree(tmp_path):
    write(tmp_path, {"a/1.csv": "x\n1\n", "a/2.csv": "y\n1\n"})
    with pytest.raises(InputError, match=r"a/2 has y .* a/1 has x .* one set of channels"):
        read(tmp_path, sample_rate_hz=1.0)


def test_clocks_that_differ_a_little_are_one_rate(tmp_path):
    for name, step in (("1", 0.0100), ("2", 0.0101)):
        write(tmp_path, {f"{name}.csv": "".join(f"{i * step:.4f},5\n" for i in range(30))})
        table = (tmp_path / f"{name}.csv").read_text()
        write(tmp_path, {f"{name}.csv": f"t,x\n{table}"})
    assert read(tmp_path).sample_rate_hz == pytest.approx(99.5, abs=0.05)  # 100 and 99.01
    write(tmp_path, {"3.csv": "t,x\n0.0,1\n0.02,2\n0.04,3\n"})
    with pytest.raises(InputError, match="at one rate"):
        read(tmp_path)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_archives(tmp_path):
    x = np.arange(12).reshape(6, 2)
    content = npz(
        x=x, n=[2, 4], y=["a", "b"], group=["p", "q"], rate=25.0, channels=["ax [mg]", "ay [mg]"]
    )
    dataset = read(write(tmp_path, {"d.npz": content}))
    assert [(r.name, r.label, r.group, len(r.samples)) for r in dataset.recordings] == [
        ("d.0", 0, "p", 2),
        ("d.1", 1, "q", 4),
    ]
    assert dataset.sample_rate_hz == 25.0
    assert dataset.channels[1] == Channel("ay", "mg", 1.0)
    assert dataset.recordings[1].samples.tolist() == x[2:].tolist()


def test_archives_of_images(tmp_path):
    x = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    dataset = read(write(tmp_path, {"d.npz": npz(x=x, y=[1, 0], labels=["cat", "dog"])}))
    assert dataset.labels == ("cat", "dog")
    assert dataset.targets().tolist() == [1, 0]
    np.testing.assert_array_equal(dataset.images()[..., 0], x)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK", "cannot read"),
        (npz(y=[1]), "arrays y; wanted one named x"),
        (npz(x=np.array([{}])), "cannot read"),
        (npz(x=np.zeros((4, 1)), n=[3], rate=1.0), "add up to 3; x has 4"),
        (npz(x=np.zeros((4, 1))), "no array rate"),
        (npz(x=np.zeros((4, 1)), y=["a", "b"], rate=1.0), r"an array \[2\] for 1 recordings"),
        (npz(x=np.zeros((2, 3, 1)), y=[0, 2], labels=["a", "b"], rate=1.0), r"y\[1\] is 2"),
    ],
)
def test_archives_that_cannot_be_used(tmp_path, content, said):
    with pytest.raises(InputError, match=said):
        read(write(tmp_path, {"d.npz": content}))


def test_images_become_one_size_and_gray(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for name, mode, size in (("a", "RGB", (4, 6)), ("b", "RGBA", (8, 8)), ("c", "P", (2, 2))):
        image.new(mode, size, 0).save(tmp_path / f"{name}.png")
    dataset = read(tmp_path)
    assert [r.samples.shape for r in dataset.recordings] == [(6, 4, 3), (8, 8, 3), (2, 2, 3)]
    with pytest.raises(InputError, match="images of 3 sizes"):
        dataset.images()
    assert read(tmp_path, image_size=(5, 7), gray=True).images().shape == (3, 5, 7, 1)


def test_flac_under_the_name_of_a_wav(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    counts = np.random.default_rng(0).integers(-32768, 32768, (100, 1), np.int16)
    soundfile.write(tmp_path / "a.wav", counts, 16000, format="FLAC")
    dataset = read(tmp_path)
    np.testing.assert_array_equal(dataset.samples()[0], counts)
    assert dataset.sample_rate_hz == 16000.0


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(InputError, match="no file to read; wanted files that end in"):
        read(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "none")
