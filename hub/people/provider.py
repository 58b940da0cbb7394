"""Asks a provider of identities: a code in, the checked claims of its ID token out; the one user of jwt.

Everything is checked that OpenID Connect Core asks for: the signature by a key of the provider's, of a kind that only
the provider can make; issuer, audience, authorised party, times, nonce.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from hub.people.oidc import OidcSettings

TIMEOUT_S = 10.0
LEEWAY_S = 60.0
MOST_BYTES = 512 * 1024
# What the holder of a public key alone could make (HS*), and none at all, is not among them.
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class ProviderFailed(RuntimeError):
    """The provider cannot be asked, or its answer cannot be believed; the message says which and why."""


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    basic: bool


class Provider:
    """One provider; what it says of itself and its keys are kept, and fetched anew when a key is unknown."""

    def __init__(self, settings: OidcSettings) -> None:
        """Take where it is; nothing is asked yet."""
        self._settings = settings
        self._lock = threading.Lock()
        self._metadata: _Metadata | None = None
        self._keys: list[Mapping[str, Any]] = []

    @property
    def settings(self) -> OidcSettings:
        """Return where it is and what is read from its claims."""
        return self._settings

    def authorization_endpoint(self) -> str:
        """Return where browsers are sent; raise ProviderFailed."""
        return self._describe().authorization_endpoint

    def redeem(self, code: str, *, verifier: str, redirect_uri: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of who brought `code`; raise ProviderFailed."""
        metadata, settings = self._describe(), self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": settings.client_id,
        }
        auth: httpx.BasicAuth | None = None
        if settings.client_secret and metadata.basic:
            auth = httpx.BasicAuth(settings.client_id, settings.client_secret)
        elif settings.client_secret:
            form["client_secret"] = settings.client_secret
        found = self._ask("POST", metadata.token_endpoint, data=form, auth=auth)
        token = found.get("id_token")
        if not isinstance(token, str):
            raise ProviderFailed("the provider's answer to the code holds no ID token")
        claims = self._checked(token)
        if claims.get("nonce") != nonce:
            raise ProviderFailed("the ID token was not made for this signing in (nonce)")
        return claims

    def _checked(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key = self._key(header.get("kid"), str(header.get("alg")))
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[str(header["alg"])],
                issuer=self._settings.issuer,
                audience=self._settings.client_id,
                leeway=LEEWAY_S,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise ProviderFailed(f"the ID token cannot be believed: {error}") from None
        party = claims.get("azp")
        if party not in (None, self._settings.client_id) or (party is None and _several(claims["aud"])):
            raise ProviderFailed("the ID token was made for somebody else (azp)")
        return claims

    def _key(self, name: object, algorithm: str) -> jwt.PyJWK:
        if algorithm not in ALGORITHMS:
            raise ProviderFailed(f"the ID token is signed with {algorithm}, which proves nothing")
        found = self._find(name, algorithm)
        if found is None:
            self._fetch_keys()  # the provider may have changed its keys since
            found = self._find(name, algorithm)
        if found is None:
            raise ProviderFailed("the ID token is signed with a key that the provider does not show")
        return found

    def _find(self, name: object, algorithm: str) -> jwt.PyJWK | None:
        kind = _KINDS[algorithm[:2]]
        with self._lock:
            fitting = [key for key in self._keys if key.get("kty") == kind and key.get("alg", algorithm) == algorithm]
        if name is not None:
            fitting = [key for key in fitting if key.get("kid") == name]
        return jwt.PyJWK(dict(fitting[0]), algorithm=algorithm) if len(fitting) == 1 else None

    def _fetch_keys(self) -> None:
        found = self._ask("GET", self._describe().jwks_uri).get("keys")
        keys = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
        with self._lock:
            self._keys = [one for one in keys if one.get("use", "sig") == "sig"]

    def _describe(self) -> _Metadata:
        with self._lock:
            if self._metadata is not None:
                return self._metadata
        issuer = self._settings.issuer
        found = self._ask("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ProviderFailed(
                f"the provider calls itself {found.get('issuer')!r}: LIANQIN_OIDC_ISSUER must say exactly that"
            )
        addresses = [found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        secure = issuer.startswith("https://")
        if not all(isinstance(one, str) and one.startswith("https://" if secure else "http") for one in addresses):
            raise ProviderFailed("the provider's description lacks an address, or names one without https://")
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        sent_to, redeemed_at, keys_at = map(str, addresses)
        metadata = _Metadata(sent_to, redeemed_at, keys_at, "client_secret_basic" in methods)
        with self._lock:
            self._metadata = metadata
        return metadata

    def _ask(
        self, method: str, address: str, *, data: Mapping[str, str] | None = None, auth: httpx.BasicAuth | None = None
    ) -> Mapping[str, Any]:
        try:
            with (
                httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as client,
                client.stream(method, address, data=data, auth=auth, headers={"Accept": "application/json"}) as answer,
            ):
                body = b""
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise ProviderFailed(f"the provider's answer at {address} is too long")
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderFailed(
                f"the provider does not answer at {address}: {error or type(error).__name__}"
            ) from None
        try:
            found = httpx.Response(status, content=body).json()
        except ValueError:
            found = None
        if status != 200:
            why = found.get("error_description") or found.get("error") if isinstance(found, Mapping) else None
            raise ProviderFailed(f"the provider answers {status} at {address}" + (f": {str(why)[:200]}" if why else ""))
        if not isinstance(found, Mapping):
            raise ProviderFailed(f"the provider's answer at {address} is no JSON object")
        return found


def _several(audience: object) -> bool:
    return isinstance(audience, list) and len(audience) > 1
