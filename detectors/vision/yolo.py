"""Pictures in, boxes with our labels out: the one file that knows `ultralytics`.

Any detection weights that ultralytics loads will do: `.pt`, `.onnx`, an `…_openvino_model` folder, TensorRT's
`.engine`. It is kept off the network, off the terminal and off the user's configuration folder, and a `.pt` file, which
is a pickle, may build a model and nothing else. Importing it takes seconds and hundreds of megabytes, so it is imported
when a model is loaded and not before.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from detectors.vision.labels import LABELS, LabelError, labelled, listed
from detectors.vision.pictures import Bgr
from detectors.vision.settings import DEVICES
from detectors.vision.weights import ModelError, is_openvino, look_at
from ingest.observation import Box

__all__ = ["Detector", "ModelError"]

log = logging.getLogger(__name__)

# Packages whose classes a checkpoint may name. Which of them are built is for ultralytics' own list to say.
_HARMLESS = frozenset({"torch", "numpy", "collections", "pathlib", "builtins", "__builtin__", "copyreg", "_codecs"})
_MOST_BOXES = 200
# Of two boxes of one class that overlap by more than this the surer one stays; ultralytics' own 0.7 leaves second boxes
# of what a neighbour half hides (docs/vision.md).
_SAME = 0.6
_DEFAULT_PX = 640
# What weights that take any number are given at once. On a CPU a picture among four costs up to a third less than alone
# and among eight no less, while the first waits for the last (docs/vision.md); a GPU is idle with so few.
_AT_ONCE_CPU = 4
_AT_ONCE_GPU = 32


class Detector:
    """One loaded model. `labels` are those of ours that it gives, `most` how many pictures it takes at once."""

    def __init__(
        self,
        weights: Path | str,
        *,
        labels: Mapping[str, str | None] | None = None,
        imgsz: int | None = None,
        confidence_floor: float = 0.1,
        threads: int = 1,
        device: str = "auto",
        cache: Path | None = None,
    ) -> None:
        """Load `weights` and run them once, or raise ModelError.

        `labels` says what classes are to us where their names do not (None: nothing). `imgsz` is the longer side in
        pixels, for weights that leave it open. `threads` 0 lets the runtime decide. `device` is auto, cpu, cuda:0 or
        intel:gpu. `cache` is where ultralytics may keep its settings; a folder under the temporary one when None.
        """
        self.weights = Path(weights).expanduser()
        if imgsz is not None and not 32 <= imgsz <= 4096:
            raise ModelError(f"imgsz is {imgsz}: it must lie from 32 to 4096")
        look_at(self.weights)
        _keep_to_itself(cache or Path(tempfile.gettempdir()) / f"lianqin-yolo-{os.getuid()}")
        self._floor = confidence_floor
        with _few_cores(threads):
            self._model = _loaded(self.weights, threads)
            self._device = _device(device, self.weights)
            self._run_once(imgsz)
        runtime = self._model.predictor.model
        if self.weights.suffix == ".onnx" and self._device == "cpu" and threads > 0:
            _run_on(threads, runtime.backend, self.weights)
        self.names: Mapping[int, str] = dict(runtime.names)
        if all(re.fullmatch(r"class\d+", name) for name in self.names.values()):
            raise ModelError(f"{self.weights} does not name its classes: export it with ultralytics")
        try:
            self._labels = labelled(self.names, labels or {})
        except LabelError as error:
            raise ModelError(f"{self.weights}: {error}") from None
        if not self._labels:
            raise ModelError(
                f"{self.weights} knows no class that we use (it knows {listed(self.names.values())}): it needs at "
                f"least one of {', '.join(sorted(LABELS))}, or `labels:` that say which of its classes are these"
            )
        self._open = self.weights.suffix == ".pt" or bool(getattr(runtime, "dynamic", False))
        on_gpu = getattr(runtime.device, "type", "cpu") == "cuda"
        self.most = (_AT_ONCE_GPU if on_gpu else _AT_ONCE_CPU) if self._open else int(runtime.batch)
        self._say_how_it_runs()

    @property
    def labels(self) -> frozenset[str]:
        """Return which of our labels this model gives."""
        return frozenset(self._labels.values())

    def detect(self, pictures: Sequence[Bgr]) -> list[list[Box]]:
        """Return the boxes of each picture above the floor, best first, without track ids."""
        found: list[list[Box]] = [[] for _ in pictures]
        for chunk in self._chunks(pictures):
            try:
                results = self._predict([pictures[number] for number in chunk], classes=sorted(self._labels))
            except Exception as error:  # a GPU that is gone, memory that is short
                raise ModelError(f"{self.weights} stopped working: {_first_line(error)}") from error
            for number, result in zip(chunk, results, strict=True):
                found[number] = self._boxes(result)
        return found

    def _chunks(self, pictures: Sequence[Bgr]) -> Iterator[list[int]]:
        """Yield the numbers of pictures that go through at once.

        Weights that leave the size open take a batch at the pictures' own shape, so only equal shapes go together:
        mixed ones would all be padded to a square.
        """
        by_shape: dict[tuple[int, ...], list[int]] = {}
        for number, picture in enumerate(pictures):
            by_shape.setdefault(picture.shape if self._open else (), []).append(number)
        for numbers in by_shape.values():
            for first in range(0, len(numbers), self.most):
                yield numbers[first : first + self.most]

    def _predict(self, pictures: list[Bgr], **more: Any) -> list[Any]:
        found: list[Any] = self._model.predict(
            pictures,
            conf=self._floor,
            imgsz=(self.height_px, self.width_px),
            max_det=_MOST_BOXES,
            iou=_SAME,
            device=self._device,
            # Half precision halves a GPU's work; an export has its precision in itself, and a CPU gains nothing.
            quantize=16 if self.weights.suffix == ".pt" and self._device.startswith("cuda") else None,
            verbose=False,
            **more,
        )
        return found

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

    def _run_once(self, imgsz: int | None) -> None:
        """Note width and height of the model's input: its own where it is fixed, else as asked, else as trained."""
        longer = -(-(imgsz or _trained_px(self._model)) // 32) * 32  # YOLO's strides need multiples of 32
        self.width_px = self.height_px = longer
        try:
            self._predict([np.zeros((longer, longer, 3), np.uint8)])
        except Exception as error:
            task = getattr(getattr(self._model.predictor, "model", None), "task", None)
            if task not in (None, "detect"):
                raise _wrong_task(self.weights, task) from None
            ran = task is not None  # it is known once the weights are in memory
            what = "loads but does not run" if ran else "is no YOLO detection model"
            raise ModelError(f"{self.weights} {what}: {_first_line(error)}") from error
        # Only now does ultralytics know: an exported model overrules what it was asked.
        runtime = self._model.predictor.model
        if runtime.task not in (None, "detect"):
            raise _wrong_task(self.weights, runtime.task)
        height, width = self._model.predictor.imgsz
        said = getattr(runtime, "imgsz", None)
        if imgsz is None and getattr(runtime, "dynamic", False) and isinstance(said, list | tuple) and len(said) == 2:
            height, width = said  # an export that leaves the size open still says for which it was made
        if imgsz is not None and max(height, width) != longer:
            raise ModelError(
                f"{self.weights} was exported for {width}×{height} pixels and cannot run at imgsz {imgsz}: leave "
                "imgsz out, or export it again"
            )
        self.width_px, self.height_px = int(width), int(height)

    def _say_how_it_runs(self) -> None:
        fixed = f"{self.most} pictures at once" if self.most > 1 else "one picture at a time"
        log.info(
            "%s runs on %s at %d×%d, %s, and gives %s",
            self.weights.name, self._device, self.width_px, self.height_px,
            f"up to {self.most} pictures at once" if self._open else fixed, ", ".join(sorted(self.labels)),
        )  # fmt: skip
        if not self._open and self.most > 1:
            log.warning(
                "%s was exported for exactly %d pictures: fewer cost as much; export it with dynamic=True or batch=1",
                self.weights.name, self.most,
            )  # fmt: skip


def _loaded(weights: Path, threads: int) -> Any:
    """Return ultralytics' model of `weights`; an export is only looked at until it runs for the first time."""
    from detectors.vision import torchvision_stand_in

    if weights.suffix == ".onnx" and importlib.util.find_spec("onnxruntime") is None:
        raise ModelError(f"{weights} needs the package onnxruntime: install lianqin[onnx], or export to OpenVINO")
    try:
        torchvision_stand_in.ensure()
        import torch
        from ultralytics import YOLO
        from ultralytics.nn import tasks
        from ultralytics.utils import env_bool
    except ImportError as error:
        raise ModelError(f"ultralytics cannot be imported ({error}): install lianqin[vision]") from error
    logging.getLogger("ultralytics").setLevel(logging.CRITICAL)
    if threads > 0:
        torch.set_num_threads(threads)
    if weights.suffix == ".pt":
        # It reads this when it is imported, and somebody else may have done that before us.
        tasks.SAFE_LOAD = env_bool("ULTRALYTICS_SAFE_LOAD")
        _look_into_pickle(weights)
    try:
        model = YOLO(str(weights), task="detect")
    except Exception as error:  # it raises whatever the format's own library raises
        raise ModelError(f"{weights} is no YOLO detection model: {_first_line(error)}") from error
    if model.task != "detect":
        raise _wrong_task(weights, model.task)
    return model


def _look_into_pickle(weights: Path) -> None:
    """Raise ModelError where the pickle asks for what no model needs, or for what this ultralytics does not have.

    Nothing of it is run for that. ultralytics itself, told by ULTRALYTICS_SAFE_LOAD, then builds only what is on its
    list; this says in words what it would refuse.
    """
    import torch

    try:
        asked = torch.serialization.get_unsafe_globals_in_checkpoint(weights)
    except Exception:  # torn, a bare pickle of before PyTorch 1.6, or a TorchScript archive: loading says which
        return
    for name in sorted(asked):
        package = name.partition(".")[0]
        if package == "ultralytics":
            if not _exists(name):
                raise ModelError(
                    f"{weights} needs {name}, which ultralytics {_version('ultralytics')} does not have: it was made "
                    "by another version; install that one, or export the weights to ONNX or OpenVINO with it"
                )
        elif package not in _HARMLESS:
            raise ModelError(
                f"{weights} would run {name} when it is loaded, which no model needs: it was not loaded; where did it "
                "come from?"
            )


def _exists(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    try:
        return hasattr(importlib.import_module(module), attribute)
    except ImportError:
        return False


def _device(asked: str, weights: Path) -> str:
    """Return the device as ultralytics names it, or raise ModelError where these weights cannot run on it here."""
    import torch

    if not re.match(DEVICES, asked):
        raise ModelError(f"there is no device {asked!r}: give auto, cpu, cuda:0 or intel:gpu")
    cuda = torch.cuda.is_available()
    if weights.suffix == ".engine":
        if not cuda or not (asked == "auto" or asked.startswith("cuda")):
            seen = "none is to be seen here" if not cuda else f"device is {asked}"
            raise ModelError(
                f"{weights} is a TensorRT engine and runs on an NVIDIA GPU alone, and {seen} (torch "
                f"{torch.__version__}): give a .pt file or an OpenVINO export on this machine"
            )
        if importlib.util.find_spec("tensorrt") is None:
            raise ModelError(f"{weights} needs the package tensorrt: install it beside lianqin[vision]")
        return "cuda:0" if asked in ("auto", "cuda") else asked
    if asked.startswith("intel"):
        return _intel(asked, weights)
    if is_openvino(weights):
        if asked.startswith("cuda"):
            raise ModelError(f"{weights} is an OpenVINO export and cannot run on {asked}: export to TensorRT for it")
        # Told nothing but "cpu", ultralytics takes the CPU where there is nothing else, and lets OpenVINO choose where
        # there is.
        return "intel:cpu" if asked == "cpu" else "cpu"
    usable = cuda and (weights.suffix == ".pt" or _onnx_on_cuda())
    if asked.startswith("cuda") and not usable:
        why = "onnxruntime was built without CUDA" if cuda else f"torch {torch.__version__} sees no NVIDIA GPU here"
        raise ModelError(f"{weights} cannot run on {asked}: {why}")
    if asked == "auto":
        return "cuda:0" if usable else "cpu"
    return "cuda:0" if asked == "cuda" else asked


def _intel(asked: str, weights: Path) -> str:
    if not is_openvino(weights):
        raise ModelError(f"{weights} cannot run on {asked}: export it to OpenVINO for it")
    try:
        from openvino import Core
    except ImportError as error:
        raise ModelError(f"openvino cannot be imported ({error}): install lianqin[vision]") from error
    wanted, there = asked.partition(":")[2].upper(), list(Core().available_devices)
    # ultralytics takes another device without a word where this one is not there.
    if not any(name == wanted or name.startswith(f"{wanted}.") for name in there):
        raise ModelError(f"{weights} cannot run on {asked}: OpenVINO sees only {', '.join(there) or 'no device'} here")
    return asked


def _onnx_on_cuda() -> bool:
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _run_on(threads: int, backend: Any, weights: Path) -> None:
    """Have ONNX Runtime use as many threads as it may: it heeds no affinity, and ultralytics hands no setting on.

    Left alone it takes every core, and its threads spin while they wait: twice the CPU for each picture.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    backend.session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def _trained_px(model: Any) -> int:
    """Return the longer side at which `.pt` weights were trained, where they say so."""
    size = model.overrides.get("imgsz") or _DEFAULT_PX
    longer = max(size) if isinstance(size, list | tuple) else size
    return int(longer) if isinstance(longer, int) and 32 <= longer <= 4096 else _DEFAULT_PX


def _wrong_task(weights: Path, task: str) -> ModelError:
    return ModelError(f"{weights} is a model for {task}, not for detection: train or export it with task=detect")


def _version(package: str) -> str:
    import importlib.metadata

    return importlib.metadata.version(package)


def _keep_to_itself(cache: Path) -> None:
    """Tell ultralytics, before its first import, to fetch, install and print nothing and where to keep its settings."""
    cache.mkdir(parents=True, exist_ok=True)
    for name, value in {
        "YOLO_CONFIG_DIR": str(cache),
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        "YOLO_VERBOSE": "false",
        "ULTRALYTICS_SAFE_LOAD": "true",
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
    said = (line.strip() for line in str(error).splitlines())
    # OpenVINO begins with where in its own source it was.
    line = next((line for line in said if line and not line.startswith("Exception from ")), type(error).__name__)
    return line.removeprefix("ERROR ❌️ ")[:300]
