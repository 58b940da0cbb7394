"""What a detector held an observation against, and how far it had come: plain values, with words in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence, or a piece of one, in both languages."""

    zh: str
    en: str


class State(StrEnum):
    """How far a rule has come on one subject. WITHHELD: its observations are kept from it (the view is off)."""

    QUIET = "quiet"
    PENDING = "pending"
    RAISED = "raised"
    CLEARING = "clearing"
    WITHHELD = "withheld"


STATE_WORDS: Mapping[State, Text] = {
    State.QUIET: Text("正常", "quiet"),
    State.PENDING: Text("计时中", "counting"),
    State.RAISED: Text("已报警", "raised"),
    State.CLEARING: Text("恢复计时中", "clearing"),
    State.WITHHELD: Text("不判断", "withheld"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """One thing that must hold for a rule to raise. `path` names the threshold behind `limit`, where there is one."""

    name: str
    holds: bool
    text: Text
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a rule held of its subject right after one observation.

    `counted_s` of `needed_s` have passed of what must last; `thing` tells one stay, or one cause, from another.
    `values` are what the lanes show: name to value, units in the name.
    """

    at: datetime
    state: State
    predicates: tuple[Predicate, ...]
    values: Mapping[str, float] = field(default_factory=dict)
    counted_s: float = 0.0
    needed_s: float = 0.0
    blind_s: float = 0.0
    thing: str = ""


_UNITS_ZH = {"s": "秒", "spreads": "倍离散度"}  # of all others the sign is written in both languages
_OPS = {
    "<": (Text("低于", "is below"), Text("未低于", "is not below")),
    ">": (Text("高于", "is above"), Text("未高于", "is not above")),
    ">=": (Text("达到", "reaches"), Text("未达到", "does not reach")),
    "<=": (Text("不超过", "does not exceed"), Text("超过", "exceeds")),
}


def held_against(
    name: str, what: Text, value: float, op: str, limit: float, unit: str, path: str = "", digits: int = 3
) -> Predicate:
    """Return the predicate `value op limit`, such as "pressure 231 kPa is below 250 kPa"."""
    holds = {"<": value < limit, ">": value > limit, ">=": value >= limit, "<=": value <= limit}[op]
    words = _OPS[op][0 if holds else 1]
    en, zh = (f" {each}" if each else "" for each in (unit, _UNITS_ZH.get(unit, unit)))
    shown, against = _rounded(value, digits), _rounded(limit, digits)
    text = Text(f"{what.zh} {shown}{zh} {words.zh} {against}{zh}", f"{what.en} {shown}{en} {words.en} {against}{en}")
    return Predicate(name=name, holds=holds, text=text, value=value, limit=limit, unit=unit, path=path)


def said(name: str, holds: bool, yes: Text, no: Text) -> Predicate:
    """Return a predicate without figures, told by one of two sentences."""
    return Predicate(name=name, holds=holds, text=yes if holds else no)


def lasted(counted_s: float, needed_s: float, path: str) -> Predicate:
    """Return the predicate that it has lasted long enough."""
    return held_against("lasted", Text("已持续", "the time it lasted,"), counted_s, ">=", needed_s, "s", path, 1)


def _rounded(value: float, digits: int) -> str:
    return f"{round(value, digits):g}" if abs(value) < 1e6 else f"{value:g}"
