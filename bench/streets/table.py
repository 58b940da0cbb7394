"""What became of each scene in, precision, recall, delay and false alarms by condition out; pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Scene = dict[str, Any]  # one line of results: see `run.told`
HOURS_A_DAY = 24.0
ON_TIME_S = 10.0
HEADER = (
    "condition",
    "hours",
    "events",
    "found",
    "recall",
    "alarms",
    "false",
    "precision",
    "delay p50",
    "p95",
    "longest",
    "false a camera-day (95 %)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures of one condition. `alarms` are those that count: right ones, repeated ones and false ones.

    `delays_s` are how long after its due time each needed event was reported, ascending. `hours` is None where no
    camera-hour belongs to the condition, as with how much of a thing can be seen.
    """

    name: str
    hours: float | None
    events: int
    found: int
    alarms: int
    false: int
    delays_s: tuple[float, ...]

    @property
    def recall(self) -> float | None:
        """The share of the needed events that was reported."""
        return self.found / self.events if self.events else None

    @property
    def precision(self) -> float | None:
        """The share of the alarms that was right."""
        return (self.alarms - self.false) / self.alarms if self.alarms else None

    @property
    def on_time(self) -> float | None:
        """The share of the reported events whose alarm came within 10 s of the due time."""
        if not self.delays_s:
            return None
        return sum(abs(delay) <= ON_TIME_S for delay in self.delays_s) / len(self.delays_s)

    def delay(self, share: float) -> float | None:
        """Return the delay that `share` of the reported events do not exceed."""
        if not self.delays_s:
            return None
        return self.delays_s[min(len(self.delays_s) - 1, math.ceil(share * len(self.delays_s)) - 1)]

    def false_a_day(self) -> tuple[float, float, float] | None:
        """Return false alarms per camera-day, and the bounds of the exact 95 % interval of that rate."""
        if not self.hours:
            return None
        low, high = poisson_bounds(self.false)
        a_day = HOURS_A_DAY / self.hours
        return self.false * a_day, low * a_day, high * a_day


def rows(scenes: Sequence[Scene]) -> list[Row]:
    """Return the table of `scenes`: all, then by how busy, light, weather, height of camera, rule, what was visible."""
    found = [_row("all", scenes)]
    for key, names in (
        ("bustle", ("busy", "ordinary", "quiet")),
        ("hour", ("day", "dusk", "night")),
        ("rain", ("dry", "rain")),
        ("height", ("low", "middle", "high")),
    ):
        parts = [(name, [s for s in scenes if s[key] == name]) for name in names]
        if key != "bustle" or sum(bool(part) for _, part in parts) > 1:
            found += [_row(_CALLED.get(name, name), part) for name, part in parts]
    found += [_row(f"rule {rule}", scenes, rule=rule) for rule in ("parking.illegal", "stall.unlicensed")]
    found += [
        _events_only(name, scenes, lambda event, low=low, high=high: low <= event["visible"] < high)  # type: ignore[misc]
        for name, low, high in (
            ("all of it visible", 0.95, 1.01),
            ("partly hidden", 0.75, 0.95),
            ("a quarter hidden or more", 0.0, 0.75),
        )
    ]
    return found


_CALLED = {
    "busy": "busy hours",
    "ordinary": "ordinary hours",
    "quiet": "quiet hours",
    "low": "camera 3.5–5 m up",
    "middle": "camera 5–7 m up",
    "high": "camera 7–9 m up",
}


def _row(name: str, scenes: Iterable[Scene], rule: str | None = None) -> Row:
    chosen = list(scenes)
    events = [e for s in chosen for e in s["events"] if e["needed"] and rule in (None, e["rule"])]
    alarms = [a for s in chosen for a in s["alarms"] if a["verdict"] != "allowed" and rule in (None, a["rule"])]
    return Row(
        name=name,
        hours=sum(s["hours"] for s in chosen),
        events=len(events),
        found=sum(e["delay_s"] is not None for e in events),
        alarms=len(alarms),
        false=sum(a["verdict"] != "right" for a in alarms),
        delays_s=_delays(events),
    )


def _events_only(name: str, scenes: Sequence[Scene], holds: Callable[[dict[str, Any]], bool]) -> Row:
    events = [e for s in scenes for e in s["events"] if e["needed"] and holds(e)]
    return Row(
        name=name,
        hours=None,
        events=len(events),
        found=sum(e["delay_s"] is not None for e in events),
        alarms=0,
        false=0,
        delays_s=_delays(events),
    )


def _delays(events: Iterable[dict[str, Any]]) -> tuple[float, ...]:
    return tuple(sorted(e["delay_s"] for e in events if e["delay_s"] is not None))


def poisson_bounds(count: int) -> tuple[float, float]:
    """Return the exact 95 % bounds (Garwood 1936) of the mean of a Poisson count."""
    low = 0.0 if count == 0 else _solve(lambda mean: 1 - _up_to(count - 1, mean) - 0.025, 0.0, float(count))
    return low, _solve(lambda mean: 0.025 - _up_to(count, mean), float(count), count * 3 + 20.0)


def _up_to(count: int, mean: float) -> float:
    """Return the chance that a Poisson variable is at most `count`."""
    if count < 0:
        return 0.0
    term = total = math.exp(-mean)
    for k in range(1, count + 1):
        term *= mean / k
        total += term
    return total


def _solve(rising: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(80):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def cells(row: Row) -> tuple[str, ...]:
    """Return a row as text, a dash where a figure has no meaning."""
    a_day = row.false_a_day()
    counts = row.hours is not None
    return (
        row.name,
        "–" if row.hours is None else f"{row.hours:.1f}",
        str(row.events),
        str(row.found),
        _share(row.recall),
        str(row.alarms) if counts else "–",
        str(row.false) if counts else "–",
        _share(row.precision),
        _seconds(row.delay(0.5)),
        _seconds(row.delay(0.95)),
        _seconds(row.delay(1.0)),
        "–" if a_day is None else f"{a_day[0]:.2f} ({a_day[1]:.2f}–{a_day[2]:.2f})",
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"


def markdown(scenes: Sequence[Scene]) -> str:
    """Return the table as Markdown."""
    lines = [HEADER, tuple("---" for _ in HEADER), *(cells(row) for row in rows(scenes) if row.hours or row.events)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
