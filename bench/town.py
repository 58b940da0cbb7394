"""The city that is measured: twelve grids, each with a gateway of fifty lamps, five water and five gas devices.

Everything is well in it, so what is measured is the common case: a reading that means nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

GRIDS = tuple(f"{n:02}" for n in range(1, 13))
LAMPS = tuple((grid, f"lamp-{grid}-{n:02}") for grid in GRIDS for n in range(50))
WATER = tuple((grid, f"water-{grid}-{n}") for grid in GRIDS for n in range(5))
GAS = tuple((grid, f"gas-{grid}-{n}") for grid in GRIDS for n in range(5))
READINGS_A_BATCH = 100  # fifty lamps, each with its power and its voltage
CAMERA = "cam-1"

_CAMERA = """
cameras:
  - id: cam-1
    grid: "01"
    url: tcp://127.0.0.1:9
    zones:
      - {id: zone-1, kind: no_parking, polygon: [[0.1, 0.4], [0.9, 0.4], [0.9, 0.9], [0.1, 0.9]]}
      - {id: zone-2, kind: no_stall, polygon: [[0.1, 0.4], [0.9, 0.4], [0.9, 0.9], [0.1, 0.9]]}
"""


def write_city(folder: Path) -> Path:
    """Write the city's file into `folder`; return its path."""
    lines = ["name: Benchtown", "timezone: Asia/Shanghai", "latitude: 30.25", "longitude: 120.16", "grids:"]
    lines += [f'  - {{id: "{grid}", name: Grid {grid}}}' for grid in GRIDS]
    lines += ["gateways:", *(f'  - {{id: gw-{grid}, grid: "{grid}", interval_s: 3600}}' for grid in GRIDS)]
    lines += ["circuits:"]
    lines += [f'  - {{id: c-{grid}, grid: "{grid}", gateway: gw-{grid}, lit: ["00:00-24:00"]}}' for grid in GRIDS]
    lines += ["devices:"]
    for grid, name in LAMPS:
        place = f'grid: "{grid}", gateway: gw-{grid}, circuit: c-{grid}'
        lines.append(f"  - {{id: {name}, kind: streetlight, {place}, interval_s: 3600, rated_power_w: 90}}")
    for kind, found in (("water", WATER), ("gas", GAS)):
        lines += [f'  - {{id: {name}, kind: {kind}, grid: "{grid}", interval_s: 3600}}' for grid, name in found]
    path = folder / "city.yaml"
    path.write_text("\n".join(lines) + _CAMERA, encoding="utf-8")
    return path


def singles(count: int, begin: datetime) -> Iterator[tuple[str, bytes]]:
    """Yield `count` messages of one reading each, every device in turn, a second between its readings."""
    devices = (
        *(("streetlight", "power_w", 88.0, *one) for one in LAMPS),
        *(("water", "pressure_kpa", 320.0, *one) for one in WATER),
        *(("gas", "methane_pct_lel", 0.5, *one) for one in GAS),
    )
    topics = [f"city/{grid}/{kind}/{name}/telemetry" for kind, _, _, grid, name in devices]
    for number in range(count):
        turn, place = divmod(number, len(devices))
        if place == 0:
            stamp = (begin + timedelta(seconds=turn)).isoformat()
        _, quantity, value, _, _ = devices[place]
        payload = f'{{"at":"{stamp}","values":{{"{quantity}":{value + turn % 97 * 0.001:.3f}}}}}'
        yield topics[place], payload.encode()


def batches(count: int, begin: datetime) -> Iterator[tuple[str, bytes]]:
    """Yield `count` gateway messages of a hundred readings each, every gateway in turn."""
    members = {grid: [name for lamp_grid, name in LAMPS if lamp_grid == grid] for grid in GRIDS}
    for number in range(count):
        turn, place = divmod(number, len(GRIDS))
        grid, stamp = GRIDS[place], (begin + timedelta(seconds=turn)).isoformat()
        digit = turn % 97 * 0.001
        values = {"power_w": 88.0 + digit, "voltage_v": 221.0 + digit}
        entries = [{"device": name, "at": stamp, "values": values} for name in members[grid]]
        yield f"city/{grid}/gateway/gw-{grid}/batch", json.dumps(entries, separators=(",", ":")).encode()
