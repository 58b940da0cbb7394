"""Readings go in; what is unusual for its hour of the week, for hours, comes out: water mains and lit circuits.

What is usual is learnt apart and given as `Profiles`: the fold itself learns nothing, so the same observations under
the same configuration give the same findings. An hour, of the UTC clock, is judged when the first reading after it
comes. How its mean is held against the profile and what the deviations add up to is in detectors/baseline.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from detectors.baseline import Drift, HourSums, Judged, Sums, Unjudged, drift, enough_heard, heard_mean, judged
from detectors.finding import Finding, Number, OpenFinding, Phase, Reason
from detectors.lighting import Lighting
from detectors.profile import HOUR, NO_PROFILES, Profile, Profiles, cell_of, hour_of
from detectors.sun import Sun
from detectors.thresholds import Thresholds
from detectors.thresholds_unusual import LampUnusual, Unusual, WaterUnusual
from ingest.city import City, Device, DeviceKind
from ingest.observation import Quantity, Reading

FLOW, PRESSURE, POWER = Quantity.FLOW_L_S, Quantity.PRESSURE_KPA, Quantity.POWER_W
# quantity -> how it is called, what ends the names of its numbers, its unit
WORDS: Mapping[Quantity, tuple[str, str, str]] = {
    FLOW: ("Flow", "l_s", "L/s"),
    PRESSURE: ("Pressure", "kpa", "kPa"),
    POWER: ("The lamps' mean power", "w", "W"),
}
CAUSE = {FLOW: "flow", PRESSURE: "pressure", POWER: "power"}
Lit = tuple[tuple[time, time], ...] | None
BAND = 3.0  # spreads to either side of the usual: what charts draw as expected
LONG_AGO = datetime.min.replace(tzinfo=UTC)
STRAGGLERS = timedelta(minutes=5)  # no stream waits longer: see `lateness_s`


@dataclass(frozen=True, slots=True)
class Place:
    """What one partition watches: its subject, the devices that are heard for it, and what is usual there."""

    subject: str
    grid: str
    members: tuple[str, ...]
    interval_s: float
    profiles: Mapping[Quantity, Profile]


class UnusualState:
    """One place: the hours not yet over, the judged ones of the last two windows, and the finding that is open."""

    __slots__ = ("ended", "ends", "judged", "noted", "pending", "place", "raised_at", "recalled", "since", "sums")

    def __init__(self, place: Place) -> None:
        """Begin with nothing heard."""
        self.place = place
        self.pending: dict[datetime, dict[Quantity, dict[str, Sums]]] = {}
        self.ends: datetime | None = None  # of the hour that readings come in now
        self.sums: dict[Quantity, dict[str, Sums]] = {}
        self.judged: dict[Quantity, list[Judged]] = {quantity: [] for quantity in place.profiles}
        self.recalled = LONG_AGO  # what was received before is known, and comes again for other rules' sake
        self.since: datetime | None = None
        self.raised_at: datetime | None = None
        self.noted: tuple[str, ...] = ()
        self.ended: set[str] = set()


class UnusualDetector:
    """What both rules share; a subclass says which places there are and which hours count."""

    name = "unusual"
    rules: tuple[str, ...] = ()
    quantities: frozenset[Quantity] = frozenset()

    def __init__(self, city: City, thresholds: Thresholds, profiles: Profiles, limits: Unusual) -> None:
        """Watch what `profiles` were learnt of."""
        self._city, self._profiles, self._limits = city, profiles, limits
        self._zone = ZoneInfo(city.timezone)
        self._freezing = frozenset(thresholds.sensor.fault.frozen_quantities)
        self._places = {place.subject: place for place in self._found()} if limits.enabled else {}
        self.memory_s = 2 * HOUR.total_seconds() if self._places else 0.0

    @property
    def window(self) -> timedelta:
        """How far back a restarted worker must be told the hours that were."""
        return timedelta(hours=2 * self._limits.window_h)

    def partitions(self) -> Mapping[str, str]:
        """Return the place of each device that a profile was learnt of, or of its circuit."""
        return {member: place.subject for place in self._places.values() for member in place.members}

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> UnusualState:
        """Return the place's state at start, with the causes latched that its open finding speaks of."""
        state = UnusualState(self._places[partition])
        for found in open_findings:
            if found.rule in self.rules and found.subject == partition:
                causes = tuple(cause for cause in str(found.numbers.get("causes", "")).split(",") if cause)
                known = [f"{CAUSE[quantity]}_{way}" for quantity in state.judged for way in ("high", "low")]
                noted = tuple(cause for cause in causes if cause in known)
                state.since, state.raised_at, state.noted = found.since, found.raised_at, noted
        return state

    def recall(self, state: UnusualState, hours: Iterable[HourSums], until: datetime) -> None:
        """Remember `hours`, stored before `until`, as if they had been folded; nothing is found in them again.

        The last hour stays open, and so do those that a straggler could still belong to.
        """
        for one in hours:
            if one.quantity in state.judged:
                sums = state.pending.setdefault(one.hour, {}).setdefault(one.quantity, {})
                sums.setdefault(one.device_id, Sums()).join(one.sums)
        state.recalled = until
        for hour in sorted(state.pending)[:-1]:
            if hour + HOUR + STRAGGLERS <= until:
                self._judge(state, hour, hour + HOUR)

    def observe(self, state: UnusualState, reading: Reading) -> tuple[Any, Sequence[Finding]]:
        """Return the place's state after `reading`, and what the hours that it ends have shown."""
        quantity, at = reading.quantity, reading.measured_at
        if quantity not in state.judged or reading.received_at < state.recalled:
            return state, ()
        found: Sequence[Finding] = ()
        if state.ends is None or at >= state.ends:
            hour = hour_of(at)
            found = self._close(state, hour, at)
            state.ends, state.sums = hour + HOUR, state.pending.setdefault(hour, {})
        sums = state.sums.setdefault(quantity, {})
        one = sums.get(reading.device_id)
        if one is None:
            one = sums[reading.device_id] = Sums()
        one.add(reading.value, at)
        return state, found

    def barred(self, place: Place, quantity: Quantity, hour: datetime) -> Unjudged | None:
        """Return why the hour from `hour` on cannot be judged whatever is heard in it, or None."""
        profile = place.profiles.get(quantity)
        if profile is None:
            return Unjudged.NO_PROFILE
        if hour - profile.learnt_until > timedelta(days=self._limits.profile_days):
            return Unjudged.OLD_PROFILE
        usual = profile.cells[cell_of(hour, self._zone, self._city.calendar)]
        return Unjudged.NO_CELL if usual is None else None

    def _found(self) -> Iterable[Place]:
        raise NotImplementedError

    def _counts(self, place: Place, hour: datetime, sums: Mapping[str, Sums]) -> Unjudged | None:
        """Return why the hour does not count, or None."""
        return None if enough_heard(sums, self._limits.heard_quarters, place.interval_s) else Unjudged.TOO_LITTLE_HEARD

    def _least_spread(self, quantity: Quantity) -> float:
        raise NotImplementedError

    def _close(self, state: UnusualState, before: datetime, at: datetime) -> list[Finding]:
        found: list[Finding] = []
        for hour in sorted(hour for hour in state.pending if hour < before):
            told = self._judge(state, hour, at)
            if told:
                found += self._say(state, told, at)
        return found

    def _judge(self, state: UnusualState, hour: datetime, at: datetime) -> dict[str, tuple[Quantity, Judged, Drift]]:
        """Close the hour; return what it adds up to by cause, nothing where no quantity of it could be judged."""
        told: dict[str, tuple[Quantity, Judged, Drift]] = {}
        for quantity, sums in sorted(state.pending.pop(hour).items()):
            one = self._hour(state.place, quantity, hour, sums)
            if isinstance(one, Unjudged):
                continue
            past = state.judged[quantity]
            past.append(one)
            while past[0].hour <= hour - self.window:
                past.pop(0)
            for way in ("high", "low"):
                cause, turn = f"{CAUSE[quantity]}_{way}", drift(past, way == "high", self._limits)
                told[cause] = quantity, one, turn
                if turn.over and cause in state.noted and state.raised_at is not None and at > state.raised_at:
                    state.ended.add(cause)
        return told

    def _hour(self, place: Place, quantity: Quantity, hour: datetime, sums: Mapping[str, Sums]) -> Judged | Unjudged:
        why_not = self._counts(place, hour, sums)
        if why_not is not None:
            return why_not
        mean = heard_mean(sums, quantity in self._freezing)
        if isinstance(mean, Unjudged):
            return mean
        cell = cell_of(hour, self._zone, self._city.calendar)
        return judged(hour, mean, cell, place.profiles.get(quantity), self._limits, self._least_spread(quantity))

    def _say(
        self, state: UnusualState, told: Mapping[str, tuple[Quantity, Judged, Drift]], at: datetime
    ) -> list[Finding]:
        """Return the raise, update or clear that an hour's sums lead to."""
        if state.raised_at is not None and at <= state.raised_at:
            return []  # an hour read again, from before the finding that was open at start
        reached = [cause for cause, (_, _, turn) in told.items() if turn.total_z >= self._limits.limit_z]
        state.ended -= set(reached)
        fresh = [cause for cause in reached if cause not in state.noted]
        if fresh:
            worst = max(fresh, key=lambda cause: told[cause][2].total_z)
            phase = Phase.RAISED if state.since is None else Phase.UPDATED
            if state.since is None:
                state.since, state.raised_at = told[worst][2].since, at
            state.noted = (*state.noted, *fresh)
            return [self._finding(state, phase, at, worst, *told[worst])]
        if state.since is not None and state.ended >= set(state.noted):
            cause = next((cause for cause in state.noted if cause in told), next(iter(told)))
            finding = self._finding(state, Phase.CLEARED, at, cause, *told[cause])
            state.since = state.raised_at = None
            state.noted, state.ended = (), set()
            return [finding]
        return []

    def _finding(
        self, state: UnusualState, phase: Phase, at: datetime, cause: str, quantity: Quantity, hour: Judged, turn: Drift
    ) -> Finding:
        since, limits = state.since, self._limits
        assert since is not None
        what, suffix, unit = WORDS[quantity]
        profile = state.place.profiles[quantity]
        numbers: dict[str, Number] = {
            quantity.value: round(hour.value, 3),
            f"expected_{suffix}": round(hour.expected, 3),
            f"spread_{suffix}": round(hour.spread, 4),
            f"expected_low_{suffix}": round(hour.expected - BAND * hour.spread, 3),
            f"expected_high_{suffix}": round(hour.expected + BAND * hour.spread, 3),
            "hour_z": round(hour.z, 2),
            "sum_z": round(turn.total_z, 2),
            "limit_z": limits.limit_z,
            "slack_z": limits.slack_z,
            "profile": profile.version,
            "learnt_until": profile.learnt_until.isoformat(),
            "causes": ",".join(state.noted),
        }
        mean = f"{what} averaged {hour.value:.4g} {unit} in the last hour"
        usual = f"{hour.expected:.4g} ± {hour.spread:.2g} {unit} is usual for this hour of the week"
        if phase is Phase.CLEARED:
            numbers["lasted_s"] = round((at - since).total_seconds(), 3)
            text = f"{mean}; {usual}. The last {limits.clear_hours} judged hours were as usual on average."
        else:
            numbers["hours"] = turn.hours
            side = "above" if cause.endswith("high") else "below"
            text = (
                f"{mean}; {usual}. In all, {turn.hours} hours {side} the usual add up to {turn.total_z:.1f} spreads "
                f"(limit {limits.limit_z:g}, {limits.slack_z:g} an hour let pass)."
            )
        return Finding(
            rule=self.rules[0],
            subject=state.place.subject,
            grid=state.place.grid,
            since=since,
            at=at,
            phase=phase,
            severity=limits.severity,
            reason=Reason(text, numbers),
            members=state.place.members if state.place.members != (state.place.subject,) else (),
        )


