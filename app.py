"""The server, found by `streamlit run app.py`: one BLAS thread, imports warmed up, garbage collector frozen."""

import os

# With more than one BLAS thread, concurrent runs wait for each other; the limits count only before NumPy is imported.
THREAD_LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import streamlit as st

WARM = ("pandas", "pyarrow", "altair", "nnlib")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Import before the first visitor comes, and spare later collections the walk over what never goes away."""
    for name in WARM:
        import_module(name)
    gc.collect()
    gc.freeze()
    yield


app = st.App("ui/main.py", lifespan=lifespan)
