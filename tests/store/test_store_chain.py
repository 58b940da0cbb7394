"""Evidence can be proved: whatever is changed behind the hub's back, `verify` names it."""

import psycopg
import pytest
from psycopg.types.json import Jsonb

from detectors.finding import Phase
from hub.store.chain import verify
from hub.store.record import link
from hub.store.session import open_session
from hub.store.verified import Difference, Verified
from hub.store.write import Store
from tests.support.databases import Database
from tests.support.stored import batch, followed, picture, raised


@pytest.fixture
def told(database: Database) -> Database:
    """A database with two alerts, one of them with two pictures and a whole life."""
    store = Store(database.dsn)
    start, other = raised(), raised(subject="gas-2")
    store.write(batch(changes=[start, other]))
    store.write(batch(pictures=[picture(start.alert), picture(start.alert, kind="confirmation", jpeg=b"another")]))
    store.write(batch(changes=[followed(start.alert, Phase.CLEARED, second=9)]))
    store.close()
    return database


def verified(database: Database) -> Verified:
    with open_session(database.dsn) as session:
        return verify(session)


def differences(database: Database) -> set[Difference]:
    return {problem.difference for problem in verified(database).problems}


def tamper(database: Database, statement: str) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        assert connection.execute(statement).rowcount > 0  # type: ignore[call-overload]


def test_a_picture_that_was_missing_is_proved_too(told: Database) -> None:
    store = Store(told.dsn)
    start = raised(subject="gas-3")
    store.write(batch(changes=[start], pictures=[picture(start.alert, kind="clear", missing="too_old")]))
    store.close()
    assert verified(told).problems == []
    tamper(told, "UPDATE alert_evidence SET missing = 'gap' WHERE missing IS NOT NULL")
    assert differences(told) == {Difference.CHANGED_ALERT}


def test_a_record_from_before_missing_pictures_were_told_of_is_still_sound(told: Database) -> None:
    with psycopg.connect(told.dsn, autocommit=True) as connection:
        rows = connection.execute("SELECT seq, alert_id, at, type, alert FROM feed ORDER BY alert_id, seq").fetchall()
        heads: dict[object, str] = {}
        for seq, alert_id, at, kind, document in rows:
            del document["evidence_missing"]
            previous = heads.get(alert_id, "")
            heads[alert_id] = link(previous, kind=kind, at=at, document=document)
            connection.execute(
                "UPDATE feed SET alert = %s, prev_hash = %s, hash = %s WHERE seq = %s",
                (Jsonb(document), previous, heads[alert_id], seq),
            )
        for alert_id, head in heads.items():
            connection.execute("UPDATE alerts SET record_hash = %s WHERE alert_id = %s", (head, alert_id))
    assert verified(told).problems == []


def test_what_was_written_is_as_recorded(told: Database) -> None:
    result = verified(told)
    assert (result.alerts, result.pictures, result.expired, result.problems) == (2, 2, 0, [])


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE feed SET at = at + INTERVAL '1 microsecond' WHERE seq = 2", {Difference.CHANGED_ROW}),
        ("UPDATE feed SET type = 'alert.updated' WHERE seq = 1", {Difference.CHANGED_ROW}),
        (
            "UPDATE feed SET alert = jsonb_set(alert, '{reason,text}', '\"nothing\"') WHERE seq = 2",
            {Difference.CHANGED_ROW, Difference.CHANGED_ALERT},
        ),
        ("UPDATE feed SET hash = md5(hash) WHERE seq = 1", {Difference.CHANGED_ROW, Difference.BROKEN_LINK}),
        ("DELETE FROM feed WHERE seq = 1", {Difference.BROKEN_LINK, Difference.MISSING_NUMBERS}),
        ("DELETE FROM feed WHERE seq = 2", {Difference.NO_RECORD, Difference.MISSING_NUMBERS}),
        (
            "DELETE FROM feed WHERE seq = 5",
            {Difference.WRONG_HEAD, Difference.CHANGED_ALERT, Difference.MISSING_NUMBERS},
        ),
        ("UPDATE alert_evidence SET jpeg = 'other' WHERE kind = 'first_sight'", {Difference.CHANGED_PICTURE}),
        (
            "UPDATE alert_evidence SET jpeg = 'x', sha256 = encode(sha256('x'), 'hex') WHERE kind = 'first_sight'",
            {Difference.MISSING_PICTURE, Difference.CHANGED_ALERT},
        ),
        (
            "DELETE FROM alert_evidence WHERE kind = 'first_sight'",
            {Difference.MISSING_PICTURE, Difference.CHANGED_ALERT},
        ),
        ("UPDATE alerts SET acknowledged = true WHERE subject = 'gas-2'", {Difference.CHANGED_ALERT}),
        ('UPDATE alerts SET reason = \'{"text": "", "numbers": {}}\'', {Difference.CHANGED_ALERT}),
        ("DELETE FROM alerts WHERE subject = 'gas-2'", {Difference.NO_ALERT}),
    ],
)
def test_a_change_behind_the_hubs_back_is_named(told: Database, statement: str, named: set[Difference]) -> None:
    tamper(told, statement)
    assert differences(told) == named


def test_swapped_rows_are_noticed_though_each_is_whole(told: Database) -> None:
    tamper(told, "UPDATE feed SET seq = -seq WHERE seq IN (3, 4)")
    tamper(told, "UPDATE feed SET seq = 7 + seq WHERE seq < 0")
    assert Difference.BROKEN_LINK in differences(told)


def test_a_problem_says_which_alert_and_what(told: Database) -> None:
    tamper(told, "UPDATE alerts SET acknowledged = true WHERE subject = 'gas-2'")
    (problem,) = verified(told).problems
    assert problem.document() == {
        "alert": str(problem.alert_id),
        "case": None,
        "problem": "changed_alert",
        "text": "the alert differs from its record in acknowledged",
    }


def test_one_alert_is_verified_alone(told: Database) -> None:
    tamper(told, "UPDATE alerts SET acknowledged = true WHERE subject = 'gas-2'")
    with open_session(told.dsn) as session:
        good = verify(session, raised().alert.alert_id)
    with open_session(told.dsn) as session:
        bad = verify(session, raised(subject="gas-2").alert.alert_id)
    with open_session(told.dsn) as session:
        missing = verify(session, raised(subject="gas-3").alert.alert_id)
    assert (good.alerts, good.pictures, good.problems) == (1, 2, [])
    assert [problem.difference for problem in bad.problems] == [Difference.CHANGED_ALERT]
    assert [problem.difference for problem in missing.problems] == [Difference.NO_ALERT]


def test_a_picture_whose_time_was_over_is_no_problem(told: Database) -> None:
    tamper(told, "UPDATE alert_evidence SET jpeg = NULL")
    result = verified(told)
    assert (result.pictures, result.expired, result.problems) == (2, 2, [])
