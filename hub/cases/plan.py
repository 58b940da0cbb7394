"""The dispatch plan: who is sent where for what, and by when; plain values made from dispatch.yaml and the city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from zoneinfo import ZoneInfo

from detectors.finding import Severity
from hub.cases.level import ClockKind, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What something is called, in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Who is sent.

    `kind` is what it does ("environment"), the same at every level, so that a route can name the kind and leave the
    level open. `districts` are those it serves; empty: all of them. A department that is not regular is an X
    department: it is called in on a case or for a campaign, and no route leads to it unless it is named.
    """

    department_id: str
    name: Name
    kind: str
    level: Level
    regular: bool = True
    districts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Squad:
    """A crew of one department. `grids` and `districts` are where it works; both empty: everywhere."""

    squad_id: str
    name: Name
    department: str
    grids: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One kind of case in the city's own classification, and the rules whose alerts belong to it.

    `rules` holds rules ("gas.leak") and whole domains ("gas"). Citizens may report those that are `reportable`.
    """

    code: str
    name: Name
    group: Name
    rules: frozenset[str] = frozenset()
    reportable: bool = False
    description: Name | None = None
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What something is for. Every part that is not empty must hold.

    `rules`, `domains` and `categories` together are one part: any one of them is enough.
    """

    rules: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    severities: frozenset[Severity] = frozenset()
    zones: frozenset[str] = frozenset()
    zone_kinds: frozenset[str] = frozenset()
    grids: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()


EVERYTHING = Match()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRule:
    """One line of the table of routes.

    It leads to `department`, or to the department of `kind` that serves the place at `level`. With a `level` it is
    for that level alone; without, for whichever is asked, and for `plan.usual_level` where none is. Without a `squad`
    it is the department's own that works there. `calls_in` are X departments that always come along.
    """

    route_id: str
    match: Match = EVERYTHING
    department: str | None = None
    kind: str | None = None
    level: Level | None = None
    squad: str | None = None
    calls_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How long a case may take, on which clock."""

    clock: ClockKind
    limit_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingCondition:
    """When a case is filed (立案条件) and closed (结案条件), by when it must be settled, and when it comes back.

    A case like it at the same place within `reopen_within_s` of its end is the old one again.
    """

    condition_id: str
    name: Name
    limits: Mapping[Severity, Limit]
    reopen_within_s: float
    match: Match = EVERYTHING
    filing: Name | None = None
    closing: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTime:
    """The working clock: hours of local time on working days, and what is known of each year's holidays.

    `weekdays` are ISO numbers, 1 is Monday. `years` are the years whose holidays and make-up workdays are complete;
    in any other year the `weekdays` are the working days, and no others.
    """

    timezone: ZoneInfo
    hours: tuple[tuple[time, time], ...] = ((time(8), time(12)), (time(14), time(18)))
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign (整治): from one day to another, both included, cases like `match` call in further departments."""

    campaign_id: str
    name: Name
    begins: date
    ends: date
    calls_in: tuple[str, ...]
    match: Match = EVERYTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Who is told of a case that runs late: a role of the centre, a department, or one that the case decides.

    `handling` is the department that has the case, `above` the one that would have it at the level escalated to.
    """

    role: str | None = None
    department: str | None = None
    handling: bool = False
    above: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens at 80 % or at 100 % to a case of one level: to which level it is raised, and who is told."""

    to: Level
    tell: tuple[Tell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """By level of the case: what happens when most of its time is used up (`warned`), and all (`overdue`)."""

    warned: Mapping[Level, Step]
    overdue: Mapping[Level, Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """How long a case that was taken stays taken without a sign of life; a taker may ask for up to `most_s`."""

    usual_s: float = 1800.0
    most_s: float = 28800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole dispatch plan; `version` is a hash of its meaning.

    Of `routes` and `deadlines` the first that matches wins, and the last of each matches everything. `districts` says
    in which district each grid of the city lies. Whoever should hear of alerts by rules or domains in `public_rules`
    is the public.
    """

    departments: Mapping[str, Department]
    squads: Mapping[str, Squad]
    categories: Mapping[str, Category]
    categories_version: str
    routes: tuple[RouteRule, ...]
    deadlines: tuple[FilingCondition, ...]
    working: WorkingTime
    escalation: Escalation
    districts: Mapping[str, str]
    campaigns: tuple[Campaign, ...] = ()
    usual_level: Level = Level.DISTRICT
    warn_share: float = 0.8
    lease: Lease = field(default_factory=Lease)
    public_rules: frozenset[str] = frozenset()
    version: str = ""

    def condition(self, condition_id: str | None) -> FilingCondition:
        """Return the filing condition of that name, or the one for everything: a plan may have lost it since."""
        return next((one for one in self.deadlines if one.condition_id == condition_id), self.deadlines[-1])
