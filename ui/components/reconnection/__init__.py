"""Draws a page anew when its browser has found a server again, which may be another one that was started since."""

from ui.components.bundle import mount


def reconnection() -> None:
    """To be called outside of fragments, which another server does not know: clicks in them would do nothing."""
    _component(key="reconnection", height="content", on_found_change=lambda: None)


_component = mount("reconnection", __file__)
