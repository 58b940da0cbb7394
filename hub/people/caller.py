"""Who makes a request and how far they see: a value that routes take and queries are narrowed by; pure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hub.people.scopes import ROLE_SCOPES, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What part of the city somebody sees: None is all of it.

    `grids` narrows everything that lies in a grid: alerts, devices, cameras, cases, reports. `department` narrows
    cases to those that are, or were, that department's. Both are enforced in the queries, never in the page.
    """

    grids: frozenset[str] | None = None
    department: str | None = None

    def grid_list(self) -> list[str] | None:
        """Return the grids as a query takes them: sorted, or None for all."""
        return None if self.grids is None else sorted(self.grids)

    def sees_grid(self, grid: str) -> bool:
        """Tell whether what lies in `grid` is seen."""
        return self.grids is None or grid in self.grids


EVERYWHERE = Reach()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One person or machine at the door. `name` is what the record and the audit say; `caller_id` never changes."""

    caller_id: UUID
    name: str
    role: str
    reach: Reach = EVERYWHERE

    @property
    def scopes(self) -> frozenset[Scope]:
        """Return what the role may do."""
        return ROLE_SCOPES[self.role]
