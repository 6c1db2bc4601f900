"""What was recorded is on disk, whatever stops the recorder: a full disk, Ctrl-C, a crash."""

import errno
import os
import shutil
import signal
import subprocess

import numpy as np
import pytest

from milliwatt.data import ReadOptions, open_dataset
from milliwatt.data.live import Assembler, record, recorder
from milliwatt.data.live.events import Block, Lines, Lost, Opened
from milliwatt.data.live.recorder import Recorder
from milliwatt.errors import InputError


def new_recorder(folder, label="walk"):
    return Recorder(folder, label=label, group="ann", source="a test")


def run(source, folder, *, count=1, label="walk"):
    told = []
    made = new_recorder(folder, label)
    assembler = Assembler(1.0, ReadOptions(sample_rate_hz=100.0), made.about)
    record(source, assembler, made, count=count, tell=told.append, retry_s=0.01)
    return told


def scripted(*events):
    def source():
        for event in events:
            if isinstance(event, BaseException):
                raise event
            yield event

    return source


def said(values):
    return Lines(0.0, tuple(b"%d,%d" % (v, -v) for v in values))


def test_a_full_disk_is_waited_for(tmp_path, monkeypatch):
    full, write = [3], recorder.write_atomically

    def sometimes(path, data):
        if path.suffix == ".parquet" and full[0]:
            full[0] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    monkeypatch.setattr(recorder, "write_atomically", sometimes)
    told = run(scripted(Opened(), said(range(200))), tmp_path / "d", count=2)
    assert open_dataset(tmp_path / "d").samples()[:, :, 0].ravel().tolist() == list(range(200))
    assert sum("No space left on device" in t for t in told) == 1


def test_a_really_full_disk(tmp_path):
    """A file system of 64 KB: what fits stays whole, and nothing half-written lies about."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let its root mount")
    try:
        made = new_recorder(small / "d")
        noise = np.random.default_rng(0).integers(-32768, 32768, (4000, 2), np.int16)
        assembler = Assembler(1.0, ReadOptions(sample_rate_hz=4000.0))
        takes = []
        for start in range(5):
            text = tuple(b"%d,%d" % tuple(row) for row in np.roll(noise, start, 0))
            takes += assembler.feed(Lines(0.0, text))
        waiting = iter(takes)
        with pytest.raises(OSError, match="No space left"):
            all(made.save(take) for take in waiting)
        refused = len(takes) - len(list(waiting)) - 1
        assert 1 <= refused == len(open_dataset(small / "d").recordings)
        assert not [p for p in (small / "d").rglob("*") if p.name.endswith(".part")]
        shutil.rmtree(small / "d" / "walk")
        made.save(takes[refused])  # there is room again
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_stopped_by_the_user_keeps_what_came(tmp_path):
    source = scripted(Opened(), said(range(160)), KeyboardInterrupt())
    told = run(source, tmp_path / "d", count=None)
    assert [len(r.samples) for r in open_dataset(tmp_path / "d").recordings] == [100, 60]
    assert told[-1] == "walk/ann.0002.parquet: 0.60 s, ended early: stopped"


def test_ctrl_c_while_writing_waits_for_the_file(tmp_path, monkeypatch):
    write, pressed = recorder.write_atomically, []

    def slow(path, data):
        if path.suffix == ".parquet" and not pressed:
            pressed.append(1)
            os.kill(os.getpid(), signal.SIGINT)
        write(path, data)

    monkeypatch.setattr(recorder, "write_atomically", slow)
    told = run(scripted(Opened(), said(range(300))), tmp_path / "d", count=None)
    assert "stopping" in told
    assert len(open_dataset(tmp_path / "d").recordings[0].samples) == 100


def test_a_file_that_was_not_listed_any_more_is_listed_by_the_next(tmp_path, monkeypatch):
    run(scripted(Opened(), said(range(100))), tmp_path / "d")
    write = recorder.write_atomically

    def dies(path, data):
        if path.name == "metadata.csv":
            raise SystemExit
        write(path, data)

    monkeypatch.setattr(recorder, "write_atomically", dies)
    with pytest.raises(SystemExit):
        run(scripted(Opened(), said(range(100, 200))), tmp_path / "d", label="run")
    monkeypatch.undo()
    assert len(open_dataset(tmp_path / "d").recordings) == 1
    run(scripted(Opened(), said(range(200, 300))), tmp_path / "d")
    dataset = open_dataset(tmp_path / "d")
    assert [(r.name, r.group, dataset.labels[r.label]) for r in dataset.recordings] == [
        ("walk/ann.0001", "ann", "walk"),
        ("run/ann.0001", "ann", "run"),
        ("walk/ann.0002", "ann", "walk"),
    ]


def test_a_row_that_the_user_took_out_stays_out(tmp_path):
    run(scripted(Opened(), said(range(200))), tmp_path / "d", count=2)
    table = tmp_path / "d" / "metadata.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    run(scripted(Opened(), said(range(300, 400))), tmp_path / "d")
    values = [r.samples[0, 0] for r in open_dataset(tmp_path / "d").recordings]
    assert values == [0, 300]
    assert (tmp_path / "d" / "walk" / "ann.0003.parquet").is_file()  # 0002 was not overwritten


def test_names_that_cannot_be_files(tmp_path):
    with pytest.raises(InputError, match=r"label 'a/b': wanted letters"):
        new_recorder(tmp_path / "d", label="a/b")
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="something that is no dataset"):
        new_recorder(tmp_path)


def test_lost_before_anything_came(tmp_path):
    run(scripted(Opened(), Lost("gone"), Block(np.zeros((0, 1), np.int16))), tmp_path / "d")
    assert not (tmp_path / "d").exists()
