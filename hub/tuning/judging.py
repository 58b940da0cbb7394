"""A recording and a question go in; what is raised under any configuration comes out, as often as one asks.

Whoever moves a threshold to and fro asks the same question of the same recording again and again, so it is loaded once.
Every answer is `replay`'s, restricted to the question.
"""

from __future__ import annotations

from hub.tuning.raised import (
    Cancelled,
    Judging,
    Progress,
    Question,
    Raised,
    Told,
    TooLarge,
    asked,
    raised_of,
    untold,
)
from hub.tuning.replay import Recording
from hub.tuning.warm import Warm

__all__ = [
    "Cancelled",
    "Judging",
    "Progress",
    "Question",
    "Raised",
    "Told",
    "TooLarge",
    "asked",
    "judging_of",
    "raised_of",
    "untold",
]


def judging_of(recording: Recording, question: Question, *, most_bytes: int | None = None) -> Judging:
    """Return the judging of `question` over `recording`, which must stay open as long as it is used.

    It is loaded by the first judgement. Raises TooLarge then, where what is to be kept of it takes more than that.
    """
    return Warm(recording, question, most_bytes=most_bytes)
