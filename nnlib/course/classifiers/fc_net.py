"""The course's fully connected networks: nnlib's, told what to be in the words of any year, and kept in a file."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlib import fc_net
from nnlib.checkpoints import pack, read
from nnlib.checks import require_number
from nnlib.course import layer_utils, layers
from nnlib.course.layer_utils import *  # noqa: F403 - notebooks find all layers here
from nnlib.course.layers import *  # noqa: F403
from nnlib.files import file_path, written_whole

__all__ = ["FullyConnectedNet", "TwoLayerNet"]
__all__ += layers.__all__
__all__ += layer_utils.__all__


class FullyConnectedNet(fc_net.FullyConnectedNet):
    """`nnlib.FullyConnectedNet`, called as in any year.

    Weights come from NumPy's global state, as they do in the course.

    Args:
        seed: of the dropout layers alone; each pass drops the same units.
        dropout: of 2018 to 2020, the probability to keep a unit; 0, as 1, means no dropout.
        use_batchnorm: of 2016 and 2017, normalization="batchnorm" if True. Where it is told, `dropout` is, as it was in
            these years, the share of units that is dropped.

    The other arguments, and errors: as for nnlib's.
    """

    def __init__(
        self,
        hidden_dims: Sequence[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout_keep_ratio: float = 1,
        normalization: str | None = None,
        reg: float = 0.0,
        weight_scale: float | str = 1e-2,
        dtype: type | np.dtype = np.float32,
        seed: int | None = None,
        *,
        dropout: float | None = None,
        use_batchnorm: bool | None = None,
    ):
        if dropout is not None:
            if dropout_keep_ratio != 1:
                raise ValueError("dropout and dropout_keep_ratio are two names of one thing: give one of them.")
            dropout_keep_ratio = _keep_ratio(dropout, dropped=use_batchnorm is not None)
        if use_batchnorm:
            normalization = "batchnorm"
        super().__init__(
            *(hidden_dims, input_dim, num_classes, dropout_keep_ratio),
            *(normalization, reg, weight_scale, dtype),
            dropout_seed=seed,
        )
        self.layers = self.layers._replace(dropout_forward=layers.dropout_forward)

    @property
    def dropout_param(self) -> dict[str, Any]:
        """What the dropout layers are told in training, to read; {} without dropout."""
        return self._dropout_param(1, "train") if self.use_dropout else {}

    def save(self, fname: str) -> None:
        """Write the network's arrays to a file of this name; it is an .npz, whatever the name says.

        Raises:
            ValueError: the name is none of a file, or nothing can be written there.
        """
        with written_whole(file_path(fname, "")) as file:
            pack(file, self.state(), {})
        print(fname, "saved.")

    def load(self, fname: str) -> bool:
        """Take over the arrays of a file written by `save`; False, and a word about it, if there is none.

        Raises:
            ValueError: it is another file (a pickle of the course's own, say), or of another network.
        """
        path = file_path(fname, "")
        if not path.exists():
            print(fname, "not available.")
            return False
        with path.open("rb") as file:
            arrays, _ = read(file)
        self.load_state(arrays)
        print(fname, "loaded.")
        return True


class TwoLayerNet(FullyConnectedNet):
    """affine - relu - affine - softmax, in float64.

    Args:
        input_dim, hidden_dim, num_classes: D, H, C.
        weight_scale: standard deviation of the initial weights.
        reg: strength of the L2 penalty.
    """

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
    ):
        super().__init__([hidden_dim], input_dim, num_classes, reg=reg, weight_scale=weight_scale, dtype=np.float64)


def _keep_ratio(dropout: float, dropped: bool) -> float:
    try:
        dropout = require_number("dropout", dropout, least=0, **{"below" if dropped else "most": 1})
    except ValueError as error:
        meanings = "the probability to keep a unit since 2018, the share dropped in 2016 and 2017"
        raise ValueError(f"{error} It is {meanings}.") from error
    return 1 - dropout if dropped else dropout or 1
