"""MQTT brokers for tests: a place to run in, a broker that can be stopped, killed and restarted out."""

import base64
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from hub.demo import owned
from tests.support import compose
from tests.support.availability import Unavailable, skip_for
from tests.support.workfolder import WorkFolder, write_pid

_NOBODY = 65534
_START_WAIT_S = 20.0
_START_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOptions:
    """What a test may ask of a broker. No users means that anybody may connect."""

    users: Mapping[str, str] = field(default_factory=dict)
    max_inflight_messages: int = 1000
    max_queued_messages: int = 0
    autosave_interval_s: int = 1
    tls: bool = False


class Broker(Protocol):
    """A broker whose life a test may rule. Its address stays the same over restarts."""

    host: str
    port: int
    speaks_mqtt5: bool
    keeps_sessions_over_restart: bool

    @property
    def url(self) -> str:
        """Return the address as `LIANQIN_MQTT_URL` takes it, with the first user's name and password."""
        ...

    def start(self) -> None:
        """Start the broker if it does not run, and wait until it accepts connections."""
        ...

    def stop(self) -> None:
        """Stop in order: what is persistent is written."""
        ...

    def kill(self) -> None:
        """Kill at once: what was not yet written is lost."""
        ...

    def restart(self) -> None:
        """Stop and start."""
        ...

    def pause(self) -> None:
        """Freeze: connections stay open and nothing answers."""
        ...

    def resume(self) -> None:
        """Thaw."""
        ...

    def close(self) -> None:
        """End for good."""
        ...


class _ProcessBroker:
    """What both brokers share that are processes of ours: a port kept over restarts, and a life."""

    host = "127.0.0.1"
    _mark = ""

    def __init__(self, folder: Path, options: BrokerOptions) -> None:
        self.port = _free_port()
        self.options = options
        self.ca_certificate: Path | None = None
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        scheme = "mqtts" if self.options.tls else "mqtt"
        user = "".join(f"{quote(name)}:{quote(word)}@" for name, word in list(self.options.users.items())[:1])
        return f"{scheme}://{user}{self.host}:{self.port}"

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        self.resume()
        if self.pid is not None:
            return
        for _ in range(_START_TRIES):
            self._process = self._spawn()
            write_pid(self._folder, self._process.pid)
            if self._accepts(self._process):
                return
            if "in use" not in self.log:
                break
            self.port = _free_port()  # somebody was quicker
        raise Unavailable(f"a broker that starts; this one said: {self.log[-2000:]}")

    def stop(self) -> None:
        self.resume()
        self._end((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))

    def kill(self) -> None:
        self._end((signal.SIGKILL, 10.0))

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        if self.pid is not None:
            os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        if self.pid is not None:
            os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        raise NotImplementedError

    def _end(self, *steps: tuple[signal.Signals, float]) -> None:
        if self._process is not None:
            owned.end(self._process.pid, self._mark, steps)
            self._process.wait()
            self._process = None

    def _accepts(self, process: "subprocess.Popen[bytes]") -> bool:
        deadline = time.monotonic() + _START_WAIT_S
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((self.host, self.port)) == 0:
                    return True
            time.sleep(0.02)
        return False


