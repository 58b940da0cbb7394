"""Five days of mains, lamps, gas and a drain: what truly went wrong, and what only looked so.

`plant(api)` stores the readings as an ingest worker does, the alerts that the thresholds in force raise of them, and an
operator's verdicts on the first JUDGED of those of the pressure: a pump that starts lowers `water-1` for a few minutes
three times a day, which is nothing; two pipes break, which is something. `CITY` is the city to serve.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import EventType
from hub.store.recording import StoredRecording
from hub.store.write import Batch
from hub.tuning.replay import replay
from ingest.observation import Box, Frame, Quantity, Reading
from tests.support.api import Api
from tests.support.stored import NOW

CITY = """\
name: Mainstown
timezone: Asia/Shanghai
latitude: 30.25
longitude: 120.16
grids:
  - {id: "01", name: Old Town}
  - {id: "02", name: Canal Side}
circuits:
  - {id: c-1, grid: "01", name: Wulin Road, lit: ["18:00-06:00"]}
devices:
  - {id: lamp-1, name: Wulin Road 1, kind: streetlight, grid: "01", circuit: c-1, interval_s: 120, rated_power_w: 90}
  - {id: lamp-2, name: Wulin Road 2, kind: streetlight, grid: "01", circuit: c-1, interval_s: 120, rated_power_w: 90}
  - {id: lamp-3, name: Wulin Road 3, kind: streetlight, grid: "01", circuit: c-1, interval_s: 120, rated_power_w: 90}
  - {id: lamp-4, name: Wulin Road 4, kind: streetlight, grid: "01", circuit: c-1, interval_s: 120, rated_power_w: 90}
  - {id: water-1, name: Canal pump house, kind: water, grid: "02", interval_s: 60}
  - {id: water-2, name: Tide Gate main, kind: water, grid: "02", interval_s: 60}
  - {id: water-3, name: Reservoir outlet, kind: water, grid: "01", interval_s: 300}
  - {id: gas-1, name: Market vault, kind: gas, grid: "01", interval_s: 60}
  - {id: gas-2, name: Paint shop, kind: gas, grid: "02", interval_s: 60}
  - {id: drain-1, name: Canal underpass, kind: drainage, grid: "02", interval_s: 60}
cameras:
  - id: cam-1
    name: Market gate
    grid: "02"
    url: tcp://127.0.0.1:9
    zones:
      - {id: stand-1, name: Market steps, kind: no_stall, polygon: [[0.2, 0.2], [0.8, 0.2], [0.8, 0.9], [0.2, 0.9]]}
