"""The bodies of orders on cases: what requests are checked against before anything is looked up."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from detectors.finding import Severity
from hub.api.instant import Instant
from hub.api.model import Document, Hash, Text
from hub.cases.level import Level

# What people write: lines and tabs are allowed, other control characters are not.
Words = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]
_SAYS_SOMETHING = r"^[\t\n ]*[^\x00-\x20\x7f][^\x00-\x08\x0b-\x1f\x7f]*$"
Reason = Annotated[str, StringConstraints(max_length=2000, pattern=_SAYS_SOMETHING)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
LONGEST_S = 366 * 86400


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [members]})


class NoteOrder(Document):
    """Words and pictures, either of which may be left out where the order needs none."""

    model_config = _example(note="the crew is on its way", photos=[])

    note: Words = ""
    photos: list[Hash] = Field(default=[], max_length=12, description="SHA-256 of pictures handed in at /photos.")


class ReasonOrder(Document):
    """An order that needs its reason."""

    model_config = _example(note="it is on private ground")

    note: Reason
    photos: list[Hash] = Field(default=[], max_length=12)


class CollectOrder(NoteOrder):
    """Begin a case from alerts, from citizens' reports, or from what somebody says.

    From alerts everything follows; without any, `title`, `grid` and `severity` are needed.
    """

    model_config = _example(alerts=["0b6f3f0e-6c5b-5d0a-9d3e-2a6f0c8b7e11"], note="water on the road")

    alerts: list[UUID] = Field(default=[], max_length=500)
    reports: list[UUID] = Field(default=[], max_length=500)
    title: Text | None = None
    grid: Name | None = None
    severity: Severity | None = None
    category: Name | None = Field(default=None, description="A code of the dispatch plan.")
    place: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)


class FileOrder(NoteOrder):
    """File it. Category, level and deadline come from the dispatch plan where they are not given."""

    model_config = _example(category="0104")

    category: Name | None = None
    level: Level | None = None


class DispatchOrder(NoteOrder):
    """Send it to a department. Left out, the dispatch plan says to which, and to which squad."""

    model_config = _example(department="district-housing", squad="water-crew-1")

    department: Name | None = None
    squad: Name | None = None
    level: Level | None = None


class RerouteOrder(NoteOrder):
    """Send it to another department or squad."""

    model_config = _example(department="city-environment", note="the river is concerned too")

    department: Name
    squad: Name | None = None
    level: Level | None = None


class TakeOrder(NoteOrder):
    """Take it on. With a lease it falls back when nothing is heard for that long."""

    model_config = _example(lease_s=1800)

    lease_s: int | None = Field(
        default=None, ge=60, description="Left out: it stays taken. At most what the dispatch plan allows."
    )


class ProgressOrder(NoteOrder):
    """Tell how it goes; with `lease_s` the lease begins anew."""

    model_config = _example(note="digging", lease_s=1800)

    lease_s: int | None = Field(default=None, ge=60)


class AskSuspensionOrder(ReasonOrder):
    """Ask that the clock stand still; the end is a wish."""

    model_config = _example(note="the part comes on Thursday", for_s=172800)

    until: Instant | None = None
    for_s: int | None = Field(default=None, ge=60, le=LONGEST_S)


class SuspendOrder(ReasonOrder):
    """Let the clock stand still until `until`, or for `for_s` seconds from now."""

    model_config = _example(note="agreed", for_s=172800)

    until: Instant | None = None
    for_s: int | None = Field(default=None, ge=60, le=LONGEST_S)


class CloseOrder(NoteOrder):
    """Close it. While an alert of it is active, that takes `even_though_active` and a note."""

    model_config = _example(even_though_active=False)

    even_though_active: bool = False


class EvaluateOrder(NoteOrder):
    """Say how well it was settled."""

    model_config = _example(score=4, note="quick")

    score: int = Field(ge=1, le=5, description="1 (bad) to 5 (good).")


class MergeOrder(NoteOrder):
    """Let it go on as part of another case."""

    model_config = _example(into="5a0c8d3e-4c42-4b7e-9a55-0d3f5f6a2c11", note="the same leak")

    into: UUID


class SplitOrder(NoteOrder):
    """Let some of its alerts and reports become a case of their own."""

    model_config = _example(alerts=["0b6f3f0e-6c5b-5d0a-9d3e-2a6f0c8b7e11"], note="another pipe")

    alerts: list[UUID] = Field(default=[], max_length=500)
    reports: list[UUID] = Field(default=[], max_length=500)
    title: Text | None = None


class AddAlertOrder(NoteOrder):
    """Let an alert belong to it."""

    model_config = _example(alert="0b6f3f0e-6c5b-5d0a-9d3e-2a6f0c8b7e11")

    alert: UUID


class AddReportOrder(NoteOrder):
    """Let a citizen's report belong to it."""

    model_config = _example(report="0b6f3f0e-6c5b-5d0a-9d3e-2a6f0c8b7e11")

    report: UUID


class CallInOrder(NoteOrder):
    """Call in a further department."""

    model_config = _example(department="city-power", note="the cable lies bare")

    department: Name
