"""The demo's own processes: `python -m hub.demo.parts NAME JSON` runs the broker, the cameras or the telemetry.

They stand for what lies outside the hub in a real city, so they know nothing of it but an address.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from hub.log import configure


def broker(order: dict[str, Any], stop: threading.Event) -> None:
    """Run the MQTT broker on `order["port"]` until asked to stop."""
    from hub.demo.broker import serve

    serve("127.0.0.1", order["port"], ready=lambda: None, stop=stop)


def cameras(order: dict[str, Any], stop: threading.Event) -> None:
    """Serve the rendered streets on `order["ports"]`."""
    from hub.demo.cameras import serve

    serve(order["ports"], datetime.fromisoformat(order["started_at"]), order["timezone"], stop)


def telemetry(order: dict[str, Any], stop: threading.Event) -> None:
    """Publish what the city's devices measure to `order["mqtt"]`."""
    from hub.demo.telemetry import run

    run(
        order["mqtt"],
        yaml.safe_load(Path(order["city_file"]).read_text(encoding="utf-8")),
        started_at=datetime.fromisoformat(order["started_at"]),
        stop=stop,
    )


PARTS: dict[str, Callable[[dict[str, Any], threading.Event], None]] = {
    "broker": broker,
    "cameras": cameras,
    "telemetry": telemetry,
}


def main(argv: list[str]) -> None:
    """Run the part that `argv` names; SIGTERM and SIGINT end it cleanly."""
    name, order = argv
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    configure(level="info", form="json", role=f"demo-{name}")
    PARTS[name](json.loads(order), stop)


if __name__ == "__main__":
    main(sys.argv[1:])
