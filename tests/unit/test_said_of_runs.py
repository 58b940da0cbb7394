"""How a value that an engineer tries is checked, the console says in Chinese."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field, ValidationError

from hub.tuning.runs.question import Asked, problems_of
from tests.support.spoken import is_known


class _Checked(BaseModel):
    whole: int = Field(0, ge=1, le=5)
    share: float = Field(0.5, gt=0, lt=1)
    word: str = Field("a", min_length=2, max_length=3)
    many: list[int] = Field(default_factory=list, max_length=1)
    sure: bool = False


@pytest.mark.parametrize(
    "given",
    [
        {"whole": 0}, {"whole": 6}, {"whole": "x"}, {"whole": 1.5}, {"share": 0}, {"share": 2}, {"share": "x"},
        {"word": "a"}, {"word": "aaaa"}, {"word": 1}, {"many": [1, 2]}, {"many": 1}, {"sure": "perhaps"},
    ],
)  # fmt: skip
def test_what_is_checked_of_a_value_is_said_in_chinese(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        _Checked.model_validate(given)
    assert [one for one in problems_of(refused.value) if not is_known(one.partition(": ")[2])] == []


def test_a_question_that_is_none_is_refused_in_chinese() -> None:
    for given in ({}, {"since": "x", "until": "2026-01-01"}, {"since": "2026-01-01T00:00:00Z", "until": "2026-01-01"}):
        with pytest.raises(ValidationError) as refused:
            Asked.model_validate(given)
        assert [one for one in problems_of(refused.value) if not is_known(one.partition(": ")[2])] == []
