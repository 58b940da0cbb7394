"""Where no single threshold would have turned the answer, a trace names two that together do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.tuning.candidate import with_thresholds
from hub.tuning.trace.request import Request, trace
from ingest.city import City, DeviceKind, Zone, ZoneKind
from ingest.observation import Box, Frame, Observation, Quantity
from tests.support import stories
from tests.support.folding import city_of, instant, reading
from tests.support.tracing import ListRecording, configured

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
STREET = stories.small_city(Zone(zone_id="kerb", camera_id="cam-1", kind=ZoneKind.NO_PARKING, polygon=WHOLE))


def asked(
    city: City, received: list[Observation], rule: str, subject: str, at_s: float, around_s: float,
    changes: Mapping[str, Any] | None = None, *, what_if: bool = True,
) -> dict[str, Any]:  # fmt: skip
    configuration = with_thresholds(configured(city), changes or {})
    request = Request(rule=rule, subject=subject, at=instant(at_s), around_s=around_s, wants_what_if=what_if)
    return trace(ListRecording(received), configuration, request)


def dips(value: float, lasts_s: float) -> list[Observation]:
    """Return ten minutes of pressure at 300 kPa, with one dip."""
    return [
        reading("w1", t, Quantity.PRESSURE_KPA, value if 100 <= t < 100 + lasts_s else 300.0) for t in range(0, 600, 10)
    ]


def passing(confidence: float, leaves_s: float) -> list[Observation]:
    """Return a frame every four seconds of a car that stands at the kerb, and is gone from `leaves_s` on."""
    box = Box("car", confidence, None, 0.4, 0.4, 0.6, 0.6)
    return [Frame("cam-1", instant(t), (box,) if t < leaves_s else (), instant(t)) for t in range(0, 160, 4)]


def test_a_car_too_faint_that_left_too_soon_names_both_and_when_it_would_have_been_raised() -> None:
    shown = passing(0.15, 60)

    def kerb(changes: Mapping[str, Any] | None = None, *, what_if: bool = False) -> dict[str, Any]:
        return asked(STREET, shown, "parking.illegal", "cam-1", 80, 80, changes, what_if=what_if)

    found = kerb(what_if=True)
    assert not found["is_raised"]
    assert "and had it lasted, it would not have been raised: its median confidence 0.15" in found["text_en"]
    assert "即使够久也不报警：停留期间置信度中位数 0.15 未达到 0.25" in found["text_zh"]
    assert found["what_if_complete"]
    assert found["what_if_tried"]["pairs"] > 0
    (best, *_) = found["what_if"]
    both = {each["path"]: each["to"] for each in best["changes"]}
    assert {path.rpartition(".")[2] for path in both} == {"confidence", "dwell_s"}
    again = kerb(both)
    assert again["is_raised"]
    assert again["raised"][0]["raised_at"] == best["raised_at"]
    at = f"{datetime.fromisoformat(best['raised_at']).astimezone(ZoneInfo('Asia/Shanghai')):%H:%M:%S}"
    assert best["text_en"].endswith(f"it would be raised at {at}")
    assert best["text_zh"].endswith(f"就会在 {at} 报警")
    for path, value in both.items():
        assert not kerb({path: value})["is_raised"], "one of the two is not enough"
    for less in best["changes"]:
        halfway = both | {less["path"]: (less["value"] + less["to"]) / 2}
        assert not kerb(halfway)["is_raised"], "neither is turned farther than it must be"


def test_no_pair_is_tried_where_one_threshold_is_enough() -> None:
    city = city_of(DeviceKind.WATER, "w1")
    found = asked(city, dips(90.0, 60), "water.pressure", "w1", 300, 300)
    assert found["what_if"]
    assert all(len(one["changes"]) == 1 for one in found["what_if"])
    assert found["what_if_tried"] == {"thresholds": found["what_if_tried"]["thresholds"], "pairs": 0}
    assert found["what_if"][0]["raised_at"] is not None


def test_where_nothing_can_turn_it_the_search_ends_and_says_so() -> None:
    city = city_of(DeviceKind.WATER, "w1")
    still: list[Observation] = [reading("w1", t, Quantity.FLOW_L_S, 5.0) for t in range(0, 600, 10)]
    found = asked(city, still, "water.pressure", "w1", 300, 300)
    assert found["what_if"] == []
    assert found["what_if_complete"]
    assert found["what_if_tried"]["pairs"] > 0
