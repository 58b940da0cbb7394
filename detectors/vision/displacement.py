"""Lasting edges of a reference and the edges of a picture in; the shift, turn and zoom that lay one on the other out.

Each of twelve parts of the reference is laid on the picture around its place, and how well it agrees is noted for every
displacement. A kerb agrees with itself anywhere along it, so no part decides alone: candidates for the whole picture
(unmoved, shifted, turned or zoomed) are judged by the agreement of all parts at the displacement they imply. Where none
explains enough, the whole reference is looked for farther away. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Edges = NDArray[np.complex64]
Floats = NDArray[np.float64]
Points = NDArray[np.complex128]  # x + iy, from the middle of the picture

ACROSS, DOWN = 160, 90  # the small picture
COLUMNS, ROWS = 8, 6  # the tiles by which agreement in place is told
FULL_TILE = 25.0  # a tile with this much edge counts in full
FITS = 0.35  # a tile or part whose edges agree by this share fits

_WIDE, _HIGH = 40, 30  # a part
_REACH = 16  # how far a part is looked for, in points: a tenth of the picture's width
_SPAN_X, _SPAN_Y = 72, 64  # a part and its reach on both sides, and quick to transform
_FULL_PART = 60.0
_ENOUGH = 0.5  # a move that explains this share of the view needs no search farther away
_SURE = 0.8  # nor does a view of which this share is in place; long kerbs alone can make half of a view fit anywhere
_LEAST_SHARE = 0.3
_FAR_FITS = 0.3
_FAR_OVERLAP = 0.3
_CLEARLY, _CLEARLY_MORE = 1.08, 0.03  # a move must explain this much more than no move, a turn than a shift
_MOST_TURN = 0.3  # of turn or zoom, as a change of a length by this share

_PLACES = [(x, y) for y in range(0, DOWN, _HIGH) for x in range(0, ACROSS, _WIDE)]
_AT: Points = np.array([complex(x + _WIDE / 2 - ACROSS / 2, y + _HIGH / 2 - DOWN / 2) for x, y in _PLACES])
_CORNERS: Points = np.array([complex(x * ACROSS / 2, y * DOWN / 2) for x in (-1, 1) for y in (-1, 1)])
_PAIRS = list(combinations(range(len(_PLACES)), 2))


@dataclass(frozen=True, slots=True)
class Fit:
    """How the reference lies in the picture.

    `corner` is the farthest way of a corner, in shares of the width; `share` is how much of the reference agrees.
    """

    corner: float
    share: float


def tiles(values: Floats | NDArray[np.float32]) -> Floats:
    """Return the sum of `values` in each tile of the picture."""
    summed: Floats = values.reshape(ROWS, DOWN // ROWS, COLUMNS, ACROSS // COLUMNS).sum(axis=(1, 3))
    return summed


def in_place(lasting: Edges, edges: Edges) -> tuple[float, Floats]:
    """Return the share of the reference that fits unmoved, and each tile's own agreement."""
    agree = tiles(np.real(np.conj(lasting) * edges))
    power = tiles(np.abs(lasting) ** 2)
    weight = np.minimum(1.0, power / FULL_TILE)
    shares = agree / np.maximum(power, 1e-6)
    total = float(weight.sum())
    return (float(weight[shares >= FITS].sum()) / total if total else 0.0), shares


def find(lasting: Edges, edges: Edges) -> Fit | None:
    """Return how `lasting` lies in `edges` where a move explains clearly more than no move; else None."""
    agree, weight = _agreement(lasting, edges)
    near, unmoved = _near(agree, weight)
    if near is not None and near.share >= _ENOUGH:
        return near
    if unmoved >= _SURE:
        return None
    far = _far(lasting, edges)
    if far is not None and far.share > max(unmoved, near.share if near is not None else 0.0) * _CLEARLY:
        return far
    return near


def _agreement(lasting: Edges, edges: Edges) -> tuple[Floats, Floats]:
    """Return for each part its agreement at each displacement (part, down, across), and its weight."""
    padded = np.pad(edges, _REACH)
    windows = np.zeros((len(_PLACES), _SPAN_Y, _SPAN_X), np.complex64)
    parts = np.zeros_like(windows)
    for number, (left, top) in enumerate(_PLACES):
        window = padded[top : top + _HIGH + 2 * _REACH, left : left + _WIDE + 2 * _REACH]
        windows[number, : window.shape[0], : window.shape[1]] = window
        parts[number, :_HIGH, :_WIDE] = lasting[top : top + _HIGH, left : left + _WIDE]
    agree = np.fft.ifft2(np.fft.fft2(windows) * np.conj(np.fft.fft2(parts))).real
    power = (np.abs(parts) ** 2).sum(axis=(1, 2))
    agree = agree[:, : 2 * _REACH + 1, : 2 * _REACH + 1] / np.maximum(power, 1e-6)[:, None, None]
    return np.clip(agree, 0.0, 1.0), np.minimum(1.0, power / _FULL_PART)


