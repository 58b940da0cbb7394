"""Recordings that are loaded, by their question: the newest stay as long as they fit into what memory is allowed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock, RLock

from hub.tuning.judging import Judging, Question


class Loaded:
    """What is warm. Several threads may ask; a question is loaded by one of them, and the others wait for it."""

    def __init__(self, load: Callable[[Question], Judging], most_bytes: int) -> None:
        """Take what loads a question, and how many bytes of loaded recordings are kept (the last one always is)."""
        self._load, self._most = load, most_bytes
        self._lock = RLock()
        self._kept: OrderedDict[Question, Judging] = OrderedDict()
        self._loading: dict[Question, Lock] = {}

    @property
    def bytes(self) -> int:
        """How much is kept."""
        with self._lock:
            return sum(size_of(one) for one in self._kept.values())

    def judging(self, question: Question) -> Judging:
        """Return the judging of `question`."""
        with self._lock:
            found = self._kept.get(question)
            if found is not None:
                self._kept.move_to_end(question)
                return found
            loading = self._loading.setdefault(question, Lock())
        with loading:
            with self._lock:
                if question in self._kept:
                    return self._kept[question]
            made = self._load(question)
            with self._lock:
                self._kept[question] = made
                self._loading.pop(question, None)
                self._shrink()
            return made

    def forget(self) -> None:
        """Let go of everything: what is stored has changed."""
        with self._lock:
            self._kept.clear()

    def _shrink(self) -> None:
        while len(self._kept) > 1 and self.bytes > self._most:
            self._kept.popitem(last=False)


def size_of(judging: Judging) -> int:
    """Return how many bytes a loaded recording takes, as far as it knows."""
    return int(getattr(judging, "bytes", 0))
