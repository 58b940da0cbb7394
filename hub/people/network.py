"""Takes an address, gives the network that counts as one place: the address itself, or an IPv6 client's /64; pure."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def network_of(remote: str) -> str:
    """Return the network of `remote`; an IPv6 client commands a whole /64. What is no address stays as it is."""
    try:
        address = ip_address(remote)
    except ValueError:
        return remote
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return remote
