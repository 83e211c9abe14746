"""Layers that often follow one another, as one."""

from typing import NamedTuple

from numpy import ndarray

from nnlib.checks import made_by, takes_floats
from nnlib.course.layers import AffineCache, ReluCache, affine_backward, affine_forward, relu_backward, relu_forward

__all__ = ["affine_relu_backward", "affine_relu_forward"]


class AffineReluCache(NamedTuple):
    affine: AffineCache
    relu: ReluCache


def affine_relu_forward(x: ndarray, w: ndarray, b: ndarray) -> tuple[ndarray, AffineReluCache]:
    """out = max(0, x w + b); arguments as for `affine_forward`."""
    a, affine = affine_forward(x, w, b)  # (N, H)
    out, relu = relu_forward(a)  # (N, H)
    return out, AffineReluCache(affine, relu)


@takes_floats("dout", cache=made_by(AffineReluCache))
def affine_relu_backward(dout: ndarray, cache: AffineReluCache) -> tuple[ndarray, ndarray, ndarray]:
    """dx in the shape of x, dw (D, H), db (H,), from dout (N, H)."""
    da = relu_backward(dout, cache.relu)  # (N, H)
    return affine_backward(da, cache.affine)