class Mosquitto(_ProcessBroker):
    """Mosquitto from a private Debian folder, with persistence."""

    speaks_mqtt5 = True
    keeps_sessions_over_restart = True

    def __init__(self, work: WorkFolder, root: Path, options: BrokerOptions) -> None:
        super().__init__(work.folder("mosquitto"), options)
        self._root = root
        self._inside = f"/{self._folder.relative_to(root)}"
        self._mark = f"{self._inside}/"
        if options.tls:
            self.ca_certificate = _make_certificates(root, self._folder)
        _write_users(self._folder, options)
        for path in [self._folder, *self._folder.iterdir()]:
            os.chown(path, _NOBODY, _NOBODY)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        configuration = self._folder / "mosquitto.conf"
        configuration.write_text(mosquitto_configuration(self.options, self.port, self.host, self._inside))
        with (self._folder / "log").open("wb") as log:
            return owned.spawn(
                ["/usr/sbin/mosquitto", "-c", f"{self._inside}/mosquitto.conf"],
                output=log,
                identity=owned.Identity(uid=_NOBODY, gid=_NOBODY, root=self._root),
                environment={"PATH": "/usr/sbin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            )


class EmbeddedBroker(_ProcessBroker):
    """The demo's broker, in a process of its own."""

    speaks_mqtt5 = False
    keeps_sessions_over_restart = False

    def __init__(self, work: WorkFolder, options: BrokerOptions) -> None:
        super().__init__(work.folder("broker"), options)
        self._mark = "hub.demo.broker"

    def _spawn(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "hub.demo.broker", "--host", self.host, "--port", str(self.port)]
        environment = dict(os.environ)
        for name, word in list(self.options.users.items())[:1]:
            environment |= {"LIANQIN_BROKER_USER": name, "LIANQIN_BROKER_PASSWORD": word}
        with (self._folder / "log").open("wb") as log:
            return owned.spawn(command, output=log, environment=environment)


class ComposeMosquitto:
    """Mosquitto, run by Docker Compose."""

    host = "127.0.0.1"
    speaks_mqtt5 = True
    keeps_sessions_over_restart = True

    def __init__(self, work: WorkFolder, options: BrokerOptions) -> None:
        if options.tls:
            raise Unavailable("Mosquitto with TLS, which the tests set up in a private Debian folder only")
        folder = work.folder("mosquitto")
        _write_users(folder, options)
        (folder / "mosquitto.conf").write_text(mosquitto_configuration(options, 1883, "0.0.0.0", "/mosquitto/test"))
        folder.chmod(0o777)
        self.options = options
        self.port = _free_port()
        self._project = compose.Project(folder, "mosquitto", {"LIANQIN_TEST_PORT": str(self.port)})

    @property
    def url(self) -> str:
        """Return the address with the first user's name and password."""
        user = "".join(f"{quote(name)}:{quote(word)}@" for name, word in list(self.options.users.items())[:1])
        return f"mqtt://{user}{self.host}:{self.port}"

    def start(self) -> None:
        """Start or thaw."""
        self._project.unpause()
        self._project.up()

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


class AddressedBroker:
    """A broker that somebody else runs: it can be used, but not stopped.

    Before each test what is retained below `city/` is cleared; sessions that a test leaves behind stay.
    """

    speaks_mqtt5 = True
    keeps_sessions_over_restart = True

    def __init__(self, url: str, options: BrokerOptions) -> None:
        if options != BrokerOptions():
            raise Unavailable("a broker that tests may configure; LIANQIN_TEST_MQTT_URL names one they may not")
        parts = urlsplit(url)
        user = {unquote(parts.username): unquote(parts.password or "")} if parts.username else {}
        self.options = BrokerOptions(users=user, tls=parts.scheme == "mqtts")
        self.url = url
        self.host = parts.hostname or "127.0.0.1"
        self.port = parts.port or 1883

    def start(self) -> None:
        """Do nothing: it runs."""

    def resume(self) -> None:
        """Do nothing: it was never paused."""

    def close(self) -> None:
        """Leave it running."""

    def stop(self) -> None:
        """Refuse."""
        skip_for(Unavailable("a broker that tests may stop; LIANQIN_TEST_MQTT_URL names one they may not"))

    kill = restart = pause = stop


def mosquitto_configuration(options: BrokerOptions, port: int, host: str, folder: str) -> str:
    """Return a mosquitto.conf for a broker whose files lie in `folder`."""
    lines = [
        "per_listener_settings false",
        f"listener {port} {host}",
        "set_tcp_nodelay true",
        "persistence true",
        f"persistence_location {folder}/",
        f"autosave_interval {options.autosave_interval_s}",
        f"max_inflight_messages {options.max_inflight_messages}",
        f"max_queued_messages {options.max_queued_messages}",
        "log_dest stdout",
        "log_type error",
        "log_type warning",
        "log_type notice",
    ]
    if options.users:
        lines += ["allow_anonymous false", f"password_file {folder}/users"]
    else:
        lines += ["allow_anonymous true"]
    if options.tls:
        lines += [f"certfile {folder}/server.pem", f"keyfile {folder}/server.key"]
    return "\n".join(lines) + "\n"


def _write_users(folder: Path, options: BrokerOptions) -> None:
    """Write Mosquitto's password file: PBKDF2 with SHA-512, as its own tool writes it."""
    lines = []
    for name, word in options.users.items():
        salt = secrets.token_bytes(12)
        hashed = hashlib.pbkdf2_hmac("sha512", word.encode(), salt, 101)
        lines.append(f"{name}:$7$101${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}\n")
    users = folder / "users"
    users.write_text("".join(lines))
    users.chmod(0o600)


def _make_certificates(root: Path, folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 and localhost that is its own authority; return it."""
    key, certificate = folder / "server.key", folder / "server.pem"
    inside = [f"/{path.relative_to(root)}" for path in (key, certificate)]
    command = ["chroot", str(root), "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "3650", "-subj", "/CN=localhost", "-keyout", inside[0], "-out", inside[1]]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    certificate.chmod(0o644)
    return certificate


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
