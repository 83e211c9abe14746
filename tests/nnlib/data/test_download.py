"""The download, from a server on this machine: whole, or not at all and one sentence."""

import hashlib
import os
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnlib.data import DataError, DownloadCancelled, binary, cifar10, download
from nnlib.data.fetch import ARCHIVE_BYTES, MD5, URL

SPLIT: dict[str, Any] = {"num_training": 70, "num_validation": 25, "num_test": 15}


class Server(ThreadingHTTPServer):
    """Answers every request with `status`, a Content-Length of `length`, and `content`; counts the requests."""

    daemon_threads = True
    requests = 0
    status = 200
    length: int | None = None
    content = b""
    hold = threading.Event()  # set: the second half waits

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/{binary.ARCHIVE}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        server, content = self.server, self.server.content
        server.requests += 1
        self.send_response(server.status)
        if server.length is not None:
            self.send_header("Content-Length", str(server.length))
        self.end_headers()
        try:
            self.wfile.write(content[: len(content) // 2])
            while server.hold.is_set():
                time.sleep(0.01)
            self.wfile.write(content[len(content) // 2 :])
        except OSError:
            pass  # the other side has hung up, as it may

    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(small_cifar10, monkeypatch):
    """A server of the small archive, and the arguments that make `download` accept it."""
    monkeypatch.setenv("NO_PROXY", "*")
    archive = small_cifar10.archive()
    content = archive.read_bytes()
    archive.unlink()
    shutil.rmtree(small_cifar10.folder)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.content, server.length = content, len(content)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        known: dict[str, Any] = {"url": server.url, "md5": hashlib.md5(content).hexdigest()}  # noqa: S324
        known["archive_bytes"] = len(content)
        yield SimpleNamespace(server=server, known=known, small=small_cifar10)
        server.hold.clear()
        server.shutdown()
        thread.join()


def refused(served, message, **changes):
    """`download` fails in one sentence and leaves no trace, not even the cache folder."""
    with pytest.raises(DataError, match=message) as caught:
        download(**{**served.known, **changes})
    assert "\n" not in str(caught.value)
    assert not served.small.cache.exists()
    return caught.value


def test_official_facts():
    assert URL == "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    assert (MD5, ARCHIVE_BYTES) == ("c32a1d4ab5d03f1284b67883e8d87530", 170_052_171)


@pytest.mark.parametrize("length", [True, False])
def test_download(served, length, capfd):
    if not length:
        served.server.length = None
    seen = []
    download(lambda *progress: seen.append(progress), **served.known)
    total = len(served.server.content)
    received = [bytes_ for bytes_, _ in seen]
    assert len(received) > 3
    assert received == sorted(set(received))
    assert received[-1] == total
    assert {of for _, of in seen} == {total}
    assert cifar10.status().state == "ready"
    data = cifar10.load(**SPLIT)
    assert np.array_equal(data.pictures(data.X_test[:]), served.small.images[100:115].transpose(0, 2, 3, 1))
    assert [path.suffix for path in sorted(served.small.cache.iterdir())] in (["", ".made"], [".made", ""])
    assert capfd.readouterr() == ("", "")


def test_what_is_here_is_not_fetched_again(served):
    download(**served.known)
    before = served.small.snapshot()
    download(**served.known)
    assert served.server.requests == 1
    assert served.small.snapshot() == before


@pytest.mark.parametrize("pieces", [1, 3])
def test_cancel(served, pieces):
    cancel, seen = threading.Event(), []

    def progress(received, total):
        seen.append(received)
        if len(seen) == pieces:
            cancel.set()

    with pytest.raises(DownloadCancelled, match="the download was cancelled; nothing of it was kept"):
        download(progress, cancel, **served.known)
    assert len(seen) == pieces
    assert not served.small.cache.exists()
    download(**served.known)
    assert cifar10.status().state == "ready"


def test_cancel_before_the_start(served):
    cancel = threading.Event()
    cancel.set()
    error = refused(served, "was cancelled", cancel=cancel)
    assert isinstance(error, DownloadCancelled)


@pytest.mark.parametrize(
    "raised", [ValueError("mine"), OSError("mine"), KeyboardInterrupt("mine"), ZeroDivisionError()]
)
def test_what_progress_raises_comes_out(served, raised):
    def progress(received, total):
        raise raised

    with pytest.raises(type(raised)) as caught:
        download(progress, **served.known)
    assert caught.value is raised
    assert not served.small.cache.exists()


def test_wrong_content(served):
    content = bytearray(served.server.content)
    content[1000] ^= 1
    served.server.content = bytes(content)
    refused(served, r"what 127\.0\.0\.1 sent is not the official archive \(its MD5 sum differs\); try again, or set")


def test_too_much_content_stops_at_once(served):
    served.server.content, served.server.length = served.server.content + bytes(10**6), None
    served.server.hold = threading.Event()
    refused(served, "since more than the archive's .* bytes arrived", archive_bytes=10**5)


@pytest.mark.parametrize("length", [True, False])
def test_connection_cut(served, length):
    served.server.length = len(served.server.content) if length else None
    served.server.content = served.server.content[:250_000]
    refused(served, r"the connection to 127\.0\.0\.1 ended after 0\.\d of 0\.4 MB; try again, or set CIFAR10_DIR")


def test_empty_answer(served):
    served.server.content, served.server.length = b"", 0
    refused(served, "was not downloaded, since the connection to 127.0.0.1 ended after 0.0 of 0.4 MB")


def test_server_falls_silent(served, monkeypatch):
    monkeypatch.setattr("nnlib.data.fetch.TIMEOUT", 0.3)
    served.server.hold = threading.Event()
    served.server.hold.set()
    refused(served, "the connection to 127.0.0.1 ended after 0.. of 0.4 MB")


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_http_errors(served, status):
    served.server.status = status
    refused(served, f"since 127.0.0.1 answered with the HTTP status {status}; try again, or set CIFAR10_DIR")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a", "http://nowhere.invalid/a", "https://127.0.0.1:1/a"])
def test_offline(served, url):
    host = url.split("/")[2].split(":")[0]
    refused(served, rf"since {host} cannot be reached \(ConnectionError\); try again, or set CIFAR10_DIR", url=url)


def test_offline_leaves_other_data_alone(served, tmp_path):
    served.small.cache.mkdir()
    (served.small.cache / "other").write_text("precious")
    before = served.small.snapshot()
    with pytest.raises(DataError, match="cannot be reached"):
        download(**{**served.known, "url": "http://127.0.0.1:1/a"})
    assert served.small.snapshot() == before


def test_the_right_sum_of_the_wrong_thing(served):
    """Nobody has the official sum with other content, but a wrong constant would be a wrong archive."""
    content = os.urandom(10_000)
    served.server.content, served.server.length = content, len(content)
    refused(served, "is not a sound", md5=hashlib.md5(content).hexdigest(), archive_bytes=len(content))  # noqa: S324


def test_no_room(served, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10))
    refused(served, "MB free; make room there")
    assert served.server.requests == 0
