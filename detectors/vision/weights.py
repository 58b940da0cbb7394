"""A path in, weights that may be worth loading out, or what is wrong with the file; nothing is loaded here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FORMATS = ".pt, .onnx, .engine, or a folder that ends in _openvino_model"

_OPENVINO = "_openvino_model"
_LFS = b"version https://git-lfs"  # what a checkout without Git LFS holds in place of a large file


class ModelError(Exception):
    """The weights cannot be used; the message names the file and says what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Which weights, and how to read what they give. Equal ones are loaded once, however many cameras use them.

    `labels` says what a class of the model is to us, or that it is nothing (None), where its name does not. `imgsz` is
    the longer side of the input in pixels, for weights that leave it open.
    """

    path: Path
    labels: tuple[tuple[str, str | None], ...] = ()
    imgsz: int | None = None

    @property
    def mapping(self) -> Mapping[str, str | None]:
        """Return `labels` as a mapping."""
        return dict(self.labels)


def is_openvino(path: Path) -> bool:
    """Return whether the name is that of an OpenVINO export."""
    return path.name.endswith(_OPENVINO)


def look_at(path: Path) -> None:
    """Raise ModelError where the file, or the folder, cannot be weights that we know how to load."""
    try:
        _look_at(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None


def _look_at(path: Path) -> None:
    if not path.exists():
        raise ModelError(f"there is no model at {path}: give the path of {FORMATS}")
    if path.is_dir():
        _look_at_folder(path)
        return
    if path.suffix == ".xml":
        raise ModelError(f"{path} is a part of an OpenVINO export: give the folder that it lies in")
    if path.suffix not in (".pt", ".onnx", ".engine"):
        raise ModelError(f"{path} is of no format that we know: give {FORMATS}")
    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        raise ModelError(f"{path} is empty: copy it again")
    if head.startswith(_LFS):
        raise ModelError(f"{path} is a pointer of Git LFS and not the weights: run `git lfs pull`")
    # PyTorch writes a zip; before version 1.6 it wrote a bare pickle.
    if path.suffix == ".pt" and not head.startswith((b"PK\x03\x04", b"\x80")):
        raise ModelError(f"{path} is no file of PyTorch: give weights that ultralytics saved")


def _look_at_folder(path: Path) -> None:
    if not is_openvino(path):
        raise ModelError(f"{path} is a folder whose name does not end in {_OPENVINO}: give {FORMATS}")
    graphs = sorted(path.glob("*.xml"))
    if not graphs or not graphs[0].with_suffix(".bin").exists():
        raise ModelError(f"{path} holds no OpenVINO model: an .xml and a .bin file are needed")
    if len(graphs) > 1:
        raise ModelError(f"{path} holds {len(graphs)} .xml files: one model for each folder")
    if not (path / "metadata.yaml").exists():
        raise ModelError(f"{path} holds no metadata.yaml, which names the classes: export it with ultralytics")
    for part in (graphs[0], graphs[0].with_suffix(".bin"), path / "metadata.yaml"):
        if not os.access(part, os.R_OK):
            raise ModelError(f"{part} cannot be read by this user")
        with part.open("rb") as file:
            if file.read(64).startswith(_LFS):
                raise ModelError(f"{part} is a pointer of Git LFS and not the weights: run `git lfs pull`")
