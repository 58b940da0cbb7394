"""A rendered street with a car that stands where it must not, as a recording, and a city that has that street."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from hub.demo.camera_stories import CAMERAS, scene_in
from hub.demo.scenes.description import Light, Waypoint
from hub.demo.scenes.description import Path as Way
from hub.demo.scenes.render import Renderer
from tests.support.video import write_clip

KERB = next(camera for camera in CAMERAS if camera.camera_id == "cam-01")
ARRIVES_S, LEAVES_S = 3.0, 20.0
THRESHOLDS = {"parking": {"illegal": {"dwell_s": 8.0, "clear_after_s": 3.0}}}


def write_recording(path: Path, seconds: float = 30.0) -> Path:
    """Write half a minute in which a car comes, stands on the hatched strip and drives off."""
    way = Way(
        waypoints=(
            Waypoint(0.5, 5.3, -10.0),
            Waypoint(ARRIVES_S, 5.7, 16.5),
            Waypoint(LEAVES_S, 5.7, 16.5),
            Waypoint(LEAVES_S + 6, 5.3, 90.0),
        )
    )
    scene = scene_in(KERB, Light(daylight=1.0, lamps_on=False))
    actors = tuple(replace(one, path=way) if one.actor_id == "parked" else one for one in scene.actors)
    return write_clip(path, Renderer(replace(scene, actors=actors)).frame, seconds, fps=5)


def city_text() -> str:
    """Return a city.yaml with this street in the second grid, and a second camera that nobody drew a zone for."""
    polygon = [list(corner) for corner in KERB.zones[0][2]]
    city: dict[str, Any] = {
        "name": "Testtown",
        "timezone": "Asia/Shanghai",
        "latitude": 30.25,
        "longitude": 120.16,
        "grids": [{"id": "01", "name": "One"}, {"id": "02", "name": "Two"}],
        "devices": [{"id": "gas-1", "kind": "gas", "grid": "01", "interval_s": 30}],
        "cameras": [
            {
                "id": "cam-01",
                "grid": "02",
                "url": "tcp://127.0.0.1:9",
                "zones": [{"id": "kerb", "kind": "no_parking", "polygon": polygon}],
            },
            {"id": "cam-02", "grid": "01", "url": "tcp://127.0.0.1:9"},
        ],
    }
    return yaml.safe_dump(city)
