"""Zones drawn in the console: laid over the city file, written whole or not at all, told with file and line."""

from datetime import UTC, datetime, time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.city_file import WindowEntry, ZoneEntry
from hub.config.load import load, load_city
from hub.config.perception import Override, load_perception
from hub.config.yaml_source import ConfigError
from hub.config.zones import LEAST_AREA, entries_of, polygon_slip, slips, zones_version
from hub.config.zones_file import (
    DrawnZones,
    NotWritable,
    ZonesFile,
    drawn_in,
    files_of,
    locked,
    read_drawn,
    text_of,
    with_camera,
    written,
    zones_path,
)
from ingest.city import ZoneKind
from tests.support.town import write_city

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
SQUARE = [(0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5)]


def zone(zone_id: str = "z-1", kind: ZoneKind = ZoneKind.NO_STALL, **more: object) -> ZoneEntry:
    return ZoneEntry(id=zone_id, kind=kind, polygon=SQUARE, **more)  # type: ignore[arg-type]


def draw(city: Path, *zones: ZoneEntry, camera: str = "cam-1") -> None:
    drawn = DrawnZones(id=camera, drawn_by="Li Na", drawn_at=AT, zones=list(zones))
    with locked(city), written(city, with_camera(read_drawn(city), drawn, camera)):
        pass


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return write_city(tmp_path)


def test_what_is_drawn_counts_in_place_of_the_city_file_until_it_is_taken_out(city: Path) -> None:
    before = load(city, None)
    draw(city, zone("drawn"))
    during = load(city, None)
    assert [one.zone_id for one in before.city.cameras["cam-1"].zones] == ["zone-1"]
    assert [one.zone_id for one in during.city.cameras["cam-1"].zones] == ["drawn"]
    assert during.version != before.version
    assert [one.zone_id for one in load_perception(city, shipped=city, override=Override()).city.cameras["cam-1"].zones]
    with written(city, with_camera(read_drawn(city), None, "cam-1")):
        pass
    assert load(city, None).version == before.version
    assert files_of(city) == [city, city.with_name("city.zones.yaml"), city.with_name("city.profiles.jsonl")]


def test_a_drawn_zone_comes_back_with_all_that_was_said_of_it(city: Path) -> None:
    window = WindowEntry(season="11-01/02-29", weekdays=frozenset({6, 7}), hours="18:00-24:00", holidays="only")
    wanted = [
        zone("a", name="夜市", dwell_s=90.0, kind=ZoneKind.PERMITTED_STALL, permits=[window]),
        zone("2026", active=[WindowEntry(hours="22:00-06:00")]),
    ]
    draw(city, *wanted)
    camera = load_city(city).cameras["cam-1"]
    assert entries_of(camera) == wanted
    assert camera.zones[1].active[0].hours == (time(22), time(6))
    assert zones_version(entries_of(camera)) == zones_version(wanted)
    assert "夜市" in zones_path(city).read_text(encoding="utf-8")


def test_what_is_wrong_is_told_with_the_line_of_the_file_of_drawn_zones(city: Path) -> None:
    draw(city, zone("zone-9"), zone("zone-9"))
    with pytest.raises(ConfigError) as refused:
        load_city(city)
    (problem,) = refused.value.problems
    line = int(problem.split(":")[1])
    assert problem.startswith(str(zones_path(city)))
    assert "zone-9" in zones_path(city).read_text().splitlines()[line - 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cameras: [{id: cam-1}]", "zones: is missing"),
        ("cameras: [{id: cam-1, zones: []}, {id: cam-1, zones: []}]", "given twice"),
        ("zones: []", "no such setting"),
        ("cameras: [", "is not YAML"),
        ("cameras: [{id: cam-1, zones: [{id: a, kind: no_stall, polygon: [[0, 0], [2, 0], [1, 1]]}]}]", "polygon"),
    ],
)
def test_a_bad_file_of_drawn_zones_is_refused_with_words(city: Path, text: str, said: str) -> None:
    zones_path(city).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load_city(city)


