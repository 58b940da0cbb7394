"""What the thresholds say of themselves, in Chinese: an English sentence of theirs in, the Chinese one out.

The English sentences stand where the thresholds are defined, and are the keys of chinese.yaml. A test holds the two
together, so that a sentence that changes, or a threshold that comes, asks for its Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml


def in_chinese(sentence: str) -> str | None:
    """Return the Chinese of what a rule, a threshold or its source says of itself; None where there is none."""
    return sentences().get(" ".join(sentence.split()))


@cache
def sentences() -> Mapping[str, str]:
    """Return every sentence with its Chinese."""
    text = files("hub.config").joinpath("chinese.yaml").read_text(encoding="utf-8")
    return {each["en"]: each["zh"] for group in yaml.safe_load(text).values() for each in group}
