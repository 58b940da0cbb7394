"""The values that arrive: readings, statuses and camera frames, each with the device's time and ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

COLOURS_ACROSS = COLOURS_DOWN = 3
COLOURS_BYTES = 3 * COLOURS_ACROSS * COLOURS_DOWN


class NaiveTimeError(ValueError):
    """A datetime without a timezone was given where an instant is needed."""


class Quantity(StrEnum):
    """What a value measures; the name carries the unit, one unit per quantity."""

    POWER_W = "power_w"
    VOLTAGE_V = "voltage_v"
    CURRENT_A = "current_a"
    DIM_PCT = "dim_pct"
    LAMP_ON = "lamp_on"
    ENERGY_KWH = "energy_kwh"
    PRESSURE_KPA = "pressure_kpa"
    FLOW_L_S = "flow_l_s"
    TURBIDITY_NTU = "turbidity_ntu"
    CHLORINE_MG_L = "chlorine_mg_l"
    LEVEL_M = "level_m"
    METHANE_PCT_LEL = "methane_pct_lel"
    GAS_PRESSURE_KPA = "gas_pressure_kpa"
    BATTERY_PCT = "battery_pct"
    RSSI_DBM = "rssi_dbm"
    # Camera health travels as telemetry too.
    DECODED_FPS = "decoded_fps"
    PROCESSED_FPS = "processed_fps"
    SKIPPED_FPS = "skipped_fps"
    INFERENCE_MS = "inference_ms"
    RECONNECTS = "reconnects"
    # Where a camera looks: its view against the one that its zones were drawn in, and the preset that it stands at.
    VIEW_LOST_PCT = "view_lost_pct"
    VIEW_SHARPNESS_PCT = "view_sharpness_pct"
    VIEW_SHIFT_PCT = "view_shift_pct"
    PTZ_PRESET = "ptz_preset"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value of one quantity by one device.

    `value` is in the unit its quantity names. `measured_at` is the device's clock, `received_at` ours;
    both carry a timezone. Two deliveries of one message give equal readings: `received_at` is no identity.
    """

    device_id: str
    quantity: Quantity
    value: float
    measured_at: datetime
    received_at: datetime = field(compare=False)

    def __post_init__(self) -> None:
        if self.measured_at.tzinfo is None or self.received_at.tzinfo is None:
            raise NaiveTimeError(f"a reading of {self.device_id} carries a time without a timezone")


@dataclass(frozen=True, slots=True)
class Status:
    """A device, gateway or camera said that it is online, or its last will said that it is not.

    `reported_at` is the device's time where the message has one, else equal to `received_at`.
    `retained` tells a state replayed by the broker on subscription from one that happens now. `outage` is why it is
    not online, in a word or a few, where it tells: of a camera one of `detectors.outages`.
    """

    device_id: str
    online: bool
    reported_at: datetime
    received_at: datetime = field(compare=False)
    retained: bool = field(default=False, compare=False)
    outage: str = ""

    def __post_init__(self) -> None:
        if self.reported_at.tzinfo is None or self.received_at.tzinfo is None:
            raise NaiveTimeError(f"a status of {self.device_id} carries a time without a timezone")


@dataclass(frozen=True, slots=True)
class Box:
    """One detection: a box in one frame, in fractions of the picture (0..1, origin top left, x1<x2, y1<y2).

    `colours` are the mean colours of a coarse grid of patches within the box, in the frame it was found in: row by row,
    `COLOURS_BYTES` in all, or none where the camera does not tell.
    """

    label: str
    confidence: float
    track_id: int | None
    x1: float
    y1: float
    x2: float
    y2: float
    colours: bytes = b""


@dataclass(frozen=True, slots=True)
class Frame:
    """One processed camera frame and every box in it; a frame with no box is recorded too."""

    camera_id: str
    captured_at: datetime
    boxes: tuple[Box, ...]
    received_at: datetime = field(compare=False)

    def __post_init__(self) -> None:
        if self.captured_at.tzinfo is None or self.received_at.tzinfo is None:
            raise NaiveTimeError(f"a frame of {self.camera_id} carries a time without a timezone")


Observation = Reading | Status | Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePicture:
    """One JPEG that a camera sent because the hub asked for it, to be filed with an alert; or word that it has none.

    Where `missing` says why there is no picture, `jpeg` is empty and `captured_at` is the instant that was asked for.
    """

    camera_id: str
    alert_id: str
    kind: str  # "first_sight" | "confirmation" | "clear", with suffix "_annotated" when boxes are drawn in
    captured_at: datetime
    received_at: datetime
    jpeg: bytes
    missing: str = ""


class QuarantineReason(StrEnum):
    """Why a message, or one entry of it, could not become an observation."""

    BAD_TOPIC = "bad_topic"
    BAD_ENCODING = "bad_encoding"
    BAD_JSON = "bad_json"
    BAD_SHAPE = "bad_shape"
    BAD_VALUE = "bad_value"
    UNKNOWN_QUANTITY = "unknown_quantity"
    UNKNOWN_DEVICE = "unknown_device"
    WRONG_GRID = "wrong_grid"
    NO_TIMEZONE = "no_timezone"
    TIME_IN_FUTURE = "time_in_future"
    TIME_TOO_OLD = "time_too_old"
    TOO_LARGE = "too_large"
    REFUSED = "refused"  # readable, but the database will never take it


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message (or one entry of it) kept with its raw bytes and the named reason it could not be read.

    `grid` is the topic's grid when that could be read, else "". `entry` is the index inside a batch, or None.
    """

    topic: str
    payload: bytes
    reason: QuarantineReason
    detail: str
    grid: str
    received_at: datetime
    entry: int | None = None
