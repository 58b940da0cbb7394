"""Versions, applications and plans go in, the API's documents of them come out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from detectors.thresholds import Thresholds
from hub.api.problem import Problem
from hub.config.thresholds_file import Heading, with_heading
from hub.dispatch.document import instant
from hub.store.configuration_applications import Application, Schedule, applications, schedules_of
from hub.store.configuration_versions import Version, running_as, version_of

if TYPE_CHECKING:
    from psycopg import Connection


def planned_document(one: Schedule) -> dict[str, Any]:
    """Return one plan."""
    return {
        "schedule": one.schedule_id,
        "version": one.version,
        "at": instant(one.due_at),
        "by": one.made_by,
        "note": one.note,
        "expected": one.expected,
        "state": one.state,
        "why": one.why,
    }


def applied_document(one: Application) -> dict[str, Any]:
    """Return one stretch in force."""
    return {
        "since": instant(one.at),
        "until": instant(one.ended_at),
        "by": one.made_by,
        "note": one.note,
        "how": one.how,
    }


def version_documents(connection: Connection[Any], found: Sequence[Version]) -> list[dict[str, Any]]:
    """Return these versions as they are listed."""
    names = [one.version for one in found]
    spans, plans = applications(connection, names), schedules_of(connection, names)
    running = running_as(connection, names)
    return [
        {
            "version": one.version,
            "parent": one.parent,
            "author": one.author,
            "note": one.note,
            "source": one.source,
            "brought_by": one.brought_by,
            "stored_at": instant(one.stored_at),
            "in_force": any(span.ended_at is None for span in spans[one.version]),
            "applied": [applied_document(span) for span in spans[one.version]],
            "planned": [planned_document(plan) for plan in plans[one.version]],
            "config_versions": running[one.version],
            "overrides": [str(each.get("name", "")) for each in one.thresholds.get("overrides", ())],
        }
        for one in found
    ]


def version_document(connection: Connection[Any], found: Version, asked_for: str) -> dict[str, Any]:
    """Return one version with all that it says."""
    (entry,) = version_documents(connection, [found])
    return {**entry, "text": found.text, "thresholds": found.thresholds, "asked_for": asked_for}


def found_version(connection: Connection[Any], name: str) -> Version:
    """Return the version that `name` names; raise the problem that there is none."""
    found = version_of(connection, name)
    if found is None:
        raise Problem("not-found", f"no version {name} of the detectors file is known, and no alert was raised by it")
    return found


def thresholds_of(found: Version) -> Thresholds:
    """Return what the version says as thresholds; raise the problem that this program cannot read it."""
    try:
        return Thresholds.model_validate(found.thresholds)
    except ValidationError:
        text = f"{found.version} was judged by a program that knew other thresholds: it can be read, not compared"
        raise invalid("#", text) from None


def refused(pointer: str, told: list[str]) -> Problem:
    """Return the problem of a request whose part at `pointer` is no good, for each of these reasons."""
    errors = [{"in": "body", "pointer": pointer, "detail": each} for each in told]
    return Problem("invalid", "; ".join(told)[:1000], extra={"errors": errors})


def invalid(pointer: str, text: str) -> Problem:
    """Return the problem of a request whose part at `pointer` is no good."""
    return refused(pointer, [text])


def exported(found: Version) -> str:
    """Return a version as the file that a repository keeps."""
    heading = Heading(
        version=found.version, author=found.author, note=found.note, parent=found.parent, made_at=found.stored_at
    )
    return with_heading(found.text, heading)
