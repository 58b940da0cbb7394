"""Weights in, pictures a second by batch size out: through our adapter, and the runtime's own peak beside it.

On a GPU that torch can use, a nano YOLO is built there in half precision: how fast it is does not depend on what it
was trained on. Elsewhere the given weights run by OpenVINO on the CPU.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_SIZES_CPU, _SIZES_GPU = (1, 2, 4, 8), (1, 4, 16, 32, 64)
_FOR_S = 4.0


def throughput(weights: Path) -> dict[str, Any]:
    """Return device, model, `peak_fps`, `fps_by_batch`, and what could not be measured, in words."""
    from detectors.vision import torchvision_stand_in

    torchvision_stand_in.ensure()
    import torch

    return _on_gpu() if torch.cuda.is_available() else _on_cpu(weights)


def _on_cpu(weights: Path) -> dict[str, Any]:
    from detectors.vision.yolo import Detector

    detector = Detector(weights, threads=0)
    xml = next(weights.glob("*.xml"))
    return {
        "device": "CPU",
        "model": f"{weights.name}, {detector.width_px}×{detector.height_px}",
        "peak_fps": _openvino_peak(xml),
        "fps_by_batch": _by_batch(detector, _SIZES_CPU),
        "missing": "no GPU that torch can use: nothing was measured on one",
    }


def _openvino_peak(xml: Path) -> float:
    """Return what OpenVINO makes of all cores when nobody waits for a single picture."""
    import openvino

    compiled = openvino.Core().compile_model(str(xml), "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})
    shape = [int(side) for side in compiled.input(0).shape]
    picture = np.zeros(shape, np.float32)
    waiting = openvino.AsyncInferQueue(compiled)

    def some() -> int:
        for _ in range(16):
            waiting.start_async({0: picture})
        waiting.wait_all()
        return 16

    return _rate(some)


def _on_gpu() -> dict[str, Any]:
    import torch

    from detectors.vision.yolo import Detector

    os.environ.setdefault("YOLO_OFFLINE", "true")
    from ultralytics import YOLO

    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "yolo11n.pt"
        YOLO("yolo11n.yaml", task="detect").save(str(weights))
        fps = _by_batch(Detector(weights, device="cuda:0"), _SIZES_GPU)
        model = YOLO(str(weights), task="detect").model.to("cuda").half().eval()
    peak = 0.0
    for size in _SIZES_GPU:
        batch = torch.zeros(size, 3, 640, 640, device="cuda", dtype=torch.half)

        def some(batch: Any = batch, size: int = size) -> int:
            with torch.inference_mode():
                model(batch)
            torch.cuda.synchronize()
            return size

        peak = max(peak, _rate(some))
    return {
        "device": torch.cuda.get_device_name(0),
        "model": "YOLO11n in half precision, untrained, 640×640",
        "peak_fps": peak,
        "fps_by_batch": fps,
        "missing": "",
    }


def _by_batch(detector: Any, sizes: tuple[int, ...]) -> dict[int, float]:
    """Return pictures a second of a street camera's size, for each number of them given at once."""
    grain = np.random.default_rng(3).integers(0, 255, (360, 640, 3), np.uint8)
    return {size: _rate(lambda size=size: len(detector.detect([grain] * size))) for size in sizes}


def _rate(some: Callable[[], int]) -> float:
    some()
    began_s, done = time.monotonic(), 0
    while time.monotonic() - began_s < _FOR_S:
        done += some()
    return done / (time.monotonic() - began_s)
