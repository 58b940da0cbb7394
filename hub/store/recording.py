"""What is stored, as a replay takes it: an address in, each question answered on a connection of its own.

Nothing is held open between questions, so it may be kept for as long as one likes and used by several threads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from detectors.baseline import HourSums
from detectors.judge import HoursWanted
from hub.alerts.alert import Alert
from hub.config.load import Configuration
from hub.store import alerts
from hub.store.listening import Listening, listening
from hub.store.recorded import Recorded, recorded
from hub.store.recorded_columns import Names, rows
from hub.store.recorded_heard import heard
from hub.store.recorded_hours import recorded_hours
from hub.store.session import open_session
from hub.tuning.columns import Rows
from hub.tuning.heard import Heard


class StoredRecording:
    """The recording that lies in one database (hub.tuning.replay.Recording)."""

    def __init__(self, dsn: str, names: Sequence[str] | None = None, *, is_gentle: bool = False) -> None:
        """Take the address, and whose observations are read (None: everybody's); nothing is opened yet.

        A gentle one reads columns for half of the time at most.
        """
        self._dsn, self._names, self._is_gentle = dsn, names, is_gentle

    def of(self, names: Sequence[str]) -> StoredRecording:
        """Return the recording of those devices and cameras alone: much is read sooner so."""
        return StoredRecording(self._dsn, sorted(names), is_gentle=self._is_gentle)

    def alerts_as_of(self, grids: Sequence[str] | None, moment: datetime, since: datetime) -> list[Alert]:
        """Return what was known at `moment` of the alerts that were active then or ended since `since`."""
        with open_session(self._dsn) as connection:
            return alerts.alerts_as_of(connection, grids, moment, since)

    def recorded(
        self,
        grids: Sequence[str] | None,
        received_from: datetime,
        received_to: datetime,
        *,
        nights_of: Configuration | None = None,
    ) -> Iterator[Recorded]:
        """Yield what was received in [from, to) in order; see hub/store/recorded.py."""
        return recorded(self._dsn, grids, received_from, received_to, nights_of=nights_of, names=self._names)

    def hours(self, wanted: Sequence[HoursWanted], until: datetime) -> list[HourSums]:
        """Return by the hour what was stored of `wanted` before `until`; see hub/store/recorded_hours.py."""
        with open_session(self._dsn) as connection:
            return recorded_hours(connection, wanted, until)

    def rows(self, names: Names, received_from: datetime, received_to: datetime) -> Iterator[Rows]:
        """Yield what was received in [from, to) as columns; see hub/store/recorded_columns.py."""
        return rows(self._dsn, names, received_from, received_to, is_gentle=self._is_gentle)

    def heard(
        self, devices: Collection[str], cameras: Collection[str], received_from: datetime, received_to: datetime
    ) -> Iterator[Heard]:
        """Yield when those were heard in [from, to); see hub/store/recorded_heard.py."""
        return heard(self._dsn, devices, cameras, received_from, received_to, is_gentle=self._is_gentle)

    def listening(self, since: datetime, until: datetime, grids: Sequence[str] | None = None) -> list[Listening]:
        """Return when somebody listened to any of those grids (None: all) in that span."""
        with open_session(self._dsn) as connection:
            return listening(connection, since, until, grids=grids)
