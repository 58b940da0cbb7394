"""An address in, a browser window out, where somebody sits before this very machine at a screen with windows."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Mapping


def has_desktop(environment: Mapping[str, str], *, terminal: bool, platform: str = sys.platform) -> bool:
    """Tell whether a window would be seen by whoever started us: not from afar, not by a machine."""
    if not terminal or environment.get("SSH_CONNECTION") or environment.get("CI"):
        return False
    return platform in ("darwin", "win32") or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_window(address: str) -> bool:
    """Open `address`; tell whether that was done. A browser that would take the terminal for itself is not asked."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    takes_terminal = isinstance(browser, webbrowser.GenericBrowser) and not isinstance(
        browser, webbrowser.BackgroundBrowser
    )
    return not takes_terminal and browser.open(address)
