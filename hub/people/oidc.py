"""Signing in through a provider (OpenID Connect, code flow with PKCE), what needs no network: pure.

Settings and random values in, the address to send a browser to out; and what the provider said of somebody (claims) in,
who that is here out.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from hub.people.post import ROLES, Post

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class NotEntitled(ValueError):
    """The provider knows the person, but not for what they are here; the message says what is missing."""


class BadProvider(ValueError):
    """The settings of the provider cannot be used; the message says which and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """A provider of identities, and in which of its claims the hub finds what a person is here for.

    `roles` maps what the role claim may hold to our roles; empty: the claim holds our roles' names. A claim may lie
    deeper: `realm_access.roles`.
    """

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    label: str
    scopes: str
    name_claim: str
    role_claim: str
    roles: Mapping[str, str]
    department_claim: str
    districts_claim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is at the provider, and what for they are here."""

    issuer: str
    subject: str
    name: str
    display_name: str
    post: Post


def checked(settings: OidcSettings) -> OidcSettings:
    """Return `settings`; raise BadProvider for what cannot be."""
    parts = urlsplit(settings.issuer)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise BadProvider("LIANQIN_OIDC_ISSUER must be the provider's address, such as https://id.example/realms/city")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise BadProvider("LIANQIN_OIDC_ISSUER must begin with https:// unless it is on this machine")
    if not settings.client_id:
        raise BadProvider("LIANQIN_OIDC_CLIENT_ID must name the hub as the provider knows it")
    if "openid" not in settings.scopes.split():
        raise BadProvider("LIANQIN_OIDC_SCOPES must contain openid")
    unknown = sorted(set(settings.roles.values()) - set(ROLES))
    if unknown:
        raise BadProvider(f"LIANQIN_OIDC_ROLES names {', '.join(unknown)}: there are {', '.join(ROLES)}")
    return settings


def role_map(text: str) -> dict[str, str]:
    """Return `theirs=ours,theirs=ours` as a mapping; raise BadProvider."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        theirs, equals, ours = part.rpartition("=")
        if not equals or not theirs.strip() or not ours.strip():
            raise BadProvider(f"LIANQIN_OIDC_ROLES holds {part!r}: write theirs=ours, parted by commas")
        found[theirs.strip()] = ours.strip()
    return found


def authorization_url(
    endpoint: str, settings: OidcSettings, *, redirect_uri: str, state: str, nonce: str, verifier: str
) -> str:
    """Return where to send the browser."""
    query = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": redirect_uri,
        "scope": settings.scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def challenge(verifier: str) -> str:
    """Return the S256 challenge of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).decode().rstrip("=")


def identity_of(claims: Mapping[str, Any], settings: OidcSettings) -> Identity:
    """Return who the claims speak of; raise NotEntitled for somebody without a role here.

    Of several roles the one that stands first in `settings.roles` counts, or in the hub's own order.
    """
    named = _texts(_claim(claims, settings.role_claim))
    order: Sequence[tuple[str, str]] = list(settings.roles.items()) or [(role, role) for role in ROLES]
    role = next((ours for theirs, ours in order if theirs in named), None)
    if role is None:
        told = f"it names {', '.join(named[:10])}" if named else "it names none"
        raise NotEntitled(f"the provider's claim {settings.role_claim} gives no role in this hub: {told}")
    departments = _texts(_claim(claims, settings.department_claim)) if settings.department_claim else []
    if role == "department" and not departments:
        raise NotEntitled(f"the provider's claim {settings.department_claim or '(none set)'} names no department")
    districts = None
    if settings.districts_claim:
        # The claim is what bounds somebody: where it is set up and missing, they see nothing and not everything.
        found = _texts(_claim(claims, settings.districts_claim))
        districts = None if "*" in found else found
    name = (_texts(_claim(claims, settings.name_claim)) or [""])[0]
    if not name:
        raise NotEntitled(f"the provider's claim {settings.name_claim} holds no name")
    return Identity(
        issuer=settings.issuer,
        subject=str(claims["sub"]),
        name=name,
        display_name=(_texts(claims.get("name")) or [name])[0],
        post=Post(role=role, department=departments[0] if departments else None, districts=districts),
    )


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """Return the claim of this very name, or the one that lies deeper at a path with dots."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> list[str]:
    """Return a claim as texts: one, several, or none."""
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if isinstance(value, list | tuple):
        return [text for one in value if isinstance(one, str) and (text := one.strip())]
    return []
