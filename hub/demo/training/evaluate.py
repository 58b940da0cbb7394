"""A model in, its average precision on scenes it never saw and its time per picture out.

python -m hub.demo.training.evaluate [--model FOLDER] [--scenes 150] [--seed 1] [--least-px 12] [--rows] [--json]

With `--rows` the streets are such as training draws, of other seeds: with rows of stalls and of parked vehicles. Then
it tells besides how often two things side by side are found in one box each, and how often in one box together.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detectors.vision.yolo import Detector
from hub.demo.scenes.description import LABELS, Light, Weather
from hub.demo.scenes.random_scenes import SCENE_S, busy_scene, random_scene
from hub.demo.scenes.render import Renderer
from hub.demo.training.dataset import worth_finding
from hub.demo.training.neighbours import told_apart
from hub.demo.training.score import Found, Wanted, average_precision, found_share

SHIPPED = Path(__file__).parents[1] / "model" / "street_openvino_model"
FIRST_HELD_OUT_SEED = 50_000_000  # training draws from lower ones
_PICTURES_PER_SCENE = 2
_ROW_TRAFFICS = 4
_FLOOR = 0.02
LEAST_PX = 12.0  # smaller things, in the 640×360 picture, count neither as found nor as missed

SURE = 0.25  # the confidence from which a thing counts as found, in the rows by what can be seen of it
_SEEN = {"0.3-0.5 visible": (0.3, 0.5), "0.5-0.8 visible": (0.5, 0.8), "0.8-1 visible": (0.8, 1.01)}

Judged = tuple[list[Wanted], list[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One picture's light, its camera, what was there and what was found."""

    condition: str
    camera: str
    judged: Judged


def condition(light: Light) -> str:
    """Return under which name a scene's light is reported."""
    hour = "day" if light.daylight >= 0.5 else "dusk" if light.daylight >= 0.1 else "night"
    return f"{hour}, rain" if light.weather is Weather.RAIN else hour


def camera_height(height_m: float) -> str:
    """Return under which name a camera's height is reported."""
    return "camera 3-5 m" if height_m < 5.0 else "camera 5-7 m" if height_m < 7.0 else "camera 7-9 m"


def judge(
    detector: Detector, scenes: int, seed: int, least_px: float = LEAST_PX, *, rows: bool = False
) -> tuple[list[Judgement], float]:
    """Return what was there and what was found in each held-out picture, and the milliseconds a picture took."""
    judgements: list[Judgement] = []
    spent_s = 0.0
    for number in range(FIRST_HELD_OUT_SEED + seed * 100_000, FIRST_HELD_OUT_SEED + seed * 100_000 + scenes):
        scene = busy_scene(number, _ROW_TRAFFICS) if rows else random_scene(number)
        renderer = Renderer(scene)
        for at_s in _taken_s(number, rows):
            frame, truth = renderer.render(at_s)
            began_s = time.monotonic()
            boxes = detector.detect([frame])[0]
            spent_s += time.monotonic() - began_s
            view = scene.view
            wanted = [
                Wanted(b.label, b.xyxy, worth_finding(b, view.width_px, view.height_px, least_px), b.visible_fraction)
                for b in truth
            ]
            found = [Found(b.label, (b.x1, b.y1, b.x2, b.y2), b.confidence) for b in boxes]
            judgements.append(
                Judgement(condition=condition(scene.light), camera=camera_height(view.height_m), judged=(wanted, found))
            )
    return judgements, spent_s / len(judgements) * 1000


def _taken_s(number: int, rows: bool) -> list[float]:
    """Return when a scene's pictures are taken: two anywhere, or one of each traffic."""
    rng = np.random.default_rng((number, 91))
    if rows:
        return [SCENE_S * (traffic + float(rng.uniform(0.0, 0.99))) for traffic in range(_ROW_TRAFFICS)]
    return [float(rng.uniform(0, SCENE_S)) for _ in range(_PICTURES_PER_SCENE)]


def figures(pictures: Sequence[Judged]) -> dict[str, float]:
    """Return the average precision per class, and their mean as `all`."""
    return _with_mean({label: average_precision(pictures, label) for label in LABELS})


def precision_table(judgements: Sequence[Judgement]) -> dict[str, dict[str, float]]:
    """Return the average precisions of all pictures, by light, and by the camera's height."""
    groups: dict[str, list[Judged]] = {}
    for one in judgements:
        for name in (one.condition, one.camera):
            groups.setdefault(name, []).append(one.judged)
    names = sorted(groups, key=lambda name: (name.startswith("camera"), name))
    return {"all": figures([one.judged for one in judgements])} | {name: figures(groups[name]) for name in names}


def found_table(judgements: Sequence[Judgement]) -> dict[str, dict[str, float]]:
    """Return which share was found at a confidence of `SURE`, by how much of a thing can be seen."""
    pictures = [one.judged for one in judgements]
    return {
        name: _with_mean({label: found_share(pictures, label, span, SURE) for label in LABELS})
        for name, span in _SEEN.items()
    }


def neighbour_table(judgements: Sequence[Judgement]) -> dict[str, dict[str, float]]:
    """Return how often two things side by side have one box each, or one over both, beside what stands alone.

    The rows go by how much can be seen of the one that shows less.
    """
    pictures = [one.judged for one in judgements]
    table: dict[str, dict[str, float]] = {}
    for name, span in _SEEN.items():
        for what, alone in (("both", False), ("merged", False), ("alone", True)):
            told = {label: told_apart(pictures, label, span, SURE, alone=alone).shares() for label in LABELS}
            key = "both" if alone else what
            table[f"{what} {name.removesuffix(' visible')}"] = {
                label: shares[key] for label, shares in told.items() if shares
            }
    return table


def _with_mean(scores: dict[str, float | None]) -> dict[str, float]:
    known = {label: score for label, score in scores.items() if score is not None}
    return known | {"all": sum(known.values()) / len(known)} if known else {}


def _print_table(table: dict[str, dict[str, float]]) -> None:
    columns = (*LABELS, "all")
    print(f"{'':16}" + "".join(f"{label:>11}" for label in columns))
    for name, scores in table.items():
        print(f"{name:16}" + "".join(f"{scores[c]:11.3f}" if c in scores else f"{'–':>11}" for c in columns))


def main() -> None:
    """Evaluate and print tables, or JSON."""
    parser = argparse.ArgumentParser(description="Evaluate a street model on held-out rendered scenes.")
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least-px", type=float, default=LEAST_PX, help="leave out what is smaller than this")
    parser.add_argument("--rows", action="store_true", help="streets with rows of things, and how these are told apart")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    if given.scenes < 1:
        parser.error("--scenes must be at least 1")
    cv2.setNumThreads(1)
    detector = Detector(given.model, confidence_floor=_FLOOR)
    judgements, picture_ms = judge(detector, given.scenes, given.seed, given.least_px, rows=given.rows)
    precision, found = precision_table(judgements), found_table(judgements)
    neighbours = neighbour_table(judgements) if given.rows else {}
    if given.json:
        record = {"map50": precision, "found": found, "pictures": len(judgements)}
        record |= {"neighbours": neighbours} if neighbours else {}
        print(json.dumps(record | {"ms_per_picture": round(picture_ms, 2)}))
        return
    print(f"mAP50 on {len(judgements)} pictures; {picture_ms:.1f} ms a picture")
    _print_table(precision)
    print(f"share found at a confidence of {SURE} or more")
    _print_table(found)
    if neighbours:
        print("two side by side in one box each (both), in one box together (merged); those that stand alone")
        _print_table(neighbours)


if __name__ == "__main__":
    main()
