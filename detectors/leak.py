"""A device's night flows go in; the raise and clear of water.leak come out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from detectors.finding import Finding, Number, OpenFinding, Phase, Reason
from detectors.nights import NightFlow, NightTable, NightWatch
from detectors.thresholds_telemetry import Leak

RULE = "water.leak"


class LeakWatch:
    """The leak rule on one device; judged once a night, with the first reading after the night window."""

    __slots__ = ("_baseline_l_s", "_grid", "_limits", "_nights", "_raised_at", "_since", "_subject", "judged")

    def __init__(
        self, limits: Leak, table: NightTable, subject: str, grid: str, open_findings: Sequence[OpenFinding]
    ) -> None:
        """Begin with the leak that was open, if one was."""
        self._limits, self._subject, self._grid = limits, subject, grid
        found = next((one for one in open_findings if one.rule == RULE and one.subject == subject), None)
        self._since = found.since if found else None
        self._raised_at = found.raised_at if found else None
        baseline = found.numbers.get("baseline_l_s") if found else None
        self._baseline_l_s = float(baseline) if isinstance(baseline, int | float) else None
        self._nights = NightWatch(limits, table)
        self.judged: NightFlow | None = None  # the last night that could be judged, for who wants to see why

    @property
    def open_since(self) -> datetime | None:
        """Since when a leak is open."""
        return self._since

    @property
    def spans(self) -> int:
        """How many spans of the night that goes on could be measured so far."""
        return self._nights.spans

    def push(self, at: datetime, flow_l_s: float) -> Sequence[Finding]:
        """Take a flow reading in; return what the night that it ends has shown."""
        flow = self._nights.push(at, flow_l_s)
        if flow is None:
            return ()
        self.judged = flow
        return self._judge(flow, at)

    def _judge(self, flow: NightFlow, at: datetime) -> Sequence[Finding]:
        limits = self._limits
        if self._since is not None:
            if self._raised_at is not None and at <= self._raised_at:
                return ()  # a night read again, from before the leak that was open at start
            baseline = self._baseline_l_s if self._baseline_l_s is not None else flow.baseline_l_s
            if baseline is None or not self._is_over(flow.lowest_l_s, baseline):
                return ()
            return (self._end(flow, baseline, at),)
        baseline = flow.baseline_l_s
        if baseline is None or not self._is_leak(flow.lowest_l_s, baseline) or not limits.enabled:
            return ()
        return (self._begin(flow, baseline, at),)

    def _is_leak(self, lowest: float, baseline: float) -> bool:
        return lowest > baseline * self._limits.factor and lowest - baseline >= self._limits.above_l_s

    def _is_over(self, lowest: float, baseline: float) -> bool:
        return lowest < baseline * self._limits.clear_factor or lowest - baseline < self._limits.above_l_s / 2

    def _begin(self, flow: NightFlow, baseline: float, at: datetime) -> Finding:
        # The night itself began it, not whichever reading came first: dropped readings must not change its identity.
        self._since, self._raised_at, self._baseline_l_s = flow.night.begins, at, baseline
        text = (
            f"The night's lowest flow was {flow.lowest_l_s:.2f} L/s; {baseline:.2f} L/s was usual in the "
            f"{flow.nights} nights before."
        )
        return self._finding(Phase.RAISED, self._since, at, text, self._numbers(flow, baseline))

    def _end(self, flow: NightFlow, baseline: float, at: datetime) -> Finding:
        since = self._since
        assert since is not None
        self._since = self._raised_at = self._baseline_l_s = None
        text = (
            f"The night's lowest flow is back at {flow.lowest_l_s:.2f} L/s; "
            f"{baseline:.2f} L/s was usual before the leak."
        )
        numbers = self._numbers(flow, baseline) | {"lasted_s": round((at - since).total_seconds(), 3)}
        return self._finding(Phase.CLEARED, since, at, text, numbers)

    def _numbers(self, flow: NightFlow, baseline: float) -> dict[str, Number]:
        return {
            "night": flow.night.day.isoformat(),
            "lowest_l_s": round(flow.lowest_l_s, 4),
            "baseline_l_s": round(baseline, 4),
            "nights": flow.nights,
            "factor": self._limits.factor,
            "above_l_s": self._limits.above_l_s,
        }

    def _finding(self, phase: Phase, since: datetime, at: datetime, text: str, numbers: dict[str, Number]) -> Finding:
        return Finding(
            rule=RULE,
            subject=self._subject,
            grid=self._grid,
            since=since,
            at=at,
            phase=phase,
            severity=self._limits.severity,
            reason=Reason(text, numbers),
        )
