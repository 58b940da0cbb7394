"""What every detector offers the judge: observations of one partition go in, findings come out, in event time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from detectors.finding import Finding, OpenFinding
from ingest.observation import Frame, Reading


@dataclass(frozen=True, slots=True)
class Unseen:
    """Takes the place of a camera's frames: up to `until` nobody could see what stands where.

    That time neither counts nor ends anything, like any blind time.
    """

    camera_id: str
    until: datetime


@runtime_checkable
class Detector(Protocol):
    """One domain's rules as a fold over what its devices or cameras report.

    A *partition* is what the detector keeps one state for: a circuit, a device or a camera. The judge calls `observe`
    with that partition's observations alone, in order, each once. The state is an immutable value, or one that nobody
    but this partition holds; the judge never looks inside. A detector reads no clock and keeps nothing between calls.

    A detector may also have `quantities: frozenset[Quantity]`, the only quantities it wants to see; without it, it
    sees all of them.
    """

    @property
    def name(self) -> str:
        """Name the detector: "streetlight", "water", "parking" …"""
        ...

    @property
    def rules(self) -> tuple[str, ...]:
        """Name the rules it may raise."""
        ...

    @property
    def memory_s(self) -> float:
        """Tell how far back its state looks, besides findings that are open: a restart must fold that much again."""
        ...

    def partitions(self) -> Mapping[str, str]:
        """Return the partition of every device or camera it wants to hear."""
        ...

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> Any:
        """Return the partition's state at start, with the findings that were open latched."""
        ...

    def observe(self, state: Any, observation: Any) -> tuple[Any, Sequence[Finding]]:
        """Return the state after a Reading, a Frame or an Unseen, and what is found by it."""
        ...


Foldable = Reading | Frame
