"""The feed: pulled by number, waited for, or streamed; a reader that comes back with its number misses nothing."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.responses import Response

from hub.api import model
from hub.api.admit import still_admits
from hub.api.context import AdmissionDep, CallerDep, Hub, HubDep, needs
from hub.api.model_feed import FeedPage
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.api.stream import EventStream, events
from hub.api.tail import Event, event
from hub.dispatch.feed import item_document
from hub.people.caller import Reach
from hub.people.scopes import Scope
from hub.store.read_feed import FeedItem, items_after, newest_seq, oldest_seq

router = APIRouter(prefix=API, tags=["feed"])
MOST_STREAMS = 500

After = Annotated[
    int, Field(ge=0, le=model.LARGEST, description="The number of the last item you have; 0: from the first.")
]


class FeedQuery(model.Document):
    """Where to go on, how much, and how long to wait for it."""

    after: After = 0
    limit: int = Field(default=100, ge=1, le=500)
    wait: float = Field(default=0, ge=0, le=30, description="Seconds to wait while there is nothing.")


class StreamQuery(model.Document):
    """Where to go on, if the request has no Last-Event-ID."""

    after: After | None = Field(
        default=None, description="The last item you have; left out: only what comes from now on."
    )


@router.get(
    "/feed",
    operation_id="readFeed",
    summary="Pull the feed, or wait for it",
    response_model=FeedPage,
    responses=problems(410, 422),
    dependencies=[needs(Scope.FEED_READ)],
)
async def read_feed(hub: HubDep, caller: CallerDep, query: Annotated[FeedQuery, Query()]) -> JSONResponse:
    """Return the items after a number, in order; with `wait`, as soon as there is one.

    A number is served only once nothing below it can still commit, so `next` never skips an item. 410 when items after
    `after` are no longer kept.
    """
    reach, deadline_s = caller.reach, hub.monotonic() + query.wait
    items, newest = await run_sync(_page, hub, query.after, query.limit, reach)
    while not items and query.after <= newest and (left_s := deadline_s - hub.monotonic()) > 0:
        # Beyond the newest: what lies between is not for this caller, and must not be waited for again.
        if not await hub.tail.wait(max(query.after, newest), left_s):
            break
        items, newest = await run_sync(_page, hub, query.after, query.limit, reach)
    return JSONResponse(
        {
            "items": [item_document(item) for item in items],
            "next": items[-1].seq if len(items) == query.limit else newest,
            "newest": newest,
        }
    )


@router.get(
    "/feed/stream",
    operation_id="streamFeed",
    summary="Follow the feed as server-sent events",
    response_class=Response,
    responses={
        200: {
            "description": "Events with `id` = seq, `event` = type, `data` = the feed item; comments as heartbeat.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **problems(410, 422),
    },
    dependencies=[needs(Scope.FEED_READ)],
)
async def stream_feed(
    hub: HubDep,
    query: Annotated[StreamQuery, Query()],
    admission: AdmissionDep,
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID", pattern=r"^[0-9]{1,18}$", description="The last event you have; wins over `after`."
        ),
    ] = None,
) -> Response:
    """Stream the items after a number, then each new one as it commits. Reconnect with `Last-Event-ID` at any time."""
    reach = admission.caller.reach
    after = query.after if last_event_id is None else int(last_event_id)
    if hub.tail.ending or hub.streams >= MOST_STREAMS:
        raise Problem(
            "unavailable",
            "too many streams are open, or the process is about to end; try again",
            extra={"problems": ["streams"]},
            headers={"Retry-After": "2"},
        )
    _, newest = await run_sync(_page, hub, model.LARGEST if after is None else after, 1, reach)
    begin = newest if after is None else min(after, newest)
    hub.streams += 1
    hub.metrics.streams.set(hub.streams)

    def ended() -> None:
        hub.streams -= 1
        hub.metrics.streams.set(hub.streams)

    async def read(seq: int, limit: int) -> list[Event]:
        return await run_sync(_events, hub, seq, limit)

    async def allowed() -> bool:
        return await run_sync(still_admits, hub, admission)

    found = events(hub.tail, begin, read=read, allowed=allowed, heartbeat_s=hub.heartbeat_s, reach=reach)
    return EventStream(found, on_end=ended)


def _page(hub: Hub, after: int, limit: int, reach: Reach) -> tuple[list[FeedItem], int]:
    """Return items within `reach` after a number and the newest number; a problem where some in between are gone."""
    with hub.pool.session() as connection:
        newest = newest_seq(connection)  # before the items, so that it never promises what the page then lacks
        items = items_after(connection, after, limit, reach)
        if 0 < after < newest and (not items or items[0].seq > after + 1):
            oldest = oldest_seq(connection)
            if oldest is None or oldest > after + 1:
                raise Problem(
                    "gone",
                    f"items after {after} are no longer kept: begin again with after={(oldest or newest + 1) - 1} "
                    "and take the alerts' present state from /api/v1/alerts",
                    extra={"oldest": oldest},
                )
    return items, max(newest, items[-1].seq if items else 0)


def _events(hub: Hub, after: int, limit: int) -> list[Event]:
    with hub.pool.session() as connection:
        return [event(item) for item in items_after(connection, after, limit)]
