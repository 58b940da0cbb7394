"""A small provider of identities for tests: real keys, real JSON web tokens, on loopback; it knows whom a test says."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hub.people.oidc import challenge


@dataclass(slots=True)
class FakeProvider:
    """What it would say of the next person who signs in, and what it does wrong on purpose."""

    client_id: str = "hub"
    client_secret: str = "between us"
    issuer: str = ""
    now_s: int = 0
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key_name: str = "first"
    sign_with: Any = None
    algorithm: str = "RS256"
    unsigned: bool = False
    called: str = ""  # what it calls itself; empty: its address
    error: str = ""
    answers: int = 200
    asked: list[str] = field(default_factory=list)
    keys: dict[str, Any] = field(default_factory=dict)
    pending: dict[str, dict[str, str]] = field(default_factory=dict)

    def rotate(self, name: str, algorithm: str = "RS256") -> None:
        """Sign with another key from now on, and show only that one."""
        made = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else _rsa()
        self.keys, self.key_name, self.algorithm = {name: made}, name, algorithm

    def token(self, nonce: str) -> str:
        """Return an ID token."""
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "u-1",
            "iat": self.now_s,
            "exp": self.now_s + 300,
            "nonce": nonce,
            "preferred_username": "zhao.min",
            "name": "赵敏",
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.unsigned:
            return jwt.encode(claims, None, algorithm="none")
        key = self.sign_with or self.keys[self.key_name]
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": self.key_name, **self.header})


_KEYS: list[Any] = []


def _rsa() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def provider(now_s: int) -> Iterator[FakeProvider]:
    """Run one until the test ends; its clock stands at `now_s`."""
    if not _KEYS:
        _KEYS.append(_rsa())  # making one takes a while; every test may have the same
    state = FakeProvider(now_s=now_s, keys={"first": _KEYS[0]})

    class Handler(_Handler):
        provider = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.issuer = f"http://127.0.0.1:{server.server_address[1]}/realms/city"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="provider")
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    provider: FakeProvider

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        state, parts = self.provider, urlsplit(self.path)
        state.asked.append(parts.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.endswith("/.well-known/openid-configuration"):
            self._answer(
                {
                    "issuer": state.called or state.issuer,
                    "authorization_endpoint": f"{state.issuer}/authorize",
                    "token_endpoint": f"{state.issuer}/token",
                    "jwks_uri": f"{state.issuer}/keys",
                }
            )
        elif parts.path.endswith("/keys"):
            shown = []
            for name, key in state.keys.items():
                kind = jwt.algorithms.ECAlgorithm if state.algorithm == "ES256" else jwt.algorithms.RSAAlgorithm
                shown.append({**json.loads(kind.to_jwk(key.public_key())), "kid": name, "use": "sig"})
            self._answer({"keys": [{"kty": "oct", "k": "AAAA", "kid": "secret"}, *shown]})
        elif parts.path.endswith("/authorize"):
            back = {"state": query["state"]}
            if state.error:
                back |= {"error": "access_denied", "error_description": state.error}
            else:
                code = secrets.token_urlsafe(8)
                state.pending[code] = query
                back["code"] = code
            self.send_response(303)
            self.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._answer({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        state = self.provider
        state.asked.append(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        begun = state.pending.pop(form.get("code", ""), None)
        secret = base64.b64encode(f"{state.client_id}:{state.client_secret}".encode()).decode()
        if state.answers != 200:
            self._answer({"error": "server_error", "error_description": "the provider is out of order"}, state.answers)
        elif self.headers.get("Authorization") != f"Basic {secret}":
            self._answer({"error": "invalid_client"}, 401)
        elif (
            begun is None
            or begun["redirect_uri"] != form["redirect_uri"]
            or begun["code_challenge_method"] != "S256"
            or begun["code_challenge"] != challenge(form["code_verifier"])
        ):
            self._answer({"error": "invalid_grant"}, 400)
        else:
            self._answer({"access_token": "a", "token_type": "Bearer", "id_token": state.token(begun["nonce"])})

    def _answer(self, document: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
