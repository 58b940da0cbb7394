"""A module's source in, every sentence that it can say to people out: each with `{}` where something is filled in.

A sentence is any text of more than one word that is no docstring and no word to the log, to the database or to the
documentation. Where a text is put together by `+` or by a condition, each way it can come out is one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

_QUIET_CALLS = {
    "debug", "info", "warning", "error", "exception", "logger", "execute", "executemany", "stream", "copy",
    "Field", "Query", "Path", "Header", "Body", "APIRouter", "get", "post", "delete", "put", "problems",
    "Option", "Argument", "Counter", "Gauge", "Histogram", "Thread", "compile", "cast", "strftime", "_command",
}  # fmt: skip
_QUIET_WORDS = {"description", "summary", "help", "operation_id", "name", "row_factory", "title"}
_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|LISTEN|ORDER BY|IS NULL|AND \w+ =|FROM \w+)\b")
FILLED = "\N{OBJECT REPLACEMENT CHARACTER}"


def sentences(path: Path, *, refusals_only: bool = False) -> set[str]:
    """Return what the module at `path` can say, or what it can refuse with."""
    tree = parsed(path)
    parts = [node for node in ast.walk(tree) if _refuses(node)] if refusals_only else [tree]
    texts = (text for part in parts for text in _texts(part))
    return {one.replace(FILLED, "{}") for text in texts for one in _ways(text) if _is_sentence(one)}


@cache
def parsed(path: Path) -> ast.Module:
    """Return the module at `path` as a tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def _refuses(node: ast.AST) -> bool:
    """Tell whether something is raised here, or an error says here what it is."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__":
        return isinstance(node.func.value, ast.Call) and ast.unparse(node.func.value) == "super()"
    return isinstance(node, ast.Raise)


def _is_sentence(text: str) -> bool:
    return (
        len(re.findall(r"[A-Za-z]{2,}", text)) >= 2
        and " " in text.strip()
        and not _SQL.search(text)
        and re.search(r"[一-鿿]", text) is None
    )


def _texts(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the outermost texts beneath `node`."""
    if isinstance(node, ast.Call):
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if name in _QUIET_CALLS and not (name == "get" and isinstance(called, ast.Name)):
            return
    if isinstance(node, ast.keyword) and node.arg in _QUIET_WORDS:
        return
    if isinstance(node, ast.Assert):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.expr) and _is_text(node):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, ast.IfExp) and (_is_text(node.body) or _is_text(node.orelse))


def _ways(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = [_ways(part.value) if _chooses(part) else _ways(part) for part in node.values]  # type: ignore[attr-defined]
        return ["".join(way) for way in product(*parts)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [left + right for left in _ways(node.left) for right in _ways(node.right)]
    if isinstance(node, ast.IfExp):
        return _ways(node.body) + _ways(node.orelse)
    return [FILLED]


def _chooses(part: ast.expr) -> bool:
    """Tell whether something filled in is one of several texts that stand right there."""
    return isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.IfExp) and _is_text(part.value)
