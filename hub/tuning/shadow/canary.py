"""A candidate put into force in some grids, taken out again, or put into force everywhere; or why that cannot be.

In some grids it is an override of what is in force: whatever differs from that, set for those grids alone. Taking it
out removes the override, and nothing that somebody else changed since. What is meant is kept before the detectors file
is written, and that it was done after: whoever finds the work half done finishes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import ValidationError

from detectors.override import why_city_wide
from detectors.thresholds import Thresholds
from hub.config.apply import Files, NotApplied, Why, apply, rollback, settle
from hub.config.load import thresholds_document
from hub.config.thresholds_file import changes_between, thresholds_version
from hub.config.yaml_source import ConfigError
from hub.store import shadows
from hub.store.audit import Actor
from hub.store.configuration_applications import application_of
from hub.store.configuration_versions import kept_version, propose, version_of
from hub.store.read_shadows import per_hour_before
from hub.tuning.shadow.guard import Limits
from hub.tuning.shadow.shadow import Canary, Shadow, State

if TYPE_CHECKING:
    from psycopg import Connection


class NotPossible(RuntimeError):
    """A shadow cannot be brought to this; the message says why."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Who acts on the detectors file, on which connection, and when."""

    connection: Connection[Any]
    files: Files
    actor: Actor
    now: Callable[[], datetime]


def as_override(present: Thresholds, candidate: Thresholds, *, name: str, grids: Sequence[str]) -> Thresholds:
    """Return `present` with what `candidate` changes set for `grids` alone; raise NotPossible or ConfigError; pure."""
    changes = changes_between(present, candidate)
    if not changes:
        raise NotPossible("the candidate is what is in force: there is nothing to try")
    others = [one.path for one in changes if one.path.startswith("overrides")]
    if others:
        raise NotPossible(
            f"the candidate also changes {others[0]}, and an override cannot hold overrides: "
            "make a candidate of what is in force now with its thresholds alone changed"
        )
    shared = [f"{one.path}: {why}" for one in changes if (why := why_city_wide(one.path))]
    if shared:
        raise NotPossible(f"what the whole city shares cannot be tried in some grids; {'; '.join(shared)}")
    entry = {"name": name, "grids": sorted(grids), "set": {one.path: one.after for one in changes}}
    document = thresholds_document(present)
    document["overrides"] = [*document.get("overrides", []), entry]
    try:
        return Thresholds.model_validate(document)
    except ValidationError as error:
        said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False)]
        raise ConfigError(said) from None


def without_override(present: Thresholds, name: str) -> Thresholds | None:
    """Return `present` without the override of that name, None where there is none; pure."""
    left = tuple(one for one in present.overrides if one.name != name)
    return None if len(left) == len(present.overrides) else present.model_copy(update={"overrides": left})


def start_canary(hands: Hands, shadow_id: UUID, *, grids: Sequence[str], limits: Limits) -> Shadow:
    """Put a shadow's candidate into force in `grids`; raise NotPossible, NotApplied, ConfigError or NoSuchShadow."""
    connection, at = hands.connection, hands.now()
    shadows.find_shadow(connection, shadow_id)
    in_force = settle(connection, hands.files, at=at)
    name = f"canary {str(shadow_id)[:8]}"
    with connection.transaction():
        shadow = shadows.find_shadow(connection, shadow_id, lock=True)
        if shadow.state is not State.RUNNING:
            raise NotPossible(
                f"the shadow is {shadow.state.value.replace('_', ' ')}: only a running one becomes a canary"
            )
        outside = sorted(set(grids) - set(shadow.grids))
        if outside or not grids:
            raise NotPossible(
                f"the shadow does not follow grid {', '.join(outside)}" if outside else "a canary needs a grid"
            )
        other = next((one for one in shadows.list_shadows(connection, is_open=True) if one.canary is not None), None)
        if other is not None:
            raise NotPossible(f"the shadow {other.shadow_id} is a canary already: promote it or roll it back first")
        present, candidate = _thresholds(connection, in_force.version), _thresholds(connection, shadow.version)
        wanted = as_override(present, candidate, name=name, grids=grids)
        note = f"canary of {shadow.version} in grid {', '.join(sorted(grids))}"
        made = propose(connection, wanted, author=hands.actor.name, note=note, parent=in_force.version, at=at)
        canary = Canary(
            grids=tuple(sorted(grids)),
            limits=limits,
            name=name,
            version=made.version,
            before_version=in_force.version,
            since=at,
            per_hour_before=per_hour_before(connection, grids, at),
            by=hands.actor.name,
        )
        detail = canary.document() | {"shadow_version": shadow.version}
        shadows.change_shadow(
            connection, shadow, State.CANARY, hands.actor, at=at, what="canary", canary=canary, detail=detail
        )
    connection.commit()
    try:
        apply(
            connection, hands.files, made.version, by=hands.actor, note=note, at=hands.now(), expected=in_force.version
        )
    except (NotApplied, ConfigError) as error:
        with connection.transaction():
            again = shadows.find_shadow(connection, shadow_id, lock=True)
            shadows.change_shadow(
                connection, again, State.RUNNING, hands.actor, at=hands.now(), what="canary_failed", why=str(error)
            )
        connection.commit()
        raise
    return shadows.find_shadow(connection, shadow_id)


