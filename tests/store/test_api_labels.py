"""Labels over HTTP: given, missed events reported, files taken all or none, verdicts among them, and taken back."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub.api import model_labels
from hub.people.caller import Reach
from hub.store.label_candidates import keep_candidates
from hub.store.read_labels import LabelFilter, find_labels, labels_of
from hub.store.session import open_session
from hub.tuning.judging import Question, raised_of
from hub.tuning.labels.sampling import Drawn
from tests.support.api import Api, serving, token_for
from tests.support.databases import Database
from tests.support.stored import NOW, batch, raised

LABELS = "/api/v1/tuning/labels"
SINCE, UNTIL = (NOW - timedelta(hours=2)).isoformat(), (NOW - timedelta(hours=1)).isoformat()
GIVEN = {"rule": "gas.leak", "subject": "gas-1", "since": SINCE, "until": UNTIL, "verdict": "true"}


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def give(api: Api, role: str = "engineer", **fields: Any) -> Any:
    return api.client(role).post(LABELS, json={**GIVEN, **fields})


def listed(api: Api, **query: Any) -> list[dict[str, Any]]:
    answer = api.client("engineer").get(LABELS, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def take(api: Api, text: str, kind: str = "application/x-ndjson") -> Any:
    return api.client("engineer").post(f"{LABELS}/import", content=text.encode(), headers={"Content-Type": kind})


def test_a_label_is_given_listed_and_taken_back(api: Api) -> None:
    answer = give(api, reason="the crew found the leak")
    assert answer.status_code == 201, answer.text
    label = answer.json()
    assert (label["grid"], label["source"], label["weight"], label["by"]) == ("01", "drawn", 1.0, "the engineer")
    assert set(label) == set(model_labels.Label.model_fields)
    assert listed(api) == [label]
    assert listed(api, rule="water.burst") == listed(api, verdict="missed") == []
    assert listed(api, until=(NOW - timedelta(hours=3)).isoformat()) == []
    assert api.client("engineer").delete(f"{LABELS}/{label['id']}").status_code == 204
    assert listed(api) == []
    again = api.client("engineer").delete(f"{LABELS}/{label['id']}")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        f"label {label['id']} was withdrawn by the engineer already",
    )
    audited = [row[0] for row in api.rows("SELECT action FROM audit WHERE target LIKE 'label/%' ORDER BY id")]
    assert audited == ["label.given", "label.withdrawn"]
    with psycopg.connect(api.dsn) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute("DELETE FROM labels")


def test_an_operator_reports_what_was_missed_and_nothing_else(api: Api) -> None:
    answer = give(api, "operator", verdict="missed", reason="a resident smelt it")
    assert answer.status_code == 201, answer.text
    refused = give(api, "operator")
    assert refused.status_code == 403
    assert "tune:write" in refused.json()["detail"]
    assert give(api, "supervisor", verdict="missed").status_code == 403
    assert [each["verdict"] for each in listed(api)] == ["missed"]


def test_what_is_not_right_is_told_with_what_would_be(api: Api) -> None:
    answer = give(api, rule="gas.laek", subject="gas-9", until=(NOW - timedelta(hours=3)).isoformat())
    assert answer.status_code == 422
    assert [each["detail"] for each in answer.json()["errors"]] == [
        "rule: there is no rule gas.laek; is gas.leak meant?",
        "until: must not lie before since",
        "subject: there is no gas-9 in the city; is gas-2 meant?",
    ]
    assert give(api, since=(NOW + timedelta(hours=1)).isoformat(), until=None).status_code == 422
    assert give(api, source="import").status_code == 422


def test_a_verdict_is_a_label_without_copying_and_a_later_word_counts(api: Api) -> None:
    alert = raised(second=-300, since=-600).alert
    api.write(batch(changes=[raised(second=-300, since=-600)]))
    operator = api.client("operator")
    operator.post(f"/api/v1/alerts/{alert.alert_id}/verdict", json={"is": "false_alarm", "reason": "a test"})
    (label,) = listed(api)
    assert (label["verdict"], label["source"], label["alert"]) == ("false", "verdict", str(alert.alert_id))
    assert (label["by"], label["reason"], label["until"]) == ("the operator", "a test", None)
    refused = api.client("engineer").delete(f"{LABELS}/{label['id']}")
    assert (refused.status_code, str(alert.alert_id) in refused.json()["detail"]) == (409, True)
    api.pass_time(timedelta(seconds=5))
    corrected = api.client("engineer").post(LABELS, json={"alert": str(alert.alert_id), "verdict": "true"})
    assert corrected.status_code == 201, corrected.text
    assert corrected.json()["subject"] == alert.subject
    summary = api.client("engineer").get(f"{LABELS}/summary").json()
    (rule,) = summary["items"]
    assert (rule["true"], rule["false"], rule["precision"]["enough"]) == (1, 0, False)
    operator.post(f"/api/v1/alerts/{alert.alert_id}/unverdict")
    assert [each["source"] for each in listed(api)] == ["drawn"]


def test_what_is_exported_is_imported_as_it_was_and_a_second_time_adds_nothing(api: Api) -> None:
    give(api, reason='=HYPERLINK("x"), "quoted",\nand two lines')
    give(api, "operator", verdict="missed", until=None)
    before = listed(api)
    client = api.client("engineer")
    files = {form: client.get(f"{LABELS}/export", params={"format": form}).text for form in ("jsonl", "csv")}
    assert take(api, files["jsonl"]).json() == {"added": 0, "known": 2, "withdrawn": 0}
    table = csv.DictReader(io.StringIO(files["csv"].removeprefix("\ufeff"), newline=""))
    cells = [row["reason"] for row in table]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    with psycopg.connect(api.dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE labels")  # another hub
    assert take(api, files["csv"], "text/csv").json() == {"added": 2, "known": 0, "withdrawn": 0}
    assert listed(api) == before
    client.delete(f"{LABELS}/{before[0]['id']}")
    assert take(api, files["jsonl"]).json() == {"added": 0, "known": 2, "withdrawn": 1}
    assert len(listed(api)) == 1


def test_a_file_without_ids_says_the_same_a_second_time(api: Api) -> None:
    lines = "".join(json.dumps({**GIVEN, "weight": weight}) + "\n" for weight in (1, 4))
    assert take(api, lines).json()["added"] == 2
    assert take(api, lines).json() == {"added": 0, "known": 2, "withdrawn": 0}
    assert {each["source"] for each in listed(api)} == {"import"}
    assert sorted(each["weight"] for each in listed(api)) == [1.0, 4.0]


def test_of_a_file_with_bad_lines_nothing_is_taken_and_each_is_named(api: Api) -> None:
    good = json.dumps(GIVEN)
    answer = take(api, "\n".join([good, "{", json.dumps({**GIVEN, "verdict": "yes"}), "", good]))
    assert answer.status_code == 422
    assert [(each["line"], each["detail"]) for each in answer.json()["errors"]] == [
        (2, 'is no JSON; each line is one object, such as {"rule": "water.burst", …}'),
        (3, "verdict: must be one of true, false, missed"),
        (5, "says the same as line 1; leave one of them out"),
    ]
    header = take(api, "rule,subject,verdict\n", "text/csv").json()
    assert "the header lacks since" in header["detail"]
    short = take(api, f"rule,subject,since,verdict\ngas.leak,gas-1,{SINCE}\n", "text/csv").json()
    assert "line 2: has fewer than the 4 fields" in short["detail"]
    latin = api.client("engineer").post(
        f"{LABELS}/import", content="rule\n燃气".encode("gbk"), headers={"Content-Type": "text/csv"}
    )
    assert "UTF-8" in latin.json()["detail"]
    assert take(api, good, "application/json").status_code == 422
    assert listed(api) == []


def test_pages_follow_one_another_without_a_gap(api: Api) -> None:
    for minute in range(5):
        give(api, since=(NOW - timedelta(hours=2, minutes=minute)).isoformat())
    first = api.client("engineer").get(LABELS, params={"limit": 3}).json()
    second = api.client("engineer").get(LABELS, params={"limit": 3, "cursor": first["next"]}).json()
    assert second["next"] is None
    assert [*first["items"], *second["items"]] == listed(api)


def test_labels_are_seen_within_reach_alone(api: Api) -> None:
    give(api)
    with open_session(api.dsn) as session:
        narrow = Reach(grids=frozenset({"02"}))
        assert find_labels(session, LabelFilter(), reach=narrow) == []
        assert len(find_labels(session, LabelFilter(), reach=Reach(grids=frozenset({"01"})))) == 1
    with psycopg.connect(api.dsn) as connection:
        api.tokens["narrow"] = token_for(connection, "operator", districts=["nowhere"])
    answer = give(api, "narrow", verdict="missed")
    assert (answer.status_code, "not one of those that you see" in answer.json()["detail"]) == (422, True)


def test_a_question_gets_the_labels_of_its_places(api: Api) -> None:
    give(api)
    city = api.hub.configuration.city

    def asked(**narrowed: Any) -> int:
        every: dict[str, Any] = {"rules": None, "grids": None, "subjects": None}
        question = Question(**{**every, **narrowed}, since=NOW - timedelta(days=1), until=NOW)
        with open_session(api.dsn) as session:
            return len(labels_of(session, question, city))

    assert asked() == asked(rules=frozenset({"gas.leak"})) == asked(subjects=frozenset({"gas-1"})) == 1
    assert asked(rules=frozenset({"water.burst"})) == asked(subjects=frozenset({"gas-2"})) == 0
    assert asked(grids=frozenset({"02"})) == 0


def test_a_candidate_waits_for_a_label_and_stands_for_the_share_that_was_labelled(api: Api) -> None:
    alerts = [raised(second=-300 * n, since=-300 * n - 60).alert for n in range(1, 5)]
    drawn = [
        Drawn(candidate=raised_of(alert), stratum="gas.leak|near|x", frame=40, turn=turn)
        for turn, alert in enumerate(alerts)
    ]
    with open_session(api.dsn) as session:
        assert keep_candidates(session, drawn, by="lianqin", at=NOW) == 4
        keep_candidates(session, drawn, by="lianqin", at=NOW)
    client = api.client("engineer")
    waiting = client.get(f"{LABELS}/waiting", params={"limit": 2}).json()
    assert (waiting["waiting"], len(waiting["items"])) == (4, 2)
    first, second = waiting["items"]
    assert (first["nearness"], first["frame"], first["subject"]) == ("near", 40, "gas-1")
    given = client.post(LABELS, json={"candidate": first["id"], "verdict": "missed"})
    assert (given.status_code, given.json()["source"]) == (201, "sample")
    assert [each["weight"] for each in listed(api)] == [40.0]
    client.post(LABELS, json={"candidate": second["id"], "verdict": "false"})
    assert [each["weight"] for each in listed(api)] == [20.0, 20.0]
    assert client.post(LABELS, json={"candidate": first["id"], "verdict": "false"}).status_code == 409
    assert client.get(f"{LABELS}/waiting").json()["waiting"] == 2
    client.delete(f"{LABELS}/{given.json()['id']}")
    assert client.get(f"{LABELS}/waiting").json()["waiting"] == 3
    assert [each["weight"] for each in listed(api)] == [40.0]
