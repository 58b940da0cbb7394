"""An address and a CA file become what a TLS connection needs."""

from __future__ import annotations

import ssl
from typing import Any

from ingest.address import Address, BadAddress


class Tls(ssl.SSLContext):
    """Remembers the socket that it wrapped last: paho leaves it open when the handshake fails."""

    wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        """Wrap a socket, and remember it."""
        self.wrapped = super().wrap_socket(*args, **options)
        return self.wrapped


def tls_context(address: Address, ca: str | None) -> Tls | None:
    """Return what verifies certificate and host name, or None for an address without TLS; raise BadAddress."""
    if not address.tls:
        return None
    context = Tls(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise BadAddress(f"the CA file {ca} cannot be used: {error}") from None
    return context
