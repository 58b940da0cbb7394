"""The thresholds of the streetlight rules: defaults, ranges, units and their sources."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from detectors.finding import Severity
from detectors.threshold import (
    CLEAR_AFTER,
    RAISE_AFTER,
    SEVERITY,
    Section,
    Timed,
    graded,
    seconds,
    switched,
    threshold,
)
from detectors.thresholds_unusual import LampUnusual

VOLTAGE = "GB/T 12325-2008: 220 V single-phase supply may deviate by +7 % and −10 % (198 to 235.4 V)"
LAMPS = "share of the circuit's lamps"


class Burning(Section):
    """When a lamp should burn, and from which power on it does. Not a rule: the streetlight rules share it."""

    after_sunset_min: float = threshold(
        15.0,
        "a lamp should burn from this long after sunset",
        unit="min",
        low=-60.0,
        high=120.0,
        source="our judgement: by then daylight is down to some tens of lux, near where lamps are switched",
    )
    before_sunrise_min: float = threshold(
        15.0, "a lamp should burn until this long before sunrise", unit="min", low=-60.0, high=120.0
    )
    margin_min: float = threshold(
        20.0,
        "around each switching by sun or schedule nothing is judged for this long on either side, because light "
        "sensors and clocks differ",
        unit="min",
        low=0.0,
        high=120.0,
    )
    off_power_w: float = threshold(
        5.0, "a lamp that draws less is dark: what remains is its controller", unit="W", low=0.1, high=100.0
    )
    off_share: float = threshold(
        0.10, "a lamp that draws less than this share of its rated power is dark", unit="ratio", low=0.0, high=0.5
    )
    on_over_off: float = threshold(
        1.5,
        "a lamp burns when it draws this many times the power below which it is dark; between the two nothing is said",
        unit="ratio",
        low=1.0,
        high=5.0,
    )
    obey_command: bool = switched(
        True,
        "the `lamp_on` that a lamp reports is what it was last commanded and goes before sun and schedule; switch this "
        "off where controllers report the lamp's actual state instead",
    )
    command_margin_s: float = seconds(60.0, "for this long after a commanded change nothing is judged")
    command_valid_s: float = seconds(
        900.0,
        "a commanded state not reported again for this long, and for two and a half of the lamp's intervals, no longer "
        "counts; a restarted worker reads back at least as far",
        low=60.0,
        high=7200.0,
    )


class LampOut(Timed):
    """A lamp that should burn draws no power."""

    severity: Severity = graded(Severity.MINOR, SEVERITY)
    raise_after_s: float = seconds(300.0, RAISE_AFTER + "; long enough for a dark circuit to be recognised first")
    clear_after_s: float = seconds(60.0, CLEAR_AFTER)


class Together(Timed):
    """When lamps of one circuit count as having one cause."""

    share: float = threshold(
        0.6,
        "the lamps of a circuit are one cause when at least this share of those that reported lately and had no alert "
        "of their own is affected",
        unit=LAMPS,
        low=0.1,
        high=1.0,
    )
    heard_share: float = threshold(
        0.5,
        "nothing is said of the circuit while fewer than this share of its lamps without an alert of their own was "
        "heard lately: after a start the first few to report are not the circuit",
        unit=LAMPS,
        low=0.0,
        high=1.0,
    )
    clear_share: float = threshold(
        0.3, "the common cause is over when fewer than this share is still affected", unit=LAMPS, low=0.0, high=1.0
    )
    window_s: float = seconds(
        120.0, "they must have become affected within this long, or one and a half of their own intervals", low=1.0
    )
    min_lamps: int = threshold(3, "fewer lamps than this are never a common cause", unit="lamps", low=2, high=1000)

    @model_validator(mode="after")
    def _clears_below_where_it_raises(self) -> Self:
        if self.clear_share > self.share:
            raise ValueError("clear_share must not be above share, else the alert would clear as soon as it is raised")
        return self


class CircuitOut(Together):
    """Most lamps of one circuit go dark together."""

    severity: Severity = graded(Severity.MAJOR, SEVERITY)
    raise_after_s: float = seconds(60.0, RAISE_AFTER)


class DayBurning(Together):
    """A lamp burns when it should be dark; where most of a circuit does, one alert speaks for the circuit."""

    severity: Severity = graded(Severity.WARNING, SEVERITY)
    raise_after_s: float = seconds(600.0, RAISE_AFTER)
    window_s: float = seconds(
        300.0, "they must have become affected within this long, or one and a half of their own intervals", low=1.0
    )


class LampVoltage(Together):
    """A lamp's supply voltage is out of range; where most of a circuit is, one alert speaks for the circuit."""

    severity: Severity = graded(Severity.MINOR, SEVERITY)
    raise_after_s: float = seconds(300.0, RAISE_AFTER)
    clear_after_s: float = seconds(120.0, CLEAR_AFTER)
    low_v: float = threshold(198.0, "too low below this", unit="V", low=50.0, high=400.0, source=VOLTAGE)
    high_v: float = threshold(235.4, "too high above this", unit="V", low=50.0, high=480.0, source=VOLTAGE)
    hysteresis_v: float = threshold(
        2.0, "it is over when the voltage lies this far inside the range", unit="V", low=0.0, high=20.0
    )
    dead_v: float = threshold(
        50.0, "below this there is no supply at all, which is no matter of voltage", unit="V", low=0.0, high=150.0
    )

    @model_validator(mode="after")
    def _leaves_a_range(self) -> Self:
        if not self.dead_v < self.low_v < self.low_v + 2 * self.hysteresis_v < self.high_v:
            raise ValueError("dead_v < low_v < high_v must hold, with room for hysteresis_v on both sides")
        return self


class StreetlightThresholds(Section):
    """Streetlights: partition is the circuit."""

    burning: Burning = Burning()
    lamp_out: LampOut = LampOut()
    circuit_out: CircuitOut = CircuitOut()
    day_burning: DayBurning = DayBurning()
    voltage: LampVoltage = LampVoltage()
    unusual: LampUnusual = LampUnusual()

    @model_validator(mode="after")
    def _a_circuit_is_recognised_first(self) -> Self:
        if self.circuit_out.enabled and self.lamp_out.raise_after_s <= self.circuit_out.raise_after_s:
            raise ValueError(
                "lamp_out.raise_after_s must be longer than circuit_out.raise_after_s, else a dark circuit would raise "
                "an alert for each of its lamps"
            )
        return self
