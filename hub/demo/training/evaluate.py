"""A model in, its average precision on scenes it never saw and its time per picture out.

python -m hub.demo.training.evaluate [--model FOLDER] [--scenes 150] [--seed 1] [--least-px 12] [--json]
"""

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np

from detectors.vision.yolo import Detector
from hub.demo.scenes.description import LABELS, Light, Weather
from hub.demo.scenes.random_scenes import SCENE_S, random_scene
from hub.demo.scenes.render import Renderer
from hub.demo.training.dataset import worth_finding
from hub.demo.training.score import Found, Wanted, average_precision

SHIPPED = Path(__file__).parents[1] / "model" / "street_openvino_model"
FIRST_HELD_OUT_SEED = 50_000_000  # training draws from lower ones
_PICTURES_PER_SCENE = 2
_FLOOR = 0.02
LEAST_PX = 12.0  # smaller things, in the 640×360 picture, count neither as found nor as missed

Judged = tuple[list[Wanted], list[Found]]


def condition(light: Light) -> str:
    """Return under which name a scene's light is reported."""
    hour = "day" if light.daylight >= 0.5 else "dusk" if light.daylight >= 0.1 else "night"
    return f"{hour}, rain" if light.weather is Weather.RAIN else hour


def judge(
    detector: Detector, scenes: int, seed: int, least_px: float = LEAST_PX
) -> tuple[dict[str, list[Judged]], float]:
    """Return what was there and what was found, by condition, and the milliseconds a picture took."""
    by_condition: dict[str, list[Judged]] = {}
    spent_s, pictures = 0.0, 0
    for number in range(FIRST_HELD_OUT_SEED + seed * 100_000, FIRST_HELD_OUT_SEED + seed * 100_000 + scenes):
        scene = random_scene(number)
        renderer = Renderer(scene)
        rng = np.random.default_rng((number, 91))
        for _ in range(_PICTURES_PER_SCENE):
            frame, truth = renderer.render(float(rng.uniform(0, SCENE_S)))
            began_s = time.monotonic()
            boxes = detector.detect([frame])[0]
            spent_s += time.monotonic() - began_s
            pictures += 1
            view = scene.view
            wanted = [Wanted(b.label, b.xyxy, worth_finding(b, view.width_px, view.height_px, least_px)) for b in truth]
            found = [Found(b.label, (b.x1, b.y1, b.x2, b.y2), b.confidence) for b in boxes]
            by_condition.setdefault(condition(scene.light), []).append((wanted, found))
    return by_condition, spent_s / pictures * 1000


def figures(pictures: list[Judged]) -> dict[str, float]:
    """Return the average precision per class, and their mean as `all`."""
    by_label = {label: score for label in LABELS if (score := average_precision(pictures, label)) is not None}
    return by_label | {"all": sum(by_label.values()) / len(by_label)} if by_label else {}


def main() -> None:
    """Evaluate and print a table, or JSON."""
    parser = argparse.ArgumentParser(description="Evaluate a street model on held-out rendered scenes.")
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least-px", type=float, default=LEAST_PX, help="leave out what is smaller than this")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    detector = Detector(given.model, confidence_floor=_FLOOR)
    by_condition, picture_ms = judge(detector, given.scenes, given.seed, given.least_px)
    everything = [judged for pictures in by_condition.values() for judged in pictures]
    table = {"all": figures(everything)} | {name: figures(by_condition[name]) for name in sorted(by_condition)}
    if given.json:
        print(json.dumps({"map50": table, "pictures": len(everything), "ms_per_picture": round(picture_ms, 2)}))
        return
    print(f"mAP50 on {len(everything)} pictures; {picture_ms:.1f} ms a picture")
    columns = (*LABELS, "all")
    print(f"{'':12}" + "".join(f"{label:>11}" for label in columns))
    for name, scores in table.items():
        print(f"{name:12}" + "".join(f"{scores[c]:11.3f}" if c in scores else f"{'–':>11}" for c in columns))


if __name__ == "__main__":
    main()
