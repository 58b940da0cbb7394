"""Several models for several cameras: each loaded once, each asked once for all its pictures, and what does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from detectors.vision.models import Models, Watch, look
from detectors.vision.pictures import Bgr
from detectors.vision.plan import Plan, UnfitModels
from detectors.vision.settings import VisionSettings
from detectors.vision.weights import ModelError, Weights
from ingest.city import Camera, Zone, ZoneKind
from ingest.observation import Box

POLYGON = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
KERB = Zone(zone_id="kerb", camera_id="a", kind=ZoneKind.NO_PARKING, polygon=POLYGON)
PAVEMENT = Zone(zone_id="pavement", camera_id="a", kind=ZoneKind.NO_STALL, polygon=POLYGON)


class Sure:
    """A model that sees one thing of each of its labels in every picture, and counts the batches."""

    def __init__(
        self, path: Path, *, labels: Mapping[str, str | None], confidence_floor: float, **rest: object
    ) -> None:
        if path.name == "torn.pt":
            raise ModelError(f"{path} is torn")
        self.labels = frozenset({"stalls.pt": {"stall"}}.get(path.name, {"car", "person"}))
        self.width_px, self.height_px = (640, 384) if path.name == "stalls.pt" else (320, 320)
        self.floor, self.rest, self.mapping = confidence_floor, rest, labels
        self.batches: list[int] = []

    def detect(self, pictures: Sequence[Bgr]) -> list[list[Box]]:
        self.batches.append(len(pictures))
        return [
            [Box(label, 0.1 * (picture[0, 0, 0] + 1), None, 0.1 * i, 0.1, 0.1 * i + 0.1, 0.3) for i, label in labels]
            for picture in pictures
            for labels in [list(enumerate(sorted(self.labels)))]
        ]


def plan(name: str, *files: str, zones: tuple[Zone, ...] = (), **settings: float) -> Plan:
    return Plan(
        camera=Camera(camera_id=name, grid="01", url="x", zones=zones),
        settings=VisionSettings(**settings),  # type: ignore[arg-type]
        weights=tuple(Weights(path=Path(file)) for file in files),
    )


def models() -> Models:
    return Models(load=Sure)


def picture(brightness: int = 4) -> Bgr:
    return np.full((4, 4, 3), brightness, np.uint8)


def labels(boxes: Sequence[Box]) -> list[str]:
    return sorted(box.label for box in boxes)


def sure(watch: Watch, number: int = 0) -> Sure:
    model = watch.models[number]
    assert isinstance(model, Sure)
    return model


def test_each_model_is_loaded_once_and_asked_once_for_all_its_pictures() -> None:
    one, two, three = models().watches([plan("a", "v.pt"), plan("b", "v.pt", "stalls.pt"), plan("c", "stalls.pt")])
    assert one.models[0] is two.models[0]
    found = look([(one, picture()), (two, picture()), (three, picture())])
    assert [labels(boxes) for boxes in found] == [["car", "person"], ["car", "person", "stall"], ["stall"]]
    assert (sure(one).batches, sure(three).batches) == ([2], [2])


def test_a_picture_is_large_enough_for_the_largest_of_a_cameras_models() -> None:
    (watch,) = models().watches([plan("a", "v.pt", "stalls.pt")])
    assert (watch.width_px, watch.height_px) == (640, 384)


def test_a_shared_model_runs_at_the_lowest_floor_and_each_camera_keeps_its_own() -> None:
    low, high = models().watches([plan("a", "v.pt", confidence_floor=0.2), plan("b", "v.pt", confidence_floor=0.6)])
    assert sure(low).floor == 0.2
    found = look([(low, picture(4)), (high, picture(4)), (high, picture(6))])
    assert [len(boxes) for boxes in found] == [2, 0, 2]


def test_a_recording_is_looked_at_by_all_models_of_its_camera() -> None:
    (watch,) = models().watches([plan("a", "v.pt", "stalls.pt")])
    assert [labels(boxes) for boxes in watch.detect([picture(), picture()])] == [["car", "person", "stall"]] * 2


def test_a_zone_is_served_by_the_models_of_its_camera_together() -> None:
    models().watches([plan("a", "v.pt", "stalls.pt", zones=(KERB, PAVEMENT))])
    with pytest.raises(UnfitModels) as refused:
        models().watches([plan("a", "v.pt", zones=(KERB, PAVEMENT)), plan("b", "stalls.pt")])
    (problem,) = refused.value.problems
    assert problem.message == (
        "zone pavement of camera a is a no_stall zone and needs stall, but v.pt gives only car, person"
    )


def test_every_problem_is_told_and_a_camera_without_its_models_is_not_judged_as_well() -> None:
    with pytest.raises(UnfitModels) as refused:
        models().watches([plan("a", "torn.pt", zones=(PAVEMENT,)), plan("b", "v.pt", zones=(PAVEMENT,))])
    assert [problem.message.split(" but ")[0] for problem in refused.value.problems] == [
        "torn.pt is torn",
        "zone pavement of camera b is a no_stall zone and needs stall,",
    ]


def test_what_is_loaded_stays_loaded_over_a_change_and_over_a_refusal() -> None:
    loaded = models()
    (first,) = loaded.watches([plan("a", "v.pt")])
    with pytest.raises(UnfitModels):
        loaded.watches([plan("a", "v.pt"), plan("b", "torn.pt")])
    again, other = loaded.watches([plan("a", "v.pt"), plan("b", "w.pt")])
    assert again == first
    (gone,) = loaded.watches([plan("b", "w.pt")])
    assert gone == other
    (anew,) = loaded.watches([plan("a", "v.pt")])
    assert anew != first, "weights that no camera used were let go"


def test_another_device_loads_anew_and_reaches_the_model() -> None:
    loaded = models()
    (cpu,) = loaded.watches([plan("a", "v.pt")])
    (gpu,) = loaded.watches([plan("a", "v.pt")], device="cuda:0")
    assert cpu != gpu
    assert sure(gpu).rest["device"] == "cuda:0"
