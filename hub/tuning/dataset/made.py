"""What is wanted of a dataset in, its source put together from the database out: for the command and for the run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.config.load import Configuration
from hub.store.dataset_shots import jpeg_of, labels_between, missed_of, shots_of
from hub.store.read_labels import labels_of
from hub.tuning.dataset.export import Source
from hub.tuning.judging import Question
from hub.tuning.labels.label import latest

RULES = frozenset({"parking.illegal", "stall.unlicensed"})


def source_of(
    session: Callable[[], AbstractContextManager[Any]],
    configuration: Configuration,
    since: datetime,
    until: datetime,
    *,
    now: datetime,
    cameras: Collection[str] | None = None,
) -> Source:
    """Return what was said of camera alerts of [since, until), with their pictures; `session` opens the database."""
    question = Question(rules=RULES, grids=None, subjects=None, since=since, until=until)
    with session() as connection:
        labels = labels_between(latest(labels_of(connection, question, configuration.city)), since, until)
        shots = list(shots_of(connection, labels, cameras))
        missed = missed_of(connection, labels, configuration.city, cameras)

    def jpeg(sha256: str) -> bytes | None:
        with session() as connection:
            return jpeg_of(connection, sha256)

    return Source(
        shots=shots,
        missed=missed,
        jpeg=jpeg,
        zone=ZoneInfo(configuration.city.timezone),
        about={
            "made_at": now.astimezone(UTC).isoformat(),
            "since": since.astimezone(UTC).isoformat(),
            "until": until.astimezone(UTC).isoformat(),
            "config_version": configuration.version,
            "cameras": None if cameras is None else sorted(cameras),
        },
    )
