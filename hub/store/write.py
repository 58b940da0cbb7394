"""The write path: a batch in, one transaction, what became of it out. Idempotent: the same batch twice is stored once.

A batch carries an id that is written with it. Whoever lost the answer to a commit sends the same batch again and gets
the first answer, so the ledger counts nothing twice. What a broker sends again after a crash comes in a new batch and
is counted for what it is: received, and a duplicate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from detectors.baseline import HourSums
from detectors.finding import OpenFinding
from detectors.judge import HoursWanted
from detectors.thresholds import Thresholds
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import EventType
from hub.config.load import Configuration
from hub.dispatch.document import EvidenceRef
from hub.store import alerts, feed
from hub.store.claims import claim
from hub.store.configurations import save_configuration
from hub.store.edition import Edition, edition_of
from hub.store.evidence import file_pictures
from hub.store.ledger import add
from hub.store.listening import Listening, heard_until, listening, note_listening
from hub.store.migrate import MigrationError, pending
from hub.store.observations import Tally, insert_frames, insert_readings, insert_statuses, tally
from hub.store.quarantine import insert_quarantined
from hub.store.recorded import Recorded, recorded
from hub.store.recorded_hours import recorded_hours
from hub.store.rows import plain_text
from hub.store.session import StoreRefused, StoreUnavailable, connect, first_line, is_unavailable, unavailable
from ingest.city import City
from ingest.observation import EvidencePicture, Frame, Quarantined, Reading, Status

__all__ = ["AlertChange", "Batch", "Store", "StoreRefused", "StoreUnavailable", "Written"]

_COLLISIONS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_TRIES = 3
_DETECTORS_WORD = frozenset({EventType.RAISED, EventType.UPDATED, EventType.CLEARED})


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is stored together; `received` counts the observations that came, by grid and hour of receiving.

    `changes` are the detectors' alone; operators' commands go through hub/store/command.py. `listening` is (worker,
    grids, since, until). A batch is known by its id: send the very same object again after StoreUnavailable.
    """

    at: datetime
    readings: list[tuple[Reading, str, bool]] = field(default_factory=list)
    frames: list[tuple[Frame, str, bool]] = field(default_factory=list)
    statuses: list[tuple[Status, str]] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    pictures: list[tuple[EvidencePicture, str]] = field(default_factory=list)
    given_up: list[tuple[EvidencePicture, str]] = field(default_factory=list)  # pictures that nobody sent, with grid
    changes: list[AlertChange] = field(default_factory=list)
    received: Counter[tuple[str, datetime]] = field(default_factory=Counter)
    listening: tuple[str, Sequence[str] | None, datetime, datetime] | None = None
    batch_id: UUID = field(default_factory=uuid4)

    @property
    def holds_something(self) -> bool:
        """Say whether there is anything but the note of listening."""
        return bool(
            self.readings
            or self.frames
            or self.statuses
            or self.quarantined
            or self.pictures
            or self.given_up
            or self.changes
            or self.received
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a batch: observations by outcome, the last feed number written, and the changes not made."""

    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    feed_seq: int | None = None
    skipped: tuple[tuple[UUID, str], ...] = ()
    repeated: bool = False  # the batch had been written before; the figures are those of then


class Store:
    """The database of one ingest worker. Not for several threads at once."""

    def __init__(self, dsn: str) -> None:
        """Take the address; nothing is opened yet."""
        self._dsn = dsn
        self._connection: Connection[Any] | None = None
        self._claimed: tuple[str, ...] = ()
        self.edition: Edition | None = None

    def connect(self) -> None:
        """Open the connection unless it is open; raise StoreUnavailable, also for a schema that is not up to date."""
        if self._connection is not None and not self._connection.closed and not self._connection.broken:
            return
        self.close()
        connection = connect(self._dsn)
        try:
            with unavailable():
                missing = pending(connection)
                if missing:
                    raise StoreUnavailable(f"the schema lacks {', '.join(missing)}: run `lianqin migrate`")
                self.edition = edition_of(connection)
                taken = claim(connection, self._claimed)
                if taken:
                    raise StoreUnavailable(f"another worker holds grid {', '.join(taken)}")
        except MigrationError as error:
            connection.close()
            raise StoreUnavailable(str(error)) from error
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def close(self) -> None:
        """Close the connection; grids that were claimed are free again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def claim(self, grids: Sequence[str]) -> list[str]:
        """Claim those grids for this worker for as long as it is connected; return those that another one holds.

        Nothing is claimed if any is held. A connection that is opened again claims them again.
        """
        with self._working() as connection:
            taken = claim(connection, grids)
        if not taken:
            self._claimed = tuple(grids)
        return taken

    def write(self, batch: Batch) -> Written:
        """Store `batch` in one transaction and return what became of it.

        Raises StoreUnavailable when it is not known to be stored: send the same batch again. Raises StoreRefused when
        the database will never take it; nothing of it is stored then.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                with self._working() as connection, connection.transaction():
                    return _write(connection, batch)
            except _COLLISIONS:
                if attempt == _TRIES:
                    raise StoreUnavailable("other writers were in the way, again and again") from None
        raise AssertionError("unreachable")

    def open_findings(self, grids: Sequence[str] | None) -> list[OpenFinding]:
        """Return what a new worker for those grids must be told of."""
        with self._working() as connection:
            return alerts.open_findings_of(connection, grids)

    def open_alerts(self, grids: Sequence[str] | None) -> list[Alert]:
        """Return the active alerts of those grids (None: all), oldest first."""
        with self._working() as connection:
            return alerts.open_alerts(connection, grids)

    def recent_alerts(self, grids: Sequence[str] | None, since: datetime) -> list[Alert]:
        """Return the alerts that are active, or were raised or cleared since then, oldest first."""
        with self._working() as connection:
            return alerts.recent_alerts(connection, grids, since)

    def alerts_as_of(self, grids: Sequence[str] | None, moment: datetime, since: datetime) -> list[Alert]:
        """Return what was known at `moment` of the alerts that were active then or ended since `since`."""
        with self._working() as connection:
            return alerts.alerts_as_of(connection, grids, moment, since)

    def evidence_of(self, ids: Sequence[UUID]) -> dict[UUID, list[EvidenceRef]]:
        """Return the pictures filed with each of those alerts."""
        with self._working() as connection:
            return alerts.evidence_of(connection, ids)

    def recorded(
        self,
        grids: Sequence[str] | None,
        received_from: datetime,
        received_to: datetime,
        *,
        nights_of: Configuration | None = None,
    ) -> Iterator[Recorded]:
        """Yield what was received in [from, to) in order; see hub/store/recorded.py."""
        return recorded(self._dsn, grids, received_from, received_to, nights_of=nights_of)

    def hours(self, wanted: Sequence[HoursWanted], until: datetime) -> list[HourSums]:
        """Return by the hour what was stored of `wanted` before `until`; see hub/store/recorded_hours.py."""
        with self._working() as connection:
            return recorded_hours(connection, wanted, until)

    def note_listening(self, worker: str, grids: Sequence[str] | None, since: datetime, until: datetime) -> None:
        """Note that `worker` has been listening since then and still is at `until`."""
        with self._working() as connection:
            note_listening(connection, worker, grids, since, until)

    def listening(self, since: datetime, until: datetime, grids: Sequence[str] | None = None) -> list[Listening]:
        """Return when somebody listened to any of those grids (None: all) in that span."""
        with self._working() as connection:
            return listening(connection, since, until, grids=grids)

    def heard_until(self, grids: Sequence[str] | None) -> datetime | None:
        """Return until when somebody listened to any of those grids, or None if nobody ever did."""
        with self._working() as connection:
            return heard_until(connection, grids)

    def save_configuration(self, version: str, city: City, thresholds: Thresholds) -> bool:
        """Keep that configuration under its version; return whether it is a new one."""
        with self._working() as connection:
            return save_configuration(connection, version, city, thresholds)

    @contextmanager
    def _working(self) -> Iterator[Connection[Any]]:
        """Give the connection, opened again if it was lost; turn the database's own errors into StoreUnavailable."""
        self.connect()
        connection = self._connection
        assert connection is not None
        try:
            yield connection
        except _COLLISIONS:
            raise
        except psycopg.Error as error:
            if is_unavailable(error):
                self.close()
                raise StoreUnavailable(first_line(error)) from error
            raise


def _write(connection: Connection[Any], batch: Batch) -> Written:
    if batch.listening is not None:
        note_listening(connection, *batch.listening)
    if not batch.holds_something:
        return Written()
    if not _first_time(connection, batch):
        return _earlier_answer(connection, batch)
    with _part("readings"):
        stored = insert_readings(connection, batch.readings)
    with _part("frames"):
        stored += insert_frames(connection, batch.frames)
    with _part("statuses"):
        stored += insert_statuses(connection, batch.statuses)
    with _part("quarantine"):
        quarantined = insert_quarantined(connection, batch.quarantined)
    with _part("alerts and pictures"):
        rows, skipped, filed = _alerts(connection, batch)
    stored += filed
    known = _held(batch)
    known.subtract(stored)
    known.subtract(quarantined)
    received = _cleaned(batch.received)
    with _part("ledger"):
        add(connection, received=received, stored=stored, duplicate=+known, quarantined=quarantined)
    answer = {"stored": stored.total(), "duplicate": known.total(), "quarantined": quarantined.total()}
    # From here on this transaction holds the head of the feed: nothing may follow that waits for anybody.
    with _part("feed"):
        feed_seq = feed.append(connection, rows)
    connection.execute(
        "UPDATE batches SET answer = %s WHERE batch_id = %s",
        (Jsonb({**answer, "feed_seq": feed_seq}), batch.batch_id),
        prepare=True,
    )
    return Written(
        stored=answer["stored"],
        duplicate=answer["duplicate"],
        quarantined=answer["quarantined"],
        feed_seq=feed_seq,
        skipped=tuple(skipped),
    )


def _first_time(connection: Connection[Any], batch: Batch) -> bool:
    """Write the batch's id; return False if it is there, waiting for a transaction that is just writing it."""
    return bool(
        connection.execute(
            "INSERT INTO batches (batch_id, written_at, answer) VALUES (%s, %s, '{}') ON CONFLICT DO NOTHING",
            (batch.batch_id, batch.at),
            prepare=True,
        ).rowcount
    )


def _earlier_answer(connection: Connection[Any], batch: Batch) -> Written:
    row = connection.execute("SELECT answer FROM batches WHERE batch_id = %s", (batch.batch_id,)).fetchone()
    assert row is not None
    return Written(**row[0], repeated=True)


def _alerts(connection: Connection[Any], batch: Batch) -> tuple[list[feed.FeedRow], list[tuple[UUID, str]], Tally]:
    """Change the alerts, then file the pictures; return feed rows, changes not made, and how many pictures were new."""
    if not batch.changes and not batch.pictures and not batch.given_up:
        return [], [], Counter()
    wrong = [change.type.value for change in batch.changes if change.type not in _DETECTORS_WORD]
    if wrong:
        raise ValueError(f"a batch holds detectors' words alone, not {', '.join(wrong)}")
    ids = [change.alert.alert_id for change in batch.changes]
    ids += [UUID(one.alert_id) for one, _ in (*batch.pictures, *batch.given_up)]
    locked = alerts.lock(connection, ids)
    rows: list[feed.FeedRow] = []
    skipped: list[tuple[UUID, str]] = []
    for change in batch.changes:
        outcome = alerts.apply(connection, locked, change, now=batch.at)
        if isinstance(outcome, feed.FeedRow):
            rows.append(outcome)
        else:
            skipped.append((change.alert.alert_id, outcome.value))
    filed, evidence_rows = file_pictures(connection, locked, batch.pictures, now=batch.at)
    # What the hub gave up was never received, so the ledger does not count it.
    _, given_up_rows = file_pictures(connection, locked, batch.given_up, now=batch.at)
    return rows + evidence_rows + given_up_rows, skipped, filed


def _held(batch: Batch) -> Tally:
    """Count every observation that the batch holds, by grid and hour of receiving."""

    def received() -> Iterator[tuple[str, datetime]]:
        for reading, grid, _ in batch.readings:
            yield grid, reading.received_at
        for frame, grid, _ in batch.frames:
            yield grid, frame.received_at
        for status, grid in batch.statuses:
            yield grid, status.received_at
        for picture, grid in batch.pictures:
            yield grid, picture.received_at
        for row in batch.quarantined:
            yield plain_text(row.grid), row.received_at

    return tally(received())


def _cleaned(received: Tally) -> Tally:
    """Return the count with grids as the database can hold them: an unreadable topic's may be anything."""
    counts: Tally = Counter()
    for (grid, hour), count in received.items():
        counts[plain_text(grid), hour] += count
    return counts


@contextmanager
def _part(name: str) -> Iterator[None]:
    """Name the part of a batch that the database, or Python on the way there, refuses."""
    try:
        yield
    except _COLLISIONS:
        raise
    except psycopg.Error as error:
        if is_unavailable(error):
            raise
        raise StoreRefused(name, error) from error
    except ValueError as error:
        raise StoreRefused(name, error) from error
