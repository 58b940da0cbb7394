"""Puts the HTTP application together: a database address and a configuration in, an ASGI application out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hub.api import (
    console_files,
    routes_about,
    routes_alerts,
    routes_audit,
    routes_baselines,
    routes_board,
    routes_cap,
    routes_case_commands,
    routes_cases,
    routes_city,
    routes_commands,
    routes_configuration_commands,
    routes_configurations,
    routes_deliveries,
    routes_delivery_log,
    routes_dispatch,
    routes_evidence,
    routes_feed,
    routes_geography,
    routes_labels,
    routes_ledger,
    routes_live,
    routes_oidc,
    routes_open311,
    routes_operation,
    routes_people,
    routes_photos,
    routes_readings,
    routes_record,
    routes_reports,
    routes_search,
    routes_session,
    routes_shadows,
    routes_statistics,
    routes_streetlights,
    routes_supervision,
    routes_tour,
    routes_trace,
    routes_tuning,
    routes_zones,
)
from hub.api.allowed import allowed_methods
from hub.api.context import Hub
from hub.api.gate import Gate, unavailable
from hub.api.live_pictures import LivePictures
from hub.api.map_view import MapView
from hub.api.metrics import Metrics
from hub.api.openapi import API, describe
from hub.api.people_setup import settle_people
from hub.api.problem import Problem, from_status, from_validation
from hub.api.stream import HEARTBEAT_S
from hub.api.surroundings import Surroundings
from hub.api.tail import KEPT, FeedTail
from hub.api.tour import TourFile
from hub.clock import SYSTEM, Clock
from hub.config.load import Configuration
from hub.config.load_dispatch import Dispatch, load_dispatch
from hub.deliveries.lane import Sender
from hub.people_settings import PeopleSettings
from hub.store.read_pool import ReadPool
from hub.store.session import StoreUnavailable


def create_app(
    *,
    dsn: str,
    configuration: Configuration,
    dispatch: Dispatch | None = None,
    clock: Clock = SYSTEM,
    heartbeat_s: float = HEARTBEAT_S,
    feed_kept: int = KEPT,
    mqtt_url: str = "mqtt://127.0.0.1:1883",
    mqtt_ca: str | None = None,
    files: tuple[Path | None, Path | None] = (None, None),
    map_view: MapView | None = None,
    tour: Path | None = None,
    sender: Sender | None = None,
    people: PeopleSettings | None = None,
) -> FastAPI:
    """Return the application. Nothing is connected before it starts, and it starts without database and broker too.

    Idle streams of the feed get a heartbeat every `heartbeat_s`; `feed_kept` of its items are kept in memory. Without
    a dispatch plan the shipped one holds.
    """
    hub = Hub(
        pool=ReadPool(dsn),
        tail=FeedTail(dsn, kept=feed_kept),
        configuration=configuration,
        dispatch=dispatch or load_dispatch(None, configuration.city),
        clock=clock,
        metrics=Metrics(),
        heartbeat_s=heartbeat_s,
        live=LivePictures(mqtt_url, ca=mqtt_ca, monotonic=time.monotonic),
        files=files,
        map_view=map_view or MapView(),
        tour=TourFile(tour),
        sender=sender,
    )
    settle_people(hub, people or PeopleSettings())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        hub.pool.open()
        hub.tail.start()
        try:
            yield
        finally:
            hub.tail.end()
            await hub.live.stop()
            await run_sync(hub.tail.stop)
            await run_sync(hub.pool.close)

    app = FastAPI(
        title="Lianqin 联勤",
        version=_version(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        openapi_tags=[
            {"name": "alerts", "description": "What is wrong, why, and what operators say to it."},
            {"name": "cases", "description": "What is dispatched: from discovery to a verified end."},
            {"name": "feed", "description": "Everything that happens to alerts and cases, in one ordered sequence."},
            {"name": "evidence", "description": "Pictures filed with alerts, addressed by their hash."},
            {"name": "city", "description": "Grids, devices and cameras as they stand."},
            {"name": "cameras", "description": "What cameras see now, and the zones drawn in their pictures."},
            {"name": "dispatch", "description": "Who is sent where for what, and by when."},
            {"name": "reports", "description": "What citizens report, and what becomes of it."},
            {"name": "deliveries", "description": "The feed sent to others: endpoints, and what became of each item."},
            {"name": "ledger", "description": "What was received and what became of it."},
            {"name": "statistics", "description": "How the alarm system and the departments do."},
            {"name": "people", "description": "Signing in, sessions, and who may do what."},
            {"name": "tuning", "description": "The engineer's workbench: what other thresholds would have raised."},
            {"name": "configurations", "description": "Versions of the thresholds: who made them, when they held."},
            {"name": "operation", "description": "Rules, configuration, tokens."},
            {"name": "probes", "description": "For the machines that watch this one."},
        ],
    )
    app.openapi_url = f"{API}/openapi.json"
    app.state.hub = hub
    for part in (routes_alerts, routes_commands, routes_feed, routes_evidence, routes_city, routes_ledger):
        app.include_router(part.router)
    for part in (routes_cases, routes_case_commands, routes_photos):
        app.include_router(part.router)
    app.include_router(routes_geography.router)
    app.include_router(routes_cap.router)
    app.include_router(routes_dispatch.router)
    app.include_router(routes_deliveries.router)
    app.include_router(routes_delivery_log.router)
    app.include_router(routes_reports.router)
    app.include_router(routes_open311.router)
    app.include_router(routes_open311.discovery_router)
    for part in (routes_live, routes_zones, routes_streetlights):
        app.include_router(part.router)
    app.include_router(console_files.router)
    app.include_router(routes_about.router)
    app.include_router(routes_board.router)
    app.include_router(routes_readings.router)
    app.include_router(routes_record.router)
    app.include_router(routes_operation.router)
    app.include_router(routes_configurations.router)
    app.include_router(routes_configuration_commands.router)
    app.include_router(routes_session.router)
    app.include_router(routes_people.router)
    app.include_router(routes_audit.router)
    app.include_router(routes_oidc.router)
    app.include_router(routes_search.router)
    app.include_router(routes_statistics.router)
    app.include_router(routes_supervision.router)
    app.include_router(routes_tour.router)
    app.include_router(routes_tuning.router)
    app.include_router(routes_shadows.router)
    app.include_router(routes_labels.router)
    app.include_router(routes_trace.router)
    app.include_router(routes_baselines.router)
    app.include_router(routes_operation.probes)
    app.add_middleware(Gate, hub=hub)
    app.add_middleware(Surroundings, hub=hub)  # added last, so it stands around the gate
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(StoreUnavailable, _store_unavailable)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def _version() -> str:
    try:
        return version("lianqin")
    except PackageNotFoundError:
        return "0"


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.answer(request.url.path)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        known, paths = headers.get("Allow", ""), request.app.openapi()["paths"]
        headers["Allow"] = allowed_methods(paths, request.url.path, known)
    if error.status_code == HTTPStatus.BAD_REQUEST and isinstance(error.__cause__, UnicodeDecodeError):
        return from_validation([{"type": "json_invalid"}]).answer(request.url.path)
    return from_status(error.status_code, str(error.detail), headers).answer(request.url.path)


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(one["loc"][0] == "path" for one in error.errors()):
        # It was taken for one of those that a template stands for; it may be one with a name of its own.
        allowed = allowed_methods(request.app.openapi()["paths"], request.url.path)
        if allowed and request.method not in allowed.split(", "):
            status, headers = HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": allowed}
            return from_status(status, status.phrase, headers).answer(request.url.path)
    return from_validation(error.errors()).answer(request.url.path)


async def _store_unavailable(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreUnavailable)
    return unavailable(error).answer(request.url.path)
