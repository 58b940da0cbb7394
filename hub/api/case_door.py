"""What the routes of cases share: who may order what, the case's document as it is served, and its refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Path

from hub.api.context import CallerDep, needs, needs_any
from hub.api.problem import Problem
from hub.cases.case import Case
from hub.cases.document import case_document
from hub.cases.lifecycle import possible
from hub.cases.stage import Event
from hub.cases.steps import IllegalStep
from hub.people.caller import Caller
from hub.people.scopes import Scope, roles_with
from hub.store.case_command import NoSuchCase, RevisionChanged, may_handle
from hub.store.photos import NoSuchPhoto
from hub.store.reports import AlreadyHandled

CaseId = Annotated[UUID, Path(description="The case's id.")]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^(\*|(W/)?"?[0-9]{1,9}"?)$',
        description="The revision that you saw. 409 with the present one where somebody was quicker.",
    ),
]

# The last part of each command's address, the event it makes, and who may order it: any one of these scopes is enough.
COMMANDS: dict[str, tuple[Event, tuple[Scope, ...]]] = {
    "file": (Event.FILED, (Scope.CASES_FILE,)),
    "refuse-filing": (Event.NOT_FILED, (Scope.CASES_FILE,)),
    "dispatch": (Event.DISPATCHED, (Scope.CASES_DISPATCH,)),
    "reroute": (Event.REROUTED, (Scope.CASES_DISPATCH,)),
    "take": (Event.TAKEN, (Scope.CASES_HANDLE,)),
    "progress": (Event.PROGRESSED, (Scope.CASES_HANDLE,)),
    "refuse": (Event.REFUSED, (Scope.CASES_HANDLE,)),
    "report-done": (Event.REPORTED_DONE, (Scope.CASES_HANDLE,)),
    "verify": (Event.VERIFIED, (Scope.CASES_DISPATCH,)),
    "rework": (Event.REWORKED, (Scope.CASES_DISPATCH,)),
    "ask-suspension": (Event.SUSPENSION_ASKED, (Scope.CASES_HANDLE, Scope.CASES_FILE)),
    "suspend": (Event.SUSPENDED, (Scope.CASES_APPROVE,)),
    "deny-suspension": (Event.SUSPENSION_DENIED, (Scope.CASES_APPROVE,)),
    "resume": (Event.RESUMED, (Scope.CASES_APPROVE,)),
    "close": (Event.CLOSED, (Scope.CASES_DISPATCH,)),
    "evaluate": (Event.EVALUATED, (Scope.CASES_APPROVE,)),
    "void": (Event.VOIDED, (Scope.CASES_APPROVE,)),
    "merge": (Event.MERGED, (Scope.CASES_DISPATCH,)),
    "split": (Event.SPLIT, (Scope.CASES_DISPATCH,)),
    "reopen": (Event.REOPENED, (Scope.CASES_APPROVE,)),
    "note": (Event.NOTED, (Scope.CASES_FILE, Scope.CASES_HANDLE, Scope.CASES_DISPATCH, Scope.CASES_APPROVE)),
    "add-alert": (Event.ALERT_ADDED, (Scope.CASES_FILE,)),
    "add-report": (Event.REPORT_ADDED, (Scope.CASES_FILE,)),
    "call-in": (Event.CALLED_IN, (Scope.CASES_DISPATCH,)),
}
WHO_MAY_HAND_IN_PHOTOS = (
    Scope.CASES_FILE,
    Scope.CASES_HANDLE,
    Scope.CASES_DISPATCH,
    Scope.CASES_APPROVE,
    Scope.REPORTS_WRITE,
)


def needs_one_of(*scopes: Scope) -> list[Any]:
    """Return the dependencies of a route for callers with any one of `scopes`."""
    if len(scopes) == 1:
        return [needs(scopes[0])]

    def allowed(caller: CallerDep) -> None:
        if caller.scopes.isdisjoint(scopes):
            roles = sorted({role for scope in scopes for role in roles_with(scope)})
            raise Problem(
                "forbidden",
                f"this needs one of the scopes {', '.join(scopes)}, none of which the role {caller.role} has; "
                f"they come with: {', '.join(roles)}",
                extra={"scope": scopes[0].value},
            )

    return [needs_any(), Depends(allowed)]


def served(case: Case) -> dict[str, Any]:
    """Return the case as it is served."""
    return case_document(case)


def commands_for(case: Case, caller: Caller) -> list[str]:
    """Return what `caller` may order now."""
    events = possible(case)
    return [
        name
        for name, (event, scopes) in COMMANDS.items()
        if event in events and not caller.scopes.isdisjoint(scopes) and may_handle(case, event, caller.reach)
    ]


def revision_of(if_match: str | None) -> int | None:
    """Return the revision that an If-Match header names; None where it names none."""
    found = re.search(r"[0-9]+", if_match or "")
    return None if found is None else int(found.group())


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what a case's store and its lifecycle refuse into problems."""
    try:
        yield
    except NoSuchCase as error:
        raise Problem("not-found", str(error)) from None
    except RevisionChanged as error:
        found = {"revision": error.case.revision, "case": case_document(error.case)}
        raise Problem("changed-meanwhile", str(error), extra=found) from None
    except (IllegalStep, AlreadyHandled) as error:
        raise Problem("illegal-transition", str(error)) from None
    except NoSuchPhoto as error:
        raise invalid("#/photos", str(error)) from None


def invalid(pointer: str, detail: str) -> Problem:
    """Return the problem that one part of the body, at a JSON pointer, is not valid."""
    errors = [{"in": "body", "pointer": pointer, "detail": detail}]
    return Problem("invalid", f"{pointer}: {detail}", extra={"errors": errors})
