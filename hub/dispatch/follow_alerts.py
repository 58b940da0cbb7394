"""Follows the feed for the cases: alerts raised and cleared in, what that means for open and closed cases done.

An alert raised where an open case has one joins that case. Raised again, soon enough, where the last case was closed,
it opens that case again. One that clears is told in the case that holds it. Any number may follow, one in each API
process: the cursor's row lets one work at a time, and moves in the transaction of what was done, so that nothing is
done twice and nothing left out, whoever is killed when.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hub.alerts.alert import Alert, Condition
from hub.alerts.lifecycle import EventType
from hub.cases.case import Case
from hub.cases.orders import AddAlert, AlertCleared, Order, Reopen
from hub.cases.plan import Plan
from hub.cases.planned import planned
from hub.cases.stage import Stage
from hub.cases.steps import IllegalStep
from hub.log import logger
from hub.people.caller import EVERYWHERE
from hub.store.case_command import NoSuchCase, change_case
from hub.store.case_follow import News, case_to_join, followed_to, move_on, news_after
from hub.store.cases import held_by
from hub.store.read_alerts import find_alert
from hub.store.read_places import recently_closed
from hub.store.session import StoreUnavailable, connect, is_unavailable, unavailable
from ingest.city import City

if TYPE_CHECKING:
    from psycopg import Connection

log = logger("cases")
ACTOR = "lianqin"
LOOK_S = 1.0


@dataclass(slots=True)
class AlertFollower:
    """One process's eye on the feed."""

    dsn: str
    plan: Callable[[], Plan]
    city: Callable[[], City]
    now: Callable[[], datetime]
    _connection: Connection[Any] | None = None

    def look(self) -> int:
        """Follow the feed to its end; return how many items changed a case.

        Raises StoreUnavailable; the next look connects anew.
        """
        try:
            with unavailable():
                return self._look()
        except StoreUnavailable:
            self.close()
            raise

    def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _look(self) -> int:
        if self._connection is None:
            self._connection = connect(self.dsn)
        changed = 0
        while (done := self._stretch(self._connection)) is not None:
            changed += done
        return changed

    def _stretch(self, connection: Connection[Any]) -> int | None:
        """Follow one stretch; return how many items changed a case, None at the end or where another one follows."""
        changed = 0
        with connection.transaction():
            seq = followed_to(connection)
            if seq is None:
                return None
            news, end = news_after(connection, seq)
            if not news and end != seq:
                move_on(connection, end)
        if end == seq:
            return None
        for number, one in enumerate(news):
            last = number == len(news) - 1
            with connection.transaction():  # one for each: whoever writes to the feed waits for us no longer
                if followed_to(connection) != seq:
                    return changed  # another process went on from here
                changed += self._concern(connection, one)
                seq = end if last else one.seq
                move_on(connection, seq)
        return changed

    def _concern(self, connection: Connection[Any], one: News) -> bool:
        """Do what one item means for cases; return whether it meant anything. What fails is logged and passed over."""
        try:
            with connection.transaction():
                found = find_alert(connection, one.alert_id, EVERYWHERE)
                if found is None:
                    return False
                if one.type is EventType.CLEARED:
                    return self._cleared(connection, found.alert)
                return self._raised(connection, found.alert)
        except (IllegalStep, NoSuchCase) as error:
            log.info("an alert changed no case", alert=str(one.alert_id), why=str(error))
        except Exception as error:
            if is_unavailable(error):
                raise
            log.error("an alert could not be looked at for cases", alert=str(one.alert_id), why=repr(error))
        return False

    def _raised(self, connection: Connection[Any], alert: Alert) -> bool:
        if held_by(connection, [alert.alert_id]):
            return False
        case_id = case_to_join(connection, self.city(), alert)
        if case_id is not None:
            self._order(connection, case_id, self._joining(alert))
            return True
        return self._reopened(connection, alert)

    def _reopened(self, connection: Connection[Any], alert: Alert) -> bool:
        """Open the case again that was closed at the alert's place, if that is no longer ago than the plan says."""
        if alert.inhibited_by is not None or alert.condition is Condition.CLEARED:
            return False
        case = recently_closed(connection, self.city(), alert)
        if case is None or case.stage is not Stage.CLOSED or case.closed_at is None:
            return False
        within = timedelta(seconds=self.plan().condition(case.condition).reopen_within_s)
        since = max(alert.raised_at - case.closed_at, timedelta())
        if since > within:
            return False
        words = f"{alert.rule} was raised at the same place {_span(since)} after it was closed"
        self._order(connection, case.case_id, Reopen(by=ACTOR, at=self.now(), note=words))
        self._order(connection, case.case_id, self._joining(alert))
        return True

    def _cleared(self, connection: Connection[Any], alert: Alert) -> bool:
        holder = held_by(connection, [alert.alert_id]).get(alert.alert_id)
        if holder is None:
            return False
        self._order(connection, holder[0], AlertCleared(by=ACTOR, at=self.now(), alert=alert.alert_id))
        return True

    def _joining(self, alert: Alert) -> AddAlert:
        return AddAlert(by=ACTOR, at=self.now(), alert=alert.alert_id, severity=alert.severity)

    def _order(self, connection: Connection[Any], case_id: UUID, order: Order) -> None:
        def filled(case: Case) -> Order:
            return planned(self.plan(), self.city(), case, order)

        change_case(connection, case_id, filled, actor=ACTOR)


def follow_alerts(follower: AlertFollower, stop: threading.Event, look_s: float = LOOK_S) -> None:
    """Look every `look_s` until `stop`; wait for a database that is away."""
    away = False
    while not stop.is_set():
        try:
            follower.look()
            away = False
        except StoreUnavailable as error:
            if not away:
                log.warning("cases wait for the database to hear of alerts", error=str(error))
            away = True
        except Exception as error:  # whatever it is, the next look begins anew
            log.error("following alerts for cases failed; trying again", error=repr(error))
            follower.close()
        stop.wait(look_s)
    follower.close()


def _span(span: timedelta) -> str:
    """Return a span for people, in the largest unit that fits."""
    seconds = span.total_seconds()
    for unit_s, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {name}"
    return f"{seconds:.0f} seconds"
