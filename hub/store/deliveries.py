"""Deliveries as they are kept: the feed handed on to each endpoint, an attempt begun, its outcome settled, replays.

The truth is here and in the feed; the queue only says which lane is to be looked at, and when. Every transaction that
changes which deliveries of an endpoint are pending holds the endpoint's row, so a lane with anything pending always
has exactly one job: who adds to an idle lane makes it, who finds the lane empty lets it end. `repair` mends the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from hub.deliveries.endpoint import lane_of
from hub.deliveries.pace import Chance, Fare, Fate, Outcome, Verdict, judge
from hub.dispatch.feed import item_document
from hub.store.audit import Actor
from hub.store.endpoints import NoSuchEndpoint, find_endpoint, switch
from hub.store.read_feed import FeedItem
from hub.store.rows import plain_text

PAGE = 200
OFF_WAIT = timedelta(seconds=30)
HUB = Actor(name="lianqin")
_TEXT = 500

# Takes a connection in a transaction, an endpoint and lanes without a job; makes a job for each in that transaction.
Queue = Callable[[Connection[Any], UUID, Sequence[str]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One delivery that is to be tried now, with everything that takes."""

    delivery_id: int
    url: str
    private_host: str | None
    salts: tuple[bytes, ...]
    item: dict[str, Any]
    item_hash: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing of the lane may be tried before `until`."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of an attempt; `next_at` is when the lane is due again, None when nothing of it is pending."""

    verdict: Verdict
    next_at: datetime | None


class NoSuchDelivery(LookupError):
    """There is no delivery with this number."""


def hand_on(connection: Connection[Any], endpoint_id: UUID, *, at: datetime, queue: Queue) -> int:
    """Hand the next items of the feed to an endpoint that is on; return how many were looked at.

    Cursor, deliveries and jobs are one transaction, the caller's: either all of it happened or nothing did. An item
    that was delivered before, seen again because the cursor was set back, is pending once more.
    """
    try:
        endpoint = find_endpoint(connection, endpoint_id, lock=True)
    except NoSuchEndpoint:
        return 0
    if not endpoint.active:
        return 0
    rows = connection.execute(
        """SELECT seq, type, at, grid, alert, "case" FROM feed WHERE seq > %s ORDER BY seq LIMIT %s""",
        (endpoint.cursor, PAGE),
    ).fetchall()
    if not rows:
        return 0
    chosen = []
    for seq, kind, item_at, grid, alert, case in rows:
        item = {"alert": alert} if case is None else {"case": case}
        if endpoint.settings.filter.takes(kind, item):
            chosen.append((seq, item_at, kind, lane_of(item), grid, list((case or {}).get("departments", ()))))
    lanes = list(dict.fromkeys(lane for *_, lane, _, _ in chosen))
    idle = _idle(connection, endpoint_id, lanes)
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO deliveries (endpoint_id, seq, item_at, type, lane, grid, departments, queued_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (endpoint_id, seq) DO UPDATE
               SET state = 'pending', queued_at = excluded.queued_at, attempts = 0, refusals = 0,
                   first_tried_at = NULL, next_at = NULL, ended_at = NULL
               WHERE deliveries.state <> 'pending'""",
            [(endpoint_id, *each, at) for each in chosen],
        )
    if idle:
        queue(connection, endpoint_id, idle)
    connection.execute("UPDATE delivery_endpoints SET cursor = %s WHERE endpoint_id = %s", (rows[-1][0], endpoint_id))
    return len(rows)


def take(connection: Connection[Any], endpoint_id: UUID, lane: str, *, at: datetime) -> Order | Wait | None:
    """Begin an attempt at the first pending delivery of a lane; None when there is none.

    The attempt is counted before it is made: one that brings the worker down is not made for ever.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            """SELECT e.url, e.private_host, e.active, e.paused_until, e.salt,
                      CASE WHEN e.previous_until > %(at)s THEN e.previous_salt END AS previous_salt,
                      d.delivery_id, d.seq, d.grid, d.next_at, d.attempts, f.type, f.at, f.alert, f."case", f.hash
               FROM delivery_endpoints e
               JOIN LATERAL (SELECT * FROM deliveries
                             WHERE endpoint_id = e.endpoint_id AND lane = %(lane)s AND state = 'pending'
                             ORDER BY seq LIMIT 1) d ON true
               LEFT JOIN feed f ON f.seq = d.seq AND f.at = d.item_at
               WHERE e.endpoint_id = %(id)s""",
            {"at": at, "lane": lane, "id": endpoint_id},
        ).fetchone()
    if row is None:
        return None
    if not row["active"]:
        return Wait(until=at + OFF_WAIT)
    held = max((each for each in (row["paused_until"], row["next_at"]) if each is not None), default=at)
    if held > at:
        return Wait(until=held)
    if row["hash"] is None:
        connection.execute(
            """UPDATE deliveries SET state = 'dead', ended_at = %s, outcome = 'the feed no longer has the item'
               WHERE delivery_id = %s AND state = 'pending'""",
            (at, row["delivery_id"]),
        )
        return Wait(until=at)
    connection.execute(
        """UPDATE deliveries SET attempts = attempts + 1, last_tried_at = %(at)s,
               first_tried_at = coalesce(first_tried_at, %(at)s) WHERE delivery_id = %(id)s""",
        {"at": at, "id": row["delivery_id"]},
    )
    item = FeedItem(row["seq"], row["type"], row["at"], row["grid"], row["alert"], row["case"])
    return Order(
        delivery_id=row["delivery_id"],
        url=row["url"],
        private_host=row["private_host"],
        salts=tuple(bytes(salt) for salt in (row["salt"], row["previous_salt"]) if salt is not None),
        item=item_document(item),
        item_hash=row["hash"],
        attempt=row["attempts"] + 1,
    )


