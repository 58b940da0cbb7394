"""CAP over a real database: a gas alert acknowledged by an operator is in the public's feed, and leaves it again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import httpx
import psycopg
import pytest

from detectors.finding import Phase, Severity
from hub.people.caller import EVERYWHERE
from hub.store.read_alerts import find_alert
from hub.store.session import open_session
from tests.support.api import Api, serving, token_for
from tests.support.databases import Database
from tests.support.stored import batch, followed, raised

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        running.hub.public_url = "https://hub.example"
        yield running


def entries(api: Api, role: str = "dispatch") -> list[ElementTree.Element]:
    answer = api.client(role).get("/api/v1/cap/alerts")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/atom+xml")
    return ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")


def message(answer: httpx.Response) -> ElementTree.Element:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/cap+xml")
    return ElementTree.fromstring(answer.content)


def test_a_gas_leak_is_told_to_the_public_from_its_acknowledgement_to_its_end(api: Api) -> None:
    change = raised(second=-60)
    alert_id = change.alert.alert_id
    api.write(batch(changes=[change]))
    client, path = api.client("operator"), f"/api/v1/alerts/{alert_id}/cap"
    assert message(client.get(path)).findtext(f"{CAP}status") == "Draft"
    assert entries(api) == [], "nothing leaves before somebody looked at it"
    assert client.post(f"/api/v1/alerts/{alert_id}/acknowledge").status_code == 200
    first = message(client.get(path))
    assert (first.findtext(f"{CAP}status"), first.findtext(f"{CAP}msgType")) == ("Actual", "Alert")
    assert first.findtext(f"{CAP}sender") == "lianqin@hub.example"
    (entry,) = entries(api)
    assert entry.findtext(f"{ATOM}summary") == "One: Gas leak"
    link = entry.find(f"{ATOM}link")
    assert link is not None
    address = link.attrib["href"].removeprefix("https://hub.example")
    assert message(client.get(address)).findtext(f"{CAP}identifier") == first.findtext(f"{CAP}identifier")
    with open_session(api.dsn) as connection:
        found = find_alert(connection, alert_id, EVERYWHERE)
    assert found is not None
    api.write(batch(changes=[followed(found.alert, Phase.UPDATED, second=30, severity=Severity.CRITICAL)]))
    with open_session(api.dsn) as connection:
        found = find_alert(connection, alert_id, EVERYWHERE)
    assert found is not None
    api.write(batch(changes=[followed(found.alert, Phase.CLEARED, second=60, severity=Severity.CRITICAL)]))
    last = message(client.get(path))
    assert last.findtext(f"{CAP}msgType") == "Cancel"
    assert len((last.findtext(f"{CAP}references") or "").split()) == 2
    assert message(client.get(address)).findtext(f"{CAP}msgType") == "Alert", "what was sent can be read for ever"
    assert client.get(f"{path}?revision=77").status_code == 404
    assert [each.find(f"{ATOM}category").attrib["term"] for each in entries(api)] == ["Cancel"]  # type: ignore[union-attr]
    api.pass_time(timedelta(days=3))
    assert entries(api) == [], "what ended days ago is no news"


def test_what_the_plan_does_not_call_public_is_told_to_nobody(api: Api) -> None:
    change = raised(rule="device.silent")
    api.write(batch(changes=[change]))
    client = api.client("operator")
    client.post(f"/api/v1/alerts/{change.alert.alert_id}/acknowledge").raise_for_status()
    answer = client.get(f"/api/v1/alerts/{change.alert.alert_id}/cap")
    assert (answer.status_code, "public_rules" in answer.json()["detail"]) == (404, True)
    assert entries(api) == []


def test_a_false_alarm_is_cancelled(api: Api) -> None:
    change = raised(second=-60)
    api.write(batch(changes=[change]))
    client, path = api.client("operator"), f"/api/v1/alerts/{change.alert.alert_id}"
    client.post(f"{path}/acknowledge").raise_for_status()
    answer = client.post(f"{path}/verdict", json={"is": "false_alarm", "reason": "the probe was being calibrated"})
    assert answer.status_code == 200, answer.text
    cancelled = message(client.get(f"{path}/cap"))
    assert cancelled.findtext(f"{CAP}msgType") == "Cancel"
    assert "误报" in (cancelled.findtext(f"{CAP}note") or "")
    assert "calibrated" not in client.get(f"{path}/cap").text


def test_whoever_sees_one_grid_is_told_of_that_one(api: Api) -> None:
    change = raised(grid="02", subject="gas-2", second=-60)
    api.write(batch(changes=[change]))
    path = f"/api/v1/alerts/{change.alert.alert_id}"
    api.client("operator").post(f"{path}/acknowledge").raise_for_status()
    with psycopg.connect(api.dsn) as connection:
        elsewhere = {"Authorization": f"Bearer {token_for(connection, 'operator', ['North'])}"}
    client = api.client(None)
    assert client.get(f"{path}/cap", headers=elsewhere).status_code == 404
    feed = ElementTree.fromstring(client.get("/api/v1/cap/alerts", headers=elsewhere).content)
    assert feed.findall(f"{ATOM}entry") == []
    assert len(entries(api)) == 1
