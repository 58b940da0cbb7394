"""A model's class names in, our labels out: which boxes we keep, and which zones a model cannot serve."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ingest.city import Camera, ZoneKind

PERSON = "person"
STALL = "stall"
VEHICLES = frozenset({"car", "bus", "truck", "motorcycle"})
LABELS = VEHICLES | {PERSON, STALL}

# What other models call the same things. COCO's own names for vehicles and people are ours already; a train or a
# bicycle is nothing that these rules judge, so it is left out rather than bent into a vehicle.
ALIASES = {
    "lorry": "truck",
    "van": "car",
    "motorbike": "motorcycle",
    "pedestrian": PERSON,
    "people": PERSON,
    "street stall": STALL,
    "vendor stall": STALL,
    "摊位": STALL,
}

_NEEDS: dict[ZoneKind, frozenset[str]] = {
    ZoneKind.NO_PARKING: VEHICLES,
    ZoneKind.NO_STALL: frozenset({STALL}),
    ZoneKind.PERMITTED_STALL: frozenset({STALL}),
    ZoneKind.IGNORED: frozenset(),
}


class LabelError(ValueError):
    """A mapping of labels does not fit the model; the message says which name and what the model has."""


def ours(name: str) -> str | None:
    """Return our label for a model's class name, or None where we have no use for it."""
    plain = _plain(name)
    label = ALIASES.get(plain, plain)
    return label if label in LABELS else None


def labelled(names: Mapping[int, str], mapping: Mapping[str, str | None]) -> dict[int, str]:
    """Return the classes that we keep, by number, with our labels: as `mapping` says, else as their names do.

    Raises LabelError where `mapping` speaks of a class that the model does not have.
    """
    said = {_plain(name): label for name, label in mapping.items()}
    known = {_plain(name): name for name in names.values()}
    for name in mapping:
        if _plain(name) not in known:
            near = get_close_matches(_plain(name), known, n=1, cutoff=0.6)
            meant = f"; is {known[near[0]]} meant?" if near else ""
            raise LabelError(f"the model has no class {name!r} to be mapped (it has {listed(names.values())}){meant}")
    kept = {number: said.get(_plain(name), ours(name)) for number, name in names.items()}
    return {number: label for number, label in kept.items() if label is not None}


def group(label: str) -> str:
    """Return what a thing stays when its label flips: any vehicle is a vehicle, whichever kind the model says."""
    return "vehicle" if label in VEHICLES else label


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """A zone that needs a label which nothing gives."""

    camera_id: str
    zone_id: str
    kind: ZoneKind
    needs: frozenset[str]

    def sentence(self, given: str) -> str:
        """Return it in words; `given` says what the models of the camera give."""
        return (
            f"zone {self.zone_id} of camera {self.camera_id} is a {self.kind.value} zone and needs "
            f"{' or '.join(sorted(self.needs))}, but {given}"
        )


def unserved(known: Collection[str], cameras: Iterable[Camera]) -> list[Unserved]:
    """Return each zone that needs a label which is not among `known`; empty when all is well.

    A no-parking zone is served by any vehicle class: many models know cars and lorries but no motorcycles.
    """
    return [
        Unserved(camera_id=camera.camera_id, zone_id=zone.zone_id, kind=zone.kind, needs=needs)
        for camera in cameras
        for zone in camera.zones
        if (needs := _NEEDS[zone.kind]) and not needs & set(known)
    ]


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return some of `names` for a message."""
    every = list(names)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", " ")
