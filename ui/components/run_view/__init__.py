"""Shows a live or recorded training run: one component that draws and scrubs in the browser, without a rerun."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from ui.components.bundle import bundle, encode, styles

HERE = Path(__file__).parent


def run_view(data: Mapping[str, Any], key: str, height: int | None = None) -> None:
    """Draw a run; call it at every poll with the same `key`, and the browser goes on from where it was.

    data: a dictionary of
        run: str, the run's name; another one makes the browser forget all frames.
        status: "ready", "queued", "running", "paused", "stopped", "finished" or "diverged".
        iteration, iterations: int, done and planned (None: open-ended); epoch: float, epochs: number, likewise.
        loss: {"x": iterations, "raw": nats, "smooth": nats}, at most about 300 points; None or NaN breaks the line.
        accuracy: {"x": iterations, "train": 0..1, "val": 0..1}; None means not measured, the line goes on.
        chance: {"loss": nats, "accuracy": 0..1}, what knowing nothing gives, or None.
        frames: while queued or running those that are new since the last poll (all until `has_arrived`), else all that
            are recorded. A frame is
            iteration, loss, learning_rate, train_acc | None, val_acc | None,
            picture: "data:image/png;base64,..." | None; of a boundary, the top row is the largest x2,
            layers: [{"name", "mean", "std", "dead": 0..1 | None, "ratio" | None, "activations", "gradients"}], the
            last two {"counts": [...], "lo", "hi"} | None,
            diagnosis: at most three sentences.
            Where picture or layers are None, those recorded last stand in.
        picture: {"title", "kind": "tiles" | "boundary"} or None; optional "caption"; of a boundary
            "extent": [x0, x1, y0, y1], "points": [[x1, x2, class], ...] | None, "labels": the names of the classes.
        Optional: message: one sentence above the diagnosis; layers: names of the rows before the first frame;
            partial: True if `frames` are only the new ones although the run stands still (after a single step, say).
    key: the component's name on its page. height: px; None takes as much as it needs.
    """
    received = _received(key)
    code = {} if received and received[0] == VERSION else {"code": CODE, "css": CSS}
    _component(
        data=encode({**data, "version": VERSION, "received": received, **code}),
        key=key,
        height="content" if height is None else height,
        on_received_change=lambda: None,
    )


def has_arrived(run: str, key: str) -> bool:
    """Whether the browser has the frames that were sent for this run: until then each poll sends all of them.

    A poll may be lost while the page still loads or the network is slow, and a reload forgets what was sent.
    """
    return _received(key) == [VERSION, run]


def _received(key: str) -> list[str] | None:
    """The version of the code and the run that the browser has confirmed."""
    return (st.session_state.get(key) or {}).get("received")


CODE, CSS = bundle(HERE / "run_view.js"), styles(HERE / "run_view.js")
VERSION = hashlib.sha256((CODE + CSS).encode()).hexdigest()[:12]
_component = component("run_view", js=bundle(HERE / "loader.js"))
