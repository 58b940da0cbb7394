"""How a camera is to be watched, and what keeps it from being watched so: values alone, nothing is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.vision.labels import Unserved
from detectors.vision.settings import VisionSettings
from detectors.vision.weights import ModelError, Weights
from ingest.city import Camera


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one camera is to be watched, as the configuration says it."""

    camera: Camera
    settings: VisionSettings
    weights: tuple[Weights, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What keeps a plan from being carried out: weights that are no good, or a zone that no model serves."""

    message: str
    weights: Weights | None = None
    zone: Unserved | None = None


class UnfitModels(ModelError):
    """Plans cannot be carried out; `problems` holds every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)
