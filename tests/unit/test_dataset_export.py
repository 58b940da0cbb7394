"""A dataset teaches what people said, keeps places apart, and proves where every picture comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
import yaml

from detectors.vision.pictures import fingerprint
from hub.tuning.dataset.export import NotEmpty, Source, export
from hub.tuning.dataset.plan import Origin, plan, yolo_line
from hub.tuning.dataset.shot import Missed, Options, Shot
from hub.tuning.labels.label import Label, Verdict
from hub.tuning.labels.label import Source as LabelSource
from ingest.observation import Box

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CAR = Box("car", 0.8, None, 0.2, 0.2, 0.4, 0.5)


def street(seed: int) -> bytes:
    """Return the JPEG of some street, unlike that of any other seed."""
    chance = np.random.default_rng(seed)
    small = chance.integers(0, 255, (9, 16, 3), dtype=np.uint8)
    done, data = cv2.imencode(".jpg", cv2.resize(small, (320, 180), interpolation=cv2.INTER_CUBIC))
    assert done
    return data.tobytes()


class Kept:
    """Pictures by their hash."""

    def __init__(self) -> None:
        self.jpegs: dict[str, bytes] = {}

    def shot(self, seed: int, verdict: Verdict = Verdict.TRUE, *, camera: str = "cam-1", **more: Any) -> Shot:
        jpeg = street(seed)
        sha256 = hashlib.sha256(jpeg).hexdigest()
        self.jpegs[sha256] = jpeg
        values: dict[str, Any] = {
            "alert_id": uuid4(),
            "rule": "parking.illegal",
            "subject": "kerb@0.30,0.50",
            "camera_id": camera,
            "kind": "confirmation",
            "captured_at": START + timedelta(seconds=seed),
            "sha256": sha256,
            "alert_box": CAR,
            "boxes": (CAR,),
            "verdict": verdict,
        }
        return Shot(**(values | more))

    def source(self, shots: Sequence[Shot], missed: Sequence[Missed] = ()) -> Source:
        return Source(shots=shots, missed=missed, jpeg=self.jpegs.get, zone=ZONE, about={"config_version": "v"})


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return found


def test_a_true_alert_teaches_its_box_and_a_false_one_its_absence(tmp_path: Path) -> None:
    kept = Kept()
    shots = [kept.shot(1), kept.shot(2, Verdict.FALSE, camera="cam-2")]
    answer = export(kept.source(shots), tmp_path / "set", Options())
    files = {entry["camera"]: entry for entry in manifest(tmp_path / "set")["files"]}
    assert (tmp_path / "set" / files["cam-1"]["label"]).read_text() == "0 0.300000 0.350000 0.200000 0.300000\n"
    assert (tmp_path / "set" / files["cam-2"]["label"]).read_text() == ""
    assert files["cam-2"]["refuted"] == 1
    assert answer["counts"] | {"pictures": 2, "negatives": 1, "confirmed": 1} == answer["counts"]


def test_what_left_is_not_taught_and_what_came_in_its_place_is_like_any_other(tmp_path: Path) -> None:
    kept = Kept()
    gone = kept.shot(1, kind="clear")
    (item,) = plan([gone], Options(), ZONE).items
    assert [one.origin for one in item.boxes] == [Origin.ASSUMED]
    (item,) = plan([replace(gone, boxes=())], Options(), ZONE).items
    assert item.boxes == ()


def test_boxes_nobody_spoke_of_are_taken_for_true_only_where_the_model_was_sure() -> None:
    sure, unsure = replace(CAR, x1=0.6, x2=0.8), replace(CAR, x1=0.85, x2=0.95, confidence=0.3)
    (item,) = plan([Kept().shot(1, boxes=(CAR, sure, unsure))], Options(), ZONE).items
    assert [one.origin for one in item.boxes] == [Origin.CONFIRMED, Origin.ASSUMED]
    assert item.doubtful == 1


def test_a_picture_filed_with_two_alerts_is_one_with_both_words() -> None:
    kept = Kept()
    other = replace(CAR, x1=0.6, x2=0.8)
    one = kept.shot(1, boxes=(CAR, other))
    two = replace(one, alert_id=uuid4(), alert_box=other, verdict=Verdict.FALSE)
    (item,) = plan([one, two], Options(), ZONE).items
    assert [taught.box for taught in item.boxes] == [CAR]
    assert item.refuted == 1


@pytest.mark.parametrize("share", [0.1, 0.3, 0.9])
def test_no_place_lies_in_both_parts(share: float) -> None:
    kept = Kept()
    shots = [kept.shot(seed, camera=f"cam-{seed % 7}") for seed in range(40)]
    planned = plan(shots, Options(val_share=share), ZONE)
    parts: dict[str, set[str]] = {}
    for item in planned.items:
        parts.setdefault(item.shot.camera_id, set()).add(item.split.value)
    assert all(len(one) == 1 for one in parts.values())
    assert {"train", "val"} == {next(iter(one)) for one in parts.values()}
    assert planned.parted_by == "place"
    assert plan(reversed(shots), Options(val_share=share), ZONE) == planned


def test_one_place_is_parted_by_day_and_says_so(tmp_path: Path) -> None:
    kept = Kept()
    shots = [kept.shot(seed, captured_at=START + timedelta(days=seed)) for seed in range(5)]
    answer = export(kept.source(shots), tmp_path / "set", Options())
    assert answer["parted_by"] == "day"
    assert "share the place" in answer["warnings"][0]
    assert answer["counts"]["val"] == 1


def test_near_equal_pictures_come_once(tmp_path: Path) -> None:
    kept = Kept()
    first = kept.shot(1)
    done, data = cv2.imencode(
        ".jpg", cv2.imdecode(np.frombuffer(street(1), np.uint8), 1), [cv2.IMWRITE_JPEG_QUALITY, 60]
    )
    assert done
    again = data.tobytes()
    sha256 = hashlib.sha256(again).hexdigest()
    kept.jpegs[sha256] = again
    twin = replace(first, sha256=sha256, kind="first_sight", captured_at=START)
    assert (fingerprint(again) ^ fingerprint(street(1))).bit_count() <= 3
    answer = export(kept.source([first, twin, kept.shot(2)]), tmp_path / "set", Options())
    assert answer["counts"]["pictures"] == 2
    assert [entry["why"] for entry in manifest(tmp_path / "set")["left_out"]] == ["near-equal to another"]


def test_a_folder_that_holds_something_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(NotEmpty, match="is not empty"):
        export(Kept().source([]), tmp_path, Options())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_people_are_blurred_where_the_camera_says_so_and_else_left_out_when_they_cannot_be(tmp_path: Path) -> None:
    kept = Kept()
    person = Box("person", 0.9, None, 0.5, 0.2, 0.6, 0.6)
    shots = [kept.shot(1, boxes=(CAR, person)), kept.shot(2, boxes=None), kept.shot(3, camera="cam-2")]
    export(kept.source(shots), tmp_path / "set", Options(blur=frozenset({"cam-1"})))
    told = manifest(tmp_path / "set")
    (blurred,) = [entry for entry in told["files"] if entry["camera"] == "cam-1"]
    assert blurred["blurred"]
    assert blurred["sha256"] != blurred["evidence_sha256"]
    (clear,) = [entry for entry in told["files"] if entry["camera"] == "cam-2"]
    assert clear["sha256"] == clear["evidence_sha256"]
    assert "people cannot be blurred" in told["left_out"][0]["why"]


def test_every_file_is_what_the_manifest_says_and_bad_bytes_are_left_out(tmp_path: Path) -> None:
    kept = Kept()
    broken, gone = kept.shot(1), kept.shot(2)
    kept.jpegs[broken.sha256] = street(9)
    del kept.jpegs[gone.sha256]
    export(kept.source([broken, gone, kept.shot(3)]), tmp_path / "set", Options())
    told = manifest(tmp_path / "set")
    for entry in told["files"]:
        assert hashlib.sha256((tmp_path / "set" / entry["image"]).read_bytes()).hexdigest() == entry["sha256"]
    assert sorted(one["why"] for one in told["left_out"]) == [
        "its bytes are not those that were filed",
        "no longer kept",
    ]
    data = yaml.safe_load((tmp_path / "set" / "data.yaml").read_text(encoding="utf-8"))
    assert data["names"] == {0: "car"}


def test_what_was_missed_is_listed_for_drawing(tmp_path: Path) -> None:
    label = Label(
        label_id=uuid4(), rule="parking.illegal", subject="kerb", grid="01", since=START, until=None,
        verdict=Verdict.MISSED, reason="a van", source=LabelSource.DRAWN, weight=1.0, by="engineer", at=START,
    )  # fmt: skip
    answer = export(Kept().source([], [Missed(label=label, camera_id="cam-1")]), tmp_path / "set", Options())
    assert "kerb,cam-1" in (tmp_path / "set" / "to_draw.csv").read_text(encoding="utf-8")
    assert answer["counts"]["to_draw"] == 1
    assert "there is no picture" in answer["warnings"][0]


def test_a_box_that_reaches_past_the_rim_is_cut_there() -> None:
    (item,) = plan([Kept().shot(1, alert_box=replace(CAR, x1=-0.2, x2=0.2), boxes=None)], Options(), ZONE).items
    assert yolo_line(item.boxes[0], ("car",)) == "0 0.100000 0.350000 0.200000 0.300000"
