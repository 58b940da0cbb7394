"""The documents of runs as types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from hub.api.model import Document

RunState = Literal["waiting", "running", "done", "failed", "cancelled"]
RunKind = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class RunOrder(Document):
    """A piece of work for the tuning role."""

    kind: RunKind = Field(description="Such as `replay`, `judge`, `sweep`, `search`, `diff`, `trace`.")
    arguments: dict[str, Any] = Field(description="What the kind takes; docs/tuning.md has each.")


class Run(Document):
    """A run as it stands."""

    id: UUID
    kind: str
    arguments: dict[str, Any]
    state: RunState
    progress: float = Field(ge=0, le=1)
    note: str = Field(description="What it is at, or why it waits.")
    answer: dict[str, Any] | None = Field(description="What it found; null until it is done, and in lists.")
    problem: str | None = Field(description="Why it failed, and what would be right.")
    by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    took_s: float | None
    limits: list[str] = Field(description="What of that time no replay can bring back, one sentence each.")
    file: str | None = Field(description="The name of the file that it made, if any.")
    revision: int


class RunList(Document):
    """The newest runs first."""

    items: list[Run]
