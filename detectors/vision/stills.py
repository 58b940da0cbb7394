"""A recording and instants in seconds from its beginning in, the picture at each out; time as `recording` has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from detectors.vision import stream_time
from detectors.vision.camera import StreamError, pictures
from detectors.vision.pictures import Bgr
from detectors.vision.recording import FRAME_S
from detectors.vision.settings import VisionSettings

_SLACK_S = 0.0005  # instants went through datetimes, which round to the microsecond


def stills(video: Path, instants_s: Collection[float], width_px: int) -> Iterator[tuple[float, Bgr]]:
    """Yield (instant, the first picture at it or after it) in order, no wider than `width_px`.

    Instants beyond the end get nothing, like those after a place where the recording cannot be read on. The pictures
    after the last instant are not decoded.
    """
    waiting = sorted(instants_s, reverse=True)
    anchor = None
    if not waiting:
        return
    try:
        for picture in pictures(str(video), VisionSettings()):
            anchor = stream_time.place_recorded(anchor, picture.pts_s, FRAME_S)
            if anchor.at_s + _SLACK_S < waiting[-1]:
                continue
            shown = picture.fitted(width_px, picture.height_px)
            while waiting and anchor.at_s + _SLACK_S >= waiting[-1]:
                yield waiting.pop(), shown
            if not waiting:
                return
    except StreamError:
        return
