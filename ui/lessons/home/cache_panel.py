"""What the cache folder holds, and buttons that free it."""

import os

import streamlit as st

from nnlib.data import cache, cleaning
from nnlib.numerals import file_size, whole
from ui import lesson

KINDS = {"pictures": "CIFAR-10", "results": "results of experiments", "runs": "saved runs", "searches": "searches"}
FEW = 10_000  # bytes that are not worth a word


def cache_panel() -> None:
    """A line on what is held; where the folder cannot be written, what that means."""
    if place := cache.unwritable():
        st.warning(lesson.text("home", "cache unwritable", place=lesson.line(place)))
    sizes = {kind: size for kind, size in _sizes(os.fsencode(cache.cache_folder())).items() if size >= FEW}
    if not sizes:
        return
    parts = ", ".join(f"{KINDS[kind]} {file_size(size)}" for kind, size in sizes.items())
    bounds = {"days": whole(cleaning.MAX_AGE / cleaning.DAY), "bound": file_size(cleaning.MAX_RESULTS)}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(lesson.text("home", "cache", total=file_size(sum(sizes.values())), parts=parts, **bounds))
        with st.popover("Free space", icon=":material/delete_sweep:", key="cache_free"):
            for kind in (cleaning.RESULTS, cleaning.PICTURES):
                if kind in sizes:
                    _button(kind, sizes[kind])
            lesson.show("home", "cache stays")


def _button(kind: str, size: int) -> None:
    in_use = kind == cleaning.PICTURES and cleaning.pictures_in_use()
    lesson.show("home", "free pictures" if kind == cleaning.PICTURES else "free results")
    label = f"Free {file_size(size)} of {KINDS[kind]}"
    st.button(label, key=f"cache_free_{kind}", on_click=_free, args=(kind,), disabled=in_use)
    if in_use:
        st.caption(lesson.text("home", "cache in use"))


def _free(kind: str) -> None:
    cleaning.free(kind)
    _sizes.clear()


@st.cache_data(ttl=20, show_spinner=False)
def _sizes(folder: bytes) -> dict[str, int]:
    return cleaning.contents()
