"""What the gate found out about a request: who makes it, by what, and until when; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from hub.people.caller import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A caller let in by a bearer token or by a session's cookie.

    `credential_id` is the token's or the session's id. `csrf` is what requests by cookie that change something must
    repeat; a token needs none. While `must_change_password` holds, nothing but that is allowed.
    """

    caller: Caller
    by: Literal["token", "session"]
    credential_id: UUID
    expires_at: datetime | None
    csrf: str | None = None
    must_change_password: bool = False
