"""Kept pictures in, files out, and back after a restart: one camera's older pictures on the vision machine's disk.

One file a picture, named by its frame's time, holding one line of JSON (who was seen in it, for blurring) and the JPEG.
Files are readable by their owner alone. A disk that is full or gone costs pictures, never the camera: what cannot be
written stays out, and is said once.
"""

from __future__ import annotations

import contextlib
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from detectors.vision.evidence import Kept, Shelved
from ingest.observation import Box

log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SUFFIX = ".picture"
_decode = msgspec.json.Decoder(tuple[Box, ...]).decode
_encode = msgspec.json.Encoder().encode


class Folder:
    """The folder of one camera's pictures; it knows no bounds, the ring that owns it does."""

    def __init__(self, path: Path) -> None:
        """Take the folder, which is made when the first picture comes; what is there is found by `there`."""
        self._path = path
        self._failed = False

    def there(self) -> list[Shelved]:
        """Return the pictures that are there, oldest first; what was left half written is removed."""
        found = []
        try:
            for path in sorted(self._path.iterdir()):
                if path.suffix == _SUFFIX and path.stem.isdecimal():
                    found.append(Shelved(_EPOCH + timedelta(microseconds=int(path.stem)), path.stat().st_size))
                else:
                    path.unlink(missing_ok=True)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._complain(error)
        return sorted(found, key=lambda one: one.captured_at)

    def put(self, picture: Kept) -> Shelved | None:
        """Write `picture`; None where the disk does not take it."""
        path = self._file(picture.captured_at)
        half = path.with_suffix(".half")
        data = _encode(picture.boxes) + b"\n" + picture.jpeg
        try:
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
            half.replace(path)
        except OSError as error:
            self._complain(error)
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)
            return None
        self._failed = False
        return Shelved(picture.captured_at, len(data))

    def get(self, captured_at: datetime) -> Kept | None:
        """Return the picture of that time, or None where it cannot be read any more."""
        try:
            boxes, _, jpeg = self._file(captured_at).read_bytes().partition(b"\n")
            return Kept(captured_at, jpeg, _decode(boxes))
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("the picture of %s cannot be read from %s: %s", captured_at, self._path, error)
            return None

    def drop(self, captured_at: datetime) -> None:
        """Remove the picture of that time."""
        try:
            self._file(captured_at).unlink(missing_ok=True)
        except OSError as error:
            self._complain(error)

    def _file(self, captured_at: datetime) -> Path:
        return self._path / f"{(captured_at - _EPOCH) // timedelta(microseconds=1)}{_SUFFIX}"

    def _complain(self, error: OSError) -> None:
        if not self._failed:
            log.error("pictures for evidence cannot be kept in %s: %s", self._path, error)
        self._failed = True


def expire(folder: Path, before: datetime) -> None:
    """Remove what lies in the folders of any camera from before that instant, of cameras no longer watched too."""
    for path in folder.glob(f"*/*{_SUFFIX}"):
        if path.stem.isdecimal() and _EPOCH + timedelta(microseconds=int(path.stem)) < before:
            path.unlink(missing_ok=True)
    for camera in folder.glob("*/"):
        with contextlib.suppress(OSError):  # another process may just now write into it
            camera.rmdir()
