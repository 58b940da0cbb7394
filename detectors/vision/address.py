"""A camera's URL in, what may be shown of it out, and how it is to be opened; credentials never get past here."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit


class Kind(StrEnum):
    """How pictures come from an address."""

    RTSP = "rtsp"
    HTTP = "http"
    TCP = "tcp"  # MPEG-TS, straight over a TCP connection
    FILE = "file"


_KINDS = {
    "rtsp": Kind.RTSP,
    "rtsps": Kind.RTSP,
    "http": Kind.HTTP,
    "https": Kind.HTTP,
    "tcp": Kind.TCP,
    "file": Kind.FILE,
    "": Kind.FILE,
}


class AddressError(ValueError):
    """A camera's URL cannot be used; the message says what would be right, and holds no credentials."""


def kind_of(url: str) -> Kind:
    """Return how `url` is opened, or raise AddressError."""
    scheme = urlsplit(url).scheme.lower() if "://" in url else ""
    if scheme not in _KINDS:
        raise AddressError(f"a camera's address begins with rtsp://, http(s)://, tcp:// or is a file, not {scheme}://")
    kind = _KINDS[scheme]
    if kind is not Kind.FILE:
        try:
            parts = urlsplit(url)
            port = parts.port
            wrong = not parts.hostname or (kind is Kind.TCP and port is None)
        except ValueError:  # a port that is no number; its message would quote the address
            wrong = True
        if wrong:
            raise AddressError(f"the camera's address {shown(url)} needs a host{' and a port' * (kind is Kind.TCP)}")
    return kind


def host_of(url: str) -> str:
    """Return the host that a stream's address names."""
    return urlsplit(url).hostname or ""


def file_path(url: str) -> Path:
    """Return the path that a file's address names."""
    return Path(url.removeprefix("file://")).expanduser()


def shown(url: str) -> str:
    """Return what of `url` may be logged: scheme, host and port, or a file's path; no user, password, path or query."""
    if "://" not in url or url.startswith("file://"):
        return str(file_path(url))
    try:
        parts = urlsplit(url)
        host = parts.hostname or "?"
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{host}{port}"
