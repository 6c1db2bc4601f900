"""What stages have made, kept under what it was made from.

``build/STAGE/KEY/`` holds one artefact: the files that a stage wrote, and ``artefact.json``, which
names what went into the key. The key is a hash of that: settings, code, files, and the contents
(not the keys) of the artefacts before it, so a stage that makes the same bytes again leaves what
follows alone. A folder appears whole or not at all, by a rename.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from filelock import FileLock, Timeout

import milliwatt
from milliwatt.errors import InputError

RECORD = "artefact.json"
PARTIAL = "partial"
SCHEMA = 1
KEY_DIGITS = 16
KEPT = 4  # artefacts of one stage: going back to former settings costs nothing
_SOURCES = frozenset({".py", ".c", ".h", ".toml", ".css"})

Made = Mapping[str, str]
"""What went into a key: a hash for each thing, by its name."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One stage's files.

    Attributes:
        folder: where they are.
        digest: of their names and bytes.
        made_from: what the key was made from.
        seconds: that the stage took.
    """

    folder: Path
    digest: str
    made_from: Made
    seconds: float


class Cache:
    """The artefacts in a folder."""

    def __init__(self, root: Path) -> None:
        """Use the folder ``root``, which need not exist yet."""
        self.root = root

    def find(self, stage: str, made_from: Made) -> Artefact | None:
        """Return the artefact that was made from this, None if there is none."""
        return _read(self.root / stage / key_of(made_from))

    def latest(self, stage: str) -> Artefact | None:
        """Return what was made or used last."""
        return next(iter(self._all(stage)), None)

    @contextmanager
    def making(self, stage: str, made_from: Made, *, resumable: bool) -> Iterator[Path]:
        """Give a folder to write to; it becomes the artefact when the body ends well.

        Where the body fails or is interrupted, nothing is left of it, unless the stage can resume:
        then it finds its folder as it was.
        """
        key = key_of(made_from)
        work = self.root / PARTIAL / f"{stage}-{key}"
        if not resumable:
            shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        try:
            yield work
            seconds = time.perf_counter() - start
            record = {
                "schema": SCHEMA,
                "digest": digest_of(work),
                "made_from": dict(made_from),
                "seconds": round(seconds, 3),
            }
            (work / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
            target = self.root / stage / key
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            work.replace(target)
        except BaseException:
            if not resumable:
                shutil.rmtree(work, ignore_errors=True)
            raise
        for old in self._all(stage)[KEPT:]:
            shutil.rmtree(old.folder, ignore_errors=True)

    def sweep(self, resumable: Iterable[str]) -> None:
        """Remove what a killed run has left, but for stages that can resume it."""
        for left in (self.root / PARTIAL).glob("*-*"):
            if left.name.rpartition("-")[0] not in resumable:
                shutil.rmtree(left, ignore_errors=True)

    def touch(self, artefact: Artefact) -> None:
        """Note that an artefact was used, so that it outlives those that are not."""
        os.utime(artefact.folder / RECORD)

    def _all(self, stage: str) -> list[Artefact]:
        """Return a stage's artefacts, the last used first."""
        folders = (self.root / stage).glob(f"*/{RECORD}")
        recent = sorted(folders, key=lambda p: p.stat().st_mtime_ns, reverse=True)
        return [a for a in (_read(p.parent) for p in recent) if a]


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep every other run out of ``root``; the lock ends with the process, however it ends.

    Raises:
        InputError: another run holds it.
    """
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise InputError(
            f"{root}: another `milliwatt make` is at work here; wait for it or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()


def key_of(made_from: Made) -> str:
    """Return the name of the folder for what was made from this."""
    return text_hash(json.dumps(dict(made_from), sort_keys=True))[:KEY_DIGITS]


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_hash(paths: Iterable[Path], root: Path) -> str:
    """Return a hash of files: their names below ``root`` and their bytes."""
    lines = (f"{os.path.relpath(p, root)} {file_hash(p)}" for p in sorted(paths))
    return text_hash("\n".join(lines))


def digest_of(folder: Path) -> str:
    """Return a hash of everything in a folder but the record of its making."""
    return files_hash((p for p in folder.rglob("*") if p.is_file() and p.name != RECORD), folder)


@cache
def code_hash(rooms: tuple[str, ...], packages: tuple[str, ...]) -> str:
    """Return a hash of the sources in rooms of milliwatt, and of packages' versions."""
    home = Path(milliwatt.__file__).parent
    sources: list[Path] = []
    for room in rooms:
        place = home / room
        inside = place.rglob("*") if place.is_dir() else [place]
        sources += [p for p in inside if p.suffix in _SOURCES and p.is_file()]
    return text_hash(files_hash(sources, home) + "".join(map(_version, packages)))


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} absent"


def _read(folder: Path) -> Artefact | None:
    """Return the artefact in a folder; a record that cannot be read is no artefact."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            return None
        return Artefact(folder, record["digest"], record["made_from"], record["seconds"])
    except (OSError, ValueError, KeyError):
        return None