class UnusualWater(UnusualDetector):
    """The rule `water.unusual`; its partition is the device."""

    rules = ("water.unusual",)
    quantities = frozenset({FLOW, PRESSURE})

    def __init__(self, city: City, thresholds: Thresholds, profiles: Profiles = NO_PROFILES) -> None:
        """Watch the water devices of `city` that a profile was learnt of."""
        self._water: WaterUnusual = thresholds.water.unusual
        super().__init__(city, thresholds, profiles, self._water)

    def _found(self) -> Iterable[Place]:
        for name, device in self._city.devices.items():
            if device.kind is DeviceKind.WATER:
                learnt = {
                    one: self._profiles.of[name, one] for one in (FLOW, PRESSURE) if (name, one) in self._profiles.of
                }
                if learnt:
                    yield Place(name, device.grid, (name,), device.interval_s, learnt)

    def _least_spread(self, quantity: Quantity) -> float:
        return self._water.least_spread_l_s if quantity is FLOW else self._water.least_spread_kpa


class UnusualLamps(UnusualDetector):
    """The rule `streetlight.unusual`; its partition is the circuit, in the hours that its lamps should burn through."""

    rules = ("streetlight.unusual",)
    quantities = frozenset({POWER})

    def __init__(self, city: City, thresholds: Thresholds, profiles: Profiles = NO_PROFILES) -> None:
        """Watch the circuits of `city` that a profile was learnt of."""
        self._lamps: LampUnusual = thresholds.streetlight.unusual
        super().__init__(city, thresholds, profiles, self._lamps)
        self._hours = LitHours(city, thresholds)

    def _found(self) -> Iterable[Place]:
        for name, lamps in lamps_of(self._city).items():
            profile = self._profiles.of.get((name, POWER))
            if profile is not None:
                members = tuple(sorted(lamp.device_id for lamp in lamps))
                circuit = self._city.circuits.get(name)
                grid = circuit.grid if circuit is not None else lamps[0].grid
                yield Place(name, grid, members, max(lamp.interval_s for lamp in lamps), {POWER: profile})

    def barred(self, place: Place, quantity: Quantity, hour: datetime) -> Unjudged | None:
        """Return why the hour from `hour` on cannot be judged whatever is heard in it, or None."""
        lit = self._hours.is_lit(place.subject, hour)
        return super().barred(place, quantity, hour) if lit else Unjudged.NOT_LIT

    def _counts(self, place: Place, hour: datetime, sums: Mapping[str, Sums]) -> Unjudged | None:
        if not self._hours.is_lit(place.subject, hour):
            return Unjudged.NOT_LIT
        if len(sums) < self._lamps.heard_share * len(place.members):
            return Unjudged.TOO_LITTLE_HEARD
        return super()._counts(place, hour, sums)

    def _least_spread(self, quantity: Quantity) -> float:
        return self._lamps.least_spread_w


