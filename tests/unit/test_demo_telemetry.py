"""What the demo's devices say depends on the city, the seed and the instant, and on nothing else."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.demo.camera_stories import CAMERAS
from hub.demo.city_plan import city_document
from hub.demo.incidents import ROUND_S, Kind, Victims, incidents_at, round_of
from hub.demo.measured import demand
from hub.demo.telemetry import Telemetry

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DOCUMENT = city_document({camera.camera_id: 9000 for camera in CAMERAS})
CITY = Telemetry(DOCUMENT, started_at=START)
VICTIMS = Victims(
    tunnels=[("tunnel-a", ["a1", "a2", "a3"]), ("tunnel-b", ["b1", "b2"]), ("tunnel-c", ["c1"])],
    grounds=[("ground-a", ["g1", "g2"]), ("ground-b", ["h1"])],
    water=[f"w{number}" for number in range(60)],
    drainage=[f"d{number}" for number in range(30)],
    gas=[f"gas{number}" for number in range(60)],
)


@settings(max_examples=25)
@given(st.floats(0, 3000), st.floats(0, 6), st.floats(0, 6))
def test_how_often_we_look_changes_nothing(start_s, first_s, second_s):
    middle_s, end_s = start_s + first_s, start_s + first_s + second_s
    assert CITY.reports(start_s, middle_s) + CITY.reports(middle_s, end_s) == CITY.reports(start_s, end_s)


def test_reports_come_in_order_and_carry_their_own_time():
    reports = CITY.reports(100.0, 130.0)
    assert [report.at_s for report in reports] == sorted(report.at_s for report in reports)
    telemetry = next(report for report in reports if "/gas/" in report.topic)
    at = datetime.fromisoformat(json.loads(telemetry.payload)["at"])
    assert (at - START).total_seconds() == pytest.approx(telemetry.at_s, abs=0.001)
    assert at.utcoffset() is not None


def test_another_seed_is_another_city():
    other = Telemetry(DOCUMENT, started_at=START, seed=2)
    assert CITY.reports(0.0, 5.0) == Telemetry(DOCUMENT, started_at=START).reports(0.0, 5.0)
    assert CITY.reports(0.0, 5.0) != other.reports(0.0, 5.0)


def test_the_load_is_even_and_small():
    per_second = [len(CITY.reports(float(second), second + 1.0)) for second in range(60, 120)]
    assert 20 <= sum(per_second) / len(per_second) <= 40
    assert max(per_second) <= 60


def test_nothing_is_said_before_the_city_begins():
    assert CITY.reports(-10.0, 0.0) == []
    assert {report.retain for report in CITY.reports(0.0, 0.001)} == {True}


def test_every_kind_of_trouble_comes_within_two_minutes_and_lasts_long_enough_to_be_seen():
    first = round_of(VICTIMS, 0)
    assert {incident.kind for incident in first} == set(Kind)
    assert max(incident.from_s for incident in first) < 120
    assert min(incident.to_s - incident.from_s for incident in first) >= 180


@given(st.integers(0, 500))
def test_no_round_burdens_a_device_twice_and_the_dark_tunnel_loses_no_single_lamp(number):
    found = {incident.kind: incident for incident in round_of(VICTIMS, number)}
    victims = [incident.victim for incident in found.values()]
    assert len(set(victims)) == len(victims)
    dark = dict(VICTIMS.tunnels)[found[Kind.CIRCUIT_OUT].victim]
    assert found[Kind.LAMP_OUT].victim not in dark


@given(st.floats(-100, 100 * ROUND_S))
def test_only_what_has_begun_and_not_ended_is_going_on(at_s):
    for incident in incidents_at(VICTIMS, at_s):
        assert incident.from_s <= at_s < incident.to_s


@given(st.floats(0, 24, exclude_max=True))
def test_demand_for_water_is_a_share_and_least_before_dawn(hour):
    assert 0 < demand(hour) <= 1
    assert demand(hour) >= demand(3.0) - 1e-9


def test_a_start_without_a_timezone_is_refused():
    with pytest.raises(ValueError, match="timezone"):
        Telemetry(DOCUMENT, started_at=START.replace(tzinfo=None))
