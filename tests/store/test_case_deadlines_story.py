"""A leak becomes a case by the plan, runs late, is suspended, comes back and is settled: what everybody hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.config.load import load
from hub.config.load_dispatch import load_dispatch
from hub.dispatch.escalate import Clocks
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.dispatching import CITY, PLAN
from tests.support.stored import NOW, batch, raised

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    (tmp_path / "town.yaml").write_text(CITY, encoding="utf-8")
    (tmp_path / "dispatch.yaml").write_text(PLAN, encoding="utf-8")
    configuration = load(tmp_path / "town.yaml", None)
    dispatch = load_dispatch(tmp_path / "dispatch.yaml", configuration.city)
    with serving(plain_database.dsn, tmp_path, dispatch=dispatch) as running:
        running.hub.configuration = configuration
        yield running


class Story:
    """One case, told by the people who have to do with it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._clocks = Clocks(api.dsn, lambda: api.hub.plan, lambda: api.hub.configuration.city, api.hub.now)
        change = raised(rule="gas.leak", grid="01", subject="gas-1")
        api.write(batch(changes=[change]))
        self.case = self._posted("operator", "/api/v1/cases", {"alerts": [str(change.alert.alert_id)]})

    def order(self, role: str, command: str, **body: Any) -> dict[str, Any]:
        """Let `role` give an order, and return the case after it."""
        self.case = self._posted(role, f"/api/v1/cases/{self.case['id']}/{command}", body)
        return self.case

    def after(self, span: timedelta) -> list[str]:
        """Let time pass, and return what came by itself."""
        self._api.pass_time(span)
        return [one.event.value for one in self._clocks.look()]

    def told(self) -> list[tuple[str, list[str]]]:
        """Return each step with those who were told of it."""
        items = self._api.client("dispatcher").get(f"/api/v1/cases/{self.case['id']}/timeline").json()["items"]
        return [(item["type"], item["told"]) for item in items]

    def due(self) -> datetime:
        """Return when the case is due, as it stands now."""
        found = self._api.client("dispatcher").get(f"/api/v1/cases/{self.case['id']}").json()
        return datetime.fromisoformat(found["due_at"])

    def end(self) -> None:
        """Give up the watch."""
        self._clocks.close()

    def _posted(self, role: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._api.client(role).post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        case: dict[str, Any] = answer.json()
        return case


def test_a_leak_goes_by_the_plan_runs_late_is_suspended_and_settled(api: Api) -> None:
    story = Story(api)
    filed = story.order("operator", "file")
    assert (filed["category"], filed["level"], filed["clock"], filed["condition"]) == (
        "0101",
        "district",
        "urgent",
        "danger",
    )
    assert story.due() == NOW + timedelta(hours=2)
    sent = story.order("dispatcher", "dispatch")
    assert (sent["department"], sent["called_in"]) == ("east-order", ["x-gas"])
    assert sent["plan_version"] == api.hub.plan.version
    # One hour of two is over when it is suspended for half an hour: both clocks stand still.
    assert story.after(timedelta(hours=1)) == []
    until = (api.hub.now() + timedelta(minutes=30)).astimezone(ZONE)
    story.order("supervisor", "suspend", note="waits for a valve", until=until.isoformat())
    assert story.after(timedelta(minutes=29)) == []
    assert story.after(timedelta(minutes=1)) == ["case.resumed"]
    assert story.due() == NOW + timedelta(hours=2, minutes=30)
    assert story.after(timedelta(minutes=36)) == ["case.warned"]
    assert story.after(timedelta(minutes=24)) == ["case.overdue", "case.escalated"]
    story.order("dispatch", "take", lease_s=600)
    assert story.after(timedelta(minutes=9)) == []
    assert story.after(timedelta(minutes=1)) == ["case.lapsed"]
    story.order("dispatch", "take")
    story.order("dispatch", "report-done", note="valve replaced")
    assert story.after(timedelta(days=3)) == []
    late = ["department:city-order", "department:city-police"]
    assert story.told() == [
        ("case.collected", []),
        ("case.filed", []),
        ("case.dispatched", []),
        ("case.suspended", []),
        ("case.resumed", []),
        ("case.warned", ["department:east-order", "role:dispatcher"]),
        ("case.overdue", late),
        ("case.escalated", late),
        ("case.taken", []),
        ("case.lapsed", []),
        ("case.taken", []),
        ("case.reported_done", []),
    ]
    story.end()
