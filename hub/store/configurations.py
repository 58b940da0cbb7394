"""Every configuration the hub ran with, under its version: an alert names the one it was judged by."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from detectors.thresholds import Thresholds
from hub.config.load import city_document
from hub.config.thresholds_file import thresholds_version
from hub.store.rows import as_jsonb
from ingest.city import City


def save_configuration(connection: Connection[Any], version: str, city: City, thresholds: Thresholds) -> bool:
    """Keep a configuration, without the cameras' addresses; return whether its version is a new one."""
    of_file = thresholds_version(thresholds)
    document = as_jsonb(thresholds.model_dump(mode="json"))
    new = connection.execute(
        """INSERT INTO configurations (version, stored_at, city, detectors, detectors_version)
           VALUES (%s, clock_timestamp(), %s, %s, %s) ON CONFLICT DO NOTHING""",
        (version, as_jsonb(city_document(city)), document, of_file),
    ).rowcount
    if not new:  # it may be known from before versions of the detectors file were kept
        connection.execute(
            "UPDATE configurations SET detectors_version = %s WHERE version = %s AND detectors_version IS NULL",
            (of_file, version),
        )
    return bool(new)
