from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import msgspec

from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import EventType
from hub.dispatch.document import EvidenceRef
from hub.worker.evidence import AGAIN_FIRST, AGAIN_MOST, GIVE_UP, NO_ANSWER, Outstanding
from ingest.observation import Box, EvidencePicture
from tests.support.stored import after
from tests.support.stored import raised as raised_anywhere

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


def camera_alert(*, cleared: bool = False) -> Alert:
    sightings = {"first_sight": after(-60), "confirmation": after(0)} | ({"clear": after(90)} if cleared else {})
    box = Box("car", 0.9, 1, 0.1, 0.2, 0.3, 0.4)
    return replace(raised_anywhere().alert, camera_id="cam-1", box=box, sightings=sightings)


def raised() -> AlertChange:
    return AlertChange(alert=camera_alert(), type=EventType.RAISED, at=NOW)


def kinds(payload: bytes) -> list[str]:
    return [picture["kind"] for picture in msgspec.json.decode(payload)["pictures"]]


def answer(change: AlertChange, kind: str, missing: str = "") -> EvidencePicture:
    return EvidencePicture(
        camera_id="cam-1",
        alert_id=str(change.alert.alert_id),
        kind=kind,
        captured_at=NOW,
        received_at=NOW,
        jpeg=b"" if missing else b"\xff\xd8\xff",
        missing=missing,
    )


def test_a_raised_alert_asks_for_its_first_sight_and_its_confirmation() -> None:
    asked = Outstanding()
    ((topic, payload),) = asked.changed([raised()], NOW)
    assert topic.endswith("/evidence/request")
    assert kinds(payload) == ["first_sight", "confirmation"]
    assert len(asked) == 2


def test_a_picture_that_came_is_not_asked_for_again() -> None:
    asked, change = Outstanding(), raised()
    list(asked.changed([change], NOW))
    asked.answered([answer(change, "first_sight"), answer(change, "first_sight_annotated")])
    again, given_up = asked.due(NOW + AGAIN_FIRST)
    assert [kinds(payload) for _, payload in again] == [["confirmation"]]
    assert given_up == []


def test_word_that_there_is_no_picture_is_an_answer_too() -> None:
    asked, change = Outstanding(), raised()
    list(asked.changed([change], NOW))
    asked.answered([answer(change, "first_sight", "too_old"), answer(change, "confirmation", "gap")])
    assert asked.due(NOW + GIVE_UP) == ([], [])


def test_it_asks_ever_less_often_and_in_the_end_says_that_nothing_came() -> None:
    asked, change = Outstanding(), raised()
    list(asked.changed([change], NOW))
    times = []
    for second in range(int(GIVE_UP.total_seconds())):
        again, given_up = asked.due(NOW + timedelta(seconds=second))
        assert given_up == []
        times += [second] * bool(again)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert times[0] == AGAIN_FIRST.total_seconds()
    assert gaps == sorted(gaps)
    assert gaps[-1] == AGAIN_MOST.total_seconds()
    again, given_up = asked.due(NOW + GIVE_UP)
    assert again == []
    assert [(one.kind, one.missing, one.jpeg, grid) for one, grid in given_up] == [
        ("first_sight", NO_ANSWER, b"", change.alert.grid),
        ("confirmation", NO_ANSWER, b"", change.alert.grid),
    ]
    assert given_up[0][0].captured_at == change.alert.sightings["first_sight"]
    assert len(asked) == 0


def test_a_worker_that_starts_asks_for_what_is_not_filed_a_clear_it_was_killed_over_included() -> None:
    alert = camera_alert(cleared=True)
    filed = {alert.alert_id: [EvidenceRef(kind="first_sight", at=NOW, sha256="0" * 64)]}
    asked = Outstanding()
    ((_, payload),) = asked.resumed([alert], filed, NOW)
    assert kinds(payload) == ["confirmation", "clear"]


def test_what_is_known_to_be_missing_is_not_asked_for_after_a_restart() -> None:
    alert = camera_alert()
    filed: dict[UUID, list[EvidenceRef]] = {
        alert.alert_id: [
            EvidenceRef(kind=kind, at=NOW, sha256=None, missing="too_old") for kind in ("first_sight", "confirmation")
        ]
    }
    assert list(Outstanding().resumed([alert], filed, NOW)) == []


def test_an_alert_without_a_camera_asks_for_nothing() -> None:
    assert list(Outstanding().changed([raised_anywhere()], NOW)) == []
    assert list(Outstanding().resumed([raised_anywhere().alert], {}, NOW)) == []
