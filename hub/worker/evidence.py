"""Takes alert changes, gives the requests for pictures that the cameras must answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import EventType
from ingest.topics import evidence_request

WANTED = ("first_sight", "confirmation", "clear")


def requests_of(changes: Iterable[AlertChange]) -> Iterator[tuple[str, bytes]]:
    """Yield (topic, payload) for each change of a camera alert that brought a sighting worth a picture."""
    for change in changes:
        if change.type is EventType.RAISED:
            yield from request(change.alert, ("first_sight", "confirmation"))
        elif change.type is EventType.CLEARED:
            yield from request(change.alert, ("clear",))


def request(alert: Alert, kinds: Collection[str] = WANTED) -> Iterator[tuple[str, bytes]]:
    """Yield the request for the pictures of `kinds` that `alert` has sightings of, if any."""
    there = [kind for kind in WANTED if kind in kinds and kind in alert.sightings]
    pictures = [{"kind": kind, "at": alert.sightings[kind]} for kind in there]
    if alert.camera_id is None or not pictures:
        return
    box = alert.box
    body = {
        "alert": str(alert.alert_id),
        "label": alert.rule,
        "box": [box.x1, box.y1, box.x2, box.y2] if box else None,
        "pictures": pictures,
    }
    yield evidence_request(alert.grid, alert.camera_id), msgspec.json.encode(body)
