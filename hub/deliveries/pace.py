"""Takes what a receiver answered and how it has fared, gives when to try what again, or that it is over; pure.

Two clocks. A **delivery** that is refused while the endpoint takes others is tried again after longer and longer gaps
and is dead after four days. An **endpoint** that fails as a whole, or asks to be spared, is paused: nothing is sent
but one probe after each pause, nothing dies, everything waits; after four days of nothing but failure it is disabled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# Seconds between the attempts at one delivery; docs/deliveries.md has the same table, held by a test.
GAPS_S = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200)  # the last one again and again
LIFETIME = timedelta(days=4)
JITTER = 0.2  # each wait is drawn from within this share of it
DOWN_AFTER = 5  # failures in a row, whatever they were of, and the endpoint as a whole is taken to be down
DOWN_FIRST_S, DOWN_LONGEST_S = 5.0, 300.0
SLOW_FIRST_S, SLOW_LONGEST_S = 2.0, 900.0
SLOWEST = 10
RETRY_AFTER_LONGEST_S = 86_400.0

Chance = Callable[[], float]  # a number from 0 to 1


class Failure(StrEnum):
    """Why there is no answer that can be read."""

    NAME = "name_not_resolved"
    FORBIDDEN = "address_not_allowed"
    REFUSED = "connection_failed"
    TLS = "tls_failed"
    TIMEOUT = "timeout"
    BROKEN = "connection_broken"
    NOT_HTTP = "not_http"


class Word(StrEnum):
    """What an answer means."""

    TAKEN = "taken"
    REFUSED = "refused"  # this delivery is not wanted so: the receiver is well
    FAILED = "failed"  # the receiver is not well, or cannot be reached
    SLOWER = "slower"  # the receiver asks to be spared
    GONE = "gone"  # the receiver wants nothing more, ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one attempt: a status, or a failure; `snippet` is the beginning of the answer's body."""

    took_s: float
    status: int | None = None
    failure: Failure | None = None
    detail: str = ""
    retry_after_s: float | None = None
    snippet: str = ""

    def __str__(self) -> str:
        """Return it in a few words."""
        if self.failure is not None:
            return f"{self.failure.value}: {self.detail}" if self.detail else self.failure.value
        return f"HTTP {self.status}" + (f": {self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fare:
    """How an endpoint fares: failures in a row, how much it asked to be spared, since when nothing got through."""

    failures: int = 0
    slowness: int = 0
    paused_until: datetime | None = None
    failing_since: datetime | None = None

    @property
    def is_probed(self) -> bool:
        """Say whether one request at a time is all that is to be sent."""
        return self.slowness > 0 or self.failures >= DOWN_AFTER


class Fate(StrEnum):
    """What becomes of a delivery after an attempt."""

    DELIVERED = "delivered"
    AGAIN = "again"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows from an attempt. `counts`: it was this delivery's own fault, so its next gap is longer."""

    fate: Fate
    fare: Fare
    again_at: datetime | None = None
    counts: bool = False
    disable: str | None = None


def word(outcome: Outcome) -> Word:
    """Return what the outcome means."""
    status = outcome.status
    if status is None:
        return Word.FAILED
    if 200 <= status < 300:
        return Word.TAKEN
    if status == 410:
        return Word.GONE
    if status in (429, 502, 504) or (status == 503 and outcome.retry_after_s is not None):
        return Word.SLOWER
    # A redirect is not followed: the address is to be put right, so it is the receiver that is not well.
    return Word.REFUSED if 400 <= status < 500 and status not in (401, 403, 404, 405, 408) else Word.FAILED


def judge(
    outcome: Outcome, fare: Fare, *, refusals: int, first_tried_at: datetime, at: datetime, chance: Chance
) -> Verdict:
    """Return what follows from `outcome` at `at`, for a delivery refused `refusals` times before."""
    meaning = word(outcome)
    if meaning is Word.TAKEN:
        return Verdict(fate=Fate.DELIVERED, fare=Fare(slowness=max(0, fare.slowness - 1)))
    failing_since = fare.failing_since or at
    if meaning is Word.GONE:
        return Verdict(
            fate=Fate.AGAIN,
            fare=replace(fare, failing_since=failing_since),
            again_at=at,
            disable="the receiver answered 410 Gone: it wants nothing more",
        )
    if meaning is Word.REFUSED:
        # Who refuses is well: the row of failures ends. How long nothing got through still counts.
        spared = Fare(slowness=fare.slowness, failing_since=failing_since)
        if at - first_tried_at >= LIFETIME:
            return Verdict(fate=Fate.DEAD, fare=spared, counts=True)
        wait = timedelta(seconds=jittered(gap_s(refusals), chance))
        return Verdict(fate=Fate.AGAIN, fare=spared, again_at=at + wait, counts=True)
    if meaning is Word.SLOWER:
        slowness = min(fare.slowness + 1, SLOWEST)
        own_s = jittered(min(SLOW_FIRST_S * 2 ** (slowness - 1), SLOW_LONGEST_S), chance)
        asked_s = min(outcome.retry_after_s or 0.0, RETRY_AFTER_LONGEST_S)
        until = at + timedelta(seconds=max(own_s, asked_s))
        after = replace(fare, slowness=slowness, paused_until=_later(fare.paused_until, until))
        return _whole(after, failing_since, at)
    failures = fare.failures + 1
    if failures >= DOWN_AFTER:
        own_s = jittered(min(DOWN_FIRST_S * 2 ** min(failures - DOWN_AFTER, 16), DOWN_LONGEST_S), chance)
        until = at + timedelta(seconds=own_s)
        after = replace(fare, failures=failures, paused_until=_later(fare.paused_until, until))
        return _whole(after, failing_since, at)
    after = replace(fare, failures=failures, failing_since=failing_since)
    wait = timedelta(seconds=jittered(gap_s(refusals), chance))
    if fare.failing_since is None and at - first_tried_at >= LIFETIME:
        # Others got through meanwhile: it is this one that the receiver cannot bear.
        return Verdict(fate=Fate.DEAD, fare=after, counts=True)
    return Verdict(fate=Fate.AGAIN, fare=after, again_at=at + wait, counts=True)


def _whole(fare: Fare, failing_since: datetime, at: datetime) -> Verdict:
    """Return the verdict on an endpoint that is paused as a whole: the delivery only waits with all others."""
    disable = None
    if at - failing_since >= LIFETIME:
        disable = f"nothing was taken since {failing_since:%Y-%m-%d %H:%M} UTC; everything waits"
    return Verdict(
        fate=Fate.AGAIN,
        fare=replace(fare, failing_since=failing_since),
        again_at=fare.paused_until,
        disable=disable,
    )


def gap_s(refusals: int) -> float:
    """Return the seconds to wait after a delivery was refused once more, having been `refusals` times before."""
    return float(GAPS_S[min(refusals, len(GAPS_S) - 1)])


def jittered(wait_s: float, chance: Chance) -> float:
    """Return a wait drawn from around `wait_s`, so that what failed together does not come back together."""
    return wait_s * (1 - JITTER + 2 * JITTER * chance())


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
