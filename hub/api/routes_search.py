"""Search: words in, what the hub knows by them out: alerts, cases and what the city file names."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from detectors.rules import RULES, RuleCard
from hub.api import model, model_search
from hub.api.context import CallerDep, HubDep, needs
from hub.api.model import Text
from hub.api.named import Named, find_named
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.dispatch.document import instant, reason_document
from hub.people.scopes import Scope
from hub.store.read_search import FoundCase, search_alerts, search_cases

router = APIRouter(prefix=API, tags=["alerts"])
_SUBJECTS = 500
_EMPTY = {"in": "query", "pointer": "q", "detail": "write what to look for"}


class SearchQuery(model.Document):
    """What to look for."""

    q: Text = Field(description="Part of an id, a name, a place or a reason; case does not matter.")
    limit: int = Field(default=10, ge=1, le=50, description="Of each kind.")


@router.get(
    "/search",
    operation_id="search",
    summary="Find alerts, cases, devices, cameras and zones by words",
    response_model=model_search.Found,
    responses=problems(422),
    dependencies=[needs(Scope.ALERTS_READ)],
)
def search(hub: HubDep, caller: CallerDep, query: Annotated[SearchQuery, Query()]) -> JSONResponse:
    """Return up to `limit` of each kind, the closest or the newest first; alerts by their subject's name too."""
    configuration, reach = hub.configuration, caller.reach
    text = query.q.strip()
    if not text:
        raise Problem("invalid", "q: write what to look for", extra={"errors": [_EMPTY]})
    named = find_named(configuration.city, text, grids=reach.grids)
    rules = [name for name, card in RULES.items() if any(text.lower() in each.lower() for each in _names(card))]
    subjects = [thing.named_id for thing in named[:_SUBJECTS]]
    with hub.pool.session() as connection:
        alerts = search_alerts(
            connection,
            text,
            subjects=subjects,
            rules=rules,
            grids=reach.grid_list(),
            limit=query.limit + 1,
        )
        cases = (
            search_cases(connection, text, subjects=subjects, reach=reach, limit=query.limit + 1)
            if Scope.CASES_READ in caller.scopes
            else []
        )
    return JSONResponse(
        {
            "alerts": [
                {
                    "id": str(alert.alert_id),
                    "rule": alert.rule,
                    "severity": alert.severity.value,
                    "condition": alert.condition.value,
                    "grid": alert.grid,
                    "subject": alert.subject,
                    "raised_at": instant(alert.raised_at),
                    "reason": reason_document(alert.reason),
                }
                for alert in alerts[: query.limit]
            ],
            "cases": [_case(case) for case in cases[: query.limit]],
            "things": [_thing(thing) for thing in named[: query.limit]],
            "more": {
                "alerts": len(alerts) > query.limit,
                "cases": len(cases) > query.limit,
                "things": len(named) > query.limit,
            },
        }
    )


def _names(card: RuleCard) -> tuple[str, ...]:
    return card.name, card.title_zh, card.title_en


def _case(case: FoundCase) -> dict[str, Any]:
    return {
        "id": str(case.case_id),
        "number": case.number,
        "title": case.title,
        "stage": case.stage.value,
        "severity": case.severity.value,
        "grid": case.grid,
        "opened_at": instant(case.opened_at),
    }


def _thing(thing: Named) -> dict[str, Any]:
    return {
        "kind": thing.kind,
        "id": thing.named_id,
        "name": thing.name,
        "grid": thing.grid,
        "camera": thing.camera_id,
    }
