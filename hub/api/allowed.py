"""What the API describes and an address in; every method that the address takes out, for the Allow header; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any


def allowed_methods(paths: Mapping[str, Mapping[str, Any]], path: str, known: str = "") -> str:
    """Return the methods that the described `paths` and the framework (`known`) name for `path`.

    The framework names those of the first route at an address alone, though several may share it.
    """
    found = {name.strip() for name in known.split(",") if name.strip()}
    for template, methods in paths.items():
        if _pattern(template).fullmatch(path):
            found |= {method.upper() for method in methods}
    return ", ".join(sorted(found))


@lru_cache(maxsize=1000)
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}", template)
    return re.compile("[^/]+".join(map(re.escape, parts)))
