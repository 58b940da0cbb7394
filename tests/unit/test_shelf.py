"""What runs may name: files of three folders by their names alone, and what a name tells."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.tuning.shelf import NotThere, Part, Shelf, begun, filmed_by, size_of, spanned

CITY = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "secret.pt").write_bytes(b"no")
    for name in ("weights/new_openvino_model", "weights/elsewhere", "recordings"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "weights" / "new_openvino_model" / "new.bin").write_bytes(b"12345")
    for name in (
        "weights/a.pt",
        "weights/.hidden.pt",
        "weights/notes.txt",
        "recordings/西门 1.mp4",
        "recordings/a.txt",
    ):
        (tmp_path / name).write_bytes(b"12")
    return Shelf(tmp_path)


def test_only_what_is_of_the_kind_is_listed_and_a_folder_that_is_not_there_is_empty(shelf: Shelf) -> None:
    assert [path.name for path in shelf.listed(Part.WEIGHTS)] == ["a.pt", "new_openvino_model"]
    assert [path.name for path in shelf.listed(Part.RECORDINGS)] == ["西门 1.mp4"]
    assert shelf.listed(Part.DETECTIONS) == []
    assert [size_of(path) for path in shelf.listed(Part.WEIGHTS)] == [2, 5]


@pytest.mark.parametrize(
    "name", ["../secret.pt", "..", ".hidden.pt", "/etc/passwd", "weights/a.pt", "", "a\n.pt", "b.pt"]
)
def test_a_name_is_never_a_way_to_elsewhere(shelf: Shelf, name: str) -> None:
    with pytest.raises(NotThere, match="there is no"):
        shelf.find(Part.WEIGHTS, name)
    assert shelf.find(Part.WEIGHTS, "a.pt").read_bytes() == b"12"


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("cam-01_20261123T180000.mp4", datetime(2026, 11, 23, 18, tzinfo=CITY)),
        ("cam-01-20261123_180559-west.mkv", datetime(2026, 11, 23, 18, 5, 59, tzinfo=CITY)),
        ("20261123180000.ts", datetime(2026, 11, 23, 18, tzinfo=CITY)),
        ("cam-01_20261341T180000.mp4", None),
        ("cam-01.mp4", None),
        ("1202611231800005.mp4", None),
    ],
)
def test_a_recordings_name_says_when_it_begins_by_the_citys_clocks(name: str, at: datetime | None) -> None:
    assert begun(name, CITY) == at


def test_a_recordings_name_says_who_filmed_it() -> None:
    cameras = ["cam-1", "cam-12", "cam-1-west"]
    assert filmed_by("cam-12_20261123T180000.mp4", cameras) == "cam-12"
    assert filmed_by("cam-1-west.mp4", cameras) == "cam-1-west"
    assert filmed_by("cam-1.mp4", cameras) == "cam-1"
    assert filmed_by("cam-123.mp4", cameras) is None


def test_saved_detections_tell_their_span_and_other_files_none(tmp_path: Path) -> None:
    path = tmp_path / "seen.jsonl"
    times = [f"2026-11-23T10:0{minute}:00+00:00" for minute in range(3)]
    path.write_text("".join(json.dumps({"at": at, "boxes": []}) + "\n" for at in times), encoding="utf-8")
    assert spanned(path) == (datetime.fromisoformat(times[0]), datetime.fromisoformat(times[2]))
    for other in ("", "not JSON\n", '{"at": "2026-11-23T10:00:00"}\n', "[1]\n"):
        path.write_text(other, encoding="utf-8")
        assert spanned(path) is None
