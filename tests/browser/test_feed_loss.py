"""The way to the hub is cut at random, often, while alerts come and go: the board ends up equal to the database."""

from __future__ import annotations

import random
import threading
import time

import httpx
import pytest
from playwright.sync_api import expect

from detectors.finding import Phase, Severity
from hub.alerts.alert import Alert
from tests.browser.conftest import Console
from tests.browser.filled import incident
from tests.support.api import Api, until
from tests.support.cuttable import Cuttable, cuttable
from tests.support.stored import batch, followed

CUTS = 25
SOONEST_S, LATEST_S = 0.05, 0.6


class City:
    """Raises, worsens, clears, acknowledges and joins to cases, as long as it is let, from a seed."""

    def __init__(self, api: Api, seed: int) -> None:
        self.api, self.changes, self.failed = api, 0, ""
        self._random = random.Random(seed)
        self._open: list[Alert] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="the city")

    def __enter__(self) -> City:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        try:
            with self.api.client("operator") as client:
                while not self._stop.wait(self._random.uniform(0.0, 0.04)):
                    self._step(client)
                    self.changes += 1
        except Exception as error:
            self.failed = repr(error)

    def _step(self, client: httpx.Client) -> None:
        kind = self._random.choice(("raise", "raise", "worsen", "clear", "acknowledge", "case", "symptom"))
        if kind == "raise" or len(self._open) < 5:
            change = incident(f"gas-{self.changes}", second=-100 + self.changes * 0.01)
            self.api.write(batch(changes=[change]))
            self._open.append(change.alert)
            return
        alert = self._random.choice(self._open)
        if kind == "symptom":
            change = incident(f"sym-{self.changes}", second=-100 + self.changes * 0.01, cause=alert.alert_id)
            self.api.write(batch(changes=[change]))
        elif kind == "acknowledge":
            client.post(f"/api/v1/alerts/{alert.alert_id}/acknowledge")
        elif kind == "case":
            client.post("/api/v1/cases", json={"alerts": [str(alert.alert_id)]})
        elif kind == "clear":
            self._open.remove(alert)
            self.api.write(batch(changes=[followed(alert, Phase.CLEARED, second=-1)]))
        else:
            self.api.write(batch(changes=[followed(alert, Phase.UPDATED, second=-2, severity=Severity.CRITICAL)]))


def _cut_at_random(way: Cuttable, chance: random.Random) -> None:
    for _ in range(CUTS):
        time.sleep(chance.uniform(SOONEST_S, LATEST_S))
        way.closed = chance.random() < 0.4  # sometimes nobody gets through for a while
        way.cut()
        if way.closed:
            time.sleep(chance.uniform(SOONEST_S, LATEST_S))
            way.closed = False


def _board(api: Api) -> dict[str, tuple[int, int, str | None]]:
    """Return of every incident the revision, how many symptoms it has, and its case's stage, as the hub has it."""
    found: dict[str, tuple[int, int, str | None]] = {}
    cursor: dict[str, str] = {}
    with api.client("operator") as client:
        while True:
            page = client.get("/api/v1/board", params={"limit": 1000, **cursor}).raise_for_status().json()
            for item in page["items"]:
                stage = item["case"]["stage"] if item["case"] else None
                found[item["id"]] = item["revision"], len(item["symptoms"]), stage
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_cut_the_board_equals_the_database_afterwards(console: Console, api: Api, seed: int) -> None:
    with cuttable(api.address) as way, City(api, seed) as city:
        page = console("operator", "en", address=way.address)
        expect(page.locator(".row").first).to_be_visible()
        cutting = threading.Thread(target=_cut_at_random, args=(way, random.Random(seed)))
        cutting.start()
        while cutting.is_alive():
            page.wait_for_timeout(200)  # lets the page run: its events are delivered while we wait
        city.__exit__()
        assert city.failed == ""
        assert city.changes > 100
        expected = _board(api)
        assert len(expected) > 10

        def shown() -> dict[str, tuple[int, int, str | None]]:
            page.wait_for_timeout(100)
            rows = page.evaluate("window.lianqin?.incidents() ?? []")
            return {row[0]: (row[1], row[2], row[3]) for row in rows}

        until(lambda: shown() == expected, wait_s=60)
        expect(page.locator(".live")).to_have_text("Live")
