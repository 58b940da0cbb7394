"""The documents of deliveries as types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.api.model import LARGEST, Document, Text
from hub.deliveries.endpoint import MOST_PARALLEL

Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Host = Annotated[str, StringConstraints(min_length=1, max_length=253)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=100)]
DeliveryState = Literal["pending", "delivered", "dead"]

Types = Annotated[
    list[Pattern], Field(max_length=100, description="Types such as `case.dispatched`, `alert.*`; empty: all.")
]
Rules = Annotated[list[Pattern], Field(max_length=100, description="Rules such as `water.burst`, `gas.*`; empty: all.")]
Grids = Annotated[list[Text], Field(max_length=500, description="Grids; empty: all.")]
Departments = Annotated[
    list[Text],
    Field(
        max_length=100,
        description="Departments that a case is or was with; empty: all. With any, no alerts are sent.",
    ),
]
Description = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Parallel = Annotated[int, Field(ge=1, le=MOST_PARALLEL, description="Requests at once, each of another case or alert.")]


class EndpointOrder(Document):
    """A new endpoint."""

    url: Url = Field(description="https://…; http:// only to a host inside.")
    description: Description = ""
    types: Types = Field(default=[])
    rules: Rules = Field(default=[])
    grids: Grids = Field(default=[])
    departments: Departments = Field(default=[])
    private_host: Host | None = Field(
        default=None,
        description="The host of `url` again, where it lies inside (private, loopback): only what is named is sent to.",
    )
    parallel: Parallel = 4
    after: int | None = Field(
        default=None, ge=0, le=LARGEST, description="Send what comes after this number of the feed; left out: from now."
    )


class EndpointChange(Document):
    """What is to be different; what is left out stays."""

    url: Url | None = None
    description: Description | None = None
    types: Types | None = None
    rules: Rules | None = None
    grids: Grids | None = None
    departments: Departments | None = None
    private_host: Host | None = Field(default=None, description="An explicit null takes the permission back.")
    parallel: Parallel | None = None


class RotateOrder(Document):
    """For how long the secret before is signed with as well."""

    overlap_s: int = Field(default=86_400, ge=0, le=30 * 86_400, description="0: the old one ends at once.")


class ReplayOrder(Document):
    """What is sent again: either every dead delivery, or everything from a number of the feed on."""

    dead: Literal[True] | None = None
    from_seq: int | None = Field(default=None, ge=1, le=LARGEST)


class Endpoint(Document):
    """Where events are sent, which, and how that goes."""

    id: UUID
    url: str = Field(description="Without its query for those who may not change endpoints.")
    description: str
    types: list[str]
    rules: list[str]
    grids: list[str]
    departments: list[str]
    private_host: str | None
    parallel: int
    active: bool
    state: Literal["on", "failing", "paused", "off", "unknown_key"] = Field(
        description="failing: nothing is taken, it is tried on; paused: it asked to be spared; unknown_key: the secret "
        "comes from another key than this process has."
    )
    disabled_reason: str | None
    disabled_at: datetime | None
    created_at: datetime
    created_by: str
    rotated_at: datetime
    previous_secret_until: datetime | None
    cursor: int = Field(description="Every item of the feed up to it was handed on.")
    behind: int = Field(description="Items of the feed above the cursor.")
    pending: int
    dead: int
    oldest_pending_at: datetime | None
    paused_until: datetime | None
    failing_since: datetime | None
    last_success_at: datetime | None
    last_attempt_at: datetime | None
    last_error: str | None
    revision: int


class NewEndpoint(Endpoint):
    """An endpoint with its secret, which is shown this once."""

    secret: str = Field(description="whsec_…: with it the receiver checks the signatures.")


class EndpointList(Document):
    """Every endpoint."""

    items: list[Endpoint]


class Delivery(Document):
    """One item of the feed on its way to one endpoint."""

    id: int
    endpoint: UUID
    seq: int
    type: str
    subject: str = Field(description="case/ID or alert/ID: what it is kept in order with.")
    grid: str
    state: DeliveryState
    queued_at: datetime
    attempts: int
    first_tried_at: datetime | None
    last_tried_at: datetime | None
    next_at: datetime | None = Field(description="Not before then; null: as soon as the endpoint can be sent to.")
    ended_at: datetime | None
    status_code: int | None
    outcome: str | None = Field(description="What came of the last attempt, in a few words.")
    snippet: str | None = Field(description="The beginning of what the receiver answered.")
    took_s: float | None


class DeliveryPage(Document):
    """Some deliveries, the newest first."""

    items: list[Delivery]
    next: str | None


class Ping(Document):
    """What came of a test."""

    taken: bool
    status_code: int | None
    outcome: str
    snippet: str
    took_s: float


class Replayed(Document):
    """What is sent again."""

    deliveries: int | None = Field(description="How many were dead; null for a replay from a number.")
    cursor: int = Field(description="Where the endpoint's cursor stands.")


class Skipped(Document):
    """What is not sent any more."""

    deliveries: int
    cursor: int
