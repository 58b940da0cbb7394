"""A plan and the pictures' bytes in, a folder that `ultralytics` trains with out: images, labels, data.yaml, manifest.

Every picture is read once for its fingerprint and once to be written, so a large dataset takes no more memory than a
small one.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from detectors.vision.pictures import PictureError, blurred, fingerprint
from hub.tuning.dataset.plan import Item, Split, Taught, people, plan, without_near_equals, yolo_line
from hub.tuning.dataset.shot import Missed, Options, Shot
from hub.tuning.labels.label import Verdict

NEAREST = 3  # bits of 64
QUALITY = 90
NOTE = """\
This dataset was exported from a Lianqin hub. Its pictures are of public streets: they show people and number plates.

Privacy. Use it only for what the pictures were taken for, keep it where the hub's evidence may be kept, and delete it
when its purpose is over (in China: Personal Information Protection Law, articles 6, 19 and 26). Where a camera's
people are blurred, or the export was told so, they are blurred here too; see "blurred" in manifest.json.
Licence. The pictures belong to whoever runs the cameras; nothing here grants anybody else a right to them. The weights
that you train from them carry the licence of the weights and of the program that you began with.

manifest.json lists every picture with its SHA-256, the alert and the verdict that it rests on, and every box with its
origin: "confirmed" by a person's verdict, or "assumed", because the model was sure and nobody said otherwise.
to_draw.csv lists what was missed, and has no box: draw it by hand. to_look_at.csv lists pictures with doubtful boxes,
those whose frame is no longer known, and those of false alarms with the operator's reason: where the thing was there
and only its standing was allowed, draw its box again, else the model is taught not to see it.
"""


class NotEmpty(FileExistsError):
    """The folder holds something already: a dataset is never mixed with another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a dataset is made from. `jpeg` gives a picture's bytes by its hash, None where they are no longer kept."""

    shots: Sequence[Shot]
    missed: Sequence[Missed]
    jpeg: Callable[[str], bytes | None]
    zone: ZoneInfo
    about: Mapping[str, Any]


def export(
    source: Source, out: Path, options: Options, *, told: Callable[[float, str], None] = lambda done, note: None
) -> dict[str, Any]:
    """Write the dataset into `out`, which must be empty or not there; return what it holds, in figures.

    Raises NotEmpty, and OSError where nothing can be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise NotEmpty(f"{out} is not empty: choose a folder that is empty, or not there yet")
    left_out: list[dict[str, Any]] = []
    prints: dict[str, int] = {}
    shots = [shot for shot in source.shots if shot.verdict in options.verdicts]
    hashes = list(dict.fromkeys(shot.sha256 for shot in shots))
    for number, sha256 in enumerate(hashes):
        told(0.5 * number / max(1, len(hashes)), "reading pictures")
        why = _why_unusable(sha256, source.jpeg(sha256), prints)
        if why is not None:
            left_out.append({"sha256": sha256, "why": why})
    for shot in shots:
        if shot.sha256 in prints and shot.boxes is None and _is_blurred(shot.camera_id, options):
            prints.pop(shot.sha256)
            left_out.append({"sha256": shot.sha256, "why": "people cannot be blurred: its frame is not known"})
    planned = plan([shot for shot in shots if shot.sha256 in prints], options, source.zone)
    items, alike = without_near_equals(planned.items, prints, NEAREST)
    left_out += [{"sha256": item.shot.sha256, "why": "near-equal to another"} for item in alike]
    for split in Split:
        (out / "images" / split).mkdir(parents=True, exist_ok=True)
        (out / "labels" / split).mkdir(parents=True, exist_ok=True)
    files: list[dict[str, Any]] = []
    for number, item in enumerate(items):
        told(0.5 + 0.5 * number / max(1, len(items)), "writing pictures")
        written = _write(item, source, out, options, planned.classes)
        if written is None:
            left_out.append({"sha256": item.shot.sha256, "why": "no longer kept"})
        else:
            files.append(written)
    _write_about(out, planned.classes, files, items, source.missed if _wants_missed(options) else ())
    counts = {
        "pictures": len(files),
        "train": sum(file["split"] == Split.TRAIN for file in files),
        "val": sum(file["split"] == Split.VAL for file in files),
        "negatives": sum(not file["boxes"] for file in files),
        "confirmed": sum(box["origin"] == "confirmed" for file in files for box in file["boxes"]),
        "assumed": sum(box["origin"] == "assumed" for file in files for box in file["boxes"]),
        "to_draw": len(source.missed) if _wants_missed(options) else 0,
        "to_look_at": sum(file["to_look_at"] for file in files),
        "left_out": len(left_out),
    }
    manifest = {
        **source.about,
        "classes": list(planned.classes),
        "parted_by": planned.parted_by,
        "warnings": _warnings(planned.parted_by, counts),
        "counts": counts,
        "files": files,
        "left_out": left_out,
    }
    _text(out / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    return {
        "counts": counts,
        "classes": list(planned.classes),
        "left_out": dict(Counter(entry["why"] for entry in left_out)),
        "parted_by": planned.parted_by,
        "warnings": manifest["warnings"],
        "manifest_sha256": _sha256((out / "manifest.json").read_bytes()),
    }


def _wants_missed(options: Options) -> bool:
    return Verdict.MISSED in options.verdicts


def _warnings(parted_by: str, counts: Mapping[str, int]) -> list[str]:
    said = []
    if not counts["pictures"]:
        said.append("there is no picture: give verdicts on alerts of cameras, while their evidence is kept")
    elif parted_by == "day":
        said.append("all pictures are of one place: training and validation are parted by day, and share the place")
    elif parted_by == "none":
        said.append("all pictures are of one place and one day: there is nothing to validate with")
    if counts["pictures"] and not counts["negatives"]:
        said.append("no picture is a negative: give verdicts on false alarms too")
    return said


def _why_unusable(sha256: str, jpeg: bytes | None, prints: dict[str, int]) -> str | None:
    """Note the picture's fingerprint; return why it cannot be used, or None."""
    if jpeg is None:
        return "no longer kept"
    if _sha256(jpeg) != sha256:
        return "its bytes are not those that were filed"
    try:
        prints[sha256] = fingerprint(jpeg)
    except PictureError as error:
        return str(error)
    return None


