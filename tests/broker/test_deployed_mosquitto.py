"""The broker's configuration that we ship, on a real Mosquitto: who gets in, and who may speak for whom."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.demo import owned
from tests.support.availability import Unavailable, skip_for
from tests.support.brokers import Broker, BrokerOptions, Mosquitto
from tests.support.mqtt_client import Client, quiet_for
from tests.support.trixie import debian_root
from tests.support.workfolder import WorkFolder

SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"

pytestmark = pytest.mark.mosquitto


class DeployedMosquitto(Mosquitto):
    """Mosquitto as the container starts it, with the container's paths moved into a folder of the test's."""

    def _spawn(self):  # type: ignore[no-untyped-def]
        moved = {
            "/mosquitto/data/": f"{self._inside}/data/",
            "/tmp/passwords": f"{self._inside}/passwords",
            "/mosquitto/config/": f"{self._inside}/",
            "listener 1883\n": f"listener {self.port} 127.0.0.1\n",
        }
        text = (SHIPPED / "mosquitto.conf").read_text()
        for before, after in moved.items():
            assert before in text
            text = text.replace(before, after)
        (self._folder / "mosquitto.conf").write_text(text)
        for name in ("start.sh", "access"):
            shutil.copy(SHIPPED / name, self._folder)
        for name in ("data", "conf.d"):
            (self._folder / name).mkdir(exist_ok=True)
        for path in [self._folder, *self._folder.iterdir()]:
            os.chown(path, 65534, 65534)
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/bin",
            "MQTT_HUB_PASSWORD": "hub-word",
            "MQTT_VISION_PASSWORD": "vision-word",
            "MQTT_DEVICES": "lamp-1:lamp-word gw-1:gw-word",
            "MQTT_PASSWORDS": f"{self._inside}/passwords",
            "MQTT_CONFIG": f"{self._inside}/mosquitto.conf",
        }
        with (self._folder / "log").open("wb") as log:
            return owned.spawn(
                ["/bin/sh", f"{self._inside}/start.sh"],
                output=log,
                identity=owned.Identity(uid=65534, gid=65534, root=self._root),
                environment=environment,
            )


@pytest.fixture(scope="module")
def deployed() -> Iterator[Broker]:
    try:
        root = debian_root()
    except Unavailable as error:
        skip_for(error)
        raise
    work = WorkFolder(root / "var/tmp/lianqin-deployed")
    broker = DeployedMosquitto(work, root, BrokerOptions())
    broker.start()
    yield broker
    broker.close()
    work.close()


@pytest.mark.parametrize(("user", "password"), [("", ""), ("hub", "guess"), ("lamp-2", "lamp-word")])
def test_nobody_without_the_right_password_gets_in(deployed: Broker, user: str, password: str) -> None:
    stranger = Client(deployed, "stranger", user=user, password=password)
    assert "Not authorized" in stranger.refused
    stranger.leave()


def test_a_device_speaks_for_itself_alone_and_stays_connected_when_it_tries_more(deployed: Broker) -> None:
    hub = Client(deployed, "hub", user="hub", password="hub-word")
    hub.subscribe("city/#")
    lamp = Client(deployed, "lamp-1", user="lamp-1", password="lamp-word")
    lamp.publish("city/01/lamp/lamp-2/telemetry", b"forged")
    lamp.publish("city/01/lamp/lamp-1/telemetry", b"own")
    lamp.publish("city/01/lamp/lamp-1/status", b"online")
    assert [message.payload for message in hub.expect(2)] == [b"own", b"online"]
    assert quiet_for(hub, 0.2)
    lamp.leave()
    hub.leave()


def test_a_gateway_sends_batches_and_a_camera_worker_what_it_sees(deployed: Broker) -> None:
    hub = Client(deployed, "hub", user="hub", password="hub-word")
    hub.subscribe("city/#")
    gateway = Client(deployed, "gw-1", user="gw-1", password="gw-word")
    gateway.publish("city/01/gateway/gw-1/batch", b"batch")
    vision = Client(deployed, "vision", user="vision", password="vision-word")
    vision.subscribe("city/+/camera/+/evidence/request")
    vision.publish("city/01/lamp/lamp-1/telemetry", b"forged")
    vision.publish("city/01/camera/cam-1/detections", b"boxes")
    vision.publish("city/01/camera/cam-1/evidence", bytes(512 * 1024))
    assert [message.topic for message in hub.expect(3)] == [
        "city/01/gateway/gw-1/batch",
        "city/01/camera/cam-1/detections",
        "city/01/camera/cam-1/evidence",
    ]
    hub.publish("city/01/camera/cam-1/evidence/request", b"please")
    assert vision.expect(1)[0].payload == b"please"
    for client in (gateway, vision, hub):
        client.leave()


def test_live_pictures_pass_from_camera_workers_to_the_hub_alone(deployed: Broker) -> None:
    hub = Client(deployed, "hub", user="hub", password="hub-word")
    hub.subscribe("live/+/camera/+/picture")
    vision = Client(deployed, "vision", user="vision", password="vision-word")
    vision.subscribe("live/+/camera/+/picture/request")
    lamp = Client(deployed, "lamp-1", user="lamp-1", password="lamp-word")
    lamp.publish("live/01/camera/cam-1/picture", b"forged")
    lamp.publish("live/01/camera/cam-1/picture/request", b"forged")
    hub.publish("live/01/camera/cam-1/picture/request", b"please")
    assert [message.payload for message in vision.expect(1)] == [b"please"]
    vision.publish("live/01/camera/cam-1/picture", bytes(360 * 1024))
    assert [len(message.payload) for message in hub.expect(1)] == [360 * 1024]
    for client in (lamp, vision, hub):
        client.leave()


def test_what_waits_for_a_stopped_hub_survives_the_brokers_restart(deployed: Broker) -> None:
    hub = Client(deployed, "hub-ingest", user="hub", password="hub-word", clean=False)
    hub.subscribe("city/+/lamp/+/telemetry")
    hub.break_off()
    lamp = Client(deployed, "lamp-1", user="lamp-1", password="lamp-word")
    lamp.publish_all([("city/01/lamp/lamp-1/telemetry", str(number).encode()) for number in range(1500)])
    lamp.leave()
    deployed.restart()
    back = Client(deployed, "hub-ingest", user="hub", password="hub-word", clean=False)
    assert [int(message.payload) for message in back.expect(1500)] == list(range(1500))
    back.leave()
