"""The tuning role: takes runs one after the other, does their work, keeps their answers, until told to stop.

Two lanes: one for what somebody at a slider waits for, one for everything else; while the first has work, the second
pauses at its next word of progress. Both share what is loaded. A thread beside them says that the role lives, and
hears of runs that nobody wants any more. The database may go away: what is in hand is done again then.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from hub.log import logger
from hub.store import tuning_runs
from hub.store.recorded_alerts import look_up_recorded
from hub.store.recording import StoredRecording
from hub.store.session import StoreUnavailable, connect, open_session, unavailable
from hub.store.wait import backoff
from hub.tuning.judging import Cancelled, Judging, Progress, Question, TooLarge
from hub.tuning.replay import Recording
from hub.tuning.runs.kinds import KINDS
from hub.tuning.runs.loaded import Loaded
from hub.tuning.runs.metrics import RunMetrics
from hub.tuning.runs.question import problems_of, require_known
from hub.tuning.runs.refused import RunRefused

log = logger("tuning")

QUICK = ("judge", "trace", "files")
LIVE_EVERY_S = 2.0
TELL_EVERY_S = 0.25
LOOK_EVERY_S = 2.0  # a wake-up that was lost with its connection is made up for
MOST_FILE = 1024**3
FORGET_EVERY_S = 3600.0


class _Stopping(Exception):
    """The role ends: what is in hand waits for the next."""


@dataclass(slots=True, kw_only=True)
class Worker:
    """One tuning role. `configuration` gives the present one; `labels` those that touch a question."""

    name: str
    dsn: str
    loaded: Loaded
    configuration: Callable[[str | None], Configuration]
    labels: Callable[[Any, Question], list[Any]]
    now: Callable[[], datetime]
    stop: threading.Event
    metrics: RunMetrics = field(default_factory=RunMetrics)
    _unwanted: frozenset[UUID] = frozenset()
    _in_hand: set[UUID] = field(default_factory=set)
    _quick_at_work: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Work until `stop`."""
        slow = tuple(kind for kind in KINDS if kind not in QUICK)
        threads = [
            threading.Thread(target=self._live, name="alive", daemon=True),
            threading.Thread(target=self._lane, args=(QUICK, True), name="quick", daemon=True),
            threading.Thread(target=self._lane, args=(slow, False), name="slow", daemon=True),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        try:
            with open_session(self.dsn) as connection:
                tuning_runs.leave(connection, self.name)
        except StoreUnavailable as error:
            log.warning("the database is away; what was in hand is taken again in a while", error=str(error))

    def _live(self) -> None:
        forgot_s = FORGET_EVERY_S
        while not self.stop.is_set():
            try:
                with open_session(self.dsn) as connection:
                    self._unwanted = tuning_runs.live(connection, self.name, tuple(self._in_hand), self.now())
                    if forgot_s >= FORGET_EVERY_S:
                        tuning_runs.forget(connection, self.now())
                        forgot_s = 0.0
            except StoreUnavailable as error:
                log.warning("the tuning role waits for the database", error=str(error))
            self.stop.wait(LIVE_EVERY_S)
            forgot_s += LIVE_EVERY_S

    def _lane(self, kinds: tuple[str, ...], is_quick: bool) -> None:
        waits = backoff()
        while not self.stop.is_set():
            try:
                with connect(self.dsn) as connection, unavailable():
                    tuning_runs.listen(connection)
                    waits = backoff()
                    while not self.stop.is_set():
                        with connection.transaction():
                            run = tuning_runs.take(connection, kinds, self.name, self.now())
                        if run is None:
                            self._idle(connection)
                            continue
                        if is_quick:
                            self._quick_at_work.set()
                        self._in_hand.add(run.run_id)
                        try:
                            self._work(run, is_quick)
                        finally:
                            self._in_hand.discard(run.run_id)
                            if is_quick:
                                self._quick_at_work.clear()
            except StoreUnavailable as error:
                log.warning("the tuning role waits for the database", error=str(error))
                self.stop.wait(next(waits))

    def _idle(self, connection: Any) -> None:
        until_s = time.monotonic() + LOOK_EVERY_S
        while not self.stop.is_set() and time.monotonic() < until_s:
            if tuning_runs.woken(connection, 0.25):
                return

    def _work(self, run: tuning_runs.Run, is_quick: bool) -> None:
        began_s = time.monotonic()
        answer: dict[str, Any] | None = None
        problem: str | None = None
        outcome = "done"
        with tempfile.TemporaryDirectory(prefix="lianqin-run-") as folder:
            means = _Means(self, run.run_id, Path(folder), is_quick)
            try:
                kind = KINDS[run.kind]
                answer = kind.work(kind.arguments.model_validate(run.arguments), means)
                means.check()
                means.made()
            except Cancelled:
                outcome = "cancelled"
            except _Stopping:
                return
            except StoreUnavailable:
                raise
            except KeyError as error:
                outcome, problem = "failed", f"this version of the hub has no such kind of run: {error}"
            except ValidationError as error:
                outcome, problem = "failed", "; ".join(problems_of(error))
            except (ConfigError, RunRefused, TooLarge) as error:
                outcome, problem = "failed", str(error)
            except MemoryError:
                outcome, problem = (
                    "failed",
                    "this takes more memory than there is: ask for less at once",
                )
            except Exception as error:  # one run that cannot be done must not end the role
                log.exception("a run failed", run=str(run.run_id), kind=run.kind)
                outcome, problem = "failed", f"unexpected: {type(error).__name__}: {error}; the role's log has more"
            self._keep(run, answer, problem, outcome, means)
        took_s = time.monotonic() - began_s
        self.metrics.told(run.kind, outcome, took_s, self.loaded.bytes)
        log.info("run ended", run=str(run.run_id), kind=run.kind, outcome=outcome, took_s=round(took_s, 3))

    def _keep(
        self, run: tuning_runs.Run, answer: dict[str, Any] | None, problem: str | None, outcome: str, means: _Means
    ) -> None:
        limits = [] if answer is None else [str(one) for one in answer.get("limits", ())]
        file = means.made() if outcome == "done" else None
        with open_session(self.dsn) as connection:
            if answer is not None and run.kind != "weights":  # a video is no part of the record
                look_up_recorded(connection, answer)
            is_mine = tuning_runs.finish(
                connection,
                run.run_id,
                self.name,
                self.now(),
                answer=answer,
                limits=limits,
                problem=problem,
                is_cancelled=outcome == "cancelled",
            )
            if is_mine and file is not None:
                tuning_runs.keep_file(connection, run.run_id, file.name, _parts(file))

    def tell(self, run_id: UUID, progress: Progress) -> None:
        """Note how far the run is; a database that is away hears of it later."""
        try:
            with open_session(self.dsn) as connection:
                tuning_runs.tell(connection, run_id, self.name, progress.done, progress.note)
        except StoreUnavailable:
            return

    def is_unwanted(self, run_id: UUID) -> bool:
        """Say whether nobody wants the run's answer any more."""
        return run_id in self._unwanted

    def give_way(self) -> None:
        """Let the quick lane go first, but not for ever."""
        until_s = time.monotonic() + 30.0
        while self._quick_at_work.is_set() and not self.stop.is_set() and time.monotonic() < until_s:
            time.sleep(0.02)


class _Means:
    """What one run may use (hub.tuning.runs.means.Means)."""

    def __init__(self, worker: Worker, run_id: UUID, folder: Path, is_quick: bool) -> None:
        self._worker, self._run_id, self.folder, self._is_quick = worker, run_id, folder, is_quick
        self._told_s = time.monotonic()

    @property
    def recording(self) -> Recording:
        return StoredRecording(self._worker.dsn)

    def now(self) -> datetime:
        return self._worker.now()

    def told(self, progress: Progress) -> None:
        self.check()
        if not self._is_quick:
            self._worker.give_way()
        ticked_s = time.monotonic()
        if ticked_s - self._told_s >= TELL_EVERY_S:
            self._told_s = ticked_s
            self._worker.tell(self._run_id, progress)

    def check(self) -> None:
        """Raise what ends the run before its time."""
        if self._worker.stop.is_set():
            raise _Stopping
        if self._worker.is_unwanted(self._run_id):
            raise Cancelled

    def judging(self, question: Question) -> Judging:
        require_known(question, self._worker.configuration(None).city)
        return self._worker.loaded.judging(question)

    def labels(self, question: Question) -> list[Any]:
        with self.session() as connection:
            return self._worker.labels(connection, question)

    def configuration(self, version: str | None) -> Configuration:
        return self._worker.configuration(version)

    def session(self) -> AbstractContextManager[Any]:
        return open_session(self._worker.dsn)

    def made(self) -> Path | None:
        """Return the file that the run made; raise RunRefused for one that is too large to keep."""
        files = sorted(path for path in self.folder.iterdir() if path.is_file())
        if files and files[0].stat().st_size > MOST_FILE:
            raise RunRefused(f"its file would be larger than {MOST_FILE // 1024**3} GiB: ask for less at once")
        return files[0] if files else None


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(tuning_runs.PART):
            yield part
