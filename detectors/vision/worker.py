"""Cameras and a model in, boxes, health, status and evidence on the wire out: the loop of the vision role.

One process holds the model and the connection to the broker; each camera is read by a process of its own (`feed.py`).
Pictures that are ready at the same time go through the model in one batch. Each camera has at most one picture under
way, which is fetched when the model will soon be free (`turns.py`), so a slow model makes frames fewer and never older.
"""

from __future__ import annotations

import logging
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np

from detectors.vision import handover, shelf, view_file
from detectors.vision.audience import Audience
from detectors.vision.feed import Feed
from detectors.vision.models import Watch, look
from detectors.vision.turns import Turns
from detectors.vision.watched import Watched, Wire
from ingest.city import Camera, City

log = logging.getLogger(__name__)

_WAIT_S = 0.2
_EVIDENCE_MOST = timedelta(hours=2)  # no camera keeps pictures for longer than that


class CameraError(ValueError):
    """The cameras that are to be watched cannot be; the message says which and why."""


class _Requests:
    """Requests for evidence on their way from the wire's thread to the worker's; bounded, as the broker's is not."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[str, bytes]] = queue.Queue(maxsize=1000)

    def expect(self, camera: Watched) -> None:
        """Take requests for evidence of `camera` from now on."""
        camera.subscribe(partial(self._put, camera.camera.camera_id))

    def _put(self, camera_id: str, _topic: str, payload: bytes) -> None:
        try:
            self._waiting.put_nowait((camera_id, payload))
        except queue.Full:
            log.warning("camera %s: too many requests for evidence at once; one is left out", camera_id)

    def answer(self, watched: Mapping[str, Watched]) -> None:
        """Answer what waits, but no more than a few at once: drawing takes time, and pictures are coming."""
        for _ in range(4):
            try:
                camera_id, payload = self._waiting.get_nowait()
            except queue.Empty:
                return
            if camera_id in watched:  # a camera that is watched no more has no pictures left
                watched[camera_id].answer(payload)


class _Fleet:
    """The cameras that are watched now, each with its capture process and what is known of it."""

    def __init__(self, wire: Wire, evidence: Path | None, views: Path | None) -> None:
        self._wire = wire
        self._evidence, self._views = evidence, views
        self._requests = _Requests()
        self.audience = Audience()
        self.watches: dict[str, Watch] = {}
        self.watched: dict[str, Watched] = {}
        self.feeds: dict[str, Feed] = {}
        self.turns = Turns()
        self.wanted: dict[str, int] = {}  # who waits for a processed picture to be shown, and how wide

    def become(self, watches: Sequence[Watch]) -> None:
        """Watch `watches` and nothing else. A camera that stays as it was is not disturbed; one that has changed keeps
        its evidence and its sequence, and is opened anew.
        """
        wanted = {watch.camera.camera_id: watch for watch in watches}
        gone = [camera_id for camera_id, watch in self.watches.items() if wanted.get(camera_id) != watch]
        for camera_id in gone:
            self.feeds[camera_id].hang_up()
        for camera_id in gone:
            self.feeds.pop(camera_id).stop()
            self.turns.gone(camera_id)
            del self.watches[camera_id]
            if camera_id not in wanted:
                self.watched.pop(camera_id).forget()
        for camera_id, watch in wanted.items():
            if camera_id not in self.watches:
                self._begin(camera_id, watch)

    def _begin(self, camera_id: str, watch: Watch) -> None:
        on_disk = self._evidence is not None and watch.settings.evidence_on_disk
        folder = shelf.Folder(self._evidence / camera_id) if self._evidence is not None and on_disk else None
        watched = Watched(
            watch.camera,
            wire=self._wire,
            settings=watch.settings,
            zone=watch.zone,
            shelf=folder,
            views=view_file.ViewFile(self._views, camera_id) if self._views is not None else None,
        )
        before = self.watched.get(camera_id)
        if before is not None:
            watched.continue_from(before)
        self.watches[camera_id] = watch
        self.watched[camera_id] = watched
        self.feeds[camera_id] = Feed(watch.camera, watch.settings, width_px=watch.width_px, height_px=watch.height_px)
        self._requests.expect(watched)
        watched.subscribe_wishes(lambda _topic, payload: self.audience.put(camera_id, payload))

    def show(self) -> None:
        """Ask the cameras that somebody watches for a picture, where that is due; whose people are blurred wait for
        one that the model has looked at.
        """
        now_s = time.monotonic()
        self.audience.hear(now_s)
        self.wanted = {camera_id: px for camera_id, px in self.wanted.items() if camera_id in self.watched}
        live_fps = max((watch.settings.live_fps for watch in self.watches.values()), default=0.0)
        for camera_id, width_px in self.audience.next(now_s, live_fps).items():
            if camera_id not in self.watched:
                continue
            if self.watched[camera_id].blurs:
                self.wanted[camera_id] = width_px
            else:
                self.feeds[camera_id].show(width_px)

    def ask(self, *, at_work: bool = False) -> None:
        """Ask those cameras for their picture whose turn it is; `at_work`: the model is about to look at others."""
        for camera_id in self.turns.next(time.monotonic(), at_work):
            self.feeds[camera_id].ask()

    def answer(self) -> None:
        """Answer requests for evidence."""
        self._requests.answer(self.watched)

    def end(self) -> None:
        """End every process that was started here."""
        for feed in self.feeds.values():
            feed.hang_up()
        for feed in self.feeds.values():
            feed.stop()


def run(
    watches: Sequence[Watch],
    *,
    wire: Wire,
    stop: threading.Event,
    now: Callable[[], datetime],
    changed: Callable[[], Sequence[Watch] | None] = lambda: None,
    evidence: Path | None = None,
    views: Path | None = None,
) -> None:
    """Watch `watches` until `stop` is set; then end every process that was started here.

    `now` tells wall time. `changed` gives what is to be watched from now on, or None as long as nothing is new. A
    camera that is lost is said to be offline once; a worker that ends says nothing, so that a restart raises no alarm:
    the hub notices by itself when frames stay away. `evidence` is the folder in which pictures outlive the process,
    `views` the one in which it is remembered where each camera looks.
    """
    if evidence is not None:
        shelf.expire(evidence, now() - _EVIDENCE_MOST)
    fleet = _Fleet(wire, evidence, views)
    try:
        fleet.become(watches)
        while not stop.is_set():
            if (others := changed()) is not None:
                fleet.become(others)
            for feed in fleet.feeds.values():
                feed.tend()
            come = _hear(fleet, now)
            fleet.ask(at_work=bool(come))  # they arrive while the model looks at those that have come
            _process(come, fleet, now)
            fleet.ask()
            fleet.answer()
            fleet.show()
            now_s, at = time.monotonic(), now()
            for camera_id, feed in fleet.feeds.items():
                totals = feed.totals
                fleet.watched[camera_id].tend(totals, totals.breaks + feed.ended, now_s=now_s, now=at)
    finally:
        fleet.end()


def _hear(fleet: _Fleet, now: Callable[[], datetime]) -> list[tuple[Feed, handover.Picture]]:
    """Wait a moment for messages; return the pictures among them, and pass on those that are only to be shown."""
    turns = fleet.turns
    by_connection = {feed.connection: feed for feed in fleet.feeds.values() if feed.connection is not None}
    if not by_connection:
        time.sleep(_WAIT_S)
        return []
    come = []
    for connection in wait(list(by_connection), fleet.audience.wait_s(time.monotonic(), _WAIT_S)):
        feed = by_connection[connection]  # type: ignore[index]  # wait() gives back what it was given
        message = feed.receive()
        if isinstance(message, handover.Picture):
            turns.came(feed.camera.camera_id, time.monotonic())
            come.append((feed, message))
        elif isinstance(message, handover.Shown):
            fleet.audience.came(feed.camera.camera_id)
            fleet.watched[feed.camera.camera_id].show(message, now_s=time.monotonic(), now=now())
        elif message is not None:
            turns.ready(feed.camera.camera_id)
        elif feed.connection is None:
            turns.gone(feed.camera.camera_id)
    return come


def _process(come: Sequence[tuple[Feed, handover.Picture]], fleet: _Fleet, now: Callable[[], datetime]) -> None:
    if not come:
        return
    seen = [
        (
            fleet.watches[feed.camera.camera_id],
            np.frombuffer(picture.bgr, np.uint8).reshape(picture.height_px, picture.width_px, 3),
        )
        for feed, picture in come
    ]
    began_s = time.monotonic()
    found = look(seen)
    now_s, at = time.monotonic(), now()
    fleet.turns.took(len(come), now_s - began_s)
    for (feed, picture), boxes in zip(come, found, strict=True):
        fleet.watched[feed.camera.camera_id].processed(
            picture, boxes, now_s=now_s, now=at, inference_s=(now_s - began_s) / len(come)
        )
        if (width_px := fleet.wanted.pop(feed.camera.camera_id, None)) is not None:
            fleet.audience.came(feed.camera.camera_id)
            fleet.watched[feed.camera.camera_id].show_processed(picture, width_px)


def chosen(city: City, camera_ids: Collection[str] | None) -> list[Camera]:
    """Return the cameras that are named, or all when None; raise CameraError naming those the city does not know."""
    if camera_ids is None:
        cameras = [city.cameras[camera_id] for camera_id in sorted(city.cameras)]
    else:
        unknown = sorted(set(camera_ids) - set(city.cameras))
        if unknown:
            known = ", ".join(sorted(city.cameras)) or "none"
            raise CameraError(f"the city has no camera {', '.join(unknown)}; it has {known}")
        cameras = [city.cameras[camera_id] for camera_id in sorted(set(camera_ids))]
    if not cameras:
        raise CameraError("the city has no cameras to watch")
    return cameras


def run_at_broker(
    watches: Sequence[Watch],
    mqtt_url: str,
    stop: threading.Event,
    *,
    now: Callable[[], datetime],
    changed: Callable[[], Sequence[Watch] | None] = lambda: None,
    evidence: Path | None = None,
    views: Path | None = None,
    ca: str | None = None,
    client_id: str = "",
) -> None:
    """Watch `watches` and publish to the broker until `stop` is set; `changed`, `evidence` and `views` as for `run`."""
    from ingest.mqtt import Publisher, parse_url

    # Two clients of one name throw each other out, so the name holds what tells processes apart.
    name = client_id or f"lianqin-vision-{socket.gethostname()[:20]}-{os.getpid()}"
    publisher = Publisher(parse_url(mqtt_url), client_id=name, will=None, ca=ca)
    publisher.start()
    try:
        log.info("watching %d cameras", len(watches))
        run(watches, wire=publisher, stop=stop, now=now, changed=changed, evidence=evidence, views=views)
    finally:
        publisher.stop()
