"""What the API describes and an address in; every method that the address takes out, for the Allow header; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any


def allowed_methods(paths: Mapping[str, Mapping[str, Any]], path: str, known: str = "") -> str:
    """Return the methods of the described one of `paths` that `path` is; `known` to the framework where it is none.

    The framework names those of the first route at an address alone, though several may share it. An address that
    stands in `paths` by its own name is that, and not one of those that a template stands for.
    """
    described = [template for template in paths if _pattern(template).fullmatch(path)]
    if described:
        found = {method.upper() for method in paths[min(described, key=lambda template: template.count("{"))]}
    else:
        found = {name.strip() for name in known.split(",") if name.strip()}
    return ", ".join(sorted(found))


@lru_cache(maxsize=1000)
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}", template)
    return re.compile("[^/]+".join(map(re.escape, parts)))
