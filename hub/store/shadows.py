"""Shadows as they are kept: begun, followed, tried, ended, with what they would have raised.

The caller owns the transaction.

How far a grid was followed and what was raised by then are written together, so whoever goes on after a death misses
nothing and repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

from psycopg import Connection

from detectors.finding import Reason, Severity
from hub.alerts.alert import Alert, Condition
from hub.people.caller import EVERYWHERE, Reach
from hub.store.audit import Actor
from hub.store.audit import note as audit
from hub.store.rows import alert_to_row, as_jsonb, box_from, plain_text
from hub.tuning.shadow.shadow import Canary, Followed, Shadow, ShadowEvent, State, canary_from

MOST_OPEN = 8
FOLLOW_LOCK = 0x6C697368  # ours among advisory locks: the one who follows shadows
GUARD_LOCK = 0x6C697367  # the one who guards canaries

_COLUMNS: LiteralString = "shadow_id, version, grids, note, by, started_at, until, state, ended_at, why, canary"
_IN_REACH: LiteralString = "(%(reach)s::text[] IS NULL OR grids && %(reach)s::text[])"
_ALERT_COLUMNS = (
    "alert_id",
    "rule",
    "subject",
    "grid",
    "severity",
    "condition",
    "since",
    "raised_at",
    "cleared_at",
    "reason",
    "clear_reason",
    "config_version",
    "members",
    "camera_id",
    "box",
    "sightings",
    "previous_id",
    "flapping",
    "inhibited_by",
    "revision",
)
SHADOW_ALERT_SELECT = ", ".join(_ALERT_COLUMNS)
_INSERT_ALERT = f"""
    INSERT INTO shadow_alerts (shadow_id, is_inherited, {SHADOW_ALERT_SELECT})
    VALUES (%(shadow_id)s, %(is_inherited)s, {", ".join(f"%({name})s" for name in _ALERT_COLUMNS)})
    ON CONFLICT (shadow_id, alert_id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _ALERT_COLUMNS[4:])}"""


class NoSuchShadow(LookupError):
    """There is no such shadow within reach."""


class TooManyShadows(RuntimeError):
    """As many shadows run as may."""


class Overtaken(RuntimeError):
    """Somebody else has followed this grid meanwhile, or the shadow is over."""


def claim(connection: Connection[Any], lock: int) -> bool:
    """Claim that work for this connection until it ends; return whether nobody else holds it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()
    assert row is not None
    return bool(row[0])


def start_shadow(
    connection: Connection[Any],
    *,
    version: str,
    grids: Sequence[str],
    note: str,
    until: datetime | None,
    base_version: str | None,
    actor: Actor,
    at: datetime,
) -> Shadow:
    """Begin a shadow of `version` in those grids, beside `base_version`; raise TooManyShadows."""
    connection.execute("LOCK TABLE shadows IN SHARE ROW EXCLUSIVE MODE")  # counted and begun in one
    row = connection.execute("SELECT count(*) FROM shadows WHERE ended_at IS NULL").fetchone()
    if row is None or row[0] >= MOST_OPEN:
        raise TooManyShadows(f"{MOST_OPEN} shadows are running, which is the most: end one first")
    shadow_id = uuid4()
    connection.execute(
        """INSERT INTO shadows (shadow_id, version, grids, note, by, started_at, until, state)
           VALUES (%s, %s, %s, %s, %s, %s, %s, 'running')""",
        (shadow_id, version, sorted(grids), plain_text(note), plain_text(actor.name), at, until),
    )
    connection.execute(
        """INSERT INTO shadow_grids (shadow_id, grid, followed_until, heard_until)
           SELECT %(id)s, grid, %(at)s, %(at)s FROM unnest(%(grids)s::text[]) AS grid""",
        {"id": shadow_id, "at": at, "grids": sorted(grids)},
    )
    detail = {
        "version": version,
        "base_version": base_version,
        "grids": sorted(grids),
        "note": note,
        "until": until and until.isoformat(),
    }
    tell(connection, shadow_id, "started", actor, at=at, detail=detail)
    return find_shadow(connection, shadow_id)


def find_shadow(
    connection: Connection[Any], shadow_id: UUID, *, reach: Reach = EVERYWHERE, lock: bool = False
) -> Shadow:
    """Return a shadow that touches `reach`; raise NoSuchShadow."""
    query = f"SELECT {_COLUMNS} FROM shadows WHERE shadow_id = %(id)s AND {_IN_REACH}" + (" FOR UPDATE" if lock else "")
    row = connection.execute(query.encode(), {"id": shadow_id, "reach": reach.grid_list()}).fetchone()
    if row is None:
        raise NoSuchShadow(f"there is no shadow {shadow_id}")
    return _shadow(row)


