"""Orders on cases: one comes in, the plan adds what was left open, it is carried out once, audited and told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from hub.api import model_case_orders as body
from hub.api.case_door import COMMANDS, CaseId, IfMatch, invalid, needs_one_of, refusals, revision_of, served
from hub.api.case_drafts import alerts_seen, draft_of, reports_held, split_draft_of
from hub.api.context import CallerDep, Hub, HubDep, needs, remote_of
from hub.api.model_cases import CaseDocument
from hub.api.once_only import Key, carry_out
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.cases import orders
from hub.cases.case import Case
from hub.cases.orders import Order
from hub.cases.planned import planned
from hub.people.scopes import Scope
from hub.store.case_command import change_case, merge_cases, open_case, split_case
from hub.store.read_cases import find_case

if TYPE_CHECKING:
    from psycopg import Connection

router = APIRouter(prefix=API, tags=["cases"])
MACHINE = "dispatch"
LONGEST_SUSPENSION = timedelta(days=366)
Ordered = Callable[[datetime], Order]


class Desk:
    """What every order needs: the request, the hub, who gives it, and its headers."""

    def __init__(
        self, request: Request, hub: HubDep, caller: CallerDep, key: Key = None, if_match: IfMatch = None
    ) -> None:
        """Take them from the request."""
        self.request, self.hub, self.caller, self.key, self.if_match = request, hub, caller, key, if_match

    async def carry_out(self, case_id: UUID, order: Ordered) -> Response:
        """Carry out one order on one case."""

        def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
            wanted = order(at)
            city, plan = self.hub.configuration.city, self.hub.plan

            def filled(case: Case) -> Order:
                return planned(plan, city, case, wanted)

            with refusals():
                case, _ = change_case(connection, case_id, filled, **self.who, **self.expected)
            return served(case)

        return await self.change(change)

    async def change(
        self, change: Callable[[Connection[Any], datetime], dict[str, Any]], *, status: int = 200
    ) -> Response:
        """Carry out anything else."""
        also = f"if-match {revision_of(self.if_match)}" if self.if_match else ""
        return await carry_out(self.request, self.hub, self.caller, self.key, change, status=status, also=also)

    @property
    def who(self) -> dict[str, Any]:
        """Return who gives the order, how far they see, and where from."""
        return {**self.author, "reach": self.caller.reach}

    @property
    def author(self) -> dict[str, Any]:
        """Return who gives the order, and where from."""
        return {
            "actor": self.caller.name,
            "actor_id": self.caller.caller_id,
            "remote": remote_of(self.request.scope),
        }

    @property
    def expected(self) -> dict[str, Any]:
        """Return the revision that the caller saw."""
        return {"expected_revision": revision_of(self.if_match)}

    def given(self, order: body.NoteOrder | body.ReasonOrder, at: datetime) -> dict[str, Any]:
        """Return what every order carries."""
        return {"by": self.caller.name, "at": at, "note": order.note, "photos": tuple(order.photos)}


DeskDep = Annotated[Desk, Depends(Desk)]


def _command(name: str, summary: str) -> Callable[[Any], Any]:
    """Return the decorator of one command's route."""
    _, scopes = COMMANDS[name]
    words = name.split("-")
    return router.post(
        f"/cases/{{case_id}}/{name}",
        operation_id=words[0] + "".join(map(str.title, words[1:])) + "Case",
        summary=summary,
        response_model=CaseDocument,
        responses=problems(400, 404, 409, 413, 422),
        dependencies=needs_one_of(*scopes),
    )


@router.post(
    "/cases",
    operation_id="collectCase",
    summary="Begin a case",
    status_code=201,
    response_model=CaseDocument,
    responses=problems(400, 409, 413, 422),
    dependencies=[needs(Scope.CASES_FILE)],
)
async def collect(desk: DeskDep, order: body.CollectOrder) -> Any:
    """Begin a case from alerts, from reports, or from what the caller says. 409 if an alert is in an open case."""

    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        with refusals():
            draft = draft_of(connection, desk.hub, desk.caller, order)
            case, _ = open_case(connection, draft, at=at, zone=_zone(desk.hub), **desk.author)
        return served(case)

    return await desk.change(change, status=201)


@_command("file", "File it: it is a case (立案)")
async def file(desk: DeskDep, case_id: CaseId, order: body.FileOrder) -> Any:
    """File the case. Its deadline begins; category, level and deadline come from the dispatch plan."""
    return await desk.carry_out(
        case_id, lambda at: orders.File(category=order.category, level=order.level, **desk.given(order, at))
    )


@_command("refuse-filing", "Do not file it, with a reason (不予立案)")
async def refuse_filing(desk: DeskDep, case_id: CaseId, order: body.ReasonOrder) -> Any:
    """End the case without filing it."""
    return await desk.carry_out(case_id, lambda at: orders.NotFile(**desk.given(order, at)))


