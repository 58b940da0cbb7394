"""Baselines: what is usual for flow, pressure and circuit power at each hour of the week, as it was learnt last."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from hub.api import model_baselines as model
from hub.api.context import CallerDep, HubDep, needs
from hub.api.model import Document, Text
from hub.api.openapi import API, problems
from hub.people.scopes import Scope
from hub.store.profiles import learnt
from hub.tuning.baselines.document import baseline_document
from ingest.city import City

router = APIRouter(prefix=f"{API}/tuning", tags=["tuning"])


class BaselineQuery(Document):
    """Whose baselines."""

    device: list[Text] = Field(
        default=[], max_length=50, description="Water devices, circuits, or lamps: of a lamp its circuit. Empty: all."
    )


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


def _circuit_of(city: City, name: str) -> str:
    device = city.devices.get(name)
    circuit = device.circuit_id if device is not None else None
    return circuit if circuit is not None and circuit in city.circuits else name
