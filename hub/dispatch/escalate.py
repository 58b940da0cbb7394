"""Watches the clocks of cases: the plan and the time in, orders carried out when their time has come.

Any number may run, one in each API process; an advisory lock lets one of them work, and another takes over when its
connection ends. Nothing is remembered between two looks but the database, so a restart loses nothing: what came due
meanwhile is carried out in the order in which it came due.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hub.cases.case import Case
from hub.cases.escalation import next_coming, orders_for
from hub.cases.lifecycle import EVENT_OF
from hub.cases.plan import Plan
from hub.cases.stage import Event
from hub.config.dispatch_document import plan_document
from hub.config.load_dispatch import calendar_warning, missing_years
from hub.log import logger
from hub.store.case_command import change_case
from hub.store.due_cases import claim_clocks, due_cases, lock_case
from hub.store.plans import save_plan
from hub.store.session import StoreUnavailable, connect, is_unavailable, unavailable
from ingest.city import City

if TYPE_CHECKING:
    from psycopg import Connection

log = logger("clocks")
ACTOR = "lianqin"
LOOK_S = 2.0


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to a case by itself, and since when it was due."""

    number: str
    event: Event
    due_since: datetime


@dataclass(slots=True)
class Clocks:
    """One process's watch over the clocks of cases."""

    dsn: str
    plan: Callable[[], Plan]
    city: Callable[[], City]
    now: Callable[[], datetime]
    _connection: Connection[Any] | None = None
    _holds_watch: bool = False
    _saved: str = ""
    _warned_on: date | None = None
    _refused: dict[UUID, int] = field(default_factory=dict)  # case -> revision at which it failed

    def look(self) -> list[Done]:
        """Carry out everything that is due now and return it in order; nothing where another process has the watch.

        Raises StoreUnavailable; the next look connects anew.
        """
        try:
            with unavailable():
                return self._look()
        except StoreUnavailable:
            self.close()
            raise

    def close(self) -> None:
        """Give up the watch and the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._holds_watch = None, False

    def _look(self) -> list[Done]:
        if self._connection is None:
            self._connection = connect(self.dsn)
        self._save_plan(self._connection)
        self._warn_of_calendar()
        if not self._holds_watch and not claim_clocks(self._connection):
            return []
        self._holds_watch = True
        done: list[Done] = []
        while found := self._due(self._connection):
            before = len(done)
            self._carry_out_all(self._connection, found, done)
            if len(done) == before:
                break
        return done

    def _due(self, connection: Connection[Any]) -> list[tuple[datetime, UUID, int]]:
        found = due_cases(connection, self.now())
        return [each for each in found if self._refused.get(each[1]) != each[2]]

    def _save_plan(self, connection: Connection[Any]) -> None:
        plan = self.plan()
        if plan.version != self._saved:
            if save_plan(connection, plan.version, plan_document(plan)):
                log.info("a new dispatch plan is kept", plan_version=plan.version)
            self._saved = plan.version

    def _warn_of_calendar(self) -> None:
        """Say once a day which year's holidays are not known; what runs for months must not fall silent about it."""
        plan, at = self.plan(), self.now()
        today = at.astimezone(plan.working.timezone).date()
        if self._warned_on is not None and self._warned_on != today:
            for year in missing_years(plan, at):
                log.warning("dispatch plan", doubt=calendar_warning(year), plan_version=plan.version)
        self._warned_on = today

    def _carry_out_all(
        self, connection: Connection[Any], found: list[tuple[datetime, UUID, int]], done: list[Done]
    ) -> None:
        """Carry out what is due for those cases, the longest due first, also what comes due for them by that."""
        heapify(found)
        while found:
            since, case_id, revision = heappop(found)
            at = self.now()
            try:
                with connection.transaction():  # all its orders or none
                    case, carried = self._carry_out(connection, case_id, since, at)
            except Exception as error:
                if is_unavailable(error):
                    raise
                # One case must not keep the others waiting, nor be tried every two seconds: not before it has changed.
                self._refused[case_id] = revision
                log.error("what is due cannot be done", case=str(case_id), due_since=str(since), why=repr(error))
                continue
            self._refused.pop(case_id, None)
            done += carried
            following = None if case is None else next_coming(case)
            if case is not None and following is not None and following.at <= at:
                heappush(found, (following.at, case_id, case.revision))

    def _carry_out(
        self, connection: Connection[Any], case_id: UUID, since: datetime, at: datetime
    ) -> tuple[Case | None, list[Done]]:
        """Carry out the one thing that has been due `since`; return the case after it, and what was done to it."""
        case = lock_case(connection, case_id)
        coming = None if case is None else next_coming(case)
        if case is None or coming is None or coming.at > since:
            return case, []  # somebody changed it since we looked: it has its turn when something comes due
        carried = []
        for order in orders_for(self.plan(), self.city(), case, coming, by=ACTOR, at=at):
            case, _ = change_case(connection, case_id, order, actor=ACTOR)
            carried.append(Done(case.number, EVENT_OF[type(order)], coming.at))
        return case, carried


def keep_clocks(clocks: Clocks, stop: threading.Event, look_s: float = LOOK_S) -> None:
    """Look every `look_s` until `stop`; wait for a database that is away."""
    away = False
    while not stop.is_set():
        try:
            for one in clocks.look():
                log.info("a case's time has come", case=one.number, what=one.event.value, due_since=str(one.due_since))
            away = False
        except StoreUnavailable as error:
            if not away:
                log.warning("the clocks of cases wait for the database", error=str(error))
            away = True
        except Exception as error:  # whatever it is, the clocks of the other cases go on
            log.error("the clocks of cases failed; they are looked at again", error=repr(error))
            clocks.close()
        stop.wait(look_s)
    clocks.close()