def roll_back(hands: Hands, shadow_id: UUID, why: str) -> Shadow:
    """Take a canary out of force, once however many ask; raise NotPossible, NotApplied or NoSuchShadow."""
    connection = hands.connection
    with connection.transaction():
        shadow = shadows.find_shadow(connection, shadow_id, lock=True)
        if shadow.state is not State.CANARY or shadow.canary is None:
            raise NotPossible(
                f"the shadow is {shadow.state.value.replace('_', ' ')}, no canary: nothing is rolled back"
            )
        canary = shadow.canary
        if not canary.ending:
            canary = replace(canary, ending=why, ended_by=hands.actor.name)
            shadows.keep_canary(connection, shadow_id, canary)
    connection.commit()
    _take_out(hands, canary)
    with connection.transaction():
        shadow = shadows.find_shadow(connection, shadow_id, lock=True)
        if shadow.state is State.CANARY:
            actor = hands.actor if canary.ended_by == hands.actor.name else Actor(name=canary.ended_by)
            detail = {"grids": list(canary.grids), "version": canary.version}
            shadow = shadows.change_shadow(
                connection,
                shadow,
                State.ROLLED_BACK,
                actor,
                at=hands.now(),
                what="rolled_back",
                why=canary.ending,
                canary=canary,
                detail=detail,
            )
    connection.commit()
    return shadow


def promote(hands: Hands, shadow_id: UUID, note: str) -> Shadow:
    """Put a shadow's candidate into force everywhere and end the shadow; raise NotPossible, NotApplied, NoSuchShadow.

    A canary's override goes with it. The candidate is a whole file: where something else than what it was compared with
    is in force by now, applying it would undo that unseen, so it is refused.
    """
    connection, at = hands.connection, hands.now()
    shadow = shadows.find_shadow(connection, shadow_id)
    in_force = settle(connection, hands.files, at=at)
    if not shadow.is_open:
        raise NotPossible(f"the shadow is {shadow.state.value.replace('_', ' ')}: only an open one is promoted")
    if shadow.canary is not None and shadow.canary.ending:
        raise NotPossible("the canary is being rolled back")
    version = _kept(connection, shadow.version)
    base = shadows.base_of(connection, shadow_id)
    compared = {base, version, *([shadow.canary.version] if shadow.canary is not None else [])}
    if base is not None and in_force.version not in compared:
        raise NotPossible(
            f"{in_force.version} was put into force by {in_force.made_by} since the shadow began, and would be undone: "
            "make a candidate of it and follow that one"
        )
    connection.commit()
    try:
        apply(connection, hands.files, version, by=hands.actor, note=note, at=at, expected=in_force.version)
    except NotApplied as error:
        if error.why is not Why.SAME:
            raise
    with connection.transaction():
        shadow = shadows.find_shadow(connection, shadow_id, lock=True)
        if shadow.is_open:
            detail = {"version": version, "before": in_force.version, "note": note}
            shadow = shadows.change_shadow(
                connection,
                shadow,
                State.PROMOTED,
                hands.actor,
                at=hands.now(),
                what="promoted",
                canary=shadow.canary,
                detail=detail,
            )
    connection.commit()
    return shadow


def end_shadow(hands: Hands, shadow_id: UUID, note: str) -> Shadow:
    """End a running shadow; raise NotPossible for a canary, which is in force, and for one that is over."""
    connection = hands.connection
    with connection.transaction():
        shadow = shadows.find_shadow(connection, shadow_id, lock=True)
        if shadow.state is State.CANARY:
            raise NotPossible("the shadow is a canary: roll it back or promote it")
        if not shadow.is_open:
            raise NotPossible(f"the shadow is over: {shadow.state.value.replace('_', ' ')}")
        shadow = shadows.change_shadow(
            connection, shadow, State.ENDED, hands.actor, at=hands.now(), what="ended", why=note
        )
    connection.commit()
    return shadow


def still_in_force(hands: Hands, canary: Canary) -> bool:
    """Tell whether a canary's override stands in the detectors file."""
    present = settle(hands.connection, hands.files, at=hands.now())
    return any(one.name == canary.name for one in _thresholds(hands.connection, present.version).overrides)


def _take_out(hands: Hands, canary: Canary) -> None:
    """Remove a canary's override from what is in force, whatever that is by now."""
    connection, at = hands.connection, hands.now()
    present = settle(connection, hands.files, at=at)
    left = without_override(_thresholds(connection, present.version), canary.name)
    if left is None:
        return  # somebody has removed it, or whoever began this came so far
    note = f"{canary.name} rolled back: {canary.ending}"
    before = None if present.before_id is None else application_of(connection, present.before_id)
    if before is not None and before.version == thresholds_version(left):
        rollback(connection, hands.files, by=hands.actor, note=note, at=hands.now(), expected=present.version)
        return
    made = propose(connection, left, author=hands.actor.name, note=note, parent=present.version, at=at)
    connection.commit()
    apply(connection, hands.files, made.version, by=hands.actor, note=note, at=hands.now(), expected=present.version)


def _thresholds(connection: Connection[Any], version: str) -> Thresholds:
    found = version_of(connection, version)
    if found is None:
        raise NotPossible(f"there is no configuration {version}")
    return Thresholds.model_validate(found.thresholds)


def _kept(connection: Connection[Any], version: str) -> str:
    """Return the version of the detectors file that `version` names: one that can be applied."""
    found = version_of(connection, version)
    if found is None:
        raise NotPossible(f"there is no configuration {version}")
    if kept_version(connection, found.version) is None:
        raise NotPossible(f"{version} was run with, but its file was not kept: propose it again as a version")
    return found.version
