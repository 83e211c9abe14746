"""The link that reproduces a run's settings, ready to be copied."""

from urllib.parse import urlencode

import streamlit as st

from nnlib.run_spec import RunSpec
from ui import controls, prose


def run_link(spec: RunSpec) -> None:
    """The address that sets all of Train's controls to this spec, with a button that copies it."""
    st.code(f"{st.context.url or ''}?{urlencode(controls.address(spec))}", language=None, wrap_lines=True)
    prose.show("examine", "link")
