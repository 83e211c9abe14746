"""The picture of a model in the live view: decision boundary for points, first-layer weights for pictures."""

from typing import Any

import numpy as np

from nnlib.data import Dataset
from nnlib.fc_net import FullyConnectedNet
from ui import lesson
from ui.widgets import pictures

POINTS_DRAWN = 200


class Painter:
    """Draws models trained on a data set.

    Attributes:
        facts: what `ui.components.run_view` must know of the picture apart from its pixels.
    """

    def __init__(self, dataset: Dataset):
        self.image_shape = dataset.image_shape
        self.facts: dict[str, Any] = {"labels": list(dataset.class_names), "points": None, "extent": None}
        if self.image_shape is None:
            reach = 1.1 * float(np.abs(dataset.X_train).max())
            X, y = dataset.X_train[:POINTS_DRAWN], dataset.y_train[:POINTS_DRAWN]
            self.extent = (-reach, reach, -reach, reach)
            self.facts["points"] = [
                [round(float(a), 3), round(float(b), 3), int(k)] for (a, b), k in zip(X, y, strict=True)
            ]
            self.facts["extent"] = list(self.extent)
            kind, part = "boundary", "boundary"
        else:
            kind, part = "tiles", "tiles" if self.image_shape[0] == 1 else "colour tiles"
        title, caption = lesson.text("run_view", part).split("\n\n")
        self.facts |= {"kind": kind, "title": title, "caption": caption}

    def draw(self, model: FullyConnectedNet) -> str:
        """A data URI."""
        if self.image_shape is None:
            return pictures.data_uri(pictures.decision_boundary(model, self.extent))
        return pictures.data_uri(pictures.weight_tiles(model.params["W1"], self.image_shape))
