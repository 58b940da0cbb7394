"""A recorded video in, what the hub would have made of it out: each processed frame and the alerts that it changed.

The frames take the whole way that a camera's take: gate, model, tracker, the bytes on the wire, the decoder, the
detectors, the alerts. Only the broker and the database are left out, so what is found here is found live and by a
replay of the same frames, to the second.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from detectors.vision import payloads
from detectors.vision.lookout import values
from detectors.vision.motion import watched_polygons
from detectors.vision.pictures import Bgr
from detectors.vision.recording import Cost, Finder, Viewed, observed
from detectors.vision.settings import VisionSettings
from hub.alerts.change import AlertChange
from hub.config.load import Configuration
from hub.tuning.one_camera import alone
from hub.worker.fold import Fold
from ingest import topics
from ingest.city import Camera, DeviceKind
from ingest.observation import Box
from ingest.window import Message


@dataclass(slots=True)
class Bill:
    """What an analysis took so far; `refused` are the frames that the hub could not have read."""

    vision: Cost = field(default_factory=Cost)
    inference_s: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def cpu_s_per_video_s(self) -> float | None:
        """CPU-seconds for each second of video; None for a recording without length."""
        return self.vision.cpu_s / self.vision.video_s if self.vision.video_s > 0 else None

    @property
    def median_inference_ms(self) -> float | None:
        """The median time that the model took for a picture; None when it saw none."""
        return 1000 * median(self.inference_s) if self.inference_s else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """One processed frame, or a look at the camera's view: as it goes over the wire, and the alerts that it changed."""

    payload: bytes
    changes: Sequence[AlertChange]


def analyse(
    video: Path,
    configuration: Configuration,
    *,
    camera_id: str,
    start: datetime,
    model: Finder,
    bill: Bill,
    settings: VisionSettings | None = None,
) -> Iterator[Processed]:
    """Yield each frame of `video` that is processed, and each look at the view, as if `camera_id` had filmed it.

    It begins at `start`. `bill` is kept up to date. Raises StreamError where the recording cannot be read.
    """
    start = start.astimezone(UTC)
    fold = Fold(alone(configuration, camera_id), grids=None, recent=(), listening_since=start)
    camera = configuration.city.cameras[camera_id]
    for message in published(video, camera, start=start, model=model, bill=bill, settings=settings):
        decoded = fold.decode([message])
        bill.refused += len(decoded.quarantined)
        yield Processed(payload=message.payload, changes=fold.again(decoded.observations))


def published(
    video: Path,
    camera: Camera,
    *,
    start: datetime,
    model: Finder,
    bill: Bill,
    settings: VisionSettings | None = None,
) -> Iterator[Message]:
    """Yield what the vision role would have published of `video`, message by message; nothing is judged."""
    # In UTC, because seconds added to a local time would pass over the hour at which the clocks change.
    start = start.astimezone(UTC)
    seen = observed(
        video,
        camera_id=camera.camera_id,
        start=start,
        model=_Timed(model, bill.inference_s),
        settings=settings,
        watch=watched_polygons(camera.zones),
        cost=bill.vision,
    )
    for number, each in enumerate(seen):
        if isinstance(each, Viewed):
            at, topic = each.at, topics.telemetry(camera.grid, DeviceKind.CAMERA, camera.camera_id)
            payload = payloads.telemetry(at, number, values(each.verdict))
        else:
            at, topic = each.captured_at, topics.detections(camera.grid, camera.camera_id)
            payload = payloads.detections(at, number, each.boxes)
        yield Message(topic, payload, 0, 1, False, at)


class _Timed:
    """A model that notes how long it takes."""

    def __init__(self, model: Finder, took_s: list[float]) -> None:
        self.width_px, self.height_px = model.width_px, model.height_px
        self._model, self._took_s = model, took_s

    def detect(self, pictures: Sequence[Bgr]) -> list[list[Box]]:
        began_s = time.perf_counter()
        found = self._model.detect(pictures)
        self._took_s.append(time.perf_counter() - began_s)
        return found
