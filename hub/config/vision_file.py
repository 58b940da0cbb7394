"""The shape of `vision:` in city.yaml, for all cameras and for one: which weights, which device, which rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from detectors.vision.settings import DEVICES, described_settings

Label = Literal["car", "bus", "truck", "motorcycle", "person", "stall"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelEntry(_Entry):
    """One set of weights. A path alone may stand for it."""

    weights: str = Field(
        min_length=1,
        description="a .pt, .onnx or .engine file, or a folder that ends in _openvino_model; relative to this file",
        examples=["weights/yolo11n_openvino_model"],
    )
    labels: dict[str, Label | None] = Field(
        default_factory=dict,
        description="what a class of the model is to us, where its name does not say it; null: nothing",
        examples=[{"street_vendor": "stall"}],
    )
    imgsz: int | None = Field(
        None, ge=32, le=4096, description="longer side of the input in pixels, for weights that leave it open"
    )


def _as_list(given: Any) -> Any:
    """Return a list of settings for one path, one model, or several of either."""
    if isinstance(given, str | dict):
        given = [given]
    if isinstance(given, list):
        return [{"weights": each} if isinstance(each, str) else each for each in given]
    return given


ModelList = Annotated[
    list[ModelEntry],
    BeforeValidator(_as_list, json_schema_input_type=str | ModelEntry | list[str | ModelEntry]),
    Field(min_length=1, max_length=8),
]


class _Section(_Entry):
    model: ModelList | None = Field(
        None, description="the weights, or several: their boxes are put together; absent: the demo's model"
    )

    def given(self) -> dict[str, Any]:
        """Return the settings of VisionSettings that the file gives."""
        known = {setting.name for setting in described_settings()}
        return {name: value for name, value in self if name in known and value is not None}


if TYPE_CHECKING:

    class CameraVision(_Section):
        """How one camera is watched."""

    class CityVision(_Section):
        """How all cameras are watched that do not say otherwise."""

        device: str
else:

    def _fields(*, camera_only: bool) -> dict[str, Any]:
        return {
            setting.name: (
                type(setting.default) | None,
                Field(
                    None,
                    ge=None if isinstance(setting.default, bool) else setting.least,
                    le=None if isinstance(setting.default, bool) else setting.most,
                    description=setting.meaning + (f" [{setting.unit}]" if setting.unit else ""),
                    examples=[setting.default],
                ),
            )
            for setting in described_settings()
            if setting.camera or not camera_only
        }

    CameraVision = create_model(
        "CameraVision", __base__=_Section, __doc__="How one camera is watched.", **_fields(camera_only=True)
    )
    CityVision = create_model(
        "CityVision",
        __base__=_Section,
        __doc__="How all cameras are watched that do not say otherwise.",
        device=(
            str,
            Field(
                "auto",
                pattern=DEVICES,
                description="where the models run: auto, cpu, cuda:0 or intel:gpu",
            ),
        ),
        **_fields(camera_only=False),
    )


def commented_vision() -> str:
    """Return a `vision:` section for city.yaml with every setting at its default, each with meaning, unit and range."""
    lines = [
        "# How cameras are watched. Keep only the lines that you change; a camera may have its own `vision:`.",
        "vision:",
        "  # model: weights/yolo11n_openvino_model",
        "  # where the models run: auto, cpu, cuda:0 or intel:gpu",
        "  device: auto",
    ]
    for setting in described_settings():
        limits = "" if isinstance(setting.default, bool) else f"{setting.least} to {setting.most}"
        told = "; ".join(part for part in (setting.unit, limits, "" if setting.camera else "for all cameras") if part)
        lines.append(f"  # {setting.meaning}" + (f" [{told}]" if told else ""))
        value = str(setting.default).lower() if isinstance(setting.default, bool) else setting.default
        lines.append(f"  {setting.name}: {value}")
    return "\n".join(lines) + "\n"
