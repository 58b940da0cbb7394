"""The API's documents as types: what the OpenAPI description promises, and what requests are checked against."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from detectors.finding import Severity
from hub.alerts.alert import Condition
from hub.api.instant import Instant

# Text that PostgreSQL can hold and a log line can show: no control characters.
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}\.([a-z_]{1,40}|\*)$")]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[A-Za-z0-9_-]+$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Number = float | int | str | bool | None
LARGEST = 2**63 - 1
EXACT = 2**53 - 1  # the largest number that whoever reads JSON takes exactly (RFC 8259, section 6)

EXAMPLE_ALERT: dict[str, Any] = {
    "id": "0b6f3f0e-6c5b-5d0a-9d3e-2a6f0c8b7e11",
    "rule": "water.burst",
    "severity": "critical",
    "condition": "active",
    "acknowledged": False,
    "acknowledged_by": None,
    "acknowledged_at": None,
    "shelved_until": None,
    "shelve_reason": None,
    "grid": "03",
    "subject": "water-017",
    "since": "2026-11-22T10:00:04.000000Z",
    "raised_at": "2026-11-22T10:00:14.000000Z",
    "cleared_at": None,
    "reason": {
        "text": "pressure fell by 142 kPa in 10 s while flow rose by 9.3 L/s",
        "fall_kpa": 142.0,
        "threshold_kpa": 100.0,
        "flow_rise_l_s": 9.3,
        "lasted_s": 10.0,
    },
    "clear_reason": None,
    "config_version": "3f9a1c0b77de",
    "members": [],
    "camera": None,
    "place": None,
    "previous": None,
    "flapping": False,
    "inhibited_by": None,
    "revision": 1,
    "evidence": [],
    "evidence_missing": [],
    "owner": None,
    "verdict": None,
}


class Document(BaseModel):
    """A document that has exactly these members."""

    model_config = ConfigDict(extra="forbid")


class Reason(BaseModel):
    """Why: a sentence for people; measured values and thresholds beside it for programs, units in their names."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number]

    text: str = Field(description="One English sentence with the figures.")


class Evidence(Document):
    """One picture filed with an alert."""

    url: str = Field(description="Where to fetch it; a path on this server.")
    sha256: Hash
    at: datetime = Field(description="When it was taken.")
    kind: str = Field(description="first_sight, confirmation or clear; with _annotated when boxes are drawn in.")


class MissingEvidence(Document):
    """One picture that the camera was asked for and did not have."""

    kind: str = Field(description="first_sight, confirmation or clear.")
    at: datetime = Field(description="The instant that was asked for.")
    why: str = Field(
        description="too_old (no longer kept), gap (the camera was blind then), empty (nothing is kept yet) or "
        "no_answer (the vision machine did not answer in time)."
    )


class Verdict(Document):
    """An operator's word on whether the alert was right."""

    is_: Literal["real", "false_alarm"] = Field(alias="is")
    by: str
    at: datetime
    reason: str | None


class Alert(Document):
    """A finding's life over time. Times are event times, except the operator's, which are the hub's."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_ALERT]})

    id: UUID = Field(description="The same after replays and restarts: made from rule, subject and since.")
    rule: str
    severity: Severity
    condition: Condition = Field(description="The detector's word.")
    acknowledged: bool = Field(description="The operator's word.")
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    shelved_until: datetime | None
    shelve_reason: str | None
    grid: str
    subject: str = Field(
        description="A device, circuit, gateway or camera, or a place `zone@x,y` in a camera's picture."
    )
    since: datetime = Field(description="The first observation of the condition.")
    raised_at: datetime
    cleared_at: datetime | None
    reason: Reason
    clear_reason: Reason | None
    config_version: str
    members: list[str] = Field(
        description="Devices that this one alert speaks for, such as the lamps of a dark circuit."
    )
    camera: str | None
    place: list[float] | None = Field(description="[x1, y1, x2, y2] in fractions of the picture.")
    previous: UUID | None = Field(description="The alert before this one of the same rule and subject.")
    flapping: bool = Field(description="The condition came and went too often.")
    inhibited_by: UUID | None = Field(description="The alert of which this one is a symptom.")
    revision: int = Field(ge=1, description="One higher with every change.")
    evidence: list[Evidence]
    evidence_missing: list[MissingEvidence] = Field(
        default=[], description="What was asked for in vain; records written before this was known lack it."
    )
    owner: str | None = Field(default=None, description="Who has taken it upon themselves; older records lack it.")
    verdict: Verdict | None = Field(default=None, description="Null: nobody has said; older records lack it.")


class AlertPage(Document):
    """Some alerts, the newest first."""

    items: list[Alert]
    next: str | None = Field(description="Give it as `cursor` for the next page; null on the last.")


class ShelveOrder(Document):
    """Hide an alert until a stated end, for a stated reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"for_s": 7200, "reason": "the pump is being repaired, order 4711"}]},
    )

    until: Instant | None = Field(default=None, description="The end, at most 30 days away; or give `for_s`.")
    for_s: int | None = Field(default=None, ge=60, le=30 * 86400, description="Seconds from now; or give `until`.")
    reason: Text


