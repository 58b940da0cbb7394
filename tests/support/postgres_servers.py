"""Real PostgreSQL servers for tests: a place to run in, a server that can be stopped, killed and frozen out."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import psutil
import psycopg
from psycopg import sql

from hub.demo import owned
from hub.demo.postgres import EmbeddedPostgres
from tests.support import compose
from tests.support.availability import Unavailable, skip_for
from tests.support.trixie import POSTGRES
from tests.support.workfolder import WorkFolder, write_pid

# A test server may lose its data with the machine, but not with its process: killing it proves as much as ever.
_FAST = {"fsync": "off", "full_page_writes": "off", "max_connections": "200", "shared_buffers": "64MB"}
# What is measured must survive the machine too, so there every commit waits for the disk.
_DURABLE = {"fsync": "on", "full_page_writes": "on", "max_connections": "200", "shared_buffers": "256MB"}

# With background workers every fresh database would be held open by its scheduler, which makes cloning and
# dropping slow and racy. Tests run a policy by calling it.
_TIMESCALE = {
    "shared_preload_libraries": "timescaledb",
    "timescaledb.max_background_workers": "0",
    "timescaledb.telemetry_level": "off",
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "dynamic_shared_memory_type": "mmap",  # the private root has no /dev/shm
    "jit": "off",
}

_NOBODY = owned.Identity(uid=65534, gid=65534)
_START_WAIT_S = 60.0


class PostgresServer(Protocol):
    """A server whose life a test may rule."""

    edition: str

    def dsn(self, database: str) -> str:
        """Return the address of `database`; it stays the same over restarts."""
        ...

    def start(self) -> None:
        """Start the server if it does not run, resume it if it is paused, and wait until it answers."""
        ...

    def stop(self) -> None:
        """Stop the server in order, ending its connections."""
        ...

    def kill(self) -> None:
        """Kill the server at once."""
        ...

    def restart(self) -> None:
        """Stop and start."""
        ...

    def pause(self) -> None:
        """Freeze the server: it accepts nothing and answers nothing until `resume`."""
        ...

    def resume(self) -> None:
        """Thaw what `pause` froze."""
        ...

    def close(self) -> None:
        """End the server for good."""
        ...


class PlainPostgres:
    """The embedded PostgreSQL, without TimescaleDB."""

    edition = "plain"

    def __init__(self, work: WorkFolder) -> None:
        self._server = EmbeddedPostgres(work.folder("plain"), settings=_FAST)
        self._paused: list[int] = []

    def dsn(self, database: str) -> str:
        """Return the address of `database`."""
        return self._server.dsn(database)

    def start(self) -> None:
        """Start or resume."""
        self.resume()
        self._server.start()

    def stop(self) -> None:
        """Stop in order."""
        self.resume()
        self._server.stop()

    def kill(self) -> None:
        """Kill at once."""
        self._server.kill()

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the server with its backends."""
        if self._server.pid is not None:
            self._paused = _freeze(self._server.pid)

    def resume(self) -> None:
        """Thaw."""
        self._paused = _thaw(self._paused)

    def close(self) -> None:
        """End for good."""
        self.stop()


