"""The ingest worker: take messages, fold them, store the batch in one transaction, only then acknowledge.

While the database stores one batch the next is taken and judged; it waits with its own transaction until the one before
it is committed. So batches are stored in the order in which they were judged, and never more than two are in hand.

A dead database is waited for with the batch in hand: nothing is acknowledged, the broker's window fills, and reading
stops by itself. A dead broker is waited for by the consumer. Either way work resumes alone.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from hub.clock import Clock
from hub.config.load import Configuration
from hub.log import logger
from hub.store.write import Batch, Store, StoreRefused, StoreUnavailable, Written
from hub.worker.aside import Aside
from hub.worker.evidence import GIVE_UP, Outstanding
from hub.worker.fold import Fold
from hub.worker.metrics import Metrics
from hub.worker.resume import resume
from ingest.mqtt import Consumer
from ingest.observation import Quarantined, QuarantineReason
from ingest.window import Message

log = logger("ingest")

BATCH_LIMIT = 2000  # messages; with the default window of 4000, one batch is stored while the next one gathers
BATCH_WAIT_S = 0.05
TICK_S = 1.0
CLAIM_TRIES = 4  # some two seconds
DEAF_S = 5.0  # longer than this without a turn of the loop is time in which silence cannot be judged


class GridsTaken(RuntimeError):
    """Another worker holds one of these grids; two would judge the same devices twice."""


class IngestWorker:
    """One worker for some grids (None: the whole city)."""

    def __init__(
        self,
        *,
        name: str,
        configuration: Configuration,
        grids: frozenset[str] | None,
        consumer: Consumer,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        stop: threading.Event,
    ) -> None:
        """Take the parts; nothing is opened yet."""
        self._name = name
        self._configuration = configuration
        self._grids = grids
        self._consumer = consumer
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._stop = stop
        self._aside = Aside("store")
        self._fold: Fold | None = None
        self._evidence = Outstanding()
        self._wanted: deque[Configuration] = deque(maxlen=1)  # handed over by another thread
        self._last_turn = self._listening_since = clock.now()
        self._last_tick: datetime | None = None
        self._clock_steps = clock.steps

    @property
    def ready(self) -> bool:
        """Tell whether it judges: the past is folded, and the grids are its own."""
        return self._fold is not None

    @property
    def grids(self) -> list[str]:
        """The grids this worker judges."""
        return sorted(self._grids if self._grids is not None else self._configuration.city.grids)

    def run(self) -> None:
        """Work until asked to stop; the batch in hand is finished first."""
        try:
            if self._connect():
                self._start_fold(self._configuration)
                self._listen()
        finally:
            self._store.close()
        log.info("stopped", worker=self._name)

    def _listen(self) -> None:
        self._consumer.start()
        try:
            while not self._stop.is_set():
                self.run_once(BATCH_WAIT_S)
            self._aside.finish()
        finally:
            self._aside.close()
            self._consumer.stop()

    def run_once(self, wait_s: float) -> int:
        """Begin to store and acknowledge what is waiting, and let time pass; return how many messages that was."""
        if self._wanted and self._aside.finish():
            self._take_over(self._wanted.popleft())
        before = self._clock.now()
        messages = self._consumer.take(BATCH_LIMIT, wait_s)
        now = self._clock.now()
        # Time passes only as far as all that was received until then is in hand: a full batch leaves some behind.
        passed = min(before, messages[-1].received_at) if messages and self._consumer.waiting else before
        fold = self._require_fold()
        self._notice_deafness(fold, now)
        batch = fold.judge(fold.decode(messages), now=now) if messages else Batch(at=now)
        due = self._last_tick is None or (now - self._last_tick).total_seconds() >= TICK_S
        if due:
            batch.changes.extend(fold.tick(passed))
            # Whoever follows what is stored reads as far as `until`: all that was received before it is in this batch
            # or in one before it, and batches are stored in order.
            if self._consumer.health.connected and passed >= self._listening_since:
                batch.listening = (self._name, self.grids, self._listening_since, passed)
            self._last_tick = now
        self._last_turn = now  # what passes from here on, waiting for the database too, nothing is judged in
        if messages or due:
            if not self._aside.finish():
                return 0
            self._aside.begin(partial(self._store_and_acknowledge, batch, messages))
        return len(messages)

    def _store_and_acknowledge(self, batch: Batch, messages: Sequence[Message]) -> bool:
        """Store `batch`, then acknowledge its messages; False when asked to stop before it is stored."""
        again, batch.given_up = self._evidence.due(batch.at)  # all that is asked for, and answered, passes this thread
        self._ask(again)
        written = self._write(batch, messages)
        if written is None:
            return False
        self._consumer.ack(messages)
        self._after_commit(batch, written, len(messages))
        return True

    def reload(self, configuration: Configuration) -> None:
        """Take a new configuration at the next turn of the loop; may be called from another thread."""
        self._wanted.append(configuration)

    def _require_fold(self) -> Fold:
        if self._fold is None:
            raise RuntimeError("the worker was not started")
        return self._fold

    def _connect(self) -> bool:
        """Open the database, waiting for it as long as it takes; return False when asked to stop meanwhile."""
        for attempt, wait_s in enumerate(backoff()):
            if self._stop.is_set():
                return False
            try:
                self._store.connect()
                taken = self._store.claim(self.grids)
            except StoreUnavailable as error:
                log.warning("waiting for the database", error=str(error), next_try_s=round(wait_s, 1))
                if self._stop.wait(wait_s):
                    return False
                continue
            if not taken:
                return True
            if attempt >= CLAIM_TRIES:
                raise GridsTaken(f"another ingest worker holds grid {', '.join(taken)}; stop it or choose other grids")
            # A worker that was killed just now holds its grids until the database has noticed.
            if self._stop.wait(wait_s):
                return False
        return False

    def _start_fold(self, configuration: Configuration) -> None:
        """Rebuild the judges' state from what is stored; what a killed worker had not judged yet is judged now."""
        while not self._stop.is_set():
            try:
                self._fold = self._rebuilt(configuration)
                self._configuration = configuration
                return
            except StoreUnavailable as error:
                log.warning("the database went away during the start", error=str(error))
                if not self._connect():
                    return

    def _take_over(self, wanted: Configuration) -> None:
        """Judge by another configuration from here on, if it means something else and its grids are to be had."""
        if wanted.version == self._configuration.version:
            return
        names = sorted(self._grids if self._grids is not None else wanted.city.grids)
        try:
            taken = self._store.claim(names)
        except StoreUnavailable:
            if not self._wanted:
                self._wanted.append(wanted)  # the next turn waits for the database, and tries again
            return
        if taken:
            log.error("the changed configuration is refused; the old one stays", taken_by_another_worker=taken)
            return
        self._configuration = wanted
        self._start_fold(wanted)

    def _rebuilt(self, configuration: Configuration) -> Fold:
        now = self._clock.now()
        new = self._store.save_configuration(configuration.version, configuration.city, configuration.thresholds)
        changed = new or self._fold is not None
        fold, changes = resume(self._store, configuration, grids=self._grids, now=now, changed=changed)
        self._listening_since = self._last_turn = now
        self._last_tick = None
        self._clock_steps = self._clock.steps
        if changes:
            self._store.write(Batch(at=now, changes=changes))
        recent = self._store.recent_alerts(self.grids, now - GIVE_UP)
        seen = [alert for alert in recent if alert.camera_id is not None]
        filed = self._store.evidence_of([alert.alert_id for alert in seen])
        self._ask(self._evidence.resumed(seen, filed, now))
        log.info(
            "judging",
            worker=self._name,
            grids=self.grids,
            config_version=configuration.version,
            open_alerts=len(fold.open_alerts),
            memory_s=fold.memory_s,
        )
        return fold

    def _notice_deafness(self, fold: Fold, now: datetime) -> None:
        """After an outage or a step of the machine's clock, begin a new listening interval."""
        stepped = self._clock.steps != self._clock_steps
        deaf_s = (now - self._last_turn).total_seconds()
        if stepped or deaf_s > DEAF_S:
            log.warning("was deaf; silence needs its grace again", deaf_s=round(deaf_s, 1), clock_stepped=stepped)
        if stepped or deaf_s > DEAF_S or not self._consumer.health.connected:
            fold.resume_listening(now)
            self._listening_since = now
            self._clock_steps = self._clock.steps

    def _write(self, batch: Batch, messages: Sequence[Message]) -> Written | None:
        """Store `batch`, waiting for the database as long as it takes; None when asked to stop before it is stored."""
        for wait_s in backoff():
            try:
                return self._store.write(batch)
            except StoreUnavailable as error:
                self._metrics.store_retries.inc()
                log.warning("the batch waits for the database", error=str(error), next_try_s=round(wait_s, 1))
                if self._stop.wait(wait_s):
                    return None
            except StoreRefused as error:
                if not messages:
                    raise
                log.error("the database refuses the batch; its messages are stored one by one", error=str(error))
                return self._write_one_by_one(batch, messages)
        return None

    def _write_one_by_one(self, batch: Batch, messages: Sequence[Message]) -> Written | None:
        """Store each message by itself; one that the database will never take is quarantined. Alerts come last."""
        outcomes: list[Written] = []
        for message, single in self._require_fold().one_by_one(messages, batch):
            try:
                written = self._write(single, ())
            except StoreRefused as error:
                written = self._write(refused(message, single, str(error)), ())
            if written is None:
                return None
            outcomes.append(written)
        last = self._write(
            Batch(at=batch.at, changes=batch.changes, given_up=batch.given_up, listening=batch.listening), ()
        )
        if last is None:
            return None
        return replace(
            last,
            stored=sum(written.stored for written in outcomes),
            duplicate=sum(written.duplicate for written in outcomes),
            quarantined=sum(written.quarantined for written in outcomes),
        )

    def _after_commit(self, batch: Batch, written: Written, messages: int) -> None:
        self._metrics.observe(batch, written, messages, self._consumer.health)
        skipped = dict(written.skipped)
        for alert_id, why in skipped.items():
            log.warning("an alert change was not made", alert=str(alert_id), why=why)
        made = [change for change in batch.changes if change.alert.alert_id not in skipped]
        self._evidence.answered(picture for picture, _ in batch.pictures)
        self._ask(self._evidence.changed(made, batch.at))
        for change in made:
            log.info(
                change.type.value,
                rule=change.alert.rule,
                subject=change.alert.subject,
                grid=change.alert.grid,
                at=change.at.isoformat(),
                reason=change.alert.reason.text,
            )

    def _ask(self, requests: Iterable[tuple[str, bytes]]) -> None:
        for topic, payload in requests:
            self._consumer.publish(topic, payload)


def refused(message: Message, single: Batch, why: str) -> Batch:
    """Return what is stored of a message that the database will not take: its bytes, and why."""
    (grid, hour) = next(iter(single.received), ("", single.at.replace(minute=0, second=0, microsecond=0)))
    piece = Quarantined(
        topic=message.topic,
        payload=message.payload,
        reason=QuarantineReason.REFUSED,
        detail=why,
        grid=grid,
        received_at=message.received_at,
    )
    return Batch(at=single.at, quarantined=[piece], received=Counter({(grid, hour): 1}))


def backoff(first_s: float = 0.2, longest_s: float = 10.0) -> Iterator[float]:
    """Yield waiting times without end: doubling, at most `longest_s`, each drawn between half and whole."""
    wait_s = first_s
    while True:
        yield wait_s * random.uniform(0.5, 1.0)
        wait_s = min(wait_s * 2, longest_s)