def _near(agree: Floats, weight: Floats) -> tuple[Fit | None, float]:
    """Return the best move within reach, if it explains clearly more than none, and the share that fits unmoved."""
    total = float(weight.sum())
    if not total:
        return None, 0.0
    turns, shifts = _candidates(agree, weight)
    to = turns[:, None] * _AT[None, :] + shifts[:, None]
    moved = to - _AT[None, :]
    across, down = np.rint(moved.real).astype(int) + _REACH, np.rint(moved.imag).astype(int) + _REACH
    inside = (across >= 0) & (across <= 2 * _REACH) & (down >= 0) & (down <= 2 * _REACH)
    numbers = np.arange(len(_AT))[None, :]
    values = agree[numbers, np.clip(down, 0, 2 * _REACH), np.clip(across, 0, 2 * _REACH)] * inside
    explained = (values * weight).sum(axis=1) / total
    shares = (weight * (values >= FITS)).sum(axis=1) / total
    unmoved = float(shares[0])
    best = 0
    if explained[1] > explained[0] * _CLEARLY + _CLEARLY_MORE:
        best = 1
    if len(turns) > 2:
        turn = int(explained[2:].argmax()) + 2
        if explained[turn] > explained[best] * _CLEARLY + _CLEARLY_MORE:
            best = turn
    if best == 0 or shares[best] < _LEAST_SHARE:
        return None, unmoved
    corner = float(np.abs(turns[best] * _CORNERS + shifts[best] - _CORNERS).max()) / ACROSS
    return Fit(corner, float(shares[best])), unmoved


def _candidates(agree: Floats, weight: Floats) -> tuple[Points, Points]:
    """Return turns and shifts to try: none, the best common shift, then what each two parts say."""
    x, y = _peak(np.einsum("k,kyx->yx", weight, agree))
    turns, shifts = [1 + 0j, 1 + 0j], [0j, complex(x, y)]
    peaks = [complex(*_peak(surface)) for surface in agree]
    usable = (agree.reshape(len(agree), -1).max(axis=1) >= FITS) & (weight >= 0.3)
    for one, other in _PAIRS:
        if usable[one] and usable[other]:
            turn = 1 + (peaks[other] - peaks[one]) / (_AT[other] - _AT[one])
            if abs(turn - 1) < _MOST_TURN:
                turns.append(complex(turn))
                shifts.append(complex(_AT[one] + peaks[one] - turn * _AT[one]))
    return np.array(turns), np.array(shifts)


def _peak(surface: Floats) -> tuple[float, float]:
    """Return the displacement of the best agreement, between the points."""
    down, across = divmod(int(surface.argmax()), surface.shape[1])
    return (
        across - _REACH + _between(surface[down, max(0, across - 1) : across + 2]),
        down - _REACH + _between(surface[max(0, down - 1) : down + 2, across]),
    )


def _between(three: Floats) -> float:
    """Return where between its neighbours a peak lies, by the parabola through the three."""
    if len(three) < 3:
        return 0.0
    bend = three[0] - 2 * three[1] + three[2]
    return float(np.clip((three[0] - three[2]) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0


def _far(lasting: Edges, edges: Edges) -> Fit | None:
    """Look for the whole reference at any shift that leaves enough of it in the picture."""
    size = (2 * DOWN, 2 * ACROSS)
    agree = np.fft.ifft2(np.fft.fft2(edges, size) * np.conj(np.fft.fft2(lasting, size))).real
    power = (np.abs(lasting) ** 2).astype(np.float64)
    inside = np.fft.ifft2(np.fft.fft2(np.ones((DOWN, ACROSS)), size) * np.conj(np.fft.fft2(power, size))).real
    value = np.where(inside >= _FAR_OVERLAP * power.sum(), agree / np.maximum(inside, 1e-6), 0.0)
    best = int(value.argmax())
    if value.flat[best] < _FAR_FITS:
        return None
    down, across = divmod(best, size[1])
    x, y = across - (size[1] if across >= ACROSS else 0), down - (size[0] if down >= DOWN else 0)
    back = np.zeros_like(edges)
    back[max(0, -y) : DOWN - max(0, y), max(0, -x) : ACROSS - max(0, x)] = edges[
        max(0, y) : DOWN - max(0, -y), max(0, x) : ACROSS - max(0, -x)
    ]
    share = in_place(lasting, back)[0]
    return Fit(float(np.hypot(x, y)) / ACROSS, share) if share >= _LEAST_SHARE else None
