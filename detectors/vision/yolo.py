"""Pictures in, boxes with our labels out: the one file that knows `ultralytics`.

Any detection weights that ultralytics loads will do: `.pt`, `.onnx`, an `…_openvino_model` folder, TensorRT's
`.engine`. It is kept off the network, off the terminal and off the user's configuration folder. Importing it takes
seconds and hundreds of megabytes, so it is imported when a model is loaded and not before.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from detectors.vision.labels import ours
from detectors.vision.pictures import Bgr
from ingest.observation import Box

_FORMATS = ".pt, .onnx, .engine, or a folder that ends in _openvino_model"
_MOST_BOXES = 200
_DEFAULT_PX = 640


class ModelError(Exception):
    """The weights cannot be used; the message names the file and says what would be right."""


class Detector:
    """One loaded model."""

    def __init__(
        self,
        weights: Path | str,
        *,
        imgsz: int | None = None,
        confidence_floor: float = 0.1,
        threads: int = 1,
        cache: Path | None = None,
    ) -> None:
        """Load `weights` and run them once, or raise ModelError.

        `imgsz` is the longer side in pixels, for weights that leave it open. `threads` 0 lets the runtime decide.
        `cache` is where ultralytics may keep its settings; a folder of its own under the temporary one when None.
        """
        self.weights = Path(weights).expanduser()
        _look_at(self.weights)
        _keep_to_itself(cache or Path(tempfile.gettempdir()) / f"lianqin-yolo-{os.getuid()}")
        self._floor = confidence_floor
        self._threads = threads
        with _few_cores(threads):
            self._model = self._load()
            self.names: Mapping[int, str] = dict(self._model.names)
            self._labels = {number: label for number, name in self.names.items() if (label := ours(name))}
            if not self._labels:
                some = ", ".join(list(self.names.values())[:6])
                raise ModelError(
                    f"{self.weights} knows no class that we use (it knows {some}…): it needs at least one of "
                    "car, bus, truck, motorcycle, person, stall"
                )
            self.width_px, self.height_px = self._run_once(imgsz)

    @property
    def labels(self) -> frozenset[str]:
        """Return which of our labels this model gives."""
        return frozenset(self._labels.values())

    def detect(self, pictures: Sequence[Bgr]) -> list[list[Box]]:
        """Return the boxes of each picture above the floor, best first, without track ids."""
        if not pictures:
            return []
        results = self._model.predict(
            list(pictures),
            conf=self._floor,
            classes=sorted(self._labels),
            imgsz=(self.height_px, self.width_px),
            max_det=_MOST_BOXES,
            verbose=False,
        )
        return [self._boxes(result) for result in results]

    def _boxes(self, result: Any) -> list[Box]:
        rows = result.boxes.data.tolist()
        height, width = result.orig_shape
        boxes = []
        for x1, y1, x2, y2, confidence, number in rows:
            left, right = max(0.0, x1 / width), min(1.0, x2 / width)
            top, bottom = max(0.0, y1 / height), min(1.0, y2 / height)
            if left < right and top < bottom:
                boxes.append(Box(self._labels[int(number)], float(confidence), None, left, top, right, bottom))
        boxes.sort(key=lambda box: -box.confidence)
        return boxes

    def _load(self) -> Any:
        from detectors.vision import torchvision_stand_in

        try:
            torchvision_stand_in.ensure()
            import torch
            from ultralytics import YOLO
        except ImportError as error:
            raise ModelError(f"ultralytics cannot be imported ({error}): install lianqin[vision]") from error
        logging.getLogger("ultralytics").setLevel(logging.ERROR)
        if self._threads > 0:
            torch.set_num_threads(self._threads)
        try:
            model = YOLO(str(self.weights), task="detect")
            # Exported weights are read at the first prediction; `names` does that.
            if not isinstance(model.names, dict):
                raise ModelError(f"{self.weights} names no classes: export it again with ultralytics")
        except ModelError:
            raise
        except Exception as error:  # it raises whatever the format's own library raises
            raise ModelError(f"{self.weights} is no YOLO detection model: {_first_line(error)}") from error
        if model.task != "detect":
            raise ModelError(f"{self.weights} is a model for {model.task}, not for detection")
        return model

    def _run_once(self, imgsz: int | None) -> tuple[int, int]:
        """Return width and height of the model's input: its own where it is fixed, else as asked, else 640."""
        if imgsz is not None and not 32 <= imgsz <= 4096:
            raise ModelError(f"imgsz is {imgsz}: it must lie from 32 to 4096")
        longer = -(-(imgsz or _DEFAULT_PX) // 32) * 32  # YOLO's strides need multiples of 32
        self.width_px = self.height_px = longer
        try:
            self.detect([np.zeros((longer, longer, 3), np.uint8)])
            # Only now does ultralytics know: an exported model overrules what it was asked.
            height, width = self._model.predictor.imgsz
        except Exception as error:
            raise ModelError(f"{self.weights} loads but does not run: {_first_line(error)}") from error
        return int(width), int(height)


def _look_at(weights: Path) -> None:
    if not weights.exists():
        raise ModelError(f"there is no model at {weights}: give the path of {_FORMATS}")
    if weights.is_dir():
        if not weights.name.endswith("_openvino_model"):
            raise ModelError(f"{weights} is a folder whose name does not end in _openvino_model: give {_FORMATS}")
        if not list(weights.glob("*.xml")) or not list(weights.glob("*.bin")):
            raise ModelError(f"{weights} holds no OpenVINO model: an .xml and a .bin file are needed")
        if not (weights / "metadata.yaml").exists():
            raise ModelError(f"{weights} holds no metadata.yaml, which names the classes: export it with ultralytics")
    elif weights.suffix not in (".pt", ".onnx", ".engine"):
        raise ModelError(f"{weights} is of no format that we know: give {_FORMATS}")


def _keep_to_itself(cache: Path) -> None:
    """Tell ultralytics, before its first import, to fetch, install and print nothing and where to keep its settings."""
    cache.mkdir(parents=True, exist_ok=True)
    for name, value in {
        "YOLO_CONFIG_DIR": str(cache),
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        "YOLO_VERBOSE": "false",
    }.items():
        os.environ.setdefault(name, value)


@contextmanager
def _few_cores(threads: int) -> Iterator[None]:
    """Let this thread see only `threads` cores while a model is compiled: the runtimes make as many threads.

    ultralytics hands no thread setting on to OpenVINO. Two threads on two cores take 48 ms of CPU where one takes 34,
    and the cores are wanted for decoding. The affinity belongs to the calling thread and is restored at once.
    """
    before = os.sched_getaffinity(0)
    if threads <= 0 or threads >= len(before):
        yield
        return
    os.sched_setaffinity(0, set(sorted(before)[:threads]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]
