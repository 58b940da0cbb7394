"""A folder in, what runs may read of it out: recordings, weights and saved detections, each by its name alone.

Whoever asks for a run names a file and never a path, so nothing else of the machine can be read. What lies there is put
there by whoever runs the machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

# A letter or digit first: no hidden file, and no way up.
NAME = r"^\w[\w .()+-]*$"
VIDEOS = frozenset({".mp4", ".mkv", ".mov", ".avi", ".ts", ".m4v", ".webm", ".flv", ".mpg", ".mpeg"})
WEIGHTS = frozenset({".pt", ".onnx", ".engine"})
_OPENVINO = "_openvino_model"
_BEGUN = re.compile(r"(?<!\d)(20\d{6})[T_-]?(\d{6})(?!\d)")
_TAIL = 256 * 1024


class Part(StrEnum):
    """What lies where: the names of the folders."""

    RECORDINGS = "recordings"
    WEIGHTS = "weights"
    DETECTIONS = "detections"


class NotThere(LookupError):
    """There is nothing of that name; the message says where it was looked for."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder with its three parts; a part that is not there is empty."""

    folder: Path

    def find(self, part: Part, name: str) -> Path:
        """Return where `name` lies; raise NotThere."""
        if not re.match(NAME, name) or not (path := self.folder / part / name).exists():
            raise NotThere(f"there is no {name} in {self.folder / part}")
        return path

    def listed(self, part: Part) -> list[Path]:
        """Return what lies in `part`, by name; what is of another kind is left out."""
        try:
            found = sorted((self.folder / part).iterdir(), key=lambda path: path.name)
        except OSError:
            return []
        return [path for path in found if re.match(NAME, path.name) and _is_of(part, path)]


def _is_of(part: Part, path: Path) -> bool:
    match part:
        case Part.RECORDINGS:
            return path.is_file() and path.suffix.lower() in VIDEOS
        case Part.WEIGHTS:
            return path.name.endswith(_OPENVINO) if path.is_dir() else path.suffix in WEIGHTS
        case Part.DETECTIONS:
            return path.is_file()


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all that lies in a folder."""
    return sum(each.stat().st_size for each in files_in(path))


def files_in(path: Path) -> Iterator[Path]:
    """Yield the file itself, or the files of a folder in order."""
    yield from (each for each in sorted(path.rglob("*")) if each.is_file()) if path.is_dir() else (path,)


def begun(name: str, zone: ZoneInfo) -> datetime | None:
    """Return when a recording begins by its name, such as `cam-01_20261123T180000.mp4`; None where it does not say."""
    found = _BEGUN.search(name)
    if found is None:
        return None
    try:
        return datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None


def filmed_by(name: str, cameras: Iterable[str]) -> str | None:
    """Return the camera whose name a recording's name begins with; the longest where several do."""
    for camera in sorted(cameras, key=len, reverse=True):
        if name.startswith(camera) and not name[len(camera) : len(camera) + 1].isalnum():
            return camera
    return None


def spanned(path: Path) -> tuple[datetime, datetime] | None:
    """Return the times of the first and the last line of saved detections; None where they cannot be read."""
    try:
        with path.open("rb") as file:
            first = file.readline(_TAIL)
            file.seek(max(0, path.stat().st_size - _TAIL))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
        since, until = (datetime.fromisoformat(json.loads(line)["at"]) for line in (first, last))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (since, until) if since.tzinfo is not None and until.tzinfo is not None else None
