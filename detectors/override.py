"""One override: thresholds that hold for some devices, circuits, cameras, zones or grids alone; and how they are set.

What may be set is every threshold that is judged for one place at a time. What the whole city shares is not: the wait
for stragglers orders streams before anything is judged, and the ranges a sensor can give are facts of the sensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from detectors.threshold import Section

CITY_WIDE = {
    "lateness_s": "it orders what arrives before anything is judged, the same for the whole city",
    "sensor.fault.ranges": "what a quantity can physically be is the same for every sensor of the city",
}
S = TypeVar("S", bound=Section)
SELECTORS = ("devices", "circuits", "cameras", "zones", "grids")


def _named(what: str) -> Any:
    return Field(default=(), max_length=5000, description=f"the ids of the {what}")


def _with_settable(schema: dict[str, Any]) -> None:
    """Name in the JSON Schema the settings that may stand here; an editor then completes them."""
    schema["additionalProperties"] = True
    schema["description"] = (
        "thresholds by their path in this file, such as water.pressure.low_kpa; the value must lie in the range of "
        "the threshold itself"
    )


class Override(Section):
    """Thresholds for some alone. Where two overrides set the same threshold for the same place, the later one holds."""

    name: str = Field(min_length=1, max_length=100, description="how it is called wherever it is shown; unique")
    devices: tuple[str, ...] = _named("devices it is for")
    circuits: tuple[str, ...] = _named("circuits it is for, with their lamps")
    cameras: tuple[str, ...] = _named("cameras it is for")
    zones: tuple[str, ...] = _named("zones it is for, of parking and stalls")
    grids: tuple[str, ...] = _named("grids it is for, with all that lies in them")
    set: dict[str, Any] = Field(min_length=1, json_schema_extra=_with_settable)

    @field_validator(*SELECTORS, mode="after")
    @classmethod
    def _each_once(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({*ids}))  # the order says nothing, so the version does not depend on it


def leaves(section: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the path of every threshold of `section`."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from leaves(kind, f"{prefix}{name}.")
        elif prefix:  # what lies at the top and is no section is no threshold
            yield prefix + name


def why_city_wide(path: str) -> str | None:
    """Return why `path` cannot be set for some alone, None where it can."""
    return next((why for begin, why in CITY_WIDE.items() if path == begin or path.startswith(begin + ".")), None)


def nearest(name: str, names: Mapping[str, Any] | list[str] | tuple[str, ...]) -> str:
    """Return "; is X meant?" for the name closest to `name`, or nothing."""
    near = get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"; is {near[0]} meant?" if near else ""


def with_values(thresholds: S, values: Mapping[str, Any]) -> S:
    """Return `thresholds` with the value of each path replaced; raise ValidationError whose places are these paths."""
    known = list(leaves(type(thresholds)))
    wrong = [_unknown(path, value, known) for path, value in values.items() if path not in known]
    if wrong:
        raise ValidationError.from_exception_data("thresholds", wrong)
    document = thresholds.model_dump(mode="python")
    for path, value in values.items():
        *sections, name = path.split(".")
        place = document
        for section in sections:
            place = place[section]
        place[name] = value
    try:
        return type(thresholds).model_validate(document)
    except ValidationError as error:
        raise ValidationError.from_exception_data(
            "thresholds", [_placed(one, list(values)) for one in error.errors(include_url=False)]
        ) from None


def value_at(thresholds: Section, path: str) -> Any:
    """Return the value at `path` as plain data; raise KeyError for a path that is no threshold."""
    value: Any = thresholds
    for name in path.split("."):
        if not isinstance(value, Section) or name not in type(value).model_fields:
            raise KeyError(path)
        value = getattr(value, name)
    return plain(value)


def plain(value: Any) -> Any:
    """Return `value` as JSON has it."""
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return getattr(value, "value", value)


def checked(thresholds: Section, overrides: tuple[Override, ...]) -> tuple[Override, ...]:
    """Return `overrides` with their values as `thresholds` would hold them; raise ValidationError with their places.

    Each must make sense by itself, laid over the thresholds that hold everywhere.
    """
    found: list[Override] = []
    wrong: list[InitErrorDetails] = []
    names: set[str] = set()
    for index, one in enumerate(overrides):
        if one.name in names:
            wrong.append(_detail(("overrides", index, "name"), "another override has this name", one.name))
        names.add(one.name)
        if not any(getattr(one, selector) for selector in SELECTORS):
            text = (
                "it names nothing that it is for: give devices, circuits, cameras, zones or grids; what is to hold "
                "everywhere is set as the threshold itself"
            )
            wrong.append(_detail(("overrides", index), text, None))
        for path, value in one.set.items():
            why = why_city_wide(path)
            if why is not None:
                wrong.append(
                    _detail(("overrides", index, "set", path), f"{path} cannot be set for some alone: {why}", value)
                )
        if any(why_city_wide(path) for path in one.set):
            continue
        try:
            laid = with_values(thresholds, one.set)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                place = ("overrides", index, "set", *detail["loc"])
                wrong.append(_detail(place, str(detail["msg"]), detail["input"]))
        else:
            found.append(one.model_copy(update={"set": {path: value_at(laid, path) for path in sorted(one.set)}}))
    if wrong:
        raise ValidationError.from_exception_data("thresholds", wrong)
    return tuple(found)


def _unknown(path: str, value: Any, known: list[str]) -> InitErrorDetails:
    sections = {one.rpartition(".")[0] for one in known} | {one.partition(".")[0] for one in known}
    if path in sections:
        text = f"{path} is a part of the file, not one threshold: write such as {_first_in(path, known)}"
    else:
        text = f"there is no threshold {path}{nearest(path, known)}"
    return _detail((path,), text, value)


def _first_in(section: str, known: list[str]) -> str:
    return next(one for one in known if one.startswith(section + "."))


def _placed(error: Any, paths: list[str]) -> InitErrorDetails:
    """Return a complaint about a part of the thresholds as one about the path that was set there."""
    place = ".".join(str(part) for part in error["loc"])
    exact = [path for path in paths if place == path or place.startswith(path + ".")]
    within = [path for path in paths if path.startswith(place + ".") or not place]
    return _detail(((exact or within or paths)[0],), str(error["msg"]), error["input"] if exact else None)


def _detail(place: tuple[int | str, ...], text: str, given: Any) -> InitErrorDetails:
    # The text is given as a value, since it may hold braces that pydantic would fill in.
    return InitErrorDetails(type=PydanticCustomError("override", "{text}", {"text": text}), loc=place, input=given)
