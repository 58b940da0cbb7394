"""Camera ports in, the demo city out: the plain data of its city.yaml and its detectors.yaml, and both as files.

Every name is invented. Two kinds of circuit let things go wrong at any hour: tunnels, which burn all day, and sports
grounds, which are dark except when somebody hires them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from detectors.thresholds import Thresholds
from hub.config.thresholds_file import HEAD
from hub.demo import ground_plan
from hub.demo.base_map import STREETS_BY_GRID, base_map
from hub.demo.camera_stories import CAMERAS

Document = dict[str, Any]

TIMEZONE = "Asia/Shanghai"
LATITUDE, LONGITUDE = 29.64, 118.97
LAMP_INTERVAL_S, WATER_INTERVAL_S, DRAINAGE_INTERVAL_S, GAS_INTERVAL_S = 10, 5, 10, 5
WATER_DEVICES, DRAINAGE_DEVICES, GAS_DEVICES = 60, 30, 60
STREET_LAMPS, TUNNEL_LAMPS, GROUND_LAMPS = 32, 24, 20

GRIDS = (
    ("01", "望澜桥网格", "澜东区"),
    ("02", "老渡口网格", "澜东区"),
    ("03", "石榴巷网格", "澜东区"),
    ("04", "青禾里网格", "澜东区"),
    ("05", "钟鼓坊网格", "栖霞区"),
    ("06", "白鹭洲网格", "栖霞区"),
    ("07", "南货场网格", "栖霞区"),
    ("08", "三元街网格", "栖霞区"),
    ("09", "云麓新村网格", "云麓区"),
    ("10", "果园路网格", "云麓区"),
    ("11", "大学城东网格", "云麓区"),
    ("12", "高铁站前网格", "云麓区"),
)
_TUNNELS = (("02", "老渡口隧道"), ("07", "南货场下穿通道"), ("12", "站前隧道"))
_GROUNDS = (("04", "青禾体育场"), ("11", "大学城球场"))
_CAMERA_GRIDS = ("03", "06", "08", "10")

# What the demo shortens, so that a visitor need not wait: path in detectors.yaml -> value.
_SHORTENED: Mapping[str, float] = {
    "streetlight.lamp_out.raise_after_s": 90.0,
    "streetlight.day_burning.raise_after_s": 90.0,
    "water.quality.raise_after_s": 60.0,
    "water.quality.clear_after_s": 60.0,
    "drainage.level.clear_after_s": 60.0,
    "parking.illegal.dwell_s": 60.0,
    "stall.unlicensed.dwell_s": 60.0,
    "stall.unlicensed.clear_after_s": 30.0,
}
# What goes with the demo's model, which is surer of its vehicles than small models are on real ones: docs/model-card.md
MODEL_THRESHOLDS: Mapping[str, float] = {"parking.illegal.confidence": 0.45}


class Dumper(yaml.SafeDumper):
    """Quotes every text that begins with a digit: to some readers of YAML a grid 08 is the number eight."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if text[:1].isdigit() else None)


class _Corners(list[list[float]]):
    """Corners of a ring, which the file shows one to a line."""

    def __init__(self, positions: Iterable[tuple[float, float]]) -> None:
        super().__init__([longitude, latitude] for longitude, latitude in positions)


def _corners(dumper: yaml.SafeDumper, ring: _Corners) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", ring, flow_style=True)


Dumper.add_representer(str, _text)
Dumper.add_representer(_Corners, _corners)


def city_document(camera_ports: Mapping[str, int]) -> Document:
    """Return the demo city as the plain data of a city.yaml, its cameras at `camera_ports` on this machine."""
    missing = sorted({camera.camera_id for camera in CAMERAS} - set(camera_ports))
    if missing:
        raise ValueError(f"no port is given for {', '.join(missing)}")
    circuits = list(_circuits())
    return {
        "name": "澜溪市（演示）",
        "timezone": TIMEZONE,
        "latitude": LATITUDE,
        "longitude": LONGITUDE,
        "grids": [
            {"id": grid, "name": name, "district": district, "boundary": [_Corners(ground_plan.boundary(int(grid)))]}
            for grid, name, district in GRIDS
        ],
        "gateways": [
            {
                "id": f"gw-{grid}",
                "grid": grid,
                "interval_s": LAMP_INTERVAL_S,
                "name": f"{name[:-2]}照明网关",
                **_place(ground_plan.on_street(int(grid), 1, 2)),
            }
            for grid, name, _ in GRIDS
        ],
        "circuits": [circuit for circuit, _ in circuits],
        "devices": [
            *(lamp for circuit, lamps in circuits for lamp in _lamps(circuit, lamps)),
            *_singles("water", WATER_DEVICES, WATER_INTERVAL_S, "供水监测点"),
            *_singles("drainage", DRAINAGE_DEVICES, DRAINAGE_INTERVAL_S, "排水液位计"),
            *_singles("gas", GAS_DEVICES, GAS_INTERVAL_S, "燃气探测器"),
        ],
        "cameras": list(_cameras(camera_ports)),
        "calendar": {"holidays": [], "workdays": [], "years": []},
    }


