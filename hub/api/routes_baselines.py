"""Baselines: what is usual for flow, pressure and circuit power at each hour of the week, as it was learnt last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from hub.api import model_baselines as model
from hub.api.context import ActorDep, CallerDep, Hub, HubDep, needs, needs_everywhere
from hub.api.cursor import plain_text, seal, unseal
from hub.api.instant import Instant
from hub.api.model import Cursor, Document, Text
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.config.load import load
from hub.config.yaml_source import ConfigError
from hub.config.zones_file import NotWritable, why_not_writable
from hub.log import logger
from hub.people.scopes import Scope
from hub.store import tuning_runs
from hub.store.profiles import first_hour, hourly_means, learnt, newest_learnings, rhythm, wrong_times
from hub.tuning.baselines.document import baseline_document, place_document, unit_of
from hub.tuning.baselines.fitting import LEAST_WEEKS
from hub.tuning.baselines.learn import Learnable, NotInForce, put_in_force
from hub.tuning.baselines.learning import subjects_of
from hub.tuning.baselines.places import Kind, State, counts_of, matching, places_of
from hub.tuning.baselines.proposal import proposal_from
from hub.tuning.baselines.recent import recent_hours, span_before
from ingest.city import City

if TYPE_CHECKING:
    from psycopg import Connection

RULES = ("water.unusual", "streetlight.unusual")
SAMPLED = 50  # so many places tell since when anything is stored

log = logger("baselines")
router = APIRouter(prefix=f"{API}/tuning", tags=["tuning"])


class BaselineQuery(Document):
    """Whose baselines."""

    device: list[Text] = Field(
        default=[], max_length=50, description="Water devices, circuits, or lamps: of a lamp its circuit. Empty: all."
    )


class PlacesQuery(Document):
    """Which places."""

    device: list[Text] = Field(
        default=[], max_length=50, description="These alone, each profile with its 168 hours; of a lamp its circuit."
    )
    q: str = Field(default="", max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="Part of an id or a name.")
    kind: Kind | None = None
    state: State | None = None
    cursor: Cursor | None = Field(default=None, description="`next` of the page before; keep the filters the same.")
    limit: int = Field(default=100, ge=1, le=500)


class HoursQuery(Document):
    """Of what, and until when."""

    device: Text = Field(description="A water device, a circuit, or a lamp: of a lamp its circuit.")
    quantity: Text = Field(description="flow_l_s, pressure_kpa or power_w.")
    until: Instant | None = Field(default=None, description="The end of the seven days; left out: now.")


@router.get(
    "/baselines",
    operation_id="listBaselines",
    summary="What is usual, by the hour of the week",
    response_model=model.BaselineList,
    responses=problems(422),
    dependencies=[needs(Scope.TUNE_READ)],
)
def list_baselines(hub: HubDep, caller: CallerDep, query: Annotated[BaselineQuery, Query()]) -> JSONResponse:
    """Return what was learnt last of each quantity; with `device` also each profile's 168 hours.

    What was never learnt is not in it. Profiles are learnt by `lianqin baseline learn`, or by the tuning role.
    """
    configuration = hub.configuration
    wanted = [_circuit_of(configuration.city, name) for name in query.device] or None
    with hub.pool.session() as connection:
        found = learnt(connection, subjects=wanted, reach=caller.reach)
    items: list[dict[str, Any]] = [
        baseline_document(one, configuration, with_cells=wanted is not None) for one in found
    ]
    return JSONResponse({"items": items, "profiles": configuration.profiles.version})


@router.get(
    "/baselines/places",
    operation_id="listBaselinePlaces",
    summary="What can be learnt, and what was",
    response_model=model.PlaceList,
    responses=problems(422),
    dependencies=[needs(Scope.TUNE_READ)],
)
def list_places(hub: HubDep, caller: CallerDep, query: Annotated[PlacesQuery, Query()]) -> JSONResponse:
    """Return every quantity at every water device and circuit, with its profile in force and its last learning."""
    configuration, now = hub.configuration, hub.now()
    begin = unseal("baselines", query.cursor, (plain_text, plain_text)) if query.cursor is not None else ["", ""]
    every = places_of(configuration, caller.reach, now)
    named = {_circuit_of(configuration.city, name) for name in query.device}
    wanted = matching(every, text=query.q, kind=query.kind, state=query.state)
    wanted = [one for one in wanted if not named or one.subject.subject in named]
    page = [one for one in wanted if [*one.key] > begin]
    more, page = len(page) > query.limit, page[: query.limit]
    with hub.pool.session() as connection:
        names = sorted({one.subject.subject for one in page})
        last = {(one.subject, one.quantity): one for one in learnt(connection, subjects=names, reach=caller.reach)}
        learnings = newest_learnings(connection, 5)
        is_bare = not learnings and all(one.state is State.NONE for one in every)
        first = first_hour(connection, [one.subject for one in every[:SAMPLED]]) if is_bare and every else None
        often = rhythm(connection, now)
    return JSONResponse(
        {
            "items": [
                place_document(
                    one,
                    last.get((one.subject.subject, one.subject.quantity)),
                    configuration,
                    with_cells=bool(named),
                )
                for one in page
            ],
            "next": seal("baselines", page[-1].key) if more else None,
            "found": len(wanted),
            "counts": counts_of(every),
            "profiles": configuration.profiles.version,
            "rules": {rule: configuration.thresholds.is_enabled(rule) for rule in RULES},
            "stored_since": first.isoformat() if first else None,
            "learn_every_days": often,
            "least_weeks": LEAST_WEEKS,
            "learnings": [
                {
                    "learnt_at": one.learnt_at.isoformat(),
                    "learnt_by": one.learnt_by,
                    "note": one.note,
                    "is_whole": one.is_whole,
                    "since": one.since.isoformat(),
                    "until": one.until.isoformat(),
                }
                for one in learnings
            ],
            "why_not_writable": _why_not_writable(hub),
        }
    )


@router.get(
    "/baselines/hours",
    operation_id="listBaselineHours",
    summary="Seven days beside what is usual",
    response_model=model.RecentHours,
    responses=problems(404, 422),
    dependencies=[needs(Scope.TUNE_READ)],
)
def list_hours(hub: HubDep, caller: CallerDep, query: Annotated[HoursQuery, Query()]) -> JSONResponse:
    """Return the means of the seven days' hours before `until`, taken as learning takes them."""
    configuration = hub.configuration
    wanted = _circuit_of(configuration.city, query.device)
    found = [
        one
        for one in subjects_of(configuration.city, [wanted])
        if one.quantity.value == query.quantity and caller.reach.sees_grid(one.grid)
    ]
    if not found:
        raise Problem("not-found", f"nothing is learnt of {query.quantity} at {query.device}")
    subject = found[0]
    since, until = span_before(query.until or hub.now())
    with hub.pool.session() as connection:
        means = hourly_means(connection, [subject], since, until)
        wrong = wrong_times(connection, since, until, subjects=[subject.subject, *subject.members])
    profile = configuration.profiles.of.get((subject.subject, subject.quantity))
    hours = recent_hours(configuration, subject, profile, means, wrong, since=since, until=until)
    return JSONResponse(
        {
            "subject": subject.subject,
            "quantity": subject.quantity.value,
            "unit": unit_of(subject.quantity),
            "grid": subject.grid,
            "timezone": configuration.city.timezone,
            "since": since.isoformat(),
            "until": until.isoformat(),
            "profile": profile.version if profile is not None else None,
            "hours": hours,
        }
    )


