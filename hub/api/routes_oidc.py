"""Signing in through a provider: a browser goes there and comes back with a code, which becomes a session.

What belongs to one signing in (state, nonce, verifier, where to go afterwards) is kept by the browser itself, in a
cookie for ten minutes, so any process can finish what another began. What goes wrong is told on a page, in words.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.api import sign_in
from hub.api.context import Hub, HubDep, remote_of
from hub.api.gate import cookie_name
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.api.routes_session import set_cookie
from hub.log import logger
from hub.people.names import BadName, checked_display_name
from hub.people.oidc import Identity, NotEntitled, authorization_url, identity_of
from hub.people.post import UserRefused
from hub.store.audit import Actor, note
from hub.store.users import change_user, create_user, user_at_provider

if TYPE_CHECKING:
    from hub.people.provider import Provider

log = logger("sign-in")
router = APIRouter(prefix=API, tags=["people"])
CALLBACK = f"{API}/session/oidc/callback"
KEPT_S = 600
HOME = "/console/board"
_OPEN: dict[str, Any] = {"openapi_extra": {"security": []}, "response_class": Response}


@dataclass(frozen=True, slots=True)
class _Pending:
    """One signing in that a browser has begun."""

    state: str
    nonce: str
    verifier: str
    then: str


class _Refused(Exception):
    """Signing in through the provider ends here; the words are for the person, in both languages."""

    def __init__(self, why: str, chinese: str) -> None:
        super().__init__(why)
        self.chinese = chinese


@router.get(
    "/session/oidc",
    operation_id="beginProviderSignIn",
    summary="Go to the provider to sign in",
    status_code=303,
    responses={303: {"description": "To the provider."}, **problems(404, 422)},
    **_OPEN,
)
def begin(
    request: Request,
    hub: HubDep,
    then: Annotated[str, Query(alias="next", max_length=500, description="The console's page to come back to.")] = HOME,
) -> Response:
    """Send the browser to the provider. 404 where none is set up."""
    from hub.people.provider import ProviderFailed

    provider = _provider(hub)
    pending = _Pending(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        then=then if _is_own_page(then) else HOME,
    )
    try:
        endpoint = provider.authorization_endpoint()
    except ProviderFailed as error:
        return _page(error, status=502)
    address = authorization_url(
        endpoint,
        provider.settings,
        redirect_uri=hub.public_url + CALLBACK,
        state=pending.state,
        nonce=pending.nonce,
        verifier=pending.verifier,
    )
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(
        _cookie(request),
        _sealed(pending),
        max_age=KEPT_S,
        path=f"{API}/session/oidc",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",  # it must come along when the provider sends the browser back
    )
    return answer


@router.get(
    "/session/oidc/callback",
    operation_id="finishProviderSignIn",
    summary="Come back from the provider",
    status_code=303,
    responses={303: {"description": "To the console, signed in."}, **problems(404, 422)},
    **_OPEN,
)
def finish(
    request: Request,
    hub: HubDep,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=500)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
    error_description: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """Begin the session of who comes back, or say on a page why not."""
    from hub.people.provider import ProviderFailed

    provider = _provider(hub)
    sign_in.require_patience(hub, remote_of(request.scope))
    remote, agent = remote_of(request.scope), request.headers.get("user-agent", "")
    try:
        pending = _unsealed(request.cookies.get(_cookie(request), ""))
        if pending is None or not hmac.compare_digest(pending.state.encode(), state.encode()):
            raise _Refused(
                "this signing in was not begun in this browser, or too long ago: begin again",
                "这次登录不是在这个浏览器中开始的，或开始得太久：请重新登录。",
            )
        if error:
            said = error_description or error
            raise _Refused(f"the provider says: {said}", f"统一认证平台答复：{said}")
        claims = provider.redeem(
            code, verifier=pending.verifier, redirect_uri=hub.public_url + CALLBACK, nonce=pending.nonce
        )
        identity = identity_of(claims, provider.settings)
        found = _sign_in(hub, identity, remote=remote, agent=agent)
    except (_Refused, NotEntitled, ProviderFailed) as why:
        with hub.pool.session() as connection:
            actor = Actor(name="somebody at the provider", remote=remote)
            note(connection, actor, "session.refused", "user/unknown", at=hub.now(), detail={"why": str(why)[:300]})
        hub.failures.note(remote, hub.monotonic())
        log.warning("signing in through the provider failed", why=str(why), remote=remote)
        answer: Response = _page(why, status=502 if isinstance(why, ProviderFailed) else 403)
    else:
        answer = RedirectResponse(pending.then, status_code=303)
        set_cookie(request, answer, found.secret)
    answer.delete_cookie(_cookie(request), path=f"{API}/session/oidc")
    return answer


def _sign_in(hub: Hub, identity: Identity, *, remote: str, agent: str) -> sign_in.SignedIn:
    """Begin the session of `identity`, who is made known at the first time and brought up to date at every other."""
    at = hub.now()
    with hub.pool.session() as connection:
        user = user_at_provider(connection, identity.issuer, identity.subject)
        actor = Actor(name=identity.name, actor_id=user.user_id if user else None, remote=remote)
        try:
            if user is None:
                user = create_user(
                    connection,
                    name=identity.name,
                    display_name=_shown(identity),
                    post=identity.post,
                    actor=actor,
                    at=at,
                    issuer=identity.issuer,
                    subject=identity.subject,
                )
            else:
                why = "as the provider says"
                user = change_user(
                    connection, user, post=identity.post, display_name=_shown(identity), actor=actor, at=at, why=why
                )
        except UserRefused as error:
            raise _Refused(
                f"{error}; ask who manages the hub's users",
                "统一认证平台给出的姓名、角色或部门在本中心不能用：请联系用户管理员。",
            ) from None
        if user.disabled_at is not None:
            raise _Refused(
                "your account here is disabled: ask who manages the hub's users",
                "您在本中心的账号已停用：请联系用户管理员。",
            )
        return sign_in.begin(hub, connection, user, how="oidc", remote=remote, agent=agent)


def _shown(identity: Identity) -> str:
    try:
        return checked_display_name(identity.display_name)
    except BadName:
        return identity.name


def _provider(hub: Hub) -> Provider:
    if hub.provider is None:
        raise Problem("not-found", "no provider is set up to sign in through")
    return hub.provider


def _is_own_page(path: str) -> bool:
    """Tell whether `path` is a page of the console, and leads nowhere else."""
    return path == "/" or (
        path.startswith("/console/") and "\\" not in path and "//" not in path and path.isprintable()
    )


def _cookie(request: Request) -> str:
    return cookie_name(request.scope).removeprefix("__Host-") + "-oidc"


def _sealed(pending: _Pending) -> str:
    text = json.dumps([pending.state, pending.nonce, pending.verifier, pending.then])
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unsealed(cookie: str) -> _Pending | None:
    try:
        parts = json.loads(urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(parts, list) or len(parts) != 4 or not all(isinstance(part, str) and part for part in parts):
        return None
    return _Pending(*parts) if _is_own_page(parts[3]) and parts[2].isascii() else None


def _in_chinese(why: Exception) -> str:
    """Return what whoever reads Chinese is told; the details are for who runs the hub, and stand below it."""
    if isinstance(why, _Refused):
        return why.chinese
    if isinstance(why, NotEntitled):
        return "统一认证平台没有说明您在本中心的姓名、角色或部门：请联系用户管理员。"
    return "统一认证平台没有应答，或应答不可信。请稍后再试；仍然如此，请告诉管理员。"


def _page(why: Exception, *, status: int) -> HTMLResponse:
    """Return a page of words for somebody who stands between two systems; nothing is loaded for it."""
    return HTMLResponse(
        f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>Lianqin 联勤</title></head><body>
<h1>登录未成功 · Signing in failed</h1>
<p>{escape(_in_chinese(why))}</p>
<p lang="en">{escape(str(why))}</p>
<p><a href="/">返回登录页 · Back to the sign-in page</a></p>
</body></html>
""",
        status_code=status,
        headers={"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"},
    )
