"""`milliwatt data` and `milliwatt record` as a user types them."""

import json
import os
import pty
import threading
import tty
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from milliwatt.cli import main
from milliwatt.data import open_dataset
from milliwatt.data.sources.wav import wav_bytes

ROOT = Path(__file__).parents[2]


@dataclass
class Said:
    status: int
    out: str
    err: str


@pytest.fixture
def mw(monkeypatch, capsys, tmp_path):
    """Return ``mw(*words)``: run the command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*words):
        monkeypatch.setattr("sys.argv", ["milliwatt", *map(str, words)])
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = stop.code or 0
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return run


def write_tables(folder):
    rng = np.random.default_rng(0)
    for label, scale in (("walk", 1.0), ("run", 3.0)):
        for who in ("ann", "bob", "cid"):
            rows = np.cumsum(rng.normal(0, scale / 10, (200, 2)), axis=0).clip(-3.9, 3.9)
            lines = [f"{i * 0.02:.2f},{x:.4f},{y:.4f}" for i, (x, y) in enumerate(rows)]
            path = folder / label / f"{who}_1.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("t,ax [g],ay [g]\n" + "\n".join(lines) + "\n")


def test_own_tables_to_a_checked_dataset(mw, tmp_path):
    write_tables(tmp_path / "mine")
    refused = mw("data", "import", "mine", "--into", "data/walks")
    assert refused.status == 1
    assert "--full-scale ax=4" in refused.err
    said = mw(
        "data", "import", "mine", "--into", "data/walks", "--full-scale", "4",
        "--pattern", "(?P<label>[a-z]+)/(?P<group>[a-z]+)_",
    )  # fmt: skip
    assert said.status == 0, said.err
    assert "walks: series at 50 Hz; ax [g], ay [g]" in said.out
    assert "6 recordings of 4 s, 3 groups" in said.out
    dataset = open_dataset(tmp_path / "data" / "walks")
    assert dataset.groups == ("ann", "bob", "cid")
    assert mw("data", "info", "data/walks").out == said.out
    checked = mw("data", "check", "data/walks", "--json", "quality.json")
    assert checked.status == 0
    quality = json.loads((tmp_path / "quality.json").read_text())
    assert [n["recordings"] for n in quality["labels"]] == [3, 3]
    again = mw("data", "import", "mine", "--into", "data/walks", "--full-scale", "4")
    assert "say --overwrite" in again.err


def test_check_names_what_is_suspicious(mw, tmp_path):
    rng = np.random.default_rng(1)
    for i in range(4):
        noise = rng.integers(-3000, 3000, (16000, 1), np.int16)
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "a" / f"{i}.wav").write_bytes(wav_bytes(noise, 16000))
    (tmp_path / "a" / "copy.wav").write_bytes((tmp_path / "a" / "0.wav").read_bytes())
    mw("data", "import", "a", "--into", "d", "--label", "noise")
    said = mw("data", "check", "d")
    assert "duplicated: 1 pairs of recordings hold the same samples" in said.out
    assert "    0, copy" in said.out


def test_get_from_a_copy(mw, tmp_path):
    folder = tmp_path / "copy" / "SA01"
    folder.mkdir(parents=True)
    (folder / "F01_SA01_R01.txt").write_text("1,2,3,4,5,6,7,8,9;\n" * 40)
    said = mw("data", "get", "sisfall", "--from", "copy")
    assert said.status == 0, said.err
    assert "licence: none stated. Split by person" in said.out
    assert open_dataset(tmp_path / "data" / "sisfall").recordings[0].group == "SA01"
    assert "no data set 'x'; there are basic_motions" in mw("data", "get", "x").err


def test_list_names_every_set_and_licence(mw):
    said = mw("data", "list")
    assert "speech_commands" in said.out
    assert "CC BY 4.0" in said.out


@pytest.mark.parametrize("words", [("list",), ("get",), ("import",), ("info",), ("check",), ()])
def test_help(mw, words):
    said = mw("data", *words, "--help")
    assert said.status == 0
    assert "Usage" in said.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--full-scale", "ax=x"), "wanted NAME=VALUE"),
        (("--rate", "0"), "wanted more than 0"),
        (("--size", "32"), "wanted rows x columns"),
        (("--pattern", "("), "pattern '('"),
        (("--pattern", "x"), "wanted a part named label or group"),
    ],
)
def test_options_that_are_none(mw, tmp_path, words, said):
    write_tables(tmp_path / "mine")
    refused = mw("data", "import", "mine", "--into", "d", *words)
    assert refused.status == 1
    assert said in refused.err


def test_record_from_a_serial_port(mw, tmp_path):
    pytest.importorskip("serial", reason="pyserial is not installed")
    master, slave = pty.openpty()
    tty.setraw(slave)
    stop = threading.Event()

    def speak():
        value = 0
        os.write(master, b"#\nax [0.5 mg]\n")
        while not stop.wait(0.01):
            os.write(master, b"%d\n" % value)
            value += 1

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        said = mw(
            "record", "--source", f"serial:{os.ttyname(slave)}", "--into", "d", "--label", "walk",
            "--group", "ann", "--seconds", "0.5", "--count", "2", "--rate", "100",
        )  # fmt: skip
    finally:
        stop.set()
        speaker.join()
        os.close(master)
        os.close(slave)
    assert said.status == 0, said.err
    assert "2 recordings in d" in said.out
    assert "walk/ann.0002.parquet: 0.50 s" in said.err
    dataset = open_dataset(tmp_path / "d")
    values = dataset.samples()[:, :, 0].ravel()
    assert (np.diff(values.astype(int)) == 1).all()
    assert dataset.labels == ("walk",)


def test_record_refuses_what_it_cannot_use(mw):
    said = mw("record", "--source", "telepathy", "--into", "d")
    assert said.status == 1
    assert "wanted serial:/dev/ttyACM0" in said.err
    said = mw("record", "--source", "mic", "--into", "d", "--label", "a/b")
    assert "as it becomes part of a file name" in said.err


def test_the_password_of_a_broker_is_not_written_down():
    from milliwatt.cli.record import _named

    assert _named("mqtt://ann:secret@host/t") == "mqtt://host/t"
    assert _named("serial:/dev/ttyACM0") == "serial:/dev/ttyACM0"


def test_the_sketch_in_the_guide_speaks_the_protocol():
    """What the five lines of C print, line by line, is what the parser takes for samples."""
    from milliwatt.data.live.lines import LineKind, parse_line

    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    sketch = text.split("```cpp\n", 1)[1].split("```", 1)[0]
    assert len(sketch.strip().splitlines()) == 5
    heading = sketch.split('println("', 1)[1].split('"', 1)[0]
    assert parse_line(heading.encode()).kind is LineKind.HEADINGS
    columns = sketch.count("analogRead(")
    assert sketch.count('","') == columns - 1
    assert len(parse_line(heading.encode()).headings) == columns
    assert parse_line(b",".join([b"-12"] * columns)).kind is LineKind.SAMPLE
