"""A seed in, all that happens in one scene out: the site, everybody in it, and when the camera fails."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.streets.day import SHARE, bustle
from bench.streets.site import SCENE_S, Site, Span, site
from bench.streets.stories import stopping
from bench.streets.traffic import traffic
from hub.demo.scenes.description import Actor, Light

MADE_AS = 3  # changes whenever a seed gives another scene than it did
HEARTBEAT_S = 2.0  # so often a picture is taken where nothing moves: the gate lets no fewer through


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One scene. While `blind` the camera gives no picture, while `frozen` the last one again and again."""

    site: Site
    actors: tuple[Actor, ...]
    blind: tuple[Span, ...]
    frozen: tuple[Span, ...]


def script(seed: int) -> Script:
    """Return the scene of this seed."""
    place = site(seed)
    rng = np.random.default_rng((seed, 72))
    share = SHARE[bustle(seed)]
    actors = (*stopping(place, rng, share), *traffic(place, rng, share))
    blind = _fault(rng, 0.2, (12.0, 90.0))
    frozen = () if blind else _fault(rng, 0.12, (5.0, 25.0))
    return Script(site=place, actors=actors, blind=blind, frozen=frozen)


def _fault(rng: np.random.Generator, chance: float, lasts_s: tuple[float, float]) -> tuple[Span, ...]:
    if rng.random() >= chance:
        return ()
    from_s = float(rng.uniform(30, SCENE_S - 150))
    return ((from_s, from_s + float(rng.uniform(*lasts_s))),)


def light(place: Site, at_s: float) -> Light:
    """Return the light at a second of the scene."""
    return [light for from_s, light in place.lights if from_s <= at_s or from_s == 0.0][-1]


def pictures(given: Script, per_s: float) -> Iterator[tuple[float, float]]:
    """Yield when pictures are taken, and the second of the story that each shows (the same but for a frozen camera).

    `per_s` pictures a second while something moves or the light changes, one in `HEARTBEAT_S` while nothing does: the
    gate would let no other through, and what the detectors find depends on seconds and not on frames.
    """
    step_s = 1.0 / per_s
    last_s, count = -math.inf, math.floor(SCENE_S * per_s)
    changes = [from_s for from_s, _ in given.site.lights]
    for number in range(count):
        at_s = number * step_s
        if any(from_s <= at_s < to_s for from_s, to_s in given.blind):
            continue
        lit = any(from_s - step_s < at_s < from_s + 3.0 for from_s in changes)
        if at_s - last_s < HEARTBEAT_S - 0.001 and not lit and not _moves(given, last_s, at_s):
            continue
        last_s = at_s
        yield at_s, next((from_s for from_s, to_s in given.frozen if from_s <= at_s < to_s), at_s)


def _moves(given: Script, before_s: float, at_s: float) -> bool:
    """Tell whether anything that the camera may see moves, comes or goes."""
    for actor in given.actors:
        pose, before = actor.path.at(at_s), actor.path.at(before_s)
        if (pose is None) != (before is None):
            return True
        if pose is not None and pose.moving and 0.0 < pose.y_m < 60.0:
            return True
    return False
