"""Repeats maintenance beside a role: an address and a clock in, a tidy database out, until asked to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from hub.log import logger
from hub.store.maintain import Keep, end_shelvings, maintain
from hub.store.session import StoreUnavailable

log = logger("upkeep")

MAINTAIN_EVERY_S = 600.0
SHELVINGS_EVERY_S = 5.0


def keep_up(
    dsn: str,
    *,
    keep: Keep,
    now: Callable[[], datetime],
    stop: threading.Event,
    every_s: float = MAINTAIN_EVERY_S,
    shelvings_every_s: float = SHELVINGS_EVERY_S,
) -> None:
    """End shelvings in time and maintain the database now and then, until `stop`; wait for a database that is away.

    Several may run at once: one of them does the work, the others find nothing to do.
    """
    since_s = every_s
    while not stop.is_set():
        try:
            ended = end_shelvings(dsn, now())
            if ended:
                log.info("shelving ended", alerts=ended)
            if since_s >= every_s:
                for line in maintain(dsn, now=now(), keep=keep):
                    log.info("maintained", what=line)
                since_s = 0.0
        except StoreUnavailable as error:
            log.warning("upkeep waits for the database", error=str(error))
        stop.wait(shelvings_every_s)
        since_s += shelvings_every_s
