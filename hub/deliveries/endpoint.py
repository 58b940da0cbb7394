"""An endpoint: where events are sent, which of them, and how it fares; values and the choice of events, pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.deliveries.pace import Fare
from hub.people.caller import Reach

MOST_PARALLEL = 32
_TYPE = re.compile(r"(alert|case)\.(\*|[a-z_]{1,40})")
_RULE = re.compile(r"[a-z_]{1,40}\.(\*|[a-z_]{1,40})")


class BadFilter(ValueError):
    """A filter that can match nothing, or is wider than who makes it may see; the message says what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which events an endpoint gets. What is left empty asks for nothing; patterns end in `.*` for all of a kind.

    `departments` are those of cases: a case goes to an endpoint that names one it is, or ever was, with. An alert is
    nobody's yet, so an endpoint with departments gets no alerts.
    """

    types: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse patterns that are none."""
        for pattern in self.types:
            if not _TYPE.fullmatch(pattern):
                raise BadFilter(f"{pattern!r} is no type of event, such as case.dispatched, or alert.* for all")
        for pattern in self.rules:
            if not _RULE.fullmatch(pattern):
                raise BadFilter(f"{pattern!r} is no rule, such as water.burst, or water.* for all of a domain")
        if self.departments and self.types and not any(kind.startswith("case.") for kind in self.types):
            raise BadFilter("departments are those of cases: with them, a type must be one of case.*")

    def takes(self, kind: str, item: Mapping[str, Any]) -> bool:
        """Say whether an event of that type goes to the endpoint; `item` is the feed item's document."""
        case = item.get("case")
        about = case if case is not None else item["alert"]
        if self.types and not any(_matches(pattern, kind) for pattern in self.types):
            return False
        if self.rules and not any(_matches(pattern, about.get("rule") or "") for pattern in self.rules):
            return False
        if self.grids and about["grid"] not in self.grids:
            return False
        if self.departments:
            return case is not None and not set(self.departments).isdisjoint(_with(case))
        return True

    def within(self, reach: Reach) -> None:
        """Raise BadFilter where the filter is wider than `reach`."""
        if reach.grids is not None and (not self.grids or not set(self.grids) <= reach.grids):
            raise BadFilter(f"you see the grids {', '.join(sorted(reach.grids))} only: name some of these")
        if reach.department is not None and self.departments != (reach.department,):
            raise BadFilter(f"you see what is the department {reach.department}'s only: name it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What somebody chose for an endpoint."""

    url: str
    description: str = ""
    filter: Filter = field(default_factory=Filter)
    private_host: str | None = None
    parallel: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint as it stands. `cursor`: every item of the feed up to it was handed to the deliveries."""

    endpoint_id: UUID
    settings: Settings
    active: bool
    cursor: int
    created_at: datetime
    created_by: str
    key_check: str
    rotated_at: datetime
    previous_until: datetime | None = None
    disabled_reason: str | None = None
    disabled_at: datetime | None = None
    fare: Fare = field(default_factory=Fare)
    last_success_at: datetime | None = None
    last_attempt_at: datetime | None = None
    last_error: str | None = None
    revision: int = 1


def lane_of(item: Mapping[str, Any]) -> str:
    """Return what an item must stay in order with: its case, or its alert."""
    about = "case" if "case" in item else "alert"
    return f"{about}/{item[about]['id']}"


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith(".*") else name == pattern


def _with(case: Mapping[str, Any]) -> set[str]:
    return {*case.get("departments", ()), *case.get("called_in", ()), *filter(None, [case.get("department")])}
