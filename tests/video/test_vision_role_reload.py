"""The vision role follows its city file: a good change takes effect, a bad one is refused and nothing stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

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
vision: {{lost_after_s: 60, read_timeout_s: 10, hung_after_s: 60, {vision}}}
cameras:
  - {{id: cam-1, grid: "01", url: "{url}"}}
"""


def test_a_changed_city_file_is_followed_and_a_bad_one_refused(embedded_broker: Broker, tmp_path: Path) -> None:
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

    def write(url: str, vision: str) -> None:
        (tmp_path / "next").write_text(CITY.format(url=url, vision=vision), encoding="utf-8")
        (tmp_path / "next").rename(city)  # as an editor does: never half a file

    def said(words: str) -> bool:
        return words in log.read_text(encoding="utf-8")

    with StreamServer(crossing) as server, log.open("w", encoding="utf-8") as output:
        write(server.url, "heartbeat_s: 1")
        process = subprocess.Popen([sys.executable, "-m", "hub.cli", "vision"], env=environment, stderr=output)
        try:
            eventually(lambda: len(heard) >= 3 or process.poll() is not None, within_s=120)
            write(server.url, "model: nowhere.pt")
            eventually(lambda: said("the old one stays"), within_s=60)
            assert said("there is no model at")
            before = len(heard)
            eventually(lambda: len(heard) >= before + 3, within_s=60)
            assert server.accepted == 1, "the camera was not disturbed"

            write(server.url, "heartbeat_s: 0.5")
            eventually(lambda: server.accepted == 2, within_s=60)
            before = len(heard)
            eventually(lambda: len(heard) >= before + 3, within_s=60)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()
            listener.stop()
    assert not said("Traceback")
