"""`lianqin tuning` as a process: it takes a run, the doctor sees it, and it ends in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from hub.store import tuning_runs
from hub.store.audit import COMMAND_LINE
from hub.store.session import open_session
from tests.support.databases import Database
from tests.support.stored import NOW, after
from tests.support.town import write_city

WAIT_S = 90.0


def test_the_role_works_on_a_run_is_seen_and_leaves_in_order(plain_database: Database, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "LIANQIN_DATABASE_URL": plain_database.dsn,
        "LIANQIN_CITY": str(write_city(tmp_path)),
        "LIANQIN_DETECTORS": "",
    }
    question = {"since": NOW.isoformat(), "until": after(60).isoformat()}
    with open_session(plain_database.dsn) as connection:
        run = tuning_runs.ask(
            connection,
            "judge",
            {"question": question},
            key="one",
            is_repeatable=True,
            actor=COMMAND_LINE,
            at=NOW,
        )
    role = subprocess.Popen([sys.executable, "-m", "hub.cli", "tuning"], env=environment)
    try:
        deadline = time.monotonic() + WAIT_S
        while not run.is_over:
            assert role.poll() is None, "the role ended by itself"
            assert time.monotonic() < deadline, run
            time.sleep(0.05)
            with open_session(plain_database.dsn) as connection:
                run = tuning_runs.find(connection, run.run_id)
        assert (run.state, run.problem) == ("done", None)
        assert run.answer is not None
        assert run.answer["raised"] == []
        doctor = subprocess.run(
            [sys.executable, "-m", "hub.cli", "doctor", "--role", "tuning"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "1 role works on the workbench's runs" in doctor.stdout
    finally:
        role.send_signal(signal.SIGTERM)
        status = role.wait(timeout=60)
    assert status == 0
    with open_session(plain_database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM tuning_roles").fetchone() == (0,)
