"""Takes a broker's socket, gives it back at peace: everything that was sent has been read."""

from __future__ import annotations

import time
from contextlib import suppress
from socket import SHUT_WR
from typing import Any


def say_goodbye(sock: Any, until: float) -> None:
    """Send DISCONNECT and read on until the broker has closed the connection.

    paho would close at once. With bytes unread the kernel would then reset the connection, and the broker would lose
    what it had not yet read: our last acknowledgements.
    """
    with suppress(OSError):
        sock.settimeout(max(0.1, until - time.monotonic()))
        sock.sendall(b"\xe0\x00")  # the same in MQTT 3.1.1 and in 5, where it keeps the session
        sock.shutdown(SHUT_WR)
        while time.monotonic() < until and sock.recv(65536):
            pass
