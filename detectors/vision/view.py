"""One camera's small grey pictures in; how far its view has moved, and how much of it is gone, against a reference out.

A street changes all day: cars, rain, headlamps, dusk. What stays are the edges of walls, kerbs, paint and poles. So the
reference holds, for each point of a small picture, the direction of the edge there, averaged over time: where the
direction always is the same it is long, where traffic passes it is short. Directions are doubled angles, so that a dark
edge on a bright wall and a lit window in a dark wall are the same edge, and brightness and contrast do not matter.

- *In place*: the reference, tile by tile, fits the picture without being moved. A bus hides tiles; the others stand.
- *Moved*: tiles fit elsewhere, and agree on one shift, turn and zoom of the whole picture.
- *Lost*: what fits neither way is hidden, or is not in the picture any more.

A view that is in place is followed slowly: what fades at dusk or stands for hours is learned, tile by tile. One that is
not in place teaches nothing. Looks of other hours are kept, so that a night is known again after a day. Pure: pictures
and times in, numbers out. The measures follow the field's (edges that disappear: Lee et al. 2015; lost sharpness:
Sağlam and Temizel 2009), the method and all figures are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from detectors.vision import displacement
from detectors.vision.displacement import ACROSS, COLUMNS, DOWN, FITS, FULL_TILE, ROWS, Edges, tiles

Grey = NDArray[np.uint8]
Field = NDArray[np.float32]
Shares = NDArray[np.float64]

DETAIL_ACROSS, DETAIL_DOWN = 2 * ACROSS, 2 * DOWN  # the picture's size as it is given to `look`

LEARN_S = 30.0  # a reference is made of this much time,
LEARN_LOOKS = 8  # and of this many pictures at least
FOLLOW_S = 600.0  # what changes in a view in place is learned with this time constant,
FOLLOW_STRANGE_S = 3600.0  # and what is hidden by something else with this one
SNAPSHOT_S = 600.0  # the look of an hour is kept this often
LONGEST_STEP_S = 60.0  # after a pause the reference follows by no more than this

ENOUGH_TILES = 6.0  # a reference with edges in fewer tiles than this is none: fog, a black night
STEADY = 0.25  # an average direction shorter than this is no lasting edge
ALL_IN_PLACE = 0.96  # where this share of the view fits unmoved, it is not looked for elsewhere
CONFIRMED = 0.5  # where this share does, and nothing fits better, the view may be learned from
NOISE_LEVELS = 2.5  # an edge is this many of 255 grey levels high, or it is noise
AROUND = 10  # an edge is measured against those within this many points
FAINT = 0.06  # a tile with edges as weak as this shows nothing: dark, or flat
KNOWN_HOURS = 3.0  # a stored look is believed for this long, and at this hour of another day


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a picture's view compares, in percent.

    `lost_pct` is the share of the reference's edges that is found neither in place nor moved, `shift_pct` how far the
    picture's corners have moved at most, in shares of its width (0 where nothing was found), `sharpness_pct` how fine
    its detail is against the reference's.
    """

    lost_pct: float
    sharpness_pct: float
    shift_pct: float


@dataclass(frozen=True, slots=True)
class Look:
    """How a view looks at one time: its lasting edges and the fineness of its detail (nought: not known)."""

    edges: Edges
    fineness: float


@dataclass(frozen=True, slots=True)
class View:
    """What is known of one camera's view.

    `look` is the reference (None: not yet learned), `by_hour` the looks of hours of the day. `doubted`: it is a stored
    one of so different a light that not finding it says nothing.
    """

    look: Look | None = None
    by_hour: dict[int, Look] = field(default_factory=dict)
    doubted: bool = False
    learning: Look | None = None
    learning_since_s: float = 0.0
    looks: int = 0
    last_s: float = 0.0
    kept_s: float = 0.0


