"""The demo city's own base map: nothing in, GeoJSON out, with ground, water, parks, blocks, streets and names.

It stands where a centre would put tiles of its own: the console needs no other map, and asks nobody on the internet for
one. Features come in the order in which they are painted. Every name is invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hub.demo.ground_plan import COLUMNS, GROUNDS, ROWS, TUNNELS, Spot, bent, curve, dense, line, river, street

Feature = dict[str, Any]

_STREET_NAMES = (
    ("澜滨路", "Lanbin Road"),
    ("渡口街", "Ferry Street"),
    ("石榴巷", "Pomegranate Lane"),
    ("青禾路", "Qinghe Road"),
    ("鼓楼街", "Drum Tower Street"),
    ("白鹭路", "Egret Road"),
    ("货场路", "Goods Yard Road"),
    ("三元街", "Sanyuan Street"),
    ("云麓路", "Yunlu Road"),
    ("果园路", "Orchard Road"),
    ("学府路", "University Road"),
    ("站前路", "Station Road"),
)
STREETS_BY_GRID = tuple(name for name, _ in _STREET_NAMES)
# Roads from south to north; the first crosses the river by the bridge, the second under it.
_AVENUES: tuple[tuple[str, str, tuple[Spot, ...]], ...] = (
    ("望澜大道", "Wanglan Avenue", ((0.52, 0.0), (0.5, 0.8), (0.5, 1.5), (0.48, 2.2), (0.5, 3.0))),
    ("老渡口路", "Old Ferry Road", ((1.3, 0.0), (1.25, 0.62), (1.25, 1.22), (1.28, 1.5), (1.4, 2.3), (1.42, 3.0))),
    ("南货场大街", "South Yard Avenue", ((2.48, 0.0), (2.5, 0.9), (2.5, 1.9), (2.55, 2.4), (2.52, 3.0))),
    ("高铁大道", "Railway Avenue", ((3.44, 0.0), (3.48, 0.95), (3.5, 1.5), (3.72, 2.1), (3.76, 3.0))),
)
_RAILWAY = ((-0.05, 1.80), (1.0, 1.78), (2.0, 1.74), (2.6, 1.73), (3.0, 1.86), (3.3, 2.15), (3.46, 2.5), (3.56, 3.02))
_PARKS: tuple[tuple[str, str, tuple[Spot, ...]], ...] = (
    (
        "白鹭洲公园",
        "Egret Islet Park",
        ((1.40, 1.03), (1.55, 1.10), (1.75, 1.10), (1.84, 1.03), (1.7, 0.98), (1.5, 0.98)),
    ),
    ("石榴园", "Pomegranate Garden", ((2.12, 0.62), (2.36, 0.64), (2.34, 0.86), (2.14, 0.84))),
    ("云麓山公园", "Yunlu Hill Park", ((0.06, 2.55), (0.3, 2.56), (0.42, 2.72), (0.36, 2.94), (0.06, 2.94))),
    ("果园", "Orchard", ((1.56, 2.6), (1.9, 2.6), (1.92, 2.92), (1.6, 2.92))),
    ("钟鼓广场", "Bell and Drum Square", ((0.14, 1.56), (0.34, 1.56), (0.34, 1.7), (0.14, 1.7))),
    ("青禾绿地", "Qinghe Green", ((3.08, 0.1), (3.3, 0.08), (3.34, 0.34), (3.1, 0.36))),
)
_GROUND_NAMES = {4: ("青禾体育场", "Qinghe Stadium"), 11: ("大学城球场", "University Sports Ground")}
_TUNNEL_NAMES = {
    2: ("老渡口隧道", "Old Ferry Tunnel"),
    7: ("南货场下穿通道", "South Yard Underpass"),
    12: ("站前隧道", "Station Tunnel"),
}
_BLOCK_EAST, _BLOCK_NORTH, _GAP = 0.2, 0.125, 0.014


def base_map() -> Feature:
    """Return the whole map as a GeoJSON feature collection; `kind` says how to paint a feature."""
    return {"type": "FeatureCollection", "name": "澜溪市（演示）", "features": list(_features())}


def _features() -> Iterator[Feature]:
    edge = ((-0.12, -0.1), (4.12, -0.1), (4.12, 3.1), (-0.12, 3.1), (-0.12, -0.1))
    yield _feature("land", "Polygon", [_rounded(line(edge))])
    yield _feature("block", "MultiPolygon", [[ring] for ring in _blocks()])
    yield _feature("lane", "MultiLineString", list(_lanes()))
    banks = [(east, north + half) for east, north, half in river()]
    banks += [(east, north - half) for east, north, half in reversed(river())]
    yield _feature("water", "Polygon", [_ring(banks)], "澜溪", "Lanxi River")
    for name, english, corners in _PARKS:
        yield _feature("park", "Polygon", [_ring(curve((*corners, corners[0])))], name, english)
    for grid, ((west, south), (east, north)) in GROUNDS.items():
        corners = ((west, south), (east, south), (east, north), (west, north))
        yield _feature("ground", "Polygon", [_ring(corners)], *_GROUND_NAMES[grid])
    yield _feature("rail", "LineString", _rounded(line(curve(_RAILWAY))), "澜溪铁路", "Lanxi Railway")
    for name, english, spots in _AVENUES:
        yield _feature("road", "LineString", _rounded(line(curve(spots))), name, english)
    for grid, (name, english) in enumerate(_STREET_NAMES, start=1):
        yield _feature("street", "LineString", _rounded(line(street(grid))), name, english)
    yield _feature("bridge", "LineString", _rounded(line(((0.5, 0.93), (0.5, 1.1)))), "望澜桥", "Wanglan Bridge")
    for grid, ends in TUNNELS.items():
        yield _feature("tunnel", "LineString", _rounded(line(ends)), *_TUNNEL_NAMES[grid])
    station = ((3.46, 2.54), (3.66, 2.54), (3.66, 2.66), (3.5, 2.66))
    yield _feature("station", "Polygon", [_ring(station)], "澜溪高铁站", "Lanxi Railway Station")


def _blocks() -> Iterator[list[list[float]]]:
    """Yield the blocks of houses between the lanes, less some, so that no two squares look alike."""
    number = 0
    for row in range(ROWS * 8):
        for column in range(COLUMNS * 5):
            number += 1
            if number * number % 7 == 3 or _is_wet(row):
                continue
            west, south = column * _BLOCK_EAST + _GAP, row * _BLOCK_NORTH + _GAP
            split = west + (_BLOCK_EAST - 2 * _GAP) * (0.3 + 0.4 * ((number * 0.618) % 1.0))
            north, east = south + _BLOCK_NORTH - 2 * _GAP, west + _BLOCK_EAST - 2 * _GAP
            for begin, end in ((west, split - _GAP / 2), (split + _GAP / 2, east)):
                yield _rounded([bent(spot) for spot in _box(begin, south, end, north)])


def _is_wet(row: int) -> bool:
    return row in (7, 8)  # along the river there are no houses


def _box(west: float, south: float, east: float, north: float) -> list[Spot]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def _lanes() -> Iterator[list[list[float]]]:
    for step in range(1, COLUMNS * 5):
        for south, north in ((0.0, 0.9), (1.15, 3.0)):
            yield _rounded([bent(spot) for spot in dense(((step / 5, south), (step / 5, north)))])
    for step in range(1, ROWS * 4):
        if step != 4:  # there the river flows
            yield _rounded([bent(spot) for spot in dense(((0.0, step / 4), (float(COLUMNS), step / 4)))])


def _ring(corners: Sequence[Spot]) -> list[list[float]]:
    return _rounded(line(corners if corners[0] == corners[-1] else (*corners, corners[0])))


def _rounded(positions: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Return positions to the metre: the map is drawn, not measured."""
    return [[round(longitude, 5), round(latitude, 5)] for longitude, latitude in positions]


def _feature(kind: str, shape: str, coordinates: Any, name: str = "", english: str = "") -> Feature:
    properties = {"kind": kind} | ({"name": name, "name_en": english} if name else {})
    return {"type": "Feature", "properties": properties, "geometry": {"type": shape, "coordinates": coordinates}}
