"""The environment in, how the cameras of the city file are watched out; needs no library that sees."""

from __future__ import annotations

from pathlib import Path

from hub.config.perception import Override, Perception, load_perception
from hub.settings import Settings

SHIPPED_MODEL = Path(__file__).with_name("demo") / "model" / "street_openvino_model"


def perception(settings: Settings) -> Perception:
    """Return how the cameras of the city are watched, by its file and the environment; raise ConfigError."""
    return load_perception(
        settings.city,
        shipped=SHIPPED_MODEL,
        override=Override(model=settings.model, device=settings.device, blur_persons=settings.blur_persons),
    )
