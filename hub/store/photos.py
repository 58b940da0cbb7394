"""Pictures that people hand in, each under the SHA-256 of its bytes: kept once, seen by those who see what has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.people.caller import Reach
from hub.photos import Photo
from hub.store.reach import CASE_IN_REACH, reach_values
from hub.store.rows import plain_text


class NoSuchPhoto(LookupError):
    """There is no picture with this hash; hand it in before the step that names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPhoto:
    """One picture as it is kept."""

    sha256: str
    media_type: str
    content: bytes = field(repr=False)


def keep_photo(connection: Connection[Any], photo: Photo, *, at: datetime, by: str) -> None:
    """Keep a picture; the same one again is kept once, and from then on."""
    connection.execute(
        """INSERT INTO photos (sha256, media_type, content, bytes, uploaded_at, uploaded_by)
           VALUES (%s, %s, %b, %s, %s, %s) ON CONFLICT (sha256) DO UPDATE SET uploaded_at = excluded.uploaded_at""",
        (photo.sha256, photo.media_type, photo.data, len(photo.data), at, plain_text(by)),
    )


def link_photos(connection: Connection[Any], case_id: UUID, photos: Sequence[str]) -> None:
    """Note that those pictures belong to a case; raise NoSuchPhoto for one that is not kept."""
    if not photos:
        return
    wanted = list(dict.fromkeys(photos))
    known = {sha for (sha,) in connection.execute("SELECT sha256 FROM photos WHERE sha256 = ANY(%s)", (wanted,))}
    for sha256 in wanted:
        if sha256 not in known:
            raise NoSuchPhoto(f"there is no photo {sha256}: hand it in at /api/v1/photos first")
    connection.execute(
        "INSERT INTO case_photos (sha256, case_id) SELECT unnest(%s::text[]), %s ON CONFLICT DO NOTHING",
        (wanted, case_id),
    )


def forget_unused(connection: Connection[Any], before: datetime) -> int:
    """Remove the pictures that were handed in before then and that no case and no report has; return how many."""
    return connection.execute(
        """DELETE FROM photos WHERE uploaded_at < %s
             AND NOT EXISTS (SELECT 1 FROM case_photos WHERE case_photos.sha256 = photos.sha256)
             AND NOT EXISTS (SELECT 1 FROM reports WHERE reports.photos @> ARRAY[photos.sha256])""",
        (before,),
    ).rowcount


def find_photo(connection: Connection[Any], sha256: str, *, reach: Reach, by: str) -> KeptPhoto | None:
    """Return the picture with this hash, or None for one that is not there, or that the caller does not see.

    Seen is what belongs to a case or a report within `reach`, and what the caller, `by`, handed in.
    """
    row = connection.execute(
        f"""SELECT sha256, media_type, content FROM photos WHERE sha256 = %(sha256)s AND (
                uploaded_by = %(by)s
                OR (%(reach_grids)s::text[] IS NULL AND %(reach_department)s::text IS NULL)
                OR EXISTS (SELECT 1 FROM case_photos JOIN cases USING (case_id)
                           WHERE case_photos.sha256 = photos.sha256 AND {CASE_IN_REACH})
                OR EXISTS (SELECT 1 FROM reports JOIN cases ON cases.reports @> ARRAY[reports.report_id]
                           WHERE reports.photos @> ARRAY[photos.sha256] AND {CASE_IN_REACH})
                OR (%(reach_department)s::text IS NULL AND EXISTS (
                        SELECT 1 FROM reports
                        WHERE reports.photos @> ARRAY[photos.sha256]
                          AND reports.grid = ANY(%(reach_grids)s::text[]))))""".encode(),
        {"sha256": sha256, "by": plain_text(by), **reach_values(reach)},
    ).fetchone()
    return None if row is None else KeptPhoto(sha256=row[0], media_type=row[1], content=row[2])
