"""What every request goes through before the gate: limits, security headers, metrics, one line in the log.

An error that nobody foresaw becomes a problem with an id, under which the log has the traceback.
"""

from __future__ import annotations

import secrets
import time
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.context import Hub, remote_of
from hub.api.georeport import FORM_BYTES, FORMS_WITH_PHOTOS
from hub.api.problem import Problem
from hub.api.routes_labels import LARGEST_FILE as LABELS_BYTES
from hub.api.routes_labels import PATH as LABELS
from hub.api.routes_photos import PATH as PHOTOS
from hub.api.stream import StalledReader
from hub.log import logger
from hub.photos import LARGEST_BYTES

log = logger("http")
BODY_LIMIT = 64 * 1024
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Where photos or files of labels come in, a body may have more.
LARGER_BODIES: dict[str, int] = {
    PHOTOS: LARGEST_BYTES,
    LABELS: LABELS_BYTES,
    **dict.fromkeys(FORMS_WITH_PHOTOS, FORM_BYTES),
}
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})


class Surroundings:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, hub: Hub, *, body_limit: int = BODY_LIMIT) -> None:
        """Take what lies within, the shared parts, and how many bytes a body may have."""
        self._app, self._hub, self._body_limit = app, hub, body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on within its limits, and note how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, self._limited(scope, receive), answer)
        except StalledReader:
            pass  # its connection is closed by the server, because the answer never ended
        except Exception:
            number = secrets.token_hex(6)
            log.exception("a request failed", path=scope["path"], method=scope["method"], failure=number)
            if status:
                raise
            problem = Problem("internal", f"the hub failed; its log says why under {number}", extra={"failure": number})
            await problem.answer(scope["path"])(scope, receive, answer)
        finally:
            self._note(scope, status, time.monotonic() - began)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Return `receive` that refuses a body beyond the limit, whether it was announced or not."""
        announced = Headers(scope=scope).get("content-length", "0")
        most = LARGER_BODIES.get(scope["path"], self._body_limit)
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most or (announced.isdecimal() and int(announced) > most):
                # An HTTPException is the only exception that the framework lets through while it reads a body.
                raise HTTPException(413, f"a request's body may have at most {most} bytes")
            return message

        return limited

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "") or "none"
        self._hub.metrics.requests.labels(route, _method(scope["method"]), str(status)).inc()
        if not route.endswith("/stream"):
            self._hub.metrics.seconds.labels(route).observe(seconds)
        level = "debug" if scope["path"] in _QUIET and status < HTTPStatus.BAD_REQUEST else "info"
        admission = scope.get("admission")
        # Never the query: somebody may have put a secret there by mistake.
        getattr(log, level)(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 1),
            remote=remote_of(scope),
            caller=admission.caller.name if admission is not None else None,
        )


def _method(method: str) -> str:
    """Return the method as a label; made-up ones share one, so that a stranger cannot make labels without end."""
    return method if method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} else "other"
