"""The thresholds of what watches devices and streets: silence, sensor faults, lost cameras, parking and stalls."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from detectors.finding import Severity
from detectors.threshold import CLEAR_AFTER, GAP, SEVERITY, Rule, Section, bound, graded, listed, seconds, threshold
from ingest.observation import Quantity


class DeviceSilent(Rule):
    """A device or gateway has not been heard for longer than its own interval allows. Runs on the hub's clock."""

    severity: Severity = graded(Severity.MINOR, SEVERITY)
    intervals: float = threshold(
        4.0, "silent after this many of the device's own intervals", unit="intervals", low=1.5, high=100.0
    )
    at_least_s: float = seconds(60.0, "but never before this long", low=1.0)
    status_grace_s: float = seconds(
        10.0, "a device that reports itself offline (last will) is silent after this long", high=3600.0
    )


class DeviceThresholds(Section):
    """Devices and gateways of every kind."""

    silent: DeviceSilent = DeviceSilent()


class Range(Section):
    """The values that a quantity can physically take; anything outside is the sensor's fault, not the city's."""

    low: float = bound("the lowest value that can be, in the quantity's own unit")
    high: float = bound("the highest value that can be, in the quantity's own unit")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class Ranges(Section):
    """One range for each quantity that has one."""

    power_w: Range = Range(low=-5.0, high=5000.0)
    voltage_v: Range = Range(low=0.0, high=480.0)
    current_a: Range = Range(low=-0.5, high=100.0)
    dim_pct: Range = Range(low=0.0, high=100.0)
    lamp_on: Range = Range(low=0.0, high=1.0)
    energy_kwh: Range = Range(low=0.0, high=1e8)
    pressure_kpa: Range = Range(low=-10.0, high=4000.0)
    flow_l_s: Range = Range(low=-5000.0, high=5000.0)
    turbidity_ntu: Range = Range(low=0.0, high=4000.0)
    chlorine_mg_l: Range = Range(low=0.0, high=20.0)
    level_m: Range = Range(low=-0.5, high=50.0)
    methane_pct_lel: Range = Range(low=-5.0, high=110.0)
    gas_pressure_kpa: Range = Range(low=-10.0, high=5000.0)
    battery_pct: Range = Range(low=0.0, high=100.0)
    rssi_dbm: Range = Range(low=-150.0, high=20.0)

    def of(self, quantity: Quantity) -> Range | None:
        """Return the range of `quantity`, or None where any finite value is possible."""
        return getattr(self, quantity.value, None)


class SensorFault(Rule):
    """A sensor repeats one value for hours, or gives values that cannot be."""

    severity: Severity = graded(Severity.MINOR, SEVERITY)
    frozen_after_s: float = seconds(
        21600.0, "frozen when the very same value came for this long, without one change", low=60.0, high=2592000.0
    )
    frozen_quantities: tuple[Quantity, ...] = listed(
        (
            Quantity.PRESSURE_KPA,
            Quantity.FLOW_L_S,
            Quantity.TURBIDITY_NTU,
            Quantity.CHLORINE_MG_L,
            Quantity.METHANE_PCT_LEL,
            Quantity.GAS_PRESSURE_KPA,
        ),
        "quantities whose last digit always moves when the sensor lives; exactly zero never counts as frozen",
    )
    impossible_after_s: float = seconds(
        30.0, "values outside the physical range must have come for this long before it is raised", high=86400.0
    )
    clear_after_s: float = seconds(60.0, CLEAR_AFTER)
    gap_s: float = seconds(900.0, GAP, low=1.0)
    ranges: Ranges = Ranges()


class SensorThresholds(Section):
    """Sensors of every kind."""

    fault: SensorFault = SensorFault()


class CameraLost(Rule):
    """No frame of a camera has arrived for a while. Runs on the hub's clock."""

    severity: Severity = graded(Severity.MAJOR, SEVERITY)
    after_s: float = seconds(30.0, "lost when no frame came for this long", low=2.0)
    status_grace_s: float = seconds(
        5.0, "a camera that reports itself offline (last will) is lost after this long", high=3600.0
    )
    clear_after_s: float = seconds(5.0, "frames must have come again for this long before the alert clears")


class CameraMoved(Rule):
    """A camera's picture no longer shows what its zones were drawn in: it was moved or covered, or left its preset."""

    severity: Severity = graded(Severity.MAJOR, SEVERITY)
    shift_pct: float = threshold(
        2.0,
        "moved when the picture's corners lie this far from where they were, in percent of the picture's width",
        unit="%",
        low=0.5,
        high=50.0,
        source="our judgement: a turn by two degrees of a camera that sees 66 degrees is 3 %, wind on a pole below 1 %",
    )
    shift_back_pct: float = threshold(1.2, "back when they lie nearer than this", unit="%", low=0.0, high=50.0)
    lost_pct: float = threshold(
        70.0,
        "covered, or turned too far away, when this much of the view cannot be found; a bus that fills half of the "
        "picture hides less",
        unit="%",
        low=20.0,
        high=100.0,
    )
    lost_back_pct: float = threshold(50.0, "back when no more than this is missing", unit="%", low=0.0, high=100.0)
    sharpness_pct: float = threshold(
        30.0,
        "out of focus when the picture's fine detail falls to this share of what it was",
        unit="%",
        low=0.0,
        high=90.0,
        source="our judgement: a blur of about two points of a picture 640 points wide, measured on rendered streets",
    )
    sharpness_back_pct: float = threshold(45.0, "sharp again when it reaches this share", unit="%", low=0.0, high=100.0)
    moved_after_s: float = seconds(10.0, "the view must have been seen moved for this long before it is raised")
    covered_after_s: float = seconds(
        60.0, "it must have been covered or out of focus for this long before it is raised: lorries wait, lenses mist"
    )
    clear_after_s: float = seconds(10.0, "the view must have been seen back for this long before the alert clears")
    gap_s: float = seconds(
        15.0,
        "a gap between two looks at the view longer than this is blind time; frames are judged once the next look has "
        "found the view in place, and wait for it no longer than this",
        low=1.0,
        high=600.0,
    )

    @model_validator(mode="after")
    def _back_lies_inside(self) -> Self:
        if self.shift_back_pct > self.shift_pct:
            raise ValueError("shift_back_pct must not be above shift_pct")
        if self.lost_back_pct > self.lost_pct:
            raise ValueError("lost_back_pct must not be above lost_pct")
        if self.sharpness_back_pct < self.sharpness_pct:
            raise ValueError("sharpness_back_pct must not be below sharpness_pct")
        return self


