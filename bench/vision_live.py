"""A clip, a number of cameras that play it, and weights in; what the vision role costs and how old its frames are, out.

The role is the process that production runs, with a capture process for each camera, and publishes to a real broker.
CPU and memory are what the system counted for those processes; source, broker and this process are beside them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import psutil
import yaml
from paho.mqtt.enums import CallbackAPIVersion

from bench.parts import until
from bench.vision_clips import DWELL_S, ZONE
from hub import clock
from hub.config.load import load
from hub.worker.fold import Fold
from ingest.window import Message
from tests.support.brokers import Broker, BrokerOptions
from tests.support.servers import Servers

SETTLE_S = 8.0  # each stream begins with two seconds in which every picture is looked at
_START_S = 300.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of the vision role, and when it was here."""

    topic: str
    payload: bytes
    received_at: datetime

    @property
    def camera(self) -> str:
        """Return whose message it is."""
        return self.topic.split("/")[3]


@dataclass(frozen=True, slots=True)
class Live:
    """What was measured in `seconds`, with so many cameras."""

    cameras: int
    seconds: float
    worker_cpu_s: float
    capture_cpu_s: float
    machine_share: float  # of all cores, of everything that ran
    worker_mb: float
    capture_mb: float  # for each camera, what is its own
    ages_s: list[float]
    looks_fps: dict[str, float]
    decoded_fps: dict[str, float]
    longest_gap_s: float  # between two frames of one camera

    @property
    def cpu_s_per_camera_s(self) -> float:
        """Return CPU-seconds for each second of each camera."""
        return (self.worker_cpu_s + self.capture_cpu_s) / self.seconds / self.cameras

    def age_s(self, share: float) -> float:
        """Return the age below which this share of the frames was when they were published."""
        return sorted(self.ages_s)[min(len(self.ages_s) - 1, int(share * len(self.ages_s)))] if self.ages_s else 1e9

    def holds(self, fps: float) -> bool:
        """Tell whether all cameras were kept up with.

        No frame was old, none was left without a look for much longer than a heartbeat, and no more than a tenth of the
        pictures was left out by the decoder.
        """
        decoded = min(self.decoded_fps.values(), default=0.0)
        return len(self.looks_fps) == self.cameras and (
            self.age_s(0.99) < 1.0 and decoded >= 0.9 * fps and self.longest_gap_s < 3.0
        )


def measured(
    servers: Servers,
    folder: Path,
    clip: Path,
    cameras: int,
    *,
    seconds: float,
    weights: Path,
    vision: Mapping[str, Any] | None = None,
    from_start: bool = False,
) -> tuple[Live, list[Heard]]:
    """Let the role watch `cameras` cameras for `seconds`, once they have settled (`from_start`: at once).

    `vision` is the city file's section of that name. All that was published is returned too.
    """
    broker = servers.mosquitto(BrokerOptions())
    try:
        with _source(clip) as port, _listening(broker) as heard:
            city = write_city(folder, port, cameras, vision or {})
            with _role(folder, broker, city, weights) as process:
                until(lambda: len({one.camera for one in heard}) == cameras, "every camera's first frame", _START_S)
                if not from_start:
                    time.sleep(SETTLE_S)
                return _counted(process, cameras, seconds, heard), list(heard)
    finally:
        broker.close()


def alerts(folder: Path, heard: list[Heard]) -> list[tuple[str, str, str]]:
    """Return what the hub makes of the messages: rule, subject and what happened, in order."""
    configuration = load(folder / "city.yaml", folder / "detectors.yaml")
    fold = Fold(configuration, grids=None, recent=(), listening_since=heard[0].received_at)
    messages = [Message(one.topic, one.payload, 0, 1, False, one.received_at) for one in heard]
    changes = fold.again(fold.decode(messages).observations)
    return [(change.alert.rule, change.alert.subject, change.type.value) for change in changes]


