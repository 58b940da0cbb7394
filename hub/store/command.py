"""Operators' commands: an alert's id and an order in, the alert after it and its feed number out, audited."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.alerts.alert import Alert
from hub.alerts.lifecycle import Assign, Command, Judge, Shelve, Unshelve, command
from hub.people.caller import EVERYWHERE, Reach
from hub.store import feed
from hub.store.alerts import lock, write
from hub.store.audit import Actor, note
from hub.store.reach import may_see_alert


class NoSuchAlert(LookupError):
    """There is no alert with this id."""


def change_alert(
    connection: Connection[Any],
    alert_id: UUID,
    order: Command,
    actor: str,
    *,
    actor_id: UUID | None = None,
    remote: str | None = None,
    reach: Reach = EVERYWHERE,
) -> tuple[Alert, int]:
    """Carry out `order` in the caller's transaction; return the alert after it and the feed's number for it.

    Raises NoSuchAlert, also for one outside of `reach`, or IllegalTransition where the order makes no sense for the
    alert as it stands; nothing is changed then. The audit row names `actor` and, where given, the address the order
    came from. The feed's head is held from here until the transaction ends, so end it soon and wait for nothing before.
    """
    held = lock(connection, [alert_id]).get(alert_id)
    if held is None or not may_see_alert(connection, alert_id, reach):
        raise NoSuchAlert(f"there is no alert {alert_id}")
    alert, kind = command(held.alert, order)
    row = write(connection, held, alert, kind=kind, at=order.at, now=order.at)
    detail: dict[str, object] = {
        "revision": alert.revision,
        "condition": alert.condition.value,
        "rule": alert.rule,
    }
    if isinstance(order, Shelve):
        detail |= {"until": order.until.astimezone(UTC).isoformat(), "reason": order.reason}
    elif isinstance(order, Assign):
        detail |= {"to": order.to}
    elif isinstance(order, Judge):
        detail |= {"is_real": order.is_real, "reason": order.reason}
    who = Actor(name=actor, actor_id=actor_id, remote=remote)
    note(connection, who, kind.value, f"alert/{alert_id}", at=order.at, detail=detail)
    seq = feed.append(connection, [row])
    assert seq is not None
    return alert, seq


def unshelve_due(connection: Connection[Any], now: datetime, *, actor: str = "lianqin") -> list[UUID]:
    """End every shelving whose time has come, each in a transaction of its own; return the alerts.

    The connection must not be in a transaction.
    """
    due = connection.execute("SELECT alert_id FROM alerts WHERE shelved_until <= %s ORDER BY alert_id", (now,))
    ended = []
    for (alert_id,) in due.fetchall():
        with connection.transaction():
            # Another one may have ended it since, or given it a later end: look again under the lock.
            row = connection.execute(
                "SELECT 1 FROM alerts WHERE alert_id = %s AND shelved_until <= %s FOR UPDATE", (alert_id, now)
            ).fetchone()
            if row is not None:
                change_alert(connection, alert_id, Unshelve(by=actor, at=now), actor)
                ended.append(alert_id)
    return ended
