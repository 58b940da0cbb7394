"""What was learnt of one quantity at one place goes in, JSON-ready data for pages and programs comes out; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from detectors.baseline import spread_of
from detectors.overrides import Overridden
from detectors.profile import HOUR, Cell, Profile, cell_of, hour_of
from detectors.thresholds import Thresholds
from detectors.unusual import BAND, FLOW, POWER
from hub.config.load import Configuration
from hub.tuning.baselines.learning import WORDS, Learnt
from hub.tuning.baselines.places import PlaceOf
from ingest.observation import Quantity

UNIT = {"flow_l_s": "L/s", "pressure_kpa": "kPa", "power_w": "W"}
MOST_HOURS = timedelta(days=62)


def baseline_document(one: Learnt, configuration: Configuration, *, with_cells: bool) -> dict[str, Any]:
    """Return what was learnt; with `with_cells` its 168 hours from Monday 00:00 local time, null where not learnt.

    `low` and `high` lie three spreads from the median, each spread at least what the thresholds say.
    """
    profile = None if one.profile is None else profile_document(one.profile, configuration, with_cells=with_cells)
    return {
        "subject": one.subject,
        "quantity": one.quantity.value,
        "unit": unit_of(one.quantity),
        "grid": one.grid,
        "timezone": configuration.city.timezone,
        "learnt_at": one.learnt_at.isoformat(),
        "learnt_by": one.learnt_by,
        "since": one.since.isoformat(),
        "until": one.until.isoformat(),
        "hours": one.hours,
        "left_out": one.left_out,
        "left_out_why": dict(one.left_out_why),
        "note": one.note,
        "why_not": one.why_not.value if one.why_not else None,
        "why_not_text": WORDS[one.why_not] if one.why_not else None,
        "profile": profile,
    }


def place_document(
    place: PlaceOf, last: Learnt | None, configuration: Configuration, *, with_cells: bool
) -> dict[str, Any]:
    """Return one quantity at one place, with the profile in force and what became of its last learning."""
    subject = place.subject
    return {
        "subject": subject.subject,
        "name": place.name,
        "kind": place.kind.value,
        "quantity": subject.quantity.value,
        "unit": unit_of(subject.quantity),
        "grid": subject.grid,
        "members": len(subject.members),
        "rule": place.rule,
        "is_judged": place.is_judged,
        "state": place.state.value,
        "profile_days": place.profile_days,
        "profile": None
        if place.profile is None
        else profile_document(place.profile, configuration, with_cells=with_cells),
        "last": None
        if last is None
        else {
            "learnt_at": last.learnt_at.isoformat(),
            "learnt_by": last.learnt_by,
            "note": last.note,
            "since": last.since.isoformat(),
            "until": last.until.isoformat(),
            "hours": last.hours,
            "left_out": last.left_out,
            "left_out_why": dict(last.left_out_why),
            "why_not": last.why_not.value if last.why_not else None,
            "why_not_text": WORDS[last.why_not] if last.why_not else None,
        },
    }


def profile_document(profile: Profile, configuration: Configuration, *, with_cells: bool) -> dict[str, Any]:
    """Return a profile, with `with_cells` its hours."""
    held = configuration.profiles.of.get((profile.subject, profile.quantity))
    document: dict[str, Any] = {
        "version": profile.version,
        "learnt_from": profile.learnt_from.isoformat(),
        "learnt_until": profile.learnt_until.isoformat(),
        "hours": profile.hours,
        "learnt_cells": sum(cell is not None for cell in profile.cells),
        "in_force": held is not None and held.version == profile.version,
    }
    if with_cells:
        document["cells"] = [cell_document(cell, profile, configuration) for cell in profile.cells]
    return document


def unit_of(quantity: Quantity) -> str:
    """Return the unit that a quantity of baselines is measured in."""
    return UNIT.get(quantity.value, "")


def cell_document(cell: Cell | None, profile: Profile, configuration: Configuration) -> dict[str, Any] | None:
    """Return one hour of the week, or None where it was not learnt."""
    if cell is None:
        return None
    low, high = band(cell, profile, configuration)
    return {
        "median": cell.median,
        "low": round(low, 4),
        "high": round(high, 4),
        "spread": cell.spread,
        "n": cell.n,
    }


def band(cell: Cell, profile: Profile, configuration: Configuration) -> tuple[float, float]:
    """Return what is expected, from low to high, under the thresholds that hold for the profile's subject."""
    domain = "streetlight" if profile.quantity is POWER else "water"
    thresholds = Overridden(configuration.thresholds, configuration.city).of(f"{domain}.unusual", profile.subject)
    spread = BAND * spread_of(cell.median, cell.spread, *_least(thresholds, profile.quantity))
    return cell.median - spread, cell.median + spread


def expected(
    profile: Profile, configuration: Configuration, begin: datetime, end: datetime
) -> list[tuple[datetime, float, float, float]]:
    """Return (hour, low, median, high) of the hours from `begin` to `end` that were learnt, two months at most."""
    zone, calendar = ZoneInfo(configuration.city.timezone), configuration.city.calendar
    found = []
    known: dict[int, tuple[float, float]] = {}
    hour = hour_of(begin)
    while hour < min(end, begin + MOST_HOURS):
        number = cell_of(hour, zone, calendar)
        cell = profile.cells[number]
        if cell is not None:
            if number not in known:
                known[number] = band(cell, profile, configuration)
            low, high = known[number]
            found.append((hour, round(low, 4), cell.median, round(high, 4)))
        hour += HOUR
    return found


def _least(thresholds: Thresholds, quantity: Quantity) -> tuple[Any, float]:
    if quantity is POWER:
        lamps = thresholds.streetlight.unusual
        return lamps, lamps.least_spread_w
    water = thresholds.water.unusual
    return water, water.least_spread_l_s if quantity is FLOW else water.least_spread_kpa
