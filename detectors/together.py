"""What each lamp of a circuit shows goes in; alerts of single lamps, or one of the whole circuit, come out.

Two hundred lamps that go dark at once have one cause, and are one alert. So each condition is watched twice: on every
lamp by itself, and on the circuit as a whole. The circuit is affected when a share of its lamps became so within a
short window. Lamps that already have an alert of their own are left out of that count, and keep it. While the circuit's
alert is pending or open no other lamp raises one; when it clears, a lamp that is still affected begins its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from detectors.duration import QUIET, Condition, Evidence, Law, Stage, Turn, latched, step
from detectors.finding import Finding, Number, OpenFinding, Phase, Reason, Severity

OPEN = (Stage.RAISED, Stage.CLEARING)
Said = tuple[str, dict[str, Number]]


class Words(Protocol):
    """How one kind of trouble is told of."""

    def single(self, phase: Phase, value: float, limit: float, by: str, condition: Condition) -> Said:
        """Tell of one lamp whose last value is `value`, held against `limit`."""
        ...

    def whole(self, phase: Phase, members: int, lamps: int, by: str, condition: Condition) -> Said:
        """Tell of the circuit, `members` of whose `lamps` are affected."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One kind of trouble on one circuit: what a single lamp raises, what the whole raises, and from when on."""

    single_rule: str
    single_law: Law
    single_severity: Severity
    single_on: bool
    whole_rule: str
    whole_law: Law
    whole_severity: Severity
    whole_on: bool
    subject: str
    grid: str
    grids: Mapping[str, str]  # of each lamp
    share: float
    heard_share: float
    clear_share: float
    window: timedelta
    min_lamps: int
    words: Words


