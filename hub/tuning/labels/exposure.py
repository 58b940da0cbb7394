"""What a question looked at, for how long, and when its alerts were due: what rates and delays are counted against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from hub.config.load import Configuration
from hub.tuning.judging import Question
from hub.tuning.labels.due import due_after_s
from hub.tuning.labels.label import Label
from ingest.city import City, DeviceKind

DAY_S = 86_400.0
MONTH_S = DAY_S * 365.25 / 12
# Rules of these domains judge what cameras see; the others what devices measure.
OF_CAMERAS = frozenset({"camera", "parking", "stall"})


def at_once(_: Label) -> float:
    """Return 0: everything is due when it begins."""
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """So many `cameras` and `devices` were judged in [since, until) for so many `operators`, days as `timezone` has.

    `due_after_s` tells how long after a labelled event's beginning its alert was due.
    """

    since: datetime
    until: datetime
    cameras: int = 0
    devices: int = 0
    operators: int = 1
    timezone: str = "UTC"
    due_after_s: Callable[[Label], float] = at_once

    @property
    def span_s(self) -> float:
        """Return how long was judged."""
        return (self.until - self.since).total_seconds()

    @property
    def camera_days(self) -> float:
        """Return how many days of one camera were judged."""
        return self.cameras * self.span_s / DAY_S

    @property
    def device_months(self) -> float:
        """Return how many months of one device were judged."""
        return self.devices * self.span_s / MONTH_S

    @property
    def operator_hours(self) -> float:
        """Return how many hours of one operator the span took."""
        return self.operators * self.span_s / 3600.0

    def day_of(self, moment: datetime) -> date:
        """Return the local day."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()


def exposure_of(configuration: Configuration, question: Question, *, operators: int = 1) -> Exposure:
    """Return what `question` looks at; alerts are due as `configuration` has it, whatever candidates are compared.

    Give the configuration that holds now: a candidate that waits longer is then late, and one that does not is early.
    """
    city = configuration.city

    @cache  # a sweep asks for the same places for each of its cells
    def wait_at(rule: str, subject: str) -> float:
        return due_after_s(configuration, rule, subject)

    def wait_s(label: Label) -> float:
        return wait_at(label.rule, label.subject)

    return Exposure(
        since=question.since,
        until=question.until,
        cameras=_cameras(city, question),
        devices=_devices(city, question),
        operators=operators,
        timezone=city.timezone,
        due_after_s=wait_s,
    )


def _cameras(city: City, question: Question) -> int:
    domains = _domains(question)
    if domains is not None and not domains & OF_CAMERAS:
        return 0
    return sum(
        1
        for camera in city.cameras.values()
        if (question.grids is None or camera.grid in question.grids)
        and _asked(question, {camera.camera_id, *(zone.zone_id for zone in camera.zones)})
    )


def _devices(city: City, question: Question) -> int:
    domains = _domains(question)
    every = domains is None or bool(domains & {"device", "sensor"})
    kinds = {kind for kind in DeviceKind if every or (domains is not None and kind.value in domains)}
    return sum(
        1
        for device in city.devices.values()
        if device.kind in kinds
        and (question.grids is None or device.grid in question.grids)
        and _asked(question, {device.device_id, device.circuit_id})
    )


def _domains(question: Question) -> set[str] | None:
    return None if question.rules is None else {rule.partition(".")[0] for rule in question.rules}


def _asked(question: Question, names: set[str | None]) -> bool:
    return question.subjects is None or bool(names & question.subjects)
