"""The health of the alarm system over HTTP: what was raised comes back as counts beside the limits."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.finding import Phase, Severity
from hub.alerts.change import AlertChange
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.stored import NOW, batch, followed, raised


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def burst(count: int, *, every_s: float, begin_s: float, subject: str = "gas-1") -> list[AlertChange]:
    """Return alerts of one subject that come and go, one after another."""
    changes = []
    for number in range(count):
        second = begin_s + number * every_s
        change = raised(second=second, since=second - 0.5, subject=subject)
        changes += [change, followed(change.alert, Phase.CLEARED, second=second + every_s / 2)]
    return changes


def read(api: Api, **query: Any) -> dict[str, Any]:
    answer = api.client("operator").get("/api/v1/statistics/alarms", params=query)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def test_an_empty_day_says_that_nothing_came(api: Api) -> None:
    found = read(api)
    assert (found["alarms"], found["sources"], found["stale"], len(found["per_ten_minutes"])) == (0, [], [], 144)
    marks = {measure["name"]: measure["mark"] for measure in found["measures"]}
    assert (marks["per_hour"], marks["top_ten_share"]) == ("good", "none")


def test_the_day_is_counted_by_ten_minutes_source_and_priority(api: Api) -> None:
    api.write(
        batch(
            changes=[
                *burst(4, every_s=15, begin_s=-3600),  # three within a minute
                *burst(2, every_s=7200, begin_s=-40000, subject="gas-2"),
                raised(second=-100, subject="water-1", rule="water.burst", severity=Severity.CRITICAL),
                raised(second=-90_000, since=-90_060, subject="lamp-1", rule="streetlight.lamp_out"),
            ]
        )
    )
    found = read(api)
    assert found["alarms"] == 7
    assert found["severities"] == {"critical": 1, "major": 6}
    assert [(source["subject"], source["count"]) for source in found["sources"]] == [
        ("gas-1", 4),
        ("gas-2", 2),
        ("water-1", 1),
    ]
    assert [source["subject"] for source in found["chattering"]] == ["gas-1"]
    assert [alarm["subject"] for alarm in found["stale"]] == ["lamp-1"]
    assert sum(found["per_ten_minutes"]) == 7
    assert found["per_ten_minutes"][-6] == 4  # from an hour ago on
    assert found["priorities"]["high"] == pytest.approx(1 / 7)


def test_a_flood_is_seen_and_shared_by_more_operators(api: Api) -> None:
    changes = [raised(second=-300 + number, subject=f"lamp-{number}") for number in range(12)]
    api.write(batch(changes=changes))
    assert read(api)["floods"] == [[143, 144]]
    assert read(api, operators=2)["floods"] == []


def test_a_period_that_is_none_is_refused_in_words(api: Api) -> None:
    client = api.client("engineer")
    for begin, end in ((NOW, NOW), (NOW - timedelta(days=93), NOW), (NOW + timedelta(days=1), NOW)):
        answer = client.get("/api/v1/statistics/alarms", params={"from": begin.isoformat(), "to": end.isoformat()})
        assert answer.status_code == 422
        assert "92 days" in answer.json()["detail"]
