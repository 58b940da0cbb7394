"""What the hub says in English of what an engineer does, the console says in Chinese: no sentence may be forgotten."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, ValidationError

from hub.tuning.runs.question import Asked, problems_of
from tests.support.said_in_code import sentences

ROOT = Path(__file__).parents[2]
TABLE: dict[str, dict[str, str]] = json.loads((ROOT / "hub/console/src/i18n/said.json").read_text(encoding="utf-8"))
KNOWN = {english: chinese for group in TABLE.values() for english, chinese in group.items()}
SHAPES = {re.sub(r"\{n\}", "{}", english) for english in KNOWN}

# Whatever of these modules speaks reaches the pages of tuning and of configurations.
SPEAKING = (
    "hub/tuning/*.py", "hub/tuning/labels/*.py", "hub/tuning/runs/*.py", "hub/tuning/shadow/*.py",
    "hub/tuning/baselines/*.py", "hub/tuning/dataset/*.py", "hub/tuning/trace/request.py", "hub/tuning/trace/scope.py",
    "hub/tuning/trace/moment.py",
    "hub/tuning/trace/moment.py",
    "hub/api/routes_tuning.py", "hub/api/routes_labels.py", "hub/api/routes_shadows.py", "hub/api/routes_trace.py",
    "hub/api/routes_configuration*.py", "hub/api/routes_baselines.py", "hub/api/configuration_documents.py",
    "hub/api/problem.py", "hub/api/context.py", "hub/api/gate.py", "hub/config/apply.py",
    "hub/config/profiles_file.py", "hub/config/thresholds_file.py", "hub/config/yaml_source.py",
    "hub/config/scheduled.py", "hub/store/labels.py", "hub/store/shadows.py", "hub/store/tuning_runs.py",
    "hub/store/session.py", "detectors/overrides.py", "detectors/threshold*.py",
)  # fmt: skip
# Of these the refusals alone: what a threshold says of itself chinese.yaml has, what a trace says is in both languages.
REFUSALS = ("detectors/threshold", "hub/tuning/trace/scope")
# They speak at the command line alone, or in both languages at once.
ELSEWHERE = {
    "hub/tuning/analyse.py", "hub/tuning/backtest.py", "hub/tuning/backtest_report.py", "hub/tuning/condition.py",
    "hub/tuning/junit.py", "hub/tuning/recorded_file.py", "hub/tuning/search_words.py",
}  # fmt: skip
NO_SENTENCE = {
    # How a message is put right, what programs read, and values.
    "Input should", "Input should be", "String should", "List should", "Value error, ", "must be", " (it is {})",
    "private, max-age=86400, immutable",
    "text/csv; charset=utf-8", 'Bearer realm="lianqin"', 'Bearer realm="lianqin", error="invalid_token"',
    "attachment; filename*=UTF-8''{}", 'attachment; filename="{}"', 'attachment; filename="detectors.{}.yaml"',
    "lianqin learning 1", "lianqin profiles 1", "a planned configuration", "--metrics-port {} cannot be used: {}",
    "alarms per hour", "times what was before",
    "shadow_id, version, grids, note, by, started_at, until, state, ended_at, why, canary",
    "{} -c max_parallel_workers_per_gather=0 -c work_mem=16MB",
}  # fmt: skip


def spoken() -> dict[str, str]:
    """Return every sentence of the speaking modules, and where it stands."""
    found: dict[str, str] = {}
    for pattern in SPEAKING:
        for path in sorted(ROOT.glob(pattern)):
            where = str(path.relative_to(ROOT))
            if where not in ELSEWHERE:
                told = sentences(path, refusals_only=where.startswith(REFUSALS))
                found |= {one: where for one in told if not one.startswith(("This dataset was", "# "))}
    # What is filled in last may be a hint that goes on from it.
    whole = {re.sub(r"\{\}\{\}$", "{}", one): where for one, where in found.items()}
    return {one: where for one, where in whole.items() if one not in NO_SENTENCE}


def test_every_sentence_that_an_engineer_may_read_has_its_chinese() -> None:
    assert {one: where for one, where in spoken().items() if one not in SHAPES} == {}


def test_nothing_is_kept_for_a_sentence_that_is_gone() -> None:
    said = set(spoken())
    kept = {one for name, group in TABLE.items() for one in group if name not in ("checks", "words within")}
    assert sorted(one for one in kept if re.sub(r"\{n\}", "{}", one) not in said) == []


@pytest.mark.parametrize("english", sorted(KNOWN))
def test_the_chinese_says_all_that_is_filled_in(english: str) -> None:
    places = re.findall(r"\{n?\}", english)
    assert sorted(set(re.findall(r"\{(\d)\}", KNOWN[english]))) == [str(n) for n in range(len(places))]
    assert re.search(r"[一-鿿]", KNOWN[english])


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
    assert [one for one in problems_of(refused.value) if not _is_known(one.partition(": ")[2])] == []


def test_a_question_that_is_none_is_refused_in_chinese() -> None:
    for given in ({}, {"since": "x", "until": "2026-01-01"}, {"since": "2026-01-01T00:00:00Z", "until": "2026-01-01"}):
        with pytest.raises(ValidationError) as refused:
            Asked.model_validate(given)
        assert [one for one in problems_of(refused.value) if not _is_known(one.partition(": ")[2])] == []


def _is_known(sentence: str) -> bool:
    shapes = (re.escape(one).replace(r"\{n\}", r"[\d.]+").replace(r"\{\}", ".+?") for one in KNOWN)
    return any(re.fullmatch(shape, sentence) for shape in shapes)