class LitHours:
    """Which hours the lamps of a circuit should burn through, from beginning to end."""

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        """Take when circuits are lit."""
        self._city, self._burning = city, thresholds.streetlight.burning
        self._zone, self._sun = ZoneInfo(city.timezone), Sun(city.latitude, city.longitude)
        self._lighting: dict[Lit, Lighting] = {}
        self._known: dict[tuple[Lit, datetime], bool] = {}

    def is_lit(self, circuit: str, hour: datetime) -> bool:
        """Tell whether the lamps should burn through the whole hour from `hour` on."""
        lit = self._city.circuits[circuit].lit if circuit in self._city.circuits else None
        known = self._known.get((lit, hour))
        if known is None:
            if len(self._known) > 10_000:  # a worker that runs for months needs only the last few
                self._known.clear()
            known = self._known[lit, hour] = self._burns(lit, hour)
        return known

    def _burns(self, lit: Lit, hour: datetime) -> bool:
        lighting = self._lighting.get(lit)
        if lighting is None:
            lighting = self._lighting[lit] = Lighting(self._burning, self._zone, self._sun, lit)
        at = hour
        while at < hour + HOUR:
            segment = lighting.at(at)
            if not segment.should:
                return False
            at = segment.ends
        return True


def lamps_of(city: City) -> dict[str, list[Device]]:
    """Return the lamps of each circuit; a lamp without one is by itself."""
    found: dict[str, list[Device]] = {}
    for name, device in city.devices.items():
        if device.kind is DeviceKind.STREETLIGHT:
            known = device.circuit_id is not None and device.circuit_id in city.circuits
            found.setdefault(str(device.circuit_id) if known else name, []).append(device)
    return found
