"""A clock, a limit and when it began go in; when to warn and when it is due come out.

The urgent clock runs through. The working clock runs in working time only. Both stand still while a case is suspended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from detectors.finding import Severity
from hub.cases.calendar import Span, worked
from hub.cases.level import ClockKind
from hub.cases.plan import Limit, Plan, WorkingTime

FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a case is to be warned of, and when it is due.

    `unknown_years` are the years that the working clock went through without knowing their holidays: the instants are
    then a guess by weekdays.
    """

    clock: ClockKind
    limit_s: float
    warn_at: datetime
    due_at: datetime
    unknown_years: tuple[int, ...] = ()


def due(
    plan: Plan,
    *,
    condition: str | None,
    severity: Severity,
    from_: datetime,
    clock: ClockKind | None = None,
    suspensions: Sequence[Span] = (),
) -> Due:
    """Return when a case filed under `condition` is due whose clock began at `from_`.

    `clock` overrides that of the condition, with its limit. `suspensions` are the times from and until which the case
    was suspended; they may touch and overlap.
    """
    limit = limit_of(plan, condition=condition, severity=severity)
    kind = clock or limit.clock
    warn_at = add(plan.working, kind, from_, limit.limit_s * plan.warn_share, suspensions)
    due_at = add(plan.working, kind, from_, limit.limit_s, suspensions)
    return Due(
        clock=kind,
        limit_s=limit.limit_s,
        warn_at=warn_at,
        due_at=due_at,
        unknown_years=_unknown(plan.working, kind, from_, due_at),
    )


def resumed(plan: Plan, *, clock: ClockKind, at: datetime, suspended_at: datetime, was_due: datetime) -> datetime:
    """Return when it is due that was due at `was_due` before it was suspended from `suspended_at` to `at`.

    What was due before the suspension began stays so. The same holds for the instant of the warning.
    """
    if was_due <= suspended_at:
        return was_due
    return add(plan.working, clock, at, measure(plan.working, clock, suspended_at, was_due))


def limit_of(plan: Plan, *, condition: str | None, severity: Severity) -> Limit:
    """Return how long a case filed under `condition` may take."""
    return plan.condition(condition).limits[severity]


def add(
    working: WorkingTime, clock: ClockKind, since: datetime, seconds: float, suspensions: Sequence[Span] = ()
) -> datetime:
    """Return the first instant (UTC) by which `seconds` have passed on `clock` since `since`."""
    left = timedelta(seconds=seconds)
    for begin, end in _running(working, clock, since, suspensions):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    raise AssertionError("time has no end")  # pragma: no cover


def measure(
    working: WorkingTime, clock: ClockKind, since: datetime, until: datetime, suspensions: Sequence[Span] = ()
) -> float:
    """Return how many seconds have passed on `clock` from `since` to `until`; 0.0 where `until` is the earlier."""
    passed = timedelta()
    for begin, end in _running(working, clock, since, suspensions):
        if begin >= until:
            break
        passed += min(end, until) - begin
    return passed.total_seconds()


def _running(working: WorkingTime, clock: ClockKind, since: datetime, suspensions: Sequence[Span]) -> Iterator[Span]:
    """Yield in order, without end, the spans from `since` on in which the clock runs."""
    if since.tzinfo is None:
        raise ValueError(f"{since!r} has no timezone")
    since = since.astimezone(UTC)
    if clock is ClockKind.WORKING:
        running: Iterable[Span] = worked(working, since)
    else:
        running = [(since, FOREVER)]
    yield from _without(running, sorted((begin, end) for begin, end in suspensions if begin < end))


def _without(running: Iterable[Span], stopped: Sequence[Span]) -> Iterator[Span]:
    for begin, end in running:
        for from_, until in stopped:
            if until <= begin:
                continue
            if from_ >= end:
                break
            if from_ > begin:
                yield begin, from_.astimezone(UTC)
            begin = max(begin, until.astimezone(UTC))
            if begin >= end:
                break
        if begin < end:
            yield begin, end


def _unknown(working: WorkingTime, clock: ClockKind, since: datetime, until: datetime) -> tuple[int, ...]:
    if clock is ClockKind.URGENT:
        return ()
    first, last = (at.astimezone(working.timezone).year for at in (since, until))
    return tuple(year for year in range(first, last + 1) if year not in working.years)
