"""Alerts into the feed, and what a receiver took held to it, for tests of deliveries."""

from __future__ import annotations

from collections import defaultdict

import psycopg

from detectors.finding import Phase
from hub.store.write import Store
from tests.support.databases import Database
from tests.support.receiver import Receiver
from tests.support.stored import batch, followed, raised


def raise_alerts(database: Database, first: int, count: int, *, updates: int = 0) -> None:
    """Raise `count` alerts, each changed `updates` times afterwards."""
    store = Store(database.dsn)
    try:
        changes = [raised(subject=f"gas-{n}", second=n) for n in range(first, first + count)]
        store.write(batch(changes=changes))
        for turn in range(updates):
            changes = [followed(each.alert, Phase.UPDATED, second=1000.0 + turn) for each in changes]
            store.write(batch(changes=changes))
    finally:
        store.close()


def feed(database: Database) -> list[tuple[int, str]]:
    with psycopg.connect(database.dsn) as connection:
        return [(seq, str(one)) for seq, one in connection.execute("SELECT seq, alert_id FROM feed ORDER BY seq")]


def in_order(database: Database, receiver: Receiver) -> None:
    """Hold what was taken to the feed: everything once, and each alert's in its order."""
    alert_of = dict(feed(database))
    assert sorted(receiver.seqs()) == sorted(alert_of)
    lanes: dict[str, list[int]] = defaultdict(list)
    for seq in receiver.seqs():
        lanes[alert_of[seq]].append(seq)
    assert all(seqs == sorted(seqs) for seqs in lanes.values())
