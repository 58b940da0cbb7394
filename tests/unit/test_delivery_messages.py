"""What is sent: the CloudEvent, its ids, its signatures, and which endpoint gets it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from hub import clock
from hub.deliveries.cloud_event import item_message, ping_message
from hub.deliveries.endpoint import BadFilter, Filter, lane_of
from hub.deliveries.key_file import FILE, hub_key
from hub.deliveries.signing import key_from_text, new_salt, signed_headers
from hub.people.caller import Reach
from hub.settings import SettingsError, from_environment

ENDPOINT, OTHER, HUB = UUID(int=1), UUID(int=2), UUID(int=3)
KEY = key_from_text("x" * 32)
ALERT = {
    "seq": 42,
    "type": "alert.raised",
    "at": "2026-11-22T10:00:14.000000Z",
    "alert": {"id": str(UUID(int=7)), "rule": "water.burst", "grid": "03"},
}
CASE = {
    "seq": 43,
    "type": "case.dispatched",
    "at": "2026-11-22T10:01:00.000000Z",
    "case": {
        "id": str(UUID(int=8)),
        "rule": "water.burst",
        "grid": "03",
        "department": "water",
        "departments": ["water", "roads"],
        "called_in": ["police"],
    },
}


def event_of(item: dict[str, Any], digest: str = "ab" * 32) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(item_message(ENDPOINT, HUB, item, digest).body)
    return found


def test_the_event_is_a_cloudevent_about_its_case_or_alert() -> None:
    assert event_of(CASE) == {
        "specversion": "1.0",
        "id": "43-abababababababab",
        "source": f"urn:lianqin:hub:{HUB}",
        "type": "lianqin.case.dispatched",
        "subject": f"case/{UUID(int=8)}",
        "time": "2026-11-22T10:01:00.000000Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:lianqin:schema:feed-item:1",
        "sequence": "00000000000000000043",
        "data": CASE,
    }
    assert event_of(ALERT)["subject"] == lane_of(ALERT) == f"alert/{UUID(int=7)}"


def test_a_message_is_the_same_at_every_attempt_and_another_one_at_each_endpoint() -> None:
    first, again = (item_message(ENDPOINT, HUB, ALERT, "cd" * 32) for _ in range(2))
    assert first == again
    assert "." not in first.message_id  # it stands before a point in what is signed
    other = item_message(OTHER, HUB, ALERT, "cd" * 32)
    assert (other.message_id != first.message_id, other.body) == (True, first.body)
    # After a backup was restored another item may have the same number.
    assert item_message(ENDPOINT, HUB, ALERT, "ef" * 32).message_id != first.message_id


@given(st.text(min_size=1, max_size=200))
def test_the_library_s_receivers_accept_what_is_signed(text: str) -> None:
    body = json.dumps({"text": text}, ensure_ascii=False).encode("utf-8", "replace")
    secret = KEY.secret(ENDPOINT, b"salt")
    headers = signed_headers("msg_1", clock.now(), body, [secret])
    assert Webhook(secret).verify(body, headers) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)


def test_while_a_secret_is_rotated_both_are_signed_with() -> None:
    old, new = (KEY.secret(ENDPOINT, new_salt()) for _ in range(2))
    headers = signed_headers("msg_1", clock.now(), b"{}", [new, old])
    for secret in (old, new):
        Webhook(secret).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY.secret(ENDPOINT, new_salt())).verify(b"{}", headers)


def test_an_old_message_is_not_valid_for_ever() -> None:
    secret = KEY.secret(ENDPOINT, b"salt")
    headers = signed_headers("msg_1", clock.now() - timedelta(minutes=6), b"{}", [secret])
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(b"{}", headers)


def test_secrets_are_each_endpoint_s_own_and_need_the_hub_s_key() -> None:
    salt = new_salt()
    assert KEY.secret(ENDPOINT, salt) == KEY.secret(ENDPOINT, salt)
    others = {KEY.secret(OTHER, salt), KEY.secret(ENDPOINT, new_salt()), key_from_text("y" * 32).secret(ENDPOINT, salt)}
    assert len(others | {KEY.secret(ENDPOINT, salt)}) == 4
    assert KEY.check(ENDPOINT) != key_from_text("y" * 32).check(ENDPOINT)
    assert "x" not in repr(KEY)
    with pytest.raises(ValueError, match="at least 32"):
        key_from_text("short")


def test_the_key_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    settings = from_environment({"LIANQIN_DATA": str(tmp_path / "new")})
    key = hub_key(settings)
    assert hub_key(settings) == key
    path = tmp_path / "new" / FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == [FILE]
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="others may read it"):
        hub_key(settings)
    given = {"LIANQIN_DATA": str(tmp_path / "new"), "LIANQIN_SECRET_KEY": "z" * 40}
    assert hub_key(from_environment(given)) == key_from_text("z" * 40)
    with pytest.raises(SettingsError, match="LIANQIN_SECRET_KEY must have at least 32"):
        hub_key(from_environment({**given, "LIANQIN_SECRET_KEY": "short"}))


def test_a_ping_is_no_item_of_the_feed() -> None:
    ping = json.loads(ping_message(ENDPOINT, HUB, UUID(int=9), datetime(2026, 11, 23, tzinfo=UTC)).body)
    assert (ping["type"], ping["data"]["endpoint"]) == ("lianqin.ping", str(ENDPOINT))
    assert "sequence" not in ping


@pytest.mark.parametrize(
    ("chosen", "alert", "case"),
    [
        (Filter(), True, True),
        (Filter(types=("alert.*",)), True, False),
        (Filter(types=("case.dispatched", "case.closed")), False, True),
        (Filter(types=("case.closed",)), False, False),
        (Filter(rules=("water.*",)), True, True),
        (Filter(rules=("gas.leak",)), False, False),
        (Filter(grids=("03",)), True, True),
        (Filter(grids=("04",)), False, False),
        (Filter(departments=("water",)), False, True),
        (Filter(departments=("roads",)), False, True),
        (Filter(departments=("police",)), False, True),
        (Filter(departments=("gas",)), False, False),
        (Filter(types=("case.*",), departments=("water",), grids=("03",)), False, True),
    ],
)
def test_who_gets_what(chosen: Filter, alert: bool, case: bool) -> None:
    assert chosen.takes("alert.raised", ALERT) is alert
    assert chosen.takes("case.dispatched", CASE) is case


def test_a_case_of_reports_alone_has_no_rule() -> None:
    case = {"case": {**CASE["case"], "rule": None}}  # type: ignore[dict-item]
    assert not Filter(rules=("water.*",)).takes("case.filed", case)
    assert Filter().takes("case.filed", case)


@pytest.mark.parametrize(
    "bad", [{"types": ("raised",)}, {"types": ("*",)}, {"rules": ("water",)}, {"rules": ("w.*x",)}]
)
def test_patterns_that_are_none_are_refused(bad: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(BadFilter, match="such as"):
        Filter(**bad)
    with pytest.raises(BadFilter, match="departments are those of cases"):
        Filter(types=("alert.*",), departments=("water",))


def test_nobody_makes_an_endpoint_that_sees_more_than_they_do() -> None:
    some = Reach(grids=frozenset({"03", "04"}))
    Filter(grids=("03",)).within(some)
    for wide in (Filter(), Filter(grids=("03", "05"))):
        with pytest.raises(BadFilter, match="03, 04"):
            wide.within(some)
    theirs = Reach(department="water")
    Filter(departments=("water",)).within(theirs)
    with pytest.raises(BadFilter, match="water"):
        Filter(departments=("water", "roads")).within(theirs)
    Filter().within(Reach())
