"""Things that stand at one place one after the other are told apart by their looks; one thing in other light is not.

Where looks tell nothing (no colours in the recording, cars of one colour) the place alone decides: of boxes that were
steady, a place a quarter of a width further on is another's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from detectors.finding import Finding, OpenFinding
from detectors.parking import Parking
from detectors.stalls import Stalls
from detectors.thresholds import Thresholds
from ingest.city import Zone, ZoneKind
from ingest.observation import Box, Frame
from tests.support.paint import BLUE, GREY, RED, Paint, painted
from tests.support.stories import box, frame, open_from, second_of, small_city, told

# Shipped for vehicles: dwell 180 s, occlusion 30 s, clear after 20 s. For stalls: 300 s, 60 s, 60 s.
KERB = Zone(
    zone_id="kerb",
    camera_id="cam-1",
    kind=ZoneKind.NO_PARKING,
    polygon=((0.2, 0.5), (0.8, 0.5), (0.8, 0.9), (0.2, 0.9)),
)
SQUARE = replace(KERB, zone_id="square", kind=ZoneKind.NO_STALL)
X, Y, SIZE = 0.5, 0.7, 0.1
LORRY = box(0.5, 0.95, 0.3, 0.6, "truck")
Shown = Callable[[float], list[Box]]


def car(second: float, paint: Paint, light: float = 1.0, label: str = "car", moved: float = 0.0) -> Box:
    shake = random.Random(second)
    place = box(X + moved + shake.uniform(-0.002, 0.002), Y + shake.uniform(-0.002, 0.002), SIZE, SIZE, label)
    noisy = [min(255, max(1, level + round(shake.gauss(0, 3)))) for level in painted(paint, light)]
    return replace(place, colours=bytes(noisy))


def seconds(start: float, end: float, every: float = 0.5) -> list[float]:
    return [start + number * every for number in range(round((end - start) / every))]


def film(shown: Shown, start: float, end: float, every: float = 0.5) -> list[Frame]:
    return [frame("cam-1", second, *shown(second)) for second in seconds(start, end, every)]


def fold(
    frames: Iterable[Frame], detector: type[Parking] | type[Stalls] = Parking, opened: Iterable[OpenFinding] = ()
) -> list[Finding]:
    places = detector(small_city(KERB, SQUARE), Thresholds())
    state = places.start("cam-1", list(opened))
    found: list[Finding] = []
    for item in frames:
        state, new = places.observe(state, item)
        found += new
    return found


def phases(found: Iterable[Finding]) -> list[tuple[str, float]]:
    return [(phase, second) for phase, _, _, second in told(found)]


def without_colours(frames: Iterable[Frame]) -> list[Frame]:
    return [replace(each, boxes=tuple(replace(one, colours=b"") for one in each.boxes)) for each in frames]


def behind_a_lorry(one: Paint, other: Paint, from_s: float, to_s: float, end_s: float) -> Shown:
    """Show a car, a lorry before its place from `from_s` to `to_s`, then a car of the `other` paint until `end_s`."""

    def shown(second: float) -> list[Box]:
        if from_s <= second < to_s:
            return [LORRY]
        return [car(second, one if second < from_s else other)] if second < end_s else []

    return shown


def test_behind_a_lorry_one_leaves_and_another_comes_and_its_clock_begins_anew() -> None:
    found = fold(film(behind_a_lorry(RED, BLUE, 95, 110, 270), 0, 320))
    assert phases(found) == [], "each was there for less than the dwell"
    (raised,) = fold(film(behind_a_lorry(RED, BLUE, 95, 110, 400), 0, 320))
    assert second_of(raised.since) == pytest.approx(110, abs=1)
    assert second_of(raised.at) == pytest.approx(290, abs=1)


def test_the_same_car_after_the_lorry_is_timed_from_its_beginning() -> None:
    (raised,) = fold(film(behind_a_lorry(RED, RED, 95, 110, 270), 0, 260))
    assert (second_of(raised.since), second_of(raised.at)) == (0, 180)


def test_what_was_reported_is_cleared_when_another_stands_there_and_that_one_is_reported_in_its_turn() -> None:
    found = fold(film(behind_a_lorry(RED, BLUE, 200, 215, 450), 0, 500))
    assert [phase for phase, _ in phases(found)] == ["raised", "cleared", "raised", "cleared"]
    assert [second for _, second in phases(found)] == pytest.approx([180, 219, 395, 470], abs=2)
    assert "looks or lies otherwise" in found[1].reason.text
    assert found[1].reason.numbers["there_s"] == pytest.approx(200, abs=1)


def test_a_swap_while_nobody_looked_is_seen() -> None:
    def shown(second: float) -> list[Box]:
        return [car(second, RED if second < 100 else BLUE)]

    frames = [each for each in film(shown, 0, 270) if not 100 <= second_of(each.captured_at) < 150]
    assert fold(frames) == []
    assert [phase for phase, _ in phases(fold(without_colours(frames)))] == ["raised"], "as one car: its place alone"


@pytest.mark.parametrize("every", [0.2, 0.5, 1.0, 2.0])
def test_dusk_falls_on_one_car_while_lorries_pass(every: float) -> None:
    """Within ten minutes a third of the light is left; every 40 s a lorry hides the car for 12 s."""

    def shown(second: float) -> list[Box]:
        return [LORRY] if second % 40 > 28 else [car(second, RED, 1.0 - 0.65 * second / 600)]

    ((phase, second),) = phases(fold(film(shown, 0, 600, every)))
    assert phase == "raised"
    assert second == pytest.approx(180, abs=13)


@pytest.mark.parametrize("light", [0.68, 1.4])
def test_a_camera_that_changes_its_exposure_behind_the_lorry_sees_the_same_car(light: float) -> None:
    def shown(second: float) -> list[Box]:
        return [LORRY] if 95 <= second < 110 else [car(second, GREY, 1.0 if second < 95 else light)]

    assert phases(fold(film(shown, 0, 300))) == [("raised", 180)]


def test_a_customer_before_a_stall_makes_it_no_other() -> None:
    """He comes with the crowd that hid it, and stands before two thirds of it for as long as it is there."""
    customer = box(0.5, 0.75, 0.06, 0.15, "person")

    def shown(second: float) -> list[Box]:
        if 100 <= second < 130:
            return [box(0.5, 0.8, 0.2, 0.3, "person")]
        stall = car(second, RED, label="stall")
        if second < 130:
            return [stall]
        colours = bytearray(stall.colours)
        for patch in (1, 2, 4, 5, 7, 8):
            colours[3 * patch : 3 * patch + 3] = bytes((60, 150, 70))
        return [replace(stall, colours=bytes(colours)), customer]

    ((phase, second),) = phases(fold(film(shown, 0, 400, 1.0), Stalls))
    assert phase == "raised"
    assert second == pytest.approx(300, abs=1)


def test_a_passer_by_whom_the_model_missed_makes_it_no_other() -> None:
    """For some seconds after the lorry somebody green walks by, right before the car."""

    def shown(second: float) -> list[Box]:
        if 95 <= second < 110:
            return [LORRY]
        seen = car(second, RED)
        if not 110 <= second < 112.5:
            return [seen]
        colours = bytearray(seen.colours)
        colours[12:27] = bytes((60, 150, 70)) * 5
        return [replace(seen, colours=bytes(colours))]

    assert phases(fold(film(shown, 0, 260))) == [("raised", 180)]


def test_what_comes_back_looking_alike_is_reported_without_a_wait() -> None:
    """The model loses it for five seconds, over its dwell, finds it once more, and then it leaves."""

    def shown(second: float) -> list[Box]:
        return [car(second, RED)] if second < 176 or 181 <= second < 182 else []

    assert phases(fold(film(shown, 0, 190))) == [("raised", 181)]


def test_of_cars_of_one_colour_the_place_alone_tells() -> None:
    frames = film(behind_a_lorry(GREY, GREY, 95, 110, 270), 0, 320)
    assert told(fold(frames)) == told(fold(without_colours(frames)))
    assert len(fold(frames)) == 2


def test_a_worker_that_begins_in_between_learns_the_looks_anew() -> None:
    frames = film(behind_a_lorry(RED, BLUE, 300, 315, 600), 0, 520)
    before = [each for each in frames if second_of(each.captured_at) < 200]
    found = fold(before)
    after = [each for each in frames if second_of(each.captured_at) >= 100]
    found += fold(after, opened=open_from(found))
    assert [phase for phase, _ in phases(found)] == ["raised", "cleared", "raised"]
    whole = phases(fold(frames))
    assert [second for _, second in phases(found)] == pytest.approx([second for _, second in whole], abs=1)


@pytest.mark.parametrize("seed", range(6))
def test_dropping_four_frames_of_five_changes_nothing_but_by_the_gap(seed: int) -> None:
    """Cars of three colours come one after the other behind lorries, for less and for longer than the dwell."""
    chance = random.Random(seed)
    stays, begin_s = [], 0.0
    for number in range(6):
        end_s = begin_s + chance.choice([60.0, 110.0, 230.0, 300.0])
        stays.append((begin_s, end_s, (RED, BLUE, GREY)[number % 3]))
        begin_s = end_s + chance.uniform(8, 16)

    def shown(second: float) -> list[Box]:
        here = [paint for from_s, to_s, paint in stays if from_s <= second < to_s]
        return [car(second, here[0])] if here else [LORRY]

    frames = film(shown, 0, begin_s, 0.4)
    few = [frames[number + chance.randrange(5)] for number in range(0, len(frames) - 5, 5)]
    all_of_them, those = phases(fold(frames)), phases(fold(few))
    assert [phase for phase, _ in those] == [phase for phase, _ in all_of_them]
    assert sum(phase == "raised" for phase, _ in those) == sum(to_s - from_s > 180 for from_s, to_s, _ in stays)
    for (_, one_s), (_, other_s) in zip(all_of_them, those, strict=True):
        assert abs(one_s - other_s) <= 2 * 3.6


# Things that look alike and lie apart: the second stops a quarter of its width further on


def further_on(
    from_s: float, to_s: float, end_s: float, by: float = 0.025, wander: float = 0.0
) -> Callable[[float], list[Box]]:
    def shown(second: float) -> list[Box]:
        if from_s <= second < to_s:
            return [LORRY]
        if second >= end_s:
            return []
        there = car(second, RED, moved=0.0 if second < from_s else by)
        return [replace(there, y1=there.y1 + wander * random.Random(-second).uniform(-1, 1))]

    return shown


@pytest.mark.parametrize("colours", [True, False])
def test_behind_a_lorry_one_of_the_same_paint_stops_a_little_further_on_and_is_another(colours: bool) -> None:
    def seen(shown: Shown, end: float) -> list[tuple[str, float]]:
        frames = film(shown, 0, end)
        return phases(fold(frames if colours else without_colours(frames)))

    assert seen(further_on(95, 110, 270), 320) == [], "each was there for less than the dwell"
    ((phase, second),) = seen(further_on(95, 110, 400), 320)
    assert (phase, second) == ("raised", pytest.approx(290, abs=1))


def test_what_was_reported_ends_when_another_lies_there_otherwise() -> None:
    found = fold(without_colours(film(further_on(200, 215, 450), 0, 500)))
    assert phases(found) == [
        ("raised", pytest.approx(180, abs=1)),
        ("cleared", pytest.approx(220, abs=2)),
        ("raised", pytest.approx(395, abs=2)),
        ("cleared", pytest.approx(470, abs=2)),
    ]


def test_one_whose_boxes_never_agreed_is_the_same_a_little_further_on() -> None:
    (raised,) = fold(film(further_on(95, 110, 400, by=0.019, wander=0.025), 0, 260))
    assert second_of(raised.since) == 0


def test_one_half_hidden_by_what_stays_before_it_is_the_same() -> None:
    """After a lorry passed, its box ends where another begins that stays: what is cut off has not moved."""

    def shown(second: float) -> list[Box]:
        if second < 95:
            return [car(second, RED)]
        whole, beside = car(second, RED), box(0.62, 0.95, 0.2, 0.6, "truck")
        return [LORRY] if second < 110 else [beside, replace(whole, x2=0.52, colours=b"")]

    found = [each for each in fold(film(shown, 0, 260)) if each.box is not None and each.box.x2 < 0.6]
    assert [(phase, second) for phase, second in phases(found)] == [("raised", pytest.approx(180, abs=1))]
