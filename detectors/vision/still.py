"""A camera's address or a recording in, one whole picture of it out."""

from __future__ import annotations

from detectors.outages import Outage
from detectors.vision.camera import StreamError, pictures
from detectors.vision.pictures import Bgr
from detectors.vision.settings import VisionSettings

_MOST_PX = 8192  # both ways; no camera has more


def still(url: str, second: float, settings: VisionSettings) -> Bgr:
    """Return the picture `second` seconds after the first, or the last of a recording that ends before.

    Raises StreamError where there is none.
    """
    last = began_s = None
    try:
        for number, picture in enumerate(pictures(url, settings)):
            at_s = number / 25 if picture.pts_s is None else picture.pts_s
            began_s = at_s if began_s is None else began_s
            last = picture
            if at_s - began_s >= second:
                break
    except StreamError as error:
        if last is None or error.why is not Outage.ENDED:
            raise
    if last is None:
        raise StreamError(Outage.NO_VIDEO, "there is no picture")
    return last.fitted(_MOST_PX, _MOST_PX)