def hour_of(hours: float) -> int:
    """Return which of the day's eight looks belongs to a local time of day in hours."""
    return int(hours // KNOWN_HOURS) % 8


def look(view: View, detail: Grey, at_s: float, hours: float) -> tuple[View, Verdict | None]:
    """Return the view after a picture of 320 by 180 taken at `at_s`, and how it compares; None while still learning.

    `hours` is the local time of day, from 0 to 24.
    """
    now = seen(detail)
    if view.look is None:
        return _learned(view, now, at_s, hours), None
    view, compared, shares = _against_best(view, now)
    verdict = _verdict(view, now, compared)
    if compared.in_place >= CONFIRMED and compared.shift < 0.01:
        view = replace(_followed(view, now, shares, at_s, hours), doubted=False, learning=None)
    elif view.doubted and compared.found < CONFIRMED:
        return _learned(view, now, at_s, hours), None
    return replace(view, last_s=at_s), verdict


def without_fineness(view: View) -> View:
    """Return the view with the fineness of its detail forgotten, since pictures of another size have another."""
    look_now = None if view.look is None else replace(view.look, fineness=0.0)
    return replace(
        view, look=look_now, by_hour={hour: replace(each, fineness=0.0) for hour, each in view.by_hour.items()}
    )


def seen(detail: Grey) -> Look:
    """Return the directions of a picture's edges, and how fine its detail is."""
    fine = detail.astype(np.float32)
    small = (fine[0::2, 0::2] + fine[0::2, 1::2] + fine[1::2, 0::2] + fine[1::2, 1::2]) / 4
    soft = small.copy()
    soft[:, 1:-1] = (small[:, :-2] + 2 * small[:, 1:-1] + small[:, 2:]) / 4
    soft[1:-1] = (soft[:-2] + 2 * soft[1:-1] + soft[2:]) / 4
    across = np.zeros_like(soft)
    down = np.zeros_like(soft)
    across[:, 1:-1] = soft[:, 2:] - soft[:, :-2]
    down[1:-1] = soft[2:] - soft[:-2]
    power = across * across + down * down
    strength = np.sqrt(power)
    # Weaker edges than those around count for little; below a few grey levels they are noise.
    level = np.maximum(NOISE_LEVELS, _around(strength))
    doubled = (across * across - down * down + 2j * across * down) / (power + level * level)
    sharp = float(np.abs(np.diff(fine, 2, axis=1)).mean() + np.abs(np.diff(fine, 2, axis=0)).mean())
    return Look(doubled.astype(np.complex64), sharp / max(1.0, float(strength.mean())))


def _around(values: Field) -> Field:
    """Return the mean of the square around each point."""
    side = 2 * AROUND + 1
    for axis in (0, 1):
        ends = [(AROUND + 1, AROUND) if each == axis else (0, 0) for each in (0, 1)]
        summed = np.moveaxis(np.cumsum(np.pad(values, ends, mode="edge"), axis=axis, dtype=np.float32), axis, 0)
        values = np.moveaxis((summed[side:] - summed[:-side]) / np.float32(side), 0, axis)
    return values


def steady(edges: Edges) -> Edges:
    """Return the edges that last; nought elsewhere."""
    return np.where(np.abs(edges) >= STEADY, edges, 0).astype(np.complex64)


@dataclass(frozen=True, slots=True)
class _Compared:
    in_place: float
    found: float
    shift: float


def _against_best(view: View, now: Look) -> tuple[View, _Compared, Shares]:
    """Compare with the reference; where that does not fit in place, with the looks of other hours."""
    assert view.look is not None
    lasting = steady(view.look.edges)
    in_place, shares = displacement.in_place(lasting, now.edges)
    best, best_look = in_place, None
    for other in view.by_hour.values() if in_place < CONFIRMED else ():
        fits, others = displacement.in_place(steady(other.edges), now.edges)
        if fits >= CONFIRMED and fits > best + 0.1:
            best, best_look, shares = fits, other, others
    if best_look is not None:
        view, lasting, in_place = replace(view, look=best_look), steady(best_look.edges), best
    fit = displacement.find(lasting, now.edges) if in_place < ALL_IN_PLACE else None
    if fit is None:
        return view, _Compared(in_place, in_place, 0.0), shares
    return view, _Compared(in_place, max(in_place, fit.share), fit.corner), shares


def _verdict(view: View, now: Look, compared: _Compared) -> Verdict:
    assert view.look is not None
    sharpness = now.fineness / view.look.fineness if view.look.fineness else 1.0
    lost_pct, sharpness_pct, shift_pct = 100 * (1 - compared.found), 100 * min(2.0, sharpness), 100 * compared.shift
    return Verdict(max(0.0, round(lost_pct, 1)), round(sharpness_pct, 1), round(shift_pct, 1))


def _learned(view: View, now: Look, at_s: float, hours: float) -> View:
    """Return the view with one more picture in what is being learned; it becomes the reference when it is enough."""
    if view.learning is None:
        return replace(view, learning=now, learning_since_s=at_s, looks=1, last_s=at_s)
    looks = view.looks + 1
    share = 1 / looks
    learning = Look(
        (view.learning.edges * (1 - share) + now.edges * share).astype(np.complex64),
        view.learning.fineness * (1 - share) + now.fineness * share,
    )
    view = replace(view, learning=learning, looks=looks, last_s=at_s)
    if looks < LEARN_LOOKS or at_s - view.learning_since_s < LEARN_S:
        return view
    weight = np.minimum(1.0, tiles(np.abs(steady(learning.edges)) ** 2) / FULL_TILE)
    if float(weight.sum()) < ENOUGH_TILES:  # too little to be recognised by: begin again
        return replace(view, learning=None)
    return View(look=learning, by_hour={hour_of(hours): learning}, last_s=at_s, kept_s=at_s)


def _followed(view: View, now: Look, shares: Shares, at_s: float, hours: float) -> View:
    assert view.look is not None
    step_s = min(LONGEST_STEP_S, max(0.0, at_s - view.last_s))
    faint = tiles(np.abs(now.edges)) < FAINT * (ACROSS // COLUMNS) * (DOWN // ROWS)
    known = (shares >= FITS) | faint
    rate = np.where(known, step_s / FOLLOW_S, step_s / FOLLOW_STRANGE_S).astype(np.float32)
    each = np.repeat(np.repeat(rate, DOWN // ROWS, axis=0), ACROSS // COLUMNS, axis=1)
    edges = (view.look.edges + each * (now.edges - view.look.edges)).astype(np.complex64)
    fineness = (view.look.fineness or now.fineness) * (1 - step_s / FOLLOW_S) + now.fineness * step_s / FOLLOW_S
    view = replace(view, look=Look(edges, fineness))
    if at_s - view.kept_s >= SNAPSHOT_S:
        assert view.look is not None
        view = replace(view, by_hour=view.by_hour | {hour_of(hours): view.look}, kept_s=at_s)
    return view
