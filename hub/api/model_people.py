"""The documents about people: signing in, sessions, users, the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from hub.api.model import Document, Text

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Unit = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
UserRole = Literal["operator", "dispatcher", "department", "supervisor", "engineer", "admin"]


class SignIn(Document):
    """A name and a password."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "li.na", "password": "three words, or four"}]}
    )

    name: Name
    password: Password


class Ticket(Document):
    """What opens one session, once."""

    ticket: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class NewPassword(Document):
    """The password as it is, and as it shall be."""

    current: Password
    new: Password


class SignInMethods(Document):
    """How people sign in here."""

    password: bool
    oidc: str | None = Field(description="What the button says that leads to the provider; null without one.")


class SessionDocument(Document):
    """One's own session: who one is, what one may, how far one sees."""

    id: UUID
    user_id: UUID
    name: str
    display_name: str
    role: UserRole
    department: str | None
    districts: list[str] | None = Field(description="Null: the whole city.")
    grids: list[str] | None = Field(description="The grids of the districts; null: all.")
    scopes: list[str]
    csrf_token: str = Field(description="Repeat it in X-CSRF-Token with every request that changes something.")
    how: Literal["password", "ticket", "oidc"]
    created_at: datetime
    expires_at: datetime = Field(description="When it ends at the latest.")
    idle_s: float = Field(description="It ends earlier when nothing is heard of it for so long.")
    must_change_password: bool = Field(description="Nothing else is allowed before POST /api/v1/session/password.")


class OpenSession(Document):
    """One of a person's sessions."""

    id: UUID
    this: bool = Field(description="The one that asks.")
    how: Literal["password", "ticket", "oidc"]
    remote: str
    agent: str = Field(description="What the browser calls itself.")
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class SessionList(Document):
    """A person's sessions, the newest first."""

    items: list[OpenSession]


class Ended(Document):
    """How many sessions were ended."""

    ended: int


class UserDocument(Document):
    """One person."""

    id: UUID
    name: str = Field(description="To sign in with; compared without capitals. Never changes.")
    display_name: str
    role: UserRole
    department: str | None
    districts: list[str] | None = Field(description="Null: the whole city.")
    has_password: bool
    must_change_password: bool
    provider: str | None = Field(description="Through whom the person signs in, where not by password.")
    created_at: datetime
    password_at: datetime | None
    signed_in_at: datetime | None
    disabled_at: datetime | None


class UserList(Document):
    """Everybody."""

    items: list[UserDocument]


class NewUser(Document):
    """Somebody who shall be able to sign in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "li.na", "display_name": "李娜", "role": "operator", "department": None, "districts": None}
            ]
        },
    )

    name: Name
    display_name: DisplayName | None = None
    role: UserRole
    department: Unit | None = Field(default=None, description="Needed for the role department.")
    districts: list[Unit] | None = Field(default=None, max_length=200, description="Null: the whole city.")
    password: Password | None = Field(default=None, description="Left out: one is made, and told in the answer.")


class UserChange(Document):
    """What shall be different; what is left out stays."""

    display_name: DisplayName | None = None
    role: UserRole | None = None
    department: Unit | None = None
    districts: list[Unit] | None = Field(default=None, max_length=200, description="Null: the whole city.")


class MadeUser(Document):
    """A person with the first password."""

    user: UserDocument
    password: str | None = Field(description="To be handed over; told only here, to be changed when signing in first.")


class AuditEntry(Document):
    """Something that somebody did."""

    seq: int = Field(description="Its place in the chain; without gaps.")
    at: datetime
    actor: str
    actor_id: UUID | None
    action: str
    target: str
    detail: dict[str, Any]
    remote: str | None
    hash: str = Field(description="The hash of the chain up to here.")


class AuditPage(Document):
    """Some entries, the newest first."""

    items: list[AuditEntry]
    next: str | None


class TokenDocument(Document):
    """One token, without its secret."""

    token_id: UUID
    name: str
    role: str
    department: str | None
    districts: list[str] | None = Field(description="Null: the whole city.")
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class TokenList(Document):
    """Every token there was."""

    items: list[TokenDocument]


class NewToken(Document):
    """A machine that shall be able to come."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "dispatch system", "role": "dispatch", "days": 365}]}
    )

    name: Text
    role: Literal["operator", "dispatcher", "department", "supervisor", "dispatch", "reports", "engineer", "admin"]
    department: Unit | None = Field(default=None, description="Needed for the role department.")
    districts: list[Unit] | None = Field(default=None, max_length=200, description="Null: the whole city.")
    days: int | None = Field(default=None, ge=1, le=36500, description="Days it is valid; for ever by default.")


class MadeToken(Document):
    """A new token."""

    token: str = Field(description="The secret; told only here.")
    name: str
    role: str
