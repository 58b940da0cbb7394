"""A small city and the observations that stories are told with: seconds after START in, values out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from detectors.finding import Finding, OpenFinding, Phase
from ingest.city import Camera, Circuit, City, Device, DeviceKind, Grid, Zone
from ingest.observation import Box, Frame, Quantity, Reading, Status

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # noon in Shanghai


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def second_of(instant: datetime) -> float:
    return round((instant - START).total_seconds(), 6)


def reading(
    device: str, second: float, value: float = 1.0, quantity: Quantity = Quantity.POWER_W, delay: float = 0.0
) -> Reading:
    return Reading(device, quantity, value, at(second), at(second + delay))


def status(device: str, second: float, online: bool, retained: bool = False, outage: str = "") -> Status:
    return Status(device, online, at(second), at(second), retained, outage)


def frame(camera: str, second: float, *boxes: Box, delay: float = 0.0) -> Frame:
    return Frame(camera, at(second), boxes, at(second + delay))


def box(
    x: float, y: float, width: float = 0.1, height: float = 0.1, label: str = "car", confidence: float = 0.8
) -> Box:
    """Return a box whose bottom centre is at (x, y)."""
    return Box(label, confidence, None, x - width / 2, y - height, x + width / 2, y)


def open_from(findings: Iterable[Finding]) -> list[OpenFinding]:
    """Return what is open after `findings`, as the store would tell a new worker."""
    still: dict[tuple[str, str], OpenFinding] = {}
    for found in findings:
        key = (found.rule, found.subject)
        if found.phase is Phase.CLEARED:
            still.pop(key, None)
        elif found.phase is Phase.RAISED:
            still[key] = OpenFinding(
                rule=found.rule,
                subject=found.subject,
                since=found.since,
                raised_at=found.at,
                severity=found.severity,
                members=found.members,
                box=found.box,
                numbers=found.reason.numbers,
            )
        elif key in still:
            still[key] = replace(
                still[key], severity=found.severity, members=found.members, numbers=found.reason.numbers
            )
    return list(still.values())


def told(findings: Iterable[Finding]) -> list[tuple[str, str, str, float]]:
    """Return findings as (phase, rule, subject, second), the way a story tells them."""
    return [(str(f.phase), f.rule, f.subject, second_of(f.at)) for f in findings]


def identities(findings: Iterable[Finding]) -> set[tuple[str, str, datetime, str]]:
    """Return what must be equal however the observations came: rule, subject, since and phase."""
    return {(f.rule, f.subject, f.since, str(f.phase)) for f in findings}


def small_city(*zones: Zone, timezone: str = "Asia/Shanghai") -> City:
    """Return a city of two grids: a gateway with three lamps, a water, a drainage and a gas device, two cameras."""
    devices = [
        Device(device_id="gw-1", kind=DeviceKind.GATEWAY, grid="01", interval_s=30),
        *(
            Device(
                device_id=f"lamp-{n}",
                kind=DeviceKind.STREETLIGHT,
                grid="01",
                interval_s=30,
                gateway_id="gw-1",
                circuit_id="circuit-1",
                rated_power_w=100,
            )
            for n in (1, 2, 3)
        ),
        Device(device_id="water-1", kind=DeviceKind.WATER, grid="01", interval_s=10),
        Device(device_id="drain-1", kind=DeviceKind.DRAINAGE, grid="02", interval_s=10),
        Device(device_id="gas-1", kind=DeviceKind.GAS, grid="02", interval_s=10),
    ]
    return City(
        name="Testing",
        timezone=timezone,
        latitude=31.2,
        longitude=121.5,
        grids={name: Grid(grid_id=name, name=name) for name in ("01", "02")},
        devices={device.device_id: device for device in devices},
        circuits={
            "circuit-1": Circuit(
                circuit_id="circuit-1", grid="01", lamps=("lamp-1", "lamp-2", "lamp-3"), gateway_id="gw-1"
            )
        },
        cameras={
            name: Camera(camera_id=name, grid="02", url="", zones=tuple(z for z in zones if z.camera_id == name))
            for name in ("cam-1", "cam-2")
        },
    )
