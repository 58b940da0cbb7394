"""A town whose devices report by the clock: a broker in, everything that was published, and what it must lead to, out.

Every message differs from every other, and some cannot be read. Conditions come and go at known places. What the hub
must hold in the end is computed from the published messages alone, by folding them once in memory.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from hub import clock
from hub.alerts.lifecycle import EventType
from hub.config.load import load
from hub.dispatch.document import alert_document
from hub.worker.fold import Fold
from ingest.window import Message
from tests.support.brokers import Broker

GAS = tuple(f"gas-{n}" for n in range(6))
WATER = tuple(f"water-{n}" for n in range(3))
LAMPS = tuple(f"lamp-{n}" for n in range(6))
ROUND_S = 0.2
CYCLE_S, BAD_S = 16.0, 6.0  # each device is in trouble for the first seconds of its cycle
STAGGER_S = 2.5  # and begins its cycle so much after its neighbour
CALM_S = 8.0  # enough for everything to clear

# Durations of seconds instead of minutes: the faults are what is tested here, not the thresholds.
DETECTORS = """\
gas: {leak: {raise_after_s: 2, clear_after_s: 2, rise_raise_after_s: 2}}
water: {quality: {raise_after_s: 2, clear_after_s: 3}}
drainage: {level: {raise_after_s: 2, clear_after_s: 2}}
streetlight:
  circuit_out: {raise_after_s: 1.5, clear_after_s: 2, window_s: 2}
  lamp_out: {raise_after_s: 3, clear_after_s: 2}
"""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the database must hold once all that was published is through."""

    readings: set[tuple[str, str, datetime, float]]
    quarantined: set[tuple[str, bytes, int | None]]
    alerts: dict[str, dict[str, Any]]  # documents as they are served, by id


def write_town(folder: Path, *, interval_s: float = 30.0, more: str = "") -> tuple[Path, Path]:
    """Write the town's city.yaml and detectors.yaml (with `more` in it) into `folder`; return their paths."""
    lines = [
        "name: Loadtown\ntimezone: Asia/Shanghai\nlatitude: 30.25\nlongitude: 120.16",
        'grids: [{id: "01", name: One}, {id: "02", name: Two}]',
        f'gateways: [{{id: gw-1, grid: "01", interval_s: {interval_s}}}]',
        'circuits: [{id: c-1, grid: "01", gateway: gw-1, lit: ["00:00-24:00"]}]',
        "devices:",
    ]
    for lamp in LAMPS:
        about = (
            f'kind: streetlight, grid: "01", gateway: gw-1, circuit: c-1, rated_power_w: 90, interval_s: {interval_s}'
        )
        lines.append(f"  - {{id: {lamp}, {about}}}")
    for kind, names in (("gas", GAS), ("water", WATER), ("drainage", ("drain-0",))):
        lines += [f'  - {{id: {n}, kind: {kind}, grid: "{grid_of(n)}", interval_s: {interval_s}}}' for n in names]
    folder.mkdir(exist_ok=True)
    city, detectors = folder / "city.yaml", folder / "detectors.yaml"
    city.write_text("\n".join(lines) + "\n")
    detectors.write_text(DETECTORS + more)
    return city, detectors


def grid_of(device: str) -> str:
    """Return the grid that a device of the town lies in."""
    return "01" if device.startswith("lamp") or int(device[-1]) % 2 == 0 else "02"


