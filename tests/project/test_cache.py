"""Artefacts appear whole or not at all, under what they were made from."""

import subprocess
import sys
import textwrap

import pytest

from milliwatt.errors import InputError
from milliwatt.project.cache import KEPT, RECORD, Cache, digest_of, files_hash, key_of, locked


def make(cache: Cache, made: dict[str, str], text: str, *, resumable: bool = False) -> None:
    with cache.making("stage", made, resumable=resumable) as out:
        (out / "file").write_text(text)


def stop_halfway(cache: Cache, error: type[BaseException], *, resumable: bool) -> None:
    with cache.making("stage", {"a": "1"}, resumable=resumable) as out:
        (out / "half").write_text("epoch 3")
        raise error


def test_what_was_made_is_found_by_what_it_was_made_from(tmp_path):
    cache = Cache(tmp_path)
    make(cache, {"a": "1"}, "one")
    found = cache.find("stage", {"a": "1"})
    assert found is not None
    assert (found.folder / "file").read_text() == "one"
    assert found.made_from == {"a": "1"}
    assert cache.find("stage", {"a": "2"}) is None
    assert cache.find("other", {"a": "1"}) is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_stage_leaves_nothing(tmp_path, error):
    cache = Cache(tmp_path)
    with pytest.raises(error):
        stop_halfway(cache, error, resumable=False)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert cache.find("stage", {"a": "1"}) is None


def test_a_resumable_stage_finds_what_it_left(tmp_path):
    cache = Cache(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        stop_halfway(cache, KeyboardInterrupt, resumable=True)
    cache.sweep({"stage"})
    with cache.making("stage", {"a": "1"}, resumable=True) as out:
        assert (out / "half").read_text() == "epoch 3"
    cache.sweep(set())
    assert list((tmp_path / "partial").glob("*")) == []


def test_a_killed_run_is_swept_up(tmp_path):
    (tmp_path / "partial" / "stage-0123").mkdir(parents=True)
    (tmp_path / "partial" / "train-0123").mkdir(parents=True)
    Cache(tmp_path).sweep({"train"})
    assert [p.name for p in (tmp_path / "partial").glob("*")] == ["train-0123"]


def test_the_digest_is_of_contents_and_names(tmp_path):
    cache = Cache(tmp_path)
    digests = []
    for made, text in (({"a": "1"}, "one"), ({"a": "2"}, "one"), ({"a": "3"}, "two")):
        make(cache, made, text)
        found = cache.find("stage", made)
        assert found is not None
        digests.append(found.digest)
    assert digests[0] == digests[1] != digests[2]
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    (renamed / "name").write_text("one")
    assert digest_of(renamed) != digests[0]


def test_order_of_files_does_not_matter(tmp_path):
    paths = [tmp_path / name for name in "ba"]
    for path in paths:
        path.write_text(path.name)
    assert files_hash(paths, tmp_path) == files_hash(reversed(paths), tmp_path)
    assert key_of({"a": "1", "b": "2"}) == key_of({"b": "2", "a": "1"})


def test_a_damaged_record_is_no_artefact(tmp_path):
    cache = Cache(tmp_path)
    make(cache, {"a": "1"}, "one")
    (tmp_path / "stage" / key_of({"a": "1"}) / RECORD).write_text("{")
    assert cache.find("stage", {"a": "1"}) is None
    make(cache, {"a": "1"}, "again")  # and is replaced
    assert cache.find("stage", {"a": "1"}) is not None


def test_a_few_former_artefacts_are_kept(tmp_path):
    cache = Cache(tmp_path)
    for i in range(KEPT + 2):
        make(cache, {"a": str(i)}, "x")
    found = [i for i in range(KEPT + 2) if cache.find("stage", {"a": str(i)})]
    assert found == list(range(2, KEPT + 2))


def test_two_runs_do_not_meet(tmp_path):
    other = textwrap.dedent(f"""
        from pathlib import Path
        from milliwatt.project.cache import locked
        with locked(Path({str(tmp_path)!r})):
            print("held", flush=True)
            input()
    """)
    command = [sys.executable, "-c", other]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as holder:  # type: ignore[call-overload]
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(InputError, match="another `milliwatt make` is at work"),
            locked(tmp_path),
        ):
            pass
        holder.kill()
    with locked(tmp_path):  # the lock went with its holder
        pass
