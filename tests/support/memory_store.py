"""A store in memory, for laws that must hold over thousands of restarts: batches in, what a new worker asks for out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.alerts.alert import Alert, Condition
from hub.store.alerts import merge
from hub.store.write import Batch
from ingest.observation import Observation, Quarantined


class MemoryStore:
    """Keeps observations once, the first one winning, and each alert as it was last changed."""

    def __init__(self) -> None:
        self.alerts: dict[UUID, Alert] = {}
        self.quarantined: set[tuple[str, bytes, int | None]] = set()
        self._observations: dict[tuple[Any, ...], tuple[Observation, bool]] = {}
        self._heard_until: datetime | None = None
        self.raised = 0

    def write(self, batch: Batch) -> None:
        """Take a batch as the real store does."""
        for reading, _, late in batch.readings:
            key = (reading.device_id, reading.quantity, reading.measured_at)
            self._observations.setdefault(key, (reading, late))
        for frame, _, late in batch.frames:
            self._observations.setdefault((frame.camera_id, frame.captured_at), (frame, late))
        self.quarantined |= {_identity(piece) for piece in batch.quarantined}
        for change in batch.changes:
            held = self.alerts.get(change.alert.alert_id)
            if held is None:
                self.raised += 1
                self.alerts[change.alert.alert_id] = change.alert
            elif held.condition is Condition.ACTIVE:
                self.alerts[change.alert.alert_id] = merge(held, change.alert)
        self._heard_until = batch.at

    @property
    def observations(self) -> set[tuple[Any, ...]]:
        """The identities of everything stored."""
        return set(self._observations)

    @property
    def late(self) -> set[tuple[Any, ...]]:
        """The identities of what came too late to be judged."""
        return {key for key, (_, late) in self._observations.items() if late}

    def recent_alerts(self, grids: Sequence[str] | None, since: datetime) -> list[Alert]:
        """Return all alerts, oldest first."""
        return sorted(self.alerts.values(), key=lambda alert: (alert.raised_at, str(alert.alert_id)))

    def heard_until(self, grids: Sequence[str] | None) -> datetime | None:
        """Return when the last batch was written."""
        return self._heard_until

    def recorded(
        self, grids: Sequence[str] | None, received_from: datetime, received_to: datetime, **_: object
    ) -> Iterator[tuple[Observation, bool]]:
        """Yield what was received in the span, in that order."""
        found = [
            (one.received_at, key, one, late)
            for key, (one, late) in self._observations.items()
            if received_from <= one.received_at < received_to
        ]
        yield from ((one, late) for _, _, one, late in sorted(found, key=lambda item: (item[0], str(item[1]))))


def _identity(piece: Quarantined) -> tuple[str, bytes, int | None]:
    return (piece.topic, piece.payload, piece.entry)