def write_city(folder: Path, port: int, cameras: int, vision: Mapping[str, Any], *, dwell_s: float = DWELL_S) -> Path:
    """Write a city with so many cameras that all watch the same road, and detectors that wait for nobody."""
    city = {
        "name": "Benchtown",
        "timezone": "Asia/Shanghai",
        "latitude": 30.25,
        "longitude": 120.16,
        "grids": [{"id": "01", "name": "Grid 01"}],
        "cameras": [
            {
                "id": f"cam-{number:03}",
                "grid": "01",
                "url": f"tcp://127.0.0.1:{port}",
                "zones": [
                    {
                        "id": f"lane-{number:03}",
                        "kind": "no_parking",
                        "polygon": [list(corner) for corner in ZONE],
                        "dwell_s": dwell_s,
                    }
                ],
            }
            for number in range(cameras)
        ],
    }
    if vision:
        city["vision"] = dict(vision)
    (folder / "detectors.yaml").write_text(yaml.safe_dump({"lateness_s": {"camera": 0.0}}))
    path = folder / "city.yaml"
    path.write_text(yaml.safe_dump(city, sort_keys=False))
    return path


@contextmanager
def _source(clip: Path) -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.vision_source", str(clip)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def _listening(broker: Broker) -> Iterator[list[Heard]]:
    heard: list[Heard] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench")
    client.on_message = lambda _client, _data, message: heard.append(Heard(message.topic, message.payload, clock.now()))
    client.on_connect = lambda *_: client.subscribe("city/+/camera/#", 1)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def _role(folder: Path, broker: Broker, city: Path, weights: Path) -> Iterator[psutil.Process]:
    environment = {
        **os.environ,
        "LIANQIN_MQTT_URL": broker.url,
        "LIANQIN_CITY": str(city),
        "LIANQIN_MODEL": str(weights),
        "LIANQIN_DATA": str(folder / "data"),
    }
    with (folder / "vision.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "vision"], stdout=log, stderr=subprocess.STDOUT, env=environment
        )
        try:
            yield psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _counted(process: psutil.Process, cameras: int, seconds: float, heard: list[Heard]) -> Live:
    captures = [each for each in process.children() if "detectors.vision.capture" in each.cmdline()]
    first, psutil_before = len(heard), psutil.cpu_times()
    began_s, before = time.monotonic(), (_cpu_s(process), sum(map(_cpu_s, captures)))
    time.sleep(seconds)
    took_s, after = time.monotonic() - began_s, (_cpu_s(process), sum(map(_cpu_s, captures)))
    machine = psutil.cpu_times()
    idle_s = machine.idle + machine.iowait - psutil_before.idle - psutil_before.iowait
    frames, decoded = defaultdict[str, list[datetime]](list), dict[str, float]()
    ages_s = []
    for one in heard[first:]:
        message = json.loads(one.payload)
        if one.topic.endswith("/detections"):
            at = datetime.fromisoformat(message["at"])
            frames[one.camera].append(at)
            ages_s.append((one.received_at - at).total_seconds())
        elif one.topic.endswith("/telemetry") and "decoded_fps" in message["values"]:
            decoded[one.camera] = message["values"]["decoded_fps"]
    gaps = [(later - earlier).total_seconds() for times in frames.values() for earlier, later in pairwise(times)]
    return Live(
        cameras=cameras,
        seconds=took_s,
        worker_cpu_s=after[0] - before[0],
        capture_cpu_s=after[1] - before[1],
        machine_share=1 - idle_s / (took_s * (os.cpu_count() or 1)),
        worker_mb=process.memory_full_info().uss / 1e6,
        capture_mb=sum(each.memory_full_info().uss for each in captures) / 1e6 / max(1, len(captures)),
        ages_s=ages_s,
        looks_fps={camera: len(times) / took_s for camera, times in frames.items()},
        decoded_fps=decoded,
        longest_gap_s=max(gaps, default=took_s),
    )


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
