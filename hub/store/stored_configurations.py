"""A version's name in, the thresholds that were kept under it out."""

from __future__ import annotations

from typing import Any

from psycopg import Connection


def stored_thresholds(connection: Connection[Any], version: str) -> dict[str, Any] | None:
    """Return the thresholds kept as `version`, proposed or run with, as JSON data; None for an unknown version."""
    proposed = connection.execute("SELECT to_regclass('configuration_versions') IS NOT NULL").fetchone()
    if proposed is not None and proposed[0]:
        row = connection.execute(
            "SELECT thresholds FROM configuration_versions WHERE version = %s", (version,)
        ).fetchone()
        if row is not None:
            return dict(row[0])
    row = connection.execute("SELECT detectors FROM configurations WHERE version = %s", (version,)).fetchone()
    return None if row is None else dict(row[0])