def _is_to_look_at(item: Item) -> bool:
    """Tell whether somebody should look: boxes are doubtful or not known, or what was false may have been there."""
    return item.doubtful > 0 or item.shot.boxes is None or item.shot.verdict is Verdict.FALSE


def _is_blurred(camera_id: str, options: Options) -> bool:
    return options.blur is None or camera_id in options.blur


def _write(item: Item, source: Source, out: Path, options: Options, classes: Sequence[str]) -> dict[str, Any] | None:
    shot = item.shot
    jpeg = source.jpeg(shot.sha256)
    if jpeg is None:
        return None
    blur = _is_blurred(shot.camera_id, options)
    if blur:
        jpeg = blurred(jpeg, people(shot.boxes or ()), QUALITY)
    image, label = (f"{kind}/{item.split}/{item.name}" for kind in ("images", "labels"))
    (out / f"{image}.jpg").write_bytes(jpeg)
    _text(out / f"{label}.txt", "".join(yolo_line(taught, classes) + "\n" for taught in item.boxes))
    return {
        "image": f"{image}.jpg",
        "label": f"{label}.txt",
        "sha256": _sha256(jpeg),
        "evidence_sha256": shot.sha256,
        "split": item.split.value,
        "alert_id": str(shot.alert_id),
        "rule": shot.rule,
        "subject": shot.subject,
        "camera": shot.camera_id,
        "kind": shot.kind,
        "captured_at": shot.captured_at.isoformat(),
        "verdict": shot.verdict.value,
        "blurred": blur,
        "boxes": [
            {"label": one.label, "origin": one.origin.value, "box": [round(corner, 6) for corner in _corners(one)]}
            for one in item.boxes
        ],
        "refuted": item.refuted,
        "doubtful": item.doubtful,
        "frame_known": shot.boxes is not None,
        "to_look_at": _is_to_look_at(item),
    }


def _corners(taught: Taught) -> tuple[float, float, float, float]:
    return taught.box.x1, taught.box.y1, taught.box.x2, taught.box.y2


def _write_about(
    out: Path,
    classes: Sequence[str],
    files: Sequence[Mapping[str, Any]],
    items: Iterable[Item],
    missed: Iterable[Missed],
) -> None:
    has_val = any(file["split"] == Split.VAL for file in files)
    data = {
        "train": "images/train",
        "val": "images/val" if has_val else "images/train",
        "names": dict(enumerate(classes)),
    }
    _text(out / "data.yaml", yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    _text(out / "README.txt", NOTE)
    with (out / "to_draw.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["rule", "subject", "camera", "since", "until", "reason", "evidence_sha256"])
        for one in missed:
            until = one.label.until.isoformat() if one.label.until else ""
            writer.writerow([
                one.label.rule, one.label.subject, one.camera_id, one.label.since.isoformat(), until,
                one.label.reason, " ".join(one.pictures),
            ])  # fmt: skip
    look = {item.name: item for item in items if _is_to_look_at(item)}
    with (out / "to_look_at.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "doubtful_boxes", "frame_known", "verdict", "reason"])
        for entry in files:
            item = look.get(Path(str(entry["image"])).stem)
            if item is not None:
                writer.writerow(
                    [entry["image"], item.doubtful, entry["frame_known"], item.shot.verdict.value, item.shot.reason]
                )


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
