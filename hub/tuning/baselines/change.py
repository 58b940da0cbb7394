"""What was learnt and what is in force go in; what putting it into force would change comes out; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any

from detectors.profile import Profile
from hub.config.load import Configuration
from hub.tuning.baselines.document import band, unit_of
from hub.tuning.baselines.learning import LEFT_OUT_WORDS, WORDS, LeftOut, Outcome


class Change(StrEnum):
    """What would become of one quantity at one place."""

    NEW = "new"  # there was no profile
    CHANGED = "changed"
    SAME = "same"  # other weeks, and the same is usual
    KEPT = "kept"  # nothing was learnt this time: the older profile stays until it is too old
    NONE = "none"  # nothing was learnt, and there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far a new profile lies from the one in force.

    `typical` is the median distance of the hours' usual values, in the quantity's unit. Of the `hours` that both know,
    `outside` is how many have their new usual value beyond the old band.
    """

    typical: float
    outside: int
    hours: int


def change_of(outcome: Outcome, held: Profile | None) -> Change:
    """Return what would become of it."""
    if outcome.profile is None:
        return Change.NONE if held is None else Change.KEPT
    if held is None:
        return Change.NEW
    return Change.SAME if outcome.profile.cells == held.cells else Change.CHANGED


def shift_of(fresh: Profile, held: Profile, configuration: Configuration) -> Shift:
    """Return how far `fresh` lies from what is in force."""
    strays: list[float] = []
    outside = 0
    for new, old in zip(fresh.cells, held.cells, strict=True):
        if new is None or old is None:
            continue
        low, high = band(old, held, configuration)
        strays.append(abs(new.median - old.median))
        outside += not low <= new.median <= high
    return Shift(typical=round(median(strays), 4) if strays else 0.0, outside=outside, hours=len(strays))


def outcome_document(outcome: Outcome, configuration: Configuration) -> dict[str, Any]:
    """Return what became of one quantity at one place, and what that would change, as JSON-ready data."""
    held = configuration.profiles.of.get((outcome.subject, outcome.quantity))
    change = change_of(outcome, held)
    shift = None
    if change is Change.CHANGED and outcome.profile is not None and held is not None:
        found = shift_of(outcome.profile, held, configuration)
        shift = {"typical": found.typical, "outside": found.outside, "hours": found.hours}
    return {
        "subject": outcome.subject,
        "quantity": outcome.quantity.value,
        "unit": unit_of(outcome.quantity),
        "grid": outcome.grid,
        "change": change.value,
        "shift": shift,
        "learnt": outcome.profile is not None,
        "version": outcome.profile.version if outcome.profile else None,
        "cells": sum(cell is not None for cell in outcome.profile.cells) if outcome.profile else 0,
        "hours": outcome.hours,
        "left_out": outcome.left_out,
        "left_out_why": dict(outcome.left_out_why),
        "why_not": outcome.why_not.value if outcome.why_not else None,
        "why_not_text": WORDS[outcome.why_not] if outcome.why_not else None,
    }


def counted(outcomes: Sequence[Outcome], configuration: Configuration) -> dict[str, int]:
    """Return how many of each change there would be; every change has its number."""
    held = configuration.profiles.of
    found = Counter(change_of(one, held.get((one.subject, one.quantity))) for one in outcomes)
    return {change.value: found[change] for change in Change}


def left_out_in_words(why: dict[str, int]) -> str:
    """Return why hours were left out, in English: `an alert stood that nobody called false (12)`."""
    return ", ".join(f"{LEFT_OUT_WORDS[LeftOut(name)]} ({n})" for name, n in why.items())
