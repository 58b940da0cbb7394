"""The city as configured: grids, devices, circuits, gateways, cameras, zones, permits and calendar; pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum


class DeviceKind(StrEnum):
    """What a device is; also the `{kind}` segment of its topics."""

    STREETLIGHT = "streetlight"
    WATER = "water"
    DRAINAGE = "drainage"
    GAS = "gas"
    GATEWAY = "gateway"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One responsibility grid (网格).

    `boundary` are closed rings of (longitude, latitude) in WGS-84: a ring within another is a hole in it, one beside it
    a further part. Empty: the city file does not say where the grid lies.
    """

    grid_id: str
    name: str
    district: str = ""
    boundary: tuple[tuple[tuple[float, float], ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One sensor, lamp controller or gateway.

    `interval_s` is how often it reports when all is well. `gateway_id` is the gateway it reports through, if any.
    `circuit_id` is set for lamps.
    """

    device_id: str
    kind: DeviceKind
    grid: str
    interval_s: float
    name: str = ""
    gateway_id: str | None = None
    circuit_id: str | None = None
    rated_power_w: float | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """Lamps behind one breaker. `lit` overrides the sun: windows of local time when its lamps should burn."""

    circuit_id: str
    grid: str
    lamps: tuple[str, ...]
    gateway_id: str | None = None
    lit: tuple[tuple[time, time], ...] | None = None
    name: str = ""


class ZoneKind(StrEnum):
    """What a polygon in one camera's picture means."""

    NO_PARKING = "no_parking"
    NO_STALL = "no_stall"
    PERMITTED_STALL = "permitted_stall"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """When something holds: season × weekday × local hour × holiday.

    `season` is ((month, day) from, (month, day) to), inclusive, may wrap over New Year; None is all year.
    `weekdays` are ISO numbers 1 (Monday) to 7. `hours` are local [from, to) and may wrap over midnight: the part after
    midnight belongs to the day it began on. `on_holidays`: True only on holidays, False never on holidays, None either.
    A make-up workday counts as a working day (weekday 1–5) and not as a holiday.
    """

    season: tuple[tuple[int, int], tuple[int, int]] | None = None
    weekdays: frozenset[int] = frozenset(range(1, 8))
    hours: tuple[time, time] = (time(0), time(0))  # equal ends: the whole day
    on_holidays: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A polygon in one camera's picture, corners in fractions of the picture (0..1).

    `active` are the windows in which a no-parking or no-stall zone is watched (empty: always). `permits` are the
    windows in which stalls may stand in a permitted-stall zone (empty: never). `dwell_s` overrides the rule's dwell.
    `latitude` and `longitude` are where its middle lies on the ground: two cameras that see one place are known by it.
    """

    zone_id: str
    camera_id: str
    kind: ZoneKind
    polygon: tuple[tuple[float, float], ...]
    name: str = ""
    dwell_s: float | None = None
    active: tuple[TimeWindow, ...] = ()
    permits: tuple[TimeWindow, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One street camera. `url` may hold credentials: it is never logged nor served.

    `preset` is the number of the preset that a camera which can be turned stood at when its zones were drawn.
    """

    camera_id: str
    grid: str
    url: str = field(repr=False)
    name: str = ""
    zones: tuple[Zone, ...] = ()
    preset: int | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Public holidays and make-up workdays, as local dates; `years` are the years they are complete for."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Everything the hub knows of the city. `devices` holds gateways too, not cameras; `timezone` is an IANA name."""

    name: str
    timezone: str
    latitude: float
    longitude: float
    grids: Mapping[str, Grid]
    devices: Mapping[str, Device]
    circuits: Mapping[str, Circuit] = field(default_factory=dict)
    cameras: Mapping[str, Camera] = field(default_factory=dict)
    calendar: Calendar = Calendar()