def test_a_camera_that_another_machine_watches_is_passed_over(city: Path) -> None:
    draw(city, zone("elsewhere"), camera="cam-77")
    assert "cam-77" not in load_city(city).cameras
    draw(city, zone("here"))
    assert [one.id for one in read_drawn(city).cameras] == ["cam-1", "cam-77"]
    note, warning = drawn_in(city, load_city(city))
    assert note == "note: the zones of cam-1 are those of city.zones.yaml, drawn in the console"
    assert warning == "warning: city.zones.yaml has zones of cam-77, which this city file does not have"
    with written(city, ZonesFile()):
        pass
    assert drawn_in(city, load_city(city)) == []


def test_what_is_not_taken_leaves_no_trace(city: Path) -> None:
    draw(city, zone("good"))
    before = {path.name: path.read_bytes() for path in city.parent.iterdir()}
    with pytest.raises(ConfigError), written(city, ZonesFile(cameras=[])):
        raise ConfigError(["no"])
    assert {path.name: path.read_bytes() for path in city.parent.iterdir()} == before


def test_where_nothing_can_be_written_it_is_said_what_would_help(city: Path) -> None:
    zones_path(city).mkdir()  # root may write into any folder, but not over a folder
    with pytest.raises(NotWritable, match="downloaded as YAML"), written(city, ZonesFile(cameras=[])):
        pass
    assert not list(city.parent.glob(".*.new"))


@pytest.mark.parametrize(
    ("polygon", "said"),
    [
        (SQUARE, None),
        ([(0.1, 0.1), (0.5, 0.5), (0.5, 0.1), (0.1, 0.5)], "cross"),
        ([(0.1, 0.1), (0.1, 0.1), (0.5, 0.5)], "the same"),
        ([(0.1, 0.1), (0.11, 0.1), (0.11, 0.11)], "too small"),
        ([(0.1, 0.1), (0.5, 0.1), (0.9, 0.1)], "too small"),
        ([(0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.3, 0.1), (0.1, 0.5)], "cross"),  # a corner lies on an edge
    ],
)
def test_slips_of_the_hand_are_found(polygon: list[tuple[float, float]], said: str | None) -> None:
    found = polygon_slip(polygon)
    assert found is None if said is None else found is not None and said in found


def test_slips_are_told_by_zone() -> None:
    crossed = ZoneEntry(id="b", kind=ZoneKind.IGNORED, polygon=[(0.1, 0.1), (0.5, 0.5), (0.5, 0.1), (0.1, 0.5)])
    assert [position for position, _ in slips([zone(), crossed, zone("c")])] == [1]


@given(
    st.lists(st.tuples(st.floats(0.05, 0.95), st.floats(0.1, 1.0)), min_size=3, max_size=12, unique_by=lambda p: p[0])
)
def test_a_mountain_on_a_plain_never_crosses_itself(peaks: list[tuple[float, float]]) -> None:
    ridge = sorted(peaks)
    polygon = [(ridge[0][0], 0.0), *ridge, (ridge[-1][0], 0.0)]
    found = polygon_slip(polygon)
    assert found is None or "small" in found
    area = sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in pairwise(ridge))
    assert (found is None) == (area >= LEAST_AREA) or abs(area - LEAST_AREA) < 1e-9


@given(
    st.lists(
        st.builds(
            ZoneEntry,
            id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
            kind=st.sampled_from(ZoneKind),
            polygon=st.just(SQUARE),
            name=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20),
            dwell_s=st.none() | st.floats(1, 86400),
        ),
        max_size=4,
        unique_by=lambda zone: zone.id,
    )
)
def test_the_file_read_again_means_the_same(zones: list[ZoneEntry]) -> None:
    import yaml

    from hub.config.yaml_source import _Loader

    file = ZonesFile(cameras=[DrawnZones(id="cam-1", drawn_at=AT, drawn_by="x", zones=zones)])
    assert ZonesFile.model_validate(yaml.load(text_of(file), _Loader)) == file
