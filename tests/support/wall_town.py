"""A town in a browser's tests: two districts on the map, lamps, and a street of twenty-four cameras."""

from __future__ import annotations

import json
from typing import Any

CAMERAS = [f"cam-{number:02}" for number in range(1, 25)]


def city_text() -> str:
    """Return a town whose things have places: two grids side by side, and a street of cameras."""
    lamps = [
        {"id": f"lamp-{n}", "kind": "streetlight", "grid": "01", "circuit": "c-1", "interval_s": 30}
        | {"rated_power_w": 90, "latitude": 30.255, "longitude": 120.152 + n / 1000, "name": f"第{n}盏"}
        for n in range(1, 5)
    ]
    return json.dumps(
        {
            "name": "Testtown",
            "timezone": "Asia/Shanghai",
            "latitude": 30.25,
            "longitude": 120.16,
            "grids": [
                {"id": "01", "name": "石桥网格", "district": "A", "boundary": [ring(120.15, 30.25)]},
                {"id": "02", "name": "河东网格", "district": "B", "boundary": [ring(120.16, 30.25)]},
            ],
            "circuits": [{"id": "c-1", "grid": "01", "name": "石桥路", "lit": ["00:00-24:00"]}],
            "devices": [
                *lamps,
                {"id": "gas-1", "kind": "gas", "grid": "01", "interval_s": 30, "name": "菜场燃气"}
                | {"latitude": 30.2531, "longitude": 120.1541},
                {"id": "water-1", "kind": "water", "grid": "02", "interval_s": 30},
            ],
            "cameras": [
                {"id": camera, "grid": "02", "url": "tcp://127.0.0.1:9", "name": f"{number} 号口"}
                | {"latitude": 30.2505 + number / 3000, "longitude": 120.165}
                | {"zones": [zone("zone-1")] if number == 0 else []}
                for number, camera in enumerate(CAMERAS)
            ],
        }
    )


def ring(west: float, south: float) -> list[list[float]]:
    east, north = west + 0.01, south + 0.01
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def zone(zone_id: str) -> dict[str, Any]:
    return {"id": zone_id, "kind": "no_parking", "polygon": [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]}
