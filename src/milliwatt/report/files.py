"""Files that appear whole or not at all."""

import os
from pathlib import Path

from milliwatt.errors import InputError


def read_text(path: Path) -> str:
    """Return the content of a text file.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot read ({reason}); wanted a text file") from error


def write_text_atomically(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``path``, as `write_bytes_atomically` does."""
    write_bytes_atomically(path, text.encode("utf-8"))


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``; a reader sees the old file or the new, never a part.

    A pipe or a device such as ``/dev/stdout`` is written to, not replaced.

    Raises:
        InputError: the folder is absent or not writable, or ``path`` is a folder.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        raise InputError(
            f"{path}: cannot write ({error.strerror or error}); wanted a file name in a folder "
            "that exists and may be written to"
        ) from error


def _replace(path: Path, data: bytes) -> None:
    # Beside the target, because a rename is atomic within one file system only.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
