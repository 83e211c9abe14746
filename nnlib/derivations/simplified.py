"""Batchnorm's simplified backward pass as a graph of its own: how dx comes from dout at once, to be walked forward."""

from numpy import ndarray

from nnlib.derivations.derivation import Derivation
from nnlib.graph import apply
from nnlib.normalization import BatchnormCache, batchnorm_backward_alt


def simplified_backward(dout: ndarray, cache: BatchnormCache) -> Derivation:
    """dx from dout (N, D) and what batchnorm kept in train mode: xhat (N, D), rstd and gamma (D,).

    The nodes are dout, xhat, rstd, gamma, dbeta, dgamma and dx, tied to the lines of `batchnorm_backward_alt`.

    Raises:
        ValueError: the shapes do not fit together.
    """
    batchnorm_backward_alt(dout, cache)
    d = Derivation("batchnorm_backward_alt")
    d.enter(batchnorm_backward_alt)
    dout_, xhat, rstd, gamma = (
        d.input(name, value, name)
        for name, value in (("dout", dout), ("xhat", cache.xhat), ("rstd", cache.rstd), ("gamma", cache.gamma))
    )
    N = d.constant("N", float(len(dout)))
    dbeta = d.add("dbeta", apply("sum", dout_, axis=0))
    dgamma = d.add("dgamma", apply("sum", dout_ * xhat, axis=0))
    d.add("dx", (dout_ - dbeta / N - xhat * (dgamma / N)) * (gamma * rstd))
    return d
