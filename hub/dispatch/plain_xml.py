"""Values in, XML elements and their bytes out; what XML cannot hold is replaced, never refused. Pure."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# What XML 1.0 cannot hold, not even escaped.
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(name: str, *children: Element | None, **attributes: str) -> Element:
    """Return an element with those children that are there."""
    made = Element(name, attributes)
    made.extend(child for child in children if child is not None)
    return made


def leaf(name: str, value: Any, **attributes: str) -> Element:
    """Return an element with a text: empty for None, true or false for a bool."""
    made = Element(name, attributes)
    if value is not None:
        made.text = _UNSPEAKABLE.sub("\ufffd", str(value).lower() if isinstance(value, bool) else str(value))
    return made


def document(root: Element) -> bytes:
    """Return an element as a document in UTF-8."""
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode").encode("utf-8")
