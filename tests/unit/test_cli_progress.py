"""Ctrl-C in a long command ends it with one line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from hub.cli.progress import INTERRUPTED, shown
from hub.cli.tuning_inputs import working
from hub.tuning.judging import Progress, Told


@pytest.mark.parametrize("showing", [shown, working])
def test_a_command_that_is_interrupted_says_so_in_one_line(
    capsys: pytest.CaptureFixture[str], showing: Callable[[str], AbstractContextManager[Told]]
) -> None:
    def work() -> None:
        with showing("judging") as told:
            told(Progress(0.5, "2026-11-22"))
            raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        work()
    assert ended.value.code == INTERRUPTED
    assert capsys.readouterr().err == "lianqin: cancelled; nothing was written\n"
