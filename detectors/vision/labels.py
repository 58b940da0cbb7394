"""A model's class names in, our labels out: which boxes we keep, and which zones a model cannot serve."""

from __future__ import annotations

from collections.abc import Collection, Iterable

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


def ours(name: str) -> str | None:
    """Return our label for a model's class name, or None where we have no use for it."""
    plain = name.strip().lower().replace("_", " ")
    label = ALIASES.get(plain, plain)
    return label if label in LABELS else None


def group(label: str) -> str:
    """Return what a thing stays when its label flips: any vehicle is a vehicle, whichever kind the model says."""
    return "vehicle" if label in VEHICLES else label


def unserved(known: Collection[str], cameras: Iterable[Camera]) -> list[str]:
    """Return one sentence for each zone that needs a label which no class of the model gives; empty when all is well.

    A no-parking zone is served by any vehicle class: many models know cars and lorries but no motorcycles.
    """
    given = ", ".join(sorted(known)) or "nothing of ours"
    sentences = []
    for camera in cameras:
        for zone in camera.zones:
            needs = _NEEDS[zone.kind]
            if needs and not needs & set(known):
                sentences.append(
                    f"zone {zone.zone_id} of camera {camera.camera_id} is a {zone.kind.value} zone and needs "
                    f"{' or '.join(sorted(needs))}, but the model knows only {given}"
                )
    return sentences
