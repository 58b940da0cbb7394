"""The plan, the rules there are and the city's zones go in; which lines of its tables never come to their turn, out.

Every kind of case that can occur is tried, but only once for those that no line tells apart: each part of what a case
is (rule and category, severity, place, level) becomes the set of lines that it fits, and equal sets are one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from detectors.finding import Severity
from hub.cases import category
from hub.cases.level import Level
from hub.cases.matching import fits_subject
from hub.cases.plan import Match, Plan
from hub.cases.routing import department_for
from ingest.city import City

Lines = int  # a set of lines: bit n stands for line n


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """Line `index` never has its turn: those in `taken_by` always come before. Empty: nothing can ever fit it."""

    index: int
    taken_by: tuple[int, ...]


def unreached_routes(plan: Plan, city: City, rules: Collection[str]) -> tuple[tuple[Unreached, ...], frozenset[str]]:
    """Return the routes that never come to their turn, and the departments to which some route leads."""
    matches = [line.match for line in plan.routes]
    districts = {grid.district for grid in city.grids.values()}
    leads: dict[tuple[Level | None, str], Lines] = {
        (level, district): _lines(department_for(plan, line, level, district) is not None for line in plan.routes)
        for level, district in product((None, *Level), districts)
    }
    tried = [
        (subject & severity & place & leads[level, district], level, district)
        for subject, severity, (place, district), level in product(
            _subjects(matches, plan, rules), _severities(matches), _places(matches, city), (None, *Level)
        )
    ]
    departments = set()
    for lines, level, district in set(tried):
        if lines:
            department = department_for(plan, plan.routes[_first(lines)], level, district)
            assert department is not None
            departments.add(department.department_id)
    return tuple(_unreached(len(matches), {lines for lines, _, _ in tried})), frozenset(departments)


def unreached_conditions(plan: Plan, city: City, rules: Collection[str]) -> tuple[Unreached, ...]:
    """Return the filing conditions that never come to their turn."""
    matches = [condition.match for condition in plan.deadlines]
    tried = {
        subject & severity & place
        for subject, severity, (place, _) in product(
            _subjects(matches, plan, rules), _severities(matches), _places(matches, city)
        )
    }
    return tuple(_unreached(len(matches), tried))


def _unreached(count: int, tried: set[Lines]) -> Iterator[Unreached]:
    reached = {_first(lines) for lines in tried if lines}
    for index in sorted(set(range(count)) - reached):
        taken_by = {_first(lines) for lines in tried if lines >> index & 1}
        yield Unreached(index=index, taken_by=tuple(sorted(taken_by)))


def _subjects(matches: Sequence[Match], plan: Plan, rules: Collection[str]) -> set[Lines]:
    """Return the lines for each rule with its category, and with any that somebody may give it, and for reports."""
    codes = [None, *plan.categories]
    pairs = {(rule, category.code(plan, rule)) for rule in rules} | set(product([None, *rules], codes))
    return {_lines(fits_subject(match, rule, code) for match in matches) for rule, code in pairs}


def _severities(matches: Sequence[Match]) -> set[Lines]:
    return {_lines(not m.severities or severity in m.severities for m in matches) for severity in Severity}


def _places(matches: Sequence[Match], city: City) -> set[tuple[Lines, str]]:
    """Return the lines for each place there is, with its district."""
    zones = [(zone.zone_id, zone.kind.value, camera.grid) for camera in city.cameras.values() for zone in camera.zones]
    nowhere = [(None, None, grid_id) for grid_id in city.grids]
    return {
        (
            _lines(
                (not match.zones or zone in match.zones)
                and (not match.zone_kinds or kind in match.zone_kinds)
                and (not match.grids or grid in match.grids)
                and (not match.districts or city.grids[grid].district in match.districts)
                for match in matches
            ),
            city.grids[grid].district,
        )
        for zone, kind, grid in (*zones, *nowhere)
    }


def _lines(fits: Iterable[bool]) -> Lines:
    return sum(1 << index for index, one in enumerate(fits) if one)


def _first(lines: Lines) -> int:
    return (lines & -lines).bit_length() - 1
