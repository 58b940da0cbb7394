"""A piece of work's progress in, a bar on the terminal out; Ctrl-C ends the work with one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from hub.tuning.judging import Progress as Done
from hub.tuning.judging import Told

INTERRUPTED = 130


@contextmanager
def shown(what: str, *, is_wanted: bool = True) -> Iterator[Told]:
    """Yield what is to be told of the work; on a terminal a bar on standard error shows it, else nothing does.

    Ctrl-C says that the work was cancelled and ends the program with status 130.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeRemainingColumn())
    is_seen = is_wanted and console.is_terminal
    try:
        with Progress(*columns, console=console, transient=True, disable=not is_seen) as bar:
            task = bar.add_task(what, total=1.0, note="")

            def told(done: Done) -> None:
                bar.update(task, completed=done.done, note=done.note)

            yield told
    except KeyboardInterrupt:
        print("lianqin: cancelled; nothing was written", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
