"""The API's pure parts: cursors, instants, problems, the limit on failed tokens, readiness, scopes."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.thresholds import Thresholds
from hub.api.cursor import plain_text, seal, unseal, whole_number
from hub.api.failures import FailedTokens
from hub.api.instant import to_instant
from hub.api.problem import KINDS, Problem, from_validation
from hub.api.readiness import check_cameras, check_lag, check_listening
from hub.api.routes_operation import rule_documents
from hub.dispatch.document import instant
from hub.people.scopes import ROLE_SCOPES, Scope, roles_with
from hub.store.listening import Listening
from hub.store.tokens import ROLES
from ingest.city import Camera, City, Device, DeviceKind, Grid

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
CITY = City(
    name="Testtown",
    timezone="Asia/Shanghai",
    latitude=30.0,
    longitude=120.0,
    grids={grid: Grid(grid_id=grid, name=grid) for grid in ("01", "02")},
    devices={"gas-1": Device(device_id="gas-1", kind=DeviceKind.GAS, grid="01", interval_s=30)},
    cameras={name: Camera(camera_id=name, grid="01", url="tcp://127.0.0.1:9") for name in ("cam-1", "cam-2")},
)


@given(
    st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(0, 2**63 - 1), st.text(st.characters(codec="utf-8"))
)
def test_a_cursor_gives_back_what_was_sealed(at: datetime, found: UUID, number: int, text: str) -> None:
    text = text.replace("\0", "")
    cursor = seal("kind", [instant(at), str(found), number, text])
    assert cursor.isascii()
    assert unseal("kind", cursor, (to_instant, UUID, whole_number, plain_text)) == [at, found, number, text]


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.hex()), st.from_regex(r"\A[A-Za-z0-9_-]{0,60}\Z")))
def test_any_other_cursor_is_refused_as_a_problem(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        unseal("alerts", cursor, (to_instant, UUID))
    assert refused.value.status == 422


def test_a_cursor_of_another_listing_is_refused() -> None:
    with pytest.raises(Problem):
        unseal("ledger", seal("alerts", [1]), (whole_number,))


@given(st.datetimes(timezones=st.integers(-720, 840).map(lambda m: timezone(timedelta(minutes=m)))))
def test_every_instant_that_leaves_the_hub_can_come_back(at: datetime) -> None:
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        return
    assert to_instant(instant(at)) == at


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-11-22", "timezone"),
        ("2026-11-22T18:00:00", "timezone"),
        ("2026-11-22T18:00:00 08:00", "%2B"),
        ("1763805600", "timezone"),
        ("2026-02-30T18:00:00Z", "exists"),
        ("0001-01-01T00:00:00+14:00", "exists"),
        (1763805600, "timezone"),
        (None, "timezone"),
    ],
)
def test_a_time_that_is_none_is_refused_with_help(text: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        to_instant(text)


def test_leap_seconds_and_small_letters_are_understood() -> None:
    assert to_instant("2016-12-31t23:59:60z") == datetime(2017, 1, 1, tzinfo=UTC)
    assert to_instant("2026-11-23T12:30:00.5+08:00") == NOW + timedelta(seconds=0.5)


def test_a_problem_has_the_five_members_of_rfc_9457_and_its_own() -> None:
    document = Problem("gone", "it went", extra={"oldest": 7}).document("/api/v1/feed?x= y")
    assert document == {
        "type": "urn:lianqin:problem:gone",
        "title": KINDS["gone"][1],
        "status": 410,
        "detail": "it went",
        "instance": "/api/v1/feed%3Fx%3D%20y",
        "oldest": 7,
    }


def test_a_problem_may_quote_what_is_no_unicode() -> None:
    answer = from_validation([{"loc": ("body", "a/b~\ud800"), "msg": "no"}]).answer("/x")
    assert b'"pointer": "#/a~1b~0\\ud800"' in bytes(answer.body)


def test_failures_beyond_the_burst_wait_and_the_bucket_fills_again() -> None:
    failures = FailedTokens(burst=3, refill_s=10)
    for _ in range(3):
        assert failures.wait_s("a", 0) == 0
        failures.note("a", 0)
    assert failures.wait_s("a", 0) == 10
    assert failures.wait_s("b", 0) == 0
    assert failures.wait_s("a", 10) == 0
    failures.note("a", 10)
    assert failures.wait_s("a", 10) == 10


@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from("abc")), max_size=200))
def test_no_address_is_looked_at_more_often_than_allowed(attempts: list[tuple[float, str]]) -> None:
    failures, now_s, looked_at = FailedTokens(burst=5, refill_s=6), 0.0, {"a": 0, "b": 0, "c": 0}
    for pause_s, remote in attempts:
        now_s += pause_s
        if failures.wait_s(remote, now_s) == 0:
            failures.note(remote, now_s)
            looked_at[remote] += 1
    assert all(count <= 5 + now_s / 6 for count in looked_at.values())


def test_addresses_are_forgotten_and_never_more_than_so_many_kept() -> None:
    failures = FailedTokens(burst=2, refill_s=1, addresses=100)
    for n in range(1000):
        failures.note(f"10.0.{n // 250}.{n % 250}", 0)
    assert len(failures) <= 100
    failures.note("10.9.9.9", 50)
    assert len(failures) == 1


def test_one_network_of_ipv6_shares_a_bucket() -> None:
    failures = FailedTokens(burst=1, refill_s=10)
    failures.note("2001:db8:1:2::1", 0)
    assert failures.wait_s("2001:db8:1:2:ffff::9", 0) > 0
    assert failures.wait_s("2001:db8:1:3::1", 0) == 0
    assert failures.wait_s("::ffff:10.0.0.1", 0) == 0


def listening(worker: str, grids: tuple[str, ...] | None, age_s: float) -> Listening:
    return Listening(worker=worker, grids=grids, since=NOW - timedelta(hours=1), until=NOW - timedelta(seconds=age_s))


def test_every_grid_must_be_listened_to_by_somebody() -> None:
    shared = [listening("a", ("01",), 1), listening("b", ("02",), 4), listening("dead", None, 4000)]
    assert check_listening(CITY, shared, NOW).ok
    assert check_listening(CITY, shared, NOW).age_s == 4
    deaf = check_listening(CITY, [shared[0], shared[2]], NOW)
    assert (deaf.ok, deaf.detail) == (False, "no worker listens to grid 02")
    assert check_listening(CITY, [], NOW).detail == "no worker listens to any grid"
    assert check_listening(CITY, [listening("all", None, 2)], NOW).ok


def test_lag_is_judged_by_the_devices_own_pace() -> None:
    assert check_lag(CITY, NOW - timedelta(seconds=85), NOW).ok
    assert not check_lag(CITY, NOW - timedelta(seconds=95), NOW).ok
    assert not check_lag(CITY, None, NOW).ok


def test_one_lost_camera_is_told_and_only_all_of_them_are_a_failure() -> None:
    fresh = check_cameras(CITY, {"cam-1": NOW}, 30, NOW)
    assert fresh.ok
    assert "not cam-2" in fresh.detail
    assert not check_cameras(CITY, {"cam-1": NOW - timedelta(seconds=31)}, 30, NOW).ok
    assert not check_cameras(CITY, {}, 30, NOW).ok


def test_roles_and_scopes_are_the_same_everywhere() -> None:
    assert tuple(ROLE_SCOPES) == ROLES
    assert ROLE_SCOPES["admin"] == frozenset(Scope)
    assert roles_with(Scope.ALERTS_WRITE) == ["operator", "dispatcher", "admin"]


def test_the_catalogue_tells_changed_thresholds_beside_their_defaults() -> None:
    changed = Thresholds.model_validate({"water": {"burst": {"enabled": False, "fall_kpa": 77.0}}})
    (burst,) = [entry for entry in rule_documents(changed) if entry["rule"] == "water.burst"]
    (fall,) = [entry for entry in burst["thresholds"] if entry["path"] == "water.burst.fall_kpa"]
    assert burst["enabled"] is False
    assert (fall["value"], fall["default"]) == (77.0, Thresholds().water.burst.fall_kpa)
    assert len({entry["rule"] for entry in rule_documents(changed)}) == len(list(rule_documents(changed)))
