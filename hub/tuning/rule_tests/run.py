"""A file of rule tests goes in, the outcome of each comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.config.city_file import CityFile, city_of
from hub.config.load import Configuration, config_version, load_city, load_thresholds
from hub.config.yaml_source import ConfigError, Source
from hub.tuning.candidate import with_thresholds
from hub.tuning.junit import Case
from hub.tuning.rule_tests.compare import alert_line, differences
from hub.tuning.rule_tests.document import Test, TestFile, part_of, read_tests
from hub.tuning.rule_tests.story import BadTest, observed, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one test: `differences` is empty where it passed; `got` is every alert of its story."""

    path: Path
    line: int
    name: str
    differences: tuple[str, ...]
    got: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Tell whether all was as expected."""
        return not self.differences

    def document(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {
            "file": str(self.path),
            "line": self.line,
            "name": self.name,
            "passed": self.passed,
            "differences": list(self.differences),
            "got": list(self.got),
        }

    def case(self) -> Case:
        """Return it as a case of a JUnit report."""
        return Case(str(self.path), self.name, failure="\n".join(self.differences))


def run_file(path: Path, wanted: re.Pattern[str] | None = None) -> Iterator[Outcome]:
    """Yield the outcome of each test in `path` whose name `wanted` finds; raise ConfigError for a bad file."""
    file, source = read_tests(path)
    configuration = _configuration(file, source)
    chosen = [
        (number, test) for number, test in enumerate(file.tests) if wanted is None or wanted.search(test.name)
    ]  # fmt: skip
    problems = [each for number, test in chosen for each in _problems(file, source, number, test, configuration)]
    if problems:  # all of them, before anything is run: who writes tests mends them in one go
        raise ConfigError(problems)
    for number, test in chosen:
        yield _outcome(file, source, number, test, configuration)


def _problems(file: TestFile, source: Source, number: int, test: Test, configuration: Configuration) -> list[str]:
    place = ("tests", number)
    try:
        candidate = with_thresholds(configuration, test.thresholds)
        observed(test, candidate.city, test.start or file.start)
    except ConfigError as error:
        return [source.problem((*place, "thresholds"), each) for each in error.problems]
    except BadTest as error:
        return [source.problem((*place, *error.place), str(error))]
    return []


def _outcome(file: TestFile, source: Source, number: int, test: Test, configuration: Configuration) -> Outcome:
    candidate = with_thresholds(configuration, test.thresholds)
    story = told(test, candidate, test.start or file.start, whole_city=file.whole_city)
    return Outcome(
        path=source.path,
        line=source.line_of(("tests", number)),
        name=test.name,
        differences=tuple(differences(test, story)),
        got=tuple(alert_line(one, story.start) for one in story.alerts),
    )


def _configuration(file: TestFile, source: Source) -> Configuration:
    folder = source.path.parent
    if isinstance(file.city, CityFile):
        city = city_of(part_of(source, "city"), file.city)
    else:
        city = load_city(folder / file.city)
    thresholds = load_thresholds(None if file.detectors is None else folder / file.detectors)
    configuration = Configuration(city, thresholds, config_version(city, thresholds))
    try:
        return with_thresholds(configuration, file.thresholds)
    except ConfigError as error:
        raise ConfigError([source.problem(("thresholds",), each) for each in error.problems]) from None
