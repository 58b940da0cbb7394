"""A device's flow and pressure go in; the raise and clear of water.burst come out.

A burst is two things at once: pressure lies well below its highest of the last minutes, and flow well above its lowest.
What they were before is kept as long as the burst lasts, in the reason too, so that a restart still knows it. It is
over when both are back near that, or when both turned back as sharply as they had gone (the valve was shut, the main
mended): by then the hour may be another, and what was usual before may not come back until the next night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from detectors.causes import CALM, Cause, Course, Watched, begin, proceed
from detectors.duration import Condition, Evidence, Law, Stage, told_span
from detectors.finding import Finding, Number, OpenFinding, Phase
from detectors.sliding import Highest, Lowest
from detectors.thresholds_telemetry import Burst

RULE = "water.burst"


@dataclass(frozen=True, slots=True)
class Before:
    """Pressure and flow as they were before it began."""

    pressure_kpa: float
    flow_l_s: float


class BurstWatch:
    """The burst rule on one device."""

    __slots__ = ("_before", "_course", "_flow", "_limits", "_turn_flow", "_turn_pressure", "_usual_flow",
                 "_usual_pressure", "_watched")  # fmt: skip

    def __init__(self, limits: Burst, law: Law, subject: str, grid: str, open_findings: Sequence[OpenFinding]) -> None:
        """Begin with the burst that was open, if one was."""
        self._limits = limits
        self._watched = Watched(RULE, subject, grid, (Cause("burst", law, limits.severity),))
        self._course: Course = begin(self._watched, open_findings)
        self._flow: float | None = None
        self._before = next((_before(found) for found in open_findings if found.rule == RULE), None)
        self._usual_pressure, self._usual_flow = Highest(limits.window_s), Lowest(limits.window_s)
        self._turn_pressure, self._turn_flow = Lowest(limits.window_s), Highest(limits.window_s)

    @property
    def course(self) -> Course:
        """How it goes."""
        return self._course

    def measures(self, at: datetime, pressure_kpa: float) -> dict[str, float | None]:
        """Return what the reading of `at` is judged by: how far pressure fell, flow rose, and how far it should have.

        To be called after `push_pressure` of that reading, for who wants to see why; it changes nothing.
        """
        highest, lowest = self._usual_pressure.at(at), self._usual_flow.at(at)
        before = self._before or (None if highest is None or lowest is None else Before(highest, lowest))
        flow = self._flow
        return {
            "fall_kpa": None if before is None else before.pressure_kpa - pressure_kpa,
            "rise_l_s": None if before is None or flow is None or lowest is None else flow - before.flow_l_s,
            "needed_rise_l_s": None if before is None else self._needed_rise(before),
        }

    def push_flow(self, at: datetime, flow_l_s: float) -> None:
        """Take a flow reading in; it is judged with the next pressure."""
        self._flow = flow_l_s
        self._usual_flow.push(at, flow_l_s)
        if self._course is not CALM[1]:
            self._turn_flow.push(at, flow_l_s)

    def push_pressure(self, at: datetime, pressure_kpa: float) -> Sequence[Finding]:
        """Take a pressure reading in, judge it with the flow of the last while, and return what is found."""
        highest = self._usual_pressure.push(at, pressure_kpa)
        if highest - pressure_kpa < self._limits.fall_kpa and self._course is CALM[1]:
            return ()
        lowest_flow = self._usual_flow.at(at)
        flow = self._flow
        if flow is None or lowest_flow is None:
            return ()  # no flow of the last while: half of the story is not enough
        stage = self._course.conditions[0].stage
        open_now = stage in (Stage.RAISED, Stage.CLEARING)
        if stage is Stage.QUIET:
            self._before = Before(highest, lowest_flow)
        elif self._before is None:  # an open burst whose reason does not say: assume that it just holds
            self._before = Before(pressure_kpa + self._limits.fall_kpa, max(0.0, flow - self._limits.rise_l_s))
        evidence = self._recovering(at, pressure_kpa, flow) if open_now else self._falling(pressure_kpa, flow)
        before = self._before

        def explain(phase: Phase, cause: str, condition: Condition) -> tuple[str, dict[str, Number]]:
            numbers: dict[str, Number] = {
                "pressure_kpa": pressure_kpa,
                "flow_l_s": flow,
                "before_kpa": round(before.pressure_kpa, 4),
                "before_l_s": round(before.flow_l_s, 4),
                "fall_kpa": self._limits.fall_kpa,
                "rise_l_s": round(self._needed_rise(before), 4),
            }
            now = f"{pressure_kpa:g} kPa and {flow:g} L/s"
            if phase is Phase.CLEARED:
                return f"Pressure and flow turned back to {now}.", numbers
            return (
                f"Pressure fell from {before.pressure_kpa:g} to {pressure_kpa:g} kPa while flow rose from "
                f"{before.flow_l_s:g} to {flow:g} L/s{told_span(condition)}.",
                numbers,
            )

        self._course, findings = proceed(self._watched, self._course, ((0, evidence),), at, explain)
        if self._course is CALM[1]:
            self._forget()
        return findings

    def _falling(self, pressure_kpa: float, flow_l_s: float) -> Evidence:
        assert self._before is not None
        fallen = self._before.pressure_kpa - pressure_kpa >= self._limits.fall_kpa
        risen = flow_l_s - self._before.flow_l_s >= self._needed_rise(self._before)
        return Evidence.HOLDS if fallen and risen else Evidence.OVER

    def _recovering(self, at: datetime, pressure_kpa: float, flow_l_s: float) -> Evidence:
        """Return OVER when pressure and flow are near what they were, or turned back within the window."""
        assert self._before is not None
        share, fall, rise = self._limits.clear_share, self._limits.fall_kpa, self._needed_rise(self._before)
        lowest, highest = self._turn_pressure.push(at, pressure_kpa), self._turn_flow.at(at)
        if highest is not None and pressure_kpa - lowest >= share * fall and highest - flow_l_s >= share * rise:
            self._before = Before(pressure_kpa, flow_l_s)  # from here on this is what it is held against
        near = self._before.pressure_kpa - pressure_kpa <= (1 - share) * fall
        return Evidence.OVER if near and flow_l_s - self._before.flow_l_s <= (1 - share) * rise else Evidence.HOLDS

    def _needed_rise(self, before: Before) -> float:
        return max(self._limits.rise_l_s, self._limits.rise_share * before.flow_l_s)

    def _forget(self) -> None:
        self._before = None
        self._turn_pressure, self._turn_flow = Lowest(self._limits.window_s), Highest(self._limits.window_s)


def _before(found: OpenFinding) -> Before | None:
    """Return what an open burst's reason says of the time before it, or None where it says nothing."""
    pressure, flow = found.numbers.get("before_kpa"), found.numbers.get("before_l_s")
    if isinstance(pressure, int | float) and isinstance(flow, int | float):
        return Before(float(pressure), float(flow))
    return None
