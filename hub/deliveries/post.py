"""Takes a target and a signed body, posts it, gives what came of it: the one file that knows h11 and sockets.

The name is resolved once, what it resolves to is judged, and the connection is made to that very address: a second
look-up, which could answer differently, never happens. Host and TLS name stay those of the address. Redirects are not
followed, no proxy is used, and one limit of time stands over everything: who answers a byte a second is cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from typing import Any

import h11

from hub.deliveries.addresses import Address, Allowed, Target, literal, refusal
from hub.deliveries.pace import Failure, Outcome

SNIPPET_BYTES = 500
BODY_BYTES = 64 * 1024
HEAD_BYTES = 32 * 1024
_PIECE = 16 * 1024

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one attempt may take: to connect (with TLS), to the answer's head, and to read of its body."""

    connect_s: float = 5.0
    total_s: float = 15.0
    body_s: float = 2.0


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a name, or the one that `host` is; raise OSError where there is none."""
    given = literal(host)
    if given is not None:
        return [given]
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Any]] = loop.create_future()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            _tell(loop, answer, partial(answer.set_exception, error))
        else:
            _tell(loop, answer, partial(answer.set_result, found))

    # A name server that hangs holds a thread for half a minute and cannot be called off. A daemon of its own holds up
    # neither the names of other endpoints, as in a pool, nor the end of the process.
    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    found = await answer
    addresses: dict[Address, None] = {}
    for *_, place in found:
        addresses[ip_address(str(place[0]).partition("%")[0])] = None
    return list(addresses)


def _tell(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any], say: Callable[[], None]) -> None:
    """Say it in the loop's thread, unless nobody waits any more."""
    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(lambda: None if answer.done() else say())