def reports(number: int, at: datetime, second: float, *, calm: bool) -> Iterator[tuple[str, bytes]]:
    """Yield one round of messages, `second` seconds after the beginning; `number` makes them unlike all others."""

    def troubled(place: int) -> bool:
        return not calm and (second - place * STAGGER_S) % CYCLE_S < BAD_S and second >= place * STAGGER_S

    stamp = at.isoformat()
    digit = number * 1e-6  # a last digit that moves, as a living sensor's does
    for place, device in enumerate(GAS):
        level = (62.0 if place % 2 else 31.0) if troubled(place) else 0.5
        yield f"city/{grid_of(device)}/gas/{device}/telemetry", _report(stamp, methane_pct_lel=level + digit)
    for place, device in enumerate(WATER):
        turbid = 6.0 if troubled(place + 1) else 0.3
        values = {"turbidity_ntu": turbid + digit, "chlorine_mg_l": 0.4 + digit}
        yield f"city/{grid_of(device)}/water/{device}/telemetry", _report(stamp, **values)
    level = 2.5 if troubled(4) else 0.2
    yield "city/01/drainage/drain-0/telemetry", _report(stamp, level_m=level + digit)
    dark = set(LAMPS) if troubled(2) else {LAMPS[0]} if troubled(5) else set()
    entries = [
        {"device": lamp, "at": stamp, "values": {"power_w": (0.0 if lamp in dark else 88.0) + digit}} for lamp in LAMPS
    ]
    yield "city/01/gateway/gw-1/batch", json.dumps(entries).encode()
    if number % 3 == 0:
        yield "city/01/gas/gas-0/telemetry", f"this is no JSON: {number}".encode()
        yield f"city/02/gas/stranger-{number}/telemetry", _report(stamp, methane_pct_lel=1.0)
        later = (at + timedelta(microseconds=1)).isoformat()
        yield "city/01/water/water-0/telemetry", _report(later, chlorine_mg_l=0.4 + digit, warmth=number)


def _report(stamp: str, **values: float) -> bytes:
    return json.dumps({"at": stamp, "values": values}).encode()


class Load:
    """`with Load(broker) as load:` publishes in the background, at QoS 1, one message at a time and so in order."""

    def __init__(self, broker: Broker) -> None:
        self.published: list[Message] = []
        self._broker = broker
        self._calm = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._failure: BaseException | None = None
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="town", clean_session=False, protocol=mqtt.MQTTv311
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = self._note_taken
        self._taken: set[int] = set()
        self._changed = threading.Condition()

    def __enter__(self) -> Load:
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(60)
        self._client.disconnect()
        self._client.loop_stop()

    def finish(self) -> None:
        """Let all devices be well for long enough that everything clears, then fall silent."""
        self._calm.set()
        self._stop.wait(CALM_S)
        self._stop.set()
        self._thread.join(60)
        if self._failure is not None:
            raise self._failure
        assert not self._thread.is_alive(), "the load did not come to an end"

    def _run(self) -> None:
        began, number = clock.now(), 0
        try:
            while not self._stop.wait(ROUND_S):
                number += 1
                at = clock.now()
                for topic, payload in reports(number, at, (at - began).total_seconds(), calm=self._calm.is_set()):
                    sent = self._client.publish(topic, payload, qos=1)
                    self.published.append(Message(topic, payload, 0, 1, False, at))
                    self._wait_until_taken(sent.mid)
        except BaseException as error:
            self._failure = error

    def _wait_until_taken(self, mid: int) -> None:
        """Wait for the broker's word; without a connection, until there is one again and the message was sent."""
        with self._changed:
            if not self._changed.wait_for(lambda: mid in self._taken, 90):
                raise TimeoutError("the broker did not take a message within 90 s")
            self._taken.clear()

    def _note_taken(self, _client: object, _data: object, mid: int, *_: object) -> None:
        with self._changed:
            self._taken.add(mid)
            self._changed.notify_all()


def expected(city: Path, detectors: Path, published: list[Message]) -> Expected:
    """Return what `published` must lead to: each message once, in order, in a hub that never stops."""
    configuration = load(city, detectors)
    fold = Fold(configuration, grids=None, recent=(), listening_since=published[0].received_at)
    decoded = fold.decode(published)
    batch = fold.judge(decoded, now=published[-1].received_at)
    changes = batch.changes + fold.tick(published[-1].received_at + timedelta(seconds=20))
    alerts = {change.alert.alert_id: change.alert for change in changes}
    assert sum(change.type is EventType.RAISED for change in changes) == len(alerts)
    return Expected(
        {(r.device_id, r.quantity.value, r.measured_at, r.value) for r, _, _ in batch.readings},
        {(q.topic, q.payload, q.entry) for q in batch.quarantined},
        {str(name): alert_document(alert, ()) for name, alert in alerts.items()},
    )
