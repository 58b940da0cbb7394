"""The thresholds of the water, drainage and gas rules: defaults, ranges, units and their sources."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from detectors.finding import Severity
from detectors.threshold import (
    CLEAR_AFTER,
    RAISE_AFTER,
    SEVERITY,
    Rule,
    Section,
    Timed,
    graded,
    seconds,
    threshold,
)
from detectors.thresholds_unusual import WaterUnusual

WATER_QUALITY = "GB 5749-2022, limits for drinking water"
GAS_LEVELS = (
    "GB/T 50493-2019 §5.5: first level at most 25 %LEL, second at most 50 %LEL. That is a standard for petrochemical "
    "works; no standard of city mains sets levels for street detectors, so we borrow its figures"
)
NIGHT_FLOW = "minimum night flow, as leakage engineers use it: most customers sleep between 02:00 and 04:00"


class Burst(Timed):
    """Pressure falls fast while flow rises at the same place: a main has burst."""

    severity: Severity = graded(Severity.CRITICAL, SEVERITY)
    raise_after_s: float = seconds(20.0, RAISE_AFTER)
    clear_after_s: float = seconds(120.0, CLEAR_AFTER)
    fall_kpa: float = threshold(
        60.0, "pressure must lie this far below its highest of the window", unit="kPa", low=1.0, high=1000.0
    )
    rise_share: float = threshold(
        0.5, "while flow lies this share above its lowest of the window", unit="ratio", low=0.01, high=10.0
    )
    rise_l_s: float = threshold(
        2.0, "and at least this much above it, so that a trickle never counts", unit="L/s", low=0.0, high=1000.0
    )
    window_s: float = seconds(
        180.0, "how far back the highest pressure and the lowest flow are looked for", low=5.0, high=3600.0
    )
    clear_share: float = threshold(
        0.5,
        "it is over when pressure has regained this share of its fall and flow has lost it of its rise",
        unit="ratio",
        low=0.1,
        high=0.9,
    )


class Leak(Rule):
    """The night's lowest flow lies above what this device's nights are used to: water runs where nobody draws it."""

    severity: Severity = graded(Severity.MAJOR, SEVERITY)
    from_hour: float = threshold(
        2.0, "local hour at which the night window begins", unit="h", low=0.0, high=23.0, source=NIGHT_FLOW
    )
    to_hour: float = threshold(
        4.0, "local hour at which the night window ends", unit="h", low=0.5, high=24.0, source=NIGHT_FLOW
    )
    bucket_min: float = threshold(
        15.0,
        "the night's flow is averaged over aligned spans this long, and the lowest average counts",
        unit="min",
        low=1.0,
        high=60.0,
        source="the usual span of flow loggers in leakage work; our judgement",
    )
    bucket_readings: int = threshold(1, "a span with fewer readings says nothing", unit="readings", low=1, high=1000)
    coverage: float = threshold(
        0.5, "a night of whose spans fewer than this share say something is not judged", unit="ratio", low=0.1, high=1.0
    )
    nights: int = threshold(
        7, "the median of the nights of this many past days is the baseline", unit="nights", low=1, high=60
    )
    min_nights: int = threshold(3, "with fewer past nights than this nothing is judged", unit="nights", low=1, high=60)
    factor: float = threshold(
        1.5,
        "raised when the night's lowest flow is above this many times the baseline",
        unit="ratio",
        low=1.01,
        high=20.0,
    )
    above_l_s: float = threshold(
        1.0,
        "and at least this much above the baseline; cleared also on a night less than half of it above",
        unit="L/s",
        low=0.0,
        high=1000.0,
    )
    clear_factor: float = threshold(
        1.2,
        "cleared on a night whose lowest flow is below this many times the baseline",
        unit="ratio",
        low=1.0,
        high=20.0,
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.from_hour >= self.to_hour:
            raise ValueError("from_hour must be before to_hour; the night window lies within one local day")
        if self.min_nights > self.nights:
            raise ValueError("min_nights must not be more than nights")
        if self.clear_factor > self.factor:
            raise ValueError(
                "clear_factor must not be above factor, else the alert would clear as soon as it is raised"
            )
        return self


class WaterPressure(Timed):
    """Mains pressure is too low or too high."""

    severity: Severity = graded(Severity.MAJOR, SEVERITY)
    raise_after_s: float = seconds(120.0, RAISE_AFTER)
    clear_after_s: float = seconds(120.0, CLEAR_AFTER)
    low_kpa: float = threshold(
        140.0,
        "too low below this",
        unit="kPa",
        low=0.0,
        high=2000.0,
        source="our judgement, after the 0.14 MPa that water companies commonly promise at the end of the network",
    )
    high_kpa: float = threshold(
        600.0,
        "too high above this",
        unit="kPa",
        low=1.0,
        high=5000.0,
        source="our judgement, after the 0.6 MPa that household fittings are made for",
    )
    hysteresis_kpa: float = threshold(
        15.0, "it is over when pressure lies this far inside the range", unit="kPa", low=0.0, high=200.0
    )

    @model_validator(mode="after")
    def _leaves_a_range(self) -> Self:
        if self.low_kpa + 2 * self.hysteresis_kpa >= self.high_kpa:
            raise ValueError("low_kpa must be below high_kpa with room for hysteresis_kpa on both sides")
        return self


class WaterQuality(Timed):
    """Turbidity too high, or free residual chlorine too low or too high."""

    severity: Severity = graded(Severity.MAJOR, SEVERITY)
    raise_after_s: float = seconds(120.0, RAISE_AFTER)
    clear_after_s: float = seconds(300.0, CLEAR_AFTER)
    turbidity_ntu: float = threshold(
        1.0, "too turbid above this", unit="NTU", low=0.05, high=20.0, source=WATER_QUALITY + ": 1 NTU"
    )
    turbidity_clear_ntu: float = threshold(0.9, "clear again below this", unit="NTU", low=0.01, high=20.0)
    chlorine_low_mg_l: float = threshold(
        0.05,
        "too little free chlorine below this",
        unit="mg/L",
        low=0.0,
        high=2.0,
        source=WATER_QUALITY + ": at least 0.05 mg/L free chlorine at the end of the pipe",
    )
    chlorine_high_mg_l: float = threshold(
        2.0,
        "too much free chlorine above this",
        unit="mg/L",
        low=0.1,
        high=10.0,
        source=WATER_QUALITY + ": at most 2 mg/L free chlorine",
    )
    chlorine_hysteresis_mg_l: float = threshold(
        0.02, "it is over when chlorine lies this far inside the range", unit="mg/L", low=0.0, high=0.5
    )

    @model_validator(mode="after")
    def _leaves_a_range(self) -> Self:
        if self.turbidity_clear_ntu > self.turbidity_ntu:
            raise ValueError("turbidity_clear_ntu must not be above turbidity_ntu")
        if self.chlorine_low_mg_l + 2 * self.chlorine_hysteresis_mg_l >= self.chlorine_high_mg_l:
            raise ValueError("chlorine_low_mg_l must be below chlorine_high_mg_l with room for the hysteresis")
        return self


class WaterThresholds(Section):
    """Water mains: partition is the device."""

    burst: Burst = Burst()
    leak: Leak = Leak()
    pressure: WaterPressure = WaterPressure()
    quality: WaterQuality = WaterQuality()
    unusual: WaterUnusual = WaterUnusual()


class DrainageLevel(Timed):
    """Water stands too high in a drain or underpass, or rises too fast."""

    severity: Severity = graded(Severity.MAJOR, SEVERITY)
    raise_after_s: float = seconds(30.0, RAISE_AFTER)
    clear_after_s: float = seconds(300.0, CLEAR_AFTER)
    high_m: float = threshold(
        1.5,
        "too high above this; the depth of a manhole is its own, so set this to the place",
        unit="m",
        low=0.01,
        high=50.0,
    )
    clear_m: float = threshold(1.3, "it is over below this", unit="m", low=0.0, high=50.0)
    rise_m: float = threshold(
        0.3, "rising too fast when it rose this much within the window", unit="m", low=0.01, high=10.0
    )
    rise_window_s: float = seconds(300.0, "how far back the lowest level is looked for", low=5.0, high=3600.0)
    rise_floor_m: float = threshold(
        0.3, "below this level no rise is too fast: a dry drain fills in every shower", unit="m", low=0.0, high=50.0
    )

    @model_validator(mode="after")
    def _clears_below(self) -> Self:
        if self.clear_m > self.high_m:
            raise ValueError("clear_m must not be above high_m")
        return self


class DrainageThresholds(Section):
    """Drainage: partition is the device."""

    level: DrainageLevel = DrainageLevel()


class GasLeak(Timed):
    """Methane in the air of a vault or room: rising fast, first level, second level."""

    severity: Severity = graded(Severity.MAJOR, "severity at the first level")
    severity_high: Severity = graded(Severity.CRITICAL, "severity at the second level")
    severity_rising: Severity = graded(Severity.WARNING, "severity of a fast rise below the first level")
    raise_after_s: float = seconds(10.0, RAISE_AFTER + " at the first level; the second level never waits", high=300.0)
    clear_after_s: float = seconds(120.0, CLEAR_AFTER)
    low_pct_lel: float = threshold(
        25.0, "first level, from this on", unit="%LEL", low=1.0, high=25.0, source=GAS_LEVELS
    )
    high_pct_lel: float = threshold(
        50.0,
        "second level, from this on; raised on the very reading",
        unit="%LEL",
        low=2.0,
        high=50.0,
        source=GAS_LEVELS,
    )
    clear_pct_lel: float = threshold(20.0, "it is over below this", unit="%LEL", low=0.1, high=25.0)
    rise_pct_lel: float = threshold(
        10.0, "rising fast when it rose this much within the window", unit="%LEL", low=1.0, high=50.0
    )
    rise_window_s: float = seconds(60.0, "how far back the lowest reading is looked for", low=5.0, high=3600.0)
    rise_raise_after_s: float = seconds(
        10.0, "seconds that a fast rise must have been seen before it is raised", high=300.0
    )

    @model_validator(mode="after")
    def _levels_in_order(self) -> Self:
        if not self.clear_pct_lel < self.low_pct_lel < self.high_pct_lel:
            raise ValueError("clear_pct_lel < low_pct_lel < high_pct_lel must hold")
        return self


class GasPressure(Timed):
    """Pressure in a low-pressure gas main is too low or too high."""

    severity: Severity = graded(Severity.MAJOR, SEVERITY)
    raise_after_s: float = seconds(60.0, RAISE_AFTER)
    clear_after_s: float = seconds(120.0, CLEAR_AFTER)
    low_kpa: float = threshold(
        1.5,
        "too low below this",
        unit="kPa",
        low=0.0,
        high=4000.0,
        source="our judgement: three quarters of the 2 kPa that household natural-gas appliances are made for",
    )
    high_kpa: float = threshold(
        3.0,
        "too high above this; set both for mains of another pressure class",
        unit="kPa",
        low=0.1,
        high=5000.0,
        source="our judgement: one and a half times the 2 kPa that household natural-gas appliances are made for",
    )
    hysteresis_kpa: float = threshold(
        0.1, "it is over when pressure lies this far inside the range", unit="kPa", low=0.0, high=100.0
    )

    @model_validator(mode="after")
    def _leaves_a_range(self) -> Self:
        if self.low_kpa + 2 * self.hysteresis_kpa >= self.high_kpa:
            raise ValueError("low_kpa must be below high_kpa with room for hysteresis_kpa on both sides")
        return self


class GasThresholds(Section):
    """Gas: partition is the device."""

    leak: GasLeak = GasLeak()
    pressure: GasPressure = GasPressure()
