"""Whose script runs now, and whether a browser is still connected."""

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def session_id() -> str:
    """The session that this script runs for; "" outside of one."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def is_connected(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)
