"""The documents of baselines as types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hub.api.model import Document
from hub.api.model_configurations import Note
from hub.tuning.baselines.places import Kind, State
from hub.tuning.baselines.recent import Stands


class Hour(Document):
    """One hour of the week."""

    median: float
    low: float = Field(description="Three spreads below the median, each at least what the thresholds say.")
    high: float = Field(description="Three spreads above it.")
    spread: float = Field(description="As learnt: what the standard deviation would be, were the hours normal.")
    n: int = Field(description="From how many hours.")


class ProfileDocument(Document):
    """What is usual for one quantity at one place."""

    version: str = Field(description="Names its content; alerts judged by it carry it in their numbers.")
    learnt_from: datetime
    learnt_until: datetime
    hours: int = Field(description="From how many hours altogether.")
    learnt_cells: int = Field(description="Of how many of the 168 hours of the week something is known.")
    in_force: bool = Field(description="Whether the configuration that holds now judges by it.")
    cells: Annotated[list[Hour | None], Field(min_length=168, max_length=168)] | None = Field(
        default=None, description="The hours of the local week from Monday 00:00; null where nothing was learnt."
    )


class Baseline(Document):
    """The last word on one quantity at one place."""

    subject: str = Field(description="A water device, or a circuit of lamps.")
    quantity: str
    unit: str
    grid: str
    timezone: str
    learnt_at: datetime
    learnt_by: str
    since: datetime = Field(description="From here on was looked at the last time.")
    until: datetime
    hours: int = Field(description="Hours that counted the last time.")
    left_out: int = Field(description="Hours of alerts that nobody called false, of stuck sensors, of few lamps.")
    left_out_why: dict[str, int] = Field(description="alert, impossible, stuck or few_lamps → hours; {}: not recorded.")
    note: str = Field(description="What whoever put it into force said of it.")
    why_not: str | None = Field(description="Why nothing was learnt the last time; an older profile may still hold.")
    why_not_text: str | None
    profile: ProfileDocument | None


class BaselineList(Document):
    """Baselines, by subject and quantity."""

    items: list[Baseline]
    profiles: str = Field(description="The version of all profiles in force together; empty where there is none.")


class Last(Document):
    """What became of it when it was last learnt."""

    learnt_at: datetime
    learnt_by: str
    note: str
    since: datetime
    until: datetime
    hours: int
    left_out: int
    left_out_why: dict[str, int]
    why_not: str | None
    why_not_text: str | None


class PlaceDocument(Document):
    """One quantity at one place that can be learnt."""

    subject: str
    name: str
    kind: Kind
    quantity: str
    unit: str
    grid: str
    members: int = Field(description="From how many devices: of a circuit its lamps.")
    rule: str = Field(description="The rule that judges by it.")
    is_judged: bool = Field(description="That rule is on here.")
    state: State = Field(description="held: in force; old: too old to be judged by; none.")
    profile_days: float = Field(description="After so many days a profile is too old.")
    profile: ProfileDocument | None = Field(
        description="The one that the configuration holds; its hours only where devices were named."
    )
    last: Last | None = Field(description="null: never learnt.")


class LearningDocument(Document):
    """One time that somebody put profiles into force."""

    learnt_at: datetime
    learnt_by: str
    note: str
    is_whole: bool = Field(description="Of the whole city; else of some places.")
    since: datetime
    until: datetime


class PlaceList(Document):
    """What can be learnt, by place and quantity."""

    items: list[PlaceDocument]
    next: str | None
    found: int = Field(description="How many match, on all pages.")
    counts: dict[str, int] = Field(description="How many of all in reach are of each state.")
    profiles: str = Field(description="The version of all profiles in force together; empty where there is none.")
    rules: dict[str, bool] = Field(description="Whether water.unusual and streetlight.unusual are on, city-wide.")
    stored_since: datetime | None = Field(description="The first stored hour; looked up only while nothing is learnt.")
    learn_every_days: float | None = Field(description="So often a tuning role learns by itself; null: none does.")
    least_weeks: int = Field(description="So many weeks must have seen an hour of the week before it is learnt.")
    learnings: list[LearningDocument] = Field(description="The last five times, the newest first.")
    why_not_writable: str | None = Field(description="Why profiles cannot be put into force on this machine.")


class RecentHour(Document):
    """One of the last hours."""

    at: datetime
    cell: int = Field(description="Which of the 168 hours of the week it is: a holiday is as a Sunday.")
    mean: float | None
    low: float | None
    usual: float | None
    high: float | None
    stands: Stands
    why: str | None = Field(description="Why it would be left out: alert, impossible, stuck or few_lamps.")


class RecentHours(Document):
    """Seven days of one quantity at one place beside what is usual."""

    subject: str
    quantity: str
    unit: str
    grid: str
    timezone: str
    since: datetime
    until: datetime
    profile: str | None = Field(description="The version of the profile in force.")
    hours: list[RecentHour]


class ApplyOrder(Document):
    """What is put into force."""

    run: UUID = Field(description="A run of the kind `learn` that is done.")
    note: Note = ""


class Applied(Document):
    """Profiles that are now in force."""

    profiles: str = Field(description="The version of all profiles together.")
    config_version: str
    learnt: int
    not_learnt: int
