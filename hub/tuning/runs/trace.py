"""The run `trace`: a rule, a subject and a moment, or an alert, in; why it was raised, or was not, out."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from hub.people.caller import EVERYWHERE
from hub.store.read_alerts import find_alert
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Progress
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments, Changes
from hub.tuning.runs.refused import RunRefused
from hub.tuning.trace.moment import NotYet, require_past
from hub.tuning.trace.request import Request, TooLong, of_alert, trace
from hub.tuning.trace.scope import UnknownRule

AROUND_S = 600.0


class Trace(Arguments):
    """What is asked about: an alert by its id, or a rule on a subject at an instant."""

    alert_id: UUID | None = None
    rule: str | None = Field(None, min_length=1, max_length=100)
    subject: str | None = Field(
        None, min_length=1, max_length=300, description="A device, circuit, camera, zone, or place `zone@x,y`."
    )
    at: AwareDatetime | None = None
    around_s: float = Field(AROUND_S, ge=1, le=172800, description="Seconds before and after that are looked at.")
    changes: Changes
    version: str | None = Field(None, max_length=64, description="A stored configuration; null is the present one.")
    what_if: bool = Field(True, description="Look for the thresholds, one or two, that would have changed the answer.")

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if self.alert_id is None and (self.rule is None or self.subject is None or self.at is None):
            raise ValueError("give alert_id, or rule, subject and at")
        if self.alert_id is not None and (self.rule is not None or self.subject is not None or self.at is not None):
            raise ValueError("give alert_id, or rule, subject and at, not both")
        return self


def work(arguments: Trace, means: Means) -> dict[str, Any]:
    """Return the trace."""
    configuration = with_thresholds(means.configuration(arguments.version), arguments.changes)
    request = request_of(arguments, means)
    try:
        require_past(request.at, means.now())
        return trace(
            means.recording, configuration, request, progress=lambda done: means.told(Progress(min(done, 1.0)))
        )
    except (UnknownRule, TooLong, NotYet) as error:
        raise RunRefused(str(error)) from None


def request_of(arguments: Trace, means: Means) -> Request:
    """Return what is asked for; an alert's rule, subject and time are looked up."""
    if arguments.alert_id is None:
        assert arguments.rule is not None
        assert arguments.subject is not None
        assert arguments.at is not None
        return Request(
            rule=arguments.rule,
            subject=arguments.subject,
            at=arguments.at,
            around_s=arguments.around_s,
            wants_what_if=arguments.what_if,
        )
    with means.session() as connection:
        found = find_alert(connection, arguments.alert_id, EVERYWHERE)
    if found is None:
        raise RunRefused(f"there is no alert {arguments.alert_id}")
    return of_alert(found.alert, around_s=arguments.around_s, wants_what_if=arguments.what_if)