def list_shadows(
    connection: Connection[Any], *, reach: Reach = EVERYWHERE, is_open: bool | None = None, limit: int = 100
) -> list[Shadow]:
    """Return the shadows that touch `reach`, the newest first."""
    query = f"""SELECT {_COLUMNS} FROM shadows
        WHERE {_IN_REACH} AND (%(open)s::boolean IS NULL OR (ended_at IS NULL) = %(open)s)
        ORDER BY started_at DESC, shadow_id LIMIT %(limit)s"""
    rows = connection.execute(query, {"reach": reach.grid_list(), "open": is_open, "limit": limit})
    return [_shadow(row) for row in rows]


def shadows_for_banner(connection: Connection[Any], *, reach: Reach, since: datetime) -> list[Shadow]:
    """Return the open shadows, and those that were rolled back since then: what a page warns of."""
    query = f"""SELECT {_COLUMNS} FROM shadows
        WHERE {_IN_REACH} AND (ended_at IS NULL OR (state = 'rolled_back' AND ended_at >= %(since)s))
        ORDER BY started_at DESC, shadow_id"""
    return [_shadow(row) for row in connection.execute(query, {"reach": reach.grid_list(), "since": since})]


def change_shadow(
    connection: Connection[Any],
    shadow: Shadow,
    state: State,
    actor: Actor,
    *,
    at: datetime,
    what: str,
    why: str = "",
    canary: Canary | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Shadow:
    """Give a locked shadow another state, told in its timeline and in the audit."""
    over = state in (State.PROMOTED, State.ROLLED_BACK, State.ENDED)
    connection.execute(
        """UPDATE shadows SET state = %s, why = %s, canary = %s, ended_at = %s, revision = revision + 1
           WHERE shadow_id = %s""",
        (
            state.value,
            plain_text(why),
            None if canary is None else as_jsonb(canary.document()),
            at if over else None,
            shadow.shadow_id,
        ),
    )
    tell(connection, shadow.shadow_id, what, actor, at=at, detail={**(detail or {}), **({"why": why} if why else {})})
    return find_shadow(connection, shadow.shadow_id)


def keep_canary(connection: Connection[Any], shadow_id: UUID, canary: Canary) -> None:
    """Keep what is known of a canary, without telling anybody."""
    connection.execute("UPDATE shadows SET canary = %s WHERE shadow_id = %s", (as_jsonb(canary.document()), shadow_id))


def tell(
    connection: Connection[Any],
    shadow_id: UUID,
    what: str,
    actor: Actor,
    *,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one thing into a shadow's timeline and into the audit; its row must be locked, or new."""
    connection.execute(
        """INSERT INTO shadow_events (shadow_id, seq, at, what, by, detail)
           SELECT %(id)s, coalesce(max(seq), 0) + 1, %(at)s, %(what)s, %(by)s, %(detail)s
           FROM shadow_events WHERE shadow_id = %(id)s""",
        {"id": shadow_id, "at": at, "what": what, "by": plain_text(actor.name), "detail": as_jsonb(detail or {})},
    )
    audit(connection, actor, f"shadow.{what}", f"shadow/{shadow_id}", at=at, detail=detail)


def events_of(connection: Connection[Any], shadow_id: UUID) -> list[ShadowEvent]:
    """Return what happened to a shadow, in order."""
    rows = connection.execute(
        "SELECT at, what, by, detail FROM shadow_events WHERE shadow_id = %s ORDER BY seq", (shadow_id,)
    )
    return [ShadowEvent(at=at, what=what, by=by, detail=detail) for at, what, by, detail in rows]


def base_of(connection: Connection[Any], shadow_id: UUID) -> str | None:
    """Return the version that was in force when a shadow began."""
    row = connection.execute(
        "SELECT detail ->> 'base_version' FROM shadow_events WHERE shadow_id = %s AND seq = 1", (shadow_id,)
    ).fetchone()
    return None if row is None else row[0]


def followed_of(
    connection: Connection[Any], ids: Iterable[UUID], *, reach: Reach = EVERYWHERE
) -> dict[UUID, list[Followed]]:
    """Return how far each grid of those shadows was followed, as far as `reach` goes."""
    found: dict[UUID, list[Followed]] = {shadow_id: [] for shadow_id in ids}
    rows = connection.execute(
        """SELECT shadow_id, grid, followed_until, heard_until, config_version, problem FROM shadow_grids
           WHERE shadow_id = ANY(%(ids)s) AND (%(reach)s::text[] IS NULL OR grid = ANY(%(reach)s::text[]))
           ORDER BY grid""",
        {"ids": list(found), "reach": reach.grid_list()},
    )
    for shadow_id, grid, followed_until, heard_until, config_version, problem in rows:
        found[shadow_id].append(
            Followed(
                grid=grid,
                followed_until=followed_until,
                heard_until=heard_until,
                config_version=config_version,
                problem=problem,
            )
        )
    return found


def note_followed(
    connection: Connection[Any],
    shadow_id: UUID,
    before: Followed,
    *,
    followed_until: datetime,
    heard_until: datetime,
    config_version: str,
    alerts: Sequence[Alert],
    inherited: Sequence[Alert] = (),
) -> None:
    """Note how far a grid was followed, with every alert that changed; raise Overtaken where somebody else did.

    `inherited` are those that were known already when the shadow began.
    """
    kept = connection.execute(
        """UPDATE shadow_grids SET followed_until = %s, heard_until = %s, config_version = %s, problem = ''
           WHERE shadow_id = %s AND grid = %s AND followed_until = %s
             AND EXISTS (SELECT 1 FROM shadows WHERE shadow_id = shadow_grids.shadow_id AND ended_at IS NULL)""",
        (followed_until, heard_until, config_version, shadow_id, before.grid, before.followed_until),
    ).rowcount
    if not kept:
        raise Overtaken(f"grid {before.grid} of shadow {shadow_id} was followed by somebody else, or is over")
    rows = [_alert_row(shadow_id, alert, is_inherited=True) for alert in inherited]
    rows += [_alert_row(shadow_id, alert, is_inherited=False) for alert in alerts]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_INSERT_ALERT.encode(), rows)


def follow_again(connection: Connection[Any], shadow_id: UUID, grid: str, since: datetime) -> None:
    """Let a grid be followed again from `since`, where the machine's clock was set back to."""
    connection.execute(
        """UPDATE shadow_grids SET followed_until = least(followed_until, %(since)s),
                                   heard_until = least(heard_until, %(since)s)
           WHERE shadow_id = %(id)s AND grid = %(grid)s""",
        {"since": since, "id": shadow_id, "grid": grid},
    )


def note_problem(connection: Connection[Any], shadow_id: UUID, grid: str, problem: str) -> None:
    """Note what stands in the way of following a grid."""
    connection.execute(
        """UPDATE shadow_grids SET problem = %(problem)s
           WHERE shadow_id = %(id)s AND grid = %(grid)s AND problem <> %(problem)s""",
        {"problem": plain_text(problem), "id": shadow_id, "grid": grid},
    )


def known_alerts(connection: Connection[Any], shadow_id: UUID, grid: str, since: datetime) -> list[Alert]:
    """Return the alerts of a grid that are active, or were raised or cleared since then, oldest first."""
    rows = connection.execute(
        f"""SELECT {SHADOW_ALERT_SELECT} FROM shadow_alerts
            WHERE shadow_id = %s AND grid = %s AND (condition = 'active' OR raised_at >= %s OR cleared_at >= %s)
            ORDER BY raised_at, alert_id""".encode(),
        (shadow_id, grid, since, since),
    )
    return [shadow_alert(row) for row in rows]


def forget_shadows(connection: Connection[Any], before: datetime) -> int:
    """Let go of shadows that ended before then, with all they would have raised; return how many."""
    return connection.execute("DELETE FROM shadows WHERE ended_at < %s", (before,)).rowcount


def _shadow(row: Sequence[Any]) -> Shadow:
    shadow_id, version, grids, note, by, started_at, until, state, ended_at, why, canary = row
    return Shadow(
        shadow_id=shadow_id,
        version=version,
        grids=tuple(grids),
        note=note,
        by=by,
        started_at=started_at,
        until=until,
        state=State(state),
        ended_at=ended_at,
        why=why,
        canary=None if canary is None else canary_from(canary),
    )


def _alert_row(shadow_id: UUID, alert: Alert, *, is_inherited: bool) -> dict[str, Any]:
    row = alert_to_row(alert)
    return {name: row[name] for name in _ALERT_COLUMNS} | {"shadow_id": shadow_id, "is_inherited": is_inherited}


def shadow_alert(row: Sequence[Any]) -> Alert:
    """Return the alert of a row of SHADOW_ALERT_SELECT."""
    values = dict(zip(_ALERT_COLUMNS, row, strict=True))
    for name in ("reason", "clear_reason"):
        values[name] = Reason(values[name]["text"], values[name]["numbers"]) if values[name] else None
    values["severity"] = Severity(values["severity"])
    values["condition"] = Condition(values["condition"])
    values["members"] = tuple(values["members"])
    values["box"] = box_from(values["box"]) if values["box"] else None
    values["sightings"] = {kind: datetime.fromisoformat(at) for kind, at in values["sightings"].items()}
    return Alert(**values)
