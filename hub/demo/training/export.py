"""A trained network in, a folder that `YOLO(folder)` and OpenVINO load out."""

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

from hub.demo.training.dataset import Canvas
from hub.demo.training.network import make_network

MODEL_FOLDER = "street_openvino_model"


def load_network(weights: Path) -> Any:
    """Return the network with the weights that `train` saved."""
    import torch

    network = make_network()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return network


def export(network: Any, canvas: Canvas, out: Path) -> Path:
    """Write `network` to `out/street_openvino_model` for this input, with 16-bit weights, and return that folder."""
    import torch
    from ultralytics import YOLO

    network = deepcopy(network).to(memory_format=torch.contiguous_format).float().eval()
    out.mkdir(parents=True, exist_ok=True)
    weights = out / "street.pt"
    network.task = "detect"
    torch.save({"model": network.half(), "train_args": dict(vars(network.args)), "epoch": -1}, weights)
    size = (canvas.height_px, canvas.width_px)
    made = Path(YOLO(weights).export(format="openvino", imgsz=size, quantize=16, device="cpu"))
    folder = out / MODEL_FOLDER
    if made.resolve() != folder.resolve():
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)
    return folder
