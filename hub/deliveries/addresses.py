"""Takes an endpoint's address and what its name resolves to, gives why nothing may be sent there; pure.

Whoever may make an endpoint chooses where this machine connects to. So nothing inside the house is connected to
unless it was named: by the endpoint, for its own host, or by who runs the machine, for hosts and networks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LONGEST = 2000
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)*")
# Where the machines of one house reach each other; an endpoint that names its host may lie there.
_INSIDE = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "::1/128", "fc00::/7"),
    )
)
# Addresses that carry an IPv4 address inside: NAT64 (well-known and local), 6to4, Teredo, and the two old embeddings.
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_EMBEDDED = (IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96"))


class BadTarget(ValueError):
    """The address is none that webhooks can be sent to; the message says what would be right."""


class Place(StrEnum):
    """Where an address lies."""

    PUBLIC = "public"
    INSIDE = "inside"  # private, loopback or shared (CGNAT): reachable when it is named
    NEVER = "never"  # link-local (a cloud's metadata), multicast, unspecified, reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to send: `host` as it stands in the address, lower case, an IPv6 address without its brackets."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return what the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be connected to although it lies inside: host names, lower case, and networks."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def joined(self, host: str | None) -> Allowed:
        """Return these and one more host, if there is one."""
        return self if host is None else Allowed(self.hosts | {host.lower()}, self.networks)


def allowed_from(text: str) -> Allowed:
    """Return what a list parted by commas allows: names, addresses, networks; raise BadTarget for anything else."""
    hosts, networks = set[str](), list[Network]()
    for part in filter(None, (each.strip().lower() for each in text.split(","))):
        try:
            networks.append(ip_network(part))
        except ValueError:
            if "/" in part or _numeric(part) or not _NAME.fullmatch(part):
                raise BadTarget(f"{part!r} is no host name, no address and no network such as 10.20.0.0/16") from None
            hosts.add(part)
    return Allowed(frozenset(hosts), tuple(networks))


def target_of(url: str) -> Target:
    """Return the parts of an endpoint's address; raise BadTarget for one that cannot be sent to."""
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise BadTarget(f"an address is at most {_LONGEST} visible ASCII characters; write other characters as %XX")
    if "\\" in url:
        raise BadTarget("an address has no backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadTarget(f"the address cannot be read: {error}") from None
    if parts.scheme not in ("https", "http"):
        raise BadTarget("an address begins with https:// (or http:// for a host inside)")
    if parts.username is not None or parts.password is not None:
        raise BadTarget("an address holds no user and no password: the signature tells who sends")
    if parts.fragment:
        raise BadTarget("an address has no fragment (#…): it would not be sent")
    host = (parts.hostname or "").rstrip(".").lower()
    if not host or port == 0:
        raise BadTarget("an address names a host, and no port 0")
    if literal(host) is None and (_numeric(host) or not _NAME.fullmatch(host)):
        raise BadTarget(f"{host!r} is neither a host name nor an address in its usual form")
    path = parts.path or "/"
    secure = parts.scheme == "https"
    return Target(
        secure=secure,
        host=host,
        port=port or (443 if secure else 80),
        path=f"{path}?{parts.query}" if parts.query else path,
    )


def literal(host: str) -> Address | None:
    """Return the address that `host` is, or None for a name."""
    try:
        return ip_address(host)
    except (AddressValueError, ValueError):
        return None


def place_of(address: Address) -> Place:
    """Return where `address` lies; one that carries an IPv4 address lies where that one does."""
    inner = _carried(address)
    if inner is not None:
        return place_of(inner)
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return Place.NEVER
    if any(address in network for network in _INSIDE if network.version == address.version):
        return Place.INSIDE
    return Place.PUBLIC if address.is_global else Place.NEVER


def refusal(target: Target, found: Sequence[Address], allowed: Allowed) -> str | None:
    """Return why nothing may be sent to `target`, whose name resolves to `found`; None when it may.

    One address that may not be is enough: a name that is half inside is being used to get there.
    """
    if not found:
        return f"{target.host} resolves to no address"
    named = target.host in allowed.hosts
    inside = False
    for address in found:
        where = place_of(address)
        if where is Place.PUBLIC:
            continue
        if any(address in network for network in allowed.networks if network.version == address.version):
            inside = True
            continue
        if where is Place.NEVER:
            return f"{_said(target, address)}, which is never sent to: link-local, multicast or reserved"
        if not named:
            return f"{_said(target, address)}, which lies inside; allow the host by name to send there"
        inside = True
    if not target.secure and not inside:
        return f"http:// sends in the clear: only to a host inside that is allowed by name, not to {target.host}"
    return None


def suitable(url: str, private_host: str | None, allowed: Allowed) -> Target:
    """Return the target of an endpoint that can work as far as can be told without asking a name server.

    Raises BadTarget with what would be right.
    """
    target = target_of(url)
    if private_host is not None and private_host.lower() != target.host:
        raise BadTarget(f"what is allowed by name is the host of the address itself: {target.host}")
    named = allowed.joined(private_host)
    address = literal(target.host)
    if address is not None:
        why = refusal(target, [address], named)
        if why is not None:
            raise BadTarget(why)
    elif not target.secure and target.host not in named.hosts and not named.networks:
        raise BadTarget("http:// sends in the clear: only to a host inside that is allowed by name")
    return target


def _said(target: Target, address: Address) -> str:
    return str(address) if target.host == str(address) else f"{target.host} resolves to {address}"


def _numeric(host: str) -> bool:
    """Say whether old resolvers would take `host` for an IPv4 address in an odd form: 0x7f.1, 2130706433, 127.1."""
    last = host.rpartition(".")[2]
    return bool(re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last))


def _carried(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    for network in _NAT64:
        if address in network:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    # ::1 and :: are what they are, not 0.0.0.1 and 0.0.0.0.
    if int(address) > 1 and any(address in network for network in _EMBEDDED):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
