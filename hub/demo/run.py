"""`lianqin demo`: an embedded database and broker, the three roles and a living city, until Ctrl-C or for a given time.

The roles run exactly as in production: as processes of their own, told where things are by `LIANQIN_*`.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from hub import clock
from hub.demo.cameras import CAMERAS
from hub.demo.citizens import FrontEnd
from hub.demo.city_plan import city_document, write_base_map, write_files
from hub.demo.desktop import has_desktop, open_window
from hub.demo.dispatch_plan import write_dispatch
from hub.demo.hub_client import HubClient, HubSilent
from hub.demo.people import NAMES, ensure_people
from hub.demo.postgres import EmbeddedPostgres, PostgresError
from hub.demo.processes import Processes
from hub.demo.show import Show
from hub.demo.snapshot import snapshot
from hub.demo.tour import tour_path, write_tour
from hub.settings import Settings
from hub.store.migrate import MigrationError, migrate
from hub.store.tokens import TokenRefused, ensure_token

READY_S = 60.0
LEAD_S = 2.0  # the city begins this long after everything stands


class DemoError(RuntimeError):
    """The demo cannot run; the message says why and what would help."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports of what lies outside the hub, drawn freely at each start."""

    broker: int
    cameras: dict[str, int]


def run(settings: Settings, *, for_s: float | None, may_open: bool = True) -> int:
    """Run the demo until SIGINT, SIGTERM or `for_s` seconds after it is ready; return the exit status.

    On a desktop the browser is opened on the board, unless `may_open` is false.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    folder = settings.data.absolute() / "demo"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(f"{folder} cannot be made ({error.strerror}); choose another with LIANQIN_DATA") from None
    began = time.monotonic()
    with _alone(folder):
        _require_free(settings.http_host, settings.http_port)
        processes = Processes(folder, mark=_mark(folder))
        for name in processes.end_leftovers():
            print(f"ended the {name} that an earlier demo left behind")
        print("starting the database …", flush=True)
        database = EmbeddedPostgres(folder / "postgres")
        try:
            try:
                dsn = database.start()
                migrate(dsn)
                token = _token(settings, folder)
                ensure_token(dsn, name="demo", role="admin", token=token)
                password, ticket = ensure_people(dsn, folder)
            except (PostgresError, MigrationError) as error:
                raise DemoError(str(error)) from None
            except TokenRefused as error:
                raise DemoError(f"LIANQIN_DEMO_TOKEN: {error}") from None
            demo = _Demo(settings, folder, dsn, token, processes, stop, (password, ticket))
            demo.run(began, for_s, may_open=may_open and has_desktop(os.environ, terminal=sys.stdout.isatty()))
        finally:
            processes.stop()
            database.stop()
    print("everything has stopped", flush=True)
    return 0


class _Demo:
    def __init__(
        self,
        settings: Settings,
        folder: Path,
        dsn: str,
        token: str,
        processes: Processes,
        stop: threading.Event,
        people: tuple[str, str],
    ) -> None:
        self._password, self._ticket = people
        self._settings, self._folder, self._dsn, self._token = settings, folder, dsn, token
        self._processes, self._stop = processes, stop
        self._address = f"http://{_shown_host(settings.http_host)}:{settings.http_port}"
        self._client = HubClient(self._address, token)
        self._link = f"{self._address}/#ticket={self._ticket}"
        self._environment = folder / "env"

    def run(self, began: float, for_s: float | None, *, may_open: bool) -> None:
        ports = _draw_ports()
        city = city_document(ports.cameras)
        city_file, detectors_file = write_files(self._folder, ports.cameras)
        today = clock.now().astimezone(ZoneInfo(city["timezone"])).date()
        dispatch_file = write_dispatch(self._folder, today)
        print("starting the broker, the roles and the city …", flush=True)
        self._start_roles(ports, city_file, detectors_file, dispatch_file)
        self._await_api()
        after = self._client.newest_seq()
        self._start_city(ports, city, city_file)
        show = Show(timezone=city["timezone"])
        self._greet(show, began, for_s)
        if may_open:
            open_window(self._link)
        ready = time.monotonic()
        end = ready + for_s if for_s is not None else None
        feed = threading.Thread(target=self._follow_feed, args=(show, after), daemon=True)
        feed.start()
        self._start_front_end(city)
        while not self._stop.wait(1.0) and (end is None or time.monotonic() < end):
            for line in self._processes.watch():
                show.say(line)
            show.summary(self._summary(show, time.monotonic() - ready))
        self._stop.set()
        self._processes.stop(("telemetry", "cameras"))
        show.closing(time.monotonic() - ready)

    def _start_roles(self, ports: Ports, city_file: Path, detectors_file: Path, dispatch_file: Path) -> None:
        told = {
            "LIANQIN_DATABASE_URL": self._dsn,
            "LIANQIN_MQTT_URL": f"mqtt://127.0.0.1:{ports.broker}",
            "LIANQIN_CITY": str(city_file),
            "LIANQIN_DETECTORS": str(detectors_file),
            "LIANQIN_DISPATCH": str(dispatch_file),
            "LIANQIN_BASE_MAP": str(write_base_map(self._folder)),
            "LIANQIN_TOUR": str(tour_path(self._folder)),
            "LIANQIN_HTTP_HOST": self._settings.http_host,
            "LIANQIN_HTTP_PORT": str(self._settings.http_port),
            "LIANQIN_DATA": str(self._folder),
        }
        _write_environment(self._environment, told)
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "LIANQIN_LOG_FORMAT": "json", **told}
        self._part("broker", {"port": ports.broker})
        for role in ("api", "ingest", "vision", "tuning"):
            self._processes.start(
                role, [sys.executable, "-m", "hub.cli", role, "--mark", _mark(self._folder)], environment
            )

    def _start_city(self, ports: Ports, city: dict[str, Any], city_file: Path) -> None:
        starts_at = clock.now() + timedelta(seconds=LEAD_S)
        write_tour(self._folder, city, starts_at)
        started_at = starts_at.isoformat()
        self._part("cameras", {"ports": ports.cameras, "started_at": started_at, "timezone": city["timezone"]})
        self._part(
            "telemetry",
            {"mqtt": f"mqtt://127.0.0.1:{ports.broker}", "city_file": str(city_file), "started_at": started_at},
        )

    def _start_front_end(self, city: dict[str, Any]) -> None:
        token = _secret(self._folder / "reports-token")
        ensure_token(self._dsn, name="市民热线（演示）", role="reports", token=token)
        zone, began = ZoneInfo(city["timezone"]), time.monotonic()

        def photo(camera_id: str) -> bytes:
            return snapshot(camera_id, clock.now().astimezone(zone), time.monotonic() - began)

        front_end = FrontEnd(self._address, token, city, photo, self._stop)
        threading.Thread(target=front_end.run, args=(LEAD_S,), name="front end", daemon=True).start()

    def _part(self, name: str, order: dict[str, Any]) -> None:
        command = [sys.executable, "-m", "hub.demo.parts", name, json.dumps({**order, "mark": _mark(self._folder)})]
        self._processes.start(name, command, {**os.environ, "PYTHONUNBUFFERED": "1"})

    def _await_api(self) -> None:
        deadline = time.monotonic() + READY_S
        while not self._client.is_live():
            for line in self._processes.watch():
                print(line, flush=True)
            if self._stop.wait(0.2):
                raise DemoError("stopped before it was ready")
            if time.monotonic() > deadline:
                raise DemoError(f"the API did not answer within {READY_S:.0f} s; see {self._processes.log('api')}")

    def _follow_feed(self, show: Show, after: int) -> None:
        while not self._stop.is_set():
            try:
                for item in self._client.feed(after, wait_s=5):
                    after = item["seq"]
                    show.item(item)
            except HubSilent:
                self._stop.wait(1.0)

    def _summary(self, show: Show, seconds: float) -> str:
        try:
            ledger = self._client.totals()
            counts = (
                f"received {ledger['received']:,} = stored {ledger['stored']:,} + duplicate {ledger['duplicate']:,} "
                f"+ quarantined {ledger['quarantined']:,}"
            )
        except HubSilent:
            counts = "the API does not answer"
        open_now = show.raised.total() - show.cleared.total()
        return f"{_minutes(seconds)}  {counts} | raised {show.raised.total()}, still open {max(open_now, 0)}"

    def _greet(self, show: Show, began: float, for_s: float | None) -> None:
        ending = f"It ends by itself after {for_s:.0f} s." if for_s is not None else "Ctrl-C stops it."
        show.say(
            f"\nLianqin 联勤 runs   (ready after {time.monotonic() - began:.1f} s)\n"
            f"  open    {self._link}   (signs in once, within 15 minutes)\n"
            f"  people  {', '.join(NAMES)}; everybody's password: {self._password}\n"
            f"  others  . {self._environment}; {_lianqin()} session-ticket --link --user operator\n"
            f"  token   {self._token}\n"
            f'  try     curl -H "Authorization: Bearer {self._token}" {self._address}/api/v1/alerts\n'
            f"  files   {self._folder}\n"
            f"The city comes to life; within four minutes alerts of every kind arrive. {ending}\n"
        )


def _draw_ports() -> Ports:
    with _sockets(1 + len(CAMERAS)) as found:
        numbers = [sock.getsockname()[1] for sock in found]
    return Ports(numbers[0], {camera.camera_id: port for camera, port in zip(CAMERAS, numbers[1:], strict=True)})


@contextmanager
def _sockets(count: int) -> Iterator[list[socket.socket]]:
    found = [socket.socket() for _ in range(count)]
    try:
        for sock in found:
            sock.bind(("127.0.0.1", 0))
        yield found
    finally:
        for sock in found:
            sock.close()


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise DemoError(f"LIANQIN_HTTP_HOST is {host!r}: {error.strerror}") from None
    with closing(socket.socket(family, kind)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(address)
        except OSError as error:
            raise DemoError(
                f"{host}:{port} is not free ({error.strerror}); choose another with LIANQIN_HTTP_PORT"
            ) from None


@contextmanager
def _alone(folder: Path) -> Iterator[IO[str]]:
    with (folder / "lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoError(f"a demo already runs on {folder}; stop it or choose another LIANQIN_DATA") from None
        yield held


def _token(settings: Settings, folder: Path) -> str:
    if settings.demo_token:
        return settings.demo_token
    return _secret(folder / "token")


def _secret(path: Path) -> str:
    """Return the token kept at `path`, made at the first start."""
    if path.exists() and (kept := path.read_text().strip()):
        return kept
    token = "lq_" + secrets.token_urlsafe(32)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(token + "\n")
    return token


def _write_environment(path: Path, told: Mapping[str, str]) -> None:
    """Write what the roles are told as a file for a shell, so that every command of `lianqin` works on the demo."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("# What the demo's roles are told, written anew at every start; for `. FILE` in a shell.\n")
        file.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in told.items())


def _lianqin() -> str:
    """Return how to call `lianqin` from where the demo was started."""
    command = Path(sys.executable).with_name("lianqin")
    try:
        return shlex.quote(str(command.relative_to(Path.cwd())))
    except ValueError:
        return shlex.quote(str(command))


def _mark(folder: Path) -> str:
    return f"lianqin-demo:{folder}"


def _shown_host(host: str) -> str:
    shown = "127.0.0.1" if host in ("", "0.0.0.0", "::") else host
    return f"[{shown}]" if ":" in shown else shown


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
