"""The demo city's devices: what is due since the last look in, MQTT messages out, published like any outside system's.

`Telemetry.reports` is pure; `run` publishes what it returns. Lamps report through their gateway, in batches; all other
devices by themselves, each at its own second of its interval, so that the load is even.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from detectors.sun import Sun
from hub import clock
from hub.demo import measured
from hub.demo.incidents import Incident, Kind, Victims, incidents_at
from hub.demo.measured import Moment, Noise
from ingest import topics
from ingest.city import DeviceKind
from ingest.mqtt import Address, Publisher, parse_url

log = structlog.get_logger(__name__)

LOOK_S = 0.25
LOST_S = 30.0  # after a longer sleep of the machine what was due meanwhile is not made up for
ODDITY_S = 45.0  # how often something arrives that cannot be read
REPEAT_S = 75.0  # how often a device sends a message twice
SWITCH_ON = timedelta(minutes=15)  # after sunset, and off as long before sunrise


@dataclass(frozen=True, slots=True)
class Report:
    """One message, `at_s` seconds after the city's start."""

    at_s: float
    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class _Device:
    device_id: str
    topic: str
    interval_s: float
    offset_s: float
    rated_power_w: float = 0.0
    circuit_id: str = ""
    quality: bool = False


class Telemetry:
    """Everything that the demo city's devices say, of its document and a seed."""

    def __init__(self, document: Mapping[str, Any], *, started_at: datetime, seed: int = 1) -> None:
        """Take the city as its city.yaml has it, and the instant at which it comes to life."""
        if started_at.tzinfo is None:
            raise ValueError("started_at needs a timezone")
        self._started_at = started_at.astimezone(UTC)
        self._zone = ZoneInfo(document["timezone"])
        self._sun = Sun(document["latitude"], document["longitude"])
        self._noise = Noise(seed)
        self._night: tuple[date | None, datetime, datetime] = (None, self._started_at, self._started_at)
        self._circuits = {circuit["id"]: circuit for circuit in document["circuits"]}
        lamps: dict[str, list[_Device]] = {gateway["id"]: [] for gateway in document["gateways"]}
        self._singles: dict[str, list[_Device]] = {"water": [], "drainage": [], "gas": []}
        self._lamps: dict[str, list[str]] = {name: [] for name in self._circuits}
        for entry in document["devices"]:
            device = self._device(entry, len(self._singles.get(entry["kind"], ())))
            if entry["kind"] == "streetlight":
                lamps[entry["gateway"]].append(device)
                self._lamps[entry["circuit"]].append(device.device_id)
            else:
                self._singles[entry["kind"]].append(device)
        self._gateways = [
            (
                _Device(
                    gateway["id"],
                    topics.batch(gateway["grid"], gateway["id"]),
                    gateway["interval_s"],
                    self._noise.trait(gateway["id"], 0.0, gateway["interval_s"]),
                ),
                lamps[gateway["id"]],
            )
            for gateway in document["gateways"]
        ]
        self._statuses = [
            topics.status(gateway["grid"], DeviceKind.GATEWAY, gateway["id"]) for gateway in document["gateways"]
        ]
        self._victims = Victims(
            tunnels=self._circuits_of("tunnel"),
            grounds=self._circuits_of("ground"),
            water=[device.device_id for device in self._singles["water"]],
            drainage=[device.device_id for device in self._singles["drainage"]],
            gas=[device.device_id for device in self._singles["gas"]],
        )

    def reports(self, from_s: float, to_s: float) -> list[Report]:
        """Return every message due in [from_s, to_s) seconds after the start, in order."""
        if to_s <= from_s:
            return []
        births = self._statuses if from_s <= 0.0 < to_s else ()
        found = [Report(0.0, topic, b'{"online":true}', retain=True) for topic in births]
        for gateway, lamps in self._gateways:
            for at_s, seq in _due(gateway, from_s, to_s):
                found.append(Report(at_s, gateway.topic, self._batch(lamps, at_s, seq)))
        for kind, devices in self._singles.items():
            for device in devices:
                for at_s, seq in _due(device, from_s, to_s):
                    wrong = self._troubles(at_s).get(device.device_id, {})
                    if Kind.SILENT not in wrong:
                        found.append(Report(at_s, device.topic, self._message(kind, device, wrong, at_s, seq)))
        found += self._oddities(from_s, to_s)
        return sorted(found, key=lambda report: report.at_s)

    def _troubles(self, at_s: float) -> dict[str, dict[Kind, Incident]]:
        found: dict[str, dict[Kind, Incident]] = {}
        for incident in incidents_at(self._victims, at_s):
            found.setdefault(incident.victim, {})[incident.kind] = incident
        return found

    def _message(self, kind: str, device: _Device, wrong: measured.Troubles, at_s: float, seq: int) -> bytes:
        moment = self._moment(at_s)
        if kind == "water":
            values = measured.water(device.device_id, device.quality, wrong, self._noise, moment)
        elif kind == "drainage":
            values = measured.drainage(device.device_id, wrong, self._noise, moment)
        else:
            values = measured.gas(device.device_id, wrong, self._noise, moment)
        return _json({"at": self._stamp(at_s), "seq": seq, "values": values})

    def _batch(self, lamps: list[_Device], at_s: float, seq: int) -> bytes:
        troubles, moment = self._troubles(at_s), self._moment(at_s)
        at = self._stamp(at_s)
        entries = []
        for lamp in lamps:
            circuit = self._circuits[lamp.circuit_id]
            hours = circuit.get("lit")
            lit = self._is_night(at_s) if hours is None else bool(hours)
            wrong = {**troubles.get(lamp.circuit_id, {}), **troubles.get(lamp.device_id, {})}
            values = measured.lamp(lamp.device_id, lamp.rated_power_w, lit, wrong, self._noise, moment)
            if hours is None:  # street lamps are switched from the centre, and repeat what they were told
                values["lamp_on"] = lit
            entries.append({"device": lamp.device_id, "at": at, "seq": seq, "values": values})
        return _json(entries)

    def _oddities(self, from_s: float, to_s: float) -> Iterator[Report]:
        """Yield what real networks bring too: messages that cannot be read, and messages that come twice."""
        for number in range(max(1, ceil(from_s / ODDITY_S)), ceil(to_s / ODDITY_S)):
            at_s = number * ODDITY_S
            device = self._singles["water"][number % len(self._singles["water"])]
            at = self._stamp(at_s)
            odd = (
                b'{"at": "%s", "values": {"pressure_kpa": 31' % at.encode(),  # cut off on the way
                _json({"at": at, "values": {"pressure_bar": 3.1}}),
                _json({"at": at[:-6], "values": {"flow_l_s": 11.2}}),
                b'{"at": "%s", "values": {"flow_l_s": NaN}}' % at.encode(),
                "水压正常".encode("gbk"),
            )
            yield Report(at_s, device.topic, odd[number % len(odd)])
        for number in range(max(1, ceil(from_s / REPEAT_S)), ceil(to_s / REPEAT_S)):
            device = self._singles["gas"][(7 * number) % len(self._singles["gas"])]
            due = next(_due(device, number * REPEAT_S - device.interval_s, number * REPEAT_S), None)
            if due is not None:
                wrong = self._troubles(due[0]).get(device.device_id, {})
                yield Report(number * REPEAT_S, device.topic, self._message("gas", device, wrong, *due))

    def _device(self, entry: Mapping[str, Any], number: int) -> _Device:
        return _Device(
            entry["id"],
            topics.telemetry(entry["grid"], DeviceKind(entry["kind"]), entry["id"]),
            float(entry["interval_s"]),
            self._noise.trait(entry["id"], 0.0, float(entry["interval_s"])),
            rated_power_w=float(entry.get("rated_power_w", 0.0)),
            circuit_id=entry.get("circuit", ""),
            quality=entry["kind"] == "water" and number % 3 == 0,
        )

    def _circuits_of(self, prefix: str) -> list[tuple[str, list[str]]]:
        return [(name, lamps) for name, lamps in self._lamps.items() if name.startswith(prefix)]

    def _instant(self, at_s: float) -> datetime:
        return self._started_at + timedelta(seconds=at_s)

    def _stamp(self, at_s: float) -> str:
        return self._instant(at_s).astimezone(self._zone).isoformat(timespec="milliseconds")

    def _moment(self, at_s: float) -> Moment:
        instant = self._instant(at_s)
        local = instant.astimezone(self._zone)
        return Moment(at_s, instant.timestamp(), local.hour + local.minute / 60 + local.second / 3600)

    def _is_night(self, at_s: float) -> bool:
        """Tell whether street lamps are switched on: between sunset and sunrise, with a quarter of an hour's delay."""
        instant = self._instant(at_s)
        day = instant.astimezone(self._zone).date()
        if self._night[0] != day:
            sun = self._sun.on(day)
            if sun.rises is None or sun.sets is None:
                raise ValueError("the demo city lies where the sun rises every day")
            self._night = (day, sun.rises - SWITCH_ON, sun.sets + SWITCH_ON)
        return not self._night[1] <= instant < self._night[2]


