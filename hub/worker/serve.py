"""Puts the ingest role together from the settings, and reloads its configuration when the files change."""

from __future__ import annotations

import gc
import os
import socket
import threading

from prometheus_client import start_http_server

from hub import clock
from hub.config.load import Configuration, detectors_file, load
from hub.config.watch import watch
from hub.config.yaml_source import ConfigError
from hub.config.zones_file import files_of
from hub.log import logger
from hub.settings import Settings, SettingsError
from hub.store.maintain import keep_of
from hub.store.upkeep import keep_up
from hub.store.write import Store
from hub.worker.ingest_role import IngestWorker
from hub.worker.metrics import Metrics
from ingest.mqtt import Consumer, parse_url
from ingest.topics import subscriptions

log = logger("ingest")


def serve(settings: Settings, *, grids: frozenset[str] | None, metrics_port: int, stop: threading.Event) -> None:
    """Run one ingest worker until `stop`.

    Raises ConfigError for a bad configuration or an unknown grid, SettingsError for a metrics port that is not free,
    GridsTaken where another worker holds one of the grids.
    """
    configuration = _load(settings, grids)
    shard = "-".join(sorted(grids)) if grids else "all"
    metrics = Metrics()
    consumer = Consumer(
        parse_url(settings.mqtt_url),
        client_id=f"lianqin-ingest-{shard}",
        subscriptions=subscriptions(grids),
        now=clock.now,
        ca=settings.mqtt_ca or None,
    )
    worker = IngestWorker(
        name=f"{socket.gethostname()}-{os.getpid()}-{shard}",
        configuration=configuration,
        grids=grids,
        consumer=consumer,
        store=Store(settings.database_url),
        clock=clock.SYSTEM,
        metrics=metrics,
        stop=stop,
    )
    if metrics_port:
        try:
            start_http_server(metrics_port, addr="127.0.0.1", registry=metrics.registry)
        except OSError as error:
            raise SettingsError(f"--metrics-port {metrics_port} cannot be used: {error.strerror}") from None
    paths = [*files_of(settings.city), detectors_file(settings.city, settings.detectors)]

    def reload() -> None:
        worker.reload(_load(settings, grids))

    threading.Thread(target=watch, args=(paths, reload, stop), name="configuration", daemon=True).start()
    threading.Thread(
        target=keep_up,
        args=(settings.database_url,),
        kwargs={"keep": keep_of(settings), "now": clock.now, "stop": stop},
        name="upkeep",
        daemon=True,
    ).start()
    spare_the_collector()
    worker.run()


def spare_the_collector() -> None:
    """Let Python look for cyclic garbage seldom, and never among what lives as long as the process.

    Every reading is a new object, and nearly all go by reference count. With the usual thresholds two fifths
    of the time for each were spent on finding that out (docs/benchmarks.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _load(settings: Settings, grids: frozenset[str] | None) -> Configuration:
    configuration = load(settings.city, settings.detectors)
    unknown = sorted((grids or frozenset()) - configuration.city.grids.keys())
    if unknown:
        raise ConfigError([f"{settings.city}: there is no grid {', '.join(unknown)}"])
    return configuration
