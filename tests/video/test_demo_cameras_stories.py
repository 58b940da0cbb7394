"""What the demo's cameras will show: the stories, the zones, and the light of the hour."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.demo.camera_light import light_at, sun_elevation_deg
from hub.demo.camera_stories import CAMERAS, STORY_S, DemoCamera, Outage
from hub.demo.scenes.description import Weather
from hub.demo.scenes.render import Renderer

CHINA = ZoneInfo("Asia/Shanghai")
BY_ID = {camera.camera_id: camera for camera in CAMERAS}


def inside(x: float, y: float, polygon: tuple[tuple[float, float], ...]) -> bool:
    """Return whether a point lies in a polygon (a ray to the right crosses an odd number of edges)."""
    crossed = False
    for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            crossed = not crossed
    return crossed


def seen(camera: DemoCamera, actor_id: str, seconds: list[float]) -> list[tuple[float, bool]]:
    """Return, per second at which the actor can be seen, its visible share and whether it stands in the zone."""
    renderer = Renderer(camera.scene)
    polygon = camera.zones[0][2]
    found = []
    for at_s in seconds:
        for box in renderer.render(at_s)[1]:
            if box.actor_id == actor_id:
                x0, _, x1, y1 = box.xyxy
                found.append((box.visible_fraction, inside((x0 + x1) / 2, y1, polygon)))
    return found


def test_there_are_four_cameras_with_zones_in_the_picture() -> None:
    assert [camera.camera_id for camera in CAMERAS] == ["cam-01", "cam-02", "cam-03", "cam-04"]
    kinds = {camera.camera_id: [kind for _, kind, _ in camera.zones] for camera in CAMERAS}
    assert kinds == {"cam-01": ["no_parking"], "cam-02": ["no_stall"], "cam-03": ["permitted_stall"], "cam-04": []}
    for camera in CAMERAS:
        for _, _, polygon in camera.zones:
            assert len(polygon) >= 3
            assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in polygon)
    zone_ids = [zone_id for camera in CAMERAS for zone_id, _, _ in camera.zones]
    assert len(set(zone_ids)) == len(zone_ids)


@pytest.mark.parametrize("lap", [0, 1, 7])
@pytest.mark.parametrize(("camera_id", "actor_id"), [("cam-01", "parked"), ("cam-02", "cart")])
def test_the_culprit_stands_in_the_zone_for_150_s_and_then_leaves(camera_id: str, actor_id: str, lap: int) -> None:
    start = lap * STORY_S
    standing = [start + t for t in range(21, 175, 3)]
    found = seen(BY_ID[camera_id], actor_id, standing)
    assert all(within for _, within in found)
    assert len(found) >= len(standing) * 0.8, "seen most of the time, even with traffic in front"
    assert seen(BY_ID[camera_id], actor_id, [start + t for t in (0, 240, 270)]) == []


def test_lorries_pass_in_front_of_the_parked_car_several_times() -> None:
    shares = {}
    renderer = Renderer(BY_ID["cam-01"].scene)
    for tenths in range(250, 1900, 5):
        boxes = {box.actor_id: box.visible_fraction for box in renderer.render(tenths / 10)[1]}
        shares[tenths / 10] = boxes.get("parked", 0.0)
    hidden = [at_s for at_s, share in shares.items() if share < 0.5]
    times = [a for a, b in zip([-99.0, *hidden], hidden, strict=False) if b - a > 10]
    assert len(times) >= 3
    assert len(hidden) < len(shares) * 0.25


def test_the_permitted_stall_stands_in_its_zone_at_all_times() -> None:
    seconds = [float(t) for t in range(0, 600, 20)]
    found = seen(BY_ID["cam-03"], "permitted", seconds)
    assert len(found) >= len(seconds) * 0.9
    assert all(within for _, within in found)
    assert sum(share > 0.5 for share, _ in found) >= len(seconds) * 0.8


def test_there_is_traffic_on_every_camera() -> None:
    for camera in CAMERAS:
        renderer = Renderer(camera.scene)
        moving = set()
        for at_s in range(0, 120, 4):
            moving |= {box.actor_id for box in renderer.render(float(at_s))[1]}
        assert len(moving) >= 5, camera.camera_id


def test_the_fourth_camera_fails_from_second_60_to_110_and_again_later() -> None:
    outage = BY_ID["cam-04"].outage
    assert outage == Outage(60.0, 110.0, 600.0)
    assert [t for t in (-5.0, 0, 59.9, 60, 109.9, 110, 599, 660, 711) if outage.covers(t)] == [60, 109.9, 660]
    assert all(camera.outage is None for camera in CAMERAS[:3])


@pytest.mark.parametrize(
    ("at", "expected_deg"),
    [
        (datetime(2026, 6, 21, 13, 5, tzinfo=CHINA), 82.8),  # noon of the longest day: 90 - 30.66 + 23.44
        (datetime(2026, 12, 21, 13, 1, tzinfo=CHINA), 35.9),
        (datetime(2026, 3, 20, 13, 11, tzinfo=CHINA), 59.3),
        (datetime(2026, 6, 21, 1, 5, tzinfo=CHINA), -35.9),
    ],
)
def test_the_sun_stands_where_geometry_says(at: datetime, expected_deg: float) -> None:
    assert sun_elevation_deg(at) == pytest.approx(expected_deg, abs=0.6)


def test_a_day_has_one_night_with_lamps_and_one_bright_noon() -> None:
    start = datetime(2026, 11, 22, 0, 0, tzinfo=CHINA)
    lights = [light_at(start + timedelta(minutes=10 * k), Weather.CLEAR) for k in range(144)]
    assert lights[0].daylight == 0.0
    assert lights[0].lamps_on
    assert lights[13 * 6].daylight == 1.0
    changes = sum(a.lamps_on != b.lamps_on for a, b in itertools.pairwise(lights))
    assert changes == 2
    assert all(light.lamps_on for light in lights if light.daylight < 0.1)


def test_the_hour_is_an_instant_not_a_wall_clock() -> None:
    with pytest.raises(ValueError, match="timezone"):
        sun_elevation_deg(datetime(2026, 1, 1))  # noqa: DTZ001
    noon = datetime(2026, 5, 1, 13, 0, tzinfo=CHINA)
    assert light_at(noon, Weather.CLEAR) == light_at(noon.astimezone(UTC), Weather.CLEAR)
