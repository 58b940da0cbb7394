"""Shots in, what is taught by each and which part of the dataset it goes to, out; pure, and the same every time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from zoneinfo import ZoneInfo

from detectors.picture import overlap
from hub.tuning.dataset.shot import Options, Shot
from hub.tuning.labels.label import Verdict
from ingest.observation import Box

SAME = 0.5  # a box that overlaps the alert's so much is the thing that the alert speaks of
PERSON = "person"


class Split(StrEnum):
    """What a picture is for."""

    TRAIN = "train"
    VAL = "val"


class Origin(StrEnum):
    """Why a box is taught: somebody said so, or the model was sure and nobody said otherwise."""

    CONFIRMED = "confirmed"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Taught:
    """One box that the picture teaches."""

    label: str
    box: Box
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One picture of the dataset. `refuted` and `doubtful` are boxes that are left out: said to be none, or unsure."""

    shot: Shot
    split: Split
    boxes: tuple[Taught, ...]
    refuted: int
    doubtful: int

    @property
    def name(self) -> str:
        """Its file's name without the ending."""
        at = self.shot.captured_at.strftime("%Y%m%dT%H%M%S%f")[:-3]
        camera = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in self.shot.camera_id)
        return f"{camera}_{at}_{self.shot.sha256[:12]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The items in order, the classes in order, and how the parts were told apart ("place", "day", "none")."""

    items: tuple[Item, ...]
    classes: tuple[str, ...]
    parted_by: str


def plan(shots: Iterable[Shot], options: Options, zone: ZoneInfo) -> Plan:
    """Return what is taught by each picture; of a picture that is filed twice all that was said of it counts."""
    pictures: dict[str, list[Shot]] = {}
    for shot in sorted(shots, key=lambda one: (one.camera_id, one.captured_at, one.sha256, str(one.alert_id))):
        pictures.setdefault(shot.sha256, []).append(shot)
    parts, parted_by = _parts([group[0] for group in pictures.values()], options.val_share, zone)
    items = [_item(group, parts[_key(group[0], parted_by, zone)], options) for group in pictures.values()]
    items.sort(key=lambda item: (item.shot.camera_id, item.shot.captured_at, item.shot.sha256))
    classes = sorted({taught.label for item in items for taught in item.boxes} | _refuted_labels(items))
    return Plan(items=tuple(items), classes=tuple(classes), parted_by=parted_by)


def _refuted_labels(items: Sequence[Item]) -> set[str]:
    return {item.shot.alert_box.label for item in items if not item.shot.stands}


def _item(group: Sequence[Shot], split: Split, options: Options) -> Item:
    first = group[0]
    seen = list(first.boxes or ())
    boxes: list[Taught] = []
    refuted = 0
    taken: set[int] = set()
    for shot in group:
        at = max(range(len(seen)), key=lambda index: overlap(seen[index], shot.alert_box), default=None)
        mine = at if at is not None and overlap(seen[at], shot.alert_box) >= SAME else None
        if shot.stands:
            # Where it stood when the alert was raised, unless its frame knows better; the alert's word for it counts.
            box = seen[mine] if mine is not None else shot.alert_box
            if mine is None or mine not in taken:
                boxes.append(Taught(shot.alert_box.label, box, Origin.CONFIRMED))
        elif shot.verdict is not Verdict.FALSE:
            continue  # it has left: whatever stands there now is another thing, like all the others
        elif mine is not None and mine not in taken:
            refuted += 1
        if mine is not None:
            taken.add(mine)
    others = [box for index, box in enumerate(seen) if index not in taken]
    boxes += [Taught(box.label, box, Origin.ASSUMED) for box in others if box.confidence >= options.sure]
    doubtful = sum(box.confidence < options.sure for box in others)
    return Item(shot=first, split=split, boxes=tuple(boxes), refuted=refuted, doubtful=doubtful)


def _parts(shots: Sequence[Shot], share: float, zone: ZoneInfo) -> tuple[dict[str, Split], str]:
    """Return the part of each place; of each day where there is one place alone; else all are for training.

    A place, or a day of the only place, lies in one part as a whole: what is validated was never seen in training.
    """
    for parted_by in ("place", "day"):
        keys = sorted({_key(shot, parted_by, zone) for shot in shots}, key=_lot)
        if len(keys) > 1:
            wanted = min(len(keys) - 1, max(1, ceil(share * len(keys)))) if share else 0
            return {key: Split.VAL if index < wanted else Split.TRAIN for index, key in enumerate(keys)}, parted_by
    return {_key(shot, "none", zone): Split.TRAIN for shot in shots}, "none"


def _key(shot: Shot, parted_by: str, zone: ZoneInfo) -> str:
    if parted_by == "day":
        return shot.captured_at.astimezone(zone).date().isoformat()
    return shot.camera_id if parted_by == "place" else ""


def _lot(key: str) -> str:
    """Return what a place is drawn by: always the same, and no friend of any order."""
    return hashlib.sha256(key.encode()).hexdigest()


def without_near_equals(items: Sequence[Item], prints: dict[str, int], nearest: int) -> tuple[list[Item], list[Item]]:
    """Return the items that stay and those that are left out because one of their camera looks and teaches the same.

    `prints` are the pictures' fingerprints by their hash; two that differ in no more than `nearest` bits are alike.
    """
    kept: list[Item] = []
    dropped: list[Item] = []
    for item in items:
        mine = prints[item.shot.sha256]
        alike = any(
            (prints[other.shot.sha256] ^ mine).bit_count() <= nearest and _same_lesson(item, other)
            for other in kept
            if other.shot.camera_id == item.shot.camera_id
        )
        (dropped if alike else kept).append(item)
    return kept, dropped


def _same_lesson(one: Item, other: Item) -> bool:
    if len(one.boxes) != len(other.boxes) or one.shot.stands is not other.shot.stands:
        return False
    return all(
        any(mine.label == theirs.label and overlap(mine.box, theirs.box) >= 0.9 for theirs in other.boxes)
        for mine in one.boxes
    )


def people(boxes: Iterable[Box]) -> list[Box]:
    """Return the boxes of people."""
    return [box for box in boxes if box.label == PERSON]


def yolo_line(taught: Taught, classes: Sequence[str]) -> str:
    """Return the line of a label file: class, centre and size as shares of the picture."""
    box = taught.box
    x1, y1, x2, y2 = (min(1.0, max(0.0, value)) for value in (box.x1, box.y1, box.x2, box.y2))
    values = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
    return f"{classes.index(taught.label)} " + " ".join(f"{value:.6f}" for value in values)
