"""What changes from one configuration to another: laws of the diff, and its stories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Severity
from hub.alerts.alert import NAMESPACE
from hub.tuning.diff import diff
from hub.tuning.judging import Raised

START = datetime(2026, 3, 2, tzinfo=UTC)


def raised(
    subject: str, since: float, at: float, until: float | None, severity: Severity = Severity.MINOR, rule: str = "r.a"
) -> Raised:
    return Raised(
        alert_id=uuid5(NAMESPACE, f"{rule}|{subject}|{since}"),
        rule=rule,
        subject=subject,
        grid="01",
        zone_id=None,
        camera_id=None,
        since=START + timedelta(seconds=since),
        raised_at=START + timedelta(seconds=at),
        cleared_at=None if until is None else START + timedelta(seconds=until),
        severity=severity,
        reason_text="",
        clear_reason_text=None,
        numbers={},
        box=None,
        config_version="v",
    )


@st.composite
def alerts(draw: st.DrawFn) -> list[Raised]:
    found: dict[UUID, Raised] = {}
    for _ in range(draw(st.integers(0, 8))):
        subject = draw(st.sampled_from(["w-1", "z@0.10,0.50", "z@0.15,0.50", "z@0.90,0.50"]))
        since, waits, lasts = draw(st.integers(0, 40)), draw(st.integers(0, 5)), draw(st.integers(0, 20))
        until = draw(st.sampled_from([None, since + waits + lasts]))
        one = raised(subject, since, since + waits, until, draw(st.sampled_from(list(Severity))))
        found.setdefault(one.alert_id, one)
    return list(found.values())


@given(alerts())
def test_nothing_differs_from_itself(found: list[Raised]) -> None:
    told = diff(found, found[::-1])
    assert told.is_empty
    assert told.same == len(found)


@given(alerts(), alerts())
def test_a_diff_turned_round_is_its_mirror(one: list[Raised], other: list[Raised]) -> None:
    there, back = diff(one, other), diff(other, one)
    assert set(map(id, there.appeared)) == set(map(id, back.vanished))
    assert set(map(id, there.vanished)) == set(map(id, back.appeared))
    assert {(p.base.alert_id, p.candidate.alert_id, p.by_s) for p in there.moved} == {
        (p.candidate.alert_id, p.base.alert_id, -p.by_s) for p in back.moved
    }
    assert len(there.severity) == len(back.severity)
    assert there.same == back.same


@given(alerts(), alerts(), st.randoms())
def test_every_alert_is_told_of_once_and_order_means_nothing(one: list[Raised], other: list[Raised], chance) -> None:
    told = diff(one, other)
    pairs = {(p.base.alert_id, p.candidate.alert_id) for p in (*told.moved, *told.severity)}
    assert len(told.vanished) + len(pairs) + told.same == len(one)
    assert len(told.appeared) + len(pairs) + told.same == len(other)
    mixed = list(one), list(other)
    for side in mixed:
        chance.shuffle(side)
    assert diff(*mixed) == told


def test_a_longer_dwell_moves_what_stands_on_and_loses_what_left() -> None:
    base = [raised("z@0.10,0.50", 0, 180, 600), raised("z@0.90,0.50", 0, 180, 200)]
    told = diff(base, [raised("z@0.10,0.50", 0, 240, 600)])
    assert [pair.by_s for pair in told.moved] == [60.0]
    assert [one.subject for one in told.vanished] == ["z@0.90,0.50"]


def test_what_is_named_a_grain_aside_is_the_same_event_and_what_came_later_is_not() -> None:
    base = [raised("z@0.10,0.50", 0, 10, 100)]
    assert diff(base, [raised("z@0.15,0.50", 1, 10, 100)]).same == 1
    later = diff(base, [raised("z@0.10,0.50", 101, 110, 200)])
    assert (len(later.appeared), len(later.vanished)) == (1, 1)


def test_a_severity_that_changes_is_told_beside_the_move() -> None:
    told = diff([raised("w-1", 0, 10, 50)], [raised("w-1", 0, 20, 50, Severity.MAJOR)])
    assert (len(told.moved), len(told.severity), told.same) == (1, 1, 0)
