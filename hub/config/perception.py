"""Takes city.yaml and the environment, gives how each camera is watched; says with file and line what hinders it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from detectors.vision.plan import Plan, Problem
from detectors.vision.settings import VisionSettings
from detectors.vision.weights import Weights
from hub.config.city_file import CityFile, city_of, parsed
from hub.config.vision_file import ModelEntry
from hub.config.yaml_source import ConfigError, Place, Source
from hub.config.zones_file import read_city
from ingest.city import City


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What the environment, or an option, says in place of the file. None: the file counts.

    `model` and `device` stand in for the file's defaults, and a camera's own model stays. `blur_persons` holds for
    every camera: whoever asks for it on a machine must not have to read the file.
    """

    model: Path | None = None
    model_said_by: str = "LIANQIN_MODEL"
    device: str | None = None
    blur_persons: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Perception:
    """How every camera of the city is watched."""

    city: City
    plans: Mapping[str, Plan]
    device: str
    source: Source = field(repr=False)
    # Where in the file each weights stand; an origin in words for those that the file does not name.
    places: Mapping[Weights, Place | str] = field(repr=False)

    def with_model(self, camera_id: str, path: Path, *, said_by: str) -> Perception:
        """Return the same, but that one camera is watched by the weights at `path` and no others."""
        weights = Weights(path=path)
        plans = {**self.plans, camera_id: replace(self.plans[camera_id], weights=(weights,))}
        return replace(self, plans=plans, places={**self.places, weights: said_by})

    def said(self, problem: Problem) -> str:
        """Return a problem of plans as one line with file and line."""
        if problem.zone is not None:
            return self.source.problem(self._zone(problem.zone.camera_id, problem.zone.zone_id), problem.message)
        place = self.places.get(problem.weights, ()) if problem.weights is not None else ()
        return f"{place}: {problem.message}" if isinstance(place, str) else self.source.problem(place, problem.message)

    def _zone(self, camera_id: str, zone_id: str) -> Place:
        for index, camera in enumerate(self.source.data["cameras"]):
            if camera["id"] == camera_id:
                for position, zone in enumerate(camera.get("zones", ())):
                    if zone["id"] == zone_id:
                        return "cameras", index, "zones", position
        return ("cameras",)


def load_perception(path: Path, *, shipped: Path, override: Override) -> Perception:
    """Return how the cameras of the city file are watched; raise ConfigError with every problem found.

    `shipped` are the weights where nothing names any. Weights are not looked at here.
    """
    source = read_city(path)
    file = parsed(source)
    city = city_of(source, file)
    folder = path.expanduser().absolute().parent
    places: dict[Weights, Place | str] = {}
    problems: list[str] = []
    usual = _usual(file, folder, shipped, override, places)
    shared: dict[str, Any] = {}
    if file.vision is not None:
        shared = file.vision.given()
        problems += _refused(source, ("vision",), shared)
    if override.blur_persons is not None:
        shared["blur_persons"] = override.blur_persons
    plans = {}
    for index, camera in enumerate(file.cameras):
        own: dict[str, Any] = {}
        weights = usual
        if camera.vision is not None:
            own = camera.vision.given()
            place: Place = ("cameras", index, "vision")
            if not problems:
                problems += _refused(source, place, shared | own)
            if camera.vision.model is not None:
                weights = _named(camera.vision.model, folder, (*place, "model"), places)
        if override.blur_persons is not None:
            own["blur_persons"] = override.blur_persons
        if not problems:
            settings = VisionSettings(**(shared | own))
            plans[camera.id] = Plan(camera=city.cameras[camera.id], settings=settings, weights=weights)
    if problems:
        raise ConfigError(problems)
    device = override.device or (file.vision.device if file.vision is not None else "auto")
    return Perception(city=city, plans=plans, device=device, source=source, places=places)


def of_cameras(perception: Perception, camera_ids: Collection[str]) -> list[Plan]:
    """Return the plans of the named cameras, in the order of their names."""
    return [perception.plans[camera_id] for camera_id in sorted(camera_ids)]


def _usual(
    file: CityFile, folder: Path, shipped: Path, override: Override, places: dict[Weights, Place | str]
) -> tuple[Weights, ...]:
    if override.model is not None:
        weights = Weights(path=override.model)
        places[weights] = override.model_said_by
        return (weights,)
    if file.vision is not None and file.vision.model is not None:
        return _named(file.vision.model, folder, ("vision", "model"), places)
    weights = Weights(path=shipped)
    places[weights] = "the model shipped for the demo"
    return (weights,)


def _named(
    entries: list[ModelEntry], folder: Path, place: Place, places: dict[Weights, Place | str]
) -> tuple[Weights, ...]:
    found: dict[Weights, None] = {}
    for position, entry in enumerate(entries):
        weights = Weights(
            path=folder / Path(entry.weights).expanduser(),
            labels=tuple(sorted(entry.labels.items())),
            imgsz=entry.imgsz,
        )
        places.setdefault(weights, (*place, position))
        found[weights] = None
    return tuple(found)


def _refused(source: Source, place: Place, given: Mapping[str, Any]) -> list[str]:
    """Return what contradicts itself in settings whose ranges are all good."""
    try:
        VisionSettings(**given)
    except ValueError as error:
        message = str(error).removeprefix("vision setting ")
        # Two settings contradict each other: point at one of them that stands here.
        named = next((name for name in given if (*place, name) in source.lines and name in message), None)
        return [source.problem((*place, named) if named else place, message)]
    return []