class CameraThresholds(Section):
    """Cameras."""

    lost: CameraLost = CameraLost()
    moved: CameraMoved = CameraMoved()


class Stay(Rule):
    """What makes boxes of many frames one thing standing at one place; parking and stalls share it."""

    dwell_s: float = seconds(
        180.0, "raised when it has stood this long inside the zone; a zone may set its own", low=1.0
    )
    confidence: float = threshold(
        0.4, "the median confidence of the stay's boxes must reach this", unit="ratio", low=0.05, high=1.0
    )
    box_floor: float = threshold(
        0.2, "boxes less confident than this are not looked at", unit="ratio", low=0.05, high=1.0
    )
    overlap: float = threshold(
        0.5,
        "a box continues a stay when it overlaps it by this share (intersection over union)",
        unit="ratio",
        low=0.1,
        high=1.0,
    )
    drift: float = threshold(
        0.35,
        "a stay ends when its box has moved from where it began by more than this share of the box's own width",
        unit="ratio",
        low=0.05,
        high=2.0,
    )
    presence: float = threshold(
        0.4,
        "the box must have been there for this share of the stay's seen time: what waits and moves on is traffic",
        unit="ratio",
        low=0.0,
        high=1.0,
    )
    scatter: float = threshold(
        0.15,
        "the stay's boxes must lie this close to their mean (root mean square, share of the box's own size): what "
        "lies further apart is several things that passed",
        unit="ratio",
        low=0.01,
        high=2.0,
    )
    occlusion_s: float = seconds(
        30.0, "time without the box up to this long counts on: something passed in front", high=3600.0
    )
    clear_after_s: float = seconds(20.0, "the place must have been seen empty for this long before the alert clears")
    swap_s: float = seconds(
        8.0, "a box that comes to a place seen empty for this long is another one, and begins a stay of its own"
    )
    gap_s: float = seconds(
        20.0, "a gap between frames longer than this is blind time: it neither counts nor ends a stay", low=0.5
    )
    forget_s: float = seconds(
        900.0, "after blind time longer than this a stay that is not raised is forgotten: nobody knows who stood there"
    )
    place: float = threshold(
        0.05,
        "the place in the subject's name is rounded to this share of the picture",
        unit="ratio",
        low=0.01,
        high=0.5,
    )

    @model_validator(mode="after")
    def _ends_in_order(self) -> Self:
        if self.box_floor > self.confidence:
            raise ValueError("box_floor must not be above confidence, else no box could lower the median")
        if self.forget_s < self.gap_s:
            raise ValueError("forget_s must not be below gap_s, else a slow camera would forget from frame to frame")
        return self


class ParkingIllegal(Stay):
    """A vehicle stands in a no-parking zone longer than its dwell."""

    severity: Severity = graded(Severity.MINOR, SEVERITY)
    confidence: float = threshold(
        0.25,
        "the median confidence of the stay's boxes must reach this",
        unit="ratio",
        low=0.05,
        high=1.0,
        source="what ultralytics itself takes for a find; medians of real standing vehicles reach down to it",
    )
    box_floor: float = threshold(
        0.1,
        "boxes less confident than this are not looked at",
        unit="ratio",
        low=0.05,
        high=1.0,
        source="the vision role's own floor; small models half see a real standing vehicle for seconds",
    )
    labels: tuple[str, ...] = listed(
        ("car", "bus", "truck", "motorcycle"), "detections that count as a vehicle; the label may change during a stay"
    )


class ParkingThresholds(Section):
    """Parking: partition is the camera."""

    illegal: ParkingIllegal = ParkingIllegal()


class StallUnlicensed(Stay):
    """A street stall stands where no permit is valid now."""

    severity: Severity = graded(Severity.MINOR, SEVERITY)
    dwell_s: float = seconds(
        300.0, "raised when it has stood this long without a permit; a zone may set its own", low=1.0
    )
    occlusion_s: float = seconds(
        60.0, "time without the box up to this long counts on: customers stand in front", high=3600.0
    )
    clear_after_s: float = seconds(60.0, "the place must have been seen empty for this long before the alert clears")
    swap_s: float = seconds(
        30.0, "a box that comes to a place seen empty for this long is another one, and begins a stay of its own"
    )
    labels: tuple[str, ...] = listed(("stall",), "detections that count as a street stall")


class StallThresholds(Section):
    """Stalls: partition is the camera."""

    unlicensed: StallUnlicensed = StallUnlicensed()
