"""Supervision over HTTP: cases as they stand in the database come back as counts by department, grid and month."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.stored import NOW

FILED = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def keep(api: Api, **about: Any) -> None:
    """Put a case into the table as its life has left it: filed, with what `about` says."""
    case_id = uuid4()
    row: dict[str, Any] = {
        "case_id": case_id,
        "number": f"2026-{case_id.hex[:6]}",
        "title": "占道经营",
        "stage": "dispatched",
        "grid": "01",
        "district": "east",
        "level": "district",
        "severity": "major",
        "opened_at": FILED,
        "opened_by": "an operator",
        "history": case_id,
        "last": json.dumps({}),
        "department": "urban-management",
        "filed_at": FILED,
        "dispatched_at": FILED + timedelta(minutes=10),
        "updated_at": NOW,
        **about,
    }
    names = ", ".join(f'"{name}"' for name in row)
    with psycopg.connect(api.dsn, autocommit=True) as connection:
        marks = ", ".join(["%s"] * len(row))
        connection.execute(f"INSERT INTO cases ({names}) VALUES ({marks})".encode(), list(row.values()))


def closed(after: timedelta, **about: Any) -> dict[str, Any]:
    """Return what is known of a case that was done so long after it was filed, and closed an hour later."""
    done = about.get("filed_at", FILED) + after
    return {"stage": "closed", "done_at": done, "closed_at": done + timedelta(hours=1), **about}


def read(api: Api, *by: str, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = (
        api.client("supervisor" if "supervisor" in api.tokens else "admin")
        .get("/api/v1/statistics/cases", params={"by": list(by) or ["department"], **query})
        .raise_for_status()
        .json()
    )
    return found


def test_without_cases_there_are_no_groups_and_a_total_of_nothing(api: Api) -> None:
    found = read(api)
    assert found["items"] == []
    assert (found["total"]["filed"], found["total"]["handling_s"]) == (0, None)


def test_a_department_s_month_adds_up(api: Api) -> None:
    keep(api, **closed(timedelta(hours=2), evaluation=json.dumps({"score": 5})))
    keep(api, **closed(timedelta(hours=6), suspended_total_s=7200.0, reworks=2, evaluation=json.dumps({"score": 2})))
    keep(api, overdue=True)
    keep(api, department="environment", grid="02", recurrences=1)
    keep(api, stage="merged", merged_into=uuid4(), closed_at=NOW)  # counted where it was merged into
    by_department = {group["department"]: group for group in read(api)["items"]}
    urban = by_department["urban-management"]
    counts = ("filed", "open", "closed", "on_time", "overdue", "reworked", "reworks", "suspended", "recurred")
    assert [urban[name] for name in counts] == [3, 1, 2, 2, 1, 1, 2, 1, 0]
    assert urban["dispatch_s"] == 600
    # 2 h less ten minutes, and 6 h less ten minutes and two hours of suspension
    assert urban["handling_s"] == pytest.approx((110 + 230) * 60 / 2)
    assert urban["closing_s"] == pytest.approx((3 + 5) * 3600 / 2)
    assert urban["score"] == 3.5
    assert [by_department["environment"][name] for name in counts] == [1, 1, 0, 0, 0, 0, 0, 0, 1]


def test_a_month_begins_when_it_begins_in_the_city(api: Api) -> None:
    last_of_october = datetime(2026, 10, 31, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    for filed in (last_of_october, last_of_october + timedelta(minutes=2)):
        keep(api, filed_at=filed, dispatched_at=filed)
    found = read(api, "month", "grid", **{"from": "2026-10-01T00:00:00Z"})
    assert [(group["month"], group["grid"], group["filed"]) for group in found["items"]] == [
        ("2026-10", "01", 1),
        ("2026-11", "01", 1),
    ]


def test_the_table_for_a_spreadsheet_opens_as_text(api: Api) -> None:
    keep(api, department="=cmd|' /C calc'!A0")
    answer = api.client("admin").get("/api/v1/statistics/cases", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="supervision-' in answer.headers["content-disposition"]
    heading, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert heading[:3] == ["department", "filed", "open"]
    assert row[0].startswith("'=")
    assert answer.content.startswith(b"\xef\xbb\xbf")