def detectors_document() -> Document:
    """Return the demo's detectors.yaml as plain data: what differs from the shipped defaults, nothing else."""
    document: Document = {}
    for path, value in {**_SHORTENED, **MODEL_THRESHOLDS}.items():
        *sections, name = path.split(".")
        place = document
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return document


def write_files(folder: Path, camera_ports: Mapping[str, int]) -> tuple[Path, Path]:
    """Write city.yaml and detectors.yaml into `folder`, and return where they are; thresholds once applied stay."""
    city, detectors = folder / "city.yaml", folder / "detectors.yaml"
    text = yaml.dump(city_document(camera_ports), Dumper=Dumper, allow_unicode=True, sort_keys=False, width=120)
    city.write_text("# The demo city, written anew at every start. Every name in it is invented.\n" + text, "utf-8")
    if detectors.exists() and detectors.read_text("utf-8").startswith(HEAD):
        return city, detectors  # what somebody applied in the console stays in force over a restart
    lines = "".join(f"{line}\n" for line in _with_defaults(detectors_document(), Thresholds()))
    detectors.write_text(
        "# The demo's thresholds, written anew at every start: times are shorter than the shipped ones, so that a\n"
        "# visitor sees an alert of every kind within minutes; a confidence goes with the demo's own model. What is\n"
        "# not here is as shipped.\n" + lines,
        "utf-8",
    )
    return city, detectors


def write_base_map(folder: Path) -> Path:
    """Write the city's base map into `folder`, and return where it is."""
    path = folder / "base-map.json"
    path.write_text(json.dumps(base_map(), ensure_ascii=False, separators=(",", ":")), "utf-8")
    return path


def _with_defaults(document: Document, shipped: Any, depth: int = 0) -> Iterator[str]:
    indent = "  " * depth
    for name, value in document.items():
        default = getattr(shipped, name)
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _with_defaults(value, default, depth + 1)
        else:
            yield f"{indent}{name}: {value}  # demo: shipped default is {default}"


def _circuits() -> Iterator[tuple[Document, int]]:
    """Yield every circuit and how many lamps it has."""
    for (grid, _, _), street in zip(GRIDS, STREETS_BY_GRID, strict=True):
        yield {"id": f"street-{grid}", "grid": grid, "gateway": f"gw-{grid}", "name": f"{street}路灯回路"}, STREET_LAMPS
    for grid, name in _TUNNELS:
        circuit = {"id": f"tunnel-{grid}", "grid": grid, "gateway": f"gw-{grid}", "name": f"{name}照明回路"}
        yield {**circuit, "lit": ["00:00-24:00"]}, TUNNEL_LAMPS
    for grid, name in _GROUNDS:
        circuit = {"id": f"ground-{grid}", "grid": grid, "gateway": f"gw-{grid}", "name": f"{name}照明回路"}
        yield {**circuit, "lit": []}, GROUND_LAMPS


def _lamps(circuit: Document, count: int) -> Iterator[Document]:
    kind = circuit["id"].partition("-")[0]
    rated_power_w = {"street": 120, "tunnel": 80, "ground": 400}[kind]
    stands = {
        "street": ground_plan.on_street,
        "tunnel": ground_plan.in_tunnel,
        "ground": ground_plan.around_ground,
    }[kind]
    for number in range(1, count + 1):
        yield {
            "id": f"lamp-{circuit['id']}-{number:02}",
            "kind": "streetlight",
            "grid": circuit["grid"],
            "gateway": circuit["gateway"],
            "circuit": circuit["id"],
            "interval_s": LAMP_INTERVAL_S,
            "rated_power_w": rated_power_w,
            "name": f"{circuit['name'][:-2]}{number:02}号灯",
            **_place(stands(int(circuit["grid"]), number, count)),
        }


def _singles(kind: str, count: int, interval_s: int, name: str) -> Iterator[Document]:
    for number in range(1, count + 1):
        grid = GRIDS[(number - 1) % len(GRIDS)][0]
        yield {
            "id": f"{kind}-{number:02}",
            "kind": kind,
            "grid": grid,
            "interval_s": interval_s,
            "name": f"{name}{number:02}",
            **_place(ground_plan.somewhere(int(grid), number + 300 + 7 * len(kind))),
        }


def _cameras(ports: Mapping[str, int]) -> Iterator[Document]:
    for number, (camera, grid) in enumerate(zip(CAMERAS, _CAMERA_GRIDS, strict=True)):
        yield {
            "id": camera.camera_id,
            "grid": grid,
            "name": camera.name,
            "url": f"tcp://127.0.0.1:{ports[camera.camera_id]}",
            "zones": [
                {"id": zone_id, "kind": kind, "polygon": [list(corner) for corner in polygon]}
                # A permit for every hour, so that the demo shows a permitted stall whenever it is started.
                | ({"permits": [{"hours": "00:00-24:00"}]} if kind == "permitted_stall" else {})
                for zone_id, kind, polygon in camera.zones
            ],
            **_place(ground_plan.on_street(int(grid), 1 + number, 6)),
        }


def _place(position: ground_plan.Position) -> Document:
    return {"latitude": position[1], "longitude": position[0]}
