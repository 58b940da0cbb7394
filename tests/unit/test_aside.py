"""Work beside the worker: one piece at a time, its outcome told to whoever waits for it."""

from __future__ import annotations

import threading

import pytest

from hub.worker.aside import Aside


def test_work_is_done_meanwhile_and_its_outcome_is_told():
    aside, go = Aside("test"), threading.Event()
    assert aside.finish()
    aside.begin(lambda: go.wait(10))
    with pytest.raises(RuntimeError, match="not finished"):
        aside.begin(lambda: True)
    go.set()
    assert aside.finish()
    aside.begin(lambda: False)
    assert not aside.finish()
    aside.close()


def test_what_the_work_raises_is_raised_where_it_is_waited_for():
    aside = Aside("test")

    def fail() -> bool:
        raise ValueError("no")

    aside.begin(fail)
    with pytest.raises(ValueError, match="no"):
        aside.finish()
    assert aside.finish()
    aside.close()
