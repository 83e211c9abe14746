"""Batchnorm's simplified backward pass as something to walk through, from dout to dx."""

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from nnlib.derivations.layers import simplified_backward
from nnlib.normalization import BatchnormCache, batchnorm_backward_alt, batchnorm_forward
from ui.walks.layers import SUBJECTS
from ui.walks.subject import Choices, Inputs, Outcome, Sizes, Subject, normal, whole


def _cache(i: Inputs) -> BatchnormCache:
    """What the pass reads, in train mode; the other fields stay empty."""
    empty = np.zeros(0)
    return BatchnormCache(empty, empty, empty, i["rstd"], i["xhat"], i["gamma"], "train")


def _draw(rng: Generator, s: Sizes, _: Choices) -> Inputs:
    x, gamma, dout = normal(rng, s["N"], s["D"]), normal(rng, s["D"]), normal(rng, s["N"], s["D"])
    cache = batchnorm_forward(x, gamma, np.zeros(s["D"]), {"mode": "train"})[1]
    return {"dout": dout, "xhat": cache.xhat, "rstd": cache.rstd, "gamma": gamma}


def _nice(s: Sizes, _: Choices) -> Inputs:
    """For an even number of examples, xhat of 1 and -1 only."""
    signs = np.where(np.arange(s["N"]) % 2 == 0, -1.0, 1.0)
    signs[-1] *= s["N"] % 2 == 0
    column = signs / (np.sqrt(np.mean(signs**2)) or 1.0)
    xhat = np.stack([column * (-1) ** j for j in range(s["D"])], axis=1)
    rstd = 0.5 ** (np.arange(s["D"]) % 3)
    return {"dout": whole(s["N"], s["D"]), "xhat": xhat, "rstd": rstd, "gamma": whole(s["D"], start=2)}


def _code(i: Inputs, _: Choices) -> Outcome:
    dx: ndarray = batchnorm_backward_alt(i["dout"], _cache(i))[0]
    return dx, {}


SIMPLIFIED = Subject(
    "simplified",
    "Its simplified backward pass",
    SUBJECTS["batchnorm"].sizes,
    _draw,
    lambda i, _: simplified_backward(i["dout"], _cache(i)),
    _code,
    {"nice": _nice},
    fixed=("xhat", "rstd"),
)
