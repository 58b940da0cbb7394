"""What every test may ask for: real servers, fresh databases, brokers. Missing ones are named last and loudly."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.support.availability import Missed, Unavailable, skip_for
from tests.support.brokers import Broker, BrokerOptions
from tests.support.databases import Database
from tests.support.postgres_servers import PostgresServer
from tests.support.servers import Servers

# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile("lianqin", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lianqin")

_MISSED = pytest.StashKey[Missed]()
_EDITIONS = [
    pytest.param("plain", id="plain"),
    pytest.param("timescale", id="timescale", marks=pytest.mark.timescale),
]
_BROKERS = [
    pytest.param("embedded", id="embedded"),
    pytest.param("mosquitto", id="mosquitto", marks=pytest.mark.mosquitto),
]

MakeBroker = Callable[..., Broker]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The real servers of this run, started when first asked for."""
    made = Servers()
    yield made
    made.close()


@pytest.fixture
def postgres_server(servers: Servers) -> PostgresServer:
    """The embedded PostgreSQL without TimescaleDB, running."""
    return _postgres(servers, "plain")


@pytest.fixture
def timescale_server(servers: Servers) -> PostgresServer:
    """A real TimescaleDB, running."""
    return _postgres(servers, "timescale")


@pytest.fixture(params=_EDITIONS)
def database(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database with the hub's schema, on each server there is."""
    yield from _database(servers, request.param, migrated=True)


@pytest.fixture(params=_EDITIONS)
def empty_database(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database with nothing in it, on each server there is."""
    yield from _database(servers, request.param, migrated=False)


@pytest.fixture
def plain_database(servers: Servers) -> Iterator[Database]:
    """A fresh database with the hub's schema on plain PostgreSQL, for tests to which the edition says nothing."""
    yield from _database(servers, "plain", migrated=True)


@pytest.fixture
def timescale_database(servers: Servers) -> Iterator[Database]:
    """A fresh database with the hub's schema on TimescaleDB."""
    yield from _database(servers, "timescale", migrated=True)


@pytest.fixture
def make_mosquitto(servers: Servers) -> Iterator[MakeBroker]:
    """Make a fresh Mosquitto: `make_mosquitto(users={"u": "p"}, tls=True, max_inflight_messages=20, …)`."""
    yield from _brokers(servers.mosquitto)


@pytest.fixture
def make_embedded_broker(servers: Servers) -> Iterator[MakeBroker]:
    """Make a fresh broker of the demo's kind: `make_embedded_broker(users={"u": "p"})`."""
    yield from _brokers(servers.embedded_broker)


@pytest.fixture
def mosquitto(make_mosquitto: MakeBroker) -> Broker:
    """A fresh Mosquitto with persistence that lets anybody in."""
    return make_mosquitto()


@pytest.fixture
def embedded_broker(make_embedded_broker: MakeBroker) -> Broker:
    """A fresh broker of the demo's kind that lets anybody in."""
    return make_embedded_broker()


@pytest.fixture(params=_BROKERS)
def broker(request: pytest.FixtureRequest) -> Broker:
    """A fresh broker, of each kind there is."""
    made: Broker = request.getfixturevalue("embedded_broker" if request.param == "embedded" else "mosquitto")
    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that ask for a real server by name, so that `-m` finds them.

    No two may have one name: of those pytest-xdist runs only the first, and says nothing.
    """
    twice = [name for name, count in Counter(item.nodeid for item in items).items() if count > 1]
    if twice:
        raise pytest.UsageError(f"several tests are called {', '.join(twice)}")
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & {"timescale_server", "timescale_database"}:
            item.add_marker(pytest.mark.timescale)
        if names & {"mosquitto", "make_mosquitto"}:
            item.add_marker(pytest.mark.mosquitto)


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing missed. Tracebacks in logs are plain: structlog's pretty ones take half a minute."""
    config.stash[_MISSED] = Missed()
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Collect the tests that were skipped because a server was missing."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        config.stash[_MISSED].note(report.nodeid, reason)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Say what was missed after everything else has been said."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    for line in config.stash[_MISSED].lines():
        if reporter is not None:
            reporter.write_line(line, red=True, bold=True)


def _postgres(servers: Servers, kind: str) -> PostgresServer:
    try:
        return servers.postgres(kind)
    except Unavailable as error:
        skip_for(error)
        raise


def _database(servers: Servers, kind: str, *, migrated: bool) -> Iterator[Database]:
    try:
        databases = servers.databases(kind)
    except Unavailable as error:
        skip_for(error)
        raise
    made = databases.migrated() if migrated else databases.empty()
    yield made
    databases.drop(made)


def _brokers(start: Callable[[BrokerOptions], Broker]) -> Iterator[MakeBroker]:
    made: list[Broker] = []

    def make(**options: object) -> Broker:
        try:
            broker = start(BrokerOptions(**options))  # type: ignore[arg-type]
        except Unavailable as error:
            skip_for(error)
            raise
        made.append(broker)
        return broker

    yield make
    for broker in made:
        broker.close()
