"""One rule test and a configuration go in; what is raised over its story comes out, judged by what runs live; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from detectors.reorder import key_of
from hub.alerts.alert import Alert
from hub.alerts.lifecycle import EventType
from hub.config.load import Configuration, config_version
from hub.tuning.rule_tests import notation
from hub.tuning.rule_tests.document import Series, Test
from hub.worker.fold import Fold
from ingest.city import City, DeviceKind
from ingest.observation import Frame, Observation, Quantity, Reading, Status

CAMERA_EVERY_S = 1.0


# Whose quantity it is. A story whose device says nothing that its rules read could not fail, whatever it expects.
OF_KIND: Mapping[DeviceKind, frozenset[Quantity]] = {
    DeviceKind.STREETLIGHT: frozenset(
        {
            Quantity.POWER_W, Quantity.VOLTAGE_V, Quantity.CURRENT_A, Quantity.DIM_PCT, Quantity.LAMP_ON,
            Quantity.ENERGY_KWH,
        }
    ),
    DeviceKind.WATER: frozenset(
        {Quantity.PRESSURE_KPA, Quantity.FLOW_L_S, Quantity.TURBIDITY_NTU, Quantity.CHLORINE_MG_L}
    ),
    DeviceKind.DRAINAGE: frozenset({Quantity.LEVEL_M}),
    DeviceKind.GAS: frozenset({Quantity.METHANE_PCT_LEL, Quantity.GAS_PRESSURE_KPA}),
}  # fmt: skip
_OWNED = frozenset().union(*OF_KIND.values())


class BadTest(ValueError):
    """The test cannot be run; the message says why, and what would be right; `place` is where in the test."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Told:
    """What was raised, in order of raising, as it stood at `until`."""

    start: datetime
    until: datetime
    alerts: tuple[Alert, ...]


def told(test: Test, configuration: Configuration, start: datetime, *, whole_city: bool) -> Told:
    """Return what comes of `test`; raise BadTest for what cannot be run."""
    observations = observed(test, configuration.city, start)
    judged = (
        configuration if whole_city else _alone(configuration, {name for each in test.series for name in each.names})
    )
    waits_s = max(judged.thresholds.lateness_s.model_dump().values())
    last = max((one.received_at for one in observations), default=start)
    until = last + timedelta(seconds=waits_s + 1.0)
    if test.until is not None:
        until = start + timedelta(seconds=notation.seconds(test.until))
    fold = Fold(judged, grids=None, recent=(), listening_since=start)
    found: dict[object, Alert] = {}
    changes = []
    for _, together in groupby(observations, key=attrgetter("received_at")):
        changes += fold.again(list(together))
    changes += fold.tick(until)
    for change in changes:
        if change.type is EventType.RAISED or change.alert.alert_id in found:
            found[change.alert.alert_id] = change.alert
    looked_at = None if test.rules is None else set(test.rules)
    alerts = [alert for alert in found.values() if looked_at is None or alert.rule in looked_at]
    return Told(start, until, tuple(sorted(alerts, key=lambda one: (one.raised_at, one.rule, one.subject))))


def observed(test: Test, city: City, start: datetime) -> list[Observation]:
    """Return the observations of `test` in the order received; raise BadTest for what cannot be run."""
    found: list[Observation] = []
    for number, series in enumerate(test.series):
        for name in series.names:
            try:
                found += _of(series, name, city, start)
            except notation.BadNotation as error:
                raise BadTest(f"{name}: {error}", "series", number) from None
            except BadTest as error:
                raise BadTest(str(error), "series", number) from None
    last_s = max(((one.received_at - start).total_seconds() for one in found), default=0.0)
    end_s = None if test.until is None else notation.seconds(test.until)
    if end_s is not None and end_s < last_s:
        raise BadTest(f"{test.until} lies before the last observation at {last_s:g} s", "until")
    for number, moment in enumerate(test.open):
        if end_s is not None and notation.seconds(moment.at) > end_s:
            raise BadTest(f"{moment.at} lies after the test's end, {test.until}", "open", number)
    return sorted(found, key=lambda one: (one.received_at, *_rank(one)))


def _rank(one: Observation) -> tuple[object, ...]:
    """Return the order of what is received at one instant: statuses, then as it is folded."""
    return (0, one.reported_at, one.device_id, "") if isinstance(one, Status) else (1, *map(str, key_of(one)))


def _of(series: Series, name: str, city: City, start: datetime) -> list[Observation]:
    known = city.cameras if series.camera is not None else city.devices
    if name not in known:
        what = "camera" if series.camera is not None else "device"
        raise BadTest(f"the city has no {what} {name}; it has {', '.join(sorted(known)) or 'none'}")
    if series.device is not None:
        _require_own(name, city.devices[name].kind, series)
    usual_s = CAMERA_EVERY_S if series.camera is not None else city.devices[name].interval_s
    every_s = notation.seconds(series.every) if series.every is not None else usual_s
    begin_s, delay = notation.seconds(series.start), timedelta(seconds=notation.seconds(series.delay))

    def at(tick: int) -> datetime:
        return start + timedelta(seconds=begin_s + tick * every_s)

    found: list[Observation] = []
    for quantity, text in series.values.items():
        for tick, value in enumerate(notation.values(text, every_s)):
            if value is not None:
                found.append(Reading(name, quantity, value, at(tick), at(tick) + delay))
    for tick, boxes in enumerate(notation.frames(series.frames, every_s) if series.frames is not None else ()):
        if boxes is not None:
            found.append(Frame(name, at(tick), boxes, at(tick) + delay))
    for moment, online in series.status.items():
        said = start + timedelta(seconds=notation.seconds(moment))
        found.append(Status(name, online, said, said + delay))
    return found


def _require_own(name: str, kind: DeviceKind, series: Series) -> None:
    own, given = OF_KIND.get(kind, frozenset()), frozenset(series.values)
    if own and given & _OWNED and not given & own:
        strange, read = sorted(given & _OWNED - own)[0], ", ".join(sorted(own))
        raise BadTest(f"{name} is a {kind.value} device: its rules read {read}, and not {strange}")


def _alone(configuration: Configuration, names: set[str]) -> Configuration:
    """Return the configuration of a city that has nobody but `names`: who is not in the story is not silent in it."""
    city = configuration.city
    circuits = {
        circuit_id: replace(
            circuit,
            lamps=tuple(lamp for lamp in circuit.lamps if lamp in names),
            gateway_id=circuit.gateway_id if circuit.gateway_id in names else None,
        )
        for circuit_id, circuit in city.circuits.items()
        if any(lamp in names for lamp in circuit.lamps)
    }
    alone = replace(
        city,
        devices={
            one: replace(device, gateway_id=device.gateway_id if device.gateway_id in names else None)
            for one, device in city.devices.items()
            if one in names
        },
        circuits=circuits,
        cameras={one: camera for one, camera in city.cameras.items() if one in names},
    )
    return replace(configuration, city=alone, version=config_version(alone, configuration.thresholds))


def seconds_of(alert_at: datetime, start: datetime) -> float:
    """Return an instant as seconds of the story."""
    return round((alert_at - start).total_seconds(), 6)


def open_at(alerts: Sequence[Alert], moment: datetime) -> list[Alert]:
    """Return the alerts that are open at `moment`: raised by then, and not cleared by then."""
    return [one for one in alerts if one.raised_at <= moment and (one.cleared_at is None or one.cleared_at > moment)]
