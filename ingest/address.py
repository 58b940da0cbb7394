"""A broker's URL becomes an address: scheme, host, port, credentials; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BadAddress(ValueError):
    """A broker's address cannot be used; the message says why and never shows the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a broker listens and who connects."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        scheme = "mqtts" if self.tls else "mqtt"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


def parse_url(url: str) -> Address:
    """Return the address that `mqtt://user:password@host:port` or `mqtts://…` names, or raise BadAddress."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:  # its text may show part of a password, so it is not repeated
        raise BadAddress(
            "the broker's address cannot be read: either the port is not a number up to 65535, or a mark such as"
            " # / @ in the password is not written as %23 %2F %40"
        ) from None
    if parts.scheme not in _PORTS:
        raise BadAddress(
            f"the broker's address begins with {parts.scheme or 'nothing'}: mqtt:// or mqtts:// is expected"
        )
    if not parts.hostname:
        raise BadAddress("the broker's address names no host: write mqtt://host:port")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise BadAddress("the broker's address has something behind the port: write mqtt://host:port")
    if port == 0:
        raise BadAddress("the broker's port is 0")
    return Address(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password is not None else None,
    )
