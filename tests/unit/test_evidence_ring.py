from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.vision import shelf
from detectors.vision.evidence import WITHIN, Answer, Kept, Ring
from ingest.observation import Box

START = datetime(2026, 11, 23, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def filled(
    until_s: float, every_s: float, *, keep_s: float = 900, keep_bytes: int = 10_000_000, size: int = 100
) -> Ring:
    ring = Ring(keep_s=keep_s, keep_bytes=keep_bytes)
    for number in range(int(until_s / every_s) + 1):
        ring.add(Kept(at(number * every_s), b"x" * size))
    return ring


def test_the_newest_pictures_are_found_exactly() -> None:
    answer, kept = filled(60, 0.5).nearest(at(55.5))
    assert answer is Answer.FOUND
    assert kept is not None
    assert kept.captured_at == at(55.5)


def test_any_instant_of_a_quarter_of_an_hour_is_answered_within_a_second() -> None:
    ring = filled(900, 0.5)
    assert len(ring) < 900 / 2 + 50
    for second in range(900):
        answer, kept = ring.nearest(at(second + 0.3))
        assert answer is Answer.FOUND
        assert kept is not None
        assert abs(kept.captured_at - at(second + 0.3)) <= timedelta(seconds=1.01)


def test_pictures_at_the_heartbeat_are_all_kept() -> None:
    assert len(filled(100, 2)) == 51


def test_what_cannot_be_answered_says_why() -> None:
    ring = Ring(keep_s=100, keep_bytes=1000)
    assert ring.nearest(at(0)) == (Answer.EMPTY, None)
    for second in (0, 1, 2, 30, 31):
        ring.add(Kept(at(second), b"x"))
    assert ring.nearest(at(-10)) == (Answer.TOO_OLD, None)
    assert ring.nearest(at(15)) == (Answer.GAP, None)
    assert ring.nearest(at(50)) == (Answer.TOO_NEW, None)
    assert ring.nearest(at(4))[0] is Answer.FOUND


def test_bytes_are_bounded_and_the_oldest_go_first() -> None:
    ring = filled(100, 2, keep_bytes=1000, size=100)
    assert ring.bytes == 1000
    assert ring.nearest(at(100))[0] is Answer.FOUND
    assert ring.nearest(at(70))[0] is Answer.TOO_OLD


def test_a_single_picture_larger_than_all_is_still_kept() -> None:
    ring = Ring(keep_s=100, keep_bytes=10)
    ring.add(Kept(at(0), b"x" * 100))
    assert ring.nearest(at(0))[0] is Answer.FOUND


@given(
    st.lists(st.tuples(st.floats(-5, 30), st.integers(0, 400)), min_size=1, max_size=80),
    st.integers(400, 2000),
    st.floats(10, 100),
)
def test_it_never_holds_more_than_it_may_and_counts_right(
    story: list[tuple[float, int]], keep_bytes: int, keep_s: float
) -> None:
    ring = Ring(keep_s=keep_s, keep_bytes=keep_bytes)
    now_s, newest_s = 0.0, None
    for gap_s, size in story:
        now_s += gap_s
        ring.add(Kept(at(now_s), b"x" * size))
        newest_s = now_s if newest_s is None else max(newest_s, now_s)
        assert ring.bytes <= keep_bytes
        answer, kept = ring.nearest(at(newest_s))
        assert answer is Answer.FOUND
        assert kept is not None
        assert abs(kept.captured_at - at(newest_s)) <= WITHIN


PERSON = Box("person", 0.8, 4, 0.1, 0.2, 0.3, 0.9)


def on_disk(path: Path, *, keep_s: float = 900, keep_bytes: int = 10_000_000) -> Ring:
    return Ring(keep_s=keep_s, keep_bytes=keep_bytes, shelf=shelf.Folder(path))


def test_what_is_older_than_the_newest_seconds_outlives_the_process(tmp_path: Path) -> None:
    ring = on_disk(tmp_path / "cam-1")
    for second in range(100):
        ring.add(Kept(at(second), f"picture {second}".encode(), (PERSON,)))
    again = on_disk(tmp_path / "cam-1")
    answer, kept = again.nearest(at(40))
    assert answer is Answer.FOUND
    assert kept is not None
    assert (kept.captured_at, kept.jpeg, kept.boxes) == (at(40), b"picture 40", (PERSON,))
    assert again.nearest(at(99))[0] is Answer.TOO_NEW
    again.add(Kept(at(120), b"x"))
    assert again.nearest(at(120))[0] is Answer.FOUND
    assert again.nearest(at(40))[0] is Answer.FOUND


def test_the_folder_is_as_bounded_as_the_ring_and_for_its_owner_alone(tmp_path: Path) -> None:
    ring = on_disk(tmp_path / "cam-1", keep_s=60, keep_bytes=1500)
    for second in range(300):
        ring.add(Kept(at(second), b"x" * 50))
    files = list((tmp_path / "cam-1").iterdir())
    assert 0 < sum(file.stat().st_size for file in files) <= 1500
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    assert (tmp_path / "cam-1").stat().st_mode & 0o077 == 0


def test_pictures_of_what_is_now_the_future_are_dropped(tmp_path: Path) -> None:
    ring = on_disk(tmp_path / "cam-1")
    for second in range(100):
        ring.add(Kept(at(second), b"x"))
    stepped_back = on_disk(tmp_path / "cam-1")
    stepped_back.add(Kept(at(-3600), b"y"))
    assert len(stepped_back) == 1
    assert list((tmp_path / "cam-1").iterdir()) == []


def test_a_disk_that_takes_nothing_costs_pictures_and_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cam-1").write_text("a file where the folder should be")
    ring = on_disk(tmp_path / "cam-1")
    for second in range(100):
        ring.add(Kept(at(second), b"x"))
    assert ring.nearest(at(95))[0] is Answer.FOUND
    assert ring.nearest(at(40))[0] is Answer.TOO_OLD
    assert len(caplog.records) == 1


def test_a_picture_that_was_removed_behind_its_back_is_a_gap(tmp_path: Path) -> None:
    ring = on_disk(tmp_path / "cam-1")
    for second in range(100):
        ring.add(Kept(at(second), b"x"))
    for file in (tmp_path / "cam-1").iterdir():
        file.unlink()
    assert ring.nearest(at(40)) == (Answer.GAP, None)


def test_what_half_a_write_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "cam-1").mkdir()
    (tmp_path / "cam-1" / "1795395600000000.half").write_bytes(b"half a pict")
    assert len(on_disk(tmp_path / "cam-1")) == 0
    assert list((tmp_path / "cam-1").iterdir()) == []


def test_what_is_over_is_removed_of_any_camera(tmp_path: Path) -> None:
    for camera in ("cam-1", "cam-gone"):
        ring = on_disk(tmp_path / camera)
        for second in range(100 if camera == "cam-1" else 50):
            ring.add(Kept(at(second), b"x"))
    shelf.expire(tmp_path, at(40))
    assert [path.name for path in tmp_path.iterdir()] == ["cam-1"]
    assert on_disk(tmp_path / "cam-1").nearest(at(30))[0] is Answer.TOO_OLD
    assert on_disk(tmp_path / "cam-1").nearest(at(60))[0] is Answer.FOUND
