"""A parsed dispatch.yaml and the city go in; what contradicts itself, and what is doubtful, comes out with places."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from detectors.rules import RULES
from hub.cases.coverage import Unreached, unreached_conditions, unreached_routes
from hub.cases.plan import EVERYTHING, Plan
from hub.cases.routing import department_for
from hub.config.dispatch_file import DispatchFile
from hub.config.dispatch_table import MatchEntry
from hub.config.yaml_source import Place
from hub.people.scopes import ROLE_SCOPES
from ingest.city import City

Told = Iterator[tuple[Place, str]]
DOMAINS = frozenset(card.domain for card in RULES.values())


def contradictions(file: DispatchFile, city: City) -> Told:
    """Yield what no single entry can know: ids given twice, references that lead nowhere, cases left without a way."""
    departments = {entry.id: entry for entry in file.departments}
    squads = {entry.id: entry for entry in file.squads}
    kinds = {entry.kind for entry in file.departments}
    districts = {grid.district for grid in city.grids.values()}
    for name, entries in (
        ("departments", file.departments),
        ("squads", file.squads),
        ("routes", file.routes),
        ("deadlines", file.deadlines),
        ("campaigns", file.campaigns),
    ):
        yield from _repeated((name,), [entry.id for entry in entries], "id")
    yield from _repeated(("categories", "entries"), [entry.code for entry in file.categories.entries], "code")
    yield from _repeated(
        ("working_time", "calendars"), [str(entry.year) for entry in file.working_time.calendars], "year"
    )
    for index, department in enumerate(file.departments):
        yield from _names(("departments", index, "districts"), "district", department.districts, districts)
    for index, squad in enumerate(file.squads):
        place: Place = ("squads", index)
        yield from _names((*place, "department"), "department", squad.department, departments)
        yield from _names((*place, "grids"), "grid", squad.grids, city.grids)
        yield from _names((*place, "districts"), "district", squad.districts, districts)
    yield from _categories(file)
    for index, route in enumerate(file.routes):
        place = ("routes", index)
        yield from _match((*place, "match"), route.match, file, city)
        yield from _names((*place, "calls_in"), "department", route.calls_in, departments)
        to = route.to
        if to.department is not None:
            yield from _names((*place, "to", "department"), "department", to.department, departments)
        if to.kind is not None:
            yield from _names((*place, "to", "kind"), "department of the kind", to.kind, kinds)
        if to.squad is not None:
            yield from _names((*place, "to", "squad"), "squad", to.squad, squads)
            owner = departments.get(squads[to.squad].department) if to.squad in squads else None
            if owner is not None and to.department not in (None, owner.id):
                yield (*place, "to", "squad"), f"squad {to.squad} belongs to {owner.id}, not to {to.department}"
            if owner is not None and to.kind is not None:
                yield (*place, "to", "squad"), f"with a squad, name its department: {owner.id}"
    for index, condition in enumerate(file.deadlines):
        yield from _match(("deadlines", index, "match"), condition.match, file, city)
    for index, campaign in enumerate(file.campaigns):
        yield from _match(("campaigns", index, "match"), campaign.match, file, city)
        yield from _names(("campaigns", index, "calls_in"), "department", campaign.calls_in, departments)
    yield from _names(("public_rules",), "rule or domain", file.public_rules, {*RULES, *DOMAINS})
    yield from _tellings(file, departments)
    yield from _calendars(file)
    for table, entries in (("routes", file.routes), ("deadlines", file.deadlines)):
        if entries[-1].match.value() != EVERYTHING:
            yield (table, len(entries) - 1, "match"), f"the last of {table} must fit everything: add one without match"


def holes(plan: Plan, city: City) -> Told:
    """Yield the districts in which a case could find no department, whatever the table of routes says before."""
    last = plan.routes[-1]
    for district in sorted({grid.district for grid in city.grids.values()}):
        levels = [plan.usual_level]
        while (above := levels[-1].above) is not None:
            levels.append(above)
        if not any(department_for(plan, last, level, district) for level in levels):
            where = f"in district {district}" if district else "in a grid without a district"
            message = f"the last route leads to nobody {where}: a case there could find no department"
            yield ("routes", len(plan.routes) - 1, "to"), message


def doubts(file: DispatchFile, plan: Plan, city: City) -> Told:
    """Yield what can be used as it stands, but is hardly meant."""
    routes, led_to = unreached_routes(plan, city, RULES)
    yield from _never("routes", [route.id for route in file.routes], routes)
    conditions = unreached_conditions(plan, city, RULES)
    yield from _never("deadlines", [condition.id for condition in file.deadlines], conditions)
    for index, department in enumerate(file.departments):
        if department.regular and department.id not in led_to:
            yield ("departments", index), f"no route leads to {department.id}, a regular department"
    districts = sorted({grid.district for grid in city.grids.values()})
    for index, line in enumerate(plan.routes):
        if line.level is None or file.routes[index].to.kind is None:
            continue
        missing = [district or "none" for district in districts if not department_for(plan, line, line.level, district)]
        if missing:
            message = (
                f"no {line.kind} at the {line.level} level serves district {', '.join(missing)}: passed over there"
            )
            yield ("routes", index, "to"), message
    named = {rule for category in file.categories.entries for rule in category.rules}
    lost = sorted(name for name, card in RULES.items() if name not in named and card.domain not in named)
    if lost:
        yield ("categories", "entries"), f"no category names {', '.join(lost)}: cases of these have none"
    lengths = {len(entry.code) for entry in file.categories.entries}
    if len(lengths) > 1:
        yield (
            ("categories", "entries"),
            f"the codes differ in length: {', '.join(map(str, sorted(lengths)))} characters",
        )
    yield from _shared_grids(file)
    for index, year in enumerate(file.working_time.calendars):
        for position, day in enumerate(year.workdays):
            if day.isoweekday() in file.working_time.weekdays:
                place: Place = ("working_time", "calendars", index, "workdays", position)
                yield place, f"{day} is a working day anyway: make-up workdays lie on other days"
        other = city.calendar
        if year.year in other.years and (
            {day for day in other.holidays if day.year == year.year} != set(year.holidays)
            or {day for day in other.workdays if day.year == year.year} != set(year.workdays)
        ):
            yield ("working_time", "calendars", index), f"the city file has other days for {year.year}; these hold here"


def _categories(file: DispatchFile) -> Told:
    of: dict[str, str] = {}
    for index, category in enumerate(file.categories.entries):
        place: Place = ("categories", "entries", index, "rules")
        yield from _names(place, "rule or domain", category.rules, {*RULES, *DOMAINS})
        for position, rule in enumerate(category.rules):
            if rule in of:
                yield (*place, position), f"{rule} belongs to category {of[rule]} already"
            of.setdefault(rule, category.code)


def _match(place: Place, match: MatchEntry, file: DispatchFile, city: City) -> Told:
    zones = {zone.zone_id for camera in city.cameras.values() for zone in camera.zones}
    yield from _names((*place, "rules"), "rule", match.rules, RULES)
    yield from _names((*place, "domains"), "domain", match.domains, DOMAINS)
    codes = {entry.code for entry in file.categories.entries}
    yield from _names((*place, "categories"), "category", match.categories, codes)
    yield from _names((*place, "zones"), "zone", match.zones, zones)
    yield from _names((*place, "grids"), "grid", match.grids, city.grids)
    districts = {grid.district for grid in city.grids.values()}
    yield from _names((*place, "districts"), "district", match.districts, districts)


def _tellings(file: DispatchFile, departments: Collection[str]) -> Told:
    for share in ("warned", "overdue"):
        for level, step in getattr(file.escalation, share):
            for index, text in enumerate(step.tell):
                what, _, name = text.partition(":")
                place: Place = ("escalation", share, level, "tell", index)
                if what == "role":
                    yield from _names(place, "role", name, ROLE_SCOPES)
                elif what == "department":
                    yield from _names(place, "department", name, departments)


def _calendars(file: DispatchFile) -> Told:
    for index, year in enumerate(file.working_time.calendars):
        place: Place = ("working_time", "calendars", index)
        for which in ("holidays", "workdays"):
            for position, day in enumerate(getattr(year, which)):
                if day.year != year.year:
                    yield (*place, which, position), f"{day} does not lie in {year.year}"
        for position, day in enumerate(year.workdays):
            if day in year.holidays:
                yield (*place, "workdays", position), f"{day} is a holiday and a make-up workday at once"


def _shared_grids(file: DispatchFile) -> Told:
    first: dict[tuple[str, str], str] = {}
    for index, squad in enumerate(file.squads):
        for grid in squad.grids:
            holder = first.setdefault((squad.department, grid), squad.id)
            if holder != squad.id:
                yield ("squads", index, "grids"), f"{holder} of {squad.department} works in grid {grid} too: it is sent"


def _never(table: str, ids: Sequence[str], found: Sequence[Unreached]) -> Told:
    for one in found:
        taken = ", ".join(ids[index] for index in one.taken_by)
        why = f"everything it is for goes to {taken} before" if taken else "no case there can be fits it"
        yield (table, one.index), f"{ids[one.index]} never comes to its turn: {why}"


def _repeated(place: Place, names: Sequence[str], key: str) -> Told:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield (*place, index, key), f"{name} is given twice"
        seen.add(name)


def _names(place: Place, what: str, names: str | Sequence[str], known: Collection[Any]) -> Told:
    if isinstance(names, str):
        if names not in known:
            yield place, _unknown(what, names, known)
        return
    for index, name in enumerate(names):
        if name not in known:
            yield (*place, index), _unknown(what, name, known)


def _unknown(what: str, name: str, known: Collection[Any]) -> str:
    near = get_close_matches(name, [str(one) for one in known], n=1, cutoff=0.6)
    return f"there is no {what} {name}" + (f"; is {near[0]} meant?" if near else "")
