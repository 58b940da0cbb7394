"""Runs the API: settings and a configuration in, an HTTP server until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from hub.api.app import create_app
from hub.api.context import Hub
from hub.api.map_view import map_view_of
from hub.config.load import Configuration, detectors_file, load
from hub.config.load_dispatch import load_dispatch, warnings_at
from hub.config.scheduled import Follower, follow
from hub.config.watch import watch
from hub.config.zones_file import files_of
from hub.deliveries.lane import Sender
from hub.deliveries.pace import Word
from hub.deliveries.serve import sender_of
from hub.deliveries.serve import serve as deliver
from hub.dispatch.escalate import Clocks, keep_clocks
from hub.dispatch.follow_alerts import AlertFollower, follow_alerts
from hub.log import logger
from hub.settings import Settings, SettingsError
from hub.tuning.shadow.watch import Guard, keep_guard

log = logger("api")
GRACE_S = 5
LOOK_S = 0.1
# A peer that takes nothing for so long is dropped by the kernel, with what is buffered for it.
STALLED_MS = 60_000
WS_MOST_BYTES = 64 * 1024  # of one message that a client sends


class ListenError(SettingsError):
    """The server cannot listen on the address; the message says why."""


def serve(settings: Settings, configuration: Configuration, stop: threading.Event) -> None:
    """Serve until `stop` is set; streams end at once, other requests have a few seconds. Raises ListenError."""
    dispatch = load_dispatch(settings.dispatch, configuration.city)
    sender = _sender(settings)
    app = create_app(
        dsn=settings.database_url,
        configuration=configuration,
        dispatch=dispatch,
        mqtt_url=settings.mqtt_url,
        mqtt_ca=settings.mqtt_ca or None,
        files=(settings.city, settings.detectors),
        map_view=map_view_of(settings),
        tour=settings.tour,
        sender=sender,
        people=settings.people,
    )
    hub: Hub = app.state.hub

    def reload() -> None:
        configuration = load(settings.city, settings.detectors)
        dispatch = load_dispatch(settings.dispatch, configuration.city)  # both or neither: it names the city's grids
        hub.configuration, hub.dispatch = configuration, dispatch
        warn(hub)

    paths = [*files_of(settings.city), detectors_file(settings.city, settings.detectors)]
    paths += [settings.dispatch] if settings.dispatch else []
    threading.Thread(target=watch, args=(paths, reload, stop), name="configuration", daemon=True).start()
    clocks = Clocks(settings.database_url, lambda: hub.plan, lambda: hub.configuration.city, hub.now)
    watching = threading.Thread(target=keep_clocks, args=(clocks, stop), name="clocks", daemon=True)
    alerts = AlertFollower(settings.database_url, lambda: hub.plan, lambda: hub.configuration.city, hub.now)
    following = threading.Thread(target=follow_alerts, args=(alerts, stop), name="cases", daemon=True)
    follower = Follower(settings.database_url, (settings.city, settings.detectors), hub.now)
    configuring = threading.Thread(target=follow, args=(follower, stop), name="configurations", daemon=True)
    guard = Guard(settings.database_url, (settings.city, settings.detectors), hub.now)
    guarding = threading.Thread(target=keep_guard, args=(guard, stop), name="canaries", daemon=True)
    delivering = _deliveries(settings, sender, hub, stop)
    with listen(settings.http_host, settings.http_port) as listener:
        warn(hub)
        watching.start()
        following.start()
        configuring.start()
        guarding.start()
        if delivering is not None:
            delivering.start()
        host, port = listener.getsockname()[:2]
        log.info("listening", address=f"http://{host}:{port}", config_version=configuration.version)
        run(app, listener, stop)
    watching.join(GRACE_S)
    following.join(GRACE_S)
    configuring.join(GRACE_S)
    guarding.join(GRACE_S)
    if delivering is not None:
        delivering.join(GRACE_S)
    log.info("stopped")


def _sender(settings: Settings) -> Sender | None:
    """Return who signs and posts; None where the hub's key cannot be kept, which only stops deliveries."""
    try:
        return sender_of(settings)
    except SettingsError as error:
        if settings.secret_key or settings.deliveries_private:  # somebody set these, and set them wrongly
            raise
        log.warning("this process makes no webhook endpoints and sends nothing", reason=str(error))
        return None


def _deliveries(settings: Settings, sender: Sender | None, hub: Hub, stop: threading.Event) -> threading.Thread | None:
    """Return the thread that delivers, not started; None where this process is not to."""
    if sender is None or not settings.deliver_in_api:
        return None

    def told(word: Word) -> None:
        hub.metrics.attempts.labels(word.value).inc()

    return threading.Thread(
        target=deliver, args=(settings, sender, stop), kwargs={"told": told}, name="deliveries", daemon=True
    )


def warn(hub: Hub) -> None:
    """Write into the log what is doubtful in the dispatch plan, and which year's calendar is missing."""
    for line in warnings_at(hub.dispatch, hub.now()):
        log.warning("dispatch plan", doubt=line, plan_version=hub.plan.version)


@contextlib.contextmanager
def listen(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a socket that listens on `host` and `port` (0: any that is free); raise ListenError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(found[0], found[1])
    except OSError as error:
        raise ListenError(f"cannot listen on {host}: {error.strerror or error}") from None
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)
            listener.bind(found[4])
            listener.listen(1024)
        except OSError as error:
            raise ListenError(f"cannot listen on {host}:{port}: {error.strerror}") from None
        yield listener


def run(app: FastAPI, listener: socket.socket, stop: threading.Event) -> None:
    """Run `app` on `listener` until `stop` is set."""
    server = _Server(
        uvicorn.Config(
            app,
            access_log=False,  # the application logs each request itself, without its query
            log_config=None,
            server_header=False,
            date_header=True,
            proxy_headers=True,
            # Nobody's word on where a request came from is taken, unless the operator names his own proxy.
            forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", ""),
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=30,
            lifespan="on",
            ws="websockets-sansio",
            ws_max_size=WS_MOST_BYTES,
            ws_per_message_deflate=False,  # what goes out is JPEG
        )
    )
    asyncio.run(_serve(server, app.state.hub, listener, stop))


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def _serve(server: uvicorn.Server, hub: Hub, listener: socket.socket, stop: threading.Event) -> None:
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    while not stop.is_set() and not serving.done():
        await asyncio.sleep(LOOK_S)
    hub.tail.end()  # before the server waits for its connections: a stream would never end by itself
    server.should_exit = True
    await serving
