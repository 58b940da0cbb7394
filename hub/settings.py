"""Addresses, paths and secrets from the environment (`LIANQIN_*`); the rest is in city.yaml and detectors.yaml."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from detectors.vision.settings import DEVICES

# name -> (default, meaning); docs/operations.md lists the same names, held by a test.
VARIABLES: dict[str, tuple[str, str]] = {
    "LIANQIN_DATABASE_URL": (
        "postgresql://localhost/lianqin",
        "TimescaleDB or PostgreSQL, as a libpq address",
    ),
    "LIANQIN_MQTT_URL": ("mqtt://127.0.0.1:1883", "the broker: mqtt://user:password@host:port or mqtts://…"),
    "LIANQIN_MQTT_CA": ("", "a CA file for mqtts://; empty: the system's"),
    "LIANQIN_CITY": ("city.yaml", "the city file"),
    "LIANQIN_DETECTORS": ("", "the detectors file; empty: the shipped defaults"),
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
    "LIANQIN_READINGS_KEEP_DAYS": ("400", "days that readings are kept"),
    "LIANQIN_DETECTIONS_KEEP_DAYS": ("30", "days that camera detections are kept"),
    "LIANQIN_EVIDENCE_KEEP_DAYS": ("180", "days that evidence pictures are kept"),
}


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
    http_host: str
    http_port: int
    data: Path
    model: Path | None
    device: str | None
    blur_persons: bool | None
    log_level: str
    log_format: str
    demo_token: str = field(repr=False)
    readings_keep_days: int
    detections_keep_days: int
    evidence_keep_days: int


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

    def path(name: str) -> Path | None:
        raw = text(name)
        return Path(raw).expanduser() if raw else None

    return Settings(
        database_url=address("LIANQIN_DATABASE_URL"),
        mqtt_url=text("LIANQIN_MQTT_URL"),
        mqtt_ca=text("LIANQIN_MQTT_CA"),
        city=Path(text("LIANQIN_CITY")).expanduser(),
        detectors=path("LIANQIN_DETECTORS"),
        http_host=text("LIANQIN_HTTP_HOST"),
        http_port=number("LIANQIN_HTTP_PORT", 0, 65535),
        data=Path(text("LIANQIN_DATA")).expanduser(),
        model=path("LIANQIN_MODEL"),
        device=device("LIANQIN_DEVICE"),
        blur_persons={"yes": True, "no": False, "": None}[choice("LIANQIN_BLUR_PERSONS", "yes", "no", "")],
        log_level=choice("LIANQIN_LOG_LEVEL", "debug", "info", "warning", "error"),
        log_format=choice("LIANQIN_LOG_FORMAT", "json", "text"),
        demo_token=text("LIANQIN_DEMO_TOKEN"),
        readings_keep_days=number("LIANQIN_READINGS_KEEP_DAYS", 1, 36500),
        detections_keep_days=number("LIANQIN_DETECTIONS_KEEP_DAYS", 1, 36500),
        evidence_keep_days=number("LIANQIN_EVIDENCE_KEEP_DAYS", 1, 36500),
    )
