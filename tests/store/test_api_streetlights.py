"""Streetlights by circuit: what burns, what is dark, what should, and what is wrong."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.finding import Severity
from detectors.thresholds import Thresholds
from hub.alerts.lamps import LampState, lamp_state
from ingest.observation import Quantity
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.stored import batch, raised, reading


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def circuit(api: Api) -> dict[str, Any]:
    (found,) = api.client("operator").get("/api/v1/streetlights").json()["items"]
    return dict(found)


def test_a_circuit_tells_what_burns_and_what_is_dark_and_whether_it_should(api: Api) -> None:
    assert circuit(api)["states"] == {"unheard": 2}
    api.write(
        batch(
            readings=[
                reading(-30, device="lamp-1", value=0.4),
                reading(0, device="lamp-1", value=88.0),
                reading(0, device="lamp-2", value=0.3),
                reading(0, device="lamp-2", quantity=Quantity.LAMP_ON, value=1.0),
            ]
        )
    )
    found = circuit(api)
    assert found["states"] == {"burning": 1, "dark": 1}
    assert (found["should_burn"], found["by"], found["lamps"], found["power_w"]) == (True, "the schedule", 2, 88.3)
    assert found["newest_at"].startswith("2026-11-23T04:30:00")
    assert (found["severity"], found["alerts"], found["place"]) == (None, [], None)
    lamps = api.client("operator").get("/api/v1/streetlights/c-1").json()["lamps"]
    assert [(lamp["id"], lamp["state"], lamp["lamp_on"]) for lamp in lamps] == [
        ("lamp-1", "burning", None),
        ("lamp-2", "dark", True),
    ]


def test_what_is_wrong_with_the_circuit_or_a_lamp_shows_on_the_circuit(api: Api) -> None:
    api.write(
        batch(
            readings=[reading(0, device="lamp-2", value=88.0)],
            changes=[
                raised(rule="streetlight.lamp_out", subject="lamp-1", severity=Severity.MINOR),
                raised(rule="streetlight.circuit_out", subject="c-1", severity=Severity.MAJOR),
            ],
        )
    )
    found = circuit(api)
    assert (found["severity"], len(found["alerts"])) == ("major", 2)


def test_lamps_behind_a_silent_gateway_are_silent_whatever_they_said_last(api: Api) -> None:
    api.write(
        batch(
            readings=[reading(0, device="lamp-1", value=88.0)],
            changes=[raised(rule="device.silent", subject="gw-1")],
        )
    )
    found = circuit(api)
    assert (found["states"], found["power_w"]) == ({"silent": 2}, None)


def test_what_was_said_more_than_a_day_ago_says_nothing_of_now(api: Api) -> None:
    api.write(batch(readings=[reading(0, device="lamp-1", value=88.0)]))
    api.pass_time(timedelta(days=1, minutes=1))
    assert circuit(api)["states"] == {"unheard": 2}


def test_a_circuit_that_is_not_there_is_not_found(api: Api) -> None:
    assert api.client("operator").get("/api/v1/streetlights/c-9").status_code == 404


@pytest.mark.parametrize(
    ("power_w", "lamp_on", "silent", "state"),
    [
        (88.0, 0.0, False, LampState.BURNING),
        (0.2, 1.0, False, LampState.DARK),
        (None, 1.0, False, LampState.BURNING),
        (None, 0.0, False, LampState.DARK),
        (None, None, False, LampState.UNHEARD),
        (88.0, 1.0, True, LampState.SILENT),
    ],
)
def test_a_lamp_is_what_it_draws(power_w: float | None, lamp_on: float | None, silent: bool, state: LampState) -> None:
    limits = Thresholds().streetlight.burning
    assert lamp_state(limits, rated_power_w=90.0, power_w=power_w, lamp_on=lamp_on, silent=silent) is state


def test_between_the_limits_nothing_is_said() -> None:
    limits = Thresholds().streetlight.burning
    dark_below_w = max(limits.off_power_w, limits.off_share * 90.0)
    between_w = dark_below_w * (1 + limits.on_over_off) / 2
    found = lamp_state(limits, rated_power_w=90.0, power_w=between_w, lamp_on=None, silent=False)
    assert found is LampState.UNCLEAR