class Poster:
    """Posts to endpoints; what may be connected to is given once, for this process."""

    def __init__(
        self,
        allowed: Allowed,
        *,
        agent: str,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
        now: Callable[[], datetime],
    ) -> None:
        """Take what this machine allows, and how the hub calls itself; `tls` verifies against the system's CAs."""
        self._allowed, self._agent, self._resolve, self._now = allowed, agent, resolve, now
        self._limits = limits or Limits()
        self._tls = tls or ssl.create_default_context()

    async def post(
        self,
        target: Target,
        body: bytes,
        headers: Mapping[str, str],
        *,
        private_host: str | None = None,
    ) -> Outcome:
        """Post `body`; whatever happens on the way is an outcome, never an exception."""
        begun = time.monotonic()

        def failed(failure: Failure, detail: str) -> Outcome:
            return Outcome(took_s=time.monotonic() - begun, failure=failure, detail=detail[:200])

        writer: asyncio.StreamWriter | None = None
        sending: asyncio.Future[None] | None = None
        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        try:
            async with asyncio.timeout(self._limits.total_s):
                try:
                    found = await self._resolve(target.host, target.port)
                except (OSError, UnicodeError) as error:
                    return failed(Failure.NAME, f"{target.host}: {_said(error)}")
                why = refusal(target, found, self._allowed.joined(private_host))
                if why is not None:
                    return failed(Failure.FORBIDDEN, why)
                try:
                    reader, writer = await self._connect(target, found)
                except ssl.SSLError as error:
                    return failed(Failure.TLS, _tls_words(error))
                except TimeoutError:
                    return failed(Failure.REFUSED, f"no connection within {self._limits.connect_s:g} s")
                except OSError as error:
                    return failed(Failure.REFUSED, _said(error))
                for event in (self._request(target, body, headers), h11.Data(data=body), h11.EndOfMessage()):
                    writer.write(http.send(event) or b"")
                # A receiver may answer, and close, before it has read everything: its answer counts.
                sending = asyncio.ensure_future(_drained(writer))
                head = await _head(http, reader)
            snippet, cut = await _beginning(http, reader, self._limits.body_s)
        except TimeoutError:
            return failed(Failure.TIMEOUT, f"no answer within {self._limits.total_s:g} s")
        except (h11.RemoteProtocolError, ValueError) as error:
            return failed(Failure.NOT_HTTP, _said(error))
        except (OSError, EOFError, ssl.SSLError) as error:
            return failed(Failure.BROKEN, _said(error))
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            if writer is not None:
                writer.transport.abort()  # one request a connection; a stalled peer must not hold the goodbye up
        status = head.status_code
        detail = "a redirect is not followed: give the address it points to" if 300 <= status < 400 else ""
        if cut:
            detail = detail or f"the rest of an answer over {BODY_BYTES // 1024} KiB was not read"
        return Outcome(
            took_s=time.monotonic() - begun,
            status=status,
            detail=detail,
            retry_after_s=_retry_after(head.headers, self._now),
            snippet=snippet,
        )

    async def _connect(
        self, target: Target, found: Sequence[Address]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection to the first of the addresses that takes one."""
        problem: OSError = OSError("no address")
        async with asyncio.timeout(self._limits.connect_s):
            for position, address in enumerate(found):
                try:
                    # A silent first address must leave time for the second.
                    share_s = self._limits.connect_s / (len(found) - position)
                    async with asyncio.timeout(share_s):
                        return await asyncio.open_connection(
                            str(address),
                            target.port,
                            ssl=self._tls if target.secure else None,
                            server_hostname=target.host if target.secure else None,
                            limit=_PIECE * 4,
                        )
                except ssl.SSLError:
                    raise
                except (OSError, TimeoutError) as error:
                    problem = error
        raise problem

    def _request(self, target: Target, body: bytes, headers: Mapping[str, str]) -> h11.Request:
        return h11.Request(
            method="POST",
            target=target.path,
            headers=[
                ("Host", target.authority),
                ("User-Agent", self._agent),
                ("Accept", "*/*"),
                ("Connection", "close"),
                ("Content-Length", str(len(body))),
                *headers.items(),
            ],
        )


async def _head(http: h11.Connection, reader: asyncio.StreamReader) -> h11.Response:
    """Return the answer's head: with it everything is said that matters."""
    interim = 0
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(_PIECE)
            if not data:
                raise EOFError("the receiver closed the connection before it had answered")
            http.receive_data(data)
        elif isinstance(event, h11.Response):
            return event
        elif isinstance(event, h11.InformationalResponse) and event.status_code != 101 and interim < 20:
            interim += 1
        else:
            raise EOFError("the receiver answers something else than a request's end")


async def _beginning(http: h11.Connection, reader: asyncio.StreamReader, limit_s: float) -> tuple[str, bool]:
    """Return how the answer's body begins, and whether it is longer than anybody reads; a broken one ends.

    The head has said whether the message was taken; the body is only shown, and has a short time of its own.
    """
    kept, length = bytearray(), 0
    with contextlib.suppress(TimeoutError, OSError, h11.RemoteProtocolError):
        async with asyncio.timeout(limit_s):
            while length <= BODY_BYTES:
                event = http.next_event()
                if event is h11.NEED_DATA:
                    http.receive_data(await reader.read(_PIECE))
                elif isinstance(event, h11.Data):
                    length += len(event.data)
                    kept += bytes(event.data[: SNIPPET_BYTES - len(kept)])
                else:
                    break
    return _text(kept), length > BODY_BYTES


async def _drained(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        await writer.drain()


def _retry_after(headers: Sequence[tuple[bytes, bytes]], now: Callable[[], datetime]) -> float | None:
    """Return the seconds of a Retry-After header, given as seconds or as a date; None for neither."""
    for name, value in headers:
        if name.lower() != b"retry-after":
            continue
        text = value.decode("latin-1").strip()
        if text.isascii() and text.isdecimal() and len(text) < 10:
            return float(text)
        try:
            until = email.utils.parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError):
            return None
        if until.tzinfo is None:
            return None
        return max(0.0, (until - now()).total_seconds())
    return None


def _text(body: bytearray) -> str:
    """Return the beginning of a body as text that a database and a terminal bear."""
    shown = body.decode("utf-8", errors="replace")
    return "".join(each if each.isprintable() or each == " " else " " for each in shown).strip()


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the receiver's certificate is not good: {error.verify_message}"
    return _said(error)


def _said(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
