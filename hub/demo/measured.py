"""What the demo's devices measure: a device, an instant and what is wrong with it in, its values out; pure.

Values follow the hour (demand for water, the sun for lamps) and a noise that is drawn from device and instant, so that
the same city told the same seed measures the same, whenever it is asked and whatever it was asked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, pi, sin
from zlib import crc32

from hub.demo.incidents import Incident, Kind

Values = dict[str, float | bool]
Troubles = Mapping[Kind, Incident]  # what is wrong with one device now

_TAU = 2 * pi


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant as the models need it: seconds since the city's start, since 1970, and the local hour."""

    at_s: float
    unix_s: float
    hour: float


class Noise:
    """Numbers that look random and are not: of a name and an instant, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        """Take the seed."""
        self._seed = seed

    def trait(self, name: str, low: float, high: float) -> float:
        """Return a lasting trait of one device, between `low` and `high`."""
        return low + (high - low) * (crc32(name.encode(), self._seed) / 0xFFFFFFFF)

    def wobble(self, name: str, moment: Moment, size: float) -> float:
        """Return a deviation of this instant, within ±`size`, small ones more often than large ones."""
        drawn = crc32(b"%s %d" % (name.encode(), round(moment.unix_s * 10)), self._seed)
        return size * ((drawn & 0xFFFF) + (drawn >> 16) - 0xFFFF) / 0xFFFF


def demand(hour: float) -> float:
    """Return the share (0..1) of the day's highest water demand: least before dawn, most after waking and work."""

    def peak(at: float, width: float) -> float:
        away = min(abs(hour - at), 24 - abs(hour - at))
        return max(0.0, cos(min(1.0, away / width) * pi / 2)) ** 2

    return min(1.0, 0.18 + 0.22 * peak(13.5, 8.0) + 0.6 * peak(7.5, 3.0) + 0.6 * peak(19.5, 3.5))


def lamp(device: str, rated_w: float, lit: bool, troubles: Troubles, noise: Noise, moment: Moment) -> Values:
    """Return what a lamp's controller measures; it has a supply of its own and speaks also when the circuit is dead."""
    burns = (lit or Kind.BURNING in troubles) and Kind.LAMP_OUT not in troubles and Kind.CIRCUIT_OUT not in troubles
    dimmed = 0.6 if rated_w == 120 and (moment.hour >= 23.5 or moment.hour < 5.0) else 1.0
    power_w = rated_w * dimmed * (1 + noise.wobble(device, moment, 0.03)) if burns else 0.4
    voltage_v = 221.0 + 2.5 * cos(_TAU * moment.hour / 24) + noise.wobble(device + "v", moment, 2.0)
    return {
        "power_w": round(power_w, 1),
        "voltage_v": 0.0 if Kind.CIRCUIT_OUT in troubles else round(voltage_v, 1),
    }


def water(device: str, measures_quality: bool, troubles: Troubles, noise: Noise, moment: Moment) -> Values:
    """Return pressure and flow of a main, and of some devices turbidity and free chlorine."""
    share = demand(moment.hour)
    usual_l_s = noise.trait(device + "flow", 8.0, 26.0) * (0.25 + 0.75 * share)
    flow_l_s = usual_l_s * (1 + noise.wobble(device + "flow", moment, 0.04))
    pressure_kpa = noise.trait(device, 370.0, 430.0) - 55.0 * share + noise.wobble(device, moment, 2.0)
    burst = _strength(troubles.get(Kind.BURST), moment, 12.0, 20.0)
    values: Values = {
        "pressure_kpa": round(pressure_kpa - 115.0 * burst, 1),
        "flow_l_s": round(flow_l_s + burst * max(8.0, 1.2 * usual_l_s), 2),
    }
    if measures_quality:
        turbid = _strength(troubles.get(Kind.TURBID), moment, 15.0, 30.0)
        turbidity_ntu = noise.trait(device + "ntu", 0.12, 0.3) + noise.wobble(device + "ntu", moment, 0.02)
        chlorine_mg_l = noise.trait(device + "cl", 0.25, 0.5) + noise.wobble(device + "cl", moment, 0.015)
        values["turbidity_ntu"] = round(turbidity_ntu + 1.7 * turbid, 3)
        values["chlorine_mg_l"] = round(chlorine_mg_l, 3)
    return values


def drainage(device: str, troubles: Troubles, noise: Noise, moment: Moment) -> Values:
    """Return the level in a drain: it follows the demand for water a little, and rises when its outlet is blocked."""
    usual_m = noise.trait(device, 0.2, 0.5) + 0.1 * demand(moment.hour)
    flood = _strength(troubles.get(Kind.FLOOD), moment, 90.0, 240.0)
    return {
        "level_m": round(usual_m + 1.5 * flood + noise.wobble(device, moment, 0.006), 3),
        "battery_pct": round(noise.trait(device + "b", 62.0, 98.0), 0),
    }


def gas(device: str, troubles: Troubles, noise: Noise, moment: Moment) -> Values:
    """Return methane in a chamber and pressure in the main beside it; a leak comes in two steps."""
    usual_pct = noise.trait(device, 0.6, 1.8) + noise.wobble(device, moment, 0.25)
    leak = troubles.get(Kind.LEAK)
    leaked_pct = 34.0 * _strength(leak, moment, 25.0, 60.0)
    if leak is not None:
        second = Incident(leak.kind, leak.victim, leak.from_s + 60.0, leak.to_s - 60.0)
        leaked_pct += 28.0 * _strength(second, moment, 15.0, 30.0)
    main_kpa = 2.15 + 0.12 * sin(_TAU * (moment.hour - 4) / 24) + noise.wobble(device + "p", moment, 0.03)
    return {"methane_pct_lel": round(usual_pct + leaked_pct, 2), "gas_pressure_kpa": round(main_kpa, 3)}


def _strength(incident: Incident | None, moment: Moment, rises_s: float, falls_s: float) -> float:
    """Return how much of its full effect (0..1) an incident has: it builds up, holds, and dies down before its end."""
    if incident is None:
        return 0.0
    rising = (moment.at_s - incident.from_s) / rises_s
    falling = (incident.to_s - moment.at_s) / falls_s
    return max(0.0, min(1.0, rising, falling))
