"""A host's name in, nothing out if it can be looked up; else UnknownHostError says why, within a time limit.

The system's resolver cannot be interrupted and may take half a minute where a name server is silent, in which the
whole capture would look hung. So it is asked on a thread of its own, and left alone when it takes too long.
"""

from __future__ import annotations

import ipaddress
import socket
import threading


class UnknownHostError(Exception):
    """A name cannot be looked up; the message says why, without the name."""


def look_up(host: str, limit_s: float) -> None:
    """Return if `host` is an address or a name that the system knows."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return
    answers: list[str] = []

    def ask() -> None:
        try:
            socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answers.append("")
        except (OSError, UnicodeError) as error:
            answers.append(getattr(error, "strerror", None) or "not a name")

    thread = threading.Thread(target=ask, name="look up", daemon=True)
    thread.start()
    thread.join(limit_s)
    if not answers:
        raise UnknownHostError("its name could not be looked up in time")
    if answers[0]:
        raise UnknownHostError(f"its name could not be looked up ({answers[0]})")
