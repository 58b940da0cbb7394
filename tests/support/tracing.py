"""A recording in memory, for traces: observations in the order given in, what a trace reads of the store out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from detectors.thresholds import Thresholds
from hub.alerts.alert import Alert
from hub.config.load import Configuration, config_version
from ingest.city import City
from ingest.observation import Observation, Quantity, Reading


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody listened without a break."""

    since: datetime
    until: datetime


class ListRecording:
    """What was received, as a list; somebody listened from first to last, or when `heard` says."""

    def __init__(
        self, received: Iterable[Observation], *, alerts: Sequence[Alert] = (), heard: Sequence[Heard] | None = None
    ) -> None:
        """Take it in."""
        self._received = sorted(received, key=lambda one: one.received_at)
        self._alerts, self._heard = list(alerts), heard

    def alerts_as_of(self, grids: Sequence[str] | None, moment: datetime, since: datetime) -> list[Alert]:
        """Return the alerts known by then."""
        return [alert for alert in self._alerts if alert.raised_at < moment]

    def recorded(
        self, grids: Sequence[str] | None, received_from: datetime, received_to: datetime, **more: Any
    ) -> Iterator[tuple[Observation, bool]]:
        """Yield what was received in the span; the nights before it, as the leak rule asks for them, are all flows."""
        if more.get("nights_of") is not None:
            for one in self._received:
                if one.received_at < received_from and isinstance(one, Reading) and one.quantity is Quantity.FLOW_L_S:
                    yield one, False
        yield from ((one, False) for one in self._received if received_from <= one.received_at < received_to)

    def listening(self, since: datetime, until: datetime, grids: Sequence[str] | None = None) -> Sequence[Heard]:
        """Return when somebody listened."""
        if self._heard is not None:
            return [one for one in self._heard if one.until > since and one.since < until]
        return [Heard(since - timedelta(days=1), until)]


def configured(city: City, thresholds: Thresholds | None = None) -> Configuration:
    """Return the configuration of `city`."""
    thresholds = thresholds or Thresholds()
    return Configuration(city, thresholds, config_version(city, thresholds))
