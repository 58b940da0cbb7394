"""A worker that watches a filmed clock: what it published in, how far it was from the truth out."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast

from detectors.vision.settings import VisionSettings
from ingest.city import Camera
from tests.support.streams import Film
from tests.support.streams_clock import ClockReader, number_of
from tests.support.watching import Watching, eventually

PATIENT = VisionSettings(
    process_fps=10,
    busy_fps=10,
    heartbeat_s=0.5,
    start_up_s=0.5,
    open_timeout_s=4,
    read_timeout_s=2,
    lost_after_s=4,
    hung_after_s=15,
    retry_first_s=0.1,
    retry_most_s=0.5,
    health_every_s=0.5,
)
TRUE_WITHIN_S = 1.0


class Witness(Watching):
    """`with Witness(url, film) as witness:` runs the worker on one camera."""

    def __init__(self, url: str, film: Film, settings: VisionSettings = PATIENT) -> None:
        super().__init__(Camera(camera_id="cam-01", grid="01", url=url), settings=settings, model=ClockReader())
        self._film = film

    def see(self, more: int, within_s: float = 60) -> None:
        """Wait until so many more frames were published."""
        least = len(self.frames()) + more
        eventually(lambda: len(self.frames()) >= least, within_s)

    def told(self) -> list[tuple[datetime, int | None]]:
        """Return each published frame's time and the number that its picture showed."""
        found = []
        for frame in self.frames():
            (box,) = cast(list[dict[str, Any]], frame["boxes"])
            found.append((datetime.fromisoformat(str(frame["at"])), number_of(box)))
        return found

    def check(self, timed: int | None = None, *, torn: tuple[datetime, datetime] | None = None) -> None:
        """Hold what was published so far to the truth: no smeared picture, no step back, no time that is wrong.

        Where `timed` is given, the times of so many of the last frames alone must be true. Within `torn`, and until the
        next key frame, a few pictures may be smeared: the damage can hide that a packet is missing from a decoder.
        """
        told = self.told()
        assert told
        smeared = [at for at, number in told if number is None]
        if torn is not None:
            about = timedelta(seconds=TRUE_WITHIN_S)
            until = torn[1] + timedelta(seconds=self._film.keyframe_every_s) + about
            assert all(torn[0] - about < at < until for at in smeared), smeared
            assert len(smeared) <= len(told) / 10, "many smeared pictures were published"
            told = [(at, number) for at, number in told if number is not None]
        else:
            assert smeared == [], "a smeared picture was published"
        assert all(before < after for (before, _), (after, _) in pairwise(told)), "time went back"
        errors = [(at - self._film.origin.when(number or 0)).total_seconds() for at, number in told]
        errors = errors[-timed:] if timed is not None else errors
        assert all(-0.05 < error < TRUE_WITHIN_S for error in errors), (min(errors), max(errors))
