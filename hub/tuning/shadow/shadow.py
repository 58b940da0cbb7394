"""A shadow as it stands: which candidate, where, since when, what became of it; values, pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from hub.tuning.shadow.guard import Limits


class State(StrEnum):
    """What a shadow is; the last three are ends."""

    RUNNING = "running"  # judged silently beside what is in force
    CANARY = "canary"  # and in force in some grids
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    ENDED = "ended"


OPEN = frozenset({State.RUNNING, State.CANARY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """Where a candidate is in force, as which override of which version, and what alarms the grids had before.

    `ending` is why it is being rolled back, once somebody has decided to; a process that dies over it is followed by
    one that finishes. `ended_by` is who decided.
    """

    grids: tuple[str, ...]
    limits: Limits
    name: str
    version: str
    before_version: str
    since: datetime
    per_hour_before: float | None
    by: str = ""
    ending: str = ""
    ended_by: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as the database keeps it."""
        return {**asdict(self), "grids": list(self.grids), "since": self.since.isoformat()}


def canary_from(document: Mapping[str, Any]) -> Canary:
    """Return the canary of such a document."""
    return Canary(
        **{
            **document,
            "grids": tuple(document["grids"]),
            "limits": Limits(**document["limits"]),
            "since": datetime.fromisoformat(document["since"]),
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """One candidate configuration followed beside the one in force. `until` ends it by itself."""

    shadow_id: UUID
    version: str
    grids: tuple[str, ...]
    note: str
    by: str
    started_at: datetime
    until: datetime | None
    state: State
    ended_at: datetime | None
    why: str
    canary: Canary | None

    @property
    def is_open(self) -> bool:
        """Tell whether it is still followed."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How far one grid has been followed, under which configuration (None: not yet), and what is in the way."""

    grid: str
    followed_until: datetime
    heard_until: datetime
    config_version: str | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowEvent:
    """One thing that happened to a shadow."""

    at: datetime
    what: str
    by: str
    detail: Mapping[str, Any]
