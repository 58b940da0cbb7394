"""One picture of an alert with what was seen in it and what was said of it; values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.tuning.labels.label import Label, Verdict
from ingest.observation import Box

GONE = "clear"  # the picture that was taken when it was gone
CLEAN = ("first_sight", "confirmation", GONE)  # pictures without a drawing in them


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A clean picture filed with an alert. `boxes` are those of its frame, None where the frame is not known."""

    alert_id: UUID
    rule: str
    subject: str
    camera_id: str
    kind: str
    captured_at: datetime
    sha256: str
    alert_box: Box
    boxes: tuple[Box, ...] | None
    verdict: Verdict
    reason: str = ""

    @property
    def stands(self) -> bool:
        """Tell whether what the alert speaks of is in the picture, by what was said of the alert."""
        return self.verdict is not Verdict.FALSE and self.kind != GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Something that was missed: nobody drew a box of it. `pictures` are those of its camera from that time."""

    label: Label
    camera_id: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How a dataset is made.

    `val_share` of the places are kept for validation. Boxes that nobody spoke of are taken for true from `sure` on;
    below that they are doubtful, and a picture with one is listed for a look. `blur` are the cameras whose people are
    blurred, None: all.
    """

    val_share: float = 0.2
    sure: float = 0.5
    blur: frozenset[str] | None = frozenset()
    verdicts: frozenset[Verdict] = frozenset(Verdict)
