"""Judges two days of a camera's recording again and again, as a tuning role does at its busiest: `DSN CITY BEGIN`."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from hub.config.load import load
from hub.store.recording import StoredRecording
from hub.store.tuning_runs import quiet
from hub.tuning.judging import Question, judging_of
from hub.tuning.runs.serve import NICE


def main(dsn: str, city: str, begin: str) -> None:
    """Go on until it is ended."""
    os.nice(NICE)
    configuration, since = load(Path(city), None), datetime.fromisoformat(begin)
    question = Question(
        rules=frozenset({"parking.illegal"}), grids=None, subjects=None, since=since, until=since + timedelta(days=2)
    )
    while True:
        judging_of(StoredRecording(quiet(dsn), is_gentle=True), question).judge(configuration)
        print("judged", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
