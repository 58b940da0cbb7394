"""Takes alert changes, gives the requests for pictures that the cameras must answer, and asks again until they do.

A vision machine may be down, or its broker away, when a picture is asked for. So what is asked for is kept in mind
until a picture or a reason comes; a worker that starts again asks for what is not yet filed. It is told the time, and
gives payloads: no I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import EventType
from hub.dispatch.document import EvidenceRef
from ingest.observation import EvidencePicture
from ingest.topics import evidence_request

WANTED = ("first_sight", "confirmation", "clear")
NO_ANSWER = "no_answer"
AGAIN_FIRST = timedelta(seconds=15)
AGAIN_MOST = timedelta(seconds=120)
GIVE_UP = timedelta(minutes=15)  # as long as a vision machine keeps pictures by default

Request = tuple[str, bytes]  # topic and payload


@dataclass(slots=True)
class _Asked:
    """One picture that was asked for: when first, and when next if nothing comes."""

    alert: Alert
    since: datetime
    again_at: datetime
    wait: timedelta = AGAIN_FIRST


class Outstanding:
    """The pictures that were asked for and have not been answered."""

    def __init__(self) -> None:
        """Begin with nothing asked for."""
        self._asked: dict[tuple[UUID, str], _Asked] = {}

    def __len__(self) -> int:
        """Return how many pictures are waited for."""
        return len(self._asked)

    def changed(self, changes: Iterable[AlertChange], now: datetime) -> Iterator[Request]:
        """Yield a request for each change of a camera alert that brought a sighting worth a picture."""
        for change in changes:
            if change.type is EventType.RAISED:
                yield from self._ask(change.alert, ("first_sight", "confirmation"), now)
            elif change.type is EventType.CLEARED:
                yield from self._ask(change.alert, ("clear",), now)

    def resumed(
        self, alerts: Iterable[Alert], filed: Mapping[UUID, Sequence[EvidenceRef]], now: datetime
    ) -> Iterator[Request]:
        """Yield requests for what is not filed of alerts that are open or ended lately.

        What is filed is not asked for again: the camera may now hold another picture for the same moment.
        """
        self._asked.clear()
        for alert in alerts:
            there = {found.kind for found in filed.get(alert.alert_id, ())}
            yield from self._ask(alert, set(WANTED) - there, now)

    def answered(self, pictures: Iterable[EvidencePicture]) -> None:
        """Forget what `pictures` answer."""
        for picture in pictures:
            self._asked.pop((UUID(picture.alert_id), picture.kind), None)

    def due(self, now: datetime) -> tuple[list[Request], list[tuple[EvidencePicture, str]]]:
        """Return what is to be asked again, and what is given up: filed as missing, with the alert's grid."""
        again: list[Request] = []
        given_up: list[tuple[EvidencePicture, str]] = []
        for (alert_id, kind), asked in list(self._asked.items()):
            if now - asked.since >= GIVE_UP:
                del self._asked[alert_id, kind]
                given_up.append((_missing(asked.alert, kind, now), asked.alert.grid))
            elif now >= asked.again_at:
                asked.wait = min(asked.wait * 2, AGAIN_MOST)
                asked.again_at = now + asked.wait
                again.extend(_request(asked.alert, [kind]))
        return again, given_up

    def _ask(self, alert: Alert, kinds: Collection[str], now: datetime) -> Iterator[Request]:
        there = [kind for kind in WANTED if kind in kinds and kind in alert.sightings]
        if alert.camera_id is None or not there:
            return
        for kind in there:
            self._asked[alert.alert_id, kind] = _Asked(alert, now, now + AGAIN_FIRST)
        yield from _request(alert, there)


def _request(alert: Alert, kinds: Sequence[str]) -> Iterator[Request]:
    assert alert.camera_id is not None
    box = alert.box
    body = {
        "alert": str(alert.alert_id),
        "label": alert.rule,
        "box": [box.x1, box.y1, box.x2, box.y2] if box else None,
        "pictures": [{"kind": kind, "at": alert.sightings[kind]} for kind in kinds],
    }
    yield evidence_request(alert.grid, alert.camera_id), msgspec.json.encode(body)


def _missing(alert: Alert, kind: str, now: datetime) -> EvidencePicture:
    assert alert.camera_id is not None
    return EvidencePicture(
        camera_id=alert.camera_id,
        alert_id=str(alert.alert_id),
        kind=kind,
        captured_at=alert.sightings[kind],
        received_at=now,
        jpeg=b"",
        missing=NO_ANSWER,
    )
