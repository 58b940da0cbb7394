"""Alerts over HTTP: found by every filter, in stable pages, and changed once, audited and told to the feed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from detectors.finding import Phase, Severity
from hub.alerts.alert import Alert
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.stored import NOW, after, batch, followed, picture, raised


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


@pytest.fixture
def each_api(database: Database, tmp_path: Path) -> Iterator[Api]:
    """The API over each edition, for what leans on the tables' kind."""
    with serving(database.dsn, tmp_path) as running:
        yield running


def raise_one(api: Api, **about: Any) -> Alert:
    change = raised(**about)
    api.write(batch(changes=[change]))
    return change.alert


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [alert["id"] for alert in answer.json()["items"]]


def test_an_alert_is_served_with_its_reason_and_its_evidence(api: Api) -> None:
    alert = raise_one(api)
    api.write(batch(pictures=[picture(alert)]))
    found = api.client("dispatch").get(f"/api/v1/alerts/{alert.alert_id}").json()
    assert found["rule"] == "gas.leak"
    assert found["condition"] == "active"
    assert found["reason"] == {"text": "gas-1: raised", "methane_pct_lel": 31.5, "threshold_pct_lel": 25.0}
    (evidence,) = found["evidence"]
    answer = api.client("dispatch").get(evidence["url"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    assert "private" in answer.headers["cache-control"]
    known = api.client("dispatch").get(evidence["url"], headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_every_filter_finds_what_it_says_and_nothing_else(each_api: Api) -> None:
    gas = raise_one(each_api, second=0, severity=Severity.CRITICAL)
    burst = raise_one(each_api, second=10, rule="water.burst", subject="water-1", grid="02")
    quality = raise_one(
        each_api, second=20, rule="water.quality", subject="water-1", grid="02", severity=Severity.MINOR
    )
    each_api.write(batch(changes=[followed(quality, Phase.CLEARED, second=30)]))
    client = each_api.client("operator")
    client.post(f"/api/v1/alerts/{gas.alert_id}/acknowledge").raise_for_status()
    client.post(f"/api/v1/alerts/{burst.alert_id}/shelve", json={"for_s": 600, "reason": "known"}).raise_for_status()
    wanted = {"gas": str(gas.alert_id), "burst": str(burst.alert_id), "quality": str(quality.alert_id)}

    def found(**query: Any) -> set[str]:
        names = {alert_id: name for name, alert_id in wanted.items()}
        return {names[alert_id] for alert_id in ids(client.get("/api/v1/alerts", params=query))}

    assert found() == {"gas", "burst", "quality"}
    assert found(condition="active") == {"gas", "burst"}
    assert found(condition="cleared") == {"quality"}
    assert found(rule="water.*") == {"burst", "quality"}
    assert found(rule=["gas.leak", "water.burst"]) == {"gas", "burst"}
    assert found(severity=["critical", "minor"]) == {"gas", "quality"}
    assert found(grid="02") == {"burst", "quality"}
    assert found(subject="water-1", rule="water.burst") == {"burst"}
    assert found(acknowledged=True) == {"gas"}
    assert found(acknowledged=False) == {"burst", "quality"}
    assert found(shelved=True) == {"burst"}
    assert found(shelved=False) == {"gas", "quality"}
    assert found(since=after(10).isoformat()) == {"burst", "quality"}
    assert found(until=after(10).isoformat()) == {"gas"}
    each_api.pass_time(timedelta(minutes=11))
    assert found(shelved=True) == set()


def test_pages_show_every_alert_once_although_new_ones_come_meanwhile(each_api: Api) -> None:
    # Several at the same instant: the cursor must not lose those that share the last row's time.
    first = [raised(subject=f"gas-{n}", second=n // 4) for n in range(23)]
    each_api.write(batch(changes=first))
    client, seen, cursor = each_api.client("operator"), list[str](), None
    for turn in range(20):
        query = {"limit": 5, **({"cursor": cursor} if cursor else {})}
        answer = client.get("/api/v1/alerts", params=query)
        seen += ids(answer)
        raise_one(each_api, subject=f"new-{turn}", second=100 + turn)
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert seen == sorted(seen, key=seen.index)
    assert sorted(seen) == sorted(str(change.alert.alert_id) for change in first)


def test_a_cursor_that_no_page_gave_is_refused(api: Api) -> None:
    client = api.client("operator")
    for cursor in ("x", "W10", "WyJhbGVydHMiLDEsMl0", "bnVsbA", "WyJsZWRnZXIiLCIyMDI2IiwiIl0"):
        answer = client.get("/api/v1/alerts", params={"cursor": cursor})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "cursor"


def test_acknowledging_is_told_to_the_feed_and_audited(each_api: Api) -> None:
    alert = raise_one(each_api)
    answer = each_api.client("operator").post(f"/api/v1/alerts/{alert.alert_id}/acknowledge")
    assert answer.json()["acknowledged"] is True
    assert answer.json()["acknowledged_by"] == "the operator"
    feed = each_api.client("dispatch").get("/api/v1/feed?after=1").json()
    assert [item["type"] for item in feed["items"]] == ["alert.acknowledged"]
    assert feed["items"][0]["alert"] == answer.json()
    written = each_api.rows("SELECT actor, action, target, remote FROM audit WHERE action LIKE 'alert.%'")
    assert written == [("the operator", "alert.acknowledged", f"alert/{alert.alert_id}", "127.0.0.1")]


def test_an_order_that_makes_no_sense_is_a_conflict_and_changes_nothing(api: Api) -> None:
    alert = raise_one(api)
    client, path = api.client("operator"), f"/api/v1/alerts/{alert.alert_id}"
    assert client.post(f"{path}/unacknowledge").status_code == 409
    assert client.post(f"{path}/unshelve").status_code == 409
    client.post(f"{path}/acknowledge").raise_for_status()
    again = client.post(f"{path}/acknowledge")
    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json()["type"] == "urn:lianqin:problem:illegal-transition"
    assert api.rows("SELECT count(*) FROM feed") == [(2,)]
    assert api.rows("SELECT count(*) FROM audit WHERE action LIKE 'alert.%'") == [(1,)]


def test_a_cleared_alert_can_be_acknowledged_but_not_shelved(api: Api) -> None:
    alert = raise_one(api)
    api.write(batch(changes=[followed(alert, Phase.CLEARED, second=5)]))
    client, path = api.client("operator"), f"/api/v1/alerts/{alert.alert_id}"
    assert client.post(f"{path}/shelve", json={"for_s": 600, "reason": "later"}).status_code == 409
    found = client.post(f"{path}/acknowledge").json()
    assert (found["condition"], found["acknowledged"]) == ("cleared", True)


def test_shelving_needs_a_reason_and_one_end_in_reach(api: Api) -> None:
    alert = raise_one(api)
    client, path = api.client("operator"), f"/api/v1/alerts/{alert.alert_id}/shelve"
    for body, pointer in [
        ({"for_s": 600}, "#/reason"),
        ({"for_s": 600, "reason": ""}, "#/reason"),
        ({"for_s": 600, "reason": "with\x00nothing"}, "#/reason"),
        ({"reason": "no end"}, "#"),
        ({"reason": "two ends", "for_s": 600, "until": after(600).isoformat()}, "#"),
        ({"reason": "past", "until": after(-1).isoformat()}, "#/until"),
        ({"reason": "too long", "until": (NOW + timedelta(days=31)).isoformat()}, "#/until"),
        ({"reason": "no zone", "until": "2026-11-23T05:00:00"}, "#/until"),
        ({"reason": "misspelt", "for_s": 600, "untill": "x"}, "#/untill"),
    ]:
        answer = client.post(path, json=body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert client.post(path, content=b"{").json()["errors"][0]["pointer"] == "#"
    answer = client.post(path, json={"reason": "检修", "until": "2026-11-23T13:00:00+08:00"})
    assert answer.json()["shelved_until"] == "2026-11-23T05:00:00.000000Z"
    assert answer.json()["shelve_reason"] == "检修"


def test_the_same_key_gives_the_same_answer_and_one_change(api: Api) -> None:
    alert = raise_one(api)
    client, path, key = api.client("operator"), f"/api/v1/alerts/{alert.alert_id}", {"Idempotency-Key": "abc-1"}
    first = client.post(f"{path}/acknowledge", headers=key)
    client.post(f"{path}/unacknowledge").raise_for_status()
    again = client.post(f"{path}/acknowledge", headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert client.get(path).json()["acknowledged"] is False
    other = client.post(f"{path}/unacknowledge", headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:lianqin:problem:key-reused")
    # Another's key of the same name is another key.
    assert api.client("admin").post(f"{path}/acknowledge", headers=key).json()["acknowledged_by"] == "the admin"


def test_a_refusal_is_repeated_too_and_a_key_is_forgotten_after_a_day(api: Api) -> None:
    alert = raise_one(api)
    client, path, key = api.client("operator"), f"/api/v1/alerts/{alert.alert_id}", {"Idempotency-Key": "abc-2"}
    assert client.post(f"{path}/unacknowledge", headers=key).status_code == 409
    client.post(f"{path}/acknowledge").raise_for_status()
    again = client.post(f"{path}/unacknowledge", headers=key)
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")
    api.pass_time(timedelta(hours=25))
    assert client.post(f"{path}/unacknowledge", headers=key).status_code == 200


def test_a_key_with_another_body_is_refused(api: Api) -> None:
    alert = raise_one(api)
    client, path = api.client("operator"), f"/api/v1/alerts/{alert.alert_id}/shelve"
    key = {"Idempotency-Key": "k"}
    assert client.post(path, json={"for_s": 600, "reason": "a"}, headers=key).status_code == 200
    assert client.post(path, json={"for_s": 601, "reason": "a"}, headers=key).status_code == 422
    assert client.post(path, json={"for_s": 600, "reason": "a"}, headers=key).status_code == 200


def test_one_key_sent_many_times_at_once_is_one_change(api: Api) -> None:
    alert = raise_one(api)
    client = api.client("operator")

    def send(_: int) -> Any:
        return client.post(f"/api/v1/alerts/{alert.alert_id}/acknowledge", headers={"Idempotency-Key": "race"})

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert api.rows("SELECT count(*) FROM feed WHERE type = 'alert.acknowledged'") == [(1,)]


def test_without_a_key_only_one_of_many_acknowledgements_succeeds(api: Api) -> None:
    alert = raise_one(api)
    client = api.client("operator")

    def send(_: int) -> int:
        return client.post(f"/api/v1/alerts/{alert.alert_id}/acknowledge").status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(send, range(12)))
    assert sorted(statuses) == [200] + [409] * 11


def test_what_is_not_there_is_not_found(api: Api) -> None:
    client = api.client("admin")
    for path in (f"/api/v1/alerts/{uuid4()}", f"/api/v1/evidence/{'0' * 64}", "/api/v1/quarantine/7", "/nowhere"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["instance"] == path
    assert client.post(f"/api/v1/alerts/{uuid4()}/acknowledge").status_code == 404
    assert client.get("/api/v1/alerts/no-uuid").status_code == 422
    wrong = client.delete("/api/v1/alerts")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")


def test_a_picture_whose_time_is_over_is_gone(api: Api) -> None:
    alert = raise_one(api)
    api.write(batch(pictures=[picture(alert)]))
    client = api.client("operator")
    url = client.get(f"/api/v1/alerts/{alert.alert_id}").json()["evidence"][0]["url"]
    api.rows("UPDATE alert_evidence SET jpeg = NULL RETURNING 1")
    assert client.get(url).status_code == 410


def test_a_misspelt_filter_is_refused_instead_of_matching_everything(api: Api) -> None:
    answer = api.client("operator").get("/api/v1/alerts", params={"severty": "critical"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "severty"
