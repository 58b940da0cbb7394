"""Puts the tuning role together from the settings: at low priority, on connections of its own, its memory bounded."""

from __future__ import annotations

import gc
import os
import socket
import threading
from contextlib import suppress
from datetime import timedelta

from prometheus_client import start_http_server
from pydantic import ValidationError

from detectors.thresholds import Thresholds
from hub import clock
from hub.config.load import Configuration, config_version, load
from hub.config.watch import watch
from hub.config.yaml_source import ConfigError
from hub.config.zones_file import files_of
from hub.log import logger
from hub.settings import Settings, SettingsError
from hub.store.maintain import keep_of
from hub.store.read_labels import labels_of
from hub.store.recording import StoredRecording
from hub.store.session import open_session
from hub.store.stored_configurations import stored_thresholds
from hub.store.tuning_runs import quiet
from hub.tuning.baselines.periodic import keep_learning
from hub.tuning.judging import Judging, Question, judging_of
from hub.tuning.runs.loaded import Loaded
from hub.tuning.runs.worker import Worker
from hub.tuning.shadow.role import Shadows, keep_following

log = logger("tuning")
NICE = 15


def serve(settings: Settings, *, metrics_port: int, stop: threading.Event) -> None:
    """Run one tuning role until `stop`. Raises ConfigError for a bad configuration, SettingsError for a taken port."""
    with suppress(OSError):
        os.nice(NICE)
    current = Current(settings)
    name = f"{socket.gethostname()}-{os.getpid()}"
    worker = worker_of(settings, current, name=name, stop=stop)
    if metrics_port:
        try:
            start_http_server(metrics_port, addr="127.0.0.1", registry=worker.metrics.registry)
        except OSError as error:
            raise SettingsError(f"--metrics-port {metrics_port} cannot be used: {error.strerror}") from None
    paths = [*files_of(settings.city), *([settings.detectors] if settings.detectors else [])]
    threading.Thread(target=watch, args=(paths, current.reload, stop), name="configuration", daemon=True).start()
    if settings.learn_every_days:
        threading.Thread(
            target=keep_learning,
            args=(settings.database_url, lambda: current.configuration(None), settings.city),
            kwargs={
                "role": name,
                "every": timedelta(days=settings.learn_every_days),
                "now": clock.now,
                "stop": stop,
            },
            name="profiles",
            daemon=True,
        ).start()
    log.info("the tuning role starts", configuration=current.configuration(None).version)
    following = Shadows(
        dsn=quiet(settings.database_url),
        configuration=current.configuration,
        now=clock.now,
        keep=keep_of(settings).readings,
    )
    threading.Thread(target=keep_following, args=(following, stop), name="shadows", daemon=True).start()
    # What is loaded lives long and is no garbage; frames go by reference count.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    worker.run()


class Current:
    """The configuration that holds now, and those that were kept."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._now = load(settings.city, settings.detectors)

    def reload(self) -> None:
        """Take the files as they are now; raise ConfigError and keep the old ones for bad files."""
        self._now = load(self._settings.city, self._settings.detectors)

    def configuration(self, version: str | None) -> Configuration:
        """Return the thresholds of `version` over the present city; raise ConfigError for an unknown version."""
        now = self._now
        if version is None or version == now.version:
            return now
        with open_session(self._settings.database_url) as connection:
            document = stored_thresholds(connection, version)
        if document is None:
            raise ConfigError([f"{version}: no such configuration is kept; `lianqin config list` shows them"])
        try:
            thresholds = Thresholds.model_validate(document)
        except ValidationError as error:
            message = error.errors(include_url=False)[0]["msg"]
            raise ConfigError([f"{version}: this hub cannot read its thresholds any more: {message}"]) from None
        version = config_version(now.city, thresholds, now.profiles)
        return Configuration(now.city, thresholds, version, now.profiles)


def worker_of(settings: Settings, current: Current, *, name: str, stop: threading.Event) -> Worker:
    """Return the worker of these settings."""
    dsn, most_bytes = quiet(settings.database_url), settings.tuning_memory_mb * 1024**2

    def judging(question: Question) -> Judging:
        return judging_of(StoredRecording(dsn, is_gentle=True), question, most_bytes=most_bytes)

    return Worker(
        name=name,
        dsn=dsn,
        loaded=Loaded(judging, most_bytes),
        configuration=current.configuration,
        labels=lambda connection, question: labels_of(connection, question, current.configuration(None).city),
        now=clock.now,
        stop=stop,
    )
