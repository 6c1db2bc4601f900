"""Files over HTTP: resumed where they broke off, compared with a checksum, whole or not there.

What has arrived lies beside the target in ``NAME.part`` and survives a broken connection, Ctrl-C
and a power cut; the next call goes on after it. A file whose checksum its publisher does not state
is hashed when it first arrives; the hash is kept in ``checksums.json`` beside it, and every later
download must equal it.
"""

import hashlib
import json
import shutil
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from milliwatt.data.atomic import write_atomically
from milliwatt.data.progress import Progress, silent
from milliwatt.errors import InputError

LOCK = "checksums.json"
BLOCK_BYTES = 1 << 18
TIMEOUT_S = 30.0
ATTEMPTS = 5  # without a byte of progress between them
WAIT_S = 0.5  # before the second attempt; doubles with each
PARTIAL, RANGE_NOT_SATISFIABLE = 206, 416  # HTTP
RETRIED = {408, 429, 500, 502, 503, 504}  # HTTP statuses that may pass


@dataclass(frozen=True, slots=True)
class Download:
    """A file and where its publisher has it.

    Attributes:
        url: its address.
        file_name: what it is called here.
        sha256: checksum as published, in hex; None where the publisher states none.
    """

    url: str
    file_name: str
    sha256: str | None = None


class Broken(Exception):
    """The connection failed in a way that another attempt may mend."""


def fetch(
    download: Download, folder: Path, *, progress: Progress = silent, wait_s: float = WAIT_S
) -> Path:
    """Return the verified file in ``folder``, downloading what is not there yet.

    Args:
        download: what to get.
        folder: where to; made if absent.
        progress: told of bytes.
        wait_s: seconds before the second attempt.

    Raises:
        InputError: the server refuses, the connection keeps breaking, the disk is too small, or
            the file is not the one that was published (it is then removed).
    """
    target = folder / download.file_name
    part = target.with_name(target.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            _complete(download, part, progress, wait_s)
            _verify(download, part)
            part.replace(target)
        else:
            _verify(download, target)
    except OSError as error:
        raise InputError(f"{target}: cannot write ({error.strerror or error})") from error
    return target


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _complete(download: Download, part: Path, progress: Progress, wait_s: float) -> None:
    failures = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            _go_on(download, part, progress)
        except Broken as error:
            failures = 0 if part.exists() and part.stat().st_size > before else failures + 1
            if failures == ATTEMPTS:
                raise InputError(
                    f"{download.url}: {error}, {ATTEMPTS} times in a row; what has arrived is "
                    "kept, so try again later and it goes on from there"
                ) from error
            time.sleep(wait_s * 2**failures)
        else:
            return


def _go_on(download: Download, part: Path, progress: Progress) -> None:
    """Append to ``part`` until the server has no more."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(download.url, headers={"User-Agent": "milliwatt"})  # noqa: S310
    if have:
        request.add_header("Range", f"bytes={have}-")
    if request.type not in {"http", "https"}:
        raise InputError(f"{download.url}: wanted an address that begins with http:// or https://")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            _append(answer, part, have, download, progress)
    except urllib.error.HTTPError as error:
        if error.code == RANGE_NOT_SATISFIABLE and have:
            whole = error.headers.get("Content-Range", "").rpartition("/")[2]
            if whole == str(have):
                return  # nothing is missing: it broke off between the last byte and the check
            part.unlink()
            raise Broken("what was kept is not part of the file") from error
        if error.code in RETRIED:
            raise Broken(f"the server answers {error.code} {error.reason}") from error
        raise InputError(
            f"{download.url}: the server answers {error.code} {error.reason}"
        ) from None
    except (urllib.error.URLError, HTTPException, ConnectionError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise Broken(f"{type(error).__name__}: {reason}") from error


def _append(
    answer: HTTPResponse, part: Path, have: int, download: Download, progress: Progress
) -> None:
    resumed = answer.status == PARTIAL
    if resumed and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        raise Broken("the server resumed at another place")
    start = have if resumed else 0
    length = answer.headers.get("Content-Length")
    total = start + int(length) if length else 0
    free = shutil.disk_usage(part.parent).free
    if total - start > free:
        raise InputError(
            f"{part}: {total - start:,} bytes to come, {free:,} free on the disk; make room"
        )
    got = start
    with part.open("ab" if resumed else "wb") as file:
        while block := answer.read(BLOCK_BYTES):
            file.write(block)
            got += len(block)
            progress(f"downloading {download.file_name}", got, total or got)
    if total and got != total:
        raise Broken(f"the connection broke after {got:,} of {total:,} bytes")


def _verify(download: Download, file: Path) -> None:
    lock = file.parent / LOCK
    pinned = _read_lock(lock)
    wanted = download.sha256 or pinned.get(download.url)
    found = sha256_of(file)
    if wanted is None:
        pinned[download.url] = found
        text = json.dumps(pinned, indent=2, sort_keys=True) + "\n"
        write_atomically(lock, text.encode("utf-8"))
    elif found != wanted:
        size = file.stat().st_size
        file.unlink()
        origin = "its publisher states" if download.sha256 else f"{lock} keeps from before:"
        raise InputError(
            f"{download.url}: {size:,} bytes arrived with SHA-256 {found}, {origin} {wanted}; "
            "removed. Try again, and if it stays so the file was replaced"
        )


def _read_lock(lock: Path) -> dict[str, str]:
    if not lock.exists():
        return {}
    try:
        content = json.loads(lock.read_text(encoding="utf-8"))
        return {str(url): str(value) for url, value in content.items()}
    except (ValueError, AttributeError):
        raise InputError(
            f"{lock}: wanted JSON of addresses and checksums; remove it to pin anew"
        ) from None
