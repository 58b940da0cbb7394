"""The public's messages follow an alert's life: let out by a person, updated, cancelled, in one chain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Reason, Severity
from detectors.rules import RULES
from hub.alerts.alert import Alert, Condition, alert_id
from hub.dispatch.cap import Event, MessageType, Where, cap_document, draft, headline, messages, stamp
from hub.dispatch.cap_words import words_of
from hub.dispatch.document import FALSE_ALARM, alert_document

NOW = datetime(2026, 11, 22, 10, 0, 0, 250_000, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
RING = ((120.0, 30.0), (120.01, 30.0), (120.01, 30.01), (120.0, 30.0))
WHERE = Where(grid="03", name="澜东区石榴巷网格", city="澜溪市", rings=(RING,), spot=(120.005, 30.002))

RAISED = Alert(
    alert_id=alert_id("gas.leak", "gas-1", NOW),
    rule="gas.leak",
    subject="gas-1",
    grid="03",
    severity=Severity.MAJOR,
    since=NOW,
    raised_at=NOW,
    reason=Reason("31.5 % of the lower explosive limit", {"methane_pct_lel": 31.5}),
    config_version="c0ffee",
)


def told(alert: Alert, minute: float, **more) -> Event:
    return Event(at=NOW + timedelta(minutes=minute), alert={**alert_document(alert, ()), **more})


ACKNOWLEDGED = replace(RAISED, acknowledged=True, acknowledged_by="wang", revision=2)
WORSE = replace(ACKNOWLEDGED, severity=Severity.CRITICAL, revision=3)
SHELVED = replace(WORSE, shelved_until=NOW + timedelta(hours=1), revision=4)
OVER = replace(WORSE, condition=Condition.CLEARED, cleared_at=NOW, revision=5)
LIFE = [told(RAISED, 0), told(ACKNOWLEDGED, 2), told(WORSE, 3), told(SHELVED, 4), told(OVER, 9)]
LIE = {"verdict": {"is": FALSE_ALARM, "by": "wang", "at": None, "reason": "a test"}}


def test_the_public_is_told_once_somebody_has_looked_at_it():
    assert messages(LIFE[:1]) == []
    first = draft(LIFE[:1])
    assert first is not None
    assert (first.is_draft, first.type) == (True, MessageType.ALERT)
    (sent,) = messages(LIFE[:2])
    assert (sent.type, sent.severity, sent.sent) == (MessageType.ALERT, "major", LIFE[1].at)


def test_a_whole_life_is_told_as_alert_update_and_cancellation():
    found = messages(LIFE)
    assert [one.type for one in found] == [MessageType.ALERT, MessageType.UPDATE, MessageType.CANCEL]
    assert [one.revision for one in found] == [2, 3, 5], "shelving is the centre's own business"
    assert [len(one.before) for one in found] == [0, 1, 2]
    assert found[2].before == tuple((one.identifier, one.sent) for one in found[:2])
    assert draft(LIFE) is None


def test_what_ended_before_anybody_looked_is_told_to_nobody():
    unseen = replace(RAISED, condition=Condition.CLEARED, cleared_at=NOW, revision=2)
    late = replace(unseen, acknowledged=True, revision=3)
    assert messages([told(RAISED, 0), told(unseen, 1), told(late, 2)]) == []


def test_a_false_alarm_is_taken_back_and_says_so():
    found = messages([*LIFE[:2], told(replace(ACKNOWLEDGED, revision=3), 5, **LIE), told(OVER, 9)])
    assert [one.type for one in found] == [MessageType.ALERT, MessageType.CANCEL], "and nothing comes after it"
    document = cap_document(found[-1], WHERE, sender="lianqin@hub.example", zone=ZONE)
    assert "误报" in (document.findtext("note") or "")
    never = messages([told(RAISED, 0), told(ACKNOWLEDGED, 1, **LIE)])
    assert never == []


def test_a_measurement_that_is_older_than_the_acknowledgement_is_not_sent_before_it():
    found = messages([told(RAISED, 0), told(ACKNOWLEDGED, 10), told(WORSE, 8)])
    assert [one.sent for one in found] == [LIFE[0].at + timedelta(minutes=10)] * 2


def test_a_message_is_written_in_both_languages_with_its_ground():
    update = messages(LIFE)[1]
    document = cap_document(update, WHERE, sender="lianqin@hub.example", zone=ZONE)
    assert document.attrib == {"xmlns": "urn:oasis:names:tc:emergency:cap:1.2"}
    order = [child.tag for child in document]
    assert order == [
        *("identifier", "sender", "sent", "status", "msgType", "scope", "references"),
        *("info", "info"),
    ]
    assert document.findtext("sent") == "2026-11-22T18:03:00+08:00"
    assert document.findtext("status") == "Actual"
    first = f"lianqin@hub.example,{RAISED.alert_id}-2,2026-11-22T18:02:00+08:00"
    assert document.findtext("references") == first
    chinese, english = document.findall("info")
    assert (chinese.findtext("language"), english.findtext("language")) == ("zh-CN", "en-US")
    assert chinese.findtext("headline") == "澜东区石榴巷网格：燃气泄漏"
    assert english.findtext("event") == "Gas leak"
    assert [each.text for each in english.findall("category")] == ["Safety", "Infra"]
    assert (english.findtext("urgency"), english.findtext("severity")) == ("Immediate", "Extreme")
    assert english.findtext("certainty") == "Observed"
    area = english.find("area")
    assert area is not None
    assert area.findtext("polygon") == "30.00000,120.00000 30.00000,120.01000 30.01000,120.01000 30.00000,120.00000"
    assert area.find("circle") is None
    assert area.findtext("geocode/value") == "03"
    assert "wang" not in str([child.text for child in document.iter()]), "who acknowledged it is nobody's business"


def test_the_end_is_all_clear():
    cancelled = messages(LIFE)[-1]
    chinese, english = cap_document(cancelled, WHERE, sender="x", zone=ZONE).findall("info")
    assert (chinese.findtext("responseType"), english.findtext("urgency")) == ("AllClear", "Past")
    assert "已解除" in headline(cancelled, WHERE, "zh-CN")
    assert "is over" in (english.findtext("headline") or "")


def test_without_a_boundary_a_circle_around_the_device_and_without_that_its_name_alone():
    message = messages(LIFE)[0]
    spot = cap_document(message, replace(WHERE, rings=()), sender="x", zone=ZONE).find("info/area")
    assert spot is not None
    assert spot.findtext("circle") == "30.00200,120.00500 0.3"
    named = cap_document(message, replace(WHERE, rings=(), spot=None), sender="x", zone=ZONE).find("info/area")
    assert named is not None
    assert [child.tag for child in named] == ["areaDesc", "geocode"]


def test_times_are_never_written_with_a_z():
    assert stamp(NOW, ZoneInfo("UTC")) == "2026-11-22T10:00:00-00:00"


@pytest.mark.parametrize("rule", sorted(RULES))
def test_there_are_words_for_every_rule_that_a_centre_may_let_out(rule):
    chinese, english = words_of(rule, "zh-CN"), words_of(rule, "en-US")
    for words in (chinese, english):
        assert words.event
        assert words.instruction
        assert words.categories
    assert chinese.event != english.event


STEPS = st.lists(st.sampled_from(["ack", "unack", "worse", "better", "lie", "shelve"]), max_size=12)


@given(STEPS, st.booleans())
def test_the_messages_of_any_life_follow_one_another(steps, ends):
    alert, more, record = RAISED, {}, [told(RAISED, 0)]
    for minute, step in enumerate(steps, start=1):
        if step in ("ack", "unack"):
            alert = replace(alert, acknowledged=step == "ack")
        elif step in ("worse", "better"):
            alert = replace(alert, severity=Severity.CRITICAL if step == "worse" else Severity.MINOR)
        elif step == "lie":
            more = LIE
        alert = replace(alert, revision=alert.revision + 1)
        record.append(told(alert, minute, **more))
    if ends:
        over = replace(alert, condition=Condition.CLEARED, cleared_at=NOW, revision=alert.revision + 1)
        record.append(told(over, 99, **more))
    found = messages(record)
    if found:
        assert found[0].type is MessageType.ALERT
        assert [one.type for one in found[1:-1]] == [MessageType.UPDATE] * len(found[1:-1])
        assert all(one.type is not MessageType.ALERT for one in found[1:])
        assert (found[-1].type is MessageType.CANCEL) == (ends or more == LIE)
    assert len({one.identifier for one in found}) == len(found)
    for index, one in enumerate(found):
        assert one.before == tuple((each.identifier, each.sent) for each in found[:index])
    for cut in range(len(record)):
        assert messages(record[:cut]) == found[: len(messages(record[:cut]))], "what was sent stays sent"
