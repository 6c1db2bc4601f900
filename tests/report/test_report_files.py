"""Files appear whole or not at all."""

import os
import threading
from pathlib import Path

import pytest

from milliwatt.errors import InputError
from milliwatt.report import write_text_atomically


def test_writes_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_text_atomically(path, "958 µJ\n")
    assert path.read_bytes() == "958 µJ\n".encode()
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_failure_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")

    def interrupted(source: Path, target: Path) -> None:
        assert source.read_text(encoding="utf-8") == "new"
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text_atomically(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["report.json"]


def test_text_that_is_no_utf8_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_text_atomically(tmp_path / "x", "\ud800")
    assert os.listdir(tmp_path) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    write_text_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_text_atomically(pipe, "{}")
    reader.join(timeout=10)
    assert read == ["{}"]
    assert pipe.is_fifo()


def test_folders_absent_or_in_the_way_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent/x\.json: cannot write .*folder that exists"):
        write_text_atomically(tmp_path / "absent" / "x.json", "{}")
    with pytest.raises(InputError, match="cannot write"):
        write_text_atomically(tmp_path, "{}")
    assert os.listdir(tmp_path) == []
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}.*"))
