"""Keeps everything in one SQLite file: what came in, the cases as they are, what is to be sent to the hub.

One rule makes it all exact: an event, the place in the feed, and whatever follows from the event are written in ONE
transaction. Killed at any moment, either all of it happened or nothing did.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS place (single INTEGER PRIMARY KEY CHECK (single = 1), cursor INTEGER NOT NULL);
INSERT OR IGNORE INTO place VALUES (1, 0);
CREATE TABLE IF NOT EXISTS inbox (
    seq INTEGER PRIMARY KEY, type TEXT NOT NULL, at TEXT NOT NULL, about TEXT NOT NULL, revision INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS cases (
    case_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, stage TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, case_id TEXT NOT NULL, command TEXT NOT NULL, body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'refused')), answer TEXT);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (case_id, id) WHERE state = 'waiting';
"""


@dataclass(frozen=True)
class Order:
    """One call to the hub: `POST /cases/{case_id}/{command}`."""

    case_id: str
    command: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Waiting:
    """An order that waits to be sent; `key` makes the hub carry it out once, however often it is sent."""

    row: int
    key: str
    order: Order


# Takes one item of the feed; returns what is to be ordered because of it.
Decide = Callable[[dict[str, Any]], Iterable[Order]]


class Store:
    """One connection to the file; each thread has its own."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it."""
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what is answered "taken" must outlive a power cut
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def cursor(self) -> int:
        """Return the number of the last item that was pulled or streamed."""
        (found,) = self._db.execute("SELECT cursor FROM place").fetchone()
        return int(found)

    def take_in(self, items: Iterable[dict[str, Any]], decide: Decide, *, cursor: int | None = None) -> int:
        """Take items in, with what follows from them; return how many were new.

        `cursor` is where the feed goes on afterwards; webhooks have none, since they come in no order of numbers.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            new = sum(self._take_in(item, decide) for item in items)
            if cursor is not None:
                self._db.execute("UPDATE place SET cursor = ?", (cursor,))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return new

    def _take_in(self, item: dict[str, Any], decide: Decide) -> bool:
        case = item.get("case")
        about = case if case is not None else item["alert"]
        name = f"{'alert' if case is None else 'case'}/{about['id']}"
        added = self._db.execute(
            "INSERT OR IGNORE INTO inbox VALUES (?, ?, ?, ?, ?)",
            (item["seq"], item["type"], item["at"], name, about["revision"]),
        )
        if not added.rowcount:
            return False  # seen before: the hub may send a thing twice, and nothing follows from it twice
        if case is not None:
            self._db.execute(
                """INSERT INTO cases VALUES (?, ?, ?, ?) ON CONFLICT (case_id) DO UPDATE
                   SET revision = excluded.revision, stage = excluded.stage, document = excluded.document
                   WHERE excluded.revision > cases.revision""",
                (case["id"], case["revision"], case["stage"], json.dumps(case, ensure_ascii=False)),
            )
        for order in decide(item):
            # The event's number is in the key: the same event leads to the same key, after any crash.
            self._db.execute(
                "INSERT OR IGNORE INTO outbox (key, case_id, command, body) VALUES (?, ?, ?, ?)",
                (f"{order.command}-after-{item['seq']}", order.case_id, order.command, json.dumps(order.body)),
            )
        return True

    def waiting(self, *, limit: int = 50) -> list[Waiting]:
        """Return the first order that waits of each case: the next one is sent when it was answered."""
        rows = self._db.execute(
            """SELECT id, key, case_id, command, body FROM outbox
               WHERE id IN (SELECT min(id) FROM outbox WHERE state = 'waiting' GROUP BY case_id)
               ORDER BY id LIMIT ?""",
            (limit,),
        )
        return [Waiting(row[0], row[1], Order(row[2], row[3], json.loads(row[4]))) for row in rows]

    def answered(self, row: int, *, done: bool, answer: str) -> None:
        """Note what the hub said to an order; it is never sent again."""
        self._db.execute(
            "UPDATE outbox SET state = ?, answer = ? WHERE id = ?", ("done" if done else "refused", answer, row)
        )
