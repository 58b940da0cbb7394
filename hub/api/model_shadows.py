"""The documents of shadows as types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from hub.api.instant import Instant
from hub.api.model import Document
from hub.api.model_configurations import Note, VersionName

GridId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Grids = Annotated[list[GridId], Field(min_length=1, max_length=1000)]
ShadowState = Literal["running", "canary", "promoted", "rolled_back", "ended"]


class ShadowOrder(Document):
    """A candidate to be judged silently beside what is in force."""

    version: VersionName = Field(description="A kept version of the detectors file.")
    grids: Grids | None = Field(default=None, description="Where; null: in every grid that the caller sees.")
    note: Note = ""
    until: Instant | None = Field(default=None, description="When it ends by itself; null: when somebody ends it.")


class LimitsOrder(Document):
    """When a canary is rolled back by itself: at least one of the first two must be given."""

    alarms_per_hour: float | None = Field(default=None, gt=0, le=100_000, description="More are a flood.")
    factor: float | None = Field(
        default=None, ge=1, le=1000, description="More than so many times what the same grids had before are a flood."
    )
    window_s: float = Field(default=3600, ge=60, le=86_400, description="The last so many seconds are looked at.")
    least: int = Field(default=5, ge=1, le=10_000, description="Fewer alarms in the window are never a flood.")


class CanaryOrder(Document):
    """The grids in which the candidate is put into force, and when it is taken out again."""

    grids: Grids
    limits: LimitsOrder


class ShadowNote(Document):
    """Why."""

    note: Note = ""


class FollowedGrid(Document):
    """How far one grid is judged."""

    grid: str
    until: datetime = Field(description="All that was received before it is judged.")
    config_version: str | None
    problem: str | None


class BothSides(Document):
    """What was raised, and what the candidate would have raised."""

    base: float
    candidate: float


class ShadowHour(Document):
    """One hour of alarms on both sides."""

    at: datetime
    base: int
    candidate: int


class CanaryDocument(Document):
    """Where the candidate is in force."""

    grids: list[str]
    since: datetime
    by: str
    limits: dict[str, Any]
    override: str = Field(description="The override's name in the detectors file.")
    version: str = Field(description="The version of the detectors file that holds the override.")
    before_version: str
    per_hour_before: float | None = Field(description="Alarms an hour in these grids in the week before.")


class ShadowEntry(Document):
    """A shadow as lists show it."""

    id: str
    version: str
    base_version: str | None = Field(description="What was in force when it began.")
    grids: list[str]
    note: str
    by: str
    state: ShadowState
    started_at: datetime
    until: datetime | None
    ended_at: datetime | None
    rolled_back_at: datetime | None
    why: str | None = Field(description="Why it ended.")
    followed_until: datetime = Field(description="How far the grid that lies behind most is judged.")
    lag_s: float | None = Field(description="How far that is behind now; null once it is over.")
    problem: str | None
    followed: list[FollowedGrid]
    alarms: BothSides
    alarms_per_hour: BothSides | None = Field(description="null before a minute was followed.")
    canary: CanaryDocument | None


class ShadowDocument(ShadowEntry):
    """A shadow with what differs so far and what happened to it."""

    diff: dict[str, Any] | None = Field(description="As a run of the kind `diff` answers.")
    is_cut: bool = Field(description="Alerts too old for so long a list are left out of `diff`.")
    hours: list[ShadowHour]
    timeline: list[dict[str, Any]] = Field(description="`at`, `what`, `by` and `detail`, in order.")


class ShadowList(Document):
    """The newest shadows first."""

    items: list[ShadowEntry]
