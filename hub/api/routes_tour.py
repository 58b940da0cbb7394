"""The guided tour: what is going to happen here, and what to try, for demonstrations and training."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from hub.api.context import HubDep, needs
from hub.api.model import Document
from hub.api.openapi import API, problems
from hub.api.tour import Tour
from hub.people.scopes import Scope

router = APIRouter(prefix=API, tags=["city"])


class TourAnswer(Document):
    """The tour, where there is one."""

    tour: Tour | None


@router.get(
    "/tour",
    operation_id="getTour",
    summary="The guided tour, where there is one",
    response_model=TourAnswer,
    responses=problems(),
    dependencies=[needs(Scope.CITY_READ)],
)
def get_tour(hub: HubDep) -> JSONResponse:
    """Return what the file that LIANQIN_TOUR names tells; `tour` is null where none is set."""
    found = hub.tour.tour()
    return JSONResponse({"tour": None if found is None else found.model_dump(mode="json")})
