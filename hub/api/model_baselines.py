"""The documents of baselines as types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from hub.api.model import Document


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
    why_not: str | None = Field(description="Why nothing was learnt the last time; an older profile may still hold.")
    why_not_text: str | None
    profile: ProfileDocument | None


class BaselineList(Document):
    """Baselines, by subject and quantity."""

    items: list[Baseline]
    profiles: str = Field(description="The version of all profiles in force together; empty where there is none.")
