"""A condition such as `recall < 0.9 or false_alarms > base.false_alarms` goes in, whether it holds comes out; pure.

A figure that nobody knows makes a condition neither hold nor not: it raises Unknown, and whoever asked decides.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?P<percent>\s*%)?"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*(?:\.[A-Za-z_][A-Za-z_0-9]*)*)|(?P<sign><=|>=|==|!=|[-+*/()<>]))"
)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
DEEPEST = 50

T = TypeVar("T")
Value = Callable[[Mapping[str, float | None]], float]
Truth = Callable[[Mapping[str, float | None]], bool]


class BadCondition(ValueError):
    """The text is no condition; the message points at where, and says what would be right."""


class Unknown(LookupError):
    """A figure of the condition is not known; `name` is which."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not known")
        self.name = name


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition; `names` are the figures that it looks at."""

    text: str
    names: frozenset[str]
    _truth: Truth

    def holds(self, figures: Mapping[str, float | None]) -> bool:
        """Tell whether it holds; raise Unknown where that hangs on a figure that is None."""
        return self._truth(figures)


def parse(text: str, known: frozenset[str]) -> Condition:
    """Return the condition that `text` is, over the figures `known`; raise BadCondition."""
    parser = _Parser(text, known)
    truth = parser.either()
    parser.end()
    return Condition(text, frozenset(parser.names), truth)


class _Parser:
    """Recursive descent: or, and, not, comparison, sum, product, number or name."""

    def __init__(self, text: str, known: frozenset[str]) -> None:
        self._text, self._known, self.names = text, known, set[str]()
        self._tokens = self._cut()
        self._at = self._depth = 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._wrong("an operator, `and`, `or` or the end is expected here")

    def either(self) -> Truth:
        left = self._both()
        while self._word("or"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Truth:
        left = self._one()
        while self._word("and"):
            left = _and(left, self._one())
        return left

    def _one(self) -> Truth:
        if self._word("not"):
            inner = self._deeper(self._one)
            return lambda figures: not inner(figures)
        if self._peek() == "(" and self._holds_condition():
            self._at += 1
            inner = self._deeper(self.either)
            if not self._sign(")"):
                raise self._wrong("a closing bracket is expected here")
            return inner
        left = self._sum()
        sign = self._peek()
        if sign not in _COMPARE:
            raise self._wrong("a comparison is expected here: <, <=, >, >=, == or !=")
        self._at += 1
        right = self._sum()
        compare = _COMPARE[sign]
        return lambda figures: compare(left(figures), right(figures))

    def _sum(self) -> Value:
        left = self._product()
        while (sign := self._peek()) in ("+", "-"):
            self._at += 1
            left = _calculated(operator.add if sign == "+" else operator.sub, left, self._product())
        return left

    def _product(self) -> Value:
        left = self._factor()
        while (sign := self._peek()) in ("*", "/"):
            self._at += 1
            left = _calculated(operator.mul if sign == "*" else operator.truediv, left, self._factor())
        return left

    def _factor(self) -> Value:
        if self._sign("-"):
            inner = self._deeper(self._factor)
            return lambda figures: -inner(figures)
        if self._sign("("):
            inner = self._deeper(self._sum)
            if not self._sign(")"):
                raise self._wrong("a closing bracket is expected here")
            return inner
        if self._at < len(self._tokens):
            kind, token, _ = self._tokens[self._at]
            if kind == "number":
                self._at += 1
                number = float(token.rstrip("% ")) / (100 if token.endswith("%") else 1)
                return lambda figures: number
            if kind == "name" and token not in ("and", "or", "not"):
                if token not in self._known:
                    near = get_close_matches(token, self._known, n=1, cutoff=0.5)
                    meant = f"; is {near[0]} meant?" if near else f"; there are {', '.join(sorted(self._known))}"
                    raise self._wrong(f"there is no figure {token}{meant}")
                self._at += 1
                self.names.add(token)
                return _figure(token)
        raise self._wrong("a figure or a number is expected here")

    def _deeper(self, parse_inner: Callable[[], T]) -> T:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(f"more than {DEEPEST} brackets deep")
        try:
            return parse_inner()
        finally:
            self._depth -= 1

    def _holds_condition(self) -> bool:
        """Tell whether the bracket that opens here holds a comparison, and is not part of a sum."""
        depth = 0
        for _, token, _ in self._tokens[self._at :]:
            depth += (token == "(") - (token == ")")
            if depth == 0:
                return False
            if token in _COMPARE or token in ("and", "or", "not"):
                return True
        return False

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _sign(self, sign: str) -> bool:
        return self._take("sign", sign)

    def _word(self, word: str) -> bool:
        return self._take("name", word)

    def _take(self, kind: str, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][:2] == (kind, token):
            self._at += 1
            return True
        return False

    def _cut(self) -> list[tuple[str, str, int]]:
        tokens, at = [], 0
        text = self._text.rstrip()
        if not text:
            raise BadCondition("the condition is empty: write one such as recall<0.9")
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                while text[at].isspace():
                    at += 1
                hint = " (write ==)" if text[at] == "=" else ""
                raise BadCondition(f"{_pointed(self._text, at)}: {text[at]!r} means nothing here{hint}")
            kind = found.lastgroup if found.lastgroup != "percent" else "number"
            token = found.group("number") + "%" if found.group("percent") else found.group(str(kind))
            tokens.append((str(kind), token, found.start(str(kind))))
            at = found.end()
        return tokens

    def _wrong(self, message: str) -> BadCondition:
        at = self._tokens[self._at][2] if self._at < len(self._tokens) else len(self._text.rstrip())
        return BadCondition(f"{_pointed(self._text, at)}: {message}")


def _pointed(text: str, at: int) -> str:
    return f"{text[:at]}▸{text[at:]}"


def _figure(name: str) -> Value:
    def take(figures: Mapping[str, float | None]) -> float:
        value = figures[name]
        if value is None:
            raise Unknown(name)
        return value

    return take


def _calculated(how: Callable[[float, float], float], left: Value, right: Value) -> Value:
    def calculate(figures: Mapping[str, float | None]) -> float:
        try:
            return how(left(figures), right(figures))
        except ZeroDivisionError:
            raise Unknown("a quotient by zero") from None

    return calculate


def _or(left: Truth, right: Truth) -> Truth:
    return lambda figures: left(figures) or right(figures)


def _and(left: Truth, right: Truth) -> Truth:
    return lambda figures: left(figures) and right(figures)
