"""Takes the settings of the map, gives what the console paints beneath the city: a base map of our own, or tiles."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.log import logger
from hub.settings import Settings, tile_hosts

log = logger("map")
LARGEST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BaseMap:
    """A base map as it is served: its bytes, and the tag by which a browser asks whether it has changed."""

    content: bytes
    tag: str


class BaseMapUnusable(ValueError):
    """The file cannot be used; the message names it and says why."""


@dataclass(slots=True)
class MapView:
    """What the console paints beneath the city. The file is read again when it has changed."""

    base_map: Path | None = None
    tiles: str = ""
    subdomains: tuple[str, ...] = ()
    attribution: str = ""
    datum: str = "wgs84"
    tile_hosts: tuple[str, ...] = ()
    _seen: tuple[int, int] | None = field(default=None, init=False)
    _read: BaseMap | BaseMapUnusable | None = field(default=None, init=False)

    def read_base_map(self) -> BaseMap | None:
        """Return the base map; None where there is none; raise BaseMapUnusable."""
        if self.base_map is None:
            return None
        try:
            found = self.base_map.stat()
            seen = found.st_mtime_ns, found.st_size
            if seen != self._seen or self._read is None:
                self._seen, self._read = seen, _checked(self.base_map, found.st_size)
        except OSError as error:
            self._seen, self._read = None, None
            raise BaseMapUnusable(f"the base map {self.base_map} cannot be read: {error.strerror}") from None
        if isinstance(self._read, BaseMapUnusable):
            raise self._read
        return self._read


def map_view_of(settings: Settings) -> MapView:
    """Return the view that the settings ask for, and say at once in the log when its file is no good."""
    view = MapView(
        base_map=settings.base_map,
        tiles=settings.map_tiles,
        subdomains=settings.map_subdomains,
        attribution=settings.map_attribution,
        datum=settings.map_datum,
        tile_hosts=tuple(tile_hosts(settings)),
    )
    try:
        view.read_base_map()
    except BaseMapUnusable as error:
        log.error("the console will have no base map", error=str(error))
    return view


def _checked(path: Path, size: int) -> BaseMap | BaseMapUnusable:
    if size > LARGEST_BYTES:
        return BaseMapUnusable(f"the base map {path} is larger than {LARGEST_BYTES // 2**20} MiB")
    content = path.read_bytes()
    try:
        document: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        return BaseMapUnusable(f"the base map {path} is no JSON: {error}")
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        return BaseMapUnusable(f"the base map {path} is no GeoJSON FeatureCollection")
    return BaseMap(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
