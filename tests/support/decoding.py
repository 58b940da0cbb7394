"""A decoder of a small city, its topics, and payloads as devices send them."""

import base64
import json
from datetime import UTC, datetime

from ingest.city import Camera, City, Device, DeviceKind, Grid
from ingest.decode import Decoded, Decoder

NOW = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
AT = "2026-11-22T18:00:00+08:00"
AT_UTC = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ALERT = "0b6f8d1e-3f0e-4c5b-9b57-0d3a52a2f6a1"
JPEG = b"\xff\xd8\xff\xe0" + b"picture"

WATER = "city/01/water/w-1/telemetry"
LAMP = "city/01/streetlight/lamp-1/telemetry"
BATCH = "city/01/gateway/gw-1/batch"
STATUS = "city/01/water/w-1/status"
DETECTIONS = "city/01/camera/cam-1/detections"
EVIDENCE = "city/01/camera/cam-1/evidence"


def city() -> City:
    """Return a city of a few devices in two grids."""
    kinds = {
        "w-1": (DeviceKind.WATER, "01"),
        "w-2": (DeviceKind.WATER, "02"),
        "lamp-1": (DeviceKind.STREETLIGHT, "01"),
        "lamp-2": (DeviceKind.STREETLIGHT, "01"),
        "gw-1": (DeviceKind.GATEWAY, "01"),
    }
    return City(
        name="试验市",
        timezone="Asia/Shanghai",
        latitude=30.0,
        longitude=120.0,
        grids={grid: Grid(grid_id=grid, name=grid) for grid in ("01", "02")},
        devices={
            device_id: Device(device_id=device_id, kind=kind, grid=grid, interval_s=10)
            for device_id, (kind, grid) in kinds.items()
        },
        cameras={"cam-1": Camera(camera_id="cam-1", grid="01", url="tcp://127.0.0.1:1")},
    )


DECODER = Decoder(city())


def decode(topic: str, payload: object, **options: bool) -> Decoded:
    """Decode `payload`, bytes or what becomes JSON, as received at NOW."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return DECODER.decode(topic, raw, NOW, **options)


def box(**changed: object) -> dict[str, object]:
    """Return one box of a frame's message, with members `changed`."""
    return {"label": "car", "confidence": 0.91, "track": 7, "box": [0.1, 0.2, 0.3, 0.4]} | changed


def picture(**changed: object) -> dict[str, object]:
    """Return an evidence message, with members `changed`."""
    jpeg = base64.b64encode(JPEG).decode()
    return {"alert": ALERT, "kind": "first_sight", "at": AT, "jpeg": jpeg} | changed
