"""Whatever an endpoint answers and whoever replays what: lanes stay in order, and each that waits has one job."""

import random
from datetime import datetime, timedelta

import psycopg
import pytest

from detectors.finding import Phase
from hub import clock
from hub.deliveries.pace import Failure, Outcome
from hub.store import deliveries
from hub.store.deliveries import Order, Wait, hand_on, settle, take
from hub.store.write import Store
from tests.support.databases import Database
from tests.support.delivering import make_endpoint
from tests.support.stored import batch, followed, raised

OUTCOMES = [
    Outcome(took_s=0.1, status=204),
    Outcome(took_s=0.1, status=204),
    Outcome(took_s=0.1, status=204),
    Outcome(took_s=0.1, status=422),
    Outcome(took_s=0.1, status=500),
    Outcome(took_s=0.1, status=429, retry_after_s=30),
    Outcome(took_s=15, failure=Failure.TIMEOUT),
]


class Model:
    """One worker and a queue of lanes, in a time of its own; it checks what the real ones rely on."""

    def __init__(self, database: Database, seed: int, *, replays: bool) -> None:
        self.database = database
        self.chance = random.Random(seed)
        self.endpoint_id = make_endpoint(database, "https://dispatch.example/")[0].endpoint_id
        self.jobs: dict[str, datetime] = {}  # lane -> when it is due
        self.at = clock.now()
        self.taken: dict[str, list[int]] = {}
        self.replays = replays

    def queue(self, _: object, __: object, lanes: object) -> None:
        for lane in lanes:  # type: ignore[attr-defined]
            assert lane not in self.jobs, "a lane that waits has a job already"
            self.jobs[lane] = self.at

    def step(self) -> None:
        """Do one thing, whichever."""
        self.at += timedelta(seconds=self.chance.choice([0, 1, 60, 7200]))
        what = self.chance.random()
        with psycopg.connect(self.database.dsn) as connection:
            if what < 0.25:
                hand_on(connection, self.endpoint_id, at=self.at, queue=self.queue)
            elif what < 0.28 and self.replays:
                deliveries.replay_dead(connection, self.endpoint_id, at=self.at, queue=self.queue)
            elif what < 0.30 and self.replays:
                deliveries.replay_from(connection, self.endpoint_id, self.chance.randint(1, 40))
            else:
                self.work(connection)
            self.check(connection)

    def work(self, connection: psycopg.Connection) -> None:
        """Look at a lane that is due, as a worker does."""
        due = [lane for lane, at in self.jobs.items() if at <= self.at]
        if not due:
            return
        lane = self.chance.choice(sorted(due))
        order = take(connection, self.endpoint_id, lane, at=self.at)
        if order is None:
            del self.jobs[lane]
        elif isinstance(order, Wait):
            assert order.until > self.at or order.until == self.at
            self.jobs[lane] = order.until
        else:
            self.attempt(connection, lane, order)

    def attempt(self, connection: psycopg.Connection, lane: str, order: Order) -> None:
        seq = order.item["seq"]
        row = connection.execute(
            "SELECT min(seq) FROM deliveries WHERE lane = %s AND state = 'pending'", (lane,)
        ).fetchone()
        assert row == (seq,), "what is offered is what comes first"
        outcome = self.chance.choice(OUTCOMES)
        settled = settle(
            connection, self.endpoint_id, lane, order.delivery_id, outcome, at=self.at, chance=self.chance.random
        )
        assert settled is not None
        assert settled.verdict.disable is None
        if outcome.status == 204:
            self.taken.setdefault(lane, []).append(seq)
        if settled.next_at is None:
            del self.jobs[lane]
        else:
            self.jobs[lane] = settled.next_at

    def check(self, connection: psycopg.Connection) -> None:
        rows = connection.execute("SELECT DISTINCT lane FROM deliveries WHERE state = 'pending'").fetchall()
        waiting = {lane for (lane,) in rows}
        assert waiting <= set(self.jobs), "each lane that waits has its job"


@pytest.mark.parametrize("replays", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_lanes_stay_in_order_and_each_that_waits_has_one_job(
    plain_database: Database, seed: int, replays: bool
) -> None:
    store, model = Store(plain_database.dsn), Model(plain_database, seed, replays=replays)
    changes = [raised(subject=f"gas-{n}", second=n) for n in range(4)]
    for turn in range(10):
        store.write(batch(changes=changes))
        changes = [followed(each.alert, Phase.UPDATED, second=1000.0 + turn) for each in changes]
        for _ in range(15):
            model.step()
    store.close()
    if not replays:
        assert all(seqs == sorted(seqs) for seqs in model.taken.values())
    # Once everything is taken, everything arrives, and no job is left over.
    model.chance = random.Random(seed)
    for _ in range(2000):
        if not model.jobs and model.taken:
            with psycopg.connect(plain_database.dsn) as connection:
                if not hand_on(connection, model.endpoint_id, at=model.at, queue=model.queue):
                    break
        model.at += timedelta(hours=1)
        with psycopg.connect(plain_database.dsn) as connection:
            model.work(connection)
    assert not model.jobs
    with psycopg.connect(plain_database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM deliveries WHERE state = 'pending'").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM deliveries").fetchone() == (40,)
