"""The server, found by `streamlit run app.py`: one BLAS thread, imports warmed up, garbage collected, sessions too."""

import os
from pathlib import Path
from runpy import run_path

# Read as a file, since to import anything of nnlib imports NumPy, and then the limits come too late.
os.environ.update(run_path(str(Path(__file__).parent / "nnlib" / "workers" / "threads.py"))["ONE_THREAD"])

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import streamlit as st

FORGET_EVERY = 30.0  # seconds
WARM = ("pandas", "pyarrow", "altair", "nnlib")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Import before the first visitor comes, and spare later collections the walk over what never goes away."""
    for name in WARM:
        import_module(name)
    import_module("nnlib.speed").share_freed_memory()
    import_module("nnlib.data.cleaning").clean_daily()
    gc.collect()
    gc.freeze()
    forgetting = asyncio.create_task(forget())
    yield
    forgetting.cancel()


async def forget() -> None:
    """Drop who has left, even if nobody else comes and goes: only then would Streamlit do it, and the collector."""
    from nnlib.speed import return_freed_memory  # not before the limits
    from ui.runs.sessions import drop_expired

    while True:
        await asyncio.sleep(FORGET_EVERY)
        if drop_expired():
            gc.collect()
            return_freed_memory()


app = st.App("ui/main.py", lifespan=lifespan)
