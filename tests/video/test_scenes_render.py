"""The rendered streets: the same seed gives the same pixels, and the truth lies on what is drawn."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.demo.scenes.description import (
    LABELS,
    Actor,
    Light,
    Path,
    Prop,
    PropKind,
    Scene,
    Size,
    Street,
    View,
    Waypoint,
    Weather,
    standing,
)
from hub.demo.scenes.geometry import Projector
from hub.demo.scenes.lighting import Lighting
from hub.demo.scenes.random_actors import random_actor
from hub.demo.scenes.random_scenes import random_scene
from hub.demo.scenes.render import Renderer, render

VIEW = View(height_m=6.0, x_m=-6.0, yaw_deg=18.0, tilt_deg=16.0)
STREET = Street(road_half_m=6.0, pavement_m=5.0, lanes=4, look=3)
OVERCAST = Light(daylight=0.9, lamps_on=False, weather=Weather.OVERCAST)
EMPTY = Scene(view=VIEW, street=STREET, light=OVERCAST, noise=0.0)


def with_actors(*actors: Actor) -> Scene:
    return replace(EMPTY, actors=actors)


def one(label: str, x_m: float = 1.0, y_m: float = 16.0, heading_deg: float = 0.0, look: int = 5) -> Actor:
    rng = np.random.default_rng(look)
    return random_actor(rng, label, f"{label}-1", standing(x_m, y_m, heading_deg))


def drawn_box(scene: Scene, without: Scene) -> tuple[float, float, float, float]:
    """Return the box, in shares, of the pixels that differ by more than a shadow, which is half as bright."""
    a = render(scene, 0.0)[0].astype(int)
    b = render(without, 0.0)[0].astype(int)
    shadow = np.abs(a - b // 2).max(axis=2) <= 1
    rows, columns = np.nonzero((np.abs(a - b).max(axis=2) > 0) & ~shadow)
    height, width = a.shape[:2]
    return (
        columns.min() / width,
        rows.min() / height,
        (columns.max() + 1) / width,
        (rows.max() + 1) / height,
    )


def test_the_same_seed_gives_the_same_pixels_and_the_same_truth() -> None:
    first = Renderer(random_scene(4711)).render(2.5)
    second = Renderer(random_scene(4711)).render(2.5)
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1] == second[1]
    assert first[1], "an empty truth would prove nothing"


def test_another_seed_gives_another_street() -> None:
    first, _ = Renderer(random_scene(1)).render(0.0)
    second, _ = Renderer(random_scene(2)).render(0.0)
    assert np.abs(first.astype(int) - second.astype(int)).mean() > 5


def test_order_of_asking_changes_no_picture() -> None:
    scene = random_scene(99)
    forwards, backwards = Renderer(scene), Renderer(scene)
    there = [forwards.frame(t) for t in (0.0, 1.0, 2.0)]
    back = [backwards.frame(t) for t in (2.0, 1.0, 0.0)][::-1]
    for a, b in zip(there, back, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("heading_deg", [0.0, 90.0, 135.0])
def test_the_truth_box_lies_on_the_drawn_actor(label: str, heading_deg: float) -> None:
    scene = with_actors(one(label, heading_deg=heading_deg))
    (box,) = render(scene, 0.0)[1]
    assert box.label == label
    assert box.visible_fraction > 0.99
    for truth, drawn in zip(box.xyxy, drawn_box(scene, EMPTY), strict=True):
        assert truth == pytest.approx(drawn, abs=0.012)


def test_a_car_behind_a_lorry_is_hidden_but_stays_where_it_is() -> None:
    car = one("car", x_m=4.8, y_m=18.0)
    lorry = Actor(
        actor_id="lorry",
        label="truck",
        size=Size(length_m=9, width_m=2.5, height_m=3.4),
        colour=(30, 90, 30),
        path=standing(1.2, 15.0),
    )
    (alone,) = render(with_actors(car), 0.0)[1]
    boxes = {box.actor_id: box for box in render(with_actors(car, lorry), 0.0)[1]}
    assert boxes["lorry"].visible_fraction > 0.99
    hidden = boxes.get("car-1")
    assert hidden is None or (hidden.visible_fraction < 0.6 and hidden.xyxy == alone.xyxy)


def test_a_tree_hides_what_stands_behind_it_and_is_no_truth() -> None:
    person = one("person", x_m=7.5, y_m=16.0)
    trunk = Prop(kind=PropKind.BIN, x_m=6.2, y_m=14.2)
    scene = with_actors(person)
    (alone,) = render(scene, 0.0)[1]
    boxes = render(replace(scene, props=(trunk,)), 0.0)[1]
    assert [box.label for box in boxes] == ["person"]
    assert boxes[0].visible_fraction < alone.visible_fraction


def test_what_is_outside_the_picture_is_no_truth() -> None:
    assert render(with_actors(one("car", x_m=1.0, y_m=-40.0), one("person", x_m=-80.0, y_m=10.0)), 0.0)[1] == ()


def test_what_leaves_the_picture_is_cut_at_its_edge() -> None:
    drive = Path(waypoints=(Waypoint(0.0, -1.0, 30.0, 180.0), Waypoint(10.0, -1.0, 0.0, 180.0)))
    car = replace(one("car"), path=drive)
    shares = []
    for at_s in np.arange(0, 10, 0.25):
        for box in render(with_actors(car), float(at_s))[1]:
            assert all(0.0 <= side <= 1.0 for side in box.xyxy)
            shares.append(box.visible_fraction)
    assert shares[0] == pytest.approx(1.0, abs=0.02)
    assert min(shares) < 0.8


def test_night_is_darker_than_day_and_lamps_help() -> None:
    day = render(EMPTY, 0.0)[0].mean()
    night = render(replace(EMPTY, light=Light(daylight=0.0, lamps_on=False)), 0.0)[0].mean()
    lit = render(replace(EMPTY, light=Light(daylight=0.0, lamps_on=True)), 0.0)[0].mean()
    assert night < lit < day / 2


@pytest.mark.parametrize("light", [OVERCAST, Light(daylight=0.0, lamps_on=True)])
def test_the_light_on_one_point_is_the_light_of_the_whole_street_there(light: Light) -> None:
    lighting = Lighting(light, STREET)
    x, y = np.linspace(-9, 9, 7, dtype=np.float32), np.linspace(3, 50, 7, dtype=np.float32)
    one_by_one = [lighting.at(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(lighting.over(x, y), one_by_one, rtol=1e-4)


def test_a_headlamp_shines_at_night_only_towards_the_camera() -> None:
    dark = replace(EMPTY, light=Light(daylight=0.0, lamps_on=False))
    street = render(dark, 0.0)[0].astype(int)

    def whitest(heading_deg: float) -> int:
        picture = render(replace(dark, actors=(one("car", heading_deg=heading_deg),)), 0.0)[0].astype(int)
        return int((picture - street).min(axis=2).max())

    assert whitest(180.0) > 150
    assert whitest(0.0) < 80  # its tail lamps are red


def test_noise_moves_from_frame_to_frame() -> None:
    renderer = Renderer(replace(EMPTY, noise=1.0))
    assert (renderer.frame(0.0) != renderer.frame(0.2)).any()


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.floats(0, 12))
def test_every_random_scene_renders_with_truth_inside_the_picture(seed: int, at_s: float) -> None:
    frame, truth = Renderer(random_scene(seed)).render(at_s)
    assert frame.shape == (360, 640, 3)
    assert frame.dtype == np.uint8
    for box in truth:
        x0, y0, x1, y1 = box.xyxy
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1
        assert 0 < box.visible_fraction <= 1


@given(st.floats(-8, 8), st.floats(8, 60), st.floats(0, 3))
def test_a_ray_through_a_projected_point_meets_the_point(x_m: float, y_m: float, z_m: float) -> None:
    projector = Projector(VIEW)
    pixel, depth = projector.pixels(np.array([[x_m, y_m, z_m]], np.float32))
    column, row = (int(c) for c in pixel[0])
    if not (0 <= column < VIEW.width_px and 0 <= row < VIEW.height_px):
        return
    met = projector.position + projector.rays()[row, column] * depth[0]
    # A pixel is as wide as its depth over the focal length.
    assert np.abs(met - np.array([x_m, y_m, z_m])).max() <= depth[0] / projector.focal_px * 1.5


def test_a_path_repeats_and_is_empty_between() -> None:
    path = Path(waypoints=(Waypoint(10.0, 0.0, 0.0), Waypoint(20.0, 10.0, 0.0)), period_s=60.0)
    assert path.at(5.0) is None
    assert path.at(25.0) is None
    for lap in range(3):
        pose = path.at(15.0 + lap * 60.0)
        assert pose is not None
        assert pose.x_m == pytest.approx(5.0)
        assert pose.moving


@pytest.mark.parametrize("times", [(), (1.0, 1.0), (2.0, 1.0)])
def test_a_path_whose_time_does_not_rise_is_refused(times: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="rising"):
        Path(waypoints=tuple(Waypoint(t, 0.0, 0.0) for t in times))


def test_an_unknown_label_and_an_impossible_light_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown label"):
        replace(one("car"), label="tram")
    with pytest.raises(ValueError, match="between 0 and 1"):
        Light(daylight=1.2, lamps_on=False)
