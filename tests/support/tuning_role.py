"""The tuning role in a thread of the test, over the files and the database of a served hub."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detectors.thresholds import Thresholds
from hub.config.load import Configuration, config_version, load
from hub.store.read_labels import labels_of
from hub.store.recording import StoredRecording
from hub.store.session import open_session
from hub.store.stored_configurations import stored_thresholds
from hub.tuning.judging import judging_of
from hub.tuning.runs.loaded import Loaded
from hub.tuning.runs.worker import Worker
from tests.support.api import Api


@contextmanager
def tuning(api: Api) -> Iterator[Worker]:
    """Run a tuning role beside `api`, on its clock."""
    stop = threading.Event()
    city_file, detectors = api.hub.files
    assert city_file is not None

    def configuration(version: str | None) -> Configuration:
        now = load(Path(city_file), detectors)
        if version is None or version == now.version:
            return now
        with open_session(api.dsn) as connection:
            document = stored_thresholds(connection, version)
        thresholds = Thresholds.model_validate(document)
        return Configuration(now.city, thresholds, config_version(now.city, thresholds))

    worker = Worker(
        name="role-1",
        dsn=api.dsn,
        loaded=Loaded(lambda question: judging_of(StoredRecording(api.dsn), question), 64 * 1024**2),
        configuration=configuration,
        labels=lambda connection, question: labels_of(connection, question, configuration(None).city),
        now=api.hub.now,
        stop=stop,
    )
    thread = threading.Thread(target=worker.run, name="tuning under test")
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(timeout=30)
        assert not thread.is_alive(), "the role did not stop"
