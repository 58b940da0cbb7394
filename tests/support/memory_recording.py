"""Observations in the order of their arrival in; a recording of them out, as a hub stores it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from detectors.overrides import Overridden
from hub.alerts.alert import Alert, Condition
from hub.config.load import Configuration
from hub.store.recorded import night_windows
from hub.worker.fold import Fold
from ingest.city import DeviceKind
from ingest.observation import Frame, Observation, Quantity, Reading


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody listened."""

    since: datetime
    until: datetime


class MemoryRecording:
    """What a hub that heard `observations` from `since` to `until` has on record: each with whether it came late."""

    def __init__(
        self,
        configuration: Configuration,
        observations: Sequence[Observation],
        *,
        since: datetime,
        until: datetime,
        was: Configuration | None = None,
        deaf: Sequence[tuple[datetime, datetime]] = (),
    ) -> None:
        """Judge them live, by the configuration that `was` there then; nobody listened in `deaf`, spans in order."""
        then = was or configuration
        self._city = configuration.city
        edges = [since, *(edge for span in deaf for edge in span), until]
        self._heard = [Heard(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
        fold = Fold(then, grids=None, recent=(), listening_since=since)
        self.pairs: list[tuple[Observation, bool]] = []
        self._history: list[Alert] = []
        for one in observations:
            judgement = fold._judge.observe([one])
            self.pairs.append((one, bool(judgement.late)))
            for change in fold._intake.take(judgement.findings):
                self._history.append(change.alert)
        self._history += [change.alert for change in fold.tick(until)]

    def alerts_as_of(self, grids: Sequence[str] | None, moment: datetime, since: datetime) -> list[Alert]:
        """Return what was known at `moment`, taking event time for the hub's."""
        known: dict[object, Alert] = {}
        for alert in self._history:
            at = alert.cleared_at or alert.raised_at
            if at < moment and (grids is None or alert.grid in grids):
                known[alert.alert_id] = alert
        kept = [
            one for one in known.values() if one.condition is Condition.ACTIVE or (one.cleared_at or since) >= since
        ]
        return sorted(kept, key=lambda one: one.raised_at)

    def recorded(
        self,
        grids: Sequence[str] | None,
        received_from: datetime,
        received_to: datetime,
        *,
        nights_of: Configuration | None = None,
    ) -> Iterator[tuple[Observation, bool]]:
        """Yield what was received in [from, to), after the nights that are read again at start."""
        if nights_of is not None:
            yield from self._nights(grids, nights_of, received_from)
        for one, late in self.pairs:
            name = one.camera_id if isinstance(one, Frame) else one.device_id
            place = self._city.devices.get(name) or self._city.cameras.get(name)
            inside = received_from <= one.received_at < received_to
            if inside and (grids is None or (place is not None and place.grid in grids)):
                yield one, late

    def listening(self, since: datetime, until: datetime, grids: Sequence[str] | None = None) -> list[Heard]:
        """Return when somebody listened."""
        return [one for one in self._heard if one.since <= until and one.until >= since]

    def _nights(
        self, grids: Sequence[str] | None, configuration: Configuration, before: datetime
    ) -> Iterator[tuple[Observation, bool]]:
        city, overridden = configuration.city, Overridden(configuration.thresholds, configuration.city)
        windows = {}
        for name, device in city.devices.items():
            if device.kind is DeviceKind.WATER and (grids is None or device.grid in grids):
                leak = overridden.of("water.leak", name).water.leak
                windows[name] = night_windows(
                    before,
                    zone=ZoneInfo(city.timezone),
                    nights=leak.nights + 1,
                    from_hour=leak.from_hour,
                    to_hour=leak.to_hour,
                )
        for one, late in self.pairs:
            if isinstance(one, Reading) and one.quantity is Quantity.FLOW_L_S and one.received_at < before:
                nights = windows.get(one.device_id, ())
                if any(begin <= one.measured_at < end for begin, end in nights):
                    yield one, late
