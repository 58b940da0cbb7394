"""The states of a trace: a silence lies before it is heard of, and a sensor's quantities fail beside each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub.tuning.trace.predicate import Look, State
from hub.tuning.trace.states import states_of

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def heard(second: float, silent_s: float, state: State = State.QUIET) -> Look:
    return Look(at=at(second), state=state, predicates=(), counted_s=silent_s, needed_s=240.0)


def told(states: list[dict[str, object]]) -> list[tuple[object, float, float]]:
    def second(text: object) -> float:
        return (datetime.fromisoformat(str(text)) - BEGIN).total_seconds()

    return [(one["state"], second(one["since"]), second(one["until"])) for one in states]


def test_a_silence_counts_from_when_it_was_last_heard_and_stands_from_when_it_was_raised() -> None:
    looks = [
        heard(60, 60),
        heard(120, 60),
        heard(7320, 7200, State.RAISED),
        heard(7380, 60),
        heard(7500, 120, State.PENDING),
    ]
    assert told(states_of("device.silent", looks, [at(360)])) == [
        ("quiet", 0, 120),
        ("pending", 120, 360),
        ("raised", 360, 7320),
        ("quiet", 7320, 7380),
        ("pending", 7380, 7500),
    ]


def test_a_silence_whose_alert_is_not_told_stands_from_when_its_wait_was_over() -> None:
    looks = [heard(60, 60), heard(1060, 1000, State.RAISED)]
    assert told(states_of("camera.lost", looks, []))[1:] == [("pending", 60, 300), ("raised", 300, 1060)]


def test_a_quantity_that_is_well_does_not_end_what_ails_another() -> None:
    looks = [
        Look(at=at(second), state=state, predicates=(), thing=thing)
        for second, thing, state in (
            (0, "methane_pct_lel", State.QUIET),
            (60, "methane_pct_lel", State.RAISED),
            (60, "gas_pressure_kpa", State.QUIET),
            (120, "methane_pct_lel", State.RAISED),
            (120, "gas_pressure_kpa", State.QUIET),
            (180, "methane_pct_lel", State.QUIET),
            (180, "gas_pressure_kpa", State.QUIET),
        )
    ]
    assert told(states_of("sensor.fault", looks, [])) == [("quiet", 0, 60), ("raised", 60, 180), ("quiet", 180, 180)]
