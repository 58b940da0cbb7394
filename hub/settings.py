"""Addresses, paths and secrets from the environment (`LIANQIN_*`); the rest is in city.yaml and detectors.yaml."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from detectors.vision.settings import DEVICES
from hub.people_settings import VARIABLES as PEOPLE
from hub.people_settings import BadPeopleSetting, PeopleSettings, people_settings

# name -> (default, meaning); docs/operations.md lists the same names, held by a test.
VARIABLES: dict[str, tuple[str, str]] = {
    "LIANQIN_DATABASE_URL": (
        "postgresql://localhost/lianqin",
        "TimescaleDB or PostgreSQL, as a libpq address",
    ),
    "LIANQIN_MQTT_URL": ("mqtt://127.0.0.1:1883", "the broker: mqtt://user:password@host:port or mqtts://…"),
    "LIANQIN_MQTT_CA": ("", "a CA file for mqtts://; empty: the system's"),
    "LIANQIN_CITY": ("city.yaml", "the city file"),
    "LIANQIN_DETECTORS": ("", "the detectors file; empty: city.detectors.yaml beside the city file, or the defaults"),
    "LIANQIN_DISPATCH": ("", "the dispatch plan; empty: the shipped one"),
    "LIANQIN_HTTP_HOST": ("127.0.0.1", "address the API listens on"),
    "LIANQIN_HTTP_PORT": ("8600", "port the API listens on"),
    "LIANQIN_DATA": (".data", "folder for the demo's database, pictures and caches"),
    "LIANQIN_MODEL": (
        "",
        "YOLO weights for cameras that name none; empty: the city file's `vision: model:`, else the demo's model",
    ),
    "LIANQIN_DEVICE": ("", "where models run: auto, cpu, cuda:0 or intel:gpu; empty: the city file's, else auto"),
    "LIANQIN_BLUR_PERSONS": (
        "",
        "yes: persons are blurred in evidence pictures of all cameras, no: of none; empty: the city file's, else no",
    ),
    "LIANQIN_LOG_LEVEL": ("info", "debug, info, warning or error"),
    "LIANQIN_LOG_FORMAT": ("json", "json for machines, text for a terminal"),
    "LIANQIN_DEMO_TOKEN": ("", "the demo's admin token; empty: a random one, kept in LIANQIN_DATA"),
    "LIANQIN_SECRET_KEY": (
        "",
        "the key that webhooks' secrets come from, at least 32 characters; empty: a random one, kept in LIANQIN_DATA",
    ),
    "LIANQIN_DELIVER_IN_API": ("yes", "yes: the api role delivers webhooks too, no: `lianqin deliver` does it apart"),
    "LIANQIN_DELIVERIES_PRIVATE": (
        "",
        "hosts and networks inside that any webhook may be sent to, parted by commas; empty: only what endpoints name",
    ),
    "LIANQIN_DELIVERIES_KEEP_DAYS": ("90", "days that delivered and dead deliveries stay on record"),
    "LIANQIN_READINGS_KEEP_DAYS": ("400", "days that readings are kept"),
    "LIANQIN_DETECTIONS_KEEP_DAYS": ("30", "days that camera detections are kept"),
    "LIANQIN_EVIDENCE_KEEP_DAYS": ("180", "days that evidence pictures are kept"),
    "LIANQIN_CONTACTS_KEEP_DAYS": (
        "90",
        "days that the contact of somebody who reported is kept after the report ended",
    ),
    "LIANQIN_LEARN_EVERY_DAYS": (
        "0",
        "days after which the tuning role learns baseline profiles again from the last six weeks; 0: never by itself",
    ),
    "LIANQIN_BASE_MAP": ("", "the console's base map, a GeoJSON file; empty: grids and devices on plain ground"),
    "LIANQIN_MAP_TILES": (
        "",
        "map tiles instead: https://host/{z}/{x}/{y}.png, with {s} for one of LIANQIN_MAP_SUBDOMAINS; empty: none",
    ),
    "LIANQIN_MAP_SUBDOMAINS": ("", "what {s} stands for in LIANQIN_MAP_TILES, parted by commas"),
    "LIANQIN_MAP_ATTRIBUTION": ("", "whose map it is: shown in its corner, as its maker asks"),
    "LIANQIN_MAP_DATUM": ("wgs84", "what the tiles' coordinates are: wgs84 or gcj02"),
    "LIANQIN_TUNING_FILES": (
        "",
        "folder whose recordings/, weights/ and detections/ the tuning role may read; empty: LIANQIN_DATA",
    ),
    "LIANQIN_TUNING_MEMORY_MB": ("1024", "memory for loaded recordings in the tuning role, in MiB"),
    "LIANQIN_TOUR": ("", "a guided tour for the console, a JSON file, for demonstrations and training; empty: none"),
    **PEOPLE,
}


# A host, perhaps with {s} in it, and a path with each of {z}, {x} and {y} (or {-y}); nothing that could end a header in
# which the host is repeated.
_TILES = re.compile(
    r"https?://[A-Za-z0-9-]*(\{s\})?[A-Za-z0-9.-]+(:\d{1,5})?/(?=\S*\{z\})(?=\S*\{x\})(?=\S*\{-?y\})[^\s;,'\"<>]*",
    re.ASCII,
)


class SettingsError(ValueError):
    """A variable of the environment cannot be used; the message names it and says what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. Secrets are kept out of `repr`."""

    database_url: str = field(repr=False)
    mqtt_url: str = field(repr=False)
    mqtt_ca: str
    city: Path
    detectors: Path | None
    dispatch: Path | None
    http_host: str
    http_port: int
    data: Path
    model: Path | None
    device: str | None
    blur_persons: bool | None
    log_level: str
    log_format: str
    demo_token: str = field(repr=False)
    secret_key: str = field(repr=False)
    deliver_in_api: bool
    deliveries_private: str
    deliveries_keep_days: int
    readings_keep_days: int
    detections_keep_days: int
    evidence_keep_days: int
    contacts_keep_days: int
    learn_every_days: int = 0
    base_map: Path | None
    map_tiles: str
    map_subdomains: tuple[str, ...]
    map_attribution: str
    map_datum: str
    tour: Path | None = None
    tuning_files: Path | None = None
    tuning_memory_mb: int = 1024
    people: PeopleSettings = field(default_factory=PeopleSettings)


def tile_hosts(settings: Settings) -> list[str]:
    """Return the origins that map tiles come from, as a Content-Security-Policy names them; empty where there are none.

    `{s}` stands for what the settings say alone, not for whatever the host may have.
    """
    if not settings.map_tiles:
        return []
    scheme, _, rest = settings.map_tiles.partition("://")
    host = rest.partition("/")[0]
    parts = settings.map_subdomains if "{s}" in host else ("",)
    return [f"{scheme}://{host.replace('{s}', part)}" for part in parts]


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of `environment` (default: this process's); raise SettingsError naming a bad variable."""
    given = os.environ if environment is None else environment

    def text(name: str) -> str:
        return given.get(name, "").strip() or VARIABLES[name][0]

    def number(name: str, low: int, high: int) -> int:
        raw = text(name)
        if not raw.isdecimal() or not low <= int(raw) <= high:
            raise SettingsError(f"{name} is {raw!r}: it must be a whole number from {low} to {high}")
        return int(raw)

    def choice(name: str, *allowed: str) -> str:
        raw = text(name).lower()
        if raw not in allowed:
            raise SettingsError(f"{name} is {raw!r}: it must be one of {', '.join(each for each in allowed if each)}")
        return raw

    def device(name: str) -> str | None:
        raw = text(name).lower()
        if raw and not re.match(DEVICES, raw):
            raise SettingsError(f"{name} is {raw!r}: it must be auto, cpu, cuda:0 or intel:gpu")
        return raw or None

    def address(name: str) -> str:
        # libpq takes the host to begin after the first "@", and would print the rest of the password with it.
        raw = text(name)
        if "://" in raw and raw.partition("?")[0].count("@") > 1:
            raise SettingsError(f"{name} holds more than one '@': write %40 for one that belongs to the password")
        return raw

    def tiles(name: str) -> str:
        raw = text(name)
        if raw and not _TILES.fullmatch(raw):
            raise SettingsError(f"{name} is {raw!r}: it must be like https://host/path/{{z}}/{{x}}/{{y}}.png")
        if "{s}" in raw and not text("LIANQIN_MAP_SUBDOMAINS"):
            raise SettingsError(f"{name} holds {{s}}: say what it stands for in LIANQIN_MAP_SUBDOMAINS, such as a,b,c")
        return raw

    def subdomains(name: str) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in text(name).split(",") if part.strip())
        if any(not re.fullmatch(r"[A-Za-z0-9-]{1,63}", part) for part in parts):
            raise SettingsError(f"{name} is {text(name)!r}: it must be letters or digits parted by commas, as a,b,c")
        return parts

    def path(name: str) -> Path | None:
        raw = text(name)
        return Path(raw).expanduser() if raw else None

    try:
        people = people_settings(text, number)
    except BadPeopleSetting as error:
        raise SettingsError(str(error)) from None
    return Settings(
        database_url=address("LIANQIN_DATABASE_URL"),
        mqtt_url=text("LIANQIN_MQTT_URL"),
        mqtt_ca=text("LIANQIN_MQTT_CA"),
        city=Path(text("LIANQIN_CITY")).expanduser(),
        detectors=path("LIANQIN_DETECTORS"),
        dispatch=path("LIANQIN_DISPATCH"),
        http_host=text("LIANQIN_HTTP_HOST"),
        http_port=number("LIANQIN_HTTP_PORT", 0, 65535),
        data=Path(text("LIANQIN_DATA")).expanduser(),
        model=path("LIANQIN_MODEL"),
        device=device("LIANQIN_DEVICE"),
        blur_persons={"yes": True, "no": False, "": None}[choice("LIANQIN_BLUR_PERSONS", "yes", "no", "")],
        log_level=choice("LIANQIN_LOG_LEVEL", "debug", "info", "warning", "error"),
        log_format=choice("LIANQIN_LOG_FORMAT", "json", "text"),
        demo_token=text("LIANQIN_DEMO_TOKEN"),
        secret_key=text("LIANQIN_SECRET_KEY"),
        deliver_in_api=choice("LIANQIN_DELIVER_IN_API", "yes", "no") == "yes",
        deliveries_private=text("LIANQIN_DELIVERIES_PRIVATE"),
        deliveries_keep_days=number("LIANQIN_DELIVERIES_KEEP_DAYS", 1, 36500),
        readings_keep_days=number("LIANQIN_READINGS_KEEP_DAYS", 1, 36500),
        detections_keep_days=number("LIANQIN_DETECTIONS_KEEP_DAYS", 1, 36500),
        evidence_keep_days=number("LIANQIN_EVIDENCE_KEEP_DAYS", 1, 36500),
        contacts_keep_days=number("LIANQIN_CONTACTS_KEEP_DAYS", 1, 36500),
        learn_every_days=number("LIANQIN_LEARN_EVERY_DAYS", 0, 400),
        base_map=path("LIANQIN_BASE_MAP"),
        map_tiles=tiles("LIANQIN_MAP_TILES"),
        map_subdomains=subdomains("LIANQIN_MAP_SUBDOMAINS"),
        map_attribution=text("LIANQIN_MAP_ATTRIBUTION"),
        map_datum=choice("LIANQIN_MAP_DATUM", "wgs84", "gcj02"),
        tour=path("LIANQIN_TOUR"),
        tuning_files=path("LIANQIN_TUNING_FILES"),
        tuning_memory_mb=number("LIANQIN_TUNING_MEMORY_MB", 64, 1_048_576),
        people=people,
    )
