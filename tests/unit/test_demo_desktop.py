"""When `make demo` opens a browser: at a screen with windows, and never in place of the terminal."""

import webbrowser
from collections.abc import Iterator

import pytest

from hub.demo.desktop import has_desktop, open_window

ADDRESS = "http://127.0.0.1:1/#ticket=lqt_0"


@pytest.mark.parametrize(
    ("environment", "platform", "terminal", "there"),
    [
        ({"DISPLAY": ":0"}, "linux", True, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True, True),
        ({}, "linux", True, False),
        ({}, "darwin", True, True),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "192.0.2.1 22"}, "linux", True, False),
        ({"DISPLAY": ":99", "CI": "true"}, "linux", True, False),
        ({"DISPLAY": ":0"}, "linux", False, False),
    ],
)
def test_a_window_is_for_somebody_at_this_screen(
    environment: dict[str, str], platform: str, terminal: bool, there: bool
) -> None:
    assert has_desktop(environment, terminal=terminal, platform=platform) is there


class Window(webbrowser.BaseBrowser):
    """A browser with windows, as far as the standard library is concerned."""

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        return url == ADDRESS


@pytest.fixture
def preferred(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put a browser first among those the standard library would ask, for one test."""
    name, browser = request.param
    order = webbrowser._tryorder  # type: ignore[attr-defined]
    webbrowser.register(name, None, browser, preferred=True)
    yield
    webbrowser._browsers.pop(name)  # type: ignore[attr-defined]
    current = webbrowser._tryorder  # type: ignore[attr-defined]
    assert current is not None
    current.remove(name)
    assert order is None or current == order


@pytest.mark.parametrize("preferred", [("a text browser", webbrowser.GenericBrowser("false"))], indirect=True)
def test_a_browser_that_would_take_the_terminal_is_not_asked(preferred: None) -> None:
    assert open_window(ADDRESS) is False


@pytest.mark.parametrize("preferred", [("a window", Window())], indirect=True)
def test_one_with_windows_is(preferred: None) -> None:
    assert open_window(ADDRESS) is True