class AssignOrder(Document):
    """Give an alert to somebody, or to nobody."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"to": "li.na"}, {"to": None}]})

    to: Text | None = Field(description="The name of a person of this hub, or null.")


class VerdictOrder(Document):
    """Say whether an alert was right."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"is": "false_alarm", "reason": "a white van, not a stall"}]},
    )

    is_: Literal["real", "false_alarm"] = Field(alias="is")
    reason: Text | None = None


class Value(Document):
    """The newest value of one quantity."""

    value: float
    at: datetime = Field(description="The device's time.")
    received_at: datetime


class DeviceState(Document):
    """One device as configured, and what was last heard of it within a day."""

    id: str
    kind: str
    name: str
    grid: str
    gateway: str | None
    circuit: str | None
    interval_s: float = Field(description="How often it reports when all is well.")
    latitude: float | None
    longitude: float | None
    online: bool | None = Field(description="Its own last word or its last will; null when it never gave one.")
    outage: str = Field(description="Why it is not online, where it told; else empty.")
    last_heard: datetime | None = Field(description="When the hub last received something of it.")
    silent: bool = Field(description="An alert for its silence, or its gateway's, is active.")
    readings: dict[str, Value] = Field(description="By quantity; the name carries the unit.")
    alerts: list[UUID] = Field(description="Active alerts that speak for it.")


class DevicePage(Document):
    """Some devices, in order of their ids."""

    items: list[DeviceState]
    next: str | None


class ZoneState(Document):
    """A polygon in a camera's picture."""

    id: str
    kind: str
    name: str
    polygon: list[tuple[float, float]] = Field(description="Corners in fractions of the picture.")
    dwell_s: float | None


class CameraState(Document):
    """One camera; its address is not served, because it may hold credentials."""

    id: str
    name: str
    grid: str
    latitude: float | None
    longitude: float | None
    online: bool | None
    outage: str = Field(description="Why it is not online, in a word such as `unauthorised`; else empty.")
    lost: bool = Field(description="An alert for its loss is active.")
    moved: bool = Field(description="An alert that it looks elsewhere is active: its zones are not judged.")
    last_frame: datetime | None = Field(description="Capture time of the newest processed frame within a day.")
    last_frame_boxes: int = Field(description="Detections in it.")
    last_heard: datetime | None
    readings: dict[str, Value] = Field(description="Its health, by quantity.")
    zones: list[ZoneState]
    alerts: list[UUID]


class CameraList(Document):
    """Every camera."""

    items: list[CameraState]


class GridState(Document):
    """One responsibility grid."""

    id: str
    name: str
    district: str
    devices: dict[str, int] = Field(description="How many of each kind.")
    cameras: int
    active: dict[str, int] = Field(description="Active alerts by severity.")


class Names(Document):
    """What subjects are called."""

    names: dict[str, str] = Field(description="Name by subject; a subject without one is left out.")


class GridList(Document):
    """Every grid."""

    items: list[GridState]


class PartProblem(BaseModel):
    """One part of a request that is not valid."""

    model_config = ConfigDict(populate_by_name=True)

    where: str = Field(alias="in", description="body, query, path or header")
    pointer: str | None = Field(default=None, description="A JSON pointer into the body.")
    parameter: str | None = None
    detail: str


class ProblemDocument(BaseModel):
    """An RFC 9457 problem; some kinds have further members."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:lianqin:problem:illegal-transition",
                    "title": "The state of the alert or case does not allow this",
                    "status": 409,
                    "detail": "alert.acknowledged makes no sense for alert 0b6f…: it is active, acknowledged",
                    "instance": "/api/v1/alerts/0b6f3f0e-6c5b-5d0a-9d3e-2a6f0c8b7e11/acknowledge",
                }
            ]
        },
    )

    type: str = Field(description="urn:lianqin:problem:KIND")
    title: str
    status: int
    detail: str
    instance: str
    errors: list[PartProblem] | None = Field(default=None, description="On 422: what is not valid, and why.")
