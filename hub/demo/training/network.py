"""Nothing in, the demo's network out: YOLO11's layout, narrower than its nano size, for six classes."""

from pathlib import Path
from typing import Any

import yaml

from detectors.vision import torchvision_stand_in
from hub.demo.scenes.description import LABELS

# Depth, width, and channels at most. The nano size is (0.50, 0.25, 1024): three quarters of its width does on
# rendered streets, halves the arithmetic, and leaves a file of some 3 MB.
SCALE = (0.50, 0.1875, 1024)


def make_network() -> Any:
    """Return an untrained detection model (an `ultralytics` `DetectionModel`) with its loss settings."""
    torchvision_stand_in.ensure()
    import ultralytics
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel
    from ultralytics.utils import DEFAULT_CFG

    layout = Path(ultralytics.__file__).parent / "cfg" / "models" / "11" / "yolo11.yaml"
    description = yaml.safe_load(layout.read_text(encoding="utf-8"))
    description |= {"nc": len(LABELS), "scales": {"n": list(SCALE)}, "scale": "n"}
    network = DetectionModel(description, nc=len(LABELS), verbose=False)
    network.args = get_cfg(DEFAULT_CFG)
    network.names = dict(enumerate(LABELS))
    return network
