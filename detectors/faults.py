"""Any device's readings go in; sensors that repeat one value for hours, or give values that cannot be, come out.

A device has at most one open `sensor.fault`: it is raised with the first broken quantity, updated when another joins,
and cleared when all are well. A value outside its physical range is the sensor's fault and not the city's: the judge
knows the same `ranges` and hands such a value to no other detector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from detectors.duration import QUIET, Condition, Evidence, Law, Stage, Turn, latched, law, step
from detectors.finding import Finding, Number, OpenFinding, Phase, Reason
from detectors.thresholds import Thresholds
from ingest.city import City, Device, DeviceKind
from ingest.observation import Quantity, Reading

RULE = "sensor.fault"
FROZEN, IMPOSSIBLE = "frozen", "impossible"
# A restart folds at most this much again for a freeze that is not yet raised; beyond it the freeze is found later.
REMEMBERED_S = 3600.0


class Track:
    """One quantity of one device: its last value and since when it is the same; and its two conditions.

    While nothing is wrong `frozen` stays QUIET and the plain fields do the work: they change with every reading.
    """

    __slots__ = ("frozen", "impossible", "last_at", "same_s", "same_since", "stuck_at", "value")

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.value: float | None = None
        self.same_since: datetime | None = None
        self.last_at: datetime | None = None
        self.same_s = 0.0
        self.stuck_at: float | None = None  # the value it repeats, while `frozen` is raised
        self.frozen = QUIET
        self.impossible = QUIET


class FaultState:
    """One device: its tracks, and since when its finding is open, with the faults it has spoken of."""

    __slots__ = ("device", "frozen_law", "impossible_law", "noted", "since", "tracks")

    def __init__(self, device: Device, frozen_law: Law, impossible_law: Law) -> None:
        """Begin with nothing wrong."""
        self.device = device
        self.frozen_law, self.impossible_law = frozen_law, impossible_law
        self.tracks: dict[str, Track] = {}
        self.since: datetime | None = None
        self.noted: tuple[str, ...] = ()


class Faults:
    """The rule `sensor.fault`; its partition is the device."""

    name = "faults"
    rules = (RULE,)

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        """Watch every device of `city` that measures; gateways and cameras do not."""
        self._rule = rule = thresholds.sensor.fault
        self._freezing = frozenset(rule.frozen_quantities)
        self.ranges = {
            quantity: (found.low, found.high)
            for quantity in Quantity
            if (found := rule.ranges.of(quantity)) is not None
        }
        self._devices = {
            name: device
            for name, device in city.devices.items()
            if device.kind not in (DeviceKind.GATEWAY, DeviceKind.CAMERA)
        }
        gap_s = max((self._law(0.0, device).gap_s for device in self._devices.values()), default=rule.gap_s)
        self.memory_s = gap_s + max(
            2 * rule.impossible_after_s, 2 * rule.clear_after_s, min(rule.frozen_after_s, REMEMBERED_S)
        )

    def partitions(self) -> Mapping[str, str]:
        """Return each measuring device as its own partition."""
        return {name: name for name in self._devices} if self._rule.enabled else {}

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> FaultState:
        """Return the device's state at start, with the faults latched that its open finding speaks of."""
        device = self._devices[partition]
        rule = self._rule
        state = FaultState(device, self._law(rule.frozen_after_s, device), self._law(rule.impossible_after_s, device))
        for found in open_findings:
            if found.rule != RULE or found.subject != partition:
                continue
            state.since = found.since
            state.noted = tuple(cause for cause in str(found.numbers.get("causes", "")).split(",") if " " in cause)
            for cause in state.noted:
                quantity, _, fault = cause.partition(" ")
                track = state.tracks.setdefault(quantity, Track())
                if fault == FROZEN:
                    track.frozen = latched(found)
                    stuck_at = found.numbers.get(f"{quantity}_frozen_at")
                    track.stuck_at = stuck_at if isinstance(stuck_at, float | int) else None
                else:
                    track.impossible = latched(found)
        return state

    def observe(self, state: FaultState, reading: Reading) -> tuple[FaultState, Sequence[Finding]]:
        """Return the device's state after `reading`, and what is found by it."""
        quantity, value, at = reading.quantity, reading.value, reading.measured_at
        track = state.tracks.get(quantity)
        if track is None:
            track = state.tracks[quantity] = Track()
        limits = self.ranges.get(quantity)
        possible = limits is None or limits[0] <= value <= limits[1]
        if value != track.value and possible and track.frozen is QUIET and track.impossible is QUIET:
            track.value, track.same_since, track.last_at, track.same_s = value, at, at, 0.0
            # A finding whose causes nobody remembers ends with the first reading that is well.
            return (state, ()) if state.since is None or state.noted else (state, self._clear(state, reading))
        return state, self._judge(state, track, reading, possible)

    def _judge(self, state: FaultState, track: Track, reading: Reading, possible: bool) -> Sequence[Finding]:
        quantity, at = reading.quantity, reading.measured_at
        turns: list[tuple[str, Turn, Condition]] = []
        before = track.impossible
        track.impossible, turn = step(before, Evidence.OVER if possible else Evidence.HOLDS, at, state.impossible_law)
        if turn is not None:
            turns.append((f"{quantity} {IMPOSSIBLE}", turn, track.impossible))
        if quantity in self._freezing:
            turn = self._judge_frozen(state, track, reading)
            if turn is not None:
                turns.append((f"{quantity} {FROZEN}", turn, track.frozen))
        track.value, track.last_at = reading.value, at
        fresh = [(cause, told) for cause, turn, told in turns if turn is Turn.RAISED and cause not in state.noted]
        if fresh:
            return self._raise(state, fresh, reading)
        if any(turn is Turn.CLEARED for _, turn, _ in turns) and state.since is not None and not _broken(state):
            return self._clear(state, reading)
        return ()

    def _judge_frozen(self, state: FaultState, track: Track, reading: Reading) -> Turn | None:
        """Let `track` repeat or change its value; return whether that raised or cleared a freeze."""
        value, at = reading.value, reading.measured_at
        if track.frozen is not QUIET:
            if track.stuck_at is None:
                track.stuck_at = value
            over = Evidence.OVER if value != track.stuck_at else Evidence.HOLDS
            track.frozen, turn = step(track.frozen, over, at, state.frozen_law)
            if turn is Turn.CLEARED:
                track.same_since, track.same_s, track.stuck_at = at, 0.0, None
            return turn
        if value != track.value or value == 0.0 or track.same_since is None or track.last_at is None:
            track.same_since, track.same_s = at, 0.0
            return None
        gap_s = (at - track.last_at).total_seconds()
        if gap_s <= state.frozen_law.gap_s:
            track.same_s += gap_s
        if track.same_s < state.frozen_law.raise_after_s:
            return None
        blind_s = (at - track.same_since).total_seconds() - track.same_s
        track.frozen = Condition(Stage.RAISED, track.same_since, at, at, track.same_s, blind_s)
        track.stuck_at = value
        return Turn.RAISED

    def _raise(self, state: FaultState, fresh: Sequence[tuple[str, Condition]], reading: Reading) -> Sequence[Finding]:
        phase = Phase.RAISED if state.since is None else Phase.UPDATED
        if state.since is None:
            state.since = min(told.since for _, told in fresh if told.since is not None)
        state.noted = (*state.noted, *(cause for cause, _ in fresh))
        cause, told = fresh[0]
        quantity, _, fault = cause.partition(" ")
        numbers: dict[str, Number] = {
            quantity: reading.value,
            "lasted_s": round(told.lasted_s, 3),
            "blind_s": round(told.blind_s, 3),
            "causes": ",".join(state.noted),
        }
        for name, track in state.tracks.items():
            if track.stuck_at is not None:
                numbers[f"{name}_frozen_at"] = track.stuck_at
        if fault == FROZEN:
            numbers["threshold_s"] = state.frozen_law.raise_after_s
            text = (
                f"{quantity} has read exactly {reading.value:g} for {told.lasted_s:.0f} s without one change; "
                f"a living sensor's last digit moves (limit {state.frozen_law.raise_after_s:.0f} s)."
            )
        else:
            low, high = self.ranges[reading.quantity]
            numbers |= {"threshold_low": low, "threshold_high": high}
            text = (
                f"{quantity} reads {reading.value:g}, which cannot be: it must lie between {low:g} and {high:g}. "
                f"It has been impossible for {told.lasted_s:.0f} s."
            )
        return (self._finding(state, reading.measured_at, phase, Reason(text, numbers)),)

    def _clear(self, state: FaultState, reading: Reading) -> Sequence[Finding]:
        since = state.since
        assert since is not None
        lasted_s = round((reading.measured_at - since).total_seconds(), 3)
        numbers: dict[str, Number] = {
            str(reading.quantity): reading.value,
            "lasted_s": lasted_s,
            "causes": ",".join(state.noted),
        }
        what = ", ".join(state.noted) or "the sensor"
        finding = self._finding(
            state,
            reading.measured_at,
            Phase.CLEARED,
            Reason(f"No longer so: {what}; values come as they should.", numbers),
        )
        state.since, state.noted = None, ()
        return (finding,)

    def _finding(self, state: FaultState, at: datetime, phase: Phase, reason: Reason) -> Finding:
        assert state.since is not None
        device = state.device
        return Finding(
            rule=RULE,
            subject=device.device_id,
            grid=device.grid,
            since=state.since,
            at=at,
            phase=phase,
            severity=self._rule.severity,
            reason=reason,
        )

    def _law(self, raise_after_s: float, device: Device) -> Law:
        return law(raise_after_s, self._rule.clear_after_s, self._rule.gap_s, device.interval_s)


def _broken(state: FaultState) -> bool:
    """Tell whether any fault is still raised, or not yet over for long enough."""
    open_stages = (Stage.RAISED, Stage.CLEARING)
    return any(
        track.frozen.stage in open_stages or track.impossible.stage in open_stages for track in state.tracks.values()
    )
