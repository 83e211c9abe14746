"""Which data are here, and the download of CIFAR-10: with progress, and a way to stop it."""

import threading
from dataclasses import dataclass, field

import streamlit as st

from nnlib.data import DataError, DownloadCancelled, cifar10, digits, download
from nnlib.numerals import file_size, fixed
from ui import lesson
from ui.lessons.home.cache_panel import cache_panel


@dataclass
class Download:
    """The one download that all sessions share."""

    received: int = 0
    total: int = 1
    message: str = ""
    cancel: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def active(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def start(self) -> None:
        if not self.active:
            self.received, self.total, self.message = 0, 1, ""
            self.cancel.clear()
            self.thread = threading.Thread(target=self._work, name="download-cifar10", daemon=True)
            self.thread.start()

    def _work(self) -> None:
        try:
            download(progress=self._progress, cancel=self.cancel)
        except DownloadCancelled:
            self.message = lesson.text("home", "download cancelled")
        except DataError as error:
            self.message = lesson.sentence(error)

    def _progress(self, received: int, total: int) -> None:
        self.received, self.total = received, total


@st.cache_resource
def _shared() -> Download:
    return Download()


def data_panel() -> None:
    """A row a data set: what it is, whether it is here; for CIFAR-10 the button that gets it."""
    shared = _shared()
    polling = shared.active

    def panel() -> None:
        points, written, pictures = st.columns(3, border=True)
        with points:
            lesson.show("home", "points")
            st.badge("Here", icon=":material/check:", color="green")
        with written:
            lesson.show("home", "digits", credit=digits.CREDIT)
            _state(digits.status())
        with pictures:
            lesson.show("home", "cifar10", credit=cifar10.CREDIT)
            _cifar10(shared)
        cache_panel()
        if shared.active != polling:
            st.rerun()

    st.fragment(panel, run_every=0.4 if polling else None)()


def _state(status) -> None:
    if status.state in ("ready", "found"):
        st.badge(f"Here, {file_size(status.num_bytes)}", icon=":material/check:", color="green")
    else:
        st.badge("Not here", icon=":material/cloud_off:", color="gray")
        if status.message:
            st.warning(lesson.sentence(status.message))


def _cifar10(shared: Download) -> None:
    if shared.active:
        share = min(shared.received / shared.total, 1.0)
        done = (
            f"{fixed(shared.received / 1e6, 1)} of {fixed(shared.total / 1e6, 1)} MB"
            if shared.received
            else "Connecting…"
        )
        st.progress(share, "Checking and preparing…" if share == 1 else done)
        st.button("Cancel", icon=":material/close:", key="cancel_download", on_click=shared.cancel.set)
        return
    status = cifar10.status()
    _state(status)
    if status.state == "absent":
        st.button("Download CIFAR-10 (170 MB)", icon=":material/download:", key="download", on_click=shared.start)
        if shared.message:
            st.error(shared.message)
