"""Nothing in, an importable `torchvision` out: the real one where it works, else the one function YOLO needs.

PyTorch's CPU wheel and the registry's torchvision do not fit together on every machine: the import then
fails on operators that are not there. `ultralytics` imports torchvision before it runs a model and, when it
finds it imported, calls its `ops.nms`; it also carries an equal `nms` of its own, which we put in that place.
"""

import importlib
import importlib.machinery
import importlib.metadata
import sys
from types import ModuleType

_STAND_IN = "lianqin stand-in"


def ensure() -> None:
    """Make `import torchvision` succeed; do nothing where it already does.

    Safe to call often. Call it before a model is loaded or run.
    """
    if "torchvision" in sys.modules:
        return
    try:
        importlib.import_module("torchvision")
    except Exception:  # a wheel built for another torch raises RuntimeError, a missing one ImportError
        # A failed import leaves half-made submodules behind, which would hide ours.
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        _register()


def is_stand_in() -> bool:
    """Whether the `torchvision` that this process has imported is ours."""
    return getattr(sys.modules.get("torchvision"), "__doc__", None) == _STAND_IN


def _register() -> None:
    from ultralytics.utils.nms import TorchNMS

    ops = ModuleType("torchvision.ops", _STAND_IN)
    ops.nms = TorchNMS.nms  # type: ignore[attr-defined]
    package = ModuleType("torchvision", _STAND_IN)
    package.ops = ops  # type: ignore[attr-defined]
    package.__version__ = _installed_version()  # type: ignore[attr-defined]
    package.__path__ = []
    for module in (package, ops):
        # `importlib.util.find_spec("torchvision")` raises ValueError on a module without a spec.
        module.__spec__ = importlib.machinery.ModuleSpec(module.__name__, loader=None)
        sys.modules[module.__name__] = module


def _installed_version() -> str:
    try:
        return importlib.metadata.version("torchvision")
    except importlib.metadata.PackageNotFoundError:
        return "0.0.0"
