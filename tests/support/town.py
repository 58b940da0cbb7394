"""A small town for tests: its two files, and what its devices say."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

CITY = """\
name: Testtown
timezone: Asia/Shanghai
latitude: 30.25
longitude: 120.16
grids:
  - {id: "01", name: One}
  - {id: "02", name: Two}
gateways:
  - {id: gw-1, grid: "01", interval_s: 30}
circuits:
  - {id: c-1, grid: "01", gateway: gw-1, lit: ["00:00-24:00"]}
devices:
  - {id: lamp-1, kind: streetlight, grid: "01", gateway: gw-1, circuit: c-1, interval_s: 30, rated_power_w: 90}
  - {id: lamp-2, kind: streetlight, grid: "01", gateway: gw-1, circuit: c-1, interval_s: 30, rated_power_w: 90}
  - {id: gas-1, kind: gas, grid: "01", interval_s: 30}
  - {id: gas-2, kind: gas, grid: "02", interval_s: 30}
  - {id: water-1, kind: water, grid: "02", interval_s: 30}
cameras:
  - id: cam-1
    grid: "02"
    url: tcp://127.0.0.1:9
    zones:
      - {id: zone-1, kind: no_parking, polygon: [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]}
"""


def write_city(folder: Path, text: str = CITY) -> Path:
    """Write the town's city.yaml, or another text as one, into `folder`; return its path."""
    path = folder / "city.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def telemetry(at: datetime, **values: float) -> bytes:
    """Return the payload of one report."""
    return json.dumps({"at": at.isoformat(), "values": values}).encode()


def boxes(at: datetime, *found: tuple[str, float, tuple[float, float, float, float]]) -> bytes:
    """Return the payload of one frame with boxes (label, confidence, corners)."""
    listed: list[dict[str, Any]] = [
        {"label": label, "confidence": confidence, "track": number, "box": list(corners)}
        for number, (label, confidence, corners) in enumerate(found)
    ]
    return json.dumps({"at": at.isoformat(), "seq": 1, "boxes": listed}).encode()
