"""What the role that delivers apart tells Prometheus; of endpoints and what waits for them the API tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, start_http_server

from hub.deliveries.pace import Word
from hub.settings import SettingsError


@contextmanager
def counting(port: int) -> Iterator[Callable[[Word], None]]:
    """Yield what is to be told of each attempt; serve the counts on loopback where `port` is not 0."""
    registry = CollectorRegistry()
    attempts = Counter(
        "lianqin_delivery_attempts_total",
        "Webhooks sent by this process, by what came of it",
        ["outcome"],
        registry=registry,
    )
    server = None
    if port:
        try:
            server, _ = start_http_server(port, addr="127.0.0.1", registry=registry)
        except OSError as error:
            raise SettingsError(f"--metrics-port {port} cannot be used: {error.strerror}") from None
    try:
        yield lambda word: attempts.labels(word.value).inc()
    finally:
        if server is not None:
            server.shutdown()
            server.server_close()
