"""What is remembered of a camera's view over a restart, and when it is forgotten."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from detectors.vision.lookout import Lookout, key_of
from detectors.vision.pictures import Bgr
from detectors.vision.view import Verdict
from detectors.vision.view_file import ViewFile
from ingest.city import Camera, Zone, ZoneKind

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KERB = Zone(zone_id="kerb", camera_id="cam-1", kind=ZoneKind.NO_PARKING, polygon=((0.1, 0.5), (0.9, 0.5), (0.5, 0.9)))
CAMERA = Camera(camera_id="cam-1", grid="01", url="rtsp://viewer:secret@10.0.0.9/1", zones=(KERB,))


def street(seed: int, x: int = 0) -> Bgr:
    """Return a picture of houses, different for each seed, seen `x` points farther to the right."""
    rng = np.random.default_rng(seed)
    wide = np.full((180, 480), 120, np.uint8)
    for _ in range(60):
        left, top = int(rng.integers(0, 440)), int(rng.integers(0, 150))
        wide[top : top + int(rng.integers(8, 40)), left : left + int(rng.integers(8, 50))] = int(rng.integers(20, 235))
    return np.repeat(wide[:, 40 + x : 360 + x, None], 3, axis=2)


def watch(lookout: Lookout, picture: Bgr, seconds: float, at: datetime = NOON, from_s: float = 0.0) -> list[Verdict]:
    """Let `lookout` see a picture twice a second; return its looks."""
    found = []
    for n in range(int(seconds * 2)):
        at_s = from_s + n / 2
        if lookout.is_due(at_s):
            verdict = lookout.look(picture, at_s, at + timedelta(seconds=at_s))
            found += [verdict] if verdict is not None else []
    return found


def begin(folder: Path, camera: Camera = CAMERA, every_s: float = 2.0) -> Lookout:
    return Lookout("cam-1", every_s=every_s, key=key_of(camera), store=ViewFile(folder, "cam-1"))


def test_a_view_is_learned_in_half_a_minute_and_then_looked_at_every_two_seconds(tmp_path: Path) -> None:
    lookout = begin(tmp_path)
    assert watch(lookout, street(1), 30) == []
    found = watch(lookout, street(1), 20, from_s=30)
    assert 9 <= len(found) <= 11
    assert all(one.shift_pct == 0 and one.lost_pct == 0 for one in found)


def test_a_camera_turned_while_nobody_watched_is_found_out_after_the_restart(tmp_path: Path) -> None:
    watch(begin(tmp_path), street(1), 40)
    for x in (16, -16):
        first = watch(begin(tmp_path), street(1, x), 4, at=NOON + timedelta(minutes=20))
        assert first[0].shift_pct == pytest.approx(5, abs=0.5), "no learning: the first look already tells"
    gone = watch(begin(tmp_path), street(2), 4, at=NOON + timedelta(minutes=20))
    assert gone[0].lost_pct >= 70


def test_after_a_night_a_street_that_looks_quite_different_is_learned_anew(tmp_path: Path) -> None:
    watch(begin(tmp_path), street(1), 40)
    later = NOON + timedelta(hours=9)
    assert watch(begin(tmp_path), street(2), 30, at=later) == []
    # But one that is recognised elsewhere is believed to be turned, whatever the hour,
    assert watch(begin(tmp_path), street(1, 16), 4, at=later)[0].shift_pct == pytest.approx(5, abs=0.5)
    # and so is one of which that hour is known.
    tomorrow = NOON + timedelta(days=1)
    assert watch(begin(tmp_path), street(2), 4, at=tomorrow)[0].lost_pct >= 70


@pytest.mark.parametrize(
    "changed",
    [
        replace(CAMERA, url="rtsp://viewer:secret@10.0.0.10/1"),
        replace(CAMERA, preset=4),
        replace(CAMERA, zones=(replace(KERB, polygon=((0.2, 0.5), (0.9, 0.5), (0.5, 0.9))),)),
    ],
    ids=["another address", "another preset", "zones drawn anew"],
)
def test_a_view_is_learned_anew_when_the_camera_has_changed(tmp_path: Path, changed: Camera) -> None:
    watch(begin(tmp_path), street(1), 40)
    assert watch(begin(tmp_path, changed), street(2), 20, at=NOON + timedelta(minutes=5)) == []


def test_neither_a_new_password_nor_a_zones_patience_is_another_view(tmp_path: Path) -> None:
    watch(begin(tmp_path), street(1), 40)
    same = replace(CAMERA, url="rtsp://viewer:better@10.0.0.9/1", name="South", zones=(replace(KERB, dwell_s=60.0),))
    assert watch(begin(tmp_path, same), street(1), 4, at=NOON + timedelta(minutes=5))[0].lost_pct == 0
    assert b"secret" not in (tmp_path / "cam-1.view").read_bytes()


def test_a_view_forgotten_on_purpose_is_learned_anew_while_the_process_runs(tmp_path: Path) -> None:
    lookout = begin(tmp_path)
    watch(lookout, street(1), 40)
    assert watch(lookout, street(2), 10, from_s=40)[-1].lost_pct >= 70
    assert ViewFile(tmp_path, "cam-1").forget()
    assert watch(lookout, street(2), 30, from_s=50) == []
    assert watch(lookout, street(2), 6, from_s=80)[-1].lost_pct == 0
    assert not ViewFile(tmp_path, "cam-2").forget()


@pytest.mark.parametrize("bytes_there", [b"", b"no view at all", b"\x81\xa6format\x01"])
def test_a_file_that_cannot_be_read_is_said_and_learned_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, bytes_there: bytes
) -> None:
    (tmp_path / "cam-1.view").write_bytes(bytes_there)
    with caplog.at_level(logging.WARNING):
        lookout = begin(tmp_path)
    assert "learned anew" in caplog.text
    watch(lookout, street(1), 40)
    assert watch(begin(tmp_path), street(1), 4)[0].lost_pct == 0
    assert [path.name for path in tmp_path.iterdir()] == ["cam-1.view"]


def test_a_disk_that_takes_nothing_costs_the_memory_and_not_the_looks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "full").write_bytes(b"")  # a file where the folder should be
    lookout = begin(tmp_path / "full")
    assert watch(lookout, street(1), 60)[-1].lost_pct == 0
    assert caplog.text.count("cannot be kept") == 1


def test_what_a_camera_showed_before_its_settings_changed_is_taken_over(tmp_path: Path) -> None:
    before = begin(tmp_path / "none")
    watch(before, street(1), 40)
    after = Lookout("cam-1", every_s=4, key=key_of(CAMERA))
    after.continue_from(before)
    assert watch(after, street(1, 16), 2, from_s=41)[0].shift_pct == pytest.approx(5, abs=0.5)
    other = Lookout("cam-1", every_s=4, key="other zones")
    other.continue_from(before)
    assert watch(other, street(1, 16), 20, from_s=41) == []


def test_a_model_of_another_size_learns_the_fineness_of_detail_anew(tmp_path: Path) -> None:
    lookout = begin(tmp_path)
    watch(lookout, street(1), 40)
    large = np.repeat(np.repeat(street(1), 2, axis=0), 2, axis=1)
    coarse = np.repeat(np.repeat(street(1)[::2, ::2], 2, axis=0), 2, axis=1)
    assert watch(lookout, large, 2, from_s=40)[0].sharpness_pct == 100
    assert watch(lookout, np.repeat(coarse, 2, axis=0), 2, from_s=42)[0].lost_pct < 70


def test_nought_looks_never(tmp_path: Path) -> None:
    assert watch(begin(tmp_path, every_s=0), street(1), 60) == []
    assert list(tmp_path.iterdir()) == []
