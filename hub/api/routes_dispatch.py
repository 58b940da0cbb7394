"""The dispatch plan as it holds now and as it was, and where something would go by it, and why; nothing is changed."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from detectors.finding import Severity
from hub.alerts.alert import Alert
from hub.api import model_dispatch
from hub.api.context import CallerDep, Hub, HubDep, needs
from hub.api.model import Text
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.cases.case import Case
from hub.cases.matching import Matter, zone_of
from hub.config.dispatch_document import plan_document
from hub.config.load_dispatch import calendar_warning, missing_years
from hub.dispatch.document import instant
from hub.dispatch.explain import BadQuestion, answer_document, ask, described, require_category
from hub.people.caller import Reach
from hub.people.reach import within
from hub.people.scopes import Scope
from hub.store.plans import plan_versions, stored_plan
from hub.store.read_alerts import find_alert
from hub.store.read_cases import find_case

router = APIRouter(prefix=f"{API}/dispatch", tags=["dispatch"])


@router.get(
    "/plan",
    operation_id="getDispatchPlan",
    summary="Who is sent where for what, and by when",
    response_model=model_dispatch.PlanDocument,
    responses=problems(),
    dependencies=[needs(Scope.CITY_READ)],
)
async def get_plan(hub: HubDep) -> JSONResponse:
    """Return the dispatch plan that holds now, with what is doubtful in it: first of all calendars that are missing."""
    dispatch = hub.dispatch
    years = [
        {"kind": "calendar_missing", "text": calendar_warning(year), "year": year}
        for year in missing_years(dispatch.plan, hub.now())
    ]
    doubts = [{"kind": "doubt", "text": doubt.text, "year": None} for doubt in dispatch.doubts]
    return JSONResponse(
        {"version": dispatch.plan.version, "warnings": [*years, *doubts], **plan_document(dispatch.plan)}
    )


@router.get(
    "/plans",
    operation_id="listDispatchPlans",
    summary="The plans that the hub has run with",
    response_model=model_dispatch.PlanVersions,
    responses=problems(),
    dependencies=[needs(Scope.CASES_READ)],
)
def list_plans(hub: HubDep) -> JSONResponse:
    """Return version and time of the latest hundred plans; a case names the one that it was dispatched by."""
    with hub.pool.session() as connection:
        versions = plan_versions(connection)
    return JSONResponse({"items": [{"version": version, "stored_at": instant(at)} for version, at in versions]})


@router.get(
    "/plans/{version}",
    operation_id="getFormerDispatchPlan",
    summary="A plan that the hub has run with",
    responses={200: {"description": "The plan as it was."}, **problems(404, 422)},
    dependencies=[needs(Scope.CASES_READ)],
)
def get_former_plan(hub: HubDep, version: Text) -> JSONResponse:
    """Return the plan of that version as it was then."""
    with hub.pool.session() as connection:
        found = stored_plan(connection, version)
    if found is None:
        raise Problem("not-found", f"the hub has run with no dispatch plan {version}")
    return JSONResponse({"version": version, **found})


@router.post(
    "/route",
    operation_id="explainRoute",
    summary="Where something would go, and why",
    response_model=model_dispatch.RouteDocument,
    responses=problems(404, 422),
    dependencies=[needs(Scope.CASES_READ)],
)
def explain_route(hub: HubDep, caller: CallerDep, question: model_dispatch.RouteQuestion) -> JSONResponse:
    """Say to whom an alert, a case or what is described would be dispatched, by when, and why; nothing is changed."""
    try:
        matter = _matter(hub, caller.reach, question)
    except BadQuestion as error:
        entry = {"in": "body", "pointer": f"#/{error.part}", "detail": str(error)}
        raise Problem("invalid", f"#/{error.part}: {error}", extra={"errors": [entry]}) from None
    at = question.at or hub.now()
    answer = ask(hub.plan, matter, level=question.level, clock=question.clock, at=at)
    return JSONResponse({**answer_document(answer), "at": instant(at)})


def _matter(hub: Hub, reach: Reach, question: model_dispatch.RouteQuestion) -> Matter:
    city, plan = hub.configuration.city, hub.plan
    require_category(plan, question.category)
    if question.alert_id is not None:
        with hub.pool.session() as connection:
            found = find_alert(connection, question.alert_id, reach)
        if found is None:
            raise Problem("not-found", f"there is no alert {question.alert_id}")
        return _placed(hub, found.alert, question.category)
    if question.case_id is not None:
        with hub.pool.session() as connection:
            case = find_case(connection, question.case_id, reach)
        if case is None:
            raise Problem("not-found", f"there is no case {question.case_id}")
        return _placed(hub, case, question.category or case.category)
    assert question.grid is not None
    return described(
        plan,
        within(city, reach),
        rule=question.rule,
        category=question.category,
        grid=question.grid,
        zone=question.zone,
        severity=question.severity or Severity.MINOR,
    )


def _placed(hub: Hub, about: Alert | Case, category: str | None) -> Matter:
    zone, zone_kind = zone_of(hub.configuration.city, about.subject, about.camera_id)
    return Matter(
        rule=about.rule,
        category=category,
        grid=about.grid,
        district=hub.plan.districts.get(about.grid, ""),
        severity=about.severity,
        zone=zone,
        zone_kind=zone_kind,
    )
