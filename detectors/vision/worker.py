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
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, tzinfo
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from detectors.vision import handover
from detectors.vision.feed import Feed
from detectors.vision.labels import listed, unserved
from detectors.vision.pictures import Bgr
from detectors.vision.settings import VisionSettings
from detectors.vision.turns import Turns
from detectors.vision.watched import Watched, Wire
from detectors.vision.yolo import Detector, ModelError
from ingest.city import Camera, City
from ingest.observation import Box

log = logging.getLogger(__name__)

_WAIT_S = 0.2


class Model(Protocol):
    """What finds things in pictures."""

    @property
    def width_px(self) -> int:
        """The width of its input."""
        ...

    @property
    def height_px(self) -> int:
        """The height of its input."""
        ...

    @property
    def labels(self) -> frozenset[str]:
        """The labels it can give."""
        ...

    def detect(self, pictures: Sequence[Bgr]) -> list[list[Box]]:
        """Return the boxes of each picture."""
        ...


class CameraError(ValueError):
    """The cameras that are to be watched cannot be; the message says which and why."""


class _Requests:
    """Requests for evidence on their way from the wire's thread to the worker's; bounded, as the broker's is not."""

    def __init__(self, watched: dict[str, Watched]) -> None:
        self._watched = watched
        self._waiting: queue.Queue[tuple[str, bytes]] = queue.Queue(maxsize=1000)
        for camera_id, camera in watched.items():
            camera.subscribe(partial(self._put, camera_id))

    def _put(self, camera_id: str, _topic: str, payload: bytes) -> None:
        try:
            self._waiting.put_nowait((camera_id, payload))
        except queue.Full:
            log.warning("camera %s: too many requests for evidence at once; one is left out", camera_id)

    def answer(self) -> None:
        """Answer what waits, but no more than a few at once: drawing takes time, and pictures are coming."""
        for _ in range(4):
            try:
                camera_id, payload = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._watched[camera_id].answer(payload)


def run(
    cameras: Sequence[Camera],
    *,
    wire: Wire,
    model: Model,
    settings: VisionSettings,
    stop: threading.Event,
    now: Callable[[], datetime],
    zone: tzinfo = UTC,
) -> None:
    """Watch `cameras` until `stop` is set; then end every process that was started here.

    `now` tells wall time. A camera that is lost is said to be offline once; a worker that ends says nothing, so that
    a restart raises no alarm: the hub notices by itself when frames stay away.
    """
    watched = {camera.camera_id: Watched(camera, wire=wire, settings=settings, zone=zone) for camera in cameras}
    feeds = [Feed(camera, settings, width_px=model.width_px, height_px=model.height_px) for camera in cameras]
    requests, turns = _Requests(watched), Turns()
    by_camera = {feed.camera.camera_id: feed for feed in feeds}
    try:
        while not stop.is_set():
            for feed in feeds:
                feed.tend()
            come = _hear(feeds, turns)
            for camera_id in turns.next(time.monotonic()):
                by_camera[camera_id].ask()  # they arrive while the model looks at those that have come
            _process(come, watched, model, turns, now)
            requests.answer()
            now_s, at = time.monotonic(), now()
            for feed in feeds:
                totals = feed.totals
                watched[feed.camera.camera_id].tend(totals, totals.breaks + feed.ended, now_s=now_s, now=at)
    finally:
        for feed in feeds:
            feed.hang_up()
        for feed in feeds:
            feed.stop()


def _hear(feeds: Sequence[Feed], turns: Turns) -> list[tuple[Feed, handover.Picture]]:
    """Wait a moment for messages; return the pictures among them."""
    by_connection = {feed.connection: feed for feed in feeds if feed.connection is not None}
    if not by_connection:
        time.sleep(_WAIT_S)
        return []
    come = []
    for connection in wait(list(by_connection), _WAIT_S):
        feed = by_connection[connection]  # type: ignore[index]  # wait() gives back what it was given
        message = feed.receive()
        if isinstance(message, handover.Picture):
            turns.came(feed.camera.camera_id, time.monotonic())
            come.append((feed, message))
        elif message is not None:
            turns.ready(feed.camera.camera_id)
        elif feed.connection is None:
            turns.gone(feed.camera.camera_id)
    return come


def _process(
    come: Sequence[tuple[Feed, handover.Picture]],
    watched: dict[str, Watched],
    model: Model,
    turns: Turns,
    now: Callable[[], datetime],
) -> None:
    if not come:
        return
    batch = [
        np.frombuffer(picture.bgr, np.uint8).reshape(picture.height_px, picture.width_px, 3) for _, picture in come
    ]
    began_s = time.monotonic()
    found = model.detect(batch)
    now_s, at = time.monotonic(), now()
    turns.took(len(come), now_s - began_s)
    for (feed, picture), boxes in zip(come, found, strict=True):
        watched[feed.camera.camera_id].processed(
            picture, boxes, now_s=now_s, now=at, inference_s=(now_s - began_s) / len(come)
        )


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


def load_model(weights: Path | str, cameras: Sequence[Camera], settings: VisionSettings, **options: object) -> Detector:
    """Return the loaded model, or raise ModelError also where a zone needs a label that it cannot give."""
    model = Detector(weights, confidence_floor=settings.confidence_floor, threads=settings.inference_threads, **options)  # type: ignore[arg-type]
    if missing := unserved(model.labels, cameras):
        given = f"{model.weights.name} gives only {listed(sorted(model.labels))}"
        told = "; ".join(zone.sentence(given) for zone in missing)
        raise ModelError(f"{model.weights} does not fit the city: {told}")
    return model


def run_cameras(
    city: City,
    camera_ids: Collection[str] | None,
    mqtt_url: str,
    model_path: Path | str,
    stop: threading.Event,
    *,
    now: Callable[[], datetime],
    settings: VisionSettings | None = None,
    ca: str | None = None,
    cache: Path | None = None,
    client_id: str = "",
) -> None:
    """Watch the named cameras of `city` (all when None) and publish to the broker until `stop` is set.

    Raises CameraError or ModelError before it connects to anything.
    """
    from ingest.mqtt import Publisher, parse_url

    settings = settings or VisionSettings()
    cameras = chosen(city, camera_ids)
    model = load_model(model_path, cameras, settings, cache=cache)
    # Two clients of one name throw each other out, so the name holds what tells processes apart.
    name = client_id or f"lianqin-vision-{socket.gethostname()[:20]}-{os.getpid()}"
    publisher = Publisher(parse_url(mqtt_url), client_id=name, will=None, ca=ca)
    publisher.start()
    try:
        log.info("watching %d cameras with %s", len(cameras), model.weights.name)
        run(
            cameras,
            wire=publisher,
            model=model,
            settings=settings,
            stop=stop,
            now=now,
            zone=ZoneInfo(city.timezone),
        )
    finally:
        publisher.stop()
