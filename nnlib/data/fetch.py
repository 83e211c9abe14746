"""Fetch CIFAR-10's official archive: with progress, cancellable, and whole or not at all."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nnlib.data import binary, cache
from nnlib.data.errors import DataError, DownloadCancelled, whole_number
from nnlib.data.prepared import find_official, num_bytes, prepare

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
MD5 = binary.MD5[0]
ARCHIVE_BYTES = 170_052_171
TIMEOUT = 20  # seconds without an answer or a byte

Progress = Callable[[int, int], object]


def download(
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    *,
    url: str = URL,
    md5: str = MD5,
    archive_bytes: int = ARCHIVE_BYTES,
) -> None:
    """Download CIFAR-10 (170 MB), check its MD5 sum, and prepare it for `cifar10.load`, unless that was done before.

    progress: called as progress(received, total), in bytes, after every piece of 64 kB; what it raises stops the
    download and comes out here. cancel: an event that, once set, stops it with `DownloadCancelled` at the next piece.
    After any exception the cache folder is as it was.

    Raises:
        DataError: the server cannot be reached, what it sent is not the official archive, or there is no room.
    """
    whole_number("archive_bytes", archive_bytes, 1, 2**40)
    callables = (progress is None or callable(progress)) and (cancel is None or hasattr(cancel, "is_set"))
    if not callables or not isinstance(url, str) or not isinstance(md5, str):
        raise DataError("download takes a function for progress, a threading.Event for cancel, texts for url and md5.")
    if find_official():
        return
    with cache.workspace(archive_bytes + num_bytes()) as folder:
        archive = _fetch(url, md5, archive_bytes, folder, progress, cancel)
        prepare(binary.Source(archive, is_archive=True), official=True)


def _fetch(
    url: str, md5: str, total: int, folder: Path, progress: Progress | None, cancel: threading.Event | None
) -> Path:
    import pooch

    host = urlsplit(url).hostname
    tap: _Tap | None = None

    def downloader(url: str, output_file: str, _pooch: object) -> None:
        nonlocal tap
        with _Tap(output_file, total, progress, cancel) as tap:
            how = {
                "timeout": TIMEOUT,
                "headers": {"Accept-Encoding": "identity"},  # the archive's own bytes, not compressed once more
                "hooks": {"response": tap.answered},
            }
            pooch.HTTPDownloader(chunk_size=2**16, **how)(url, tap, None)

    pooch.get_logger().setLevel("WARNING")
    try:
        return Path(pooch.retrieve(url, f"md5:{md5}", binary.ARCHIVE, folder, downloader=downloader))  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        if tap is not None and tap.stopped_by is not None:
            raise tap.stopped_by from None
        response = getattr(error, "response", None)
        if response is not None:
            problem = f"{host} answered with the HTTP status {response.status_code}"
        elif tap is not None and tap.received == total:
            problem = f"what {host} sent is not the official archive (its MD5 sum differs)"
        elif tap is not None and tap.response is not None:
            problem = f"the connection to {host} ended after {tap.received / 1e6:.1f} of {total / 1e6:.1f} MB"
        else:
            problem = f"{host} cannot be reached ({type(error).__name__})"
        advice = f"try again, or set CIFAR10_DIR to a folder that holds {binary.WANTED}"
        raise DataError(f"CIFAR-10 was not downloaded, since {problem}; {advice}.") from None


class _Tap:
    """The file that pooch writes to: counts, reports, and stops the flow when asked or when too much arrives."""

    def __init__(self, path: str, total: int, progress: Progress | None, cancel: threading.Event | None) -> None:
        self.file = open(path, "wb")  # noqa: SIM115 - closed by __exit__
        self.received, self.total, self.progress, self.cancel = 0, total, progress, cancel
        self.response: Any = None
        self.stopped_by: BaseException | None = None

    def __enter__(self) -> "_Tap":
        return self

    def __exit__(self, *exception: object) -> None:
        self.file.close()
        if self.response is not None:
            self.response.close()  # a connection that was cut short stays open otherwise

    def answered(self, response: Any, *_: object, **__: object) -> None:
        """Keep the response: of several, after redirections, the last one."""
        self.response = response

    def flush(self) -> None:
        """Asked for after every piece; closing is enough."""

    def write(self, piece: bytes) -> None:
        try:
            self.received += len(piece)
            if self.cancel is not None and self.cancel.is_set():
                raise DownloadCancelled("the download was cancelled; nothing of it was kept.")
            if self.received > self.total:
                raise DataError(f"the download was stopped, since more than the archive's {self.total} bytes arrived.")
            self._store(piece)
            if self.progress is not None:
                self.progress(self.received, self.total)
        except BaseException as error:
            self.stopped_by = error
            raise

    def _store(self, piece: bytes) -> None:
        try:
            self.file.write(piece)
        except OSError as error:
            raise cache.cannot_write(error) from None
