"""Takes entries of the audit, gives lines of CSV or JSON, one after the other, so that an export never grows; pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

COLUMNS = ("seq", "at", "actor", "actor_id", "action", "target", "detail", "remote", "hash")
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Form(StrEnum):
    """What an export is written in."""

    CSV = "csv"
    JSON_LINES = "jsonl"

    @property
    def media_type(self) -> str:
        """Return the type for HTTP."""
        return "text/csv; charset=utf-8" if self is Form.CSV else "application/x-ndjson"


def head(form: Form) -> str:
    """Return what an export begins with: the columns' names, after the mark by which spreadsheets know UTF-8."""
    return "\ufeff" + _row(COLUMNS) if form is Form.CSV else ""


def line(form: Form, entry: Mapping[str, Any]) -> str:
    """Return one entry."""
    if form is Form.JSON_LINES:
        return json.dumps({name: entry[name] for name in COLUMNS}, ensure_ascii=False) + "\n"
    return _row(tuple(_cell(entry[name]) for name in COLUMNS))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
