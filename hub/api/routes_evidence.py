"""Evidence pictures, each by the SHA-256 of its bytes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path
from starlette.responses import Response

from hub.api.context import CallerDep, HubDep, needs
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.people.scopes import Scope
from hub.store.read_alerts import find_picture

router = APIRouter(prefix=API, tags=["evidence"])


@router.get(
    "/evidence/{sha256}",
    operation_id="getEvidence",
    summary="One evidence picture",
    response_class=Response,
    responses={
        200: {
            "description": "The JPEG. Its bytes never change: the address is their hash.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"ETag": {"schema": {"type": "string"}, "description": "The hash in quotes."}},
        },
        304: {"description": "You have it: If-None-Match names its hash."},
        **problems(404, 410, 422),
    },
    dependencies=[needs(Scope.EVIDENCE_READ)],
)
def get_evidence(
    hub: HubDep,
    caller: CallerDep,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="64 hexadecimal digits.")],
    if_none_match: Annotated[str | None, Header(alias="If-None-Match", max_length=1000)] = None,
) -> Response:
    """Return the picture. 410 when its time of keeping is over; its hash stays in the alert's record."""
    with hub.pool.session() as connection:
        found = find_picture(connection, sha256, caller.reach)
    if found is None:
        raise Problem("not-found", f"there is no picture {sha256}")
    if found.jpeg is None:
        raise Problem("gone", f"the picture {sha256} is no longer kept; its hash stays in the alert's record")
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f'inline; filename="{sha256[:16]}.jpg"',
    }
    if if_none_match is not None and (if_none_match.strip() == "*" or f'"{sha256}"' in if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(found.jpeg, media_type="image/jpeg", headers=headers)