def settle(
    connection: Connection[Any],
    endpoint_id: UUID,
    lane: str,
    delivery_id: int,
    outcome: Outcome,
    *,
    at: datetime,
    chance: Chance,
) -> Settled | None:
    """Store what came of an attempt, and say when the lane is due again; None when the endpoint is gone."""
    try:
        endpoint = find_endpoint(connection, endpoint_id, lock=True)
    except NoSuchEndpoint:
        return None
    row = connection.execute(
        "SELECT refusals, first_tried_at FROM deliveries WHERE delivery_id = %s AND state = 'pending' FOR UPDATE",
        (delivery_id,),
    ).fetchone()
    refusals, first_tried_at = (0, at) if row is None else (row[0], row[1] or at)
    verdict = judge(outcome, endpoint.fare, refusals=refusals, first_tried_at=first_tried_at, at=at, chance=chance)
    state = {Fate.DELIVERED: "delivered", Fate.DEAD: "dead", Fate.AGAIN: "pending"}[verdict.fate]
    connection.execute(
        """UPDATE deliveries SET state = %(state)s, ended_at = %(ended_at)s, next_at = %(next_at)s,
               refusals = refusals + %(counts)s, status_code = %(status)s, outcome = %(outcome)s,
               snippet = %(snippet)s, took_s = %(took_s)s
           WHERE delivery_id = %(id)s AND state = 'pending'""",
        {
            "state": state,
            "ended_at": None if state == "pending" else at,
            # Its own wait only: what waits with the whole endpoint is due as soon as that is.
            "next_at": verdict.again_at if verdict.counts else None,
            "counts": int(verdict.counts),
            "status": outcome.status,
            "outcome": _kept(str(outcome)),
            "snippet": _kept(outcome.snippet),
            "took_s": outcome.took_s,
            "id": delivery_id,
        },
    )
    _note_fare(connection, endpoint_id, endpoint.fare, verdict, outcome, at)
    if verdict.fate is Fate.DELIVERED and endpoint.fare.is_probed:
        _let_go_on(connection, endpoint_id, at)
    if verdict.disable is not None:
        switch(connection, endpoint_id, on=False, reason=verdict.disable, actor=HUB, at=at)
    following = connection.execute(
        """SELECT next_at FROM deliveries WHERE endpoint_id = %s AND lane = %s AND state = 'pending'
           ORDER BY seq LIMIT 1""",
        (endpoint_id, lane),
    ).fetchone()
    if following is None:
        return Settled(verdict=verdict, next_at=None)
    held = max((each for each in (following[0], verdict.fare.paused_until) if each is not None), default=at)
    return Settled(verdict=verdict, next_at=max(held, at))