class TrixiePostgres:
    """TimescaleDB (Apache edition) on PostgreSQL 17 from a private Debian folder."""

    def __init__(self, work: WorkFolder, root: Path, *, durable: bool = False) -> None:
        """Prepare a server in `work`, which lies inside `root`; `durable`: a commit waits for the disk."""
        self._root = root
        self._settings = {**(_DURABLE if durable else _FAST), **_TIMESCALE}
        self._folder = work.folder("timescale")
        # The kernel takes 107 bytes as a socket's path, and a cache folder may lie deep.
        for old in Path(tempfile.gettempdir()).glob("lianqin-socket-*"):
            if old.is_symlink() and not old.exists():
                old.unlink(missing_ok=True)  # a killed run's, whose folder was swept away
        self._link = Path(tempfile.gettempdir()) / f"lianqin-socket-{secrets.token_hex(6)}"
        self._link.symlink_to(self._folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._paused: list[int] = []
        self.edition = "apache"
        for name in ("", "socket"):
            (self._folder / name).mkdir(exist_ok=True)
            os.chown(self._folder / name, 65534, 65534)
        self._initialise()

    def dsn(self, database: str) -> str:
        """Return the address of `database`."""
        return f"postgresql://lianqin@/{database}?host={quote(f'{self._link}/socket', safe='')}"

    def start(self) -> None:
        """Start or resume."""
        self.resume()
        if self._process is not None and self._process.poll() is None:
            return
        inside = self._inside()
        command = [f"{POSTGRES}/postgres", "-D", f"{inside}/data", "-k", f"{inside}/socket", "-p", "5432"]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        self._process = self._spawn(command, signal.SIGINT)
        write_pid(self._folder, self._process.pid)
        _wait_until_it_answers(self.dsn("postgres"), self._process, self._folder / "log")

    def stop(self) -> None:
        """Stop in order."""
        self.resume()
        self._end((signal.SIGINT, 20.0), (signal.SIGKILL, 5.0))

    def kill(self) -> None:
        """Kill at once."""
        self._end((signal.SIGKILL, 10.0))
        self._paused = []

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the server with its backends."""
        if self._process is not None:
            self._paused = _freeze(self._process.pid)

    def resume(self) -> None:
        """Thaw."""
        self._paused = _thaw(self._paused)

    def close(self) -> None:
        """End for good."""
        self.stop()
        self._link.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _inside(self) -> str:
        return f"/{self._folder.relative_to(self._root)}"

    def _spawn(self, command: list[str], death_signal: signal.Signals) -> "subprocess.Popen[bytes]":
        identity = owned.Identity(uid=_NOBODY.uid, gid=_NOBODY.gid, root=self._root)
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        with (self._folder / "log").open("ab") as log:
            return owned.spawn(
                command, output=log, death_signal=death_signal, identity=identity, environment=environment
            )

    def _initialise(self) -> None:
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--username=lianqin"]
        made = self._spawn([f"{POSTGRES}/initdb", *options, f"--pgdata={self._inside()}/data"], signal.SIGTERM)
        if made.wait() != 0:
            raise Unavailable(f"TimescaleDB, whose initdb failed; see {self._folder / 'log'}")

    def _end(self, *steps: tuple[signal.Signals, float]) -> None:
        if self._process is not None:
            owned.end(self._process.pid, f"{self._inside()}/", steps)
            self._process.wait()
            self._process = None


class ComposePostgres:
    """TimescaleDB's community edition, run by Docker Compose."""

    edition = "community"

    def __init__(self, work: WorkFolder, *, durable: bool = False) -> None:
        """Prepare a server; `durable`: a commit waits for the disk."""
        environment = {"LIANQIN_TEST_FSYNC": "on" if durable else "off"}
        self._project = compose.Project(work.folder("compose"), "timescaledb", environment)
        self._port = 0

    def dsn(self, database: str) -> str:
        """Return the address of `database`."""
        return f"postgresql://lianqin:lianqin@127.0.0.1:{self._port}/{database}"

    def start(self) -> None:
        """Start or resume."""
        self._project.unpause()
        self._project.up()
        self._port = self._project.published_port(5432)
        _wait_until_it_answers(self.dsn("postgres"), None, None)

    def stop(self) -> None:
        """Stop in order."""
        self._project.unpause()
        self._project.stop()

    def kill(self) -> None:
        """Kill at once."""
        self._project.kill()

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze."""
        self._project.pause()

    def resume(self) -> None:
        """Thaw."""
        self._project.unpause()

    def close(self) -> None:
        """End for good."""
        self._project.down()


class AddressedPostgres:
    """A server that somebody else runs: it can be used, but not stopped."""

    def __init__(self, address: str) -> None:
        self._parts = urlsplit(address)
        self.edition = self._find_edition(address)

    def _find_edition(self, address: str) -> str:
        """Ask a database made for the purpose: the licence is known only where the extension is loaded."""
        name = sql.Identifier(f"test_{secrets.token_hex(6)}")
        with psycopg.connect(address, autocommit=True) as connection:
            wanted = "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"
            if connection.execute(wanted).fetchone() is None:
                return "plain"
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
            try:
                with psycopg.connect(self.dsn(name.as_string().strip('"')), autocommit=True) as inside:
                    inside.execute("CREATE EXTENSION timescaledb")
                    found = inside.execute("SELECT current_setting('timescaledb.license')").fetchone()
            finally:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        return "apache" if found == ("apache",) else "community"

    def dsn(self, database: str) -> str:
        """Return the address of `database`."""
        return urlunsplit(self._parts._replace(path=f"/{quote(database)}"))

    def start(self) -> None:
        """Do nothing: it runs."""

    def resume(self) -> None:
        """Do nothing: it was never paused."""

    def close(self) -> None:
        """Leave it running."""

    def stop(self) -> None:
        """Refuse."""
        skip_for(Unavailable("a TimescaleDB that tests may stop; LIANQIN_TEST_DATABASE_URL names one they may not"))

    kill = restart = pause = stop


def _freeze(postmaster: int) -> list[int]:
    """Stop the postmaster and its children; return their pids."""
    os.kill(postmaster, signal.SIGSTOP)
    frozen = [postmaster, *(child.pid for child in psutil.Process(postmaster).children())]
    for pid in frozen:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    return frozen


def _thaw(frozen: list[int]) -> list[int]:
    for pid in reversed(frozen):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    return []


def _wait_until_it_answers(dsn: str, process: "subprocess.Popen[bytes] | None", log: Path | None) -> None:
    deadline = time.monotonic() + _START_WAIT_S
    while True:
        try:
            psycopg.connect(dsn, connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            ended = process is not None and process.poll() is not None
            if ended or time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-2000:] if log else ""
                raise Unavailable(f"a database server that starts; this one said: {error}\n{tail}") from error
        time.sleep(0.05)
