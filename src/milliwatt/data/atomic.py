"""Files and folders that appear whole or not at all, and outlive a power cut."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``; a reader sees the old file or the new, never a part.

    Raises:
        OSError: the disk is full, the folder absent; nothing is left behind then.
    """
    # Beside the target, because a rename is atomic within one file system only.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def folder_atomically(path: Path) -> Iterator[Path]:
    """Give an empty folder that becomes ``path`` if all goes well, and vanishes if not.

    What ``path`` was before is removed only when the new folder is whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    temporary.chmod(0o755)  # mkdtemp makes it private; a dataset is to be read by other tools
    old = temporary.with_suffix(".old")
    try:
        yield temporary
        if path.exists():
            path.rename(old)
        temporary.rename(path)
    except BaseException:
        if old.exists() and not path.exists():
            old.rename(path)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
