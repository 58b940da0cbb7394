"""A detector and readings in seconds after a start go in; the findings as short tuples come out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from detectors.detector import Detector
from detectors.finding import Finding, OpenFinding, Phase
from ingest.city import Circuit, City, Device, DeviceKind, Grid
from ingest.observation import Quantity, Reading

START = datetime(2026, 11, 22, 16, tzinfo=UTC)  # midnight in Shanghai, at the beginning of 23 November
Sample = tuple[float, Quantity, float]  # seconds after START, quantity, value


def city_of(kind: DeviceKind, *ids: str, interval_s: float = 10.0, **also: Any) -> City:
    """Return a city in Shanghai's time with these devices of one kind."""
    return City(
        name="Testcity",
        timezone="Asia/Shanghai",
        latitude=30.25,
        longitude=120.17,
        grids={"01": Grid(grid_id="01", name="One")},
        devices={one: Device(device_id=one, kind=kind, grid="01", interval_s=interval_s, **also) for one in ids},
    )


def lamp_city(lamps: int, *, lit: Any = None, interval_s: float = 10.0, rated_power_w: float | None = 100.0) -> City:
    """Return a city with one circuit "c" of lamps "l00", "l01" …"""
    ids = tuple(f"l{n:02}" for n in range(lamps))
    city = city_of(DeviceKind.STREETLIGHT, *ids, interval_s=interval_s, circuit_id="c", rated_power_w=rated_power_w)
    circuit = Circuit(circuit_id="c", grid="01", lamps=ids, lit=lit)
    return City(
        name=city.name,
        timezone=city.timezone,
        latitude=city.latitude,
        longitude=city.longitude,
        grids=city.grids,
        devices=city.devices,
        circuits={"c": circuit},
    )


def instant(at_s: float) -> datetime:
    """Return the instant that many seconds after START."""
    return START + timedelta(seconds=at_s)


def reading(device_id: str, at_s: float, quantity: Quantity, value: float) -> Reading:
    """Return a reading that arrives the moment it is measured."""
    return Reading(device_id, quantity, value, instant(at_s), instant(at_s))


def fold(detector: Detector, readings: Iterable[Reading], open_findings: Sequence[OpenFinding] = ()) -> list[Finding]:
    """Fold readings in the order given, each in its own partition, and return all findings."""
    partitions = detector.partitions()
    states: dict[str, Any] = {}
    found: list[Finding] = []
    for one in readings:
        partition = partitions[one.device_id]
        if partition not in states:
            mine = [f for f in open_findings if partitions.get(f.subject, f.subject) == partition]
            states[partition] = detector.start(partition, mine)
        states[partition], findings = detector.observe(states[partition], one)
        found += findings
    return found


def told(findings: Iterable[Finding]) -> list[tuple[str, str, float]]:
    """Return (rule, phase, seconds after START) of each finding."""
    return [(f.rule, f.phase.value, (f.at - START).total_seconds()) for f in findings]


def opened(findings: Iterable[Finding]) -> list[OpenFinding]:
    """Return what is open after these findings, as a restarted worker is told."""
    still: dict[tuple[str, str], OpenFinding] = {}
    for finding in findings:
        key = (finding.rule, finding.subject)
        if finding.phase is Phase.CLEARED:
            del still[key]
            continue
        before = still.get(key)
        still[key] = OpenFinding(
            rule=finding.rule,
            subject=finding.subject,
            since=finding.since,
            raised_at=before.raised_at if before else finding.at,
            severity=finding.severity,
            members=finding.members,
            numbers=finding.reason.numbers,
        )
    return list(still.values())
