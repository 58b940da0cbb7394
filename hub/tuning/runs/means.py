"""What a run may use: loaded recordings, labels, configurations, the database, a folder; and whom it tells how far."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hub.config.load import Configuration
from hub.tuning.judging import Judging, Progress, Question
from hub.tuning.replay import Recording

if TYPE_CHECKING:
    from hub.tuning.labels.label import Label


class Means(Protocol):
    """Everything that a kind of run asks of the role that works on it."""

    @property
    def folder(self) -> Path:
        """An empty folder of this run's own. The one file left in it becomes the run's file."""
        ...

    @property
    def recording(self) -> Recording:
        """What is stored."""
        ...

    def now(self) -> datetime:
        """Return the present instant."""
        ...

    def told(self, progress: Progress) -> None:
        """Take note of how far the run is; raise Cancelled where nobody wants its answer any more."""
        ...

    def judging(self, question: Question) -> Judging:
        """Return the judging of `question`, kept warm for the next run that asks the same."""
        ...

    def labels(self, question: Question) -> list[Label]:
        """Return the labels that touch the question."""
        ...

    def configuration(self, version: str | None) -> Configuration:
        """Return the configuration stored as `version`, None: the present one. Raises ConfigError for an unknown one.

        The thresholds are those of the version; the city is the present one, for its cameras are what is looked at.
        """
        ...

    def session(self) -> AbstractContextManager[Any]:
        """Open a short transaction on the database."""
        ...
