"""The queue: which lanes are to be worked on, and when. The one file that knows procrastinate.

A job stands for a lane of an endpoint (`case/…` or `alert/…`) with something pending, never for one delivery: so there
are as many jobs as lanes, looking for the next one stays cheap, and what of a lane comes first is read from our own
table. The library holds a lane to one worker (`lock`), wakes workers, and notices those that died.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from hub.log import logger

log = logger("deliveries")
TASK = "lianqin.deliver"
HEARTBEAT_S = 5.0
DEAD_AFTER_S = 20.0  # a worker that said nothing for so long is dead, and what it held is free
POLL_S = 1.0  # a lost notification costs at most this long
FINISH_S = 30.0  # a worker that is to end finishes what it is posting: cut off, it would be posted a second time
HURRIED_S = 3.0  # for so long only when the process is to end
UNEXPECTED = timedelta(seconds=30)

Work = Callable[[UUID, str], Awaitable[None]]

# It reports each lost connection with a traceback; who runs the queue says it once, in one line.
logging.getLogger("procrastinate").setLevel(logging.CRITICAL)


class QueueUnavailable(RuntimeError):
    """The database cannot be used now; the same may succeed later."""


class Again(Exception):
    """The lane is to be looked at again, not before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"again at {until.isoformat()}")
        self.until = until


class _Always(BaseRetryStrategy):
    """No job ever fails for good: what it stands for waits in our table."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        if isinstance(exception, Again):
            return RetryDecision(retry_at=exception.until)
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_at=self._now())
        log.error("a lane could not be worked on; it is tried again", lane=job.lock, error=repr(exception))
        return RetryDecision(retry_at=self._now() + UNEXPECTED)


_ADDER = App(connector=SyncPsycopgConnector())  # never opened: jobs are added on the caller's connection only


def add_jobs(connection: Any, endpoint_id: UUID, lanes: Sequence[str]) -> None:
    """Add a job for each of `lanes` in the transaction of `connection`."""
    queue = str(endpoint_id)
    _ADDER.job_manager.batch_defer_jobs(
        [
            Job(
                id=None,
                queue=queue,
                lock=lock_of(endpoint_id, lane),
                queueing_lock=None,
                task_name=TASK,
                task_kwargs={"endpoint_id": queue, "lane": lane},
            )
            for lane in lanes
        ],
        connection=connection,
    )


def lock_of(endpoint_id: UUID, lane: str) -> str:
    """Return what the library calls a lane; hub/store/deliveries.py looks for it."""
    return f"{endpoint_id}/{lane}"


class LaneQueue:
    """The queue as one process works on it: its connections, and a worker for each endpoint."""

    def __init__(self, dsn: str, work: Work, *, now: Callable[[], datetime]) -> None:
        """Take the database's address and what is to be done with a lane; nothing is opened before `opened`."""
        self._app = App(
            connector=PsycopgConnector(
                conninfo=dsn,
                min_size=1,
                max_size=4,
                timeout=5.0,
                reconnect_timeout=5.0,
                kwargs={
                    "application_name": "lianqin-deliveries",
                    "connect_timeout": 5,
                    "keepalives_idle": 10,
                    "keepalives_interval": 5,
                    "keepalives_count": 3,
                },
            )
        )

        self._workers: list[Worker] = []

        @self._app.task(name=TASK, retry=_Always(now))
        async def deliver(endpoint_id: str, lane: str) -> None:
            await work(UUID(endpoint_id), lane)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Hold the connections open; raise QueueUnavailable where that cannot be done."""
        try:
            await self._app.open_async()
        except Exception as error:  # the pool's own, the driver's or the library's: the database is not there
            raise QueueUnavailable(str(error) or type(error).__name__) from error
        try:
            yield
        finally:
            await self._app.close_async()

    async def work_on(self, endpoint_id: UUID, *, parallel: int) -> None:
        """Work on the lanes of one endpoint, `parallel` at once, until cancelled; raise QueueUnavailable."""
        worker = Worker(
            self._app,
            queues=[str(endpoint_id)],
            name=f"endpoint {endpoint_id}",
            concurrency=parallel,
            wait=True,
            fetch_job_polling_interval=POLL_S,
            shutdown_graceful_timeout=FINISH_S,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=DEAD_AFTER_S,
        )
        self._workers.append(worker)
        try:
            await worker.run()  # type: ignore[no-untyped-call]
        except ConnectorException as error:
            raise QueueUnavailable(str(error) or type(error).__name__) from error
        finally:
            self._workers.remove(worker)

    def hurry(self) -> None:
        """Let workers that are told to end from now on cut off what they cannot finish in a moment."""
        for worker in self._workers:
            worker.shutdown_graceful_timeout = HURRIED_S

    async def free_held_by_the_dead(self) -> int:
        """Free the lanes that workers held which are dead; return how many."""
        try:
            await self._app.job_manager.prune_stalled_workers(DEAD_AFTER_S)
            stalled = await self._app.job_manager.get_stalled_jobs(task_name=TASK, seconds_since_heartbeat=DEAD_AFTER_S)
            count = 0
            for job in stalled:
                await self._app.job_manager.retry_job(job)
                count += 1
        except ConnectorException as error:
            raise QueueUnavailable(str(error) or type(error).__name__) from error
        return count
