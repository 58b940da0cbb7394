"""The question of a run as it comes over HTTP or from the command line, checked; in: JSON, out: a Question."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from detectors.rules import RULES
from hub.tuning.judging import Question
from hub.tuning.runs.refused import RunRefused
from ingest.city import City

LONGEST = timedelta(days=400)
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=5000)]
Changes = Annotated[
    dict[str, float | int | bool | str | list[str] | None],
    Field(default_factory=dict, max_length=200, description="Thresholds to try: path → value, over the version's."),
]


class Arguments(BaseModel):
    """What every kind's arguments are: closed, and unchangeable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Asked(Arguments):
    """Which rules, grids and subjects over which span of receiving; what is left out is everything."""

    rules: Names | None = None
    grids: Names | None = None
    subjects: Names | None = Field(None, description="Devices, circuits, cameras or zones.")
    since: AwareDatetime
    until: AwareDatetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since >= self.until:
            raise ValueError("since must lie before until")
        if self.until - self.since > LONGEST:
            raise ValueError(f"at most {LONGEST.days} days at once")
        return self

    @field_validator("rules")
    @classmethod
    def _are_rules(cls, rules: list[str] | None) -> list[str] | None:
        for rule in rules or ():
            if rule not in RULES:
                near = get_close_matches(rule, RULES, n=1)
                if near:
                    raise ValueError(f"there is no rule {rule}; is {near[0]} meant?")
                raise ValueError(f"there is no rule {rule}")
        return rules

    def question(self) -> Question:
        """Return it as the engine takes it."""

        def names(given: list[str] | None) -> frozenset[str] | None:
            return None if given is None else frozenset(given)

        return Question(
            rules=names(self.rules),
            grids=names(self.grids),
            subjects=names(self.subjects),
            since=self.since,
            until=self.until,
        )


def require_known(question: Question, city: City) -> None:
    """Raise RunRefused for what `city` has not: asked about it, a run would answer that nothing was raised."""
    for grid in sorted((question.grids or frozenset()) - set(city.grids)):
        raise RunRefused(f"the city has no grid {grid}")
    zones = {zone.zone_id for camera in city.cameras.values() for zone in camera.zones}
    known = {*city.devices, *city.circuits, *city.cameras, *zones}
    for subject in sorted(question.subjects or ()):
        if subject.partition("@")[0] not in known:
            near = get_close_matches(subject, known, n=1)
            if near:
                raise RunRefused(f"the city has no device, circuit, camera or zone {subject}; is {near[0]} meant?")
            raise RunRefused(f"the city has no device, circuit, camera or zone {subject}")


def problems_of(error: ValidationError) -> list[str]:
    """Return what is wrong with arguments: one `where: what` each."""
    said = []
    for item in error.errors(include_url=False):
        message = str(item["msg"]).replace("Value error, ", "")
        for formal in ("Input should", "String should", "List should"):
            message = message.replace(formal, "must")
        if item["type"] == "extra_forbidden":
            message = "there is no such argument"
        elif item["type"] == "missing":
            message = "is missing"
        said.append(f"{'.'.join(str(part) for part in item['loc']) or 'arguments'}: {message}")
    return said
