"""Guarantees 3 and 4 for parking on whole streets: which frames come changes no alert.

The streets are generated with their truth (tests/support/street.py). Times may move by the gap between two frames that
were kept. They may move further only where something else hid the moment: while the vehicle was out of sight when it
came, when its dwell was over or when it left, and by the gap again at either edge of blind time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import Finding, Phase
from detectors.parking import Parking
from detectors.thresholds import Thresholds
from ingest.city import Zone, ZoneKind
from ingest.observation import Box
from tests.support.stories import frame, second_of, small_city
from tests.support.street import BLINK_S, EVERY_S, SIZE, Street, Visit, street

DWELL_S = 60.0
LAWS = settings(max_examples=12)
KERB = Zone(
    zone_id="kerb",
    camera_id="cam-1",
    kind=ZoneKind.NO_PARKING,
    polygon=((0.0, 0.6), (1.0, 0.6), (1.0, 0.8), (0.0, 0.8)),
)
RULE = Thresholds.model_validate({"parking": {"illegal": {"dwell_s": DWELL_S}}})
CLEAR_AFTER_S = RULE.parking.illegal.clear_after_s
LORRY_S = 16.0  # the longest that one takes to pass
Frames = Sequence[tuple[float, tuple[Box, ...]]]
SEEDS = st.integers(0, 10**9)


@dataclass(frozen=True, slots=True)
class Life:
    """One alert: where, since when, raised and cleared, in seconds."""

    subject: str
    since_s: float
    raised_s: float
    cleared_s: float | None

    @property
    def x(self) -> float:
        """Return where it stands."""
        return float(self.subject.removeprefix("kerb@").partition(",")[0])


def judged(frames: Frames, rule: Thresholds = RULE) -> list[Life]:
    parking = Parking(small_city(KERB), rule)
    state = parking.start("cam-1", [])
    found: list[Finding] = []
    for second, boxes in frames:
        state, new = parking.observe(state, frame("cam-1", second, *boxes))
        found += new
    return lives(found)


def lives(found: Iterable[Finding]) -> list[Life]:
    begun: dict[str, Life] = {}
    ended: list[Life] = []
    for finding in found:
        if finding.phase is Phase.RAISED:
            assert finding.subject not in begun
            begun[finding.subject] = Life(finding.subject, second_of(finding.since), second_of(finding.at), None)
        else:
            life = begun.pop(finding.subject)
            ended.append(Life(life.subject, life.since_s, life.raised_s, second_of(finding.at)))
    return sorted([*ended, *begun.values()], key=lambda life: (life.subject, life.since_s))


def every_fifth(frames: Frames, chance: random.Random) -> Frames:
    return frames[chance.randrange(5) :: 5]


def any_fifth(frames: Frames, chance: random.Random) -> Frames:
    """Return one of every five frames, whichever: two of them may lie nine frames apart."""
    return [chance.choice(frames[begin : begin + 5]) for begin in range(0, len(frames), 5)]


class Allowed:
    """By how much the times of an alert may differ, seen in all frames and in the few that were kept."""

    def __init__(self, made: Street, kept: Frames, life: Life) -> None:
        self.made, self.life = made, life
        self.gap_s = max(
            after - before
            for (before, _), (after, _) in pairwise(kept)
            if not any(before <= end_s and begin_s <= after for begin_s, end_s in made.blind)
        )
        ((number, self.visit),) = [each for each in enumerate(made.visits) if of(each[1], life)]
        self.hidden = made.hidden.get(number, [])

    @property
    def since_s(self) -> float:
        return self.gap_s + self.out_of_sight(self.life.since_s - 1, self.life.since_s + 2 * self.gap_s + LORRY_S)

    @property
    def raised_s(self) -> float:
        due_s, gap_s = self.life.raised_s, self.gap_s
        edges = 2 * sum(self.life.since_s < begin_s < due_s for begin_s, _ in self.made.blind)
        late_s = self.out_of_sight(due_s - LORRY_S, due_s + 2 * gap_s + LORRY_S)
        # Raised just before the camera was lost, or as soon as it was back.
        reach_s = self.since_s + late_s + gap_s
        late_s += sum(end - begin for begin, end in self.made.blind if due_s - gap_s < begin < due_s + reach_s)
        return self.since_s + edges * gap_s + late_s

    @property
    def cleared_s(self) -> float:
        left_s = self.visit.end_s
        lorries = [
            one
            for one in self.made.passing
            if one.label == "truck" and left_s - LORRY_S < one.begin_s < left_s + 2 * CLEAR_AFTER_S
        ]
        return (2 + len(lorries)) * self.gap_s

    def out_of_sight(self, from_s: float, to_s: float) -> float:
        """Return how long it was not seen whole in a span, and the gap besides for each time that it was not."""
        absent = [second for second in self.hidden if from_s <= second <= to_s]
        times = sum(second - EVERY_S not in absent for second in absent)
        return EVERY_S * len(absent) + self.gap_s * times


def of(visit: Visit, life: Life) -> bool:
    return abs(visit.x - life.x) < SIZE / 2 and visit.begin_s - 10 <= life.since_s < visit.end_s


@pytest.mark.parametrize("thin", [every_fifth, any_fifth])
@LAWS
@given(seed=SEEDS)
def test_dropping_any_four_frames_of_five_changes_no_alert_on_a_whole_street(
    thin: Callable[[Frames, random.Random], Frames], seed: int
):
    made = street(seed, dwell_s=DWELL_S)
    kept = thin(made.frames, random.Random(seed + 1))
    whole, thinned = judged(made.frames), judged(kept)
    assert [life.subject for life in thinned] == [life.subject for life in whole]
    for one, other in zip(whole, thinned, strict=True):
        allowed = Allowed(made, kept, one)
        assert abs(other.since_s - one.since_s) <= allowed.since_s
        assert abs(other.raised_s - one.raised_s) <= allowed.raised_s
        assert (one.cleared_s is None) == (other.cleared_s is None)
        if one.cleared_s is not None and other.cleared_s is not None:
            assert abs(other.cleared_s - one.cleared_s) <= allowed.cleared_s


@LAWS
@given(seed=SEEDS)
def test_on_a_whole_street_who_stands_too_long_is_reported_once_and_nobody_else(seed: int):
    made = street(seed, dwell_s=DWELL_S)
    found = judged(made.frames)
    due = [visit for visit in made.visits if visit.long]
    assert [sum(of(visit, life) for life in found) for visit in due] == [1] * len(due)
    assert len(found) == len(due)
    for visit in due:
        (life,) = (life for life in found if of(visit, life))
        assert -EVERY_S <= life.since_s - visit.begin_s <= LORRY_S
        assert life.raised_s >= visit.begin_s + DWELL_S
        if life.cleared_s is not None:
            assert life.cleared_s >= visit.end_s - BLINK_S + CLEAR_AFTER_S - EVERY_S, "it may blink when it leaves"


@settings(max_examples=40)
@given(dwell_s=st.floats(5, 100), every_s=st.floats(0.1, 2.0), offset_s=st.floats(0, 2.0), kept=st.randoms())
def test_a_vehicle_in_plain_sight_is_timed_to_the_frame_gap_whatever_frames_there_are(
    dwell_s: float, every_s: float, offset_s: float, kept: random.Random
):
    """Nothing hides it here, so the bound is the gap alone: for since, for raised, and for cleared."""
    parked = Box("car", 0.8, None, 0.45, 0.6, 0.55, 0.7)
    leaves_s = 60 + dwell_s + 40
    seconds = [offset_s + step * every_s for step in range(int((leaves_s + 60) / every_s))]
    frames: Frames = [(second, (parked,) if 60 <= second < leaves_s else ()) for second in seconds]
    fewer = any_fifth(frames, kept)
    gap_s = max(after - before for (before, _), (after, _) in pairwise(fewer))
    rule = Thresholds.model_validate({"parking": {"illegal": {"dwell_s": dwell_s}}})
    (one,), (other,) = (judged(each, rule) for each in (frames, fewer))
    assert abs(other.since_s - one.since_s) <= gap_s
    assert abs(other.raised_s - one.raised_s) <= gap_s
    assert one.cleared_s is not None
    assert other.cleared_s is not None
    assert abs(other.cleared_s - one.cleared_s) <= gap_s
    assert one.raised_s - one.since_s == pytest.approx(dwell_s, abs=0.001)
