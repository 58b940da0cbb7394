"""Street stalls: where they may stand, when a permit ends, and what is forbidden around a permitted place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time

import pytest

from detectors.finding import Finding
from detectors.stalls import Stalls
from detectors.thresholds import Thresholds
from ingest.city import Calendar, City, TimeWindow, Zone, ZoneKind
from ingest.observation import Box, Frame
from tests.support.stories import box, frame, open_from, second_of, small_city, told

# Shipped: dwell 300 s, clear after 60 s. START is noon on Monday 23 November 2026 in Shanghai.
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


def zone(name: str, kind: ZoneKind, polygon=LEFT, camera: str = "cam-1", **how) -> Zone:
    return Zone(zone_id=name, camera_id=camera, kind=kind, polygon=polygon, **how)


def permitted(*permits: TimeWindow, polygon=LEFT) -> Zone:
    return zone("market", ZoneKind.PERMITTED_STALL, polygon, permits=permits)


FORBIDDEN = zone("square", ZoneKind.NO_STALL)


def stall(x: float, confidence: float = 0.8) -> Box:
    return box(x, 0.6, 0.15, 0.3, "stall", confidence)


def standing(start: int, end: int, *places: float) -> list[Frame]:
    return [frame("cam-1", second, *map(stall, places)) for second in range(start, end)]


def fold(frames: Iterable[Frame], *zones: Zone, city: City | None = None) -> list[Finding]:
    stalls = Stalls(city or small_city(*zones), Thresholds())
    state = stalls.start("cam-1", [])
    found: list[Finding] = []
    for item in frames:
        state, new = stalls.observe(state, item)
        found += new
    return found


def phases(found: Iterable[Finding]) -> list[tuple[str, str, float]]:
    return [(phase, subject, second) for phase, _, subject, second in told(found)]


def test_a_stall_in_a_no_stall_zone_is_reported_and_cleared_when_it_is_gone():
    found = fold(standing(0, 400, 0.25) + standing(400, 500), FORBIDDEN)
    assert phases(found) == [("raised", "square@0.25,0.60", 300.0), ("cleared", "square@0.25,0.60", 459.5)]
    assert found[0].rule == "stall.unlicensed"
    assert found[0].reason.numbers["permit"] == "none"
    assert found[0].reason.numbers["zone"] == "square"


def test_customers_in_front_do_not_hide_it_for_long_enough():
    customers = [box(0.22, 0.7, 0.08, 0.35, "person"), box(0.3, 0.7, 0.08, 0.35, "person")]
    crowd = [frame("cam-1", s, *customers, *([] if s % 60 < 25 else [stall(0.25)])) for s in range(50, 400)]
    found = fold(standing(0, 50, 0.25) + crowd, FORBIDDEN)
    assert [line[0] for line in phases(found)] == ["raised"]
    assert phases(found)[0][2] <= 330


def test_a_stall_with_an_open_permit_raises_nothing():
    assert fold(standing(0, 2000, 0.25), permitted(TimeWindow())) == []


def test_a_permitted_place_without_any_permit_is_forbidden():
    found = fold(standing(0, 400, 0.25), permitted())
    assert phases(found) == [("raised", "market@0.25,0.60", 300.0)]
    assert found[0].reason.numbers["permit"] == "closed"


def test_when_the_permits_hour_ends_while_it_stands_the_clock_starts_then():
    until_ten_past = permitted(TimeWindow(hours=(time(6), time(12, 10))))
    found = fold(standing(0, 1000, 0.25), until_ten_past)
    assert phases(found) == [("raised", "market@0.25,0.60", 900.0)]
    assert second_of(found[0].since) == 600.0
    assert second_of(found[0].sightings["first_sight"]) == 600.0
    assert "no permit is open" in found[0].reason.text


def test_when_a_permit_opens_the_stall_is_no_longer_at_fault():
    from_ten_past = permitted(TimeWindow(hours=(time(12, 10), time(20))))
    found = fold(standing(0, 1000, 0.25), from_ten_past)
    assert phases(found) == [("raised", "market@0.25,0.60", 300.0), ("cleared", "market@0.25,0.60", 600.0)]


def test_several_permits_add_up():
    lunch = permitted(TimeWindow(hours=(time(11), time(12, 5))), TimeWindow(hours=(time(12, 5), time(13))))
    assert fold(standing(0, 2000, 0.25), lunch) == []


@pytest.mark.parametrize(
    ("window", "calendar", "raised"),
    [
        (TimeWindow(weekdays=frozenset({6, 7})), Calendar(), True),
        (TimeWindow(weekdays=frozenset({1})), Calendar(), False),
        (TimeWindow(season=((5, 1), (9, 30))), Calendar(), True),
        (TimeWindow(season=((11, 1), (3, 1))), Calendar(), False),
        (TimeWindow(on_holidays=False), Calendar(holidays=frozenset({date(2026, 11, 23)})), True),
        (TimeWindow(on_holidays=True), Calendar(holidays=frozenset({date(2026, 11, 23)})), False),
    ],
)
def test_a_permit_holds_by_season_weekday_and_holiday(window, calendar, raised):
    plain = small_city(permitted(window))
    city = City(
        name=plain.name,
        timezone=plain.timezone,
        latitude=plain.latitude,
        longitude=plain.longitude,
        grids=plain.grids,
        devices=plain.devices,
        cameras=plain.cameras,
        calendar=calendar,
    )
    assert bool(fold(standing(0, 400, 0.25), city=city)) is raised


def test_beside_the_permitted_place_a_stall_is_forbidden():
    found = fold(standing(0, 400, 0.25, 0.75), permitted(TimeWindow()))
    assert phases(found) == [("raised", "cam-1@0.75,0.60", 300.0)]


def test_where_no_stall_zones_are_drawn_only_they_forbid():
    market, square = (
        permitted(TimeWindow()),
        zone("square", ZoneKind.NO_STALL, ((0.5, 0), (0.7, 0), (0.7, 1), (0.5, 1))),
    )
    found = fold(standing(0, 400, 0.25, 0.6, 0.85), market, square)
    assert phases(found) == [("raised", "square@0.60,0.60", 300.0)]


def test_an_open_permit_wins_over_the_no_stall_zone_around_it():
    everywhere = zone("square", ZoneKind.NO_STALL, ((0, 0), (1, 0), (1, 1), (0, 1)))
    found = fold(standing(0, 400, 0.25, 0.75), permitted(TimeWindow()), everywhere)
    assert phases(found) == [("raised", "square@0.75,0.60", 300.0)]


def test_a_camera_without_stall_zones_is_not_watched():
    kerb = zone("kerb", ZoneKind.NO_PARKING, camera="cam-2")
    assert dict(Stalls(small_city(FORBIDDEN, kerb), Thresholds()).partitions()) == {"cam-1": "cam-1"}


def test_a_stall_is_not_reported_again_after_a_restart():
    first = fold(standing(0, 350, 0.25), FORBIDDEN)
    stalls = Stalls(small_city(FORBIDDEN), Thresholds())
    state = stalls.start("cam-1", open_from(first))
    after: list[Finding] = []
    for item in standing(360, 900, 0.25) + standing(900, 1000):
        state, new = stalls.observe(state, item)
        after += new
    assert phases(after) == [("cleared", "square@0.25,0.60", 959.5)]
    assert after[0].since == first[0].since


def test_switched_off_it_watches_nothing():
    off = Thresholds.model_validate({"stall": {"unlicensed": {"enabled": False}}})
    assert dict(Stalls(small_city(FORBIDDEN), off).partitions()) == {}
