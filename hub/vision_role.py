"""Puts the vision role together from the settings, and begins anew with its cameras when the city file changes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from detectors.vision.settings import VisionSettings
from detectors.vision.worker import CameraError, chosen, run_cameras
from detectors.vision.yolo import ModelError
from hub.clock import now
from hub.config.load import load_city
from hub.config.watch import watch
from hub.config.yaml_source import ConfigError
from hub.log import logger
from hub.settings import Settings

SHIPPED_MODEL = Path(__file__).with_name("demo") / "model" / "street_openvino_model"

log = logger("vision")


class VisionError(RuntimeError):
    """The vision role cannot run; the message says why and what would help."""


def serve(settings: Settings, *, cameras: Sequence[str] | None, stop: threading.Event) -> None:
    """Watch `cameras` (None: all of the city) until `stop`; raise ConfigError or VisionError."""
    city = load_city(settings.city)
    try:
        chosen(city, cameras)
    except CameraError as error:
        raise VisionError(str(error)) from None
    turn = threading.Event()  # set when this turn must end: the role stops, or its cameras are others now

    def look() -> None:
        nonlocal city
        found = load_city(settings.city)
        try:
            changed = chosen(found, cameras) != chosen(city, cameras)
        except CameraError as error:
            raise ConfigError([f"{settings.city}: {error}"]) from None
        if changed:
            city = found
            turn.set()

    def forward() -> None:
        stop.wait()
        turn.set()

    threading.Thread(target=watch, args=([settings.city], look, stop), name="configuration", daemon=True).start()
    threading.Thread(target=forward, name="stop", daemon=True).start()
    while not stop.is_set():
        turn.clear()
        log.info("watching", cameras=len(chosen(city, cameras)))
        try:
            run_cameras(
                city,
                cameras,
                settings.mqtt_url,
                settings.model or SHIPPED_MODEL,
                turn,
                now=now,
                settings=VisionSettings(blur_persons=settings.blur_persons),
                ca=settings.mqtt_ca or None,
                cache=settings.data / "yolo",
            )
        except (CameraError, ModelError) as error:
            raise VisionError(str(error)) from None
