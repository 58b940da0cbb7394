"""Carries out a request that changes something: once for its Idempotency-Key, and answers alike every time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from anyio.to_thread import run_sync
from fastapi import Header, Request
from starlette.responses import Response

from hub.api.context import Hub
from hub.api.problem import MEDIA_TYPE, Problem
from hub.people.caller import Caller
from hub.store import once

if TYPE_CHECKING:
    from psycopg import Connection

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A key of your own, for a day: the same request with it is carried out once and answered alike.",
    ),
]
Change = Callable[["Connection[Any]", datetime], dict[str, Any]]


async def carry_out(
    request: Request, hub: Hub, caller: Caller, key: str | None, change: Change, *, status: int = 200, also: str = ""
) -> Response:
    """Answer with the document that `change` returns, or with the problem that it raises; the key keeps either.

    `change` runs in one transaction. A problem that it raises undoes what it did. `also` is what makes two requests
    different besides address and body: a header.
    """
    body = await request.body()  # in any case: one beyond the limit is refused, whether it is looked at or not
    asked = None
    if key is not None:
        route = f"{request.method} {request.url.path} {also}".rstrip()
        asked = once.Request(token_id=caller.caller_id, key=key, route=route, body=body)
    answer, again = await run_sync(_once, hub, asked, change, status, request.url.path)
    media_type = "application/json" if answer.status < 400 else MEDIA_TYPE
    headers = {"Idempotency-Replayed": "true"} if again else {}
    return Response(answer.text, status_code=answer.status, media_type=media_type, headers=headers)


def _once(hub: Hub, asked: once.Request | None, change: Change, status: int, path: str) -> tuple[once.Answer, bool]:
    at = hub.now()
    with hub.pool.session() as connection:
        if asked is not None:
            try:
                before = once.begin(connection, asked, at)
            except once.KeyReused as error:
                raise Problem("key-reused", str(error)) from None
            if before is not None:
                return before, True
        try:
            with connection.transaction():  # a savepoint: what a refused change did is undone, the key is kept
                answer = once.Answer(status=status, text=json.dumps(change(connection, at)))
        except Problem as problem:
            answer = once.Answer(status=problem.status, text=json.dumps(problem.document(path)))
        if asked is not None:
            once.keep(connection, asked, answer)
    return answer, False