def replay_one(connection: Connection[Any], delivery_id: int, *, at: datetime, queue: Queue) -> UUID:
    """Send one delivery again, whatever became of it; return its endpoint. One that is pending is due at once."""
    row = connection.execute("SELECT endpoint_id FROM deliveries WHERE delivery_id = %s", (delivery_id,)).fetchone()
    if row is None:
        raise NoSuchDelivery(f"there is no delivery {delivery_id}")
    endpoint_id: UUID = row[0]
    _replay(connection, endpoint_id, "delivery_id = %(delivery_id)s", {"delivery_id": delivery_id}, at, queue)
    return endpoint_id


def replay_dead(connection: Connection[Any], endpoint_id: UUID, *, at: datetime, queue: Queue) -> int:
    """Send every dead delivery of an endpoint again; return how many."""
    return _replay(connection, endpoint_id, "state = 'dead'", {}, at, queue)


def replay_from(connection: Connection[Any], endpoint_id: UUID, seq: int) -> int:
    """Set an endpoint's cursor back so that every item from `seq` on is sent (again); return the cursor."""
    endpoint = find_endpoint(connection, endpoint_id, lock=True)
    cursor = min(endpoint.cursor, max(0, seq - 1))
    connection.execute("UPDATE delivery_endpoints SET cursor = %s WHERE endpoint_id = %s", (cursor, endpoint_id))
    return cursor


def skip_to_newest(connection: Connection[Any], endpoint_id: UUID, *, at: datetime) -> int:
    """Let an endpoint go on with what comes from now on: what waits for it is dead; return how many that were."""
    find_endpoint(connection, endpoint_id, lock=True)
    connection.execute(
        """UPDATE delivery_endpoints SET cursor = greatest(cursor, (SELECT seq FROM feed_head))
           WHERE endpoint_id = %s""",
        (endpoint_id,),
    )
    return connection.execute(
        """UPDATE deliveries SET state = 'dead', ended_at = %s, outcome = 'skipped by order'
           WHERE endpoint_id = %s AND state = 'pending'""",
        (at, endpoint_id),
    ).rowcount


def repair(connection: Connection[Any], endpoint_id: UUID, *, stuck_after: timedelta, queue: Queue) -> tuple[int, int]:
    """Return how many jobs were freed that nobody works on, and how many lanes had lost theirs.

    A job is held for seconds. One held for longer than `stuck_after` was lost with its worker's connection: its worker
    may live on and say so at every heartbeat, so the library would leave it for ever.
    """
    find_endpoint(connection, endpoint_id, lock=True)
    freed = connection.execute(
        """SELECT procrastinate_retry_job_v2(job.id, now(), NULL, NULL, NULL) FROM procrastinate_jobs AS job
           WHERE job.queue_name = %s AND job.status = 'doing'
             AND (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id AND type = 'started') < now() - %s""",
        (str(endpoint_id), stuck_after),
    ).rowcount
    lost = connection.execute(
        """SELECT DISTINCT lane FROM deliveries WHERE endpoint_id = %(id)s AND state = 'pending' AND NOT EXISTS (
               SELECT 1 FROM procrastinate_jobs AS job
               WHERE job.queue_name = %(queue)s AND job.lock = %(queue)s || '/' || lane
                 AND job.status IN ('todo', 'doing'))
           ORDER BY lane""",
        {"id": endpoint_id, "queue": str(endpoint_id)},
    ).fetchall()
    if lost:
        queue(connection, endpoint_id, [lane for (lane,) in lost])
    return freed, len(lost)


