"""A folder in, small real weights of every format in it out: `python -m tests.support.weights FOLDER`.

A process of its own, because exporters warn of much, and pytest takes warnings for errors. The weights are random but
sure of themselves: they see the same things in the same picture, whatever the format.
"""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

NAMES = {0: "car", 1: "street_vendor", 2: "dog"}
PX = 96


def made(folder: Path) -> Path:
    """Make the weights in `folder`, in another process, and return it."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.weights", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return folder


def _tiny(kind: str) -> Any:
    """Return ultralytics' own nano architecture, an eighth as wide, with random weights."""
    import torch
    import ultralytics
    import yaml
    from ultralytics import YOLO

    source = Path(ultralytics.__file__).parent / "cfg" / "models" / "11" / f"yolo11{kind}.yaml"
    plan = yaml.safe_load(source.read_text(encoding="utf-8"))
    plan |= {"nc": len(NAMES), "scales": {"n": [0.33, 0.0625, 1024]}, "scale": "n"}
    path = Path(f"tiny{kind}.yaml")
    path.write_text(yaml.safe_dump(plan), encoding="utf-8")
    torch.manual_seed(7)
    model = YOLO(str(path), task="classify" if kind else "detect")
    model.model.names = dict(NAMES)
    return model


def _liven(net: Any) -> None:
    """Give random weights something to say: normalise what passes through them, and have the last layer exaggerate."""
    import torch

    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None  # a plain mean over all pictures
    net.train()
    with torch.no_grad():
        for _ in range(4):
            net(torch.rand(8, 3, PX // 8, PX // 8).repeat_interleave(8, 2).repeat_interleave(8, 3))
        for scale in net.model[-1].cv3:
            scale[-1].weight.mul_(2)
            scale[-1].bias.fill_(-2.5)
        for scale in net.model[-1].cv2:
            scale[-1].weight.mul_(1.5)
    net.eval()


def _make() -> None:
    from detectors.vision import torchvision_stand_in

    torchvision_stand_in.ensure()
    import torch
    import ultralytics.nn.modules.block as block
    from ultralytics import YOLO

    logging.getLogger("ultralytics").setLevel(logging.ERROR)
    torch.set_num_threads(1)

    tiny = _tiny("")
    _liven(tiny.model)
    tiny.save("tiny.pt")
    checkpoint = torch.load("tiny.pt", weights_only=False)
    torch.save(checkpoint | {"train_args": {"imgsz": PX, "task": "detect"}}, "tiny.pt")
    _tiny("-cls").save("classes.pt")
    torch.save(tiny.model.state_dict(), "numbers.pt")

    class Later(block.C3k2):  # type: ignore[name-defined, misc]
        """What a version of ultralytics to come may know."""

    Later.__module__, Later.__qualname__ = block.__name__, "Later"
    block.Later = Later
    later = YOLO("tiny.pt")
    for layer in later.model.model:
        if type(layer) is block.C3k2:
            layer.__class__ = Later
    later.save("later.pt")
    del block.Later

    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, ("it-ran",)

    torch.save({"model": Hostile()}, "hostile.pt")
    Path("hostile_bare.pt").write_bytes(pickle.dumps(Hostile()))

    def export(name: str, kind: str, **more: Any) -> None:
        shutil.copy("tiny.pt", f"{name}.pt")
        YOLO(f"{name}.pt").export(format=kind, imgsz=PX, verbose=False, **more)
        Path(f"{name}.pt").unlink()

    export("one", "openvino")
    export("any", "openvino", dynamic=True)
    export("one", "onnx")
    export("any", "onnx", dynamic=True)
    export("four", "onnx", batch=4)


if __name__ == "__main__":
    os.environ |= {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}
    os.environ["YOLO_CONFIG_DIR"] = os.environ["PYTHONPATH"] = sys.argv[1]
    sys.path.insert(0, os.getcwd())
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    os.chdir(sys.argv[1])
    _make()
