"""Pictures that people hand in with a step of a case: in as a file, out by their hash."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Path, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from hub.api.case_door import WHO_MAY_HAND_IN_PHOTOS, needs_one_of
from hub.api.context import CallerDep, Hub, HubDep, needs
from hub.api.model import Document, Hash
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.cases.document import photo_url
from hub.people.scopes import Scope
from hub.photos import LARGEST_BYTES, Photo, PhotoRefused, cleaned
from hub.store.photos import find_photo, keep_photo

router = APIRouter(prefix=API, tags=["cases"])
PATH = f"{API}/photos"


class KeptPhotoDocument(Document):
    """A picture that is kept, to be named in steps of cases."""

    sha256: Hash
    url: str = Field(description="Where to fetch it; a path on this server.")
    media_type: str
    width_px: int
    height_px: int
    bytes: int


_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "/photos",
    operation_id="handInPhoto",
    summary="Hand in a picture",
    status_code=201,
    response_model=KeptPhotoDocument,
    responses=problems(413, 422),
    dependencies=needs_one_of(*WHO_MAY_HAND_IN_PHOTOS),
    openapi_extra={"requestBody": {"required": True, "content": {"image/jpeg": _FILE, "image/png": _FILE}}},
)
async def hand_in(request: Request, hub: HubDep, caller: CallerDep) -> JSONResponse:
    """Keep the JPEG or PNG that is the request's body, 8 MiB at most, and return the hash to name it by.

    What it says of where, when and with what it was taken is left out. The same picture again is kept once.
    """
    data = await request.body()
    if len(data) > LARGEST_BYTES:
        raise Problem("too-large", f"a photo may have at most {LARGEST_BYTES} bytes")
    photo = await run_sync(_kept, hub, data, caller.name)
    return JSONResponse(
        {
            "sha256": photo.sha256,
            "url": photo_url(photo.sha256),
            "media_type": photo.media_type,
            "width_px": photo.width_px,
            "height_px": photo.height_px,
            "bytes": len(photo.data),
        },
        status_code=201,
    )


@router.get(
    "/photos/{sha256}",
    operation_id="getPhoto",
    summary="A picture that somebody handed in",
    response_class=Response,
    responses={
        200: {
            "description": "The picture. Its bytes never change: the address is their hash.",
            "content": {"image/jpeg": _FILE, "image/png": _FILE},
            "headers": {"ETag": {"schema": {"type": "string"}, "description": "The hash in quotes."}},
        },
        304: {"description": "You have it: If-None-Match names its hash."},
        **problems(404, 422),
    },
    dependencies=[needs(Scope.EVIDENCE_READ)],
)
def get_photo(
    hub: HubDep,
    caller: CallerDep,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="64 hexadecimal digits.")],
    if_none_match: Annotated[str | None, Header(alias="If-None-Match", max_length=1000)] = None,
) -> Response:
    """Return the picture, if a case or a report that the caller sees has it, or the caller handed it in."""
    with hub.pool.session() as connection:
        found = find_photo(connection, sha256, reach=caller.reach, by=caller.name)
    if found is None:
        raise Problem("not-found", f"there is no photo {sha256}")
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f'inline; filename="{sha256[:16]}.{found.media_type.removeprefix("image/")}"',
    }
    if if_none_match is not None and (if_none_match.strip() == "*" or f'"{sha256}"' in if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)


def _kept(hub: Hub, data: bytes, by: str) -> Photo:
    try:
        photo = cleaned(data)
    except PhotoRefused as error:
        errors = [{"in": "body", "pointer": "#", "detail": str(error)}]
        raise Problem("invalid", str(error), extra={"errors": errors}) from None
    with hub.pool.session() as connection:
        keep_photo(connection, photo, at=hub.now(), by=by)
    return photo
