"""The hub's clock: it follows the machine's, never goes back, never stands still, and counts the steps it saw."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.clock import Clock


class Machine:
    """A machine whose wall clock can be stepped."""

    def __init__(self) -> None:
        self.up_s, self.wall_s = 100.0, 1_700_000_000.0

    def clock(self) -> Clock:
        return Clock(wall=lambda: self.wall_s, monotonic=lambda: self.up_s)

    def live(self, seconds: float) -> None:
        self.up_s += seconds
        self.wall_s += seconds


def test_it_follows_the_machine():
    machine = Machine()
    clock = machine.clock()
    machine.live(12.5)
    assert clock.now().timestamp() == machine.wall_s
    assert clock.steps == 0


def test_a_step_forward_is_followed_and_counted():
    machine = Machine()
    clock = machine.clock()
    machine.wall_s += 3600
    assert clock.now().timestamp() == machine.wall_s
    assert clock.steps == 1


def test_after_a_step_back_time_goes_on_slower_until_the_machine_has_caught_up():
    machine = Machine()
    clock = machine.clock()
    before = clock.now().timestamp()
    machine.wall_s -= 60
    machine.live(10)
    assert clock.now().timestamp() == before + 9
    assert clock.steps == 1
    machine.live(10_000)
    assert clock.now().timestamp() == machine.wall_s
    assert clock.steps == 1


def test_a_small_correction_is_no_step():
    machine = Machine()
    clock = machine.clock()
    machine.wall_s -= 1.5
    clock.now()
    assert clock.steps == 0


@given(st.lists(st.tuples(st.floats(0.01, 1e4), st.floats(-1e5, 1e5)), max_size=30))
def test_whatever_the_machine_does_hub_time_goes_forward_by_at_least_nine_tenths(story):
    machine = Machine()
    clock = machine.clock()
    latest = clock.now()
    for lived_s, stepped_s in story:
        machine.live(lived_s)
        machine.wall_s += stepped_s
        now = clock.now()
        assert (now - latest).total_seconds() >= 0.9 * lived_s - 1e-3
        latest = now
