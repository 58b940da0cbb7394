"""A recorded video in, the frames that the vision role would have published out: same gate, model and tracker.

Time is the recording's own, counted from a given start, so nothing depends on how fast this machine is: two runs give
the same frames. No process, no broker; a picture is never dropped for want of time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from detectors.vision import motion, stream_time, tracker
from detectors.vision.camera import Broken, StreamError, pictures
from detectors.vision.pictures import Bgr
from detectors.vision.settings import VisionSettings
from ingest.observation import Box, Frame, NaiveTimeError

_FRAME_S = 0.04  # what a picture without a stamp is taken to last


class Finder(Protocol):
    """What finds things in pictures."""

    @property
    def width_px(self) -> int:
        """The width of its input."""
        ...

    @property
    def height_px(self) -> int:
        """The height of its input."""
        ...

    def detect(self, pictures: Sequence[Bgr]) -> list[list[Box]]:
        """Return the boxes of each picture."""
        ...


@dataclass(slots=True)
class Cost:
    """What it took so far: pictures decoded and processed, seconds of video, and CPU seconds of this process."""

    decoded: int = 0
    processed: int = 0
    video_s: float = 0.0
    cpu_s: float = 0.0


def frames(
    video: Path | str,
    *,
    camera_id: str,
    start: datetime,
    model: Finder,
    settings: VisionSettings | None = None,
    watch: tuple[motion.Polygon, ...] = (),
    cost: Cost | None = None,
) -> Iterator[Frame]:
    """Yield every frame that is processed, with its boxes and track ids; raise StreamError where it cannot be read.

    `received_at` equals `captured_at`. `watch` is where motion matters (empty: everywhere). `cost`, where given, is
    kept up to date.
    """
    if start.tzinfo is None:
        raise NaiveTimeError("a recording needs a start with a timezone")
    settings = settings or VisionSettings()
    cost = cost if cost is not None else Cost()
    gate, tracks, anchor = motion.Gate(), tracker.Tracks(), None
    began_s = time.process_time()
    try:
        for picture in pictures(str(video), settings):
            anchor = stream_time.place_recorded(anchor, picture.pts_s, _FRAME_S)
            cost.decoded, cost.video_s = cost.decoded + 1, anchor.at_s
            cost.cpu_s = time.process_time() - began_s
            if not motion.due(gate, anchor.at_s, settings):
                continue
            grey = picture.grey()
            watched = motion.watched_cells(watch, settings.watch_margin, grey.shape)
            gate, reason = motion.look(gate, grey, anchor.at_s, settings, watched)
            if reason not in motion.PROCESS:
                continue
            (boxes,) = model.detect([picture.fitted(model.width_px, model.height_px)])
            tracks, named = tracker.follow(tracks, boxes, anchor.at_s)
            cost.processed += 1
            at = start + timedelta(seconds=anchor.at_s)
            yield Frame(camera_id, at, named, at)
    except StreamError as error:
        if error.why is not Broken.ENDED:
            raise
    finally:
        cost.cpu_s = time.process_time() - began_s
