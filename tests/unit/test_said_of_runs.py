"""What the hub says of a run in English, the console knows by its shape and says in the page's language."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from detectors.rules import RULES
from hub.tuning import limits
from hub.tuning.columns import micros
from hub.tuning.raised import Question
from hub.tuning.trace import request

SOURCE = Path("hub/console/src/tuning/sentences.ts").read_text(encoding="utf-8")
SHAPES = [re.compile(shape.replace("(?<", "(?P<")) for shape in re.findall(r"/(\^.*)/,", SOURCE)]
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=1)


@dataclass
class Heard:
    since: datetime
    until: datetime


class Recording:
    """Somebody listened in the morning and in the evening."""

    def listening(self, since: datetime, until: datetime, grids: Any = None) -> list[Heard]:
        return [Heard(since, since + timedelta(hours=4)), Heard(until - timedelta(hours=3), until)]


def test_every_limit_of_a_replay_has_its_words() -> None:
    question = Question(rules=frozenset({"parking.illegal"}), grids=None, subjects=None, since=SINCE, until=UNTIL)
    first = {"cam-01": micros(SINCE + timedelta(hours=9))}
    said = limits.told(Recording(), question, first, ["cam-02"], ZoneInfo("Asia/Shanghai"))  # type: ignore[arg-type]
    assert len(said) == 5
    said += [sentence for rule in RULES for sentence in request._limits(rule)]
    assert [sentence for sentence in said if not any(shape.match(sentence) for shape in SHAPES)] == []
