"""Looks of a rule in, the states it went through out: each with its stretch, what counted and of what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.tuning.trace.predicate import STATE_WORDS, Look, State
from hub.tuning.trace.watching import SILENCE

_RANK = (State.QUIET, State.WITHHELD, State.PENDING, State.CLEARING, State.RAISED)


def states_of(rule: str, looks: Iterable[Look], raised_at: Collection[datetime]) -> list[dict[str, Any]]:
    """Return the states of `rule` one after the other; `raised_at` are the instants at which it raised."""
    if rule in SILENCE:
        return list(_silences(looks, raised_at))
    return _runs(_farthest(looks) if rule == "sensor.fault" else looks)


def _runs(looks: Iterable[Look]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    last: tuple[State, str] | None = None
    for look in looks:
        now = (look.state, look.thing if look.state is not State.QUIET else "")
        if found:
            found[-1]["until"] = _iso(look.at)
        if now != last:
            found.append(_entry(look, look.state, look.at, look.at) | {"counted_s": 0.0})
            last = now
        found[-1]["counted_s"] = max(found[-1]["counted_s"], round(look.counted_s, 3))
    return found


def _farthest(looks: Iterable[Look]) -> Iterator[Look]:
    """Yield of each instant the look of the quantity that has come farthest: a sensor's quantities fail apart."""
    newest: dict[str, Look] = {}
    for look in looks:
        newest[look.thing.split(" ")[0]] = look
        told = max(newest.values(), key=lambda one: (_RANK.index(one.state), one is look))
        yield Look(
            at=look.at,
            state=told.state,
            predicates=(),
            counted_s=told.counted_s,
            needed_s=told.needed_s,
            thing=told.thing,
        )


def _silences(looks: Iterable[Look], raised_at: Collection[datetime]) -> Iterator[dict[str, Any]]:
    """Yield what each silence was. It is looked at when something is heard again, and lay before that."""
    quiet: dict[str, Any] | None = None
    for look in looks:
        begin = look.at - timedelta(seconds=look.counted_s)
        if look.state is State.QUIET:
            quiet = quiet or _entry(look, State.QUIET, begin, look.at)
            quiet["until"] = _iso(look.at)
            quiet["counted_s"] = max(quiet["counted_s"], round(look.counted_s, 3))
            continue
        if quiet is not None:
            yield quiet
            quiet = None
        turn = look.at
        if look.state is State.RAISED:
            inside = [at for at in raised_at if begin <= at <= look.at]
            turn = min(inside, default=min(look.at, begin + timedelta(seconds=look.needed_s)))
        yield _entry(look, State.PENDING, begin, turn)
        if look.state is State.RAISED:
            yield _entry(look, State.RAISED, turn, look.at)
    if quiet is not None:
        yield quiet


def _entry(look: Look, state: State, since: datetime, until: datetime) -> dict[str, Any]:
    words = STATE_WORDS[state]
    return {
        "since": _iso(since),
        "until": _iso(until),
        "state": state.value,
        "words": words.en,
        "words_zh": words.zh,
        "thing": look.thing,
        "counted_s": round(look.counted_s, 3),
        "needed_s": look.needed_s,
    }


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
