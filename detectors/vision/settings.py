"""How a vision process works: rates, time limits, floors and sizes, each with its unit, range and meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

# Where models run; what is not on this machine is refused when they are loaded.
DEVICES = r"^(auto|cpu|cuda(:\d+)?|intel:(cpu|gpu|npu)(\.\d+)?)$"


def _for_camera(default: Any, least: float, most: float, unit: str, meaning: str) -> Any:
    """Return a field that each camera may set for itself."""
    return field(
        default=default, metadata={"least": least, "most": most, "unit": unit, "meaning": meaning, "camera": True}
    )


def _for_all(default: Any, least: float, most: float, unit: str, meaning: str) -> Any:
    """Return a field that is the same for all cameras of a process."""
    return field(
        default=default, metadata={"least": least, "most": most, "unit": unit, "meaning": meaning, "camera": False}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionSettings:
    """All that can be set of a vision process; the defaults suit a street camera.

    A picture is processed when something moved in a zone or near it since the last processed one, and at least every
    `heartbeat_s`, but no oftener than `process_fps` at any time and `busy_fps` for long.
    """

    process_fps: float = _for_camera(5.0, 0.2, 30, "1/s", "no more pictures than this go through the model")
    busy_fps: float = _for_camera(
        1.0, 0.1, 30, "1/s", "where something moves all the time, no more pictures than this on average"
    )
    burst_s: float = _for_camera(
        1.0, 0, 60, "s", "after a quiet while motion is looked at with process_fps for so long before busy_fps holds"
    )
    heartbeat_s: float = _for_camera(2.0, 0.2, 60, "s", "a picture in which nothing moved is looked at this often")
    start_up_s: float = _for_camera(
        2.0, 0, 60, "s", "so long after a stream begins every picture that is due counts as moved"
    )
    motion_levels: float = _for_camera(
        8.0, 1, 128, "grey levels of 255", "a cell (1/80 of the width) has moved when it changed by more than this"
    )
    motion_cells: int = _for_camera(2, 1, 1000, "cells", "something has moved when so many cells have")
    watch_margin: float = _for_camera(
        0.05, 0, 1, "share of the width", "motion counts in zones and this near to them; 1: everywhere"
    )
    light_share: float = _for_camera(
        0.6, 0.1, 1, "share", "where more of the cells than this change at once, it was the light"
    )
    confidence_floor: float = _for_camera(0.1, 0.01, 0.9, "share", "boxes below this confidence are not published")
    open_timeout_s: float = _for_camera(10.0, 0.2, 120, "s", "a camera that does not answer for so long is given up")
    read_timeout_s: float = _for_camera(5.0, 0.2, 120, "s", "a stream that falls silent for so long is opened anew")
    lost_after_s: float = _for_camera(5.0, 0.2, 600, "s", "without a picture for so long a camera is offline")
    hung_after_s: float = _for_camera(30.0, 1, 600, "s", "a decoder without a sign of life for so long is replaced")
    retry_first_s: float = _for_camera(0.5, 0.05, 60, "s", "pause before a broken stream is tried again")
    retry_most_s: float = _for_camera(10.0, 0.05, 600, "s", "the pause doubles with every failure up to this")
    health_every_s: float = _for_camera(10.0, 0.5, 600, "s", "how often a camera's health is published")
    view_every_s: float = _for_camera(
        2.0, 0, 6, "s", "how often the view is compared with the one that was learned; 0: never"
    )
    evidence_s: float = _for_camera(900.0, 10, 7200, "s", "pictures are kept for so long, to be asked for as evidence")
    evidence_bytes: int = _for_camera(
        64_000_000, 1_000_000, 4_000_000_000, "bytes", "what a camera's pictures may take, in memory and on disk"
    )
    evidence_on_disk: bool = _for_camera(
        True, 0, 1, "", "pictures older than 20 s lie in the data folder and outlive the process; no: in memory alone"
    )
    evidence_every_s: float = _for_camera(0.5, 0.0, 2, "s", "least time between two kept pictures")
    evidence_width_px: int = _for_camera(1280, 160, 3840, "px", "kept pictures are no wider or higher than this")
    jpeg_quality: int = _for_camera(85, 30, 100, "of 100", "quality of the kept pictures")
    blur_persons: bool = _for_camera(False, 0, 1, "", "persons are blurred in evidence and live pictures")
    live_fps: float = _for_all(
        20.0, 0, 500, "1/s", "live pictures of all cameras together while somebody watches; 0: none are sent"
    )
    inference_threads: int = _for_all(
        1, 0, 256, "threads", "cores that a model on the CPU may use; 0 leaves it to the model's runtime"
    )

    def __post_init__(self) -> None:
        for described in described_settings():
            value = getattr(self, described.name)
            if not described.least <= value <= described.most:
                raise ValueError(
                    f"vision setting {described.name} is {value}: "
                    f"it must lie from {described.least} to {described.most}"
                )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedSetting:
    """One setting as the documentation and the file's schema show it; `camera`: each camera may set it for itself."""

    name: str
    default: Any
    least: float
    most: float
    unit: str
    meaning: str
    camera: bool


def described_settings() -> Iterator[DescribedSetting]:
    """Yield every setting of VisionSettings in order."""
    for item in fields(VisionSettings):
        yield DescribedSetting(name=item.name, default=item.default, **item.metadata)
