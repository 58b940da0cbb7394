"""Whoever reads Chinese is refused in Chinese: no sentence that the API can answer with may be forgotten."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
from fastapi import FastAPI
from fastapi.params import Depends as DependsMark
from pydantic import BaseModel, TypeAdapter, ValidationError

from detectors.finding import Phase
from hub.alerts.lifecycle import EventType, State
from hub.api.app import create_app
from hub.api.problem import KINDS, from_validation
from hub.cases.stage import Event, Stage
from hub.deliveries.pace import Failure
from hub.people.scopes import ROLE_SCOPES
from tests.support.api import configuration
from tests.support.spoken import ELSEWHERE, ROOT, is_known, known, shapes, spoken, table, unused

FIELDS: dict[str, str] = json.loads((ROOT / "hub/console/src/i18n/fields.json").read_text(encoding="utf-8"))
# How a value is checked, and what is filled into a sentence, are no sentences of ours.
NOT_COLLECTED = ("checks", "words within")
BAD: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1e300, float("nan"), 1.5, "", " ", "x", "é" * 30_000, "a\x00b", "2026-13-01T00:00:00", [],
    ["x"] * 600, [{}], [1], {}, {"x": 1}, [[0.1, 0.1]] * 2, [[7, 7, 7]] * 3,
)  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(dsn="postgresql:///nowhere", configuration=configuration(tmp_path_factory.mktemp("city")))


def test_every_sentence_that_the_api_can_refuse_with_has_its_chinese() -> None:
    assert {one: where for one, where in spoken().items() if one not in shapes()} == {}


def test_every_kind_of_problem_has_its_chinese() -> None:
    assert [title for _, title in KINDS.values() if title not in known()] == []
    assert [phrase for phrase in (HTTPStatus.NOT_FOUND.phrase, "Method Not Allowed") if phrase not in known()] == []


def test_nothing_is_kept_for_a_sentence_that_is_gone() -> None:
    said = set(spoken())
    kept = {one for name, group in table().items() for one in group if name not in NOT_COLLECTED}
    assert sorted(one for one in kept if re.sub(r"\{[nw]\}", "{}", one) not in said) == []


def test_no_module_is_left_out_that_is_not_there() -> None:
    assert unused() == []
    assert len(spoken()) > 600, "hardly anything was found: the collection looks in the wrong place"
    assert not any(where.startswith("hub/people/passwords") for patterns in ELSEWHERE.values() for where in patterns)


def test_the_chinese_says_all_that_is_filled_in() -> None:
    for english, chinese in known().items():
        places = re.findall(r"\{[nw]?\}", english)
        assert sorted(set(re.findall(r"\{=?(\d)\}", chinese))) == [str(n) for n in range(len(places))], english
        assert re.search(r"[一-鿿]", chinese), english


def test_the_pairs_are_in_order_and_in_files_that_can_be_read() -> None:
    for path in sorted((ROOT / "hub/console/src/i18n/said").glob("*.json")):
        text = path.read_text(encoding="utf-8")
        groups = json.loads(text)
        assert list(groups) == sorted(groups), path
        assert [name for name, pairs in groups.items() if list(pairs) != sorted(pairs)] == [], path
        assert text.count("\n") < 400, path


@pytest.mark.parametrize("words", [Event, Stage, EventType, State, Phase, Failure, sorted(ROLE_SCOPES)], ids=str)
def test_what_is_filled_in_by_name_has_its_chinese(words: Any) -> None:
    assert [str(one) for one in words if str(one) not in known()] == []


def test_what_is_checked_of_any_part_of_any_request_is_said_in_chinese(app: FastAPI) -> None:
    told = {detail for check in _checks(app) for detail in _complaints(check)}
    assert len(told) > 50
    assert sorted(detail for detail in told if not is_known(detail)) == []


def test_every_part_of_a_request_has_its_chinese_name(app: FastAPI) -> None:
    document = app.openapi()
    named: set[str] = set()
    for methods in document["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                named |= set(_names(content["schema"], document["components"]["schemas"], set()))
    assert sorted(named ^ FIELDS.keys()) == []
    assert [name for name, chinese in FIELDS.items() if not re.search(r"[一-鿿]", chinese)] == []


def _checks(app: FastAPI) -> Iterator[Callable[[Any], Any]]:
    """Yield what checks each part of each request: by itself, and within the whole that it belongs to."""
    seen: set[type[BaseModel]] = set()
    for endpoint in _endpoints(app.routes):
        for name, hint in get_type_hints(endpoint, include_extras=True).items():
            if name == "return":
                continue
            for model in _models(hint, seen):
                yield partial(model.model_validate, from_attributes=True)
                for field in model.model_fields:
                    yield partial(_within, model, field)
            if get_origin(hint) is Annotated and not any(isinstance(one, DependsMark) for one in hint.__metadata__):
                yield TypeAdapter(hint).validate_python


def _endpoints(routes: Iterable[Any]) -> Iterator[Any]:
    for route in routes:
        if (router := getattr(route, "original_router", None)) is not None:
            yield from _endpoints(router.routes)
        elif hasattr(route, "endpoint"):
            yield route.endpoint


def _within(model: type[BaseModel], field: str, value: Any) -> Any:
    return model.model_validate({field: value})


def _models(hint: Any, seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel) and hint not in seen:
        seen.add(hint)
        yield hint
        for field in hint.model_fields.values():
            yield from _models(field.annotation, seen)
    for inner in get_args(hint):
        yield from _models(inner, seen)


def _complaints(check: Callable[[Any], Any]) -> Iterator[str]:
    for value in BAD:
        try:
            check(value)
        except ValidationError as refused:
            found = [{**one, "loc": ("body", *one["loc"])} for one in refused.errors(include_url=False)]
            yield from (one["detail"] for one in from_validation(found).extra["errors"])


def _names(schema: dict[str, Any], every: dict[str, Any], seen: set[str]) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in seen:
            return
        seen.add(name)
        schema = every[name]
    for name, part in schema.get("properties", {}).items():
        yield name
        yield from _names(part, every, seen)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _names(schema[key], every, seen)
    for key in ("anyOf", "allOf", "oneOf"):
        for part in schema.get(key, []):
            yield from _names(part, every, seen)
