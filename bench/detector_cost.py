"""Prints what each detector costs for a normal reading, in microseconds: nothing is wrong, nothing is raised."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from typing import Any

from detectors.drainage import Drainage
from detectors.gas import Gas
from detectors.streetlight import Streetlight
from detectors.thresholds import Thresholds
from detectors.water import Water
from ingest.city import Circuit, City, Device, DeviceKind, Grid
from ingest.observation import Quantity, Reading

START = datetime(2026, 11, 22, 4, tzinfo=UTC)
DEVICES, ROUNDS, TRIES = 50, 1000, 5
NORMAL: dict[DeviceKind, dict[Quantity, tuple[float, float]]] = {
    DeviceKind.STREETLIGHT: {Quantity.POWER_W: (98, 1), Quantity.VOLTAGE_V: (221, 2)},
    DeviceKind.WATER: {
        Quantity.FLOW_L_S: (12, 1),
        Quantity.PRESSURE_KPA: (320, 4),
        Quantity.TURBIDITY_NTU: (0.3, 0.05),
        Quantity.CHLORINE_MG_L: (0.4, 0.05),
    },
    DeviceKind.DRAINAGE: {Quantity.LEVEL_M: (0.4, 0.02)},
    DeviceKind.GAS: {Quantity.METHANE_PCT_LEL: (1, 0.4), Quantity.GAS_PRESSURE_KPA: (2, 0.05)},
}
DETECTORS: dict[DeviceKind, Any] = {
    DeviceKind.STREETLIGHT: Streetlight,
    DeviceKind.WATER: Water,
    DeviceKind.DRAINAGE: Drainage,
    DeviceKind.GAS: Gas,
}


def city(kind: DeviceKind) -> City:
    names = [f"{kind}-{n}" for n in range(DEVICES)]
    circuit = "c" if kind is DeviceKind.STREETLIGHT else None
    devices = {name: Device(device_id=name, kind=kind, grid="01", interval_s=10, circuit_id=circuit) for name in names}
    circuits = {"c": Circuit(circuit_id="c", grid="01", lamps=tuple(names), lit=((clock(0), clock(0)),))}
    return City(
        name="bench",
        timezone="Asia/Shanghai",
        latitude=30.25,
        longitude=120.17,
        grids={"01": Grid(grid_id="01", name="One")},
        devices=devices,
        circuits=circuits if circuit else {},
    )


def readings(kind: DeviceKind) -> Iterator[Reading]:
    chance = random.Random(7)
    for n in range(ROUNDS):
        at = START + timedelta(seconds=10 * n)
        for device in range(DEVICES):
            for quantity, (mean, spread) in sorted(NORMAL[kind].items()):
                yield Reading(f"{kind}-{device}", quantity, round(chance.gauss(mean, spread / 3), 3), at, at)


def cost_us(kind: DeviceKind) -> float:
    detector = DETECTORS[kind](city(kind), Thresholds())
    partitions, best = detector.partitions(), float("inf")
    given = list(readings(kind))
    for _ in range(TRIES):
        states = {partition: detector.start(partition, ()) for partition in set(partitions.values())}
        routed = [(partitions[one.device_id], one) for one in given]
        began = time.perf_counter()
        for partition, one in routed:
            states[partition], findings = detector.observe(states[partition], one)
            if findings:
                raise SystemExit(f"a normal reading was found wrong: {findings}")
        best = min(best, time.perf_counter() - began)
    return best / len(given) * 1e6


def main() -> None:
    for kind in DETECTORS:
        print(f"{kind:12} {cost_us(kind):6.2f} µs per normal reading")


if __name__ == "__main__":
    main()
