"""A span and the labels that count in, the clean pictures of alerts that were spoken of out, and what was missed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.store.rows import box_from
from hub.tuning.dataset.shot import CLEAN, Missed, Shot
from hub.tuning.labels.label import Label, Verdict
from ingest.city import City

# The frame of a picture is the one of its very time, or the nearest within half a second: pictures are kept between
# frames too, and in so short a time nothing that stands has moved.
_SHOTS = """
    SELECT a.alert_id, a.rule, a.subject, a.camera_id, e.kind, e.captured_at, e.sha256, a.box, f.boxes
    FROM alert_evidence e JOIN alerts a USING (alert_id)
    LEFT JOIN LATERAL (
        SELECT boxes FROM frames
        WHERE camera_id = a.camera_id
          AND captured_at BETWEEN e.captured_at - interval '0.5 s' AND e.captured_at + interval '0.5 s'
        ORDER BY abs(extract(epoch FROM captured_at - e.captured_at)) LIMIT 1) AS f ON true
    WHERE e.jpeg IS NOT NULL AND a.box IS NOT NULL AND a.camera_id IS NOT NULL
      AND e.kind = ANY(%(kinds)s) AND a.alert_id = ANY(%(ids)s)
      AND (%(cameras)s::text[] IS NULL OR a.camera_id = ANY(%(cameras)s))
    ORDER BY a.camera_id, e.captured_at, e.sha256, a.alert_id"""

_NEAR = """
    SELECT DISTINCT e.sha256 FROM alert_evidence e JOIN alerts a USING (alert_id)
    WHERE a.camera_id = %(camera)s AND e.jpeg IS NOT NULL AND e.kind = ANY(%(kinds)s)
      AND e.captured_at BETWEEN %(since)s AND %(until)s ORDER BY e.sha256 LIMIT 20"""


def shots_of(
    connection: Connection[Any], labels: Sequence[Label], cameras: Collection[str] | None = None
) -> Iterator[Shot]:
    """Yield the clean pictures, as far as they are kept, of the alerts that `labels` speak of."""
    said: dict[UUID, Label] = {one.alert_id: one for one in labels if one.alert_id is not None}
    values = {
        "kinds": list(CLEAN),
        "ids": list(said),
        "cameras": None if cameras is None else sorted(cameras),
    }
    for alert_id, rule, subject, camera_id, kind, captured_at, sha256, box, boxes in connection.execute(_SHOTS, values):
        yield Shot(
            alert_id=alert_id,
            rule=rule,
            subject=subject,
            camera_id=camera_id,
            kind=kind,
            captured_at=captured_at,
            sha256=sha256,
            alert_box=box_from(box),
            boxes=None if boxes is None else tuple(map(box_from, boxes)),
            verdict=said[alert_id].verdict,
            reason=said[alert_id].reason,
        )


def missed_of(
    connection: Connection[Any], labels: Sequence[Label], city: City, cameras: Collection[str] | None = None
) -> list[Missed]:
    """Return what was missed in front of cameras, each with the kept pictures of its camera from that time."""
    camera_of = {zone.zone_id: name for name, camera in city.cameras.items() for zone in camera.zones}
    camera_of |= {name: name for name in city.cameras}
    found = []
    for label in labels:
        camera = camera_of.get(label.subject.rpartition("@")[0] or label.subject)
        if label.verdict is not Verdict.MISSED or camera is None or (cameras is not None and camera not in cameras):
            continue
        values = {"camera": camera, "kinds": list(CLEAN), "since": label.since, "until": label.ends_at}
        near = tuple(sha256 for (sha256,) in connection.execute(_NEAR, values))
        found.append(Missed(label=label, camera_id=camera, pictures=near))
    return found


def jpeg_of(connection: Connection[Any], sha256: str) -> bytes | None:
    """Return the bytes of a kept picture."""
    row = connection.execute(
        "SELECT jpeg FROM alert_evidence WHERE sha256 = %s AND jpeg IS NOT NULL LIMIT 1", (sha256,)
    ).fetchone()
    return None if row is None else bytes(row[0])


def labels_between(labels: Sequence[Label], since: datetime, until: datetime) -> list[Label]:
    """Return the labels of what began in [since, until)."""
    return [label for label in labels if since <= label.since < until]
