"""Vehicles cut out of real footage and where each shall be when in, an H.264 clip of a real road out.

A vehicle that stands is no still picture: the light of the scene, the sensor's noise, a swaying pole and the codec
work on it as on everything else. What is lower in the picture is nearer and hides what is behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import pi, sin
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np

from tests.support.footage import FPS, HEIGHT, WIDTH, Cut, Field, Footage, Picture, running

# Measured in the footage where nothing moves: each pixel's standard deviation over time, in grey levels.
SENSOR_NOISE = 4.0
BIT_RATE = 900_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A vehicle, and its way: its centre's column in pixels at some instants, at rest between two that are equal.

    It brakes to a stop and gathers speed again as vehicles do. `bottom` is the row it stands on. Before the first
    instant and after the last it is not there; with `fade_s` it comes and goes in that time instead of at once.
    """

    vehicle: str
    way: tuple[tuple[float, float], ...]
    bottom: float
    scale: float = 1.0
    fade_s: float = 0.0

    def column(self, at_s: float) -> float | None:
        """Return where its centre is, or None when it is not there."""
        if not self.way[0][0] <= at_s <= self.way[-1][0]:
            return None
        legs = list(zip(self.way, self.way[1:], strict=False))
        number = next(i for i, (_, end) in enumerate(legs) if at_s <= end[0])
        (from_s, start), (to_s, stop) = legs[number]
        done = (at_s - from_s) / (to_s - from_s) if to_s > from_s else 1.0
        rests_before = number > 0 and legs[number - 1][0][1] == start
        rests_after = number + 1 < len(legs) and legs[number + 1][1][1] == stop
        if rests_before and rests_after:
            done = done * done * (3 - 2 * done)
        elif rests_before:
            done *= done
        elif rests_after:
            done = 1 - (1 - done) ** 2
        return start + done * (stop - start)

    def presence(self, at_s: float) -> float:
        """Return how much of it is there (0..1)."""
        if not self.fade_s:
            return 1.0
        return min(1.0, (at_s - self.way[0][0]) / self.fade_s, (self.way[-1][0] - at_s) / self.fade_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a clip shows. `traffic`: the footage runs on behind; else the road is empty but for the actors.

    `light` darkens the scene (0.35 is dusk), `noise` is the sensor's on top of what the footage has, `sway_px` how far
    the camera's pole swings to each side. `mirrored` turns left and right about: another street.
    """

    seconds: float
    actors: Sequence[Actor] = ()
    traffic: bool = True
    light: float = 1.0
    noise: float = 0.0
    sway_px: float = 0.0
    mirrored: bool = False
    seed: int = 1


def write(clip: Clip, footage: Footage, path: Path) -> Path:
    """Write `clip` to `path` and return it."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "superfast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", BIT_RATE
        stream.codec_context.gop_size = 2 * FPS
        stream.codec_context.time_base = Fraction(1, FPS)
        for number, picture in enumerate(pictures(clip, footage)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def pictures(clip: Clip, footage: Footage) -> Iterator[Picture]:
    """Yield the pictures of `clip`, `FPS` to a second."""
    chance = np.random.default_rng(clip.seed)
    grains = chance.standard_normal((8, HEIGHT + 64, WIDTH + 64, 3)).astype(np.float32)
    behind = running()
    for number in range(round(clip.seconds * FPS)):
        at_s = number / FPS
        drift = footage.drift[number % len(footage.drift)]

        def noise() -> Field:
            down, across = chance.integers(0, 64, 2)
            return grains[chance.integers(0, 8), down : down + HEIGHT, across : across + WIDTH]

        grain = noise()
        picture = next(behind).astype(np.float32) if clip.traffic else footage.plate * drift + grain * SENSOR_NOISE
        for actor in sorted(clip.actors, key=lambda actor: actor.bottom):
            _draw(picture, actor, at_s, footage, drift, grain)
        if clip.light != 1.0:
            picture *= np.array([1.1, 1.0, 0.9], np.float32) * clip.light
        if clip.noise:
            picture += noise() * clip.noise
        if clip.sway_px:
            picture = _swayed(picture, at_s, clip.sway_px)
        if clip.mirrored:
            picture = picture[:, ::-1]
        yield np.ascontiguousarray(np.clip(picture, 0, 255, out=picture).astype(np.uint8))


def _draw(picture: Field, actor: Actor, at_s: float, footage: Footage, drift: float, grain: Field) -> None:
    column = actor.column(at_s)
    if column is None:
        return
    # Seen from the same side as it was there; between two cuts the nearer one.
    cut = min(footage.cuts[actor.vehicle], key=lambda cut: abs(cut.centre - column))
    high, wide = (size * actor.scale for size in cut.share.shape)
    left, top = column - cut.middle * actor.scale, actor.bottom - cut.bottom * actor.scale
    x1, y1 = max(0, int(left)), max(0, int(top))
    x2, y2 = min(WIDTH, int(left + wide) + 1), min(HEIGHT, int(top + high) + 1)
    if x1 >= x2 or y1 >= y2:
        return
    place = np.array([[actor.scale, 0, left - x1], [0, actor.scale, top - y1]], np.float32)
    size = (x2 - x1, y2 - y1)
    share = cv2.warpAffine(cut.share, place, size)[..., None] * max(0.0, actor.presence(at_s))
    gain = drift * _light(footage, x1, y1, x2, y2, cut)
    pixels = cv2.warpAffine(cut.pixels, place, size, borderMode=cv2.BORDER_REPLICATE) * gain
    behind = picture[y1:y2, x1:x2]
    behind += share * (pixels + grain[y1:y2, x1:x2] * SENSOR_NOISE - behind)


def _light(footage: Footage, x1: int, y1: int, x2: int, y2: int, cut: Cut) -> float:
    """Return by how much the road here is lighter than the road where the vehicle was cut out."""
    here = float(footage.plate[y1:y2, x1:x2].mean())
    return min(1.5, max(0.7, here / max(cut.light, 1.0)))


def _swayed(picture: Field, at_s: float, most_px: float) -> Field:
    """Return the picture as a camera on a swaying pole sees it."""
    x = most_px * (0.7 * sin(2 * pi * 0.9 * at_s) + 0.3 * sin(2 * pi * 2.3 * at_s + 1))
    y = most_px * 0.6 * (0.7 * sin(2 * pi * 1.1 * at_s + 2) + 0.3 * sin(2 * pi * 2.9 * at_s))
    move = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cast(Field, cv2.warpAffine(picture, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE))
