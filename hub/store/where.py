"""Collects the conditions of a query and their values, part by part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Where:
    """Conditions that must all hold; each is SQL of our own, what comes from outside is among the values."""

    clauses: list[str] = field(default_factory=lambda: ["true"])
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, clause: str, **values: Any) -> None:
        """Add a condition with the values that it names."""
        self.clauses.append(f"({clause})")
        self.values.update(values)

    def __str__(self) -> str:
        """Return what belongs behind WHERE."""
        return " AND ".join(self.clauses)
