"""The role that delivers: hands the feed on to every endpoint and works on their lanes, until told to stop.

Any number of processes may do it at once. Each endpoint has workers of its own, so one that hangs holds up no other;
while it is paused it has none, and while it is only probed it has one.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar
from uuid import UUID

from hub import clock
from hub.deliveries.addresses import Allowed, BadTarget, allowed_from
from hub.deliveries.endpoint import Endpoint
from hub.deliveries.key_file import hub_key
from hub.deliveries.lane import LaneWorker, Sender
from hub.deliveries.pace import Word
from hub.deliveries.queue import LaneQueue, QueueUnavailable, add_jobs
from hub.log import logger
from hub.settings import Settings, SettingsError
from hub.store.deliveries import PAGE, forget_orphans, hand_on, repair
from hub.store.endpoints import NoSuchEndpoint, list_endpoints
from hub.store.read_feed import newest_seq
from hub.store.read_pool import ReadPool
from hub.store.session import StoreUnavailable
from hub.store.wait import backoff

log = logger("deliveries")
LOOK_S = 0.25
IDLE_LOOK_S = 2.0  # while nobody wants anything sent
FREE_EVERY_S = 5.0
REPAIR_EVERY_S = 15.0
STUCK_AFTER = timedelta(seconds=120)  # a lane is held for BURST_S and one attempt, and for as long as settling may take
THREADS = 8
WELL_AFTER_S = 30.0  # who worked for so long begins again with short waits
T = TypeVar("T")


def agent() -> str:
    """Return how the hub calls itself to receivers."""
    try:
        return f"Lianqin-Deliveries/{version('lianqin')}"
    except PackageNotFoundError:
        return "Lianqin-Deliveries/0"


def allowed_of(settings: Settings) -> Allowed:
    """Return what this machine allows to be connected to inside; raise SettingsError."""
    try:
        return allowed_from(settings.deliveries_private)
    except BadTarget as error:
        raise SettingsError(f"LIANQIN_DELIVERIES_PRIVATE: {error}") from None


def sender_of(settings: Settings) -> Sender:
    """Return who signs and posts with this machine's settings; raise SettingsError."""
    return Sender(hub_key(settings), allowed_of(settings), agent=agent(), now=clock.now)


def serve(
    settings: Settings, sender: Sender, stop: threading.Event, *, told: Callable[[Word], None] = lambda _: None
) -> None:
    """Deliver until `stop` is set; a database that goes away is waited for."""
    pool = ReadPool(settings.database_url, size=THREADS)
    pool.open()
    try:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="deliveries") as threads:
            asyncio.run(Deliverer(settings.database_url, pool, threads, sender, now=clock.now, told=told).run(stop))
    finally:
        pool.close()


@dataclass(slots=True)
class _Worker:
    parallel: int
    task: asyncio.Task[None]
    ending: bool = False