@router.post(
    "/baselines/apply",
    operation_id="applyBaselines",
    summary="Put what a run learnt into force",
    response_model=model.Applied,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=[needs_everywhere(Scope.TUNE)],
)
def apply_baselines(hub: HubDep, actor: ActorDep, order: model.ApplyOrder) -> JSONResponse:
    """Write the profiles of the run beside the city file, exactly as they were shown; every role takes them up.

    409 `changed-meanwhile` when other profiles are in force than the run was held against, `not-writable` where the
    folder of the city file cannot be written to, `illegal-transition` for a run that is not done or learnt nothing.
    """
    city_file, named = hub.files
    if city_file is None:
        raise Problem("not-writable", "this process serves a configuration that does not come from files")
    with hub.pool.session() as connection:
        proposed, against = _proposed(connection, order.run)
        try:
            done = put_in_force(
                connection, load(city_file, named), city_file, proposed,
                actor=actor, now=hub.now(), why=order.note, expected=against,
            )  # fmt: skip
        except NotInForce as error:
            raise Problem("changed-meanwhile", str(error), extra={"version": hub.configuration.version}) from None
        except (NotWritable, ConfigError) as error:
            raise Problem("not-writable", str(error)[:1000]) from None
    try:
        hub.configuration = load(city_file, named)
    except ConfigError as error:  # the city file was broken a moment ago; the watcher says so
        log.error("the profiles put into force wait", problems=error.problems)
    fresh = sum(one.profile is not None for one in done.outcomes)
    return JSONResponse(
        {
            "profiles": done.version,
            "config_version": hub.configuration.version,
            "learnt": fresh,
            "not_learnt": len(done.outcomes) - fresh,
        }
    )


def _proposed(connection: Connection[Any], run_id: UUID) -> tuple[Learnable, str]:
    """Return what a run learnt and the profiles it was held against; raise the problem that says why there is none."""
    try:
        run = tuning_runs.find(connection, run_id)
    except tuning_runs.NoSuchRun as error:
        raise Problem("not-found", str(error)) from None
    if run.kind != "learn":
        raise Problem("illegal-transition", f"run {run_id} is of the kind {run.kind}: only what `learn` found is put")
    if run.state != "done" or run.file is None:
        raise Problem("illegal-transition", f"run {run_id} is {run.state}: there is nothing to put into force")
    parts, number = [], 0
    while (part := tuning_runs.file_part(connection, run_id, number)) is not None:
        parts.append(part)
        number += 1
    try:
        proposed, against = proposal_from(b"".join(parts).decode())
    except ValueError as error:
        raise Problem("illegal-transition", f"run {run_id} was of another version of the hub: {error}") from None
    if not any(one.profile is not None for one in proposed.outcomes):
        raise Problem("illegal-transition", f"run {run_id} has learnt nothing: there is nothing to put into force")
    return proposed, against


def _why_not_writable(hub: Hub) -> str | None:
    city_file, _ = hub.files
    if city_file is None:
        return "this process serves a configuration that does not come from files"
    return why_not_writable(city_file)


def _circuit_of(city: City, name: str) -> str:
    device = city.devices.get(name)
    circuit = device.circuit_id if device is not None else None
    return circuit if circuit is not None and circuit in city.circuits else name
