"""For those who run the hub: is it live, is it ready, its metrics, its rules and configuration, and who am I."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import product
from types import MappingProxyType
from typing import Any
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from detectors.overrides import Overridden
from detectors.rules import RULES
from detectors.threshold import Rule, Section
from detectors.thresholds import Thresholds, described
from hub.alerts.guidance import GUIDANCE
from hub.api import model_operation
from hub.api.context import AdmissionDep, CallerDep, Hub, HubDep, needs, needs_any, needs_everywhere
from hub.api.metrics import CONTENT_TYPE, Metrics
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.api.readiness import Check, check_calendar, check_cameras, check_lag, check_listening
from hub.cases.stage import OPEN
from hub.config.chinese import in_chinese
from hub.config.load import city_document
from hub.deliveries.endpoint import Endpoint
from hub.dispatch.document import instant
from hub.people.caller import Reach
from hub.people.reach import within
from hub.people.scopes import Scope
from hub.store.endpoints import list_endpoints
from hub.store.listening import listening
from hub.store.read_configurations import configuration_versions
from hub.store.read_deliveries import Load, loads
from hub.store.read_health import active_counts, newest_frames, newest_observation, open_cases, ping
from hub.store.read_ledger import ledger_total
from hub.store.session import StoreUnavailable

router = APIRouter(prefix=API, tags=["operation"])
probes = APIRouter(tags=["probes"])
LISTENED_SINCE = timedelta(days=1)


@router.get(
    "",
    operation_id="entrance",
    summary="Where to go",
    response_model=model_operation.Entrance,
    responses=problems(),
    dependencies=[needs_any()],
)
async def entrance(request: Request) -> JSONResponse:
    """Say what this is."""
    return JSONResponse(
        {
            "service": "Lianqin 联勤",
            "version": request.app.version,
            "api": "/api/v1",
            "openapi": request.app.openapi_url,
        }
    )


@probes.get(
    "/livez",
    operation_id="livez",
    summary="The process answers",
    response_model=model_operation.Live,
    openapi_extra={"security": []},
)
async def livez() -> JSONResponse:
    """Answer, whatever the state of database and broker; needs no token and tells nothing else."""
    return JSONResponse({"live": True})


@probes.get(
    "/readyz",
    operation_id="readyz",
    summary="Whether the hub can do its work",
    response_model=model_operation.Readiness,
    responses=problems(),
    dependencies=[needs(Scope.HEALTH_READ)],
)
async def readyz(hub: HubDep, caller: CallerDep) -> JSONResponse:
    """Check the database, whether each grid is listened to, the age of the newest observation, and the cameras.

    503 names in `problems` what is wrong, with all checks in `checks`.
    """
    checks = await run_sync(_checks, hub, caller.reach)
    wrong = [check.name for check in checks if not check.ok]
    documents = [asdict(check) for check in checks]
    if wrong:
        detail = "; ".join(f"{check.name}: {check.detail}" for check in checks if not check.ok)
        raise Problem("not-ready", detail, extra={"problems": wrong, "checks": documents}, headers={"Retry-After": "5"})
    return JSONResponse({"ready": True, "checks": documents})


@probes.get(
    "/metrics",
    operation_id="metrics",
    summary="Metrics in Prometheus' text format",
    response_class=Response,
    responses={
        200: {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(),
    },
    dependencies=[needs_everywhere(Scope.METRICS_READ)],
)
def metrics(hub: HubDep) -> Response:
    """Return this process's counters, and what the database tells at this moment."""
    _measure(hub)
    return Response(hub.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


@router.get(
    "/whoami",
    operation_id="whoAmI",
    summary="Who makes the request",
    response_model=model_operation.WhoAmI,
    responses=problems(),
    dependencies=[needs_any()],
)
async def who_am_i(admission: AdmissionDep) -> JSONResponse:
    """Return the caller's name, role, scopes and reach, and until when the token or session lasts."""
    caller = admission.caller
    return JSONResponse(
        {
            "by": admission.by,
            "token_id": str(admission.credential_id) if admission.by == "token" else None,
            "id": str(caller.caller_id),
            "name": caller.name,
            "role": caller.role,
            "scopes": sorted(caller.scopes),
            "department": caller.reach.department,
            "grids": caller.reach.grid_list(),
            "expires_at": instant(admission.expires_at),
        }
    )


@router.get(
    "/rules",
    operation_id="listRules",
    summary="Every rule with its thresholds",
    response_model=model_operation.RuleList,
    responses=problems(),
    dependencies=[needs(Scope.CITY_READ)],
)
async def list_rules(hub: HubDep) -> JSONResponse:
    """Return the catalogue: what each rule means, and each threshold with its unit, range and source."""
    return JSONResponse({"items": list(rule_documents(hub.configuration.thresholds))})


@router.get(
    "/config",
    operation_id="getConfig",
    summary="The configuration and its versions",
    response_model=model_operation.ConfigDocument,
    responses=problems(),
    dependencies=[needs_everywhere(Scope.CONFIG_READ)],
)
def get_config(hub: HubDep) -> JSONResponse:
    """Return the city (without the cameras' addresses) and every threshold, and the versions the hub has run with."""
    configuration = hub.configuration
    with hub.pool.session() as connection:
        versions = configuration_versions(connection)
    return JSONResponse(
        {
            "version": configuration.version,
            "city": city_document(configuration.city),
            "detectors": configuration.thresholds.model_dump(mode="json"),
            "versions": [{"version": version, "stored_at": instant(at)} for version, at in versions],
        }
    )


@router.get("/openapi.json", include_in_schema=False, dependencies=[needs_any()])
async def openapi(request: Request) -> JSONResponse:
    """Return the OpenAPI description."""
    return JSONResponse(request.app.openapi())


# What several rules of a domain share is listed with each of them: it decides what they raise as their own does.
_SHARED = MappingProxyType(
    {
        "streetlight.lamp_out": "burning",
        "streetlight.circuit_out": "burning",
        "streetlight.day_burning": "burning",
    }
)


def rule_documents(thresholds: Thresholds) -> Iterator[dict[str, Any]]:
    """Yield every rule of `thresholds` as it is served, in the order of the detectors file."""
    for domain in type(thresholds).model_fields:
        section = getattr(thresholds, domain)
        for name in type(section).model_fields if isinstance(section, Section) else ():
            rule = getattr(section, name)
            if not isinstance(rule, Rule):
                continue
            listed = _listed(rule, f"{domain}.{name}")
            if (shared := _SHARED.get(f"{domain}.{name}")) is not None:
                listed += _listed(getattr(section, shared), f"{domain}.{shared}")
            yield {
                "rule": f"{domain}.{name}",
                **_guidance(f"{domain}.{name}"),
                "meaning": (meaning := " ".join((type(rule).__doc__ or "").split())),
                "meaning_zh": in_chinese(meaning) or meaning,
                "enabled": rule.enabled,
                "severity": rule.severity.value,
                "thresholds": listed,
            }


def _listed(section: Section, path: str) -> list[dict[str, Any]]:
    """Return each threshold of the section at `path` of the detectors file."""
    domain, _, name = path.partition(".")
    shipped = {entry.path: entry.default for entry in described(getattr(getattr(Thresholds(), domain), name))}
    return [
        {
            "path": f"{path}.{entry.path}",
            "value": entry.default,
            "default": shipped.get(entry.path),
            "unit": entry.unit,
            "low": entry.low,
            "high": entry.high,
            "meaning": entry.meaning,
            "meaning_zh": in_chinese(entry.meaning) or entry.meaning,
            "source": entry.source,
            "source_zh": in_chinese(entry.source) or entry.source,
        }
        for entry in described(section)
    ]


def _guidance(rule: str) -> dict[str, Any]:
    """Return what the console tells of a rule: its titles, what follows, what to do, how soon."""
    card, guidance = RULES[rule], GUIDANCE[rule]
    return {
        "title_zh": card.title_zh,
        "title_en": card.title_en,
        "consequence": {"zh": guidance.consequence.zh, "en": guidance.consequence.en},
        "action": {"zh": guidance.action.zh, "en": guidance.action.en},
        "respond_within_s": guidance.respond_within.total_seconds(),
    }


def _checks(hub: Hub, reach: Reach) -> list[Check]:
    city, at = within(hub.configuration.city, reach), hub.now()
    try:
        with hub.pool.session() as connection:
            version = ping(connection)
            return [
                Check(name="database", ok=True, detail=f"PostgreSQL {version} answers"),
                check_listening(city, listening(connection, at - LISTENED_SINCE, at + LISTENED_SINCE), at),
                check_lag(city, newest_observation(connection, at), at),
                check_cameras(
                    city,
                    newest_frames(connection, list(city.cameras), at),
                    _lost_after_s(hub),
                    at,
                ),
                check_calendar(hub.plan, at),
            ]
    except StoreUnavailable as error:
        return [Check(name="database", ok=False, detail=f"it does not answer: {error}")]


def _lost_after_s(hub: Hub) -> float:
    """Return after how long without a frame a camera is lost, where that is longest."""
    city, overridden = hub.configuration.city, Overridden(hub.configuration.thresholds, hub.configuration.city)
    limits = [overridden.of("camera.lost", name).camera.lost.after_s for name in city.cameras]
    return max(limits, default=hub.configuration.thresholds.camera.lost.after_s)


def _measure(hub: Hub) -> None:
    """Set the gauges that only the database can tell; while it does not answer they keep silent."""
    metrics, at = hub.metrics, hub.now()
    metrics.feed_seq.set(max(0, hub.tail.newest))
    try:
        with hub.pool.session() as connection:
            active, cases = active_counts(connection), open_cases(connection)
            total, unbalanced = ledger_total(connection, begin=None, end=None, grid=None)
            newest = newest_observation(connection, at)
            frames = newest_frames(connection, list(hub.configuration.city.cameras), at)
            endpoints, waiting = list_endpoints(connection), loads(connection)
    except StoreUnavailable:
        metrics.up.set(0)
        return
    metrics.up.set(1)
    metrics.replace(metrics.active, {(rule, severity): count for rule, severity, count in active})
    counted: dict[tuple[str, ...], float] = dict.fromkeys(product([one.value for one in OPEN], ["false", "true"]), 0.0)
    counted |= {(stage, str(overdue).lower()): float(count) for stage, overdue, count in cases}
    metrics.replace(metrics.cases, counted)
    metrics.replace(metrics.ledger, {(outcome,): count for outcome, count in asdict(total).items()})
    metrics.unbalanced.set(unbalanced)
    metrics.observation_age.set((at - newest).total_seconds() if newest else float("nan"))
    _measure_deliveries(metrics, endpoints, waiting, at)
    metrics.replace(
        metrics.camera_age,
        {(camera_id,): (at - captured_at).total_seconds() for camera_id, captured_at in frames.items()},
    )


def _measure_deliveries(metrics: Metrics, endpoints: list[Endpoint], waiting: dict[UUID, Load], at: datetime) -> None:
    """Set the gauges of endpoints; one that nothing waits for has zeros, so that a graph of it does not break off."""
    counts, ages, up = dict[tuple[str, ...], float](), dict[tuple[str, ...], float](), dict[tuple[str, ...], float]()
    for endpoint in endpoints:
        name, load = str(endpoint.endpoint_id), waiting.get(endpoint.endpoint_id, Load())
        counts[(name, "pending")], counts[(name, "dead")] = load.pending, load.dead
        oldest = load.oldest_pending_at
        ages[(name,)] = 0.0 if oldest is None else (at - oldest).total_seconds()
        up[(name,)] = float(endpoint.active and endpoint.fare.failing_since is None)
    metrics.replace(metrics.deliveries, counts)
    metrics.replace(metrics.delivery_age, ages)
    metrics.replace(metrics.endpoint_up, up)
