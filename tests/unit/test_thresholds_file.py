"""The detectors file as text: what is written means the same when it is read, and a heading comes back as it went."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from detectors.override import leaves, with_values
from detectors.thresholds import Thresholds, described
from hub.config.schema import commented_defaults
from hub.config.thresholds_file import (
    Heading,
    changes_between,
    read_text,
    sparse,
    text_of,
    thresholds_version,
    with_heading,
    without_heading,
)

KNOWN = {entry.path: entry for entry in described()}
SETTABLE = [path for path in KNOWN if not path.startswith(("lateness_s.", "sensor.fault.ranges."))]


def values(path: str) -> st.SearchStrategy[Any]:
    """Return values that the threshold at `path` may take by itself."""
    entry = KNOWN[path]
    if isinstance(entry.default, bool):
        return st.booleans()
    if entry.unit == "severity":
        return st.sampled_from(["critical", "major", "minor", "warning"])
    if entry.low is None or entry.high is None:
        return st.just(list(entry.default)[:1])
    if isinstance(entry.default, int):
        return st.integers(int(entry.low), int(entry.high))
    return st.floats(entry.low, entry.high)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
SETS = st.lists(st.sampled_from(SETTABLE), max_size=4, unique=True).flatmap(
    lambda paths: st.fixed_dictionaries({path: values(path) for path in paths})
)


@st.composite
def any_thresholds(draw: st.DrawFn) -> Thresholds:
    given_values, laid = draw(SETS), []
    for name in draw(st.lists(NAMES, max_size=3, unique=True)):
        if inner := draw(SETS):
            laid.append({"name": name, "devices": draw(st.lists(NAMES, min_size=1, max_size=3)), "set": inner})
    try:
        base = with_values(Thresholds(), given_values)
    except ValidationError:
        base = Thresholds()
    good = []
    for one in laid:
        try:
            with_values(base, one["set"])
        except ValidationError:
            continue
        good.append(one)
    return Thresholds.model_validate({**base.model_dump(), "overrides": good})


@settings(max_examples=40)
@given(any_thresholds())
def test_what_is_written_means_the_same_when_it_is_read(thresholds: Thresholds) -> None:
    text = text_of(thresholds)
    read, _ = read_text(text)
    assert read == thresholds
    assert text_of(read) == text
    assert thresholds_version(read) == thresholds_version(thresholds)
    assert changes_between(read, thresholds) == []


@settings(max_examples=40)
@given(any_thresholds(), any_thresholds())
def test_two_differ_in_version_just_where_they_differ_in_something(one: Thresholds, other: Thresholds) -> None:
    assert (thresholds_version(one) == thresholds_version(other)) == (changes_between(one, other) == [])


@given(NAMES, st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=50), st.booleans())
def test_a_heading_comes_back_as_it_went(author: str, note: str, has_parent: bool) -> None:
    made_at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    heading = Heading(
        version="0" * 12, author=author, note=note, parent="1" * 12 if has_parent else None, made_at=made_at
    )
    text = "# a comment\nwater: {pressure: {low_kpa: 150}}\n"
    exported = with_heading(text, heading)
    assert without_heading(exported) == (text, heading)
    assert read_text(exported)[0].water.pressure.low_kpa == 150  # to every other reader it is a comment


@pytest.mark.parametrize(
    "first", ["# lianqin configuration", "# lianqin configuration x {", "# lianqin configuration x 3"]
)
def test_a_heading_that_cannot_be_read_is_a_comment(first: str) -> None:
    text = f"{first}\nwater: {{}}\n"
    assert without_heading(text) == (text, None)


def test_what_is_as_shipped_makes_no_version() -> None:
    shipped = thresholds_version(Thresholds())
    assert thresholds_version(read_text("")[0]) == shipped
    assert thresholds_version(read_text(commented_defaults())[0]) == shipped
    assert sparse(Thresholds()) == {}


def test_each_line_says_its_unit_and_meaning() -> None:
    text = text_of(Thresholds.model_validate({"water": {"pressure": {"low_kpa": 150, "severity": "minor"}}}))
    assert "    low_kpa: 150.0  # kPa; too low below this\n" in text
    assert "    severity: minor  # severity; " in text


def test_every_threshold_has_a_place() -> None:
    assert set(leaves(Thresholds)) == set(KNOWN)
    assert json.dumps(sparse(Thresholds()))


def test_changes_tell_of_whom_an_override_is_for_and_in_which_order() -> None:
    def of(*entries: tuple[str, list[str], float]) -> Thresholds:
        laid = [
            {"name": name, "devices": devices, "set": {"water.pressure.low_kpa": low}} for name, devices, low in entries
        ]
        return Thresholds.model_validate({"overrides": laid})

    found = changes_between(
        of(("a", ["w1"], 150), ("b", ["w1"], 160)), of(("b", ["w1", "w2"], 160), ("a", ["w1"], 150))
    )
    assert [(one.path, one.before, one.after) for one in found] == [
        ("overrides[b].devices", ["w1"], ["w1", "w2"]),
        ("overrides", ["a", "b"], ["b", "a"]),
    ]
    (gone, value) = changes_between(of(("a", ["w1"], 150)), of())
    assert (gone.path, gone.after) == ("overrides[a].devices", [])
    assert (value.path, value.before, value.after, value.unit) == (
        "overrides[a].water.pressure.low_kpa", 150.0, None, "kPa",
    )  # fmt: skip
