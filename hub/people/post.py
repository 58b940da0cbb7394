"""What somebody is here for: a role, and of which department and districts; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

ROLES = ("operator", "dispatcher", "department", "supervisor", "engineer", "admin")  # of people; tokens have more
_LONGEST = 100


class UserRefused(ValueError):
    """The person cannot be so; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What somebody is here for; `districts` None means the whole city."""

    role: str
    department: str | None = None
    districts: Sequence[str] | None = None

    def checked(self, roles: Sequence[str] = ROLES) -> Post:
        """Return the post with its districts in order, each once; raise UserRefused for one that cannot be."""
        if self.role not in roles:
            raise UserRefused(f"there is no role {self.role!r} here; choose one of {', '.join(roles)}")
        department = (self.department or "").strip() or None
        if self.role == "department" and department is None:
            raise UserRefused("the role department needs a department: whose cases would it be?")
        districts = None
        if self.districts is not None:
            districts = sorted({each.strip() for each in self.districts if each.strip()})
        for text in (department or "", *(districts or ())):
            if len(text) > _LONGEST or not text.isprintable():
                raise UserRefused(f"{text!r} cannot be a department or a district")
        return replace(self, department=department, districts=districts)

    def document(self) -> dict[str, Any]:
        """Return the post as JSON-ready data."""
        districts = None if self.districts is None else list(self.districts)
        return {"role": self.role, "department": self.department, "districts": districts}
