"""Takes city.yaml, gives a City: the file's shape in pydantic and the checks that reach across it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hub.config.vision_file import CameraVision, CityVision
from hub.config.yaml_source import ConfigError, Place, Source, names_in
from ingest.city import (
    Calendar,
    Camera,
    Circuit,
    City,
    Device,
    DeviceKind,
    Grid,
    TimeWindow,
    Zone,
    ZoneKind,
)

Identifier = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit",
        examples=["lamp-0107"],
    ),
]
Share = Annotated[float, Field(ge=0, le=1)]
Latitude = Annotated[float, Field(ge=-90, le=90, description="degrees north, WGS-84")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="degrees east, WGS-84")]
_HOURS = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")
_SEASON = re.compile(r"^(\d{2})-(\d{2})/(\d{2})-(\d{2})$")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _clock(hour: str, minute: str) -> time:
    if int(hour) == 24 and minute != "00":
        raise ValueError("the day ends at 24:00")
    return time(int(hour) % 24, int(minute))


def parse_hours(text: str) -> tuple[time, time]:
    """Return both ends of "HH:MM-HH:MM", 24:00 as midnight; raise ValueError that says what would be right."""
    found = _HOURS.match(text)
    if not found:
        raise ValueError("write hours as HH:MM-HH:MM, for example 06:00-22:00")
    return _clock(*found.group(1, 2)), _clock(*found.group(3, 4))


class WindowEntry(_Entry):
    """Season × weekday × hour × holiday."""

    season: str | None = Field(None, description="MM-DD/MM-DD, both inclusive; may wrap over New Year")
    weekdays: frozenset[Annotated[int, Field(ge=1, le=7)]] = Field(
        frozenset(range(1, 8)), description="ISO weekdays, 1 is Monday", min_length=1
    )
    hours: str = Field("00:00-24:00", description="HH:MM-HH:MM local time; may wrap over midnight")
    holidays: Literal["only", "never", "any"] = Field("any", description="whether it holds on public holidays")

    @field_validator("hours")
    @classmethod
    def _check_hours(cls, text: str) -> str:
        parse_hours(text)
        return text

    @field_validator("season")
    @classmethod
    def _check_season(cls, text: str | None) -> str | None:
        if text is not None:
            _season(text)
        return text

    def value(self) -> TimeWindow:
        """Return the window as the detectors know it."""
        return TimeWindow(
            season=_season(self.season) if self.season else None,
            weekdays=self.weekdays,
            hours=parse_hours(self.hours),
            on_holidays={"only": True, "never": False, "any": None}[self.holidays],
        )


def _season(text: str) -> tuple[tuple[int, int], tuple[int, int]]:
    found = _SEASON.match(text)
    try:
        if not found:
            raise ValueError
        one, two, three, four = (int(part) for part in found.groups())
        for month, day in ((one, two), (three, four)):
            date(2024, month, day)  # a leap year, so that 29 February may be named
    except ValueError:
        raise ValueError("write a season as MM-DD/MM-DD, for example 03-01/11-30") from None
    return (one, two), (three, four)


class GridEntry(_Entry):
    """A responsibility grid."""

    id: Identifier
    name: str
    district: str = ""
    boundary: list[list[tuple[Longitude, Latitude]]] = Field(
        default_factory=list,
        max_length=200,
        description="closed rings of [longitude, latitude] in WGS-84, as the coordinates of a GeoJSON Polygon; a ring "
        "within another is a hole, one beside it a further part; absent: nobody says where the grid lies",
    )


class GatewayEntry(_Entry):
    """A gateway that sends for its devices."""

    id: Identifier
    grid: Identifier
    interval_s: float = Field(60, gt=0, le=86400, description="seconds between its messages when all is well")
    name: str = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class CircuitEntry(_Entry):
    """Lamps behind one breaker; a lamp names its circuit."""

    id: Identifier
    grid: Identifier
    gateway: Identifier | None = None
    name: str = ""
    lit: list[str] | None = Field(None, description="local HH:MM-HH:MM windows when it burns; absent: by the sun")

    @field_validator("lit")
    @classmethod
    def _check_lit(cls, windows: list[str] | None) -> list[str] | None:
        for window in windows or []:
            parse_hours(window)
        return windows


class DeviceEntry(_Entry):
    """A lamp controller or a sensor."""

    id: Identifier
    kind: Literal["streetlight", "water", "drainage", "gas"]
    grid: Identifier
    interval_s: float = Field(60, gt=0, le=86400, description="seconds between its messages when all is well")
    gateway: Identifier | None = None
    circuit: Identifier | None = None
    rated_power_w: float | None = Field(None, gt=0, le=10000)
    name: str = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class ZoneEntry(_Entry):
    """A polygon in the camera's picture."""

    id: Identifier
    kind: ZoneKind
    polygon: list[tuple[Share, Share]] = Field(min_length=3, description="corners in fractions of the picture, 0..1")
    name: str = ""
    dwell_s: float | None = Field(None, gt=0, le=86400)
    active: list[WindowEntry] = Field(default_factory=list)
    permits: list[WindowEntry] = Field(default_factory=list)
    latitude: Latitude | None = Field(None, description="of the zone's middle on the ground, degrees north, WGS-84")
    longitude: Longitude | None = Field(None, description="of the zone's middle on the ground, degrees east, WGS-84")


