"""Downloads against a server that breaks off, lies and changes its mind."""

import errno
import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from milliwatt.data import download as module
from milliwatt.data.download import ATTEMPTS, LOCK, Download, fetch
from milliwatt.errors import InputError

CONTENT = bytes(range(256)) * 5000  # 1.28 MB: several blocks
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """What the server does: one plan of bytes to send for each request, then everything."""

    content: bytes = CONTENT
    breaks: list[int] = field(default_factory=list)  # bytes sent before the connection drops
    statuses: list[int] = field(default_factory=list)  # answered first
    ranges: bool = True
    asked: list[str | None] = field(default_factory=list)  # Range header of each request
    url: str = ""


@pytest.fixture
def site():
    plan = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range")
            plan.asked.append(wanted)
            if plan.statuses:
                self.send_error(plan.statuses.pop(0))
                return
            start = int(wanted[6:-1]) if wanted and plan.ranges else 0
            if start >= len(plan.content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(plan.content)}")
                self.end_headers()
                return
            body = plan.content[start:]
            self.send_response(206 if wanted and plan.ranges else 200)
            self.send_header("Content-Length", str(len(body)))
            if wanted and plan.ranges:
                last = len(plan.content) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(plan.content)}")
            self.end_headers()
            if plan.breaks:
                self.wfile.write(body[: plan.breaks.pop(0)])
                self.close_connection = True
            else:
                self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    plan.url = f"http://127.0.0.1:{server.server_port}/set.bin"
    yield plan
    server.shutdown()
    server.server_close()
    thread.join()


def get(site, folder, sha256=SHA256, **options):
    return fetch(Download(site.url, "set.bin", sha256), folder, wait_s=0.0, **options)


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_whole_and_verified(site, tmp_path):
    told = []
    path = get(site, tmp_path / "new", progress=lambda *what: told.append(what))
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["set.bin"]
    assert told[-1] == ("downloading set.bin", len(CONTENT), len(CONTENT))


def test_what_is_there_is_not_fetched_again(site, tmp_path):
    get(site, tmp_path)
    get(site, tmp_path)
    assert site.asked == [None]


def test_goes_on_where_the_connection_broke(site, tmp_path):
    site.breaks = [300_000, 300_000, 1]
    assert get(site, tmp_path).read_bytes() == CONTENT
    assert site.asked == [None, "bytes=300000-", "bytes=600000-", "bytes=600001-"]


def test_starts_over_where_the_server_knows_no_ranges(site, tmp_path):
    site.breaks, site.ranges = [300_000], False
    assert get(site, tmp_path).read_bytes() == CONTENT
    assert site.asked == [None, "bytes=300000-"]


def test_interrupted_by_the_user_and_resumed(site, tmp_path):
    def interrupt(what, done, total):
        if done >= 500_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(site, tmp_path, progress=interrupt)
    assert names(tmp_path) == ["set.bin.part"]
    assert get(site, tmp_path).read_bytes() == CONTENT
    assert int(site.asked[1].removeprefix("bytes=").removesuffix("-")) >= 500_000


def test_interrupted_between_last_byte_and_check(site, tmp_path):
    (tmp_path / "set.bin.part").write_bytes(CONTENT)
    assert get(site, tmp_path).read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(site, tmp_path):
    (tmp_path / "set.bin.part").write_bytes(CONTENT + b"x")
    assert get(site, tmp_path).read_bytes() == CONTENT


def test_a_part_of_another_file_is_found_out(site, tmp_path):
    (tmp_path / "set.bin.part").write_bytes(b"x" * 1000)
    with pytest.raises(InputError, match=f"its publisher states {SHA256}; removed"):
        get(site, tmp_path)
    assert names(tmp_path) == []
    assert get(site, tmp_path).read_bytes() == CONTENT


def test_wrong_bytes_are_removed(site, tmp_path):
    site.content = CONTENT[:-1] + b"?"
    with pytest.raises(InputError, match=r"1,280,000 bytes arrived with SHA-256 .*; removed"):
        get(site, tmp_path)
    assert names(tmp_path) == []


def test_gives_up_and_keeps_what_came(site, tmp_path):
    site.breaks = [1000] + [0] * ATTEMPTS
    with pytest.raises(InputError, match=f"{ATTEMPTS} times in a row; what has arrived is kept"):
        get(site, tmp_path)
    assert (tmp_path / "set.bin.part").stat().st_size == 1000


def test_a_busy_server_is_asked_again_and_a_refusal_is_not(site, tmp_path):
    site.statuses = [503, 429]
    assert get(site, tmp_path).read_bytes() == CONTENT
    site.statuses = [404]
    with pytest.raises(InputError, match="the server answers 404 Not Found"):
        fetch(Download(site.url, "other.bin", SHA256), tmp_path, wait_s=0.0)
    assert len(site.asked) == 4


def test_no_server_is_said(tmp_path):
    with pytest.raises(InputError, match=r"http://127.0.0.1:9/x: .*refused, 5 times in a row"):
        fetch(Download("http://127.0.0.1:9/x", "x", None), tmp_path, wait_s=0.0)


def test_only_http(tmp_path):
    with pytest.raises(InputError, match="begins with http:// or https://"):
        fetch(Download("file:///etc/passwd", "x", None), tmp_path)


def test_an_unknown_checksum_is_pinned_at_first_sight(site, tmp_path):
    path = get(site, tmp_path, sha256=None)
    assert json.loads((tmp_path / LOCK).read_text()) == {site.url: SHA256}
    path.unlink()
    site.content = CONTENT + b"more"
    with pytest.raises(InputError, match=r"checksums.json keeps from before"):
        get(site, tmp_path, sha256=None)
    assert names(tmp_path) == [LOCK]


def test_a_file_that_rots_is_found_out(site, tmp_path):
    path = get(site, tmp_path)
    path.write_bytes(b"rot")
    with pytest.raises(InputError, match="3 bytes arrived"):
        get(site, tmp_path)
    assert get(site, tmp_path).read_bytes() == CONTENT


def test_a_disk_too_small_is_said_before_it_is_filled(site, tmp_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(InputError, match="1,280,000 bytes to come, 1,000 free on the disk"):
        get(site, tmp_path)
    assert names(tmp_path) == []


def test_a_disk_that_fills_meanwhile_keeps_what_came(site, tmp_path):
    def full(what, done, total):
        if done >= 500_000:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match=r"cannot write .No space left on device"):
        get(site, tmp_path, progress=full)
    assert get(site, tmp_path).read_bytes() == CONTENT
    assert site.asked[1] is not None
