"""A citizen's report: what somebody saw, where, and what became of it; values only, pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

LONGEST_DESCRIPTION = 4000  # characters, as GeoReport v2 has it
LONGEST_ADDRESS = 500
MOST_PHOTOS = 3


class State(StrEnum):
    """What the centre has done with a report. Whether it is in a case, the cases themselves say."""

    NEW = "new"  # nobody has looked at it yet
    LINKED = "linked"  # it tells of an alert that was there
    DISMISSED = "dismissed"  # nothing is done about it, for a reason that the reporter is told


class Placing(StrEnum):
    """How a report came to its grid."""

    INSIDE = "inside"  # it lies in the grid
    NEAR = "near"  # it lies in none, and this is the nearest, over a small gap
    OUTSIDE = "outside"  # it lies farther from every grid: outside the city
    UNKNOWN = "unknown"  # it came without a position, or the city file says of no grid where it lies
    BY_HAND = "by_hand"  # somebody in the centre said so


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How the reporter can be reached; kept apart from the report, no longer than needed, and never in the feed."""

    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    email: str = ""
    account_id: str = ""
    device_id: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is known of the reporter."""
        return not any((self.first_name, self.last_name, self.phone, self.email, self.account_id, self.device_id))


NOBODY = Contact()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report as it stands. `number` is what its reporter knows it by.

    `source` is the front end that handed it in. `category` is the code of the dispatch plan's category, as it was
    then, with its name beside it. Positions are WGS-84. `photos` are SHA-256 of stored pictures; `media_url` is an
    address that the reporter gave and that the hub has not looked at.
    """

    report_id: UUID
    number: int
    received_at: datetime
    updated_at: datetime
    source: UUID
    source_name: str
    category: str
    category_name: str
    description: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    grid: str | None = None
    placed: Placing = Placing.UNKNOWN
    gap_m: float = 0.0
    photos: tuple[str, ...] = ()
    media_url: str = ""
    state: State = State.NEW
    alert_id: UUID | None = None
    reason: str = ""
    handled_by: str | None = None
    handled_at: datetime | None = None
