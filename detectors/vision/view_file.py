"""A camera's learned view in, one small file out, and back after a restart.

A file is written beside the old one and put in its place, so that a process that is killed leaves a whole one. A disk
that is full or gone costs what is remembered over a restart, never the camera.
"""

from __future__ import annotations

import contextlib
import logging
import os
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from detectors.vision.displacement import ACROSS, DOWN, Edges
from detectors.vision.lookout import Remembered
from detectors.vision.view import Look, View

log = logging.getLogger(__name__)

_SUFFIX = ".view"
_FORMAT = 1
_STEPS = 127  # a direction is at most 1 long: a byte for each side is enough


class _StoredLook(msgspec.Struct, frozen=True):
    edges: bytes
    fineness: float


class _Stored(msgspec.Struct, frozen=True):
    format: int
    key: str
    width_px: int
    saved_at: datetime
    look: _StoredLook
    by_hour: dict[int, _StoredLook]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Stored).decode


class ViewFile:
    """The file of one camera's view in `folder`."""

    def __init__(self, folder: Path, camera_id: str) -> None:
        """Take the folder, which is made when there is something to keep."""
        self._path = folder / f"{camera_id}{_SUFFIX}"
        self._failed = False

    def is_there(self) -> bool:
        """Tell whether the file is there; one that cannot be looked for counts as there."""
        try:
            return self._path.exists()
        except OSError:
            return True

    def load(self) -> Remembered | None:
        """Return what the file holds; None where there is none, or none that can be read."""
        try:
            stored = _decode(self._path.read_bytes())
            if stored.format != _FORMAT:
                return None
            by_hour = {hour: _look(look) for hour, look in stored.by_hour.items()}
            return Remembered(
                stored.key, stored.width_px, stored.saved_at, View(look=_look(stored.look), by_hour=by_hour)
            )
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            log.warning("%s cannot be read, and the camera's view is learned anew: %s", self._path, error)
            return None

    def save(self, remembered: Remembered) -> None:
        """Write `remembered` in place of what is there."""
        if remembered.view.look is None:
            return
        stored = _Stored(
            _FORMAT,
            remembered.key,
            remembered.width_px,
            remembered.saved_at,
            _stored(remembered.view.look),
            {hour: _stored(look) for hour, look in remembered.view.by_hour.items()},
        )
        half = self._path.with_suffix(".half")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(_encode(stored))
            half.replace(self._path)
            self._failed = False
        except OSError as error:
            if not self._failed:
                log.error("the view of a camera cannot be kept in %s: %s", self._path, error)
            self._failed = True
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)

    def forget(self) -> bool:
        """Remove the file; tell whether there was one."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True


def _stored(look: Look) -> _StoredLook:
    sides = np.stack([look.edges.real, look.edges.imag])
    return _StoredLook(np.rint(np.clip(sides, -1, 1) * _STEPS).astype(np.int8).tobytes(), look.fineness)


def _look(stored: _StoredLook) -> Look:
    sides = np.frombuffer(stored.edges, np.int8).reshape(2, DOWN, ACROSS).astype(np.float32) / _STEPS
    edges: Edges = (sides[0] + 1j * sides[1]).astype(np.complex64)
    return Look(edges, stored.fineness)
