"""A circuit's lamps as columns and its detector go in; what is found comes out, with most readings never shown.

A reading of a lamp that is well, while nothing is afoot in the circuit as a whole, changes one thing: when that lamp
was heard last. So the detector is shown what may be trouble, all of the lamps that are in trouble, and, where so many
are that it may be the circuit, first the last reading of every lamp and from then on everything. What a lamp was told
to do is shown before it counts: the last command, and the one that changed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.finding import Finding
from detectors.routes import Slot
from detectors.streetlight import CircuitState, Streetlight
from detectors.thresholds_streetlight import StreetlightThresholds
from detectors.together import Together
from hub.tuning.columns import CODE, MICROSECOND, QUANTITIES, Flags, Floats, Longs, ReadingColumns, micros, moment
from ingest.observation import Quantity, Reading

POWER, VOLTAGE, LAMP_ON = (CODE[one] for one in (Quantity.POWER_W, Quantity.VOLTAGE_V, Quantity.LAMP_ON))
TROUBLE = {
    "streetlight.lamp_out": ("out", POWER),
    "streetlight.circuit_out": ("out", POWER),
    "streetlight.day_burning": ("burning", POWER),
    "streetlight.voltage": ("voltage", VOLTAGE),
}
RULES = frozenset(TROUBLE)
SEES = frozenset({Quantity.POWER_W, Quantity.VOLTAGE_V, Quantity.LAMP_ON})
WINDOW = 4096  # rows looked through at once while lamps are in trouble


@dataclass(frozen=True, slots=True)
class LampColumns:
    """The readings of lamps that are judged together, in the order of folding; the first `past` before the beginning.

    `told[n]` is the row of the last command of row n's lamp, at or before it, -1 where there is none; `changes` are for
    each lamp the rows of the commands that were others than the one before, and the rows of those before.
    """

    names: tuple[str, ...]
    at_us: Longs
    lamp: npt.NDArray[np.int16]
    code: npt.NDArray[np.int8]
    value: Floats
    past: int
    told: npt.NDArray[np.int32]
    changes: tuple[tuple[Longs, Longs], ...]

    @property
    def bytes(self) -> int:
        """How much memory they take."""
        return int(sum(one.nbytes for one in (self.at_us, self.lamp, self.code, self.value, self.told)))

    def reading(self, number: int) -> Reading:
        """Return one of them as detectors take it."""
        at = moment(int(self.at_us[number]))
        name, quantity = self.names[self.lamp[number]], QUANTITIES[self.code[number]]
        return Reading(name, quantity, float(self.value[number]), at, at)


def lamps_of(columns: Mapping[str, ReadingColumns], possible: Mapping[str, Flags]) -> LampColumns:
    """Return the possible readings of some lamps, by name, as those of their circuit."""
    names = tuple(sorted(columns))
    wanted = {name: possible[name] & np.isin(columns[name].code, [POWER, VOLTAGE, LAMP_ON]) for name in names}
    lamp = np.concatenate([np.full(np.count_nonzero(wanted[name]), n, np.int16) for n, name in enumerate(names)])
    at_us, code, value = (
        np.concatenate([getattr(columns[name], which)[wanted[name]] for name in names])
        for which in ("at_us", "code", "value")
    )
    past = sum(int(np.count_nonzero(wanted[name][: columns[name].past])) for name in names)
    order = np.lexsort((lamp, at_us))  # each lamp's own are in order, and the sort is stable
    lamp, at_us, code, value = lamp[order], at_us[order], code[order], value[order]
    commands = np.flatnonzero(code == LAMP_ON)
    told = np.full(len(code) if len(commands) else 0, -1, np.int32)
    changes = []
    for number in range(len(names)):
        own = commands[lamp[commands] == number]
        is_on = value[own] >= 0.5
        other = np.flatnonzero(is_on[1:] != is_on[:-1])
        changes.append((own[other + 1], own[other]))
        if len(own):
            rows = np.flatnonzero(lamp == number)
            after = np.searchsorted(own, rows, side="right") - 1
            told[rows] = np.where(after >= 0, own[after], -1)
    return LampColumns(names, at_us, lamp, code, value, past, told, tuple(changes))


class CircuitEpisodes:
    """What one circuit's detector finds under one configuration."""

    def __init__(self, columns: LampColumns, slot: Slot, rules: frozenset[str], limits: StreetlightThresholds) -> None:
        """Take the lamps' readings, their detector as it stands at the beginning, and which rules are asked for."""
        detector, state = slot.detector, slot.state
        assert isinstance(detector, Streetlight)
        assert isinstance(state, CircuitState)
        self._columns, self._slot, self._detector, self._limits = columns, slot, detector, limits
        self._lighting = state.lighting
        troubles = {"out": state.out, "burning": state.burning, "voltage": state.voltage}
        asked = {TROUBLE[rule] for rule in rules if rule in TROUBLE}
        self._troubles: list[Together] = [troubles[name] for name in sorted({name for name, _ in asked})]
        self._codes = sorted({code for _, code in asked})
        self._numbers = {name: number for number, name in enumerate(columns.names)}
        self._shown = {code: np.full(len(columns.names), -1, np.int64) for code in (POWER, VOLTAGE, LAMP_ON)}

    def findings(self) -> Iterator[tuple[bool, Finding]]:
        """Yield what is found, and whether before the beginning."""
        columns, stirs = self._columns, self._stirs()
        mine, stirring = np.isin(columns.code, self._codes), np.flatnonzero(stirs)
        position, count = 0, len(mine)
        while position < count:
            involved = self._involved()
            if involved is not None and not involved:
                after = int(np.searchsorted(stirring, position))
                if after == len(stirring):
                    return
                yield from self._show(int(stirring[after]), stirs)
                position = int(stirring[after]) + 1
                continue
            window = slice(position, min(count, position + WINDOW))
            wanted = mine[window]
            if involved is not None:
                among = np.isin(columns.lamp[window], [self._numbers[lamp] for lamp in involved])
                wanted = wanted & (among | stirs[window])
            position = window.stop
            for number in (np.flatnonzero(wanted) + window.start).tolist():
                yield from self._show(number, stirs)
                if self._involved() != involved:
                    position = number + 1
                    break

    def _involved(self) -> frozenset[str] | None:
        """Return the lamps in trouble; None where it may be the circuit, so that all of them count."""
        if any(one.may_be_whole() for one in self._troubles):
            return None
        return frozenset().union(*(one.troubled for one in self._troubles))

    def _show(self, number: int, stirs: Flags) -> Iterator[tuple[bool, Finding]]:
        """Show a row, and before it what must be known for it to be judged as it was."""
        is_first = stirs[number] and not any(one.may_be_whole() for one in self._troubles)
        if is_first and any(one.may_be_whole(more=1) for one in self._troubles):
            yield from self._show_last(number)
        yield from self._show_alone(number)

    def _show_last(self, before: int) -> Iterator[tuple[bool, Finding]]:
        """Show each lamp's last row before that one: when it was heard last counts from now on."""
        columns = self._columns
        forgotten_us = columns.at_us[before] - round(self._detector.memory_s * 1_000_000)
        first = int(np.searchsorted(columns.at_us, forgotten_us))  # who was heard before that was not heard lately
        for code in self._codes:
            missing = set(range(len(columns.names)))
            end = before
            while missing and end > first:
                begin = max(first, end - WINDOW)
                for number in (np.flatnonzero(columns.code[begin:end] == code)[::-1] + begin).tolist():
                    lamp = int(columns.lamp[number])
                    if lamp in missing:
                        missing.discard(lamp)
                        yield from self._show_alone(number)
                end = begin

    def _show_alone(self, number: int) -> Iterator[tuple[bool, Finding]]:
        columns = self._columns
        code, lamp = int(columns.code[number]), int(columns.lamp[number])
        if code == POWER and len(columns.told) and columns.told[number] >= 0:
            told = int(columns.told[number])
            changed, before = columns.changes[lamp]
            last = int(np.searchsorted(changed, told, side="right")) - 1
            if last >= 0 and changed[last] > self._shown[LAMP_ON][lamp]:
                yield from self._feed(int(before[last]), LAMP_ON, lamp)
                yield from self._feed(int(changed[last]), LAMP_ON, lamp)
            yield from self._feed(told, LAMP_ON, lamp)
        yield from self._feed(number, code, lamp)

    def _feed(self, number: int, code: int, lamp: int) -> Iterator[tuple[bool, Finding]]:
        if number <= self._shown[code][lamp]:
            return
        self._shown[code][lamp] = number
        slot = self._slot
        slot.state, found = slot.observe(slot.state, self._columns.reading(number))
        for one in found:
            yield number < self._columns.past, one

    def _stirs(self) -> Flags:
        """Tell of each row whether it may show a lamp in trouble."""
        columns, found = self._columns, np.zeros(len(self._columns.code), np.bool_)
        if POWER in self._codes:
            rows = np.flatnonzero(columns.code == POWER)
            dark_w, burns_w = (np.array(each) for each in zip(*map(self._detector.powers, columns.names), strict=True))
            value, lamp = columns.value[rows], columns.lamp[rows]
            may_be_on, may_be_off = self._should(rows)
            found[rows] = ((value < dark_w[lamp]) & may_be_on) | ((value >= burns_w[lamp]) & may_be_off)
        if VOLTAGE in self._codes:
            limits, rows = self._limits.voltage, np.flatnonzero(columns.code == VOLTAGE)
            value = columns.value[rows]
            found[rows] = (value >= limits.dead_v) & ((value < limits.low_v) | (value > limits.high_v))
        return found

    def _should(self, rows: Longs) -> tuple[Flags, Flags]:
        """Tell of each of `rows` whether its lamp should burn then, and whether it should be dark; or may have to."""
        columns = self._columns
        at_us = columns.at_us[rows]
        if not len(rows):
            return np.zeros(0, np.bool_), np.zeros(0, np.bool_)
        segments = [self._lighting.at(moment(int(at_us[0])))]
        while micros(segments[-1].ends) <= at_us[-1]:
            segments.append(self._lighting.at(segments[-1].ends))
        which = np.searchsorted([micros(one.begins) for one in segments], at_us, side="right") - 1
        on = np.array([one.should is True for one in segments])[which]
        off = np.array([one.should is False for one in segments])[which]
        if len(columns.told) and self._limits.burning.obey_command:
            told = columns.told[rows]
            valid_us = self._detector.command_valid // MICROSECOND
            counts = (told >= 0) & (at_us - columns.at_us[told] <= valid_us)
            is_on = columns.value[told] >= 0.5
            on, off = np.where(counts, is_on, on), np.where(counts, ~is_on, off)
        return on, off
