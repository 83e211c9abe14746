"""Examine: a digit that is drawn, a picture that is uploaded, or a point that is placed, classified at once."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy import ndarray

from nnlib.labs.examine import drawn_digits
from nnlib.labs.examine.network import probabilities
from ui import lesson
from ui.components.draw_pad import draw_pad
from ui.components.gallery import Tile, bars, gallery, sureness
from ui.lessons.examine import charts, pictures
from ui.lessons.examine.pictures import PictureError
from ui.lessons.examine.plane import plane
from ui.lessons.examine.subject import Examined
from ui.widgets import pictures as matrices
from ui.widgets.options import BOUND, one_of

PAGE = "examine"
MAX_UPLOAD = 5  # MB
DRAW, UPLOAD = "draw it", "upload a picture"
PLANE = (-1.5, 1.5, -1.5, 1.5)


def own(subject: Examined) -> None:
    """The input, what the network gets of it, and what it says."""
    st.fragment(_own)(subject)  # a stroke reruns no more than this
    if subject.spec.data == "digits":
        lesson.source(drawn_digits.from_strokes)
    lesson.source(probabilities)


def _own(subject: Examined) -> None:
    if subject.saved.image_shape is None:
        _point(subject)
        return
    digits = subject.spec.data == "digits"
    how = one_of("Your input", [DRAW, UPLOAD], "ex_how") if digits else UPLOAD
    left, right = st.columns([2, 3], gap="large")
    with left:
        pixels = _drawn() if how == DRAW else _uploaded(subject)
    with right:
        if pixels is None:
            st.info(lesson.text(PAGE, "own first draw" if how == DRAW else "own first upload"))
        else:
            _answer(subject, pixels)
    lesson.show(PAGE, "own digits" if digits else "own pictures")


def _drawn() -> ndarray | None:
    """(1, 1, 8, 8), 0..1."""
    digit = drawn_digits.from_strokes(draw_pad(lesson.text(PAGE, "pad"), key="ex_pad"))
    st.caption(lesson.text(PAGE, "pad keys"))
    return None if digit is None else digit[None, None] / 16


def _uploaded(subject: Examined) -> ndarray | None:
    label = lesson.text(PAGE, "upload")
    file = st.file_uploader(label, ["png", "jpg", "jpeg"], key="ex_upload", max_upload_size=MAX_UPLOAD)
    if file is None:
        return None
    try:
        picture = pictures.decode(file)
    except PictureError as error:
        st.error(lesson.sentence(error))
        return None
    preview = picture.copy()
    preview.thumbnail((400, 400))
    st.image(preview, caption=lesson.text(PAGE, "given"))
    if subject.spec.data != "digits":
        return pictures.colour_picture(picture)
    pixels = pictures.digit_picture(picture)
    if pixels is None:
        st.error(lesson.text(PAGE, "no ink"))
    return pixels


def _answer(subject: Examined, pixels: ndarray) -> None:
    """The input in two steps, and the probabilities."""
    saved = subject.saved
    X = saved.prepare(pixels)
    size = "×".join(map(str, pixels.shape[2:]))
    p = probabilities(subject.model, X)[0]
    _say(subject, p)
    minus_mean = matrices.weight_tiles(X.reshape(-1, 1), pixels.shape[1:], 1)
    tiles = [
        Tile(pictures.shown(pixels, saved.white), lesson.text(PAGE, "own reduced", size=size)),
        Tile(matrices.data_uri(minus_mean), lesson.text(PAGE, "own prepared"), bars=bars(p, subject.class_names)),
    ]
    gallery(tiles, key="ex_own", size=190)


def _point(subject: Examined) -> None:
    """A place in the plane, by two sliders."""
    left, right = st.columns([3, 2], gap="large")
    with right:
        x = [st.slider(label, -1.5, 1.5, 0.0, 0.05, key=f"ex_x{i}", **BOUND) for i, label in ((1, "x₁"), (2, "x₂"))]
        p = probabilities(subject.model, np.array([x], np.float32))[0]
        _say(subject, p)
        frame = pd.DataFrame({"name": list(subject.class_names), "value": p.astype(float)})
        st.vega_lite_chart(frame, charts.PROBABILITIES, key="ex_probabilities")
    with left:
        point = (np.array([x]), [int(p.argmax())], [sureness(float(p.max()))], [True])
        plane(subject, point, lesson.text(PAGE, "own plane title"), "ex_plane_own", PLANE)


def _say(subject: Examined, p: ndarray) -> None:
    what, share = subject.class_names[int(p.argmax())], sureness(float(p.max()))
    st.subheader(lesson.text(PAGE, "own answer", what=what, share=share))
