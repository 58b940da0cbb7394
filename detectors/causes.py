"""One finding with several causes: evidence on each cause goes in, the raise, update or clear of the finding comes out.

A subject has at most one open alert of a rule, yet a rule may have more than one way to be broken: pressure too low or
too high, gas at the first or the second level, water too turbid or short of chlorine. Each way is a cause with a
duration and a severity of its own. The finding is raised with its first cause, updated when another joins that is at
least as bad, and cleared when all are over. Its severity never falls while it is open: it says how bad it got.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from detectors.duration import QUIET, Condition, Evidence, Law, Stage, Turn, latched, step
from detectors.finding import Finding, Number, OpenFinding, Phase, Reason, Severity

_WORST = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Cause:
    """One way in which the rule is broken."""

    name: str
    law: Law
    severity: Severity


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched: one rule on one subject, with its causes."""

    rule: str
    subject: str
    grid: str
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """How it goes: each cause's condition, and, while the finding is open, since when and how bad it got.

    `noted` are the causes that the open finding has spoken of.
    """

    conditions: tuple[Condition, ...]
    since: datetime | None = None
    severity: Severity | None = None
    noted: tuple[str, ...] = ()


CALM = {count: Course((QUIET,) * count) for count in range(1, 5)}  # shared, so that "is calm" is one comparison

# Given the phase, the cause it is about and that cause's condition, say why.
Explain = Callable[[Phase, str, Condition], tuple[str, dict[str, Number]]]


def begin(watched: Watched, open_findings: Sequence[OpenFinding]) -> Course:
    """Return the course at start: calm, or with the causes latched that the open finding speaks of."""
    for found in open_findings:
        if found.rule == watched.rule and found.subject == watched.subject:
            noted = _noted(watched, found)
            return Course(
                tuple(latched(found) if cause.name in noted else QUIET for cause in watched.causes),
                found.since,
                found.severity,
                noted,
            )
    return CALM[len(watched.causes)]


def proceed(
    watched: Watched, course: Course, evidence: Sequence[tuple[int, Evidence]], at: datetime, explain: Explain
) -> tuple[Course, Sequence[Finding]]:
    """Return the course after `evidence`, pairs of a cause's index and what is said of it, and what is found."""
    if course.since is not None and at < course.since:
        # A restarted worker folds the past: what came before the open finding is another story, long told. Taken for
        # part of this one, it would make a cause that is still to come old news.
        return course, ()
    conditions = list(course.conditions)
    raised: list[int] = []
    ended: list[tuple[int, Condition]] = []
    for index, says in evidence:
        before = conditions[index]
        conditions[index], turn = step(before, says, at, watched.causes[index].law)
        if turn is Turn.RAISED:
            raised.append(index)
        elif turn is Turn.CLEARED:
            ended.append((index, before))
    fresh = [index for index in raised if _is_news(watched.causes[index], course)]
    if fresh:
        return _raise_or_update(watched, course, tuple(conditions), fresh, at, explain)
    holds = any(condition.stage in (Stage.RAISED, Stage.CLEARING) for condition in conditions)
    if ended and not holds and course.since is not None and course.severity is not None:
        index, before = ended[-1]
        text, numbers = explain(Phase.CLEARED, watched.causes[index].name, before)
        numbers |= {"lasted_s": round((at - course.since).total_seconds(), 3), "causes": ",".join(course.noted)}
        finding = _finding(watched, Phase.CLEARED, course.since, at, course.severity, Reason(text, numbers))
        return _settled(Course(tuple(conditions))), (finding,)
    return _settled(replace(course, conditions=tuple(conditions))), ()


def _raise_or_update(
    watched: Watched,
    course: Course,
    conditions: tuple[Condition, ...],
    fresh: Sequence[int],
    at: datetime,
    explain: Explain,
) -> tuple[Course, Sequence[Finding]]:
    causes = watched.causes
    told = min(fresh, key=lambda index: _WORST[causes[index].severity])
    severity = causes[told].severity
    names = {causes[index].name for index in fresh} | set(course.noted)
    noted = tuple(cause.name for cause in causes if cause.name in names)
    # What is still pending holds too: a leak that jumps to the second level began when it passed the first.
    since = course.since or min(condition.since for condition in conditions if condition.since is not None)
    phase = Phase.RAISED if course.since is None else Phase.UPDATED
    text, numbers = explain(phase, causes[told].name, conditions[told])
    numbers |= {
        "lasted_s": round(conditions[told].lasted_s, 3),
        "blind_s": round(conditions[told].blind_s, 3),
        "causes": ",".join(noted),
    }
    finding = _finding(watched, phase, since, at, severity, Reason(text, numbers))
    return Course(conditions, since, severity, noted), (finding,)


def _finding(
    watched: Watched, phase: Phase, since: datetime, at: datetime, severity: Severity, reason: Reason
) -> Finding:
    return Finding(
        rule=watched.rule,
        subject=watched.subject,
        grid=watched.grid,
        since=since,
        at=at,
        phase=phase,
        severity=severity,
        reason=reason,
    )


def _is_news(cause: Cause, course: Course) -> bool:
    milder = course.severity is not None and _WORST[course.severity] < _WORST[cause.severity]
    return cause.name not in course.noted and not milder


def _settled(course: Course) -> Course:
    calm = CALM[len(course.conditions)]
    return calm if course == calm else course


def _noted(watched: Watched, found: OpenFinding) -> tuple[str, ...]:
    """Return the causes the open finding spoke of; where its numbers do not say, those that fit its severity."""
    told = set(str(found.numbers.get("causes", "")).split(","))
    names = tuple(cause.name for cause in watched.causes if cause.name in told)
    fitting = tuple(cause.name for cause in watched.causes if cause.severity is found.severity)
    return names or fitting or (watched.causes[0].name,)
