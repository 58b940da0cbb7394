"""Takes a password somebody wants, says why it is too weak, or nothing; pure.

Length is what counts: at least twelve characters, of any kind, without rules about which. Refused is what people who
guess try first: the words of `_WORDS` and what is easily made of them, runs over the keyboard, repetitions, and the
names of the person and of this system.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

SHORTEST = 12
LONGEST = 256
_LEAST_LEFT = 5  # characters that must be left when everything guessable is taken away
_LEAST_DIFFERENT = 5


class Why(StrEnum):
    """What is wrong with a password."""

    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    UNREADABLE = "holds control characters"
    TOO_FEW_CHARACTERS = "repeats itself"
    COMMON = "common"


@dataclass(frozen=True, slots=True)
class Weakness:
    """Why a password is refused, and a sentence that helps."""

    why: Why
    text: str


class WeakPassword(ValueError):
    """The password cannot be used; the message says why, never what it was."""


# What is chosen most, here and elsewhere, as words; endings, digits and replaced letters are dealt with below.
_WORDS = """
    password passwort passwd passphrase mima mimashi woaini woaini1314 wodemima admin administrator root superuser
    guest user username login welcome letmein default changeme change secret topsecret private access master hello
    qwerty qwertz azerty asdf asdfgh zxcvbn qazwsx qazwsxedc abcdef abcdefgh abcabc iloveyou sunshine princess dragon
    monkey football baseball basketball shadow superman batman pokemon starwars freedom whatever trustno computer
    internet server system database network service support operator dispatch dispatcher supervisor engineer department
    monitor control centre center manager security police office duty city zhongguo china beijing shanghai guangzhou
    shenzhen hangzhou nanjing chengdu wuhan aini aishangni zhangwei wangwei wangfang liwei xiaoming taobao tencent
    alibaba baidu weixin wechat huawei xiaomi lianqin chengguan chengshi zhihui pingtai test testing tester demo
    example sample temp temporary initial spring summer autumn winter january february march april june july august
    september october november december monday tuesday wednesday thursday friday saturday sunday correct horse battery
    staple correcthorsebatterystaple
"""
_COMMON = frozenset(_WORDS.split())
_RUNS = (
    "0123456789012345678901234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qawsedrftgyhujikolp",
    "!@#$%^&*()_+",
)
_RUN = 4
_SHORTEST_WORD = 3
_REPLACED = str.maketrans("@4301!5$78", "aaeoiisstb")


def weakness(password: str, *, names: Iterable[str] = ()) -> Weakness | None:
    """Return why `password` is refused, or None; `names` are the person's own, which it must not be made of."""
    if len(password) < SHORTEST:
        return Weakness(Why.TOO_SHORT, f"a password has at least {SHORTEST} characters; a few words in a row do well")
    if len(password) > LONGEST:
        return Weakness(Why.TOO_LONG, f"a password has at most {LONGEST} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Cn") for character in password):
        return Weakness(Why.UNREADABLE, "a password has no control characters")
    plain = normal(password).casefold()
    if len(set(plain)) < _LEAST_DIFFERENT:
        return Weakness(Why.TOO_FEW_CHARACTERS, f"a password has at least {_LEAST_DIFFERENT} different characters")
    if _repeats(plain):
        return Weakness(Why.TOO_FEW_CHARACTERS, "a password must not be a short piece again and again")
    words = {*_COMMON, *(part for name in names for part in _parts(name))}
    if _left(plain, words) < _LEAST_LEFT:
        return Weakness(
            Why.COMMON, "this is among what is guessed first: common words, runs of keys, your name; choose another"
        )
    return None


def normal(password: str) -> str:
    """Return the password as it is hashed: the same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)


def _left(text: str, words: set[str]) -> int:
    """Return how many characters of `text` belong to no guessable word, run of keys, year or repetition."""
    taken = [character.isspace() for character in text]
    pieces = [*words, *_runs_of(text)]
    for form in (text, text.translate(_REPLACED)):  # one character stands for one: places are the same in both
        for piece in (piece for piece in pieces if len(piece) >= _SHORTEST_WORD):
            for found in re.finditer(f"(?={re.escape(piece)})", form):
                taken[found.start() : found.start() + len(piece)] = [True] * len(piece)
    for found in re.finditer(r"(19|20)\d\d|(.)\2{2,}", text):
        taken[found.start() : found.end()] = [True] * (found.end() - found.start())
    return taken.count(False)


def _runs_of(text: str) -> set[str]:
    """Return every piece of `text` of four characters that lies in a run of keys; longer runs are made of such."""
    pieces = {text[begin : begin + _RUN] for begin in range(len(text) - _RUN + 1)}
    return {piece for piece in pieces if any(piece in run or piece in run[::-1] for run in _RUNS)}


def _repeats(text: str) -> bool:
    """Tell whether `text` is one piece, of at most a third of it, again and again."""
    return any((text[:length] * len(text))[: len(text)] == text for length in range(1, len(text) // 3 + 1))


def _parts(name: str) -> Iterable[str]:
    plain = normal(name).casefold()
    return (plain, *re.split(r"[\W_]+", plain))
