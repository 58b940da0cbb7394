"""Live pictures from the broker in, the newest of each watched camera for every viewer out.

One link to the broker for each process, made with the first viewer and ended some time after the last one left. Wishes
are said again every other second and end by themselves, so no camera works for a viewer that vanished. A viewer has one
place for each camera: a slow one is sent fewer pictures, never older ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from anyio.to_thread import run_sync

from hub.log import logger
from ingest import topics
from ingest.live_picture import LivePictureError, Wish, pack_wish, unpack
from ingest.mqtt import BadAddress, Listener, parse_url

log = logger("live")

RENEW_S = 2.0
FOR_S = 3 * RENEW_S
LINGER_S = 20.0  # how long the link outlives its last viewer: whoever turns a page comes back
LOOK_S = 0.25  # how often the link is looked at
GRACE_S = 2.0  # a link that is being made, or was lost a moment ago, is not yet news to viewers
MOST_VIEWERS = 100
MOST_CAMERAS = 64  # of one viewer
_EARLY = 0.75  # a picture this share of the period after the one before is not too early


class TooManyViewers(RuntimeError):
    """No more viewers can be served by this process."""


@dataclass(slots=True)
class Tile:
    """One camera that a viewer watches: how often, how wide, when it was last sent one."""

    grid: str
    fps: float
    width_px: int
    sent_s: float = float("-inf")
    newest: bytes | None = None


@dataclass(slots=True, eq=False)
class Viewer:
    """Somebody who watches: the cameras, and the newest picture of each that was not yet sent."""

    tiles: dict[str, Tile] = field(default_factory=dict)
    connected: bool | None = None  # what is known of the broker; None: nothing yet
    changed: bool = False  # whether that is news to the viewer
    _there: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, camera_id: str, picture: bytes) -> None:
        """Take a picture in place of the one that waits."""
        if camera_id in self.tiles:
            self.tiles[camera_id].newest = picture
            self._there.set()

    def tell(self, connected: bool) -> None:
        """Take how the broker is."""
        if connected is not self.connected:
            self.connected, self.changed = connected, True
            self._there.set()

    async def wait(self, wait_s: float) -> None:
        """Wait until there is something, or for so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._there.wait(), wait_s)
        self._there.clear()

    def take(self, now_s: float) -> list[bytes]:
        """Return the pictures that are to be sent now: whoever waited longest first, none faster than was asked for."""
        found = []
        for tile in sorted(self.tiles.values(), key=lambda tile: tile.sent_s):
            if tile.newest is not None and now_s - tile.sent_s >= _EARLY / tile.fps:
                found.append(tile.newest)
                tile.newest, tile.sent_s = None, now_s
        return found


class LivePictures:
    """What one process of the API knows of live pictures; every method is called on its event loop."""

    def __init__(self, mqtt_url: str, *, ca: str | None, monotonic: Callable[[], float]) -> None:
        """Take the broker's address; nothing is connected before somebody watches."""
        self._mqtt_url, self._ca, self._monotonic = mqtt_url, ca, monotonic
        self._viewers: set[Viewer] = set()
        self._listener: Listener | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = Lock()
        self._arrived: dict[str, tuple[str, bytes]] = {}  # by camera: its grid, the newest picture
        self._woken = False
        self._asked_s = float("-inf")
        self.problem: str | None = None

    @property
    def viewers(self) -> int:
        """How many watch."""
        return len(self._viewers)

    def join(self) -> Viewer:
        """Return a new viewer that watches nothing yet; raise TooManyViewers."""
        if len(self._viewers) >= MOST_VIEWERS:
            raise TooManyViewers(f"{MOST_VIEWERS} viewers watch already")
        viewer = Viewer()
        self._viewers.add(viewer)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._keep())
        if self._connected():
            viewer.tell(True)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        self._viewers.discard(viewer)

    def watch(self, viewer: Viewer, wanted: Mapping[str, Tile]) -> None:
        """Let `viewer` watch `wanted` and nothing else; what it watched before goes on where it was."""
        before = viewer.tiles
        for camera_id, tile in wanted.items():
            if camera_id in before:
                tile.sent_s, tile.newest = before[camera_id].sent_s, before[camera_id].newest
        news = any(camera_id not in before or before[camera_id].fps < tile.fps for camera_id, tile in wanted.items())
        viewer.tiles = dict(wanted)
        if news:
            self._ask()

    async def stop(self) -> None:
        """End the link."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._hang_up()

    async def _keep(self) -> None:
        """Keep the link and the wishes alive while somebody watches, and for a while after."""
        loop = asyncio.get_running_loop()
        left_s = stood_s = self._monotonic()
        while True:
            now_s = self._monotonic()
            if self._viewers:
                left_s = now_s
                self._listen(loop)
            elif now_s - left_s > LINGER_S:
                await self._hang_up()
                if not self._viewers:  # nobody has come while that took its time
                    return
                continue
            connected = self._connected()
            back = connected and any(not viewer.connected for viewer in self._viewers)
            stood_s = now_s if connected else stood_s
            if connected or now_s - stood_s >= GRACE_S:
                for viewer in self._viewers:
                    viewer.tell(connected)
            if back or now_s - self._asked_s >= RENEW_S:
                self._ask()
            await asyncio.sleep(LOOK_S)

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._listener is not None:
            return

        def heard(topic: str, payload: bytes) -> None:  # on the link's thread
            whose = topics.camera_of_picture(topic)
            if whose is None:
                return
            try:
                header, _ = unpack(payload)
            except LivePictureError as error:
                log.warning("a live picture cannot be read", topic=topic, why=str(error))
                return
            if header.camera != whose[1]:
                log.warning("a live picture names another camera than its topic", topic=topic)
                return
            with self._lock:
                self._arrived[whose[1]] = (whose[0], payload)
                woken, self._woken = self._woken, True
            if not woken:
                with contextlib.suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(self._hand_out)

        try:
            self._listener = Listener(
                parse_url(self._mqtt_url),
                client_id=f"lianqin-live-{socket.gethostname()[:20]}-{os.getpid()}-{id(self) % 10_000}",
                filters=[topics.every_picture()],
                heard=heard,
                ca=self._ca,
            )
        except BadAddress as error:
            self.problem = str(error)
            return
        self._listener.start()

    def _hand_out(self) -> None:
        with self._lock:
            arrived, self._arrived = self._arrived, {}
            self._woken = False
        for camera_id, (grid, picture) in arrived.items():
            for viewer in self._viewers:
                if camera_id in viewer.tiles and viewer.tiles[camera_id].grid == grid:
                    viewer.put(camera_id, picture)

    def _connected(self) -> bool:
        if self._listener is None:
            return False
        health = self._listener.health
        self.problem = health.problem
        return health.connected

    def _ask(self) -> None:
        """Say for every watched camera that somebody watches: as fast and as wide as whoever wants most."""
        self._asked_s = self._monotonic()
        if self._listener is None:
            return
        wanted: dict[tuple[str, str], tuple[float, int]] = {}
        for viewer in self._viewers:
            for camera_id, tile in viewer.tiles.items():
                fps, width_px = wanted.get((tile.grid, camera_id), (0.0, 0))
                wanted[tile.grid, camera_id] = max(fps, tile.fps), max(width_px, tile.width_px)
        for (grid, camera_id), (fps, width_px) in wanted.items():
            wish = Wish(fps=fps, width=width_px, for_s=FOR_S)
            self._listener.say(topics.picture_request(grid, camera_id), pack_wish(wish))

    async def _hang_up(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            await run_sync(listener.stop)
