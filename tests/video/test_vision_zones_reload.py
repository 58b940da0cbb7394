"""The vision role follows the file of drawn zones as it follows the city file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from hub.config.zones_file import zones_path
from ingest.mqtt import Publisher, parse_url
from tests.support.brokers import Broker
from tests.support.video import StreamServer, crossing
from tests.support.watching import eventually

ROOT = Path(__file__).resolve().parents[2]
CITY = """\
name: Testcity
timezone: Asia/Shanghai
latitude: 30.2
longitude: 120.1
grids: [{{id: "01", name: One}}]
vision: {{lost_after_s: 60, read_timeout_s: 10, hung_after_s: 60, heartbeat_s: 1}}
cameras:
  - {{id: cam-1, grid: "01", url: "{url}"}}
"""
DRAWN = "cameras: [{id: cam-1, zones: [{id: z, kind: no_parking, polygon: [[0, 0], [1, 0], [1, 1]]}]}]\n"


def test_drawn_zones_are_watched_at_once_and_bad_ones_change_nothing(embedded_broker: Broker, tmp_path: Path) -> None:
    city, log = tmp_path / "city.yaml", tmp_path / "log"
    heard: list[bytes] = []
    listener = Publisher(parse_url(embedded_broker.url), client_id="listener")
    listener.start()
    listener.subscribe("city/01/camera/cam-1/detections", lambda _topic, payload: heard.append(payload))
    environment = os.environ | {
        "LIANQIN_CITY": str(city),
        "LIANQIN_MQTT_URL": embedded_broker.url,
        "LIANQIN_DATA": str(tmp_path),
        "LIANQIN_MODEL": "",
        "PYTHONPATH": str(ROOT),
    }

    def draw(text: str) -> None:
        (tmp_path / "next").write_text(text, encoding="utf-8")
        (tmp_path / "next").rename(zones_path(city))

    with StreamServer(crossing) as server, log.open("w", encoding="utf-8") as output:
        city.write_text(CITY.format(url=server.url), encoding="utf-8")
        process = subprocess.Popen([sys.executable, "-m", "hub.cli", "vision"], env=environment, stderr=output)
        try:
            eventually(lambda: len(heard) >= 3 or process.poll() is not None, within_s=120)
            draw("cameras: [{id: cam-1, zones: [{id: z}]}]\n")
            eventually(lambda: "city.zones.yaml:1: cameras.0.zones.0.kind: is missing" in log.read_text(), within_s=60)
            before = len(heard)
            eventually(lambda: len(heard) >= before + 3, within_s=60)
            assert server.accepted == 1, "the camera was not disturbed"

            draw(DRAWN)
            eventually(lambda: server.accepted == 2, within_s=60)
            before = len(heard)
            eventually(lambda: len(heard) >= before + 3, within_s=60)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()
            listener.stop()
