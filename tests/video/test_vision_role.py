"""`lianqin vision` as a process: what it says when it cannot start, and how it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from hub.clock import now
from hub.demo.cameras import CAMERAS, DemoCameraServer
from hub.demo.city_plan import write_files
from ingest.mqtt import Publisher, parse_url
from tests.support.brokers import Broker
from tests.support.watching import eventually

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def street() -> Iterator[DemoCameraServer]:
    """The demo's cameras, forty seconds into their story."""
    server = DemoCameraServer(
        {camera.camera_id: 0 for camera in CAMERAS}, now() - timedelta(seconds=40), "Asia/Shanghai"
    )
    server.start()
    yield server
    server.stop()


def role(folder: Path, url: str, *words: str, **more: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        "LIANQIN_CITY": str(folder / "city.yaml"),
        "LIANQIN_MQTT_URL": url,
        "LIANQIN_DATA": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "hub.cli", "vision", *words]
    return subprocess.Popen(command, env=environment | more, stderr=subprocess.PIPE, text=True, cwd=folder)


def test_it_ends_at_once_when_asked_and_leaves_no_process(
    street: DemoCameraServer, embedded_broker: Broker, tmp_path: Path
) -> None:
    write_files(tmp_path, street.ports)
    heard: list[str] = []
    listener = Publisher(parse_url(embedded_broker.url), client_id="listener")
    listener.start()
    grid = next(camera for camera in _cameras(tmp_path) if camera[0] == "cam-01")[1]
    listener.subscribe(f"city/{grid}/camera/cam-01/detections", lambda topic, _payload: heard.append(topic))
    process = role(tmp_path, embedded_broker.url, "--cameras", "cam-01")
    try:
        eventually(lambda: len(heard) >= 5 or process.poll() is not None, within_s=60)
        captures = psutil.Process(process.pid).children()
        assert len(captures) == 1
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
        listener.stop()
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert not captures[0].is_running()


@pytest.mark.parametrize(
    ("words", "more", "says"),
    [
        (["--cameras", "cam-99"], {}, "no camera cam-99"),
        ([], {"LIANQIN_MODEL": "/nowhere/best.pt"}, "there is no model at /nowhere/best.pt"),
    ],
)
def test_what_keeps_it_from_starting_is_said_in_one_line(
    tmp_path: Path, words: list[str], more: dict[str, str], says: str
) -> None:
    write_files(tmp_path, {camera.camera_id: 1 for camera in CAMERAS})
    process = role(tmp_path, "mqtt://127.0.0.1:1", *words, **more)
    _, said = process.communicate(timeout=60)
    assert process.returncode not in (0, None)
    assert says in said
    assert "Traceback" not in said


def _cameras(folder: Path) -> list[tuple[str, str]]:
    from hub.config.load import load_city

    return [(camera.camera_id, camera.grid) for camera in load_city(folder / "city.yaml").cameras.values()]
