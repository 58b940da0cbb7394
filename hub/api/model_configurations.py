"""Documents of the versions of the detectors file: what is listed, compared, proposed, applied and planned."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header
from pydantic import Field, StringConstraints

from hub.api.instant import Instant
from hub.api.model import EXACT, Document

VersionName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Note = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]
Yaml = Annotated[str, StringConstraints(max_length=500_000)]
IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"?[0-9a-f]{12}"?$',
        description="The version that is in force as you know it: somebody else's work is never undone unseen.",
    ),
]


class Applied(Document):
    """One stretch of time in which a version was in force."""

    since: str
    until: str | None = Field(description="null: it is in force.")
    by: str
    note: str
    how: str = Field(description="applied, rolled_back, scheduled; file: somebody changed the file by hand.")


class Planned(Document):
    """One time at which a version is or was to be applied."""

    schedule: int
    version: str
    at: str
    by: str
    note: str
    expected: str | None = Field(description="The version that must be in force then: else it is refused.")
    state: str = Field(description="waiting, applied, refused, missed or withdrawn.")
    why: str | None


class VersionEntry(Document):
    """One version of the detectors file, as it is listed."""

    version: str
    parent: str | None = Field(description="The version that it was made from.")
    author: str
    note: str
    source: str = Field(description="proposed, imported, file (found in it), seen (known from alerts alone).")
    brought_by: str | None = Field(description="Who imported it; the author is whom the imported file names.")
    stored_at: str
    in_force: bool
    applied: list[Applied]
    planned: list[Planned]
    config_versions: list[str] = Field(description="The configurations, with a city, that alerts of it name.")
    overrides: list[str] = Field(description="The names of its overrides.")


class VersionDocument(VersionEntry):
    """One version with all that it says."""

    text: str = Field(description="The detectors file as YAML.")
    thresholds: dict[str, Any] = Field(description="Every threshold as it held.")
    asked_for: str = Field(description="The version that was asked for: an alert names a configuration with its city.")


class VersionList(Document):
    """The versions, the newest first."""

    items: list[VersionEntry]
    next: str | None
    in_force: str | None
    roll_back_to: str | None = Field(description="What a roll-back would put into force; null: there is none.")
    config_version: str = Field(description="What alerts name now: the thresholds in force with the city.")
    file: str = Field(description="The detectors file's name.")
    writable: bool
    why_not_writable: str | None
    waiting: list[Planned] = Field(description="What is to be applied, the earliest first.")


class ChangedPath(Document):
    """One threshold that differs."""

    path: str
    before: Any
    after: Any
    unit: str
    meaning: str
    meaning_zh: str
    override: str | None


class VersionDiff(Document):
    """What differs between two versions, as text and as thresholds."""

    a: str
    b: str
    lines: list[str] = Field(description="A unified diff of the two files; empty where they are alike.")
    changes: list[ChangedPath]


class ProposalOrder(Document):
    """A version to be kept: `changes` of thresholds of a version, or a whole file as `yaml`."""

    changes: dict[str, Any] | None = Field(
        default=None,
        max_length=500,
        description="Path to value, such as parking.illegal.dwell_s, or overrides[NAME].parking.illegal.dwell_s.",
    )
    overrides: list[dict[str, Any]] | None = Field(
        default=None, max_length=1000, description="In place of the overrides of the version that is changed."
    )
    yaml: Yaml | None = None
    base: VersionName | None = Field(default=None, description="What is changed, by default what is in force.")
    note: Note = ""


class ImportOrder(Document):
    """A detectors file from elsewhere; a heading that an export gave it keeps author and note."""

    yaml: Yaml
    note: Note | None = None


class NoteOrder(Document):
    """Why something is done."""

    note: Note = ""


class ScheduleOrder(Document):
    """When a version is to be applied."""

    at: Instant
    note: Note = ""


class UnscheduleOrder(Document):
    """Which plan is to be withdrawn."""

    schedule: int = Field(ge=1, le=EXACT)


class Step(Document):
    """One value that a threshold had on the way to the one that counts."""

    source: str = Field(description="default, file, override or zone.")
    name: str = Field(description="Of the override, or the zone; else empty.")
    value: Any


class InheritedThreshold(Document):
    """One threshold as it holds for a subject."""

    path: str
    value: Any
    source: str = Field(description="Where the value comes from, in words.")
    unit: str
    low: float | None
    high: float | None
    meaning: str
    meaning_zh: str
    steps: list[Step]


class Inheritance(Document):
    """The thresholds that judge one device, circuit, camera, zone or grid."""

    subject: str
    version: str | None
    config_version: str
    items: list[InheritedThreshold]
