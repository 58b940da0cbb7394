"""What the public must know, after the Common Alerting Protocol 1.2: one alert's messages, and a feed of all."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from hub.api.context import CallerDep, Hub, HubDep, needs
from hub.api.likely import place_of
from hub.api.model import Document
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.api.routes_alerts import AlertId
from hub.dispatch import plain_xml
from hub.dispatch.cap import (
    MEDIA_TYPE,
    Message,
    Where,
    cap_document,
    draft,
    headline,
    messages,
    stamp,
)
from hub.dispatch.plain_xml import element, leaf
from hub.people.scopes import Scope
from hub.store.read_alerts import find_alert
from hub.store.read_public import public_alerts, records_of

router = APIRouter(prefix=API, tags=["alerts"], dependencies=[needs(Scope.ALERTS_READ)])
KEPT = timedelta(hours=48)  # what ended longer ago is no news
MOST = 200
ATOM = "http://www.w3.org/2005/Atom"
_XML: dict[str, Any] = {"schema": {"type": "string"}}


class CapQuery(Document):
    """Which of an alert's messages."""

    revision: int | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="That of the alert when it was sent, the last part of its identifier.",
    )


@router.get(
    "/alerts/{alert_id}/cap",
    operation_id="getAlertCap",
    summary="What the public is told of an alert, as CAP 1.2",
    response_class=Response,
    responses={
        200: {"description": "The message, in Chinese and in English.", "content": {MEDIA_TYPE: _XML}},
        **problems(404, 422),
    },
)
def get_cap(hub: HubDep, caller: CallerDep, alert_id: AlertId, query: Annotated[CapQuery, Query()]) -> Response:
    """Return the latest message, or the draft of the first while nobody has acknowledged the alert.

    404 for an alert by a rule that the dispatch plan does not call public, and for one that ended unacknowledged.
    """
    with hub.pool.session() as connection:
        found = find_alert(connection, alert_id, caller.reach)
        if found is None:
            raise Problem("not-found", f"there is no alert {alert_id}")
        alert = found.alert
        if not is_public(hub, alert.rule):
            raise Problem("not-found", f"the public is not told of {alert.rule}: the plan's public_rules lack it")
        record = records_of(connection, [alert_id])[alert_id]
    sent = messages(record)
    first = draft(record) if not sent else None
    chosen = {one.revision: one for one in ([first] if first else sent)}
    message = chosen.get(query.revision or max(chosen, default=0))
    if message is None:
        asked = f" of revision {query.revision}" if query.revision else ""
        raise Problem("not-found", f"the public was told nothing{asked} of alert {alert_id}")
    where = _where(hub, message.grid, alert.subject, alert.camera_id)
    body = plain_xml.document(cap_document(message, where, sender=_sender(hub), zone=_zone(hub)))
    return Response(body, media_type=MEDIA_TYPE)


@router.get(
    "/cap/alerts",
    operation_id="listPublicAlerts",
    summary="The latest message of every alert that the public is told of",
    response_class=Response,
    responses={
        200: {
            "description": "An Atom feed, the newest alert first; each entry leads to its message.",
            "content": {"application/atom+xml": _XML},
        },
        **problems(),
    },
)
def list_public(hub: HubDep, caller: CallerDep, request: Request) -> Response:
    """Return what is active now, and what ended within two days. Drafts are not among it."""
    now = hub.now()
    with hub.pool.session() as connection:
        found = public_alerts(
            connection, sorted(hub.plan.public_rules), since=now - KEPT, reach=caller.reach, limit=MOST
        )
        records = records_of(connection, [alert_id for alert_id, _, _ in found])
    base, zone = _base(hub, request), _zone(hub)
    entries = []
    for alert_id, subject, camera_id in found:
        sent = messages(records.get(alert_id, []))
        if sent:
            entries.append(_entry(sent[-1], _where(hub, sent[-1].grid, subject, camera_id), base, zone))
    updated = max((entry.findtext("updated") or "" for entry in entries), default=stamp(now, zone))
    feed = element(
        "feed",
        leaf("id", f"{base}{API}/cap/alerts"),
        leaf("title", f"{hub.configuration.city.name} 公共预警 / public alerts"),
        leaf("updated", updated),
        element("author", leaf("name", hub.configuration.city.name)),
        element("link", rel="self", href=f"{base}{API}/cap/alerts"),
        *entries,
        xmlns=ATOM,
    )
    return Response(plain_xml.document(feed), media_type="application/atom+xml")


def is_public(hub: Hub, rule: str) -> bool:
    """Tell whether the public is told of alerts by `rule`: the plan names the rule or its domain."""
    return not hub.plan.public_rules.isdisjoint((rule, rule.partition(".")[0]))


def _entry(message: Message, where: Where, base: str, zone: ZoneInfo) -> Any:
    address = f"{base}{API}/alerts/{message.alert_id}/cap?revision={message.revision}"
    return element(
        "entry",
        leaf("id", f"urn:uuid:{message.alert_id}"),
        leaf("title", headline(message, where, "zh-CN")),
        leaf("updated", stamp(message.sent, zone)),
        leaf("summary", headline(message, where, "en-US")),
        element("category", term=message.type.value),
        element("link", rel="alternate", type=MEDIA_TYPE, href=address),
    )


def _where(hub: Hub, grid_id: str, subject: str, camera_id: str | None) -> Where:
    city = hub.configuration.city
    grid = city.grids.get(grid_id)
    rings: tuple[Any, ...] = ()
    if grid is not None and grid.boundary:
        from hub.areas import area_of  # late: a city without boundaries needs no geometry

        rings = tuple(tuple(ring) for ring in area_of(grid.boundary).outlines())
    name = f"{grid.district}{grid.name}" if grid is not None else grid_id
    return Where(grid=grid_id, name=name, city=city.name, rings=rings, spot=place_of(city, subject, camera_id))


def _zone(hub: Hub) -> ZoneInfo:
    return ZoneInfo(hub.configuration.city.timezone)


def _base(hub: Hub, request: Request) -> str:
    return (hub.public_url or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")


def _sender(hub: Hub) -> str:
    """Return who sends: the hub at its public address, never at whatever address a request calls it by.

    Receivers tell senders, and the messages that belong together, by it.
    """
    host = hub.public_url.partition("://")[2].partition("/")[0]
    return f"lianqin@{host}" if host else "lianqin"
