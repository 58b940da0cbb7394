"""Every configuration the hub ran with, under its version: an alert names the one it was judged by."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from detectors.thresholds import Thresholds
from hub.config.load import city_document
from hub.store.rows import as_jsonb
from ingest.city import City


def save_configuration(connection: Connection[Any], version: str, city: City, thresholds: Thresholds) -> bool:
    """Keep a configuration, without the cameras' addresses; return whether its version is a new one."""
    return bool(
        connection.execute(
            """INSERT INTO configurations (version, stored_at, city, detectors)
               VALUES (%s, clock_timestamp(), %s, %s) ON CONFLICT DO NOTHING""",
            (version, as_jsonb(city_document(city)), as_jsonb(thresholds.model_dump(mode="json"))),
        ).rowcount
    )