def run(
    address: str | Address,
    city_document: Mapping[str, Any],
    *,
    started_at: datetime,
    stop: threading.Event,
    seed: int = 1,
) -> None:
    """Publish what the city's devices report, in real time from `started_at`, until `stop` is set."""
    telemetry = Telemetry(city_document, started_at=started_at, seed=seed)
    publisher = Publisher(parse_url(address) if isinstance(address, str) else address, client_id="demo-city")
    publisher.start()
    try:
        done_s = 0.0
        while not stop.wait(LOOK_S):
            now_s = (clock.now() - started_at).total_seconds()
            if now_s - done_s > LOST_S:
                log.warning("the city slept", slept_s=round(now_s - done_s, 1))
                done_s = now_s - LOOK_S
            for report in telemetry.reports(done_s, now_s):
                publisher.publish(report.topic, report.payload, retain=report.retain)
            done_s = max(done_s, now_s)
    finally:
        publisher.stop()


def _due(device: _Device, from_s: float, to_s: float) -> Iterator[tuple[float, int]]:
    """Yield when (rounded to milliseconds) and by which number `device` reports in [from_s, to_s)."""
    seq = max(0, ceil((from_s - device.offset_s) / device.interval_s) - 1)
    while True:
        at_s = round(device.offset_s + seq * device.interval_s, 3)
        if at_s >= to_s:
            return
        if at_s >= from_s:
            yield at_s, seq
        seq += 1


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