class Together:
    """The state of one kind of trouble on one circuit."""

    __slots__ = ("_affected", "_alone", "_by", "_joining_since", "_last", "_lately", "_members", "_rules", "_single",
                 "_whole")  # fmt: skip

    def __init__(self, rules: Rules, open_findings: Sequence[OpenFinding]) -> None:
        """Begin with what was open, on lamps and on the circuit."""
        self._rules = rules
        self._lately = timedelta(seconds=rules.single_law.gap_s)
        self._last: dict[str, tuple[datetime, Evidence]] = {}  # what each lamp showed last
        self._affected: dict[str, datetime] = {}  # since when it has shown nothing else
        self._single: dict[str, Condition] = {}  # lamps that are not quiet
        self._alone: set[str] = set()  # lamps with an open alert of their own
        self._whole = QUIET
        self._members: tuple[str, ...] = ()
        self._joining_since: datetime | None = None
        self._by = ""
        for found in open_findings:
            if found.rule == rules.whole_rule and found.subject == rules.subject:
                self._whole = latched(found)
                known = tuple(lamp for lamp in found.members if lamp in rules.grids)
                self._members = known or tuple(sorted(rules.grids))
            elif found.rule == rules.single_rule and found.subject in rules.grids:
                self._single[found.subject] = latched(found)
                self._alone.add(found.subject)

    @property
    def whole(self) -> Condition:
        """How far the condition of the circuit has come."""
        return self._whole

    @property
    def troubled(self) -> frozenset[str]:
        """The lamps that show trouble, or of which something is still to be told."""
        return frozenset(self._single).union(self._affected)

    def may_be_whole(self, *, more: int = 0) -> bool:
        """Tell whether it is the circuit, or may be when so many more lamps show trouble."""
        if self._whole is not QUIET or len(self._affected) + more < self._rules.min_lamps:
            return self._whole is not QUIET
        return sum(1 for lamp in self._affected if lamp not in self._alone) + more >= self._rules.min_lamps

    def single(self, lamp: str) -> Condition:
        """Return how far the condition of one lamp has come."""
        return self._single.get(lamp, QUIET)

    def shown(self, lamp: str) -> Evidence | None:
        """Return what `lamp` showed last; None: nothing yet."""
        seen = self._last.get(lamp)
        return None if seen is None else seen[1]

    def counts(self, at: datetime) -> tuple[int, int, int]:
        """Return how many lamps count as affected at `at`, how many are heard, and how many would be needed."""
        heard = sum(
            1 for lamp, (seen, _) in self._last.items() if at - seen <= self._lately and lamp not in self._alone
        )
        needed = max(self._rules.min_lamps, ceil(self._rules.share * heard))
        return len(self._eligible(at)), heard, needed

    def push(
        self, lamp: str, evidence: Evidence, at: datetime, value: float, by: str, limit: float
    ) -> Sequence[Finding]:
        """Take in what `lamp` shows at `at`, and return what is found by it.

        `value` and `limit`, and `by`, which names what the lamp goes by (the sun …), are for the reason.
        """
        self._last[lamp] = (at, evidence)
        if evidence is Evidence.HOLDS:
            self._affected.setdefault(lamp, at)
        else:
            if self._whole is QUIET and lamp not in self._single and lamp not in self._affected:
                return ()
            self._affected.pop(lamp, None)
        self._by = by or self._by
        findings: list[Finding] = []
        if self._rules.whole_on and (self._whole is not QUIET or len(self._affected) >= self._rules.min_lamps):
            findings += self._judge_whole(at)
        if self._rules.single_on:
            findings += self._judge_single(lamp, evidence, at, value, limit)
        return findings

    def _judge_single(
        self, lamp: str, evidence: Evidence, at: datetime, value: float, limit: float
    ) -> Iterable[Finding]:
        before = self._single.get(lamp, QUIET)
        if before.stage not in OPEN and self._whole.stage in OPEN:
            self._single.pop(lamp, None)  # the circuit's alert speaks for it
            return
        condition, turn = step(before, evidence, at, self._rules.single_law)
        if turn is Turn.RAISED and self._whole.stage is Stage.PENDING:
            # It may be the circuit: wait until that is decided. What the lamp has shown counts on.
            condition, turn = replace(condition, stage=Stage.PENDING, raised_at=None), None
        if condition is QUIET:
            self._single.pop(lamp, None)
        else:
            self._single[lamp] = condition
        if turn is Turn.RAISED:
            self._alone.add(lamp)
            yield self._tell_single(Phase.RAISED, lamp, condition, at, value, limit)
        elif turn is Turn.CLEARED:
            self._alone.discard(lamp)
            yield self._tell_single(Phase.CLEARED, lamp, before, at, value, limit)

    def _judge_whole(self, at: datetime) -> Iterable[Finding]:
        before = self._whole
        is_open = before.stage in OPEN
        evidence = self._still_affected(at) if is_open else self._went_together(at)
        self._whole, turn = step(before, evidence, at, self._rules.whole_law)
        if turn is Turn.RAISED:
            self._members = tuple(sorted(self._eligible(at)))
            yield self._tell_whole(Phase.RAISED, self._whole, at)
        elif turn is Turn.CLEARED:
            yield self._tell_whole(Phase.CLEARED, before, at)
            self._members, self._joining_since = (), None
        elif is_open and evidence is Evidence.HOLDS:
            yield from self._let_join(at)

    def _let_join(self, at: datetime) -> Iterable[Finding]:
        """Update the members when more lamps went dark, once for all that did within the window."""
        joined = self._eligible(at).difference(self._members)
        if not joined:
            return
        if self._joining_since is None:
            self._joining_since = at
        elif at - self._joining_since >= self._rules.window:
            self._members = tuple(sorted(joined.union(self._members)))
            self._joining_since = None
            yield self._tell_whole(Phase.UPDATED, self._whole, at)

    def _went_together(self, at: datetime) -> Evidence:
        """Return HOLDS when enough of the lamps heard lately became affected within one window."""
        onsets = sorted(self._affected[lamp] for lamp in self._eligible(at))
        heard = sum(
            1 for lamp, (seen, _) in self._last.items() if at - seen <= self._lately and lamp not in self._alone
        )
        watched = len(self._rules.grids) - len(self._alone)
        if heard < self._rules.heard_share * watched:
            return Evidence.UNDECIDED
        needed = max(self._rules.min_lamps, ceil(self._rules.share * heard))
        window, first = self._rules.window, 0
        for last, onset in enumerate(onsets):
            while onset - onsets[first] > window:
                first += 1
            if last - first + 1 >= needed:
                return Evidence.HOLDS
        return Evidence.OVER

    def _still_affected(self, at: datetime) -> Evidence:
        """Return OVER when most members that were heard lately and say anything are well again."""
        shown = [
            evidence
            for lamp in self._members
            if lamp in self._last
            for seen, evidence in (self._last[lamp],)
            if at - seen <= self._lately and evidence is not Evidence.UNDECIDED
        ]
        if not shown:
            return Evidence.UNDECIDED
        affected = shown.count(Evidence.HOLDS)
        over = affected == 0 or affected / len(shown) < self._rules.clear_share
        return Evidence.OVER if over else Evidence.HOLDS

    def _eligible(self, at: datetime) -> set[str]:
        """Return the affected lamps heard lately that have no alert of their own."""
        return {lamp for lamp in self._affected if lamp not in self._alone and at - self._last[lamp][0] <= self._lately}

    def _tell_single(
        self, phase: Phase, lamp: str, condition: Condition, at: datetime, value: float, limit: float
    ) -> Finding:
        rules = self._rules
        assert condition.since is not None
        text, numbers = rules.words.single(phase, value, limit, self._by, condition)
        return Finding(
            rule=rules.single_rule,
            subject=lamp,
            grid=rules.grids[lamp],
            since=condition.since,
            at=at,
            phase=phase,
            severity=rules.single_severity,
            reason=Reason(text, numbers | _spans(phase, condition, at)),
        )

    def _tell_whole(self, phase: Phase, condition: Condition, at: datetime) -> Finding:
        rules = self._rules
        assert condition.since is not None
        text, numbers = rules.words.whole(phase, len(self._members), len(rules.grids), self._by, condition)
        counts: dict[str, Number] = {"members": len(self._members), "lamps": len(rules.grids), "share": rules.share}
        return Finding(
            rule=rules.whole_rule,
            subject=rules.subject,
            grid=rules.grid,
            since=condition.since,
            at=at,
            phase=phase,
            severity=rules.whole_severity,
            reason=Reason(text, numbers | counts | _spans(phase, condition, at)),
            members=self._members,
        )


def _spans(phase: Phase, condition: Condition, at: datetime) -> dict[str, Number]:
    if phase is Phase.RAISED:
        return {"lasted_s": round(condition.lasted_s, 3), "blind_s": round(condition.blind_s, 3)}
    assert condition.since is not None
    return {"lasted_s": round((at - condition.since).total_seconds(), 3)}
