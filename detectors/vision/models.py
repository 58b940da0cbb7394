"""Plans of how cameras are watched in, the same with the models loaded, each once, out; and a look through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import NamedTuple, Protocol

from detectors.vision.labels import listed, unserved
from detectors.vision.merging import merged
from detectors.vision.pictures import Bgr
from detectors.vision.plan import Plan, Problem, UnfitModels
from detectors.vision.settings import VisionSettings
from detectors.vision.weights import ModelError, Weights
from detectors.vision.yolo import Detector
from ingest.city import Camera
from ingest.observation import Box


class Model(Protocol):
    """What finds things in pictures."""

    @property
    def width_px(self) -> int:
        """The width of its input."""
        ...

    @property
    def height_px(self) -> int:
        """The height of its input."""
        ...

    @property
    def labels(self) -> frozenset[str]:
        """The labels it can give."""
        ...

    def detect(self, pictures: Sequence[Bgr]) -> list[list[Box]]:
        """Return the boxes of each picture."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One camera that is watched: how, and by which models. `zone` is the timezone of the times drawn into evidence.

    It finds things in that camera's pictures, so a recording of the camera can be given to it as to a single model.
    """

    camera: Camera
    settings: VisionSettings
    models: tuple[Model, ...]
    zone: tzinfo = UTC

    @property
    def width_px(self) -> int:
        """Return the width of a picture that is good enough for all models; each scales it down to its own."""
        return max(model.width_px for model in self.models)

    @property
    def height_px(self) -> int:
        """Return the height of a picture that is good enough for all models."""
        return max(model.height_px for model in self.models)

    def detect(self, pictures: Sequence[Bgr]) -> list[list[Box]]:
        """Return the boxes of each picture, those of all models together."""
        return look([(self, picture) for picture in pictures])


def look(seen: Sequence[tuple[Watch, Bgr]]) -> list[list[Box]]:
    """Return the boxes of each picture: every model looks once, at all pictures that are for it, whatever the camera.

    Boxes below the floor of their camera are left out: a model that several cameras share runs at the lowest of them.
    """
    found: list[list[list[Box]]] = [[] for _ in seen]
    models = {id(model): model for watch, _ in seen for model in watch.models}
    for model in models.values():
        numbers = [number for number, (watch, _) in enumerate(seen) if any(each is model for each in watch.models)]
        for number, boxes in zip(numbers, model.detect([seen[number][1] for number in numbers]), strict=True):
            found[number].append(boxes)
    return [
        [box for box in merged(of_models) if box.confidence >= watch.settings.confidence_floor]
        for (watch, _), of_models in zip(seen, found, strict=True)
    ]


class _Key(NamedTuple):
    weights: Weights
    floor: float
    threads: int
    device: str


class Models:
    """Loaded weights, each once, kept for as long as a plan uses them."""

    def __init__(self, *, cache: Path | None = None, load: Callable[..., Model] = Detector) -> None:
        """Take where ultralytics may keep its settings, and what loads (as Detector does)."""
        self._cache, self._load = cache, load
        self._loaded: dict[_Key, Model] = {}

    def watches(self, plans: Sequence[Plan], *, device: str = "auto", zone: tzinfo = UTC) -> list[Watch]:
        """Return a watch for each plan; raise UnfitModels with all that is wrong, and keep what was loaded before."""
        floors: dict[Weights, float] = {}
        for plan in plans:
            for weights in plan.weights:
                floors[weights] = min(floors.get(weights, 1.0), plan.settings.confidence_floor)
        threads = max((plan.settings.inference_threads for plan in plans), default=1)
        problems: list[Problem] = []
        found: dict[Weights, Model] = {}
        before = dict(self._loaded)
        keys = {weights: _Key(weights, floor, threads, device) for weights, floor in floors.items()}
        for weights, key in keys.items():
            try:
                found[weights] = self._of(key)
            except ModelError as error:
                problems.append(Problem(message=str(error), weights=weights))
        problems += _unserved(plans, found)
        if problems:
            self._loaded = before
            raise UnfitModels(problems)
        self._loaded = {key: self._loaded[key] for key in keys.values()}
        return [
            Watch(
                camera=plan.camera,
                settings=plan.settings,
                models=tuple(found[weights] for weights in plan.weights),
                zone=zone,
            )
            for plan in plans
        ]

    def _of(self, key: _Key) -> Model:
        if key not in self._loaded:
            self._loaded[key] = self._load(
                key.weights.path,
                labels=key.weights.mapping,
                imgsz=key.weights.imgsz,
                confidence_floor=key.floor,
                threads=key.threads,
                device=key.device,
                cache=self._cache,
            )
        return self._loaded[key]


def _unserved(plans: Sequence[Plan], found: Mapping[Weights, Model]) -> list[Problem]:
    """Return the zones that no model of their camera serves; a camera whose models are not all there is left out."""
    problems = []
    for plan in plans:
        if not all(weights in found for weights in plan.weights):
            continue
        known = frozenset[str]().union(*(found[weights].labels for weights in plan.weights))
        given = " and ".join(
            f"{weights.path.name} gives only {listed(sorted(found[weights].labels))}" for weights in plan.weights
        )
        problems += [Problem(message=zone.sentence(given), zone=zone) for zone in unserved(known, [plan.camera])]
    return problems
