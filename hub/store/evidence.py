"""Evidence pictures in, each filed with its alert under its SHA-256; the feed rows that tell of it out.

That a camera has no picture to give is filed as well, with the reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.alerts.lifecycle import EventType
from hub.dispatch.document import EvidenceRef
from hub.store.alerts import Locked, write
from hub.store.feed import FeedRow
from hub.store.observations import Tally, tally
from hub.store.rows import plain_text
from ingest.observation import EvidencePicture

_INSERT = """
    INSERT INTO alert_evidence (alert_id, kind, captured_at, received_at, sha256, jpeg, bytes, missing)
    VALUES (%s, %s, %s, %s, %s, %b, %s, %s) ON CONFLICT DO NOTHING"""


def file_pictures(
    connection: Connection[Any],
    locked: dict[UUID, Locked],
    pictures: Sequence[tuple[EvidencePicture, str]],
    *,
    now: datetime,
) -> tuple[Tally, list[FeedRow]]:
    """File the pictures that are not there yet; return how many those were, and a feed row for each.

    `locked` holds the alerts. A picture of an alert that is not there is kept all the same, without a feed row.
    Raises ValueError for an alert id that is no UUID.
    """
    fresh: list[tuple[str, datetime]] = []
    rows = []
    for picture, grid in pictures:
        alert_id, kind = UUID(picture.alert_id), plain_text(picture.kind)
        missing = plain_text(picture.missing) or None
        sha256 = None if missing else hashlib.sha256(picture.jpeg).hexdigest()
        values = (
            alert_id,
            kind,
            picture.captured_at,
            picture.received_at,
            sha256,
            picture.jpeg or None,
            len(picture.jpeg),
            missing,
        )
        if not connection.execute(_INSERT, values).rowcount:
            continue
        fresh.append((grid, picture.received_at))
        held = locked.get(alert_id)
        if held is not None:
            held.evidence.append(EvidenceRef(kind=kind, at=picture.captured_at, sha256=sha256, missing=missing))
            alert = replace(held.alert, revision=held.alert.revision + 1)
            rows.append(write(connection, held, alert, kind=EventType.EVIDENCE, at=picture.captured_at, now=now))
    return tally(fresh), rows
