"""A configuration and what somebody looks for go in; the places that profiles can be learnt of come out; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from detectors.overrides import Overridden
from detectors.profile import Profile
from detectors.unusual import POWER
from hub.config.load import Configuration
from hub.people.caller import Reach
from hub.tuning.baselines.learning import Subject, subjects_of


class State(StrEnum):
    """Whether something can be judged by what was learnt."""

    HELD = "held"  # a profile is in force
    OLD = "old"  # there is one, older than `profile_days`: nothing is judged by it any more
    NONE = "none"


class Kind(StrEnum):
    """What a place is."""

    WATER = "water"
    STREETLIGHT = "streetlight"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOf:
    """One quantity at one place. `is_judged`: the rule that would judge it is on, its place's overrides counted in."""

    subject: Subject
    name: str
    kind: Kind
    rule: str
    state: State
    is_judged: bool
    profile: Profile | None
    profile_days: float

    @property
    def key(self) -> tuple[str, str]:
        """Return what places are ordered by."""
        return self.subject.subject, self.subject.quantity.value


def places_of(configuration: Configuration, reach: Reach, now: datetime) -> list[PlaceOf]:
    """Return every quantity at every place within `reach` that can be learnt, in order."""
    city = configuration.city
    overridden = Overridden(configuration.thresholds, city)
    found = []
    for subject in subjects_of(city):
        if not reach.sees_grid(subject.grid):
            continue
        kind = Kind.STREETLIGHT if subject.quantity is POWER else Kind.WATER
        rule = f"{kind}.unusual"
        thresholds = overridden.of(rule, subject.subject)
        limits = thresholds.streetlight.unusual if kind is Kind.STREETLIGHT else thresholds.water.unusual
        profile = configuration.profiles.of.get((subject.subject, subject.quantity))
        found.append(
            PlaceOf(
                subject=subject,
                name=_name_of(configuration, subject.subject),
                kind=kind,
                rule=rule,
                state=_state_of(profile, limits.profile_days, now),
                is_judged=limits.enabled,
                profile=profile,
                profile_days=limits.profile_days,
            )
        )
    return sorted(found, key=lambda one: one.key)


def matching(
    places: Sequence[PlaceOf], *, text: str = "", kind: Kind | None = None, state: State | None = None
) -> list[PlaceOf]:
    """Return those whose id, name or member has `text` in it, of that kind and state."""
    sought = text.strip().casefold()
    return [
        one
        for one in places
        if (kind is None or one.kind is kind)
        and (state is None or one.state is state)
        and (not sought or any(sought in word.casefold() for word in _words(one)))
    ]


def counts_of(places: Sequence[PlaceOf]) -> dict[str, int]:
    """Return how many there are of each state; every state has its number."""
    found = Counter(one.state for one in places)
    return {state.value: found[state] for state in State}


def _words(one: PlaceOf) -> tuple[str, ...]:
    return (one.subject.subject, one.name, *one.subject.members)


def _state_of(profile: Profile | None, days: float, now: datetime) -> State:
    if profile is None:
        return State.NONE
    return State.OLD if now - profile.learnt_until > timedelta(days=days) else State.HELD


def _name_of(configuration: Configuration, subject: str) -> str:
    city = configuration.city
    if subject in city.circuits:
        return city.circuits[subject].name
    return city.devices[subject].name if subject in city.devices else ""
