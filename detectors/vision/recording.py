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

from detectors.outages import Outage
from detectors.vision import motion, stream_time, tracker
from detectors.vision.camera import StreamError, pictures
from detectors.vision.lookout import Lookout
from detectors.vision.pictures import Bgr, coloured
from detectors.vision.settings import VisionSettings
from detectors.vision.view import Verdict
from ingest.observation import Box, Frame, NaiveTimeError

FRAME_S = 0.04  # what a picture without a stamp is taken to last


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


@dataclass(frozen=True, slots=True)
class Viewed:
    """A look at the camera's view in the frame of that time."""

    at: datetime
    verdict: Verdict


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
    """Yield every frame that is processed, as `observed` does, without the looks at the view."""
    for each in observed(
        video, camera_id=camera_id, start=start, model=model, settings=settings, watch=watch, cost=cost
    ):
        if isinstance(each, Frame):
            yield each


def observed(
    video: Path | str,
    *,
    camera_id: str,
    start: datetime,
    model: Finder,
    settings: VisionSettings | None = None,
    watch: tuple[motion.Polygon, ...] = (),
    cost: Cost | None = None,
) -> Iterator[Frame | Viewed]:
    """Yield every frame that is processed, with its boxes and track ids; raise StreamError where it cannot be read.

    After a frame comes the look at the camera's view in it, where one is due, and after the last one in any case. The
    view is learned from the recording itself. `received_at` equals `captured_at`. `watch` is where motion matters
    (empty: everywhere). `cost`, where given, is kept up to date.
    """
    if start.tzinfo is None:
        raise NaiveTimeError("a recording needs a start with a timezone")
    settings = settings or VisionSettings()
    cost = cost if cost is not None else Cost()
    gate, tracks, anchor = motion.Gate(), tracker.Tracks(), None
    lookout = Lookout(camera_id, every_s=settings.view_every_s)
    unseen: tuple[Bgr, float, datetime] | None = None  # the last picture, where its view was not looked at
    began_s = time.process_time()
    try:
        for picture in pictures(str(video), settings):
            anchor = stream_time.place_recorded(anchor, picture.pts_s, FRAME_S)
            cost.decoded, cost.video_s = cost.decoded + 1, anchor.at_s
            cost.cpu_s = time.process_time() - began_s
            if not motion.due(gate, anchor.at_s, settings):
                continue
            grey = picture.grey()
            watched = motion.watched_cells(watch, settings.watch_margin, grey.shape)
            gate, reason = motion.look(gate, grey, anchor.at_s, settings, watched)
            if reason not in motion.PROCESS:
                continue
            bgr = picture.fitted(model.width_px, model.height_px)
            (boxes,) = model.detect([bgr])
            tracks, named = tracker.follow(tracks, coloured(bgr, boxes), anchor.at_s)
            cost.processed += 1
            at = start + timedelta(seconds=anchor.at_s)
            yield Frame(camera_id, at, named, at)
            unseen = bgr, anchor.at_s, at
            if lookout.is_due(anchor.at_s):
                yield from _looked(lookout, *unseen)
                unseen = None
    except StreamError as error:
        if unseen is not None and settings.view_every_s:
            yield from _looked(lookout, *unseen)
        if error.why is not Outage.ENDED:
            raise
    finally:
        cost.cpu_s = time.process_time() - began_s


def _looked(lookout: Lookout, picture: Bgr, at_s: float, at: datetime) -> Iterator[Viewed]:
    verdict = lookout.look(picture, at_s, at)
    if verdict is not None:
        yield Viewed(at, verdict)