@_command("dispatch", "Send it to a department (派遣)")
async def dispatch(desk: DeskDep, case_id: CaseId, order: body.DispatchOrder) -> Any:
    """Send the case to a department and squad; the dispatch plan says which where the order does not."""

    def sent(at: datetime) -> Order:
        to = order.department or ""  # the plan fills it in
        return orders.Dispatch(department=to, squad=order.squad, level=order.level, **desk.given(order, at))

    return await desk.carry_out(case_id, sent)


@_command("reroute", "Send it to another department")
async def reroute(desk: DeskDep, case_id: CaseId, order: body.RerouteOrder) -> Any:
    """Send the case to another department or squad; whoever has taken it loses it."""

    def sent(at: datetime) -> Order:
        given = desk.given(order, at)
        return orders.Reroute(department=order.department, squad=order.squad, level=order.level, **given)

    return await desk.carry_out(case_id, sent)


@_command("take", "Take it on")
async def take(desk: DeskDep, case_id: CaseId, order: body.TakeOrder) -> Any:
    """Take the case on, or take it again. 409 while somebody else holds it.

    A machine's lease is the dispatch plan's usual one where it asks for none; a person's taking does not lapse.
    """
    if order.lease_s is None and desk.caller.role == MACHINE:
        order = order.model_copy(update={"lease_s": int(desk.hub.plan.lease.usual_s)})
    return await desk.carry_out(
        case_id, lambda at: orders.Take(until=_lease(desk, order.lease_s, at), **desk.given(order, at))
    )


@_command("progress", "Tell how it goes")
async def progress(desk: DeskDep, case_id: CaseId, order: body.ProgressOrder) -> Any:
    """Note how it goes, with words, pictures or a new lease. A lease begins anew with any sign of life."""
    return await desk.carry_out(
        case_id, lambda at: orders.Progress(until=_lease(desk, order.lease_s, at), **desk.given(order, at))
    )


@_command("refuse", "Give it back, with a reason")
async def refuse(desk: DeskDep, case_id: CaseId, order: body.ReasonOrder) -> Any:
    """Give the case back to the dispatcher."""
    return await desk.carry_out(case_id, lambda at: orders.Refuse(**desk.given(order, at)))


@_command("report-done", "Say that it is settled")
async def report_done(desk: DeskDep, case_id: CaseId, order: body.NoteOrder) -> Any:
    """Report the case done, with pictures. Ends a suspension."""
    return await desk.carry_out(case_id, lambda at: orders.ReportDone(**desk.given(order, at)))


@_command("verify", "Confirm that it is settled (核查)")
async def verify(desk: DeskDep, case_id: CaseId, order: body.NoteOrder) -> Any:
    """Confirm what was reported done."""
    return await desk.carry_out(case_id, lambda at: orders.Verify(**desk.given(order, at)))


@_command("rework", "Send it back, with a reason (返工)")
async def rework(desk: DeskDep, case_id: CaseId, order: body.ReasonOrder) -> Any:
    """Send the case back to its department; the rework is counted."""
    return await desk.carry_out(case_id, lambda at: orders.Rework(**desk.given(order, at)))


@_command("ask-suspension", "Ask that the clock stand still (申请挂账)")
async def ask_suspension(desk: DeskDep, case_id: CaseId, order: body.AskSuspensionOrder) -> Any:
    """Ask for suspension, with a reason and the end that is wished for."""

    def asked(at: datetime) -> Order:
        return orders.AskSuspension(until=_end(order.until, order.for_s, at), **desk.given(order, at))

    return await desk.carry_out(case_id, asked)


@_command("suspend", "Let the clock stand still until a stated end (挂账)")
async def suspend(desk: DeskDep, case_id: CaseId, order: body.SuspendOrder) -> Any:
    """Suspend the case. It resumes by itself at its end."""

    def suspended(at: datetime) -> Order:
        until = _end(order.until, order.for_s, at)
        if until is None:
            raise invalid("#", "give either `until` or `for_s`")
        return orders.Suspend(until=until, **desk.given(order, at))

    return await desk.carry_out(case_id, suspended)


@_command("deny-suspension", "Do not let the clock stand still, with a reason")
async def deny_suspension(desk: DeskDep, case_id: CaseId, order: body.ReasonOrder) -> Any:
    """Deny the suspension that was asked for."""
    return await desk.carry_out(case_id, lambda at: orders.DenySuspension(**desk.given(order, at)))


@_command("resume", "End its suspension now")
async def resume(desk: DeskDep, case_id: CaseId, order: body.NoteOrder) -> Any:
    """End the suspension before its end; what was left of the time is left still."""
    return await desk.carry_out(case_id, lambda at: orders.Resume(**desk.given(order, at)))


@_command("close", "Close it (结案)")
async def close(desk: DeskDep, case_id: CaseId, order: body.CloseOrder) -> Any:
    """Close a verified case. 409 while an alert of it is active, unless the order says even so, and why."""

    def closing(at: datetime) -> Order:
        return orders.Close(even_though_active=order.even_though_active, **desk.given(order, at))

    return await desk.carry_out(case_id, closing)


