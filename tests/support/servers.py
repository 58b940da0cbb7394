"""The real servers of one test run: asked for by name, started when first asked for, ended at the end.

TimescaleDB and Mosquitto come from the first source that has them: a `LIANQIN_TEST_DATABASE_URL` or
`LIANQIN_TEST_MQTT_URL`, Docker Compose, a private Debian folder. Where none has, `Unavailable` says what is missing.
"""

import os
import tempfile
from pathlib import Path

from tests.support import compose
from tests.support.availability import Unavailable
from tests.support.brokers import AddressedBroker, Broker, BrokerOptions, ComposeMosquitto, EmbeddedBroker, Mosquitto
from tests.support.databases import Databases
from tests.support.mqtt_client import clear_retained
from tests.support.postgres_servers import (
    AddressedPostgres,
    ComposePostgres,
    PlainPostgres,
    PostgresServer,
    TrixiePostgres,
)
from tests.support.trixie import debian_root
from tests.support.workfolder import WorkFolder


class Servers:
    """What a test run has of real servers."""

    def __init__(self, *, durable: bool = False) -> None:
        """Start nothing yet. `durable`: the TimescaleDB that is started here makes a commit wait for the disk."""
        self._durable = durable
        self._work: WorkFolder | None = None
        self._debian: tuple[WorkFolder, Path] | None = None
        self._postgres: dict[str, PostgresServer] = {}
        self._databases: dict[str, Databases] = {}
        self._missing: dict[str, Unavailable] = {}

    def postgres(self, kind: str) -> PostgresServer:
        """Return the running server of `kind`, "plain" or "timescale"."""
        if kind in self._missing:
            raise self._missing[kind]
        if kind not in self._postgres:
            try:
                server = PlainPostgres(self._folder()) if kind == "plain" else self._timescale()
                server.start()
            except Unavailable as error:
                self._missing[kind] = error  # do not try again for every test
                raise
            self._postgres[kind] = server
        self._postgres[kind].start()
        return self._postgres[kind]

    def databases(self, kind: str) -> Databases:
        """Return what makes databases on the server of `kind`."""
        server = self.postgres(kind)
        return self._databases.setdefault(kind, Databases(server))

    def mosquitto(self, options: BrokerOptions) -> Broker:
        """Return a new running Mosquitto."""
        address = os.environ.get("LIANQIN_TEST_MQTT_URL")
        broker: Broker
        if address:
            broker = AddressedBroker(address, options)
            clear_retained(broker, *next(iter(broker.options.users.items()), ("", "")))
        elif compose.engine_answers():
            broker = ComposeMosquitto(self._folder(), options)
        else:
            broker = Mosquitto(*self._debian_folder(), options)
        broker.start()
        return broker

    def embedded_broker(self, options: BrokerOptions) -> Broker:
        """Return a new running broker of the demo's kind."""
        broker = EmbeddedBroker(self._folder(), options)
        broker.start()
        return broker

    def close(self) -> None:
        """End every server and remove what they wrote."""
        for databases in self._databases.values():
            databases.close()
        for server in self._postgres.values():
            server.close()
        for work in (self._work, self._debian[0] if self._debian else None):
            if work is not None:
                work.close()

    def _timescale(self) -> PostgresServer:
        address = os.environ.get("LIANQIN_TEST_DATABASE_URL")
        if address:
            server = AddressedPostgres(address)
            if server.edition == "plain":
                raise Unavailable("TimescaleDB, and the server that LIANQIN_TEST_DATABASE_URL names has none")
            return server
        if compose.engine_answers():
            return ComposePostgres(self._folder(), durable=self._durable)
        return TrixiePostgres(*self._debian_folder(), durable=self._durable)

    def _folder(self) -> WorkFolder:
        if self._work is None:
            self._work = WorkFolder(Path(tempfile.gettempdir()) / f"lianqin-tests-{os.geteuid()}")
        return self._work

    def _debian_folder(self) -> tuple[WorkFolder, Path]:
        if self._debian is None:
            root = debian_root()
            self._debian = (WorkFolder(root / "var/tmp/lianqin-tests"), root)
        return self._debian
