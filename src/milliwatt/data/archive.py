"""The files of a folder, a zip or a tar, one after the other, without unpacking to disk."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from milliwatt.errors import InputError

Wanted = Callable[[str], bool]


def members(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """Yield path within and content of each file that ``wanted`` accepts, sorted where cheap.

    A compressed tar is read once from front to back, in its own order.

    Args:
        path: a folder, a ``.zip``, or a ``.tar`` in any compression.
        wanted: told the path inside, with slashes and without a leading ``./``.

    Raises:
        InputError: there is no such file, or it is damaged or none of these.
    """
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            name = file.relative_to(path).as_posix()
            if wanted(name):
                yield name, file.read_bytes()
        return
    try:
        yield from _zipped(path, wanted) if zipfile.is_zipfile(path) else _tarred(path, wanted)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: {error}; wanted a folder, a zip or a tar") from None


def _zipped(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(n for n in archive.namelist() if not n.endswith("/")):
            if wanted(name):
                yield name, archive.read(name)


def _tarred(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            if member.isfile() and wanted(name):
                file = archive.extractfile(member)
                yield name, file.read() if file else b""