@_command("evaluate", "Say how well it was settled")
async def evaluate(desk: DeskDep, case_id: CaseId, order: body.EvaluateOrder) -> Any:
    """Evaluate a closed case; a later evaluation replaces the one before."""
    return await desk.carry_out(case_id, lambda at: orders.Evaluate(score=order.score, **desk.given(order, at)))


@_command("void", "Void it, with a reason (作废)")
async def void(desk: DeskDep, case_id: CaseId, order: body.ReasonOrder) -> Any:
    """End a case that should never have been one."""
    return await desk.carry_out(case_id, lambda at: orders.Void(**desk.given(order, at)))


@_command("reopen", "Open it again, with a reason")
async def reopen(desk: DeskDep, case_id: CaseId, order: body.ReasonOrder) -> Any:
    """Open a closed case again, or one that was not filed."""
    return await desk.carry_out(case_id, lambda at: orders.Reopen(**desk.given(order, at)))


@_command("note", "Write something down")
async def note(desk: DeskDep, case_id: CaseId, order: body.NoteOrder) -> Any:
    """Add words or pictures to the case's timeline."""
    return await desk.carry_out(case_id, lambda at: orders.Note(**desk.given(order, at)))


@_command("call-in", "Call in a further department")
async def call_in(desk: DeskDep, case_id: CaseId, order: body.CallInOrder) -> Any:
    """Call in a department beyond the one in charge; it sees the case from then on."""
    return await desk.carry_out(case_id, lambda at: orders.CallIn(department=order.department, **desk.given(order, at)))


@_command("add-alert", "Let an alert belong to it")
async def add_alert(desk: DeskDep, case_id: CaseId, order: body.AddAlertOrder) -> Any:
    """Add an alert that the caller sees. 409 if it belongs to an open case."""

    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        (alert,) = alerts_seen(connection, desk.caller, [order.alert])
        with refusals():
            adding = orders.AddAlert(alert=alert.alert_id, severity=alert.severity, **desk.given(order, at))
            case, _ = change_case(connection, case_id, adding, **desk.who, **desk.expected)
        return served(case)

    return await desk.change(change)


@_command("add-report", "Let a citizen's report belong to it")
async def add_report(desk: DeskDep, case_id: CaseId, order: body.AddReportOrder) -> Any:
    """Add a citizen's report."""

    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        with refusals():
            reports_held(connection, desk.caller, [order.report])
            adding = orders.AddReport(report=order.report, **desk.given(order, at))
            case, _ = change_case(connection, case_id, adding, **desk.who, **desk.expected)
        return served(case)

    return await desk.change(change)


@_command("merge", "Let it go on as part of another case (并案)")
async def merge(desk: DeskDep, case_id: CaseId, order: body.MergeOrder) -> Any:
    """End the case and give its alerts and reports to another one; return the ended one."""

    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        if order.photos:
            raise invalid("#/photos", "merging takes no pictures; note them with the case that goes on")
        with refusals():
            merged, _, _ = merge_cases(
                connection,
                case_id,
                order.into,
                by=desk.caller.name,
                at=at,
                note=order.note,
                **desk.who,
                **desk.expected,
            )
        return served(merged)

    return await desk.change(change)


@_command("split", "Let part of it become a case of its own")
async def split(desk: DeskDep, case_id: CaseId, order: body.SplitOrder) -> Any:
    """Take some alerts and reports out of the case into a new one; return the new one."""

    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        case = find_case(connection, case_id, desk.caller.reach)
        if case is None:
            raise Problem("not-found", f"there is no case {case_id}")
        if order.photos:
            raise invalid("#/photos", "splitting takes no pictures; note them with the new case")
        with refusals():
            _, new, _ = split_case(
                connection,
                case_id,
                split_draft_of(connection, desk.hub, case, order),
                by=desk.caller.name,
                at=at,
                note=order.note,
                zone=_zone(desk.hub),
                **desk.who,
                **desk.expected,
            )
        return served(new)

    return await desk.change(change)


def _lease(desk: Desk, lease_s: int | None, at: datetime) -> datetime | None:
    if lease_s is None:
        return None
    most_s = desk.hub.plan.lease.most_s
    if lease_s > most_s:
        raise invalid("#/lease_s", f"the dispatch plan allows {most_s:.0f} s at most")
    return at + timedelta(seconds=lease_s)


def _end(until: datetime | None, for_s: int | None, at: datetime) -> datetime | None:
    if until is not None and for_s is not None:
        raise invalid("#", "give either `until` or `for_s`, not both")
    if for_s is not None:
        return at + timedelta(seconds=for_s)
    if until is not None and not at < until <= at + LONGEST_SUSPENSION:
        raise invalid("#/until", f"must lie in the future, at most {LONGEST_SUSPENSION.days} days away")
    return until


def _zone(hub: Hub) -> tzinfo:
    return ZoneInfo(hub.configuration.city.timezone)
