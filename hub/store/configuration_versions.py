"""The versions of the detectors file as they are kept: proposed, imported or found in the file; none is ever changed.

A version that the hub ran with before versions were kept is known from the configurations that alerts name alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from detectors.thresholds import Thresholds
from hub.config.load import thresholds_document
from hub.config.thresholds_file import text_of, thresholds_version
from hub.store.rows import as_jsonb, plain_text

_COLUMNS = "version, parent, text, thresholds, author, note, source, brought_by, stored_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version. `thresholds` are all values as JSON data, `source` is "proposed", "imported", "file" or "seen".

    "seen" is known from the configurations that alerts name: nobody's name, no text and no note are kept of it.
    """

    version: str
    parent: str | None
    text: str
    thresholds: dict[str, Any]
    author: str
    note: str
    source: str
    brought_by: str | None
    stored_at: datetime


def propose(
    connection: Connection[Any],
    thresholds: Thresholds,
    *,
    author: str,
    note: str,
    parent: str | None,
    at: datetime,
    text: str | None = None,
    source: str = "proposed",
    brought_by: str | None = None,
) -> Version:
    """Keep a version and return it; one that means the same is there already, and stays its author's.

    `text` is the file that means these thresholds, made anew where it is not given.
    """
    version = thresholds_version(thresholds)
    connection.execute(
        f"""INSERT INTO configuration_versions ({_COLUMNS})
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        (
            version,
            parent,
            text_of(thresholds) if text is None else plain_text(text),
            as_jsonb(thresholds_document(thresholds)),
            plain_text(author),
            plain_text(note),
            source,
            brought_by,
            at,
        ),
    )
    found = kept_version(connection, version)
    assert found is not None
    return found


def keep_text(connection: Connection[Any], version: str, text: str) -> None:
    """Keep the file as it is now: other words for the same, comments for instance."""
    connection.execute("UPDATE configuration_versions SET text = %s WHERE version = %s", (plain_text(text), version))


def kept_version(connection: Connection[Any], version: str) -> Version | None:
    """Return the version of exactly this name."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM configuration_versions WHERE version = %s", (version,)).fetchone()
    return None if row is None else _version(row)


def version_of(connection: Connection[Any], name: str) -> Version | None:
    """Return the version that `name` names: a version of the detectors file, or the configuration that an alert names.

    One that the hub ran with and of which no file was kept is made up from its values, as "seen".
    """
    found = kept_version(connection, name)
    if found is not None:
        return found
    row = connection.execute(
        """SELECT detectors_version, stored_at, detectors FROM configurations
           WHERE version = %(name)s OR detectors_version = %(name)s
           ORDER BY version = %(name)s DESC, stored_at LIMIT 1""",
        {"name": name},
    ).fetchone()
    if row is None:
        return None
    of_file, stored_at, document = row
    if of_file is not None and (found := kept_version(connection, of_file)) is not None:
        return found
    try:
        thresholds = Thresholds.model_validate(document)
    except ValueError:  # it was judged by a program that knew other thresholds
        return _seen(of_file or name, "", dict(document), stored_at)
    version = of_file or thresholds_version(thresholds)
    return kept_version(connection, version) or _seen(
        version, text_of(thresholds), thresholds_document(thresholds), stored_at
    )


def versions(
    connection: Connection[Any], *, limit: int = 100, before: tuple[datetime, str] | None = None
) -> list[Version]:
    """Return the newest versions, those before `before` (when and which) if it is given."""
    return [
        _version(row)
        for row in connection.execute(
            f"""SELECT {_COLUMNS} FROM configuration_versions
                WHERE %(at)s::timestamptz IS NULL OR (stored_at, version) < (%(at)s, %(version)s)
                ORDER BY stored_at DESC, version DESC LIMIT %(limit)s""",
            {"at": before and before[0], "version": before and before[1], "limit": limit},
        )
    ]


def running_as(connection: Connection[Any], names: Sequence[str]) -> dict[str, list[str]]:
    """Return, of each of these versions, the configurations (with a city) under which the hub judged by it."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for name, version in connection.execute(
        """SELECT detectors_version, version FROM configurations WHERE detectors_version = ANY(%s)
           ORDER BY stored_at DESC, version""",
        (list(names),),
    ):
        found[name].append(version)
    return found


def _seen(version: str, text: str, thresholds: dict[str, Any], stored_at: datetime) -> Version:
    return Version(
        version=version,
        parent=None,
        text=text,
        thresholds=thresholds,
        author="",
        note="",
        source="seen",
        brought_by=None,
        stored_at=stored_at,
    )


def _version(row: tuple[Any, ...]) -> Version:
    version, parent, text, thresholds, author, note, source, brought_by, stored_at = row
    return Version(
        version=version,
        parent=parent,
        text=text,
        thresholds=dict(thresholds),
        author=author,
        note=note,
        source=source,
        brought_by=brought_by,
        stored_at=stored_at,
    )
