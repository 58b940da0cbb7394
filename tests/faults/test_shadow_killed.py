"""Ingest and the tuning role die at any moment: what a shadow would have raised is what a replay gives afterwards."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from detectors.thresholds import Thresholds
from hub import clock
from hub.config.load import Configuration, config_version, load
from hub.config.thresholds_file import text_of
from hub.store.audit import COMMAND_LINE
from hub.store.configuration_versions import propose
from hub.store.read_shadows import both_sides
from hub.store.session import open_session
from hub.store.shadows import followed_of, start_shadow
from hub.store.write import Store
from hub.tuning.candidate import with_thresholds
from hub.tuning.replay import replay
from tests.support.brokers import Broker
from tests.support.ingest_process import IngestProcess
from tests.support.load import Load, write_town

KILLS = 8
SEED = 20261123
CANDIDATE = {"gas.leak.raise_after_s": 3.5, "water.quality.raise_after_s": 1.0, "drainage.level.clear_after_s": 4.0}


def told(alerts: Any) -> list[tuple[Any, ...]]:
    return sorted(
        (one.rule, one.subject, one.alert_id, one.severity, one.raised_at, str(one.cleared_at), one.reason.text)
        for one in alerts
    )


@pytest.mark.fault
@pytest.mark.timeout(420)
def test_a_shadow_outlives_every_death_and_tells_what_a_replay_tells(
    plain_database: Any, mosquitto: Broker, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    dsn, town = plain_database.dsn, write_town(tmp_path)
    live = load(*town)
    thresholds: Thresholds = with_thresholds(live, CANDIDATE).thresholds
    candidate = Configuration(live.city, thresholds, config_version(live.city, thresholds))
    with (
        IngestProcess(dsn, mosquitto.url, *town) as ingest,
        IngestProcess(dsn, mosquitto.url, *town, role="tuning") as tuning,
    ):
        ingest.start()
        ingest.wait_until("connected to")
        with open_session(dsn) as connection:
            kept = propose(
                connection, thresholds, author="a test", note="", parent=None, at=clock.now(), text=text_of(thresholds)
            )
            shadow = start_shadow(
                connection,
                version=kept.version,
                grids=["01", "02"],
                note="",
                until=None,
                base_version=None,
                actor=COMMAND_LINE,
                at=clock.now(),
            )
        tuning.start()
        with Load(mosquitto) as load_:
            for kill in range(KILLS):
                tuning.wait_until("the tuning role starts")
                time.sleep(chance.uniform(0.0, 4.0))
                tuning.kill()
                if kill % 3 == 1:
                    ingest.kill()
                    ingest.start()
                tuning.start()
            ingest.wait_until("judging")
            load_.finish()
        over = clock.now()
        deadline = time.monotonic() + 120
        while True:
            with open_session(dsn) as connection:
                followed = followed_of(connection, [shadow.shadow_id])[shadow.shadow_id]
                _, found, _ = both_sides(connection, shadow.shadow_id)
            if all(grid.followed_until > over for grid in followed):
                break
            assert time.monotonic() < deadline, f"{followed} {tuning.log[-3000:]}"
            time.sleep(0.2)
        tuning.stop()
        ingest.stop()
    store = Store(dsn)
    again = [
        alert
        for grid in followed
        for alert in replay(
            store, candidate, grids=frozenset([grid.grid]), since=shadow.started_at, until=grid.followed_until
        )
    ]
    store.close()
    found = [one for one in found if one.raised_at >= shadow.started_at]
    assert {"gas.leak", "water.quality"} <= {one.rule for one in again}
    assert len(again) > 10
    assert told(found) == told(one for one in again if one.raised_at >= shadow.started_at)