def forget_orphans(connection: Connection[Any]) -> int:
    """Remove the jobs of endpoints that are gone, and return how many those were.

    A lane that is worked on while its endpoint is removed puts its job back afterwards, where nobody looks for it.
    """
    return connection.execute(
        """DELETE FROM procrastinate_jobs AS job WHERE job.status = 'todo' AND NOT EXISTS (
               SELECT 1 FROM delivery_endpoints WHERE endpoint_id::text = job.queue_name)"""
    ).rowcount


def _replay(
    connection: Connection[Any],
    endpoint_id: UUID,
    which: str,
    values: dict[str, Any],
    at: datetime,
    queue: Queue,
) -> int:
    find_endpoint(connection, endpoint_id, lock=True)
    values = {"id": endpoint_id, **values}
    rows = connection.execute(
        f"SELECT DISTINCT lane FROM deliveries WHERE endpoint_id = %(id)s AND {which}".encode(), values
    )
    lanes = [lane for (lane,) in rows]
    idle = _idle(connection, endpoint_id, lanes)
    count = connection.execute(
        f"""UPDATE deliveries SET state = 'pending', queued_at = %(at)s, attempts = 0, refusals = 0,
                first_tried_at = NULL, next_at = NULL, ended_at = NULL
            WHERE endpoint_id = %(id)s AND {which}""".encode(),
        {**values, "at": at},
    ).rowcount
    if idle:
        queue(connection, endpoint_id, idle)
    connection.execute(
        """UPDATE procrastinate_jobs SET scheduled_at = NULL
           WHERE queue_name = %s AND status = 'todo' AND lock = ANY(%s) AND scheduled_at IS NOT NULL""",
        (str(endpoint_id), [f"{endpoint_id}/{lane}" for lane in lanes]),
    )
    return count


def _idle(connection: Connection[Any], endpoint_id: UUID, lanes: Sequence[str]) -> list[str]:
    """Return those of `lanes` in which nothing is pending: they have no job."""
    busy = {
        lane
        for (lane,) in connection.execute(
            "SELECT DISTINCT lane FROM deliveries WHERE endpoint_id = %s AND state = 'pending' AND lane = ANY(%s)",
            (endpoint_id, list(lanes)),
        )
    }
    return [lane for lane in lanes if lane not in busy]


def _note_fare(
    connection: Connection[Any], endpoint_id: UUID, before: Fare, verdict: Verdict, outcome: Outcome, at: datetime
) -> None:
    after = verdict.fare
    taken = verdict.fate is Fate.DELIVERED
    connection.execute(
        """UPDATE delivery_endpoints SET failures = %(failures)s, slowness = %(slowness)s, paused_until = %(until)s,
               failing_since = %(since)s, last_attempt_at = %(at)s,
               last_success_at = CASE WHEN %(taken)s THEN %(at)s ELSE last_success_at END,
               last_error = CASE WHEN %(taken)s THEN NULL ELSE %(error)s END
           WHERE endpoint_id = %(id)s
             AND (%(changed)s OR last_attempt_at IS NULL OR last_attempt_at < %(at)s - INTERVAL '1 second')""",
        {
            "failures": after.failures,
            "slowness": after.slowness,
            "until": after.paused_until,
            "since": after.failing_since,
            "at": at,
            "taken": taken,
            "error": _kept(str(outcome)),
            # An endpoint that is well is noted once a second, not for each of thousands.
            "changed": not taken or before != after,
            "id": endpoint_id,
        },
    )


def _let_go_on(connection: Connection[Any], endpoint_id: UUID, at: datetime) -> None:
    """Let every lane be due that only waited for its endpoint, now that it takes something again."""
    connection.execute(
        """UPDATE procrastinate_jobs AS job SET scheduled_at = NULL
           WHERE queue_name = %(queue)s AND status = 'todo' AND scheduled_at > now() AND NOT EXISTS (
               SELECT 1 FROM deliveries
               WHERE endpoint_id = %(id)s AND state = 'pending' AND next_at > %(at)s
                 AND job.lock = %(queue)s || '/' || lane)""",
        {"queue": str(endpoint_id), "id": endpoint_id, "at": at},
    )


def _kept(text: str) -> str:
    return plain_text(text)[:_TEXT]