class Deliverer:
    """One process's part in delivering."""

    def __init__(
        self,
        dsn: str,
        pool: ReadPool,
        threads: ThreadPoolExecutor,
        sender: Sender,
        *,
        now: Callable[[], datetime],
        told: Callable[[Word], None] = lambda _: None,
    ) -> None:
        """Take the store, threads to wait for it in, and who posts."""
        self._dsn, self._pool, self._threads, self._sender, self._now = dsn, pool, threads, sender, now
        self._lanes = LaneWorker(pool, threads, sender, now=now, told=told)
        self._workers: dict[UUID, _Worker] = {}
        self._strangers: set[UUID] = set()

    async def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set."""
        waits = backoff()
        while not stop.is_set():
            queue = LaneQueue(self._dsn, self._lanes.work, now=self._now)
            begun = time.monotonic()
            try:
                await self._in_thread(self._endpoints)  # says within seconds that nobody is there; a pool waits longer
                async with queue.opened():
                    try:
                        await self._tend(queue, stop)
                    finally:
                        queue.hurry()
                        await self._end_workers()
            except (StoreUnavailable, QueueUnavailable) as error:
                if time.monotonic() - begun > WELL_AFTER_S:
                    waits = backoff()
                wait_s = next(waits)
                log.warning("deliveries wait for the database", error=_line(error), wait_s=round(wait_s, 1))
                await _paused(wait_s, stop)

    async def _tend(self, queue: LaneQueue, stop: threading.Event) -> None:
        """Look after endpoints, feed and lost jobs until `stop` is set; raise where the database is gone."""
        freed_at = repaired_at = float("-inf")
        while not stop.is_set():
            endpoints = [each for each in await self._in_thread(self._endpoints) if self._is_ours(each)]
            self._match_workers(queue, endpoints)
            busy = False
            for endpoint in await self._in_thread(partial(self._behind, endpoints)) if endpoints else ():
                busy |= await self._in_thread(partial(self._hand_on, endpoint.endpoint_id)) == PAGE
            if time.monotonic() - freed_at > FREE_EVERY_S:
                freed_at = time.monotonic()
                freed = await queue.free_held_by_the_dead()
                if freed:
                    log.warning("lanes were freed that dead workers held", lanes=freed)
            if time.monotonic() - repaired_at > REPAIR_EVERY_S:
                repaired_at = time.monotonic()
                for endpoint in endpoints:
                    await self._in_thread(partial(self._repair, endpoint.endpoint_id))
                await self._in_thread(self._forget_orphans)
            if not busy:
                await _paused(LOOK_S if endpoints else IDLE_LOOK_S, stop)

    def _match_workers(self, queue: LaneQueue, endpoints: list[Endpoint]) -> None:
        """Let each endpoint that may be sent to have the workers it may have, and no other any."""
        wanted = {each.endpoint_id: each for each in endpoints if _may_be_sent_to(each, self._now())}
        for endpoint_id, worker in list(self._workers.items()):
            endpoint = wanted.get(endpoint_id)
            if worker.task.done():
                del self._workers[endpoint_id]
                _raise_what_ended(worker.task)
            elif (endpoint is None or _parallel(endpoint) != worker.parallel) and not worker.ending:
                # It finishes what it is posting; its successor starts when it has ended.
                worker.ending = True
                worker.task.cancel()
        for endpoint_id, endpoint in wanted.items():
            if endpoint_id not in self._workers:
                parallel = _parallel(endpoint)
                task = asyncio.create_task(queue.work_on(endpoint_id, parallel=parallel))
                self._workers[endpoint_id] = _Worker(parallel, task)

    async def _end_workers(self) -> None:
        for worker in self._workers.values():
            worker.task.cancel()
        await asyncio.gather(*(worker.task for worker in self._workers.values()), return_exceptions=True)
        self._workers.clear()

    def _is_ours(self, endpoint: Endpoint) -> bool:
        """Say whether this process's key is the one the endpoint's secret comes from; where not, say so once."""
        if endpoint.key_check == self._sender.key.check(endpoint.endpoint_id):
            self._strangers.discard(endpoint.endpoint_id)
            return True
        if endpoint.endpoint_id not in self._strangers:
            self._strangers.add(endpoint.endpoint_id)
            log.error(
                "this process's key is not the one that the endpoint's secret comes from: give every process the same "
                "LIANQIN_SECRET_KEY, or rotate the secret; until then nothing is sent there",
                endpoint=str(endpoint.endpoint_id),
            )
        return False

    def _endpoints(self) -> list[Endpoint]:
        with self._pool.session() as connection:
            return list_endpoints(connection)

    def _behind(self, endpoints: list[Endpoint]) -> list[Endpoint]:
        with self._pool.session() as connection:
            newest = newest_seq(connection)
        return [each for each in endpoints if each.active and each.cursor < newest]

    def _hand_on(self, endpoint_id: UUID) -> int:
        with self._pool.session() as connection:
            return hand_on(connection, endpoint_id, at=self._now(), queue=add_jobs)

    def _repair(self, endpoint_id: UUID) -> None:
        try:
            with self._pool.session() as connection:
                freed, lost = repair(connection, endpoint_id, stuck_after=STUCK_AFTER, queue=add_jobs)
        except NoSuchEndpoint:
            return
        if freed or lost:
            log.warning("lanes were put right", endpoint=str(endpoint_id), stuck=freed, without_job=lost)

    def _forget_orphans(self) -> None:
        with self._pool.session() as connection:
            forgotten = forget_orphans(connection)
        if forgotten:
            log.info("lanes of removed endpoints were forgotten", lanes=forgotten)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _may_be_sent_to(endpoint: Endpoint, at: datetime) -> bool:
    until = endpoint.fare.paused_until
    return endpoint.active and (until is None or until <= at)


def _parallel(endpoint: Endpoint) -> int:
    return 1 if endpoint.fare.is_probed else endpoint.settings.parallel


def _raise_what_ended(task: asyncio.Task[None]) -> None:
    """Raise what a worker ended with, unless it was told to end."""
    if not task.cancelled():
        error = task.exception()
        if error is not None:
            raise QueueUnavailable(_line(error)) from error


async def _paused(wait_s: float, stop: threading.Event) -> None:
    """Wait, but not for longer than a moment after `stop` is set."""
    until = time.monotonic() + wait_s
    while not stop.is_set() and (left_s := until - time.monotonic()) > 0:
        await asyncio.sleep(min(left_s, 0.1))


def _line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
