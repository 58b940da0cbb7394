"""A seed goes in, a street comes out: what a detector would report of it frame by frame, and who truly stood where.

Vehicles come, stand and go at the kerb; lorries pass in front and hide them in whole or in part; cars pass behind; the
detector shakes, flips labels, loses ids, blinks and sees things; dusk falls; the camera is blind for a while. Each
visitor has a paint of its own, which its boxes tell. What no observer could tell from boxes is left out, and only that:
visits end well before or after the dwell; a place is empty for a while between two visitors, and the second does not
stop to the centimetre where the first one stood; nobody comes or goes while the camera is blind; nothing is seen just
where a vehicle will come to stand; and one box in ten is weak, so that few of them make no weak median.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from ingest.observation import Box
from tests.support.paint import BLACK, BLUE, GREY, RED, WHITE, painted, part

Corners = tuple[float, float, float, float]

SLOTS = (0.25, 0.40, 0.55, 0.70)
KERB_Y, SIZE = 0.7, 0.1
EVERY_S = 0.5
BLINK_S, BLINK_EVERY_S = 1.0, 15.0
LANE_Y = 0.64  # traffic behind the parked ones, in the zone as well
PAINTS = (WHITE, GREY, BLACK, RED, BLUE)
DUSK_S = 420.0  # in which two fifths of the light go
LABELS = ("car", "car", "car", "truck", "bus", "motorcycle")


@dataclass(frozen=True, slots=True)
class Visit:
    """One vehicle that stands at `x` from `begin_s` to `end_s`."""

    x: float
    begin_s: float
    end_s: float
    long: bool  # longer than the dwell


@dataclass(frozen=True, slots=True)
class Passing:
    """Something that drives through the picture from left to right."""

    begin_s: float
    takes_s: float
    y: float
    width: float
    height: float
    label: str

    def box(self, at_s: float) -> tuple[float, float, float, float] | None:
        """Return where it is, or None before and after."""
        if not self.begin_s <= at_s < self.begin_s + self.takes_s:
            return None
        x = -0.3 + 1.6 * (at_s - self.begin_s) / self.takes_s
        return (x - self.width / 2, self.y - self.height, x + self.width / 2, self.y)


@dataclass(slots=True)
class Street:
    """The truth of one while, and what was reported of it: (second, boxes) of every frame."""

    visits: list[Visit] = field(default_factory=list)
    passing: list[Passing] = field(default_factory=list)
    blind: list[tuple[float, float]] = field(default_factory=list)
    frames: list[tuple[float, tuple[Box, ...]]] = field(default_factory=list)
    hidden: dict[int, list[float]] = field(default_factory=dict)  # visit → the frames that did not show it


def street(seed: int, *, dwell_s: float, lasts_s: float = 420.0, stalls_from: float = 1.0) -> Street:
    """Return the street of `seed`, with a frame each EVERY_S; what stands right of `stalls_from` is a stall."""
    chance = random.Random(seed)
    made = Street()
    if chance.random() < 0.6:
        begin_s = chance.uniform(60, lasts_s - 160)
        made.blind.append((begin_s, begin_s + chance.uniform(40, 120)))
    for slot in SLOTS:
        made.visits += _visits(slot, chance, made.blind, dwell_s, lasts_s)
    second = chance.uniform(0, 10)
    while second < lasts_s:
        if chance.random() < 0.4:
            made.passing.append(Passing(second, chance.uniform(8, 16), 0.84, 0.3, 0.35, "truck"))
        else:
            made.passing.append(Passing(second, chance.uniform(5, 12), LANE_Y, 0.11, 0.09, "car"))
        second += chance.uniform(6, 25)
    blinks = {number: chance.uniform(0, BLINK_EVERY_S) for number in range(len(made.visits))}
    for step in range(int(lasts_s / EVERY_S)):
        at_s = step * EVERY_S
        if not any(begin_s <= at_s < end_s for begin_s, end_s in made.blind):
            made.frames.append((at_s, _frame(made, chance, blinks, at_s, stalls_from)))
    return made


def _visits(
    slot: float, chance: random.Random, blind: list[tuple[float, float]], dwell_s: float, lasts_s: float
) -> list[Visit]:
    """Return who stands at `slot`, one after the other, with time between them for the place to be seen empty."""
    visits: list[Visit] = []
    second, asides = chance.choice([0.0, 5.0, 40.0]), chance.sample([-0.02, 0.0, 0.02], 3)
    while second < lasts_s - 30:
        long = chance.random() < 0.6
        stands_s = dwell_s + chance.uniform(25, 120) if long else chance.uniform(8, dwell_s - 15)
        begin_s = _clear_of(second, blind, 0.0 if long else stands_s)
        end_s = begin_s + stands_s
        crossed = [(b, e) for b, e in blind if b < end_s + 45 and begin_s < e]
        end_s += sum(e - b for b, e in crossed) + 45 * len(crossed)
        if end_s > lasts_s - 30:
            if not long or lasts_s - begin_s < dwell_s + 40:
                break
            end_s = lasts_s + 1
        visits.append(Visit(slot + asides[len(visits) % 3], begin_s, end_s, long))
        second = end_s + chance.uniform(50, 90)
    return visits


def _clear_of(second: float, blind: list[tuple[float, float]], stands_s: float) -> float:
    """Return `second`, or a moment after the blind time that lies in or near the `stands_s` from there."""
    for begin_s, end_s in blind:
        if begin_s - 45 - stands_s < second < end_s + 15:
            return end_s + 15
    return second


def _frame(
    made: Street, chance: random.Random, blinks: dict[int, float], at_s: float, stalls_from: float
) -> tuple[Box, ...]:
    moving = [(one.label, corners) for one in made.passing if (corners := one.box(at_s)) is not None]
    boxes = [_seen(chance, label, corners) for label, corners in moving]
    for number, visit in enumerate(made.visits):
        if not visit.begin_s <= at_s < visit.end_s:
            continue
        if at_s - blinks[number] > BLINK_EVERY_S:
            blinks[number] = at_s + chance.uniform(0, BLINK_EVERY_S)
        place = (visit.x - SIZE / 2, KERB_Y - SIZE, visit.x + SIZE / 2, KERB_Y)
        left = _left_of(place, [corners for _, corners in moving if corners[3] > KERB_Y])
        if left is None or 0 <= at_s - blinks[number] < BLINK_S:
            made.hidden.setdefault(number, []).append(at_s)
            continue
        if left != place:
            made.hidden.setdefault(number, []).append(at_s)
        seen = _seen(chance, chance.choice(LABELS) if visit.x < stalls_from else "stall", left)
        boxes.append(replace(seen, colours=_colours(number, visit, place, left, at_s)))
    for _ in range(chance.randrange(3)):
        x, y = chance.uniform(0.1, 0.9), chance.choice([0.35, 0.5, 0.62, 0.78])  # not just where somebody may stand
        boxes.append(Box("car", chance.uniform(0.1, 0.35), None, x - 0.04, y - 0.08, x + 0.04, y))
    chance.shuffle(boxes)
    return tuple(boxes)


def _colours(number: int, visit: Visit, place: Corners, left: Corners, at_s: float) -> bytes:
    """Return the colours of what is seen of a visitor: a paint of its own, the evening's light, and noise."""
    chance = random.Random(f"{number} {visit.x} {at_s}")
    paint = PAINTS[random.Random(f"{number} {visit.begin_s}").randrange(len(PAINTS))]
    found = bytearray()
    for level in part(painted(paint, 1.0 - 0.4 * at_s / DUSK_S), place, left):
        found.append(min(255, max(1, round(level + chance.gauss(0, 2)))))
    return bytes(found)


def _left_of(place: Corners, fronts: list[Corners]) -> Corners | None:
    """Return what can be seen of `place` beside what stands in front; None where that is too little."""
    x1, y1, x2, y2 = place
    for front in fronts:
        if front[0] <= x1 < front[2]:
            x1 = min(x2, front[2])
        if front[0] < x2 <= front[2]:
            x2 = max(x1, front[0])
    return (x1, y1, x2, y2) if x2 - x1 > 0.4 * SIZE else None


def _seen(chance: random.Random, label: str, corners: tuple[float, float, float, float]) -> Box:
    """Return the box as a detector gives it: a little off, unsure, and with any id."""
    shake = 0.015 * SIZE
    x1, y1, x2, y2 = (min(1.0, max(0.0, side + chance.uniform(-shake, shake))) for side in corners)
    confidence = chance.uniform(0.22, 0.4) if chance.random() < 0.1 else chance.uniform(0.5, 0.9)
    return Box(label, confidence, chance.randrange(9), x1, y1, max(x2, x1 + 0.001), max(y2, y1 + 0.001))
