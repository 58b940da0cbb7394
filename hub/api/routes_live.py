"""Live pictures of cameras: many over one socket, as their tiles come into view, or one by one.

They show people, so they need the scope of evidence, and only cameras within the caller's reach are shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, WebSocket, WebSocketDisconnect
from pydantic import Field, ValidationError
from starlette.responses import Response

from hub.api import model
from hub.api.admit import still_admits
from hub.api.context import CallerDep, Hub, HubDep, admission_of, caller_of, hub_of, needs
from hub.api.live_pictures import MOST_CAMERAS, Tile, TooManyViewers, Viewer
from hub.api.model import Text
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.dispatch.document import instant
from hub.log import logger
from hub.people.admission import Admission
from hub.people.caller import Caller
from hub.people.scopes import Scope
from ingest.live_picture import LEAST_FPS, LEAST_WIDTH_PX, MOST_FPS, MOST_WIDTH_PX, unpack

log = logger("live")
router = APIRouter(prefix=API, tags=["cameras"])

SNAPSHOT_S = 6.0
STALLED_S = 30.0  # a client that takes nothing for so long is cut off
IDLE_S = 5.0
ADMITTED_S = 15.0  # how often it is asked whether the viewer is still let in
BAD_MESSAGE, SIGNED_OUT, STALLED = 4400, 4401, 4408

CameraId = Annotated[
    str,
    Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$", description="The camera's id in the city file."),
]


class WatchedCamera(model.Document):
    """One tile: a camera, how many pictures a second, and how wide."""

    camera: Text
    fps: float = Field(default=1.0, ge=LEAST_FPS, le=MOST_FPS)
    width: int = Field(default=480, ge=LEAST_WIDTH_PX, le=MOST_WIDTH_PX)


class WatchOrder(model.Document):
    """All that is to be watched from now on."""

    watch: list[WatchedCamera] = Field(max_length=MOST_CAMERAS)


class SnapshotQuery(model.Document):
    """How wide the picture may be."""

    width: int = Field(default=960, ge=LEAST_WIDTH_PX, le=MOST_WIDTH_PX)


@router.websocket("/cameras/live")
async def live(websocket: WebSocket) -> None:
    """Send the newest pictures of the cameras that the client names, until it leaves."""
    hub, caller = hub_of(websocket), caller_of(websocket)
    if Scope.EVIDENCE_READ not in caller.scopes:
        problem = Problem("forbidden", f"live pictures need the scope {Scope.EVIDENCE_READ}")
        await websocket.send_denial_response(problem.answer(websocket.url.path))
        return
    try:
        viewer = hub.live.join()
    except TooManyViewers as error:
        problem = Problem("unavailable", str(error), extra={"problems": ["viewers"]}, headers={"Retry-After": "10"})
        await websocket.send_denial_response(problem.answer(websocket.url.path))
        return
    try:
        await websocket.accept()
        sending = asyncio.ensure_future(_send(websocket, viewer, hub, admission_of(websocket)))
        try:
            await _hear(websocket, viewer, hub, caller)
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
    finally:
        hub.live.leave(viewer)


@router.get(
    "/cameras/{camera_id}/snapshot",
    operation_id="getSnapshot",
    summary="What a camera sees now",
    response_class=Response,
    responses={
        200: {
            "description": "A JPEG taken within the last seconds; `X-Picture-At` says when.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(404, 422, 503),
    },
    dependencies=[needs(Scope.EVIDENCE_READ)],
)
async def get_snapshot(
    hub: HubDep, caller: CallerDep, camera_id: CameraId, query: Annotated[SnapshotQuery, Query()]
) -> Response:
    """Ask the camera's vision role for one picture, and wait some seconds for it."""
    tiles, refused = tiles_of(hub, caller, [WatchedCamera(camera=camera_id, fps=MOST_FPS, width=query.width)])
    if refused:
        raise Problem("not-found", f"there is no camera {camera_id}")
    try:
        viewer = hub.live.join()
    except TooManyViewers as error:
        raise Problem("unavailable", str(error), headers={"Retry-After": "10"}) from None
    try:
        hub.live.watch(viewer, tiles)
        deadline_s = hub.monotonic() + SNAPSHOT_S
        while (left_s := deadline_s - hub.monotonic()) > 0:
            await viewer.wait(min(left_s, 0.5))
            if found := viewer.take(hub.monotonic()):
                header, jpeg = unpack(found[0])
                return Response(jpeg, media_type="image/jpeg", headers={"X-Picture-At": instant(header.at) or ""})
    finally:
        hub.live.leave(viewer)
    why = (
        "the broker is away, over which pictures come"
        if not viewer.connected
        else f"camera {camera_id} sent no picture within {SNAPSHOT_S:.0f} s: its vision role is away, or its stream is"
    )
    raise Problem("unavailable", why, extra={"problems": ["live"]}, headers={"Retry-After": "5"})


def tiles_of(hub: Hub, caller: Caller, wanted: list[WatchedCamera]) -> tuple[dict[str, Tile], list[Mapping[str, str]]]:
    """Return the tiles that the caller may watch, and those that are refused with why."""
    cameras = hub.configuration.city.cameras
    tiles: dict[str, Tile] = {}
    refused: list[Mapping[str, str]] = []
    for one in wanted:
        camera = cameras.get(one.camera)
        if camera is None or not caller.reach.sees_grid(camera.grid):
            refused.append({"camera": one.camera, "why": "unknown"})
        else:
            tiles[one.camera] = Tile(grid=camera.grid, fps=one.fps, width_px=one.width)
    return tiles, refused


async def _hear(websocket: WebSocket, viewer: Viewer, hub: Hub, caller: Caller) -> None:
    """Take what the client wants to watch until it leaves."""
    while True:
        try:
            text = await websocket.receive_text()
        except WebSocketDisconnect:
            return
        except KeyError:  # bytes where text is expected
            await websocket.close(BAD_MESSAGE, "a message must be text")
            return
        try:
            order = WatchOrder.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = "/".join(str(step) for step in first["loc"])
            await websocket.close(BAD_MESSAGE, f"{where}: {first['msg']}"[:120].encode()[:120].decode(errors="ignore"))
            return
        tiles, refused = tiles_of(hub, caller, order.watch)
        hub.live.watch(viewer, tiles)
        with contextlib.suppress(WebSocketDisconnect):
            answer = {"type": "watching", "cameras": sorted(tiles), "refused": refused}
            await websocket.send_text(json.dumps(answer, ensure_ascii=False))


async def _send(websocket: WebSocket, viewer: Viewer, hub: Hub, admission: Admission) -> None:
    """Send the newest pictures, and how the broker is, until cancelled, or the client takes nothing any more, or what
    let it in does so no longer.
    """
    asked_s = hub.monotonic()
    try:
        while True:
            await viewer.wait(IDLE_S)
            if hub.monotonic() - asked_s >= ADMITTED_S:
                asked_s = hub.monotonic()
                if not await run_sync(still_admits, hub, admission):
                    await websocket.close(SIGNED_OUT, "the session or token is over")
                    return
            if viewer.changed:
                viewer.changed = False
                news = {"type": "broker", "connected": bool(viewer.connected)}
                await asyncio.wait_for(websocket.send_text(json.dumps(news)), STALLED_S)
            for picture in viewer.take(hub.monotonic()):
                await asyncio.wait_for(websocket.send_bytes(picture), STALLED_S)
    except (WebSocketDisconnect, RuntimeError):
        return  # it has left, which the reader notices too
    except TimeoutError:
        with contextlib.suppress(RuntimeError):
            await websocket.close(STALLED, "nothing was taken for too long")
