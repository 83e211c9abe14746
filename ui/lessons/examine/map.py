"""Examine: any layer's activations as a map of two dimensions."""

import numpy as np
import streamlit as st

from nnlib.labs.examine.network import Components, principal_components
from nnlib.numerals import percent
from ui import lesson
from ui.lessons.examine import charts
from ui.lessons.examine.pictures import thumbnail
from ui.lessons.examine.subject import Examined
from ui.lessons.examine.units import examples_from
from ui.widgets.options import one_of

PAGE = "examine"
SHOWN = 300


def layer_map(subject: Examined) -> None:
    """Principal components of one layer; and how much of the variance they hold in the input and the last layer."""
    options = lesson.text(PAGE, "options map").split("; ")
    if guess := lesson.predict(PAGE, "predict map", options, "ex_guess_map"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            last = subject.layers[-2]
            chosen = subject.layers.index(one_of("Layer", subject.layers, "ex_map_layer", last))
            name, part = examples_from("ex_map_from")
        found = {layer: _components(subject, part, layer) for layer in {0, subject.num_hidden, chosen}}
        first, deep = (percent(found[layer].shares[:2].sum(), 0) for layer in (0, subject.num_hidden))
        lesson.show(PAGE, "map outcome", guess=guess, input=first, last=deep)
        _chart(subject, part, chosen, found[chosen])
        needed = int(np.searchsorted(np.cumsum(found[chosen].shares), 0.9 - 1e-9)) + 1
        facts = {"count": len(found[chosen].places), "part": name, "needed": min(needed, len(found[chosen].shares))}
        lesson.show(PAGE, "map", layer=subject.layers[chosen], **facts)
        lesson.look_for(PAGE, "map look for")
    lesson.ask(PAGE, "question overlap")
    lesson.source(principal_components)


def _components(subject: Examined, part: str, layer: int) -> Components:
    """Kept with the network, since the SVD of 300 pictures takes a third of a second."""
    if (part, layer) not in subject.components:
        subject.components[part, layer] = principal_components(subject.activations(part, layer, SHOWN))
    return subject.components[part, layer]


def _chart(subject: Examined, part: str, layer: int, components: Components) -> None:
    p, _ = subject.probabilities(part)
    X, y = subject.examples(part)
    n = len(components.places)
    images = [""] * n
    if subject.saved.image_shape is not None:
        images = [thumbnail(picture) for picture in subject.data.pictures(X[:n])]
    names = subject.class_names
    frame = charts.map_frame(components, y[:n], p[:n].argmax(axis=1), names, images)
    spec = charts.map_spec(names, components, lesson.text(PAGE, "map title", layer=subject.layers[layer].capitalize()))
    st.vega_lite_chart(frame, spec, key="ex_map")
