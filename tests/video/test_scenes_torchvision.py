"""Whatever torchvision is installed, YOLO finds one that can suppress overlapping boxes."""

import importlib
import importlib.util

import pytest

from detectors.vision import torchvision_stand_in


def test_torchvision_imports_and_keeps_the_best_of_boxes_that_overlap() -> None:
    torch = pytest.importorskip("torch")
    torchvision_stand_in.ensure()
    torchvision_stand_in.ensure()  # a second time changes nothing
    torchvision = importlib.import_module("torchvision")
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.5, 0.9, 0.3]), 0.5)
    assert kept.tolist() == [1, 2]
    assert importlib.util.find_spec("torchvision") is not None


def test_the_stand_in_says_that_it_is_one() -> None:
    torchvision_stand_in.ensure()
    torchvision = importlib.import_module("torchvision")
    assert torchvision_stand_in.is_stand_in() == (not hasattr(torchvision, "transforms"))
