"""Ctrl-C in a long command ends it with one line."""

from __future__ import annotations

import pytest

from hub.cli.progress import INTERRUPTED, shown
from hub.tuning.judging import Progress


def test_a_command_that_is_interrupted_says_so_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with shown("judging") as told:
            told(Progress(0.5, "2026-11-22"))
            raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        work()
    assert ended.value.code == INTERRUPTED
    assert capsys.readouterr().err == "lianqin: cancelled; nothing was written\n"
