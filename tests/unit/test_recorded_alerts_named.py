"""Which alert on record a judged one is: by its identity, else by its place and the time it lasted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hub.alerts.alert import alert_id
from hub.tuning.recorded import Recorded, name_recorded, sought

START = datetime(2026, 3, 2, tzinfo=UTC)


def recorded(subject: str, since: float, until: float | None, rule: str = "parking.illegal") -> Recorded:
    begun = START + timedelta(seconds=since)
    return Recorded(
        alert_id=alert_id(rule, subject, begun),
        rule=rule,
        subject=subject,
        since=begun,
        raised_at=begun + timedelta(seconds=30),
        cleared_at=None if until is None else START + timedelta(seconds=until),
    )


def judged(*of: object, grid: str = "02", **more: Any) -> dict[str, Any]:
    """Return the document of an alert as a run answers it."""
    one = recorded(*of, **more)  # type: ignore[arg-type]
    return {
        "alert_id": str(one.alert_id),
        "rule": one.rule,
        "subject": one.subject,
        "grid": grid,
        "since": one.since.isoformat(),
        "raised_at": one.raised_at.isoformat(),
        "cleared_at": one.cleared_at.isoformat() if one.cleared_at else None,
        "recorded_alert_id": None,
    }


def named(answer: Any, on_record: Sequence[Recorded]) -> list[UUID | None]:
    name_recorded(answer, on_record)
    found = [one["recorded_alert_id"] for one in answer["raised"]]
    return [None if one is None else UUID(one) for one in found]


def test_the_same_condition_is_the_same_alert() -> None:
    live = recorded("z@0.50,0.50", 100, 400)
    assert named({"raised": [judged("z@0.50,0.50", 100, 600)]}, [live]) == [live.alert_id]


def test_an_alert_that_began_sooner_a_grain_aside_is_the_one_on_record() -> None:
    live = recorded("z@0.50,0.50", 100, 400)
    assert named({"raised": [judged("z@0.55,0.50", 88, 400)]}, [live]) == [live.alert_id]


def test_another_place_another_time_and_another_rule_are_other_alerts() -> None:
    live = [recorded("z@0.50,0.50", 100, 400)]
    elsewhere = judged("z@0.90,0.50", 100, 400)
    afterwards = judged("z@0.50,0.50", 500, 600)
    stall = judged("z@0.50,0.50", 100, 400, rule="stall.unlicensed")
    assert named({"raised": [elsewhere, afterwards, stall]}, live) == [None, None, None]


def test_one_alert_on_record_is_not_two_of_one_judging() -> None:
    live = recorded("z@0.50,0.50", 100, 400)
    twice = {"raised": [judged("z@0.50,0.50", 100, 200), judged("z@0.50,0.50", 210, 400)]}
    assert named(twice, [live]) == [live.alert_id, None]


def test_both_sides_of_a_diff_may_be_the_same_one_on_record() -> None:
    live = recorded("z@0.50,0.50", 100, 400)
    pair = {"base": judged("z@0.50,0.50", 100, 400), "candidate": judged("z@0.50,0.50", 110, 400)}
    other = judged("z@0.10,0.50", 100, None)
    answer: dict[str, Any] = {"appeared": [other], "moved": [pair], "severity": [{**pair}]}
    name_recorded(answer, [live])
    assert pair["base"]["recorded_alert_id"] == pair["candidate"]["recorded_alert_id"] == str(live.alert_id)
    assert other["recorded_alert_id"] is None


def test_the_record_is_read_no_further_than_the_answer_goes() -> None:
    assert sought({"cells": [{"raised": 3}]}) is None
    ended = sought({"raised": [judged("w-1", 100, 400), judged("w-2", 50, 200, grid="03")]})
    assert ended is not None
    assert (ended.grids, ended.since) == (("02", "03"), START + timedelta(seconds=50))
    assert ended.until == START + timedelta(seconds=400)
    going_on = sought({"raised": [judged("w-1", 100, None)]})
    assert going_on is not None
    assert going_on.until is None
