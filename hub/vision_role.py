"""Puts the vision role together from the settings, and follows the city file while it runs."""

from __future__ import annotations

import gc
import queue
import threading
from collections.abc import Callable, Sequence

from detectors.vision.models import Models, Watch
from detectors.vision.view_file import ViewFile
from detectors.vision.weights import ModelError
from detectors.vision.worker import CameraError, chosen, run_at_broker
from hub.clock import now
from hub.config.load import load_city
from hub.config.watch import watch
from hub.config.yaml_source import ConfigError
from hub.config.zones_file import files_of
from hub.log import logger
from hub.settings import Settings
from hub.vision_models import watches
from hub.vision_settings import perception

VIEWS = "views"  # the folder, within the data's, in which it is remembered where each camera looks

log = logger("vision")


class VisionError(RuntimeError):
    """The vision role cannot run; the message says why and what would help."""


def serve(settings: Settings, *, cameras: Sequence[str] | None, stop: threading.Event) -> None:
    """Watch `cameras` (None: all of the city) until `stop`; raise ConfigError or VisionError."""
    models = Models(cache=settings.data / "yolo")

    def read() -> list[Watch]:
        found = perception(settings)
        return watches(found, [camera.camera_id for camera in chosen(found.city, cameras)], models)

    try:
        current = read()
    except CameraError as error:
        raise VisionError(str(error)) from None
    _let_go()
    changes: queue.SimpleQueue[list[Watch]] = queue.SimpleQueue()
    first = list(current)

    def look() -> None:
        # Models are loaded here and not in the worker's loop, which goes on meanwhile with those that it has.
        nonlocal current
        try:
            found = read()
        except CameraError as error:
            raise ConfigError([f"{settings.city}: {error}"]) from None
        if found != current:
            current = found
            changes.put(found)

    files = files_of(settings.city)
    threading.Thread(target=watch, args=(files, look, stop), name="configuration", daemon=True).start()
    try:
        run_at_broker(
            first,
            settings.mqtt_url,
            stop,
            now=now,
            changed=_newest(changes, first),
            evidence=settings.data / "evidence",
            views=settings.data / VIEWS,
            ca=settings.mqtt_ca or None,
        )
    except ModelError as error:
        raise VisionError(str(error)) from None


def learn_views(settings: Settings, cameras: Sequence[str]) -> dict[str, bool]:
    """Forget how these cameras' views looked, so that whoever watches them learns them anew; tell which were known.

    Raises ConfigError, or VisionError for a camera that the city does not have.
    """
    try:
        known = chosen(load_city(settings.city), cameras)
    except CameraError as error:
        raise VisionError(str(error)) from None
    return {camera.camera_id: ViewFile(settings.data / VIEWS, camera.camera_id).forget() for camera in known}


def _newest(changes: queue.SimpleQueue[list[Watch]], first: list[Watch]) -> Callable[[], list[Watch] | None]:
    """Return what gives the newest of `changes`, or None; models that nobody looks through any more are let go.

    `first` is what is watched to begin with. Whoever called holds that list, so it is emptied with the first change.
    """
    changed = False

    def take() -> list[Watch] | None:
        nonlocal changed
        if changed:  # in the turn before
            changed = False
            _let_go()
        found = None
        while not changes.empty():
            found, changed = changes.get(), True
            first.clear()
        return found

    return take


def _let_go() -> None:
    """Free what is garbage now, and have nobody look through the rest again: that stops the pictures for 0.14 s."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