class CameraEntry(_Entry):
    """A street camera."""

    id: Identifier
    grid: Identifier
    url: str = Field(pattern=r"^(rtsps?|https?|tcp|file)://.+", repr=False, examples=["rtsp://user:pass@10.0.0.9/1"])
    name: str = ""
    zones: list[ZoneEntry] = Field(default_factory=list)
    preset: int | None = Field(
        None, ge=0, le=65535, description="for a camera that can be turned: the preset at which its zones were drawn"
    )
    vision: CameraVision | None = Field(None, description="how this camera is watched, where unlike the others")
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class CalendarEntry(_Entry):
    """Public holidays and make-up workdays, per year as announced."""

    holidays: list[date] = Field(default_factory=list)
    workdays: list[date] = Field(default_factory=list)
    years: list[int] = Field(default_factory=list, description="the years for which the lists are complete")


class CityFile(_Entry):
    """The whole file."""

    name: str
    timezone: str = Field(examples=["Asia/Shanghai"])
    latitude: Latitude
    longitude: Longitude
    grids: list[GridEntry] = Field(min_length=1)
    gateways: list[GatewayEntry] = Field(default_factory=list)
    circuits: list[CircuitEntry] = Field(default_factory=list)
    devices: list[DeviceEntry] = Field(default_factory=list)
    cameras: list[CameraEntry] = Field(default_factory=list)
    vision: CityVision | None = Field(None, description="how cameras are watched")
    calendar: CalendarEntry = CalendarEntry()

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("is not an IANA timezone such as Asia/Shanghai")
        ZoneInfo(name)
        return name


def parsed(source: Source) -> CityFile:
    """Return the file with every setting of the right kind and in its range; raise ConfigError otherwise."""
    try:
        return CityFile.model_validate(source.data)
    except ValidationError as error:
        raise source.refuse(error, names_in(CityFile.model_json_schema())) from None


def city_from(source: Source) -> City:
    """Return the city that `source` describes; raise ConfigError with every problem found."""
    return city_of(source, parsed(source))


def city_of(source: Source, file: CityFile) -> City:
    """Return the city of a parsed file; raise ConfigError where it contradicts itself."""
    problems = [source.problem(place, message) for place, message in _contradictions(file)]
    if problems:
        raise ConfigError(problems)
    lamps: dict[str, list[str]] = {circuit.id: [] for circuit in file.circuits}
    for device in file.devices:
        if device.circuit:
            lamps[device.circuit].append(device.id)
    gateways = {
        entry.id: Device(
            device_id=entry.id,
            kind=DeviceKind.GATEWAY,
            **entry.model_dump(exclude={"id", "kind"}),
        )
        for entry in file.gateways
    }
    devices = {
        entry.id: Device(
            device_id=entry.id,
            kind=DeviceKind(entry.kind),
            gateway_id=entry.gateway,
            circuit_id=entry.circuit,
            **entry.model_dump(exclude={"id", "kind", "gateway", "circuit"}),
        )
        for entry in file.devices
    }
    return City(
        name=file.name,
        timezone=file.timezone,
        latitude=file.latitude,
        longitude=file.longitude,
        grids={entry.id: _grid(entry) for entry in file.grids},
        devices=gateways | devices,
        circuits={
            entry.id: Circuit(
                circuit_id=entry.id,
                grid=entry.grid,
                gateway_id=entry.gateway,
                name=entry.name,
                lamps=tuple(lamps[entry.id]),
                lit=None if entry.lit is None else tuple(parse_hours(window) for window in entry.lit),
            )
            for entry in file.circuits
        },
        cameras={entry.id: _camera(entry) for entry in file.cameras},
        calendar=Calendar(
            holidays=frozenset(file.calendar.holidays),
            workdays=frozenset(file.calendar.workdays),
            years=frozenset(file.calendar.years),
        ),
    )


