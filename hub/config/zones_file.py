"""The file of zones drawn in the console: read beside the city file, laid over it, written as a whole or not at all.

`city.zones.yaml` lies beside `city.yaml`. A camera that stands in it has the zones given there and none of the city
file's. So whoever keeps the city file by hand is never overwritten, and what was drawn can be taken over, or back, by
moving a few lines. Cameras that the city file does not know are passed over: one file may serve several machines.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.config.city_file import ZoneEntry
from hub.config.yaml_source import ConfigError, Overlay, Source, names_in, read
from ingest.city import City

HEAD = (
    "# Zones drawn in the console. A camera that stands here has these zones and none of the city file's;\n"
    "# take its lines out, and the city file counts again. Written by the hub as a whole: comments are lost.\n"
)


class DrawnZones(BaseModel):
    """The zones of one camera, and who drew them when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    drawn_by: str = ""
    drawn_at: datetime | None = None
    zones: list[ZoneEntry] = Field(max_length=200)


class ZonesFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cameras: list[DrawnZones] = Field(default_factory=list)


class NotWritable(Exception):
    """The folder of the city file cannot be written to; the message says why and what would help."""


def zones_path(city: Path) -> Path:
    """Return where the drawn zones of the city file `city` lie."""
    return city.with_name(f"{city.stem}.zones{city.suffix or '.yaml'}")


def profiles_path(city: Path) -> Path:
    """Return where the profiles learnt for the city file `city` lie; hub/config/profiles_file.py reads them."""
    return city.with_name(f"{city.stem}.profiles.jsonl")


def files_of(city: Path) -> list[Path]:
    """Return the files that make up the city: whoever watches it for changes watches all of them."""
    return [city, zones_path(city), profiles_path(city)]


def read_city(city: Path, drawn: Path | None = None) -> Source:
    """Return the parsed city file with the drawn zones laid over it; raise ConfigError.

    `drawn` stands in for the file beside the city file, to try one that is not in place yet.
    """
    source, path = read(city), drawn or zones_path(city)
    if not path.exists():
        return source
    overlay = read(path)
    file = _parsed(overlay)
    listed = source.data.get("cameras") if isinstance(source.data, dict) else None
    if not isinstance(listed, list):
        return source
    cameras, laid = list(listed), []
    known = {one["id"]: place for place, one in enumerate(listed) if isinstance(one, dict) and "id" in one}
    for position, camera in enumerate(file.cameras):
        if camera.id in known:
            place = known[camera.id]
            cameras[place] = {**listed[place], "zones": overlay.data["cameras"][position]["zones"]}
            laid.append(
                Overlay(
                    at=("cameras", place, "zones"),
                    path=path,
                    place=("cameras", position, "zones"),
                    lines=overlay.lines,
                )
            )
    return replace(source, data={**source.data, "cameras": cameras}, overlays=tuple(laid))


def read_drawn(city: Path) -> ZonesFile:
    """Return what was drawn; raise ConfigError where the file is no good."""
    path = zones_path(city)
    return _parsed(read(path)) if path.exists() else ZonesFile()


def drawn_in(path: Path, city: City) -> list[str]:
    """Return what is to be said of the drawn zones: whose they are, and which count for no camera of this city."""
    drawn = [camera.id for camera in read_drawn(path).cameras]
    known = [camera_id for camera_id in drawn if camera_id in city.cameras]
    others = [camera_id for camera_id in drawn if camera_id not in city.cameras]
    name = zones_path(path).name
    return [
        *([f"note: the zones of {', '.join(known)} are those of {name}, drawn in the console"] if known else []),
        *([f"warning: {name} has zones of {', '.join(others)}, which this city file does not have"] if others else []),
    ]


def with_camera(file: ZonesFile, camera: DrawnZones | None, camera_id: str) -> ZonesFile:
    """Return the file with `camera` in place of what it holds of that camera; None: without it."""
    others = [one for one in file.cameras if one.id != camera_id]
    return ZonesFile(cameras=sorted([*others, *([camera] if camera else [])], key=lambda one: one.id))


def text_of(file: ZonesFile) -> str:
    """Return the file as YAML; read again it means the same."""
    cameras = [
        {
            "id": camera.id,
            **({"drawn_by": camera.drawn_by} if camera.drawn_by else {}),
            **({"drawn_at": camera.drawn_at.isoformat()} if camera.drawn_at else {}),
            "zones": [zone_document(zone) for zone in camera.zones],
        }
        for camera in file.cameras
    ]
    return yaml.dump({"cameras": cameras}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def zone_document(zone: ZoneEntry) -> dict[str, Any]:
    """Return one zone as the city file has it: plain data, what is as usual left out."""
    given = zone.model_dump(mode="json", exclude_defaults=True)
    given["polygon"] = [[round(x, 5), round(y, 5)] for x, y in zone.polygon]
    for name in ("active", "permits"):
        for window in given.get(name, ()):
            if "weekdays" in window:
                window["weekdays"] = sorted(window["weekdays"])
    return given


@contextmanager
def locked(city: Path) -> Iterator[None]:
    """Hold the folder of the city file: of several processes one at a time reads what is drawn and writes it anew."""
    try:
        folder = os.open(city.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise NotWritable(f"the folder of {city.name} cannot be opened: {error.strerror}") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextmanager
def written(city: Path, file: ZonesFile) -> Iterator[Path]:
    """Write `file` beside its place and yield where; it takes its place when the block ends well, else it is gone.

    Raises NotWritable.
    """
    path = zones_path(city).absolute()
    trial = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with _said(path):
            with trial.open("w", encoding="utf-8") as out:
                out.write(HEAD + text_of(file))
                out.flush()
                os.fsync(out.fileno())
            if path.exists():
                os.chmod(trial, path.stat().st_mode & 0o777)
        yield trial
        with _said(path):
            os.replace(trial, path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    finally:
        trial.unlink(missing_ok=True)


def why_not_writable(city: Path) -> str | None:
    """Return why zones cannot be saved on this machine, or None where they can."""
    folder = city.absolute().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder of {city.name} is read-only for the process that serves this page"
    return None


@contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotWritable(
            f"{path.name} cannot be written: {error.strerror}. Let the API's process write to the folder of the city "
            "file, or take the zones over by hand: they can be downloaded as YAML"
        ) from None


def _parsed(source: Source) -> ZonesFile:
    try:
        file = ZonesFile.model_validate(source.data or {})
    except ValidationError as error:
        raise source.refuse(error, names_in(ZonesFile.model_json_schema())) from None
    seen: set[str] = set()
    for position, camera in enumerate(file.cameras):
        if camera.id in seen:
            raise ConfigError([source.problem(("cameras", position, "id"), f"{camera.id} is given twice")])
        seen.add(camera.id)
    return file


class _Dumper(yaml.SafeDumper):
    """Quotes text that begins with a digit, and writes a polygon's corners on lines of their own."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if text[:1].isdigit() else None)


def _sequence(dumper: yaml.SafeDumper, items: Sequence[Any]) -> yaml.SequenceNode:
    plain = all(isinstance(item, int | float | str) for item in items)
    corners = all(isinstance(item, list) and all(isinstance(each, float | int) for each in item) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=plain or corners)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _sequence)
