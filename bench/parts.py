"""The parts that are measured, each a process of its own on loopback: servers, roles, publishers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from hub import clock
from tests.support.brokers import Broker, BrokerOptions
from tests.support.databases import Database
from tests.support.servers import Servers

WAIT_S = 60.0


@contextmanager
def fresh(servers: Servers) -> Iterator[tuple[Database, Broker]]:
    """Give an empty TimescaleDB and an empty Mosquitto."""
    databases = servers.databases("timescale")
    database = databases.migrated()
    broker = servers.mosquitto(BrokerOptions(max_inflight_messages=4000))
    try:
        yield database, broker
    finally:
        broker.close()
        databases.drop(database)


@contextmanager
def role(name: str, database: Database, broker: Broker, city: Path, ready: str, **more: str) -> Iterator[Path]:
    """Run a role of the hub from its command line; give its log once it says `ready`."""
    log = city.with_name(f"{name}.log")
    environment = {
        **os.environ,
        "LIANQIN_DATABASE_URL": database.dsn,
        "LIANQIN_MQTT_URL": broker.url,
        "LIANQIN_CITY": str(city),
        "LIANQIN_DETECTORS": "",
        "LIANQIN_LOG_FORMAT": "json",
        **more,
    }
    profiler = os.environ.get("LIANQIN_BENCH_PROFILE")  # a folder: where the role's main thread spends its time
    profiled = ["-m", "cProfile", "-o", f"{profiler}/{name}.prof"] if profiler else []
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *profiled, "-m", "hub.cli", name], stdout=out, stderr=subprocess.STDOUT, env=environment
        )
        try:
            until(lambda: ready in log.read_text(), f"{name} to start: {log}")
            yield log
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Helper:
    """A program of this folder that says "ready", is told to go, and says something when it is done."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"bench.{module}", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"bench.{module} did not start")

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def result(self) -> list[float]:
        """Wait until it is done; return the numbers it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self._process.communicate(timeout=WAIT_S)
        return [float(word) for word in line.split()]


def flood(broker: Broker, kind: str, count: int, begin: datetime, rate: int = 0) -> Helper:
    """Prepare a publisher of `count` messages."""
    return Helper("flood", broker.host, broker.port, kind, count, begin.isoformat(), rate)


def bare(broker: Broker, count: int) -> Helper:
    """Start the bare receiver of `count` messages."""
    return Helper("bare", broker.host, broker.port, count)


def when_stored(dsn: str, count: int, wait_s: float = 240.0) -> float:
    """Wait until the ledger accounts for `count` observations; return when that was, in monotonic seconds."""
    with psycopg.connect(dsn, autocommit=True) as connection:

        def stored() -> bool:
            row: Any = connection.execute("SELECT coalesce(sum(stored), 0) FROM ledger", prepare=True).fetchone()
            return bool(row[0] >= count)

        until(stored, f"{count} observations to be stored", wait_s)
    return time.monotonic()


def until(holds: Callable[[], bool], what: str, wait_s: float = WAIT_S) -> None:
    """Wait until `holds`, or fail naming what was waited for."""
    deadline = time.monotonic() + wait_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {wait_s:.0f} s in vain for {what}")
        time.sleep(0.01)


def an_hour_ago() -> datetime:
    """Return when the devices' story begins."""
    return clock.ago(3600)