def _grid(entry: GridEntry) -> Grid:
    return Grid(
        grid_id=entry.id,
        name=entry.name,
        district=entry.district,
        boundary=tuple(tuple(ring) for ring in entry.boundary),
    )


def _camera(entry: CameraEntry) -> Camera:
    return Camera(
        camera_id=entry.id,
        grid=entry.grid,
        url=entry.url,
        name=entry.name,
        preset=entry.preset,
        latitude=entry.latitude,
        longitude=entry.longitude,
        zones=tuple(
            Zone(
                zone_id=zone.id,
                camera_id=entry.id,
                kind=zone.kind,
                polygon=tuple(zone.polygon),
                name=zone.name,
                dwell_s=zone.dwell_s,
                active=tuple(window.value() for window in zone.active),
                permits=tuple(window.value() for window in zone.permits),
                latitude=zone.latitude,
                longitude=zone.longitude,
            )
            for zone in entry.zones
        ),
    )


def _contradictions(file: CityFile) -> Iterator[tuple[Place, str]]:
    """Yield what no single entry can know: ids given twice, references that lead nowhere or into another grid."""
    grids = {entry.id for entry in file.grids}
    gateways = {entry.id: entry.grid for entry in file.gateways}
    circuits = {entry.id: entry.grid for entry in file.circuits}
    yield from _repeated("grids", file.grids)
    yield from _broken_boundaries(file)
    yield from _repeated("circuits", file.circuits)
    # Gateways, devices and cameras share the topics and the store: one name space.
    seen: set[str] = set()
    placed: dict[str, Sequence[GatewayEntry | DeviceEntry | CameraEntry]] = {
        "gateways": file.gateways,
        "devices": file.devices,
        "cameras": file.cameras,
    }
    for kind, entries in placed.items():
        for index, entry in enumerate(entries):
            if entry.id in seen:
                yield (kind, index, "id"), f"{entry.id} is given twice"
            seen.add(entry.id)
            if entry.grid not in grids:
                yield (kind, index, "grid"), f"there is no grid {entry.grid}"
    for index, circuit in enumerate(file.circuits):
        if circuit.grid not in grids:
            yield ("circuits", index, "grid"), f"there is no grid {circuit.grid}"
        if circuit.gateway:
            yield from _reference(("circuits", index, "gateway"), "gateway", circuit.gateway, gateways, circuit.grid)
    for index, device in enumerate(file.devices):
        if device.gateway:
            yield from _reference(("devices", index, "gateway"), "gateway", device.gateway, gateways, device.grid)
        if device.circuit:
            if device.kind != "streetlight":
                yield ("devices", index, "circuit"), "only a streetlight belongs to a circuit"
            yield from _reference(("devices", index, "circuit"), "circuit", device.circuit, circuits, device.grid)
        elif device.kind == "streetlight":
            yield ("devices", index), f"the streetlight {device.id} needs a circuit"
    zones: set[str] = set()
    for index, camera in enumerate(file.cameras):
        for position, zone in enumerate(camera.zones):
            place = ("cameras", index, "zones", position)
            if zone.id in zones:
                yield (*place, "id"), f"zone {zone.id} is given twice"
            zones.add(zone.id)
            if zone.permits and zone.kind is not ZoneKind.PERMITTED_STALL:
                yield (*place, "permits"), "permits belong to a zone of kind permitted_stall"


def _broken_boundaries(file: CityFile) -> Iterator[tuple[Place, str]]:
    if any(grid.boundary for grid in file.grids):
        from hub.areas import fault_of  # late: a city without boundaries needs no geometry

        for index, grid in enumerate(file.grids):
            for number, ring in enumerate(grid.boundary):
                if fault := fault_of(ring):
                    yield ("grids", index, "boundary", number), fault


def _repeated(kind: str, entries: list[Any]) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.id in seen:
            yield (kind, index, "id"), f"{entry.id} is given twice"
        seen.add(entry.id)


def _reference(place: Place, what: str, name: str, known: dict[str, str], grid: str) -> Iterator[tuple[Place, str]]:
    if name not in known:
        yield place, f"there is no {what} {name}"
    elif known[name] != grid:
        yield place, f"{what} {name} lies in grid {known[name]}, not in {grid}"
