"""Receives webhooks: checks the signature, takes the event in, and answers only when it is safely stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LARGEST = 1024 * 1024
TOLERANCE_S = 300


class NotGenuine(Exception):
    """The request does not come from our hub, or is old."""


def verified(body: bytes, headers: dict[str, str], secrets: Sequence[str], now_s: float) -> Any:
    """Return the CloudEvent of a request, or raise NotGenuine. `secrets` are the one, or the two of a rotation.

    Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`. Compare in constant time, and before the body is parsed.
    """
    message, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(now_s - int(stamp)) > TOLERANCE_S:
        raise NotGenuine("the timestamp is missing, or more than five minutes away")
    signed = f"{message}.{stamp}.".encode() + body
    given = [part.removeprefix("v1,") for part in headers.get("webhook-signature", "").split() if part[:3] == "v1,"]
    genuine = False
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        ours = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        for signature in given:
            genuine |= hmac.compare_digest(ours.encode(), signature.encode())
    if not genuine:
        raise NotGenuine("no signature is ours")
    return json.loads(body)


def server(host: str, port: int, secrets: Sequence[str], handle: Callable[[Any], None]) -> ThreadingHTTPServer:
    """Return a server that gives each genuine event to `handle`, and answers 204 when that has returned.

    If `handle` raises, the answer is 500 and the hub sends the event again.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LARGEST:
                return self._answer(413)
            body = self.rfile.read(int(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                handle(verified(body, headers, secrets, time.time()))  # noqa: TID251 - this is no part of the hub
            except NotGenuine as error:
                return self._answer(401, str(error))
            except Exception as error:
                return self._answer(500, type(error).__name__)
            return self._answer(204)

        def _answer(self, status: int, text: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    made = ThreadingHTTPServer((host, port), Handler)
    made.daemon_threads = True
    return made
