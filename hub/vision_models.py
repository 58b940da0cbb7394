"""How cameras are to be watched in, their loaded models out, or with file and line why they cannot be had."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from zoneinfo import ZoneInfo

from detectors.vision.labels import listed
from detectors.vision.models import Models, Watch
from detectors.vision.plan import Problem, UnfitModels
from hub.config.perception import Perception, of_cameras
from hub.config.yaml_source import ConfigError


def watches(found: Perception, camera_ids: Collection[str], models: Models) -> list[Watch]:
    """Return the named cameras with their models loaded; raise ConfigError with all that is wrong."""
    zone = ZoneInfo(found.city.timezone)
    try:
        return models.watches(of_cameras(found, camera_ids), device=found.device, zone=zone)
    except UnfitModels as error:
        raise ConfigError([found.said(problem) for problem in error.problems]) from None


def look_over(found: Perception, camera_ids: Collection[str], *, cache: Path, strict: bool) -> list[str]:
    """Return a line for each model that was loaded; raise ConfigError with all that is wrong.

    Weights that are not on this machine are a warning among the lines, or wrong as well where `strict`.
    """
    lines: list[str] = []
    there = sorted(camera_ids)
    if not strict:
        away = {weights: None for plan in of_cameras(found, there) for weights in plan.weights}
        away = {weights: None for weights in away if not weights.path.exists()}
        there = [camera_id for camera_id in there if not away.keys() & set(found.plans[camera_id].weights)]
        for weights in away:
            message = f"there is no model at {weights.path} on this machine; the cameras that need it were not checked"
            lines.append("warning: " + found.said(Problem(message=message, weights=weights)))
    users: dict[int, list[str]] = {}
    told: dict[int, str] = {}
    for watch in watches(found, there, Models(cache=cache)):
        for weights, model in zip(found.plans[watch.camera.camera_id].weights, watch.models, strict=True):
            users.setdefault(id(model), []).append(watch.camera.camera_id)
            labels = ", ".join(sorted(model.labels))
            told[id(model)] = f"{weights.path.name} gives {labels} at {model.width_px}×{model.height_px}"
    return lines + [f"model: {told[model]}, for {listed(cameras, 4)}" for model, cameras in users.items()]
