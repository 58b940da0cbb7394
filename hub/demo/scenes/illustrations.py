"""A folder in, the rendered pictures of docs/vision.md out: where a camera hangs, where a zone lies, in what light.

python -m hub.demo.scenes.illustrations docs/pictures
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hub.demo.scenes.description import (
    Actor,
    Light,
    Marking,
    MarkingKind,
    Scene,
    Size,
    Street,
    View,
    Weather,
    standing,
)
from hub.demo.scenes.geometry import Projector
from hub.demo.scenes.render import render

Picture = NDArray[np.uint8]
Rectangle = tuple[float, float, float, float]  # x0, x1, y0, y1 in metres of the street
Corner = tuple[float, float, float]  # metres: across, along, up

_GOOD = (80, 200, 80)
_BAD = (60, 60, 235)
_KERB: Rectangle = (3.5, 7.0, 9.0, 25.0)
_NOON = Light(daylight=1.0, lamps_on=False)
_HIGH = View(height_m=6.0, x_m=-7.5, yaw_deg=27.0, tilt_deg=16.0)
_SAME_SIDE = View(height_m=6.5, x_m=9.0, yaw_deg=-14.0, tilt_deg=18.0)
_LOW = View(height_m=2.6, x_m=-7.5, yaw_deg=27.0, tilt_deg=3.0)
_CAR = Size(length_m=4.6, width_m=1.85, height_m=1.5)
_STREET = Street(
    road_half_m=7.2,
    pavement_m=4.5,
    lanes=4,
    look=31,
    markings=(Marking(kind=MarkingKind.HATCH, x0_m=4.3, x1_m=7.0, y0_m=9.0, y1_m=25.0),),
)


def _actor(name: str, label: str, size: Size, x_m: float, y_m: float, colour: tuple[int, int, int]) -> Actor:
    return Actor(actor_id=name, label=label, size=size, colour=colour, path=standing(x_m, y_m), look=len(name) * 7)


_PARKED = (
    _actor("first", "car", _CAR, 5.8, 12.5, (228, 228, 226)),
    _actor("second", "car", _CAR, 5.8, 19.5, (150, 80, 35)),
)
_LORRY = _actor("lorry", "truck", Size(length_m=7.5, width_m=2.4, height_m=3.3), 1.8, 11.5, (60, 120, 60))


def _scene(view: View, *, light: Light = _NOON, actors: Sequence[Actor] = _PARKED) -> Scene:
    return Scene(view=view, street=_STREET, light=light, actors=tuple(actors), seed=101, noise=0.6)


def _drawn(picture: Picture, view: View, corners: Sequence[Corner], colour: tuple[int, int, int]) -> Picture:
    """Return the picture with a polygon of the street laid over it."""
    projector = Projector(view)
    shares = [projector.ground(*corner) for corner in corners]
    points = np.array([(u * view.width_px, v * view.height_px) for u, v in shares], np.int32)
    over = picture.copy()
    cv2.fillPoly(over, [points], colour)
    mixed = cv2.addWeighted(over, 0.3, picture, 0.7, 0)
    cv2.polylines(mixed, [points], True, colour, 2, cv2.LINE_AA)
    return np.asarray(mixed, np.uint8)


def _flat(zone: Rectangle) -> list[Corner]:
    x0, x1, y0, y1 = zone
    return [(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0)]


def _anchors(picture: Picture, scene: Scene) -> Picture:
    """Return the picture with the boxes of what stands there, each with its anchor: the middle of its lower edge."""
    _, truth = render(scene, 0.0)
    for box in truth:
        x0, y0, x1, y1 = (round(side * most) for side, most in zip(box.xyxy, (640, 360, 640, 360), strict=True))
        cv2.rectangle(picture, (x0, y0), (x1, y1), (250, 250, 250), 1, cv2.LINE_AA)
        cv2.circle(picture, ((x0 + x1) // 2, y1), 5, (0, 0, 255), -1, cv2.LINE_AA)
    return picture


def _side_by_side(*pictures: Picture) -> Picture:
    gap = np.full((pictures[0].shape[0], 8, 3), 255, np.uint8)
    row: list[Picture] = []
    for picture in pictures:
        row += [picture, gap]
    return np.hstack(row[:-1])


def placement() -> Picture:
    """Return one street twice, a lorry passing parked cars: from 6.5 m over the kerb, from 2.6 m across the road."""
    actors = (*_PARKED, _LORRY)
    return _side_by_side(
        *(
            _drawn(render(_scene(view, actors=actors), 0.0)[0], view, _flat(_KERB), colour)
            for view, colour in ((_SAME_SIDE, _GOOD), (_LOW, _BAD))
        )
    )


def zones() -> Picture:
    """Return a zone drawn on the ground where wheels stand, and one drawn around the vehicles' bodies."""
    scene = _scene(_HIGH)
    picture, _ = render(scene, 0.0)
    x0, x1, y0, y1 = _KERB
    bodies: list[Corner] = [(x0, y1, 1.6), (x1, y1, 1.6), (x1, y0, 1.6), (x1, y0, 0.9), (x0, y0, 0.9)]
    return _side_by_side(
        _anchors(_drawn(picture, _HIGH, _flat(_KERB), _GOOD), scene),
        _anchors(_drawn(picture, _HIGH, bodies, _BAD), scene),
    )


def light() -> Picture:
    """Return the street by day, in the rain at dusk, and at night."""
    lights = (
        _NOON,
        Light(daylight=0.35, lamps_on=True, weather=Weather.RAIN),
        Light(daylight=0.0, lamps_on=True),
    )
    view = replace(_HIGH, width_px=480, height_px=270)
    return _side_by_side(*(render(_scene(view, light=one), 0.0)[0] for one in lights))


def main() -> None:
    """Draw them all."""
    parser = argparse.ArgumentParser(description="Draw the pictures of docs/vision.md.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in (("placement", placement()), ("zones", zones()), ("light", light())):
        small = cv2.resize(picture, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"vision-{name}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 80])


if __name__ == "__main__":
    main()
