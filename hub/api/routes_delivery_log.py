"""What became of items on their way to endpoints, and sending one again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from hub.api import model, model_deliveries
from hub.api.context import CallerDep, HubDep, actor_of, needs, needs_everywhere
from hub.api.cursor import seal, unseal, whole_number
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.deliveries.documents import delivery_document
from hub.deliveries.queue import add_jobs
from hub.people.scopes import Scope
from hub.store import deliveries
from hub.store.audit import note
from hub.store.read_deliveries import DeliveryFilter, find_delivery, list_deliveries

router = APIRouter(prefix=f"{API}/deliveries", tags=["deliveries"])

DeliveryId = Annotated[int, Path(ge=1, le=model.LARGEST, description="The delivery's number.")]


class DeliveryQuery(model.Document):
    """Which deliveries; what is left out asks for nothing."""

    endpoint: UUID | None = None
    state: model_deliveries.DeliveryState | None = None
    subject: str | None = Field(default=None, pattern=r"^(case|alert)/[0-9a-f-]{36}$", description="case/ID, alert/ID")
    seq: int | None = Field(default=None, ge=1, le=model.LARGEST)
    cursor: model.Cursor | None = Field(default=None, description="`next` of the page before.")
    limit: int = Field(default=100, ge=1, le=500)


@router.get(
    "",
    operation_id="listDeliveries",
    summary="What became of items on their way, the newest first",
    response_model=model_deliveries.DeliveryPage,
    responses=problems(422),
    dependencies=[needs(Scope.DELIVERIES_READ)],
)
def list_some(hub: HubDep, caller: CallerDep, query: Annotated[DeliveryQuery, Query()]) -> JSONResponse:
    """Return a page of deliveries within the caller's reach."""
    below = None if query.cursor is None else unseal("deliveries", query.cursor, (whole_number,))[0]
    wanted = DeliveryFilter(endpoint_id=query.endpoint, state=query.state, lane=query.subject, seq=query.seq)
    with hub.pool.session() as connection:
        found = list_deliveries(connection, wanted, below=below, limit=query.limit + 1, reach=caller.reach)
    page = found[: query.limit]
    following = seal("deliveries", [page[-1].delivery_id]) if len(found) > query.limit else None
    return JSONResponse({"items": [delivery_document(each) for each in page], "next": following})


@router.get(
    "/{delivery_id}",
    operation_id="getDelivery",
    summary="One delivery",
    response_model=model_deliveries.Delivery,
    responses=problems(404, 422),
    dependencies=[needs(Scope.DELIVERIES_READ)],
)
def get_delivery(hub: HubDep, caller: CallerDep, delivery_id: DeliveryId) -> JSONResponse:
    """Return what became of one item on its way to one endpoint."""
    with hub.pool.session() as connection:
        found = find_delivery(connection, delivery_id, caller.reach)
    if found is None:
        raise Problem("not-found", f"there is no delivery {delivery_id}")
    return JSONResponse(delivery_document(found))


@router.post(
    "/{delivery_id}/replay",
    operation_id="replayDelivery",
    summary="Send one delivery again",
    response_model=model_deliveries.Delivery,
    responses=problems(404, 422),
    dependencies=[needs_everywhere(Scope.DELIVERIES_WRITE)],
)
def replay_delivery(request: Request, hub: HubDep, delivery_id: DeliveryId) -> JSONResponse:
    """Send one again under the same id, whatever became of it; one that waits is due at once."""
    try:
        with hub.pool.session() as connection:
            deliveries.replay_one(connection, delivery_id, at=hub.now(), queue=add_jobs)
            note(connection, actor_of(request), "delivery.replayed", f"delivery/{delivery_id}", at=hub.now())
            found = find_delivery(connection, delivery_id)
    except deliveries.NoSuchDelivery as error:
        raise Problem("not-found", str(error)) from None
    assert found is not None
    return JSONResponse(delivery_document(found))
