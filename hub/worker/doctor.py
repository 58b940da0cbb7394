"""Looks at everything a role needs: settings in, named checks with what was found, or what would help, out."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime

from detectors.vision.plan import Problem
from detectors.vision.weights import ModelError, look_at
from hub import clock
from hub.config.load import Configuration, load
from hub.config.load_dispatch import load_dispatch, warnings_at
from hub.config.yaml_source import ConfigError
from hub.settings import Settings
from hub.store import tuning_runs
from hub.store.doctor import Check, doctor
from hub.store.read_health import newest_frames
from hub.store.session import StoreUnavailable, open_session
from hub.vision_settings import perception
from hub.worker.doctor_deliveries import look_at_deliveries
from ingest.address import BadAddress, parse_url
from ingest.mqtt import Publisher

BROKER_WAIT_S = 5.0
LISTENING_S = 30.0  # an ingest worker notes every second that it listens
FRAME_S = 60.0
ROLES = ("ingest", "vision", "api", "deliver", "tuning")


def checks(settings: Settings, role: str | None) -> Iterator[Check]:
    """Yield a check for each thing that `role` needs (None: all of them), cheapest first."""
    if role is not None and role not in ROLES:
        yield Check(name="role", ok=False, detail=f"there is no role {role!r}; choose one of {', '.join(ROLES)}")
        return
    configuration = None
    try:
        configuration = load(settings.city, settings.detectors)
        found = configuration.city
        detail = f"{found.name}, {len(found.devices)} devices, {len(found.cameras)} cameras, {configuration.version}"
        yield Check(name="configuration", ok=True, detail=detail)
    except ConfigError as error:
        yield Check(name="configuration", ok=False, detail="; ".join(error.problems))
    if configuration is not None and role in (None, "api"):
        yield _dispatch(settings, configuration)
    if configuration is not None and configuration.city.cameras and role == "vision":
        yield _models(settings)
    if role in (None, "ingest", "vision"):
        yield _broker(settings)
    if role in (None, "ingest", "api", "deliver", "tuning"):
        yield from doctor(settings.database_url)
    if configuration is not None and role in (None, "ingest"):
        yield _listening(settings, configuration)
    if configuration is not None and configuration.city.cameras and role in (None, "vision"):
        yield _cameras(settings, configuration)
    if role in (None, "api", "deliver"):
        yield look_at_deliveries(settings)
    if role in (None, "tuning"):
        yield _tuning(settings, is_asked=role == "tuning")
    if role in (None, "api"):
        yield _api(settings)


def _dispatch(settings: Settings, configuration: Configuration) -> Check:
    try:
        found = load_dispatch(settings.dispatch, configuration.city)
    except ConfigError as error:
        return Check(name="dispatch plan", ok=False, detail="; ".join(error.problems))
    doubtful = warnings_at(found, clock.now())
    detail = f"{len(found.plan.departments)} departments, {len(found.plan.routes)} routes, {found.plan.version}"
    return Check(name="dispatch plan", ok=True, detail="; warning: ".join([detail, *doubtful]))


def _models(settings: Settings) -> Check:
    """Look whether the cameras' weights are on this machine, without loading them: `config check` does that."""
    try:
        found = perception(settings)
    except ConfigError as error:
        return Check(name="models", ok=False, detail="; ".join(error.problems))
    every = {weights: None for plan in found.plans.values() for weights in plan.weights}
    here = [weights for weights in every if weights.path.exists()]
    problems = []
    # Weights that are not here may be on the machine that watches their cameras; one without any watches nothing.
    for weights in here or every:
        try:
            look_at(weights.path)
        except ModelError as error:
            problems.append(found.said(Problem(message=str(error), weights=weights)))
    if problems:
        return Check(name="models", ok=False, detail="; ".join(problems))
    names = ", ".join(sorted({weights.path.name for weights in here}))
    away = ", ".join(sorted({weights.path.name for weights in every} - {weights.path.name for weights in here}))
    detail = f"{names}; `lianqin config check --weights` loads them" + (
        f"; not on this machine: {away}" if away else ""
    )
    return Check(name="models", ok=True, detail=detail)


def _broker(settings: Settings) -> Check:
    try:
        address = parse_url(settings.mqtt_url)
    except BadAddress as error:
        return Check(name="broker", ok=False, detail=f"LIANQIN_MQTT_URL: {error}")
    publisher = Publisher(address, client_id="lianqin-doctor", will=None, ca=settings.mqtt_ca or None)
    publisher.start()
    try:
        if publisher.wait_connected(BROKER_WAIT_S):
            return Check(name="broker", ok=True, detail=f"{address} takes connections ({publisher.health.protocol})")
        return Check(
            name="broker", ok=False, detail=f"{address} takes no connection; is LIANQIN_MQTT_URL right, does it run?"
        )
    finally:
        publisher.stop()


def _listening(settings: Settings, configuration: Configuration) -> Check:
    since = clock.ago(LISTENING_S)
    try:
        with open_session(settings.database_url) as connection:
            rows = connection.execute("SELECT worker, grids FROM listening WHERE until >= %s", (since,)).fetchall()
    except StoreUnavailable as error:
        return Check(name="ingest", ok=False, detail=str(error))
    heard = {grid for _, grids in rows for grid in (configuration.city.grids if grids is None else grids)}
    missing = sorted(configuration.city.grids.keys() - heard)
    if missing:
        detail = f"nobody has listened to grid {', '.join(missing)} for {LISTENING_S:.0f} s: start `lianqin ingest`"
        return Check(name="ingest", ok=False, detail=detail)
    workers = len({worker for worker, _ in rows})
    shown = "1 worker listens" if workers == 1 else f"{workers} workers listen"
    return Check(name="ingest", ok=True, detail=f"{shown} to all {len(heard)} grids")


def _tuning(settings: Settings, *, is_asked: bool) -> Check:
    """Look whether somebody works on runs. A hub does its work without, so that alone is nothing bad."""
    try:
        with open_session(settings.database_url) as connection:
            alive = tuning_runs.roles(connection, clock.now())
    except StoreUnavailable as error:
        return Check(name="tuning", ok=False, detail=str(error))
    if not alive:
        detail = "nobody works on the workbench's runs: start `lianqin tuning`"
        return Check(name="tuning", ok=not is_asked, detail=detail)
    shown = "1 role works" if len(alive) == 1 else f"{len(alive)} roles work"
    return Check(name="tuning", ok=True, detail=f"{shown} on the workbench's runs")


def _cameras(settings: Settings, configuration: Configuration) -> Check:
    try:
        with open_session(settings.database_url) as connection:
            newest = newest_frames(connection, sorted(configuration.city.cameras), clock.now())
    except StoreUnavailable as error:
        return Check(name="cameras", ok=False, detail=str(error))
    since: datetime = clock.ago(FRAME_S)
    blind = sorted(name for name in configuration.city.cameras if name not in newest or newest[name] < since)
    if blind:
        detail = f"no frame for {FRAME_S:.0f} s from {', '.join(blind)}: does `lianqin vision` run?"
        return Check(name="cameras", ok=False, detail=detail)
    return Check(name="cameras", ok=True, detail=f"all {len(newest)} cameras are seen")


def _api(settings: Settings) -> Check:
    host = "127.0.0.1" if settings.http_host in ("", "0.0.0.0", "::") else settings.http_host
    url = f"http://{host}:{settings.http_port}/livez"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            json.load(answer)
    except (urllib.error.URLError, OSError, ValueError) as error:
        return Check(name="api", ok=False, detail=f"{url} does not answer ({error}): start `lianqin api`")
    return Check(name="api", ok=True, detail=f"{url} answers")
