"""A demo camera's name and an instant in, a JPEG of what stands before it out: the citizens' photo of it."""

from __future__ import annotations

from datetime import datetime

import cv2

from hub.demo.camera_light import light_at
from hub.demo.camera_stories import CAMERAS, scene_in, weather_of
from hub.demo.scenes.render import Renderer


def snapshot(camera_id: str, at: datetime, story_s: float) -> bytes:
    """Return the picture of second `story_s` of the camera's story in the light of `at`."""
    camera = next(one for one in CAMERAS if one.camera_id == camera_id)
    picture = Renderer(scene_in(camera, light_at(at, weather_of(camera)))).frame(story_s)
    written, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
    if not written:
        raise ValueError(f"the picture of {camera_id} cannot be written as a JPEG")
    return bytes(data)
