"""How a vision process works: rates, time limits, floors and sizes, each with its unit and range."""

from __future__ import annotations

from dataclasses import dataclass, fields

# name -> (least, most); a value outside is refused at construction
_RANGES: dict[str, tuple[float, float]] = {
    "process_fps": (0.2, 30),
    "heartbeat_s": (0.2, 60),
    "start_up_s": (0, 60),
    "motion_levels": (1, 128),
    "motion_cells": (1, 1000),
    "light_share": (0.1, 1),
    "confidence_floor": (0.01, 0.9),
    "open_timeout_s": (0.2, 120),
    "read_timeout_s": (0.2, 120),
    "lost_after_s": (0.2, 600),
    "hung_after_s": (1, 600),
    "retry_first_s": (0.05, 60),
    "retry_most_s": (0.05, 600),
    "health_every_s": (0.5, 600),
    "evidence_s": (10, 7200),
    "evidence_bytes": (1_000_000, 4_000_000_000),
    "evidence_every_s": (0.0, 2),
    "evidence_width_px": (160, 3840),
    "jpeg_quality": (30, 100),
    "inference_threads": (0, 256),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionSettings:
    """All that can be set of a vision process; the defaults suit a street camera.

    A picture is processed when something moved since the last processed one, and at least every `heartbeat_s`, but no
    oftener than `process_fps`. `start_up_s` after a stream begins every picture that is due counts as moved.
    `motion_levels` is by how many of 255 grey levels a cell (1/80 of the width) must change, `motion_cells` how many
    cells; where more than `light_share` of them change at once it was the light. `evidence_every_s` is the least time
    between two kept pictures. `inference_threads` 0 leaves the number of threads to the model's own runtime.
    """

    process_fps: float = 5.0
    heartbeat_s: float = 2.0
    start_up_s: float = 2.0
    motion_levels: float = 8.0
    motion_cells: int = 2
    light_share: float = 0.6
    confidence_floor: float = 0.1
    open_timeout_s: float = 10.0
    read_timeout_s: float = 5.0
    lost_after_s: float = 5.0
    hung_after_s: float = 30.0
    retry_first_s: float = 0.5
    retry_most_s: float = 10.0
    health_every_s: float = 10.0
    evidence_s: float = 900.0
    evidence_bytes: int = 64_000_000
    evidence_every_s: float = 0.5
    evidence_width_px: int = 1280
    jpeg_quality: int = 85
    blur_persons: bool = False
    inference_threads: int = 1

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.name in _RANGES:
                least, most = _RANGES[item.name]
                value = getattr(self, item.name)
                if not least <= value <= most:
                    raise ValueError(f"vision setting {item.name} is {value}: it must lie from {least} to {most}")
        if self.lost_after_s <= self.heartbeat_s:
            raise ValueError(
                f"vision setting lost_after_s is {self.lost_after_s}: it must exceed heartbeat_s ({self.heartbeat_s}), "
                "or a quiet street is taken for a lost stream"
            )
        # FFmpeg applies the time limit for opening twice: to connecting, and to finding out what the stream holds.
        slowest_s = 2 * self.open_timeout_s + self.read_timeout_s
        if self.hung_after_s <= slowest_s:
            raise ValueError(
                f"vision setting hung_after_s is {self.hung_after_s}: it must exceed twice open_timeout_s plus "
                f"read_timeout_s ({slowest_s}), or a slow camera is taken for a hung decoder"
            )
