"""The API role as it is started: it keeps what was changed by hand, and carries out what was planned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from detectors.thresholds import Thresholds
from hub import clock
from hub.config.apply import schedule
from hub.config.thresholds_file import read_text, thresholds_version
from hub.store.audit import Actor
from hub.store.configuration_applications import Application, in_force
from hub.store.configuration_versions import propose
from hub.store.session import connect
from tests.support.api import until
from tests.support.databases import Database
from tests.support.town import write_city

FIRST, BY_HAND, PLANNED = "gas: {leak: {rise_pct_lel: 11}}\n", "gas: {leak: {rise_pct_lel: 12}}\n", 13


def present(dsn: str) -> Application | None:
    with connect(dsn) as connection:
        return in_force(connection)


def is_in_force(dsn: str, thresholds: Thresholds) -> bool:
    found = present(dsn)
    return found is not None and found.version == thresholds_version(thresholds)


def test_it_follows_the_file_and_the_clock(plain_database: Database, tmp_path: Path) -> None:
    dsn, city = plain_database.dsn, write_city(tmp_path)
    detectors = tmp_path / "city.detectors.yaml"  # where nothing is named, the one beside the city file counts
    detectors.write_text(FIRST, encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if name != "LIANQIN_DETECTORS"},
        "LIANQIN_CITY": str(city),
        "LIANQIN_DATABASE_URL": dsn,
        "LIANQIN_HTTP_PORT": "0",
        "LIANQIN_DATA": str(tmp_path / "data"),
        "LIANQIN_DELIVER_IN_API": "no",
    }
    with (tmp_path / "api.log").open("wb") as log:
        role = subprocess.Popen([sys.executable, "-m", "hub.cli", "api"], env=environment, stdout=log, stderr=log)
    try:
        until(lambda: is_in_force(dsn, read_text(FIRST)[0]))
        detectors.write_text(BY_HAND, encoding="utf-8")
        until(lambda: is_in_force(dsn, read_text(BY_HAND)[0]))
        wanted = Thresholds.model_validate({"gas": {"leak": {"rise_pct_lel": PLANNED}}})
        with connect(dsn) as connection:
            now, by = clock.now(), Actor(name="wang")
            name = propose(connection, wanted, author="wang", note="", parent=None, at=now).version
            schedule(connection, name, due_at=now + timedelta(seconds=1), by=by, note="soon", at=now)
        until(lambda: is_in_force(dsn, wanted))
        assert read_text(detectors.read_text(encoding="utf-8"))[0] == wanted
        found = present(dsn)
        assert found is not None
        assert (found.how, found.made_by, found.note) == ("scheduled", "wang", "soon")
        assert role.poll() is None
    finally:
        role.send_signal(signal.SIGTERM)
        role.wait(30)
    told = (tmp_path / "api.log").read_text(encoding="utf-8")
    assert role.returncode == 0, told[-2000:]
    assert "Traceback" not in told
