"""Works on one lane of one endpoint: takes its first pending delivery, posts it, settles what came of it, goes on."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from hub.deliveries.addresses import Allowed, BadTarget, target_of
from hub.deliveries.cloud_event import CONTENT_TYPE, Message, item_message
from hub.deliveries.pace import Chance, Failure, Outcome, Word, word
from hub.deliveries.post import Limits, Poster
from hub.deliveries.queue import Again
from hub.deliveries.signing import HubKey, signed_headers
from hub.log import logger
from hub.store.deliveries import Order, Settled, Wait, settle, take
from hub.store.endpoints import hub_id
from hub.store.read_pool import ReadPool
from hub.store.session import StoreUnavailable

log = logger("deliveries")
BURST_S = 20.0  # then the lane goes to the end of the queue, so that others get their turn
SETTLE_S = 60.0  # for how long an outcome is kept while the database does not answer
T = TypeVar("T")


class Sender:
    """Signs and posts: what a test of an endpoint and a delivery have in common."""

    def __init__(
        self,
        key: HubKey,
        allowed: Allowed,
        *,
        agent: str,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take the hub's key and what this machine allows to be connected to."""
        self.key, self.allowed, self._now = key, allowed, now
        self._poster = Poster(allowed, agent=agent, limits=limits, tls=tls, now=now)

    async def send(
        self, endpoint_id: UUID, url: str, private_host: str | None, salts: tuple[bytes, ...], message: Message
    ) -> Outcome:
        """Post a message; whatever happens is an outcome."""
        try:
            target = target_of(url)
        except BadTarget as error:
            return Outcome(took_s=0.0, failure=Failure.FORBIDDEN, detail=str(error))
        secrets = [self.key.secret(endpoint_id, salt) for salt in salts]
        headers = {
            "Content-Type": CONTENT_TYPE,
            **signed_headers(message.message_id, self._now(), message.body, secrets),
        }
        return await self._poster.post(target, message.body, headers, private_host=private_host)


class LaneWorker:
    """What a process does with a lane; `told` hears of each attempt's outcome, for metrics."""

    def __init__(
        self,
        pool: ReadPool,
        executor: Executor,
        sender: Sender,
        *,
        now: Callable[[], datetime],
        chance: Chance = random.random,
        told: Callable[[Word], None] = lambda _: None,
    ) -> None:
        """Take the store, threads to wait for it in, and who posts."""
        self._pool, self._executor, self._sender = pool, executor, sender
        self._now, self._chance, self._told = now, chance, told
        self._hub_id: UUID | None = None

    async def work(self, endpoint_id: UUID, lane: str) -> None:
        """Deliver what is due of a lane, one after the other; raise Again where something of it is left."""
        begun = time.monotonic()
        while True:
            order = await self._in_thread(lambda: self._take(endpoint_id, lane))
            if order is None:
                return
            if isinstance(order, Wait):
                raise Again(order.until)
            outcome = await self._attempt(endpoint_id, order)
            settled = await self._settle(endpoint_id, lane, order, outcome)
            if settled is None or settled.next_at is None:
                return
            if settled.next_at > self._now() or time.monotonic() - begun > BURST_S:
                raise Again(settled.next_at)

    async def _attempt(self, endpoint_id: UUID, order: Order) -> Outcome:
        if self._hub_id is None:
            self._hub_id = await self._in_thread(self._find_hub_id)
        message = item_message(endpoint_id, self._hub_id, order.item, order.item_hash)
        outcome = await self._sender.send(endpoint_id, order.url, order.private_host, order.salts, message)
        meaning = word(outcome)
        self._told(meaning)
        if meaning is not Word.TAKEN:
            log.warning(
                "a delivery was not taken",
                endpoint=str(endpoint_id),
                seq=order.item["seq"],
                attempt=order.attempt,
                outcome=str(outcome),
            )
        return outcome

    async def _settle(self, endpoint_id: UUID, lane: str, order: Order, outcome: Outcome) -> Settled | None:
        """Store the outcome, also of an attempt during which the database went away; it is kept for a minute."""
        at, until = self._now(), time.monotonic() + SETTLE_S
        while True:
            try:
                settled = await self._in_thread(lambda: self._store(endpoint_id, lane, order.delivery_id, outcome, at))
                break
            except StoreUnavailable:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.5)
        if settled is not None and settled.verdict.disable is not None:
            log.error("an endpoint is disabled", endpoint=str(endpoint_id), reason=settled.verdict.disable)
        return settled

    def _take(self, endpoint_id: UUID, lane: str) -> Order | Wait | None:
        with self._pool.session() as connection:
            return take(connection, endpoint_id, lane, at=self._now())

    def _store(self, endpoint_id: UUID, lane: str, delivery_id: int, outcome: Outcome, at: datetime) -> Settled | None:
        with self._pool.session() as connection:
            return settle(connection, endpoint_id, lane, delivery_id, outcome, at=at, chance=self._chance)

    def _find_hub_id(self) -> UUID:
        with self._pool.session() as connection:
            return hub_id(connection)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