"""
DAYS = 5
BEGIN = NOW - timedelta(days=DAYS, hours=4, minutes=30)  # eight in the city's morning
MINUTE = 60.0
_CITY_ZONE = ZoneInfo("Asia/Shanghai")
# Minutes since BEGIN at which something begins, and for how long it lasts.
PUMPS = tuple(
    (day * 1440 + minute, lasts)
    for day in range(DAYS)
    for minute, lasts in ((240, 4.0 + day % 2), (630, 3.5), (1320, 4.5))
)
BREAKS = ((2 * 1440 + 95, 38.0), (4 * 1440 + 500, 52.0))
BURSTS = ((1 * 1440 + 420, 18.0), (3 * 1440 + 60, 25.0))
LEAK_DAY = 4
JUDGED = 12


@dataclass(frozen=True, slots=True)
class Mains:
    """What was recorded, and the alerts of it in order."""

    since: datetime
    until: datetime
    alerts: Sequence[Alert]

    def of(self, rule: str) -> list[Alert]:
        """Return the alerts of one rule."""
        return [alert for alert in self.alerts if alert.rule == rule]


def plant(api: Api, *, seed: int = 7) -> Mains:
    """Record the days, raise their alerts and have an operator judge the first of water.pressure."""
    since, until = BEGIN, BEGIN + timedelta(days=DAYS)
    grids = {device.device_id: device.grid for device in api.hub.configuration.city.devices.values()}
    stored = Batch(at=until, readings=[(one, grids[one.device_id], False) for one in _readings(random.Random(seed))])
    stored.frames = [(one, "02", False) for one in _frames()]
    stored.listening = ("worker", None, since, until)
    api.write(stored)
    recording = StoredRecording(api.dsn)
    alerts = list(replay(recording, api.hub.configuration, grids=None, since=since, until=until))
    raised = [AlertChange(alert=alert, type=EventType.RAISED, at=alert.raised_at) for alert in alerts]
    api.write(Batch(at=until, changes=raised))
    operator = api.client("operator")
    for alert in [one for one in alerts if one.rule == "water.pressure"][:JUDGED]:
        broke = any(abs((alert.since - BEGIN).total_seconds() / MINUTE - at) < 5 for at, _ in BREAKS)
        body = {"is": "real"} if broke else {"is": "false_alarm", "reason": "水泵启动"}
        operator.post(f"/api/v1/alerts/{alert.alert_id}/verdict", json=body).raise_for_status()
    return Mains(since, until, alerts)


def _within(spans: Sequence[tuple[float, float]], minute: float) -> bool:
    return any(begin <= minute < begin + lasts for begin, lasts in spans)


def _hour(minute: float) -> float:
    local = (BEGIN + timedelta(minutes=minute)).astimezone(_CITY_ZONE)
    return local.hour + local.minute / 60


def _series(
    device: str, quantity: Quantity, value: Callable[[float], float | None], *, every_min: float = 1.0
) -> Iterator[Reading]:
    for step in range(int(DAYS * 1440 / every_min)):
        minute = step * every_min
        found = value(minute)
        if found is not None:
            at = BEGIN + timedelta(minutes=minute)
            yield Reading(device, quantity, round(found, 3), at, at + timedelta(milliseconds=100))


def _readings(chance: random.Random) -> list[Reading]:
    made: list[Reading] = []
    about = chance.gauss

    def pump_house(minute: float) -> float:
        if _within(BREAKS, minute):
            return about(96, 4)
        return about(124, 4) if _within(PUMPS, minute) else about(262, 3) - (14 if 6 <= _hour(minute) < 9 else 0)

    def tide_gate(minute: float) -> float:
        return about(330, 2) - (120 if _within(BURSTS, minute) else 0)

    def tide_gate_flow(minute: float) -> float:
        usual = 6 + 14 * (0.2 if _hour(minute) < 5 else 1.0)
        leaks = 9 if minute > LEAK_DAY * 1440 - 300 else 0
        return about(usual + leaks, 0.3) + (26 if _within(BURSTS, minute) else 0)

    made += _series("water-1", Quantity.PRESSURE_KPA, pump_house)
    made += _series("water-1", Quantity.FLOW_L_S, lambda minute: about(22, 0.4))
    made += _series("water-2", Quantity.PRESSURE_KPA, tide_gate)
    made += _series("water-2", Quantity.FLOW_L_S, tide_gate_flow)
    turbid, flushed = ((1 * 1440 + 200, 90.0),), ((3 * 1440 + 200, 10.0),)
    made += _series(
        "water-3",
        Quantity.TURBIDITY_NTU,
        lambda minute: about(1.6, 0.05) if _within(turbid + flushed, minute) else about(0.35, 0.03),
        every_min=5,
    )
    made += _series("water-3", Quantity.CHLORINE_MG_L, lambda minute: about(0.6, 0.02), every_min=5)
    made += _lamps(chance)
    made += _gas(chance)
    rain, washed = ((2 * 1440 + 700, 75.0),), tuple((day * 1440 + 150, 2.0) for day in range(DAYS))
    made += _series(
        "drain-1",
        Quantity.LEVEL_M,
        lambda minute: (
            about(1.72, 0.02) if _within(rain, minute) else about(1.54, 0.01) if _within(washed, minute) else 0.4
        ),
    )
    return sorted(made, key=lambda one: one.received_at)


def _lamps(chance: random.Random) -> list[Reading]:
    """A lamp that flickers off for some minutes now and then, one that died, and a dark circuit on the third night."""
    dark = ((3 * 1440 - 520, 70.0),)
    flicker = tuple((day * 1440 + minute, 8.0) for day in range(DAYS) for minute in (690, 860, 1010))
    dead = ((1 * 1440 + 840, 200.0),)
    made: list[Reading] = []
    for number in range(1, 5):
        own = {2: flicker, 3: dead}.get(number, ())

        def power(minute: float, own: Sequence[tuple[float, float]] = own) -> float:
            burns = not 6 <= _hour(minute) < 18 and not _within(dark, minute) and not _within(own, minute)
            return chance.gauss(88, 1.5) if burns else max(0.0, chance.gauss(1.2, 0.2))

        made += _series(f"lamp-{number}", Quantity.POWER_W, power, every_min=2)
        made += _series(
            f"lamp-{number}",
            Quantity.VOLTAGE_V,
            lambda minute: chance.gauss(0.5, 0.1) if _within(dark, minute) else chance.gauss(221, 1.5),
            every_min=2,
        )
    return made


def _gas(chance: random.Random) -> list[Reading]:
    """A leak in the vault; paint fumes at the shop; a shop whose sensor is silent for two hours."""
    leak, fumes = ((3 * 1440 + 300, 40.0),), tuple((day * 1440 + 120, 2.0) for day in range(DAYS))
    silent, low = ((2 * 1440 + 900, 120.0),), ((4 * 1440 + 100, 12.0),)
    broken = ((1 * 1440 + 1000, 15.0),)
    about = chance.gauss
    made = list(
        _series(
            "gas-1",
            Quantity.METHANE_PCT_LEL,
            lambda minute: (
                about(56, 2) if _within(leak, minute) else 140.0 if _within(broken, minute) else about(1.5, 0.2)
            ),
        )
    )
    made += _series(
        "gas-1", Quantity.GAS_PRESSURE_KPA, lambda minute: about(1.2 if _within(low, minute) else 2.1, 0.02)
    )
    made += _series(
        "gas-2",
        Quantity.METHANE_PCT_LEL,
        lambda minute: None if _within(silent, minute) else about(29, 1) if _within(fumes, minute) else about(1.8, 0.2),
    )
    return made


def _frames() -> list[Frame]:
    """An hour at the market gate on the last day: a stall that stands for half of it."""
    begin = BEGIN + timedelta(days=DAYS, hours=-2)
    made = []
    for step in range(720):
        at = begin + timedelta(seconds=5 * step)
        stands = 120 <= step < 480
        boxes = (Box("stall", 0.72, None, 0.42, 0.4, 0.58, 0.62),) if stands else ()
        made.append(Frame("cam-1", at, boxes, at))
    return made
