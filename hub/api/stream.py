"""Takes a cursor, gives an endless answer of server-sent events: every feed item above it, once and in order.

Pull decides the pace: the next item is read only when the client has taken the last one, so a slow client costs a
socket's buffer and no memory. One that takes nothing for `STALLED_S` is cut off and may resume from its last id.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from hub.api.tail import Event, FeedTail
from hub.log import logger
from hub.people.caller import EVERYWHERE, Reach
from hub.store.session import StoreUnavailable

log = logger("feed")
HEARTBEAT_S = 15.0
STALLED_S = 30.0
PAGE = 50
RETRY_MS = 2000
DATABASE_S = 1.0


async def events(
    tail: FeedTail,
    after: int,
    *,
    read: Callable[[int, int], Awaitable[list[Event]]],
    allowed: Callable[[], Awaitable[bool]],
    heartbeat_s: float,
    reach: Reach = EVERYWHERE,
) -> AsyncIterator[bytes]:
    """Yield the stream's bytes: items within `reach` above `after`, and a comment when nothing came for `heartbeat_s`.

    `read` pages from the table, `allowed` tells at each heartbeat whether the token still is. Ends when the process
    does, or when the token's time is over.
    """
    # The id before any item: a client that is cut off before its first item resumes from here, not from "now".
    yield f": lianqin feed\nretry: {RETRY_MS}\nid: {after}\n\n".encode()
    checked = told = asyncio.get_running_loop().time()
    while not tail.ending:
        page = tail.after(after, PAGE)
        if page is None:
            try:
                page = await read(after, PAGE)
            except StoreUnavailable:
                # The reader keeps its place; to be cut off would only bring it back to wait here again.
                yield b": waiting for the database\n\n"
                await asyncio.sleep(DATABASE_S)
                continue
        if page:
            after = page[-1].seq
            seen = [event.written for event in page if event.is_within(reach)]
            if seen:
                told = asyncio.get_running_loop().time()
                yield b"".join(seen)
        elif not await tail.wait(after, heartbeat_s) and not tail.ending:
            # The id moves on over what this reader does not see, so that it need not be looked through again.
            yield b": still here\n\n" if reach == EVERYWHERE else f"id: {after}\n: still here\n\n".encode()
        now = asyncio.get_running_loop().time()
        if page and now - told >= heartbeat_s:  # much happens, but nothing that this reader sees
            told = now
            yield f"id: {after}\n: still here\n\n".encode()
        if now - checked >= heartbeat_s:
            checked = now
            if not await allowed():
                return


class EventStream(StreamingResponse):
    """An answer that lasts until its events end, the client goes, or the client takes nothing for `stalled_s`."""

    def __init__(
        self, content: AsyncIterator[bytes], *, on_end: Callable[[], None], stalled_s: float = STALLED_S
    ) -> None:
        """Take the bytes to send; `on_end` is called exactly once, however it ends."""
        super().__init__(content, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._content, self._on_end, self._stalled_s = content, on_end, stalled_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end."""
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            self._on_end()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for chunk in self._content:
                async with asyncio.timeout(self._stalled_s):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except TimeoutError:
            log.warning("a reader of the stream takes nothing; it is cut off", waited_s=self._stalled_s)
            raise StalledReader from None
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class StalledReader(ConnectionError):
    """The client of a stream takes nothing; its connection must be dropped."""


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
