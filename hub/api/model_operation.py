"""The documents for those who run the hub: ledger, rules, configuration, quarantine, readiness, tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from detectors.finding import Severity
from hub.api.model import Document


class CountsDocument(Document):
    """How many observations, by what became of them."""

    received: int = Field(ge=0)
    stored: int = Field(ge=0)
    duplicate: int = Field(ge=0)
    quarantined: int = Field(ge=0)


class LedgerEntry(CountsDocument):
    """One hour of one grid; grid "" holds what named no grid that could be read."""

    grid: str
    hour: datetime
    balanced: bool


class LedgerPage(Document):
    """What was received and what became of it: received = stored + duplicate + quarantined."""

    items: list[LedgerEntry]
    next: str | None
    total: CountsDocument = Field(description="Sums over the whole period asked for, not over this page.")
    balanced: bool = Field(description="Every hour of every grid in the period adds up.")


class Threshold(Document):
    """One threshold of a rule."""

    path: str
    value: Any
    default: Any
    unit: str
    low: float | None
    high: float | None
    meaning: str
    meaning_zh: str
    source: str
    source_zh: str


class InBoth(Document):
    """The same in both of the console's languages."""

    zh: str
    en: str


class RuleEntry(Document):
    """One rule, whether it is judged, how severe it is, and its thresholds as they are now."""

    rule: str
    title_zh: str
    title_en: str
    consequence: InBoth = Field(description="What follows if nobody acts.")
    action: InBoth = Field(description="What the operator does.")
    respond_within_s: float = Field(description="By when an alert must have been looked at.")
    meaning: str
    meaning_zh: str
    enabled: bool
    severity: Severity
    thresholds: list[Threshold]


class RuleList(Document):
    """Every rule."""

    items: list[RuleEntry]


class ConfigVersion(Document):
    """A configuration that the hub ran with at some time."""

    version: str
    stored_at: datetime


class ConfigDocument(Document):
    """The configuration of this process, and the versions that the hub has run with."""

    version: str
    city: dict[str, Any] = Field(description="Without the cameras' addresses.")
    detectors: dict[str, Any]
    versions: list[ConfigVersion]


class QuarantineEntry(Document):
    """A message, or an entry of one, that could not be read."""

    id: int
    received_at: datetime
    last_received_at: datetime
    times: int = Field(ge=1, description="How often the same bytes came.")
    topic: str
    reason: str
    detail: str
    grid: str
    entry: int | None
    replayed_at: datetime | None
    size: int = Field(ge=0, description="Bytes.")
    payload: str = Field(description="The bytes in base64: the first 200 in a listing, all of them alone.")


class QuarantinePage(Document):
    """Some quarantined messages, the newest first."""

    items: list[QuarantineEntry]
    next: str | None


class WhoAmI(Document):
    """Who makes the request."""

    by: Literal["token", "session"]
    token_id: UUID | None = Field(description="Null in a session.")
    id: UUID = Field(description="The token, or the person: the same in every session.")
    name: str
    role: str
    scopes: list[str]
    department: str | None
    grids: list[str] | None = Field(description="Null: the whole city.")
    expires_at: datetime | None


class Check(Document):
    """One thing that readiness depends on."""

    name: str
    ok: bool
    detail: str
    age_s: float | None


class Readiness(Document):
    """Whether the hub can do its work, and each thing that this depends on."""

    ready: bool
    checks: list[Check]


class Live(Document):
    """The process answers."""

    live: Literal[True]


class Entrance(Document):
    """Where to go."""

    service: str
    version: str
    api: str
    openapi: str
