"""A box goes in; the record of what stands in its place, as far as it is known, comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from math import hypot, sqrt

from detectors.colours import Looks
from detectors.picture import bottom_centre
from ingest.city import Zone
from ingest.observation import Box

BINS = 101  # confidences by the hundredth: the median of any number of boxes in a fixed space
ANY_S = 1e-6  # what the first box weighs: nothing, beside any that has stood for a time


class Sight(Enum):
    """What a frame shows of a stay."""

    THERE = "there"
    PART = "part"
    HIDDEN = "hidden"
    EMPTY = "empty"


@dataclass(slots=True, kw_only=True)
class Standing:
    """Something that stands at one place. It belongs to one scene alone, and changes in place with every frame.

    `ground` are the zones its bottom centre lies in. `since` is the frame from which on it stood there against the
    rules; None while it may. `sight` is what the last frame showed of it, `last_at` the last frame with its box, and
    `boxes` how many those were. `counted_s` is how long it has stood, `seen_s` how long its box was there, `missed_s`
    how long not, `part_s` how long a part of it since then, `blind_s` how long nobody looked. `away_s` is the present
    absence. `empty_s` grows while the place is seen empty, and falls while the box is there. `credit_s` grows with what
    was seen and falls with what was missed in plain sight; it is below nought when that was more than `presence`
    allows. `doubt_s` is how long its box must be there again, after it was hidden for long, before it is believed.
    `fit` is how well its boxes have lately overlapped its place. `subject` is set once it is raised, `cleared_at` once
    that was cleared: from then on it is only known again. `first` is where it came to stand, and its drift is measured
    from there. Up to `latched_until` a stay that was open at start is not judged again: that time was judged before.
    `looks` is what it looked like until `learnt_at`. `rival` is what has come to the place after it was not seen from
    `left_at` on, as long as nobody knows whether that is it or another thing.
    """

    first: Box
    place: Box
    ground: tuple[Zone, ...]
    since: datetime | None
    last_at: datetime
    sight: Sight = Sight.THERE
    boxes: int = 1
    spread: float = 0.0
    counted_s: float = 0.0
    seen_s: float = 0.0
    missed_s: float = 0.0
    part_s: float = 0.0
    blind_s: float = 0.0
    away_s: float = 0.0
    empty_s: float = 0.0
    credit_s: float = 0.0
    doubt_s: float = 0.0
    settled_s: float = 0.0
    fit: float = 0.0
    confidences: list[float] = field(default_factory=lambda: [0.0] * BINS)
    labels: dict[str, float] = field(default_factory=dict)
    subject: str | None = None
    cleared_at: datetime | None = None
    latched_until: datetime | None = None
    looks: Looks = field(default_factory=Looks)
    learnt_at: datetime | None = None
    rival: Standing | None = None
    left_at: datetime | None = None

    @property
    def presence(self) -> float:
        """Return the share of its time, as far as anybody looked, in which its box was there."""
        looked_s = self.seen_s + self.missed_s
        return self.seen_s / looked_s if looked_s else 0.0

    @property
    def scatter(self) -> float:
        """Return how far its boxes lie from their mean, as a share of its own size (root mean square over time)."""
        return sqrt(self.spread / self.seen_s) if self.seen_s else 0.0

    @property
    def confidence(self) -> float:
        """Return the median confidence of its boxes over time, to the hundredth."""
        half, total = sum(self.confidences) / 2, 0.0
        for step, time_s in enumerate(self.confidences):
            total += time_s
            if time_s and total >= half:
                return step / (BINS - 1)
        return 0.0

    @property
    def label(self) -> str:
        """Return what its boxes called it for the longest time."""
        return max(self.labels, key=lambda label: (self.labels[label], label), default=self.place.label)

    def is_latched(self, at: datetime) -> bool:
        """Tell whether `at` lies in the time that was judged before this worker began."""
        return self.latched_until is not None and at <= self.latched_until


def began(box: Box, ground: tuple[Zone, ...], at: datetime) -> Standing:
    """Return the stay that `box` begins."""
    stay = Standing(first=box, place=box, ground=ground, since=None, last_at=at)
    note(stay, box, ANY_S)
    return stay


def start_clock(stay: Standing, at: datetime | None) -> None:
    """Start the clock of `stay` at `at`, or stop it (None); either way it stands at nought, and the figures begin."""
    stay.since, stay.subject = at, None
    stay.counted_s = stay.seen_s = stay.missed_s = stay.part_s = stay.blind_s = 0.0
    stay.away_s = stay.empty_s = stay.credit_s = stay.doubt_s = stay.spread = 0.0
    latest = stay.label
    stay.boxes, stay.confidences, stay.labels = (
        1,
        [ANY_S * (time_s > 0) for time_s in stay.confidences],
        {latest: ANY_S},
    )


def note(stay: Standing, box: Box, time_s: float) -> None:
    """Take the box's confidence and label down for as long as it was there."""
    stay.confidences[_bin(box.confidence)] += time_s
    stay.labels[box.label] = stay.labels.get(box.label, 0.0) + time_s


def moved(from_box: Box, to_box: Box) -> float:
    """Return how far the bottom centre moved, as a share of the first box's width and height."""
    (x, y), (to_x, to_y) = bottom_centre(from_box), bottom_centre(to_box)
    width, height = from_box.x2 - from_box.x1, from_box.y2 - from_box.y1
    return hypot((to_x - x) / width, (to_y - y) / height) if width > 0 and height > 0 else 0.0


def _bin(confidence: float) -> int:
    return min(BINS - 1, max(0, round(confidence * (BINS - 1))))
