"""A YAML file of rule tests goes in; checked tests, or ConfigError with lines, come out: its shape in pydantic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from detectors.finding import Severity
from detectors.rules import RULES
from hub.config.city_file import CityFile
from hub.config.yaml_source import ConfigError, Source, names_in, read
from hub.tuning.rule_tests import notation
from ingest.observation import Quantity

Changes = dict[str, float | int | bool | str | list[str] | None]
Time = Annotated[
    float | str,
    Field(description="Since the test's start: 90, 90s, 5m20s, 1h.", examples=["5m20s"]),
]
TimeSpan = Annotated[
    float | str,
    Field(description="A time, or a range of times: 5m, 5m..6m, ..6m, 5m..", examples=["5m..6m"]),
]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Series(_Entry):
    """What a device or camera, or several that do the same, sent: readings, frames, or that it is online or not."""

    device: str | list[str] | None = Field(None, description="Who sends `values`, or whose `status` it is.")
    camera: str | list[str] | None = Field(None, description="Who sends `frames`, or whose `status` it is.")
    start: Time = Field(0.0, description="When its first tick is.")
    every: Time | None = Field(None, description="From one tick to the next; by default the device's own interval.")
    values: dict[Quantity, str | float | int] = Field(
        default_factory=dict, description="Readings by quantity in compact notation: 250x30 250..180x6 180x5m _x10."
    )
    frames: str | None = Field(
        None,
        description="Frames in compact notation: -x10 car@0.50,0.70:0.8x200 _x5m.",
        examples=["-x10 car@0.5,0.7x5m"],
    )
    status: dict[Annotated[str, Field(description="When.")], bool] = Field(
        default_factory=dict, description="When it said that it is online (true), or its last will that it is not."
    )
    delay: Time = Field(0.0, description="How long after it was measured each is received.")

    @property
    def names(self) -> list[str]:
        """Return whose it is."""
        whose = self.camera if self.camera is not None else self.device
        return [whose] if isinstance(whose, str) else list(whose or ())

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.device is None) is (self.camera is None):
            raise ValueError("name a device or a camera")
        if self.frames is not None and self.camera is None:
            raise ValueError("only a camera sends frames")
        if self.frames is None and not self.values and not self.status:
            raise ValueError("write values, frames or status")
        try:
            if notation.seconds(self.delay) < 0:
                raise ValueError("delay must not lie below 0")
            if self.every is not None and notation.seconds(self.every) <= 0:
                raise ValueError("every must lie above 0")
            notation.seconds(self.start)
            for moment in self.status:
                notation.seconds(moment)
        except notation.BadNotation as error:
            raise ValueError(str(error)) from None
        return self


class Expected(_Entry):
    """One alert that must be raised; what is left out may be anything."""

    rule: str
    subject: str | None = Field(None, description="A device, circuit or camera; of a place its zone alone will do.")
    raised: TimeSpan | None = None
    cleared: TimeSpan | None = Field(None, description="When it must clear, or `never`.")
    since: TimeSpan | None = Field(None, description="Since when the condition holds.")
    severity: Severity | None = None
    reason: str | None = Field(None, description="What the sentence of its reason must contain.")
    numbers: dict[str, float | int | str | bool | None] = Field(
        default_factory=dict, description="What its reason's numbers must say."
    )

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str) -> str:
        return known_rule(rule)

    @field_validator("raised", "cleared", "since")
    @classmethod
    def _readable(cls, text: float | str | None) -> float | str | None:
        if text is not None and text != "never":
            try:
                notation.span(text)
            except notation.BadNotation as error:
                raise ValueError(str(error)) from None
        return text


class Open(_Entry):
    """An alert that is open at a moment."""

    rule: str
    subject: str | None = None

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str) -> str:
        return known_rule(rule)


class Moment(_Entry):
    """Which alerts must be open at a moment: these and no others."""

    at: Time
    open: list[Open]

    @field_validator("at")
    @classmethod
    def _readable(cls, text: float | str) -> float | str:
        try:
            notation.seconds(text)
        except notation.BadNotation as error:
            raise ValueError(str(error)) from None
        return text


class Test(_Entry):
    """One story: what was observed, and what must come of it."""

    __test__ = False  # no test of pytest's

    name: str = Field(min_length=1)
    start: AwareDatetime | None = Field(None, description="When its second 0 is; by default the file's.")
    thresholds: Changes = Field(default_factory=dict, description="Thresholds over the file's, by their paths.")
    rules: list[str] | None = Field(None, description="The rules that are looked at; all by default.")
    series: list[Series] = Field(min_length=1)
    until: Time | None = Field(None, description="When it ends; by default when the last observation has been judged.")
    alerts: list[Expected] | None = Field(
        None, description="Every alert that must be raised, and no other; [] is none."
    )
    open: list[Moment] = Field(default_factory=list, description="Which alerts must be open when.")

    @field_validator("rules")
    @classmethod
    def _known(cls, rules: list[str] | None) -> list[str] | None:
        return None if rules is None else [known_rule(rule) for rule in rules]

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if self.alerts is None and not self.open:
            raise ValueError("says nothing that must come of it: write alerts (alerts: [] for none) or open")
        if self.until is not None:
            try:
                notation.seconds(self.until)
            except notation.BadNotation as error:
                raise ValueError(str(error)) from None
        return self


class TestFile(_Entry):
    """The whole file."""

    __test__ = False

    city: str | CityFile = Field(description="A city file beside this one, or a small city written out here.")
    detectors: str | None = Field(None, description="A detectors file beside this one; else the shipped defaults.")
    thresholds: Changes = Field(default_factory=dict, description="Thresholds over the detectors file's, by path.")
    start: AwareDatetime = Field(description="When second 0 is, with its timezone.")
    whole_city: bool = Field(
        False, description="Judge the whole city, and so the silence of what no series names. Else what is named alone."
    )
    tests: list[Test] = Field(min_length=1)


def known_rule(rule: str) -> str:
    """Return `rule`; raise ValueError where there is none of that name."""
    if rule not in RULES:
        from difflib import get_close_matches

        near = get_close_matches(rule, RULES, n=1)
        raise ValueError(f"there is no rule {rule}" + (f"; is {near[0]} meant?" if near else ""))
    return rule


def read_tests(path: Path) -> tuple[TestFile, Source]:
    """Return the tests of `path` and where each stands; raise ConfigError with file and line."""
    source = read(path)
    data = source.data
    if isinstance(data, dict) and isinstance(data.get("city"), dict):
        data = {**data, "city": _city(data["city"], source)}
    try:
        file = TestFile.model_validate(data)
    except ValidationError as error:
        raise source.refuse(error, names_in(TestFile.model_json_schema())) from None
    named: set[str] = set()
    for number, test in enumerate(file.tests):
        if test.name in named:
            raise ConfigError([source.problem(("tests", number, "name"), f"another test is named {test.name!r} too")])
        named.add(test.name)
    return file, source


def part_of(source: Source, name: str) -> Source:
    """Return what stands under `name` as a source of its own, with the lines of the whole file."""
    lines = {place[1:]: line for place, line in source.lines.items() if place[:1] == (name,)}
    return replace(source, data=source.data[name], lines=lines)


def _city(data: Any, source: Source) -> CityFile:
    """Return a city written out in the file; by itself, so that its mistakes are told as those of a city file are."""
    try:
        return CityFile.model_validate(data)
    except ValidationError as error:
        raise part_of(source, "city").refuse(error, names_in(CityFile.model_json_schema())) from None


def schema() -> dict[str, Any]:
    """Return the JSON Schema of such a file, for editors and for checks elsewhere."""
    found = TestFile.model_json_schema(mode="validation")
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = "lianqin rule tests"
    return found
