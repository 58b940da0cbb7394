"""A threshold goes in; the values worth trying come out, from its allowed range, its unit and what it is now; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from detectors.thresholds import Described, described
from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from hub.tuning.candidate import value_at, with_thresholds

ZONE, OVERRIDE = "zone:", "overrides["
ZONE_DWELL_S = (1.0, 86400.0)
AROUND = (0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.5, 4.0)  # times what holds now
COUNT, FEWEST = 9, 4


@dataclass(frozen=True, slots=True)
class Axis:
    """One threshold and the values at which it is tried."""

    path: str
    values: tuple[Any, ...]


def inner_path(path: str) -> str:
    """Return the threshold's own path: that within an override, and of a zone's dwell the bare name."""
    if path.startswith(OVERRIDE):
        return path.partition("].")[2]
    return "dwell_s" if path.startswith(ZONE) else path


def threshold_at(configuration: Configuration, path: str) -> tuple[Any, float, float, str]:
    """Return what `path` is now, its least and greatest allowed value, and its unit.

    A zone without a dwell of its own has that of the rule which watches it. Raises ConfigError where `path` is no
    threshold, or no number.
    """
    now = value_at(configuration, path)
    if path.startswith(ZONE):
        if now is None:
            now = _dwell_of(configuration, path)
        return now, *ZONE_DWELL_S, "s"
    found = _described(inner_path(path))
    if found is None or found.low is None or found.high is None:
        raise ConfigError([f"{path}: is no number, and only numbers can be swept"])
    return now, found.low, found.high, found.unit


def axis_of(configuration: Configuration, path: str) -> Axis:
    """Return `path` with values worth trying: nine around what holds now, within the allowed range."""
    now, low, high, _ = threshold_at(configuration, path)
    whole = isinstance(now, int) and not isinstance(now, bool)
    if high - low <= 1.0 and not whole:  # a share: a quarter of the range to either side, in equal steps
        step = nice((high - low) / 18)
        first = now - step * (COUNT // 2)
        tried = [first + step * index for index in range(COUNT)]
    elif now:
        tried = [now * factor for factor in AROUND]
    else:
        step = nice((min(high, 100.0) - low) / (COUNT - 1)) or 1.0
        tried = [low + step * index for index in range(COUNT)]
    inside = {_clean(min(max(value, low), high), whole=whole) for value in tried} | {now}
    fitting = [value for value in sorted(inside) if value == now or _fits(configuration, path, value)]
    if len(fitting) < FEWEST:  # what else is set leaves little room: look for it over the whole range
        every = {_clean(low + (high - low) * step / 40, whole=whole) for step in range(41)}
        fitting = [value for value in sorted(every | {now}) if value == now or _fits(configuration, path, value)]
        fitting = sorted({fitting[round(at * (len(fitting) - 1) / COUNT)] for at in range(COUNT + 1)} | {now})
    return Axis(path, tuple(fitting))


def nice(step: float) -> float:
    """Return the nearest of 1, 2, 5 times a power of ten at or above `step`; 0 for 0."""
    if step <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(step) + 1e-9)
    return next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= step * (1 - 1e-9))


def _fits(configuration: Configuration, path: str, value: float) -> bool:
    """Tell whether `value` contradicts nothing else that is set."""
    try:
        with_thresholds(configuration, {path: value})
    except ConfigError:
        return False
    return True


def _clean(value: float, *, whole: bool) -> float | int:
    """Return `value` with three significant digits: nobody sets a threshold to 0.30000000000000004."""
    return round(value) if whole else float(f"{value:.3g}")


def _described(path: str) -> Described | None:
    return next((each for each in described() if each.path == path), None)


def _dwell_of(configuration: Configuration, path: str) -> float:
    name = path.removeprefix(ZONE).rpartition(".")[0]
    kind = next(
        zone.kind.value
        for camera in configuration.city.cameras.values()
        for zone in camera.zones
        if zone.zone_id == name
    )
    thresholds = configuration.thresholds
    return thresholds.parking.illegal.dwell_s if kind == "no_parking" else thresholds.stall.unlicensed.dwell_s
