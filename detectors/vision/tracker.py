"""Boxes of one frame in, the same boxes with track ids out: who is who from frame to frame, with buffers in seconds.

Frames come at uneven intervals (the gate skips still pictures), so nothing here counts frames. Boxes are matched to
tracks first where the model is confident, then with what it half saw, which keeps a track through dusk and rain; a
half-seen box never begins one. A car and a lorry are both vehicles, so a flipped label keeps its id. A thing that
stands is waited for longer than one that moves: the lorry in front of it will pass. Ids are a help for drawing and
for people; no rule leans on them.

Written here rather than taken from a library: those count their buffers in frames and keep classes apart, and the
two together are what loses a parked car behind a lorry (docs/decisions/vision-process-and-tracker.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from detectors.vision.labels import group
from ingest.observation import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerSettings:
    """`begin_at` is the confidence that begins a track and `hold_at` the least that continues one.

    A moving track is given up after `moving_lost_s` unseen, a standing one after `standing_lost_s`; a gap between two
    frames counts as `gap_s` at most, so a blind minute does not end what stands. `overlap` is the least IoU,
    `reach` the centre's distance in box diagonals that still is the same thing when boxes no longer overlap.
    """

    begin_at: float = 0.4
    hold_at: float = 0.1
    moving_lost_s: float = 3.0
    standing_lost_s: float = 20.0
    gap_s: float = 3.0
    overlap: float = 0.25
    reach: float = 0.6
    twin: float = 0.65  # a box over another of its group by this IoU is the same thing said twice
    standing_after_s: float = 3.0
    standing_speed: float = 0.05  # box diagonals a second


@dataclass(frozen=True, slots=True)
class Track:
    """One thing: where it was seen last, how fast its centre moves (picture fractions a second), and for how long."""

    track_id: int
    box: Box
    began_s: float
    seen_s: float
    vx: float = 0.0
    vy: float = 0.0
    unseen_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Tracks:
    """All tracks of one camera, the instant of the last frame, and the next free id."""

    tracks: tuple[Track, ...] = ()
    at_s: float | None = None
    next_id: int = 1


DEFAULTS = TrackerSettings()

Score = Callable[[Track, Box], float]


def iou(one: Box, other: Box) -> float:
    """Return the share that two boxes have in common (0..1)."""
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (_area(one) + _area(other) - both)


def follow(
    state: Tracks, boxes: Sequence[Box], at_s: float, settings: TrackerSettings = DEFAULTS
) -> tuple[Tracks, tuple[Box, ...]]:
    """Return the tracks after the frame at `at_s`, and its boxes in the same order with their ids (None: no track)."""
    gap_s = 0.0 if state.at_s is None else max(0.0, at_s - state.at_s)
    blind = gap_s > settings.gap_s
    # After a gap only what stood is still believed to be where it was.
    tracks = [track for track in state.tracks if not blind or _stands(track, settings)]
    expected = [_expected(track, at_s, settings) for track in tracks]
    ids: list[int | None] = [None] * len(boxes)
    free = set(range(len(tracks)))
    after: list[Track] = []

    def take(candidates: list[int], score: Score) -> None:
        pairs = [
            (value, index, slot)
            for slot in free
            for index in candidates
            if group(boxes[index].label) == group(tracks[slot].box.label)
            and (value := score(replace(tracks[slot], box=expected[slot]), boxes[index])) > 0
        ]
        for _, index, slot in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
            if slot in free and ids[index] is None:
                free.discard(slot)
                ids[index] = tracks[slot].track_id
                after.append(_moved(tracks[slot], boxes[index], at_s))

    strong = [index for index, box in enumerate(boxes) if box.confidence >= settings.begin_at]
    weak = [index for index, box in enumerate(boxes) if settings.hold_at <= box.confidence < settings.begin_at]
    take(strong, lambda track, box: _overlap(track, box, settings))
    take(weak, lambda track, box: _overlap(track, box, settings))
    if not blind:
        take([index for index in strong if ids[index] is None], lambda track, box: _nearness(track, box, settings))

    next_id = state.next_id
    for index in sorted((i for i in strong if ids[i] is None), key=lambda i: -boxes[i].confidence):
        box = boxes[index]
        if any(group(box.label) == group(track.box.label) and iou(box, track.box) >= settings.twin for track in after):
            continue
        ids[index] = next_id
        after.append(Track(next_id, box, at_s, at_s))
        next_id += 1

    for slot in free:
        unseen_s = tracks[slot].unseen_s + min(gap_s, settings.gap_s)
        patience_s = settings.standing_lost_s if _stands(tracks[slot], settings) else settings.moving_lost_s
        if unseen_s <= patience_s:
            after.append(replace(tracks[slot], unseen_s=unseen_s))
    after.sort(key=lambda track: track.track_id)
    named = tuple(replace(box, track_id=track_id) for box, track_id in zip(boxes, ids, strict=True))
    return Tracks(tuple(after), at_s, next_id), named


def _area(box: Box) -> float:
    return (box.x2 - box.x1) * (box.y2 - box.y1)


def _diagonal(box: Box) -> float:
    return max(1e-6, float(((box.x2 - box.x1) ** 2 + (box.y2 - box.y1) ** 2) ** 0.5))


def _stands(track: Track, settings: TrackerSettings) -> bool:
    speed = float((track.vx**2 + track.vy**2) ** 0.5)
    return track.seen_s - track.began_s >= settings.standing_after_s and speed <= settings.standing_speed * _diagonal(
        track.box
    )


def _expected(track: Track, at_s: float, settings: TrackerSettings) -> Box:
    if _stands(track, settings):
        return track.box
    ahead_s = min(max(0.0, at_s - track.seen_s), settings.moving_lost_s)
    dx, dy = track.vx * ahead_s, track.vy * ahead_s
    box = track.box
    return replace(box, x1=box.x1 + dx, x2=box.x2 + dx, y1=box.y1 + dy, y2=box.y2 + dy)


def _overlap(track: Track, box: Box, settings: TrackerSettings) -> float:
    value = iou(track.box, box)
    return value if value >= settings.overlap else 0.0


def _nearness(track: Track, box: Box, settings: TrackerSettings) -> float:
    """Return how near two boxes of like size are, for fast things between two frames; 0 is too far."""
    if not 0.4 <= _area(box) / max(_area(track.box), 1e-9) <= 2.5 or _stands(track, settings):
        return 0.0
    dx = (box.x1 + box.x2 - track.box.x1 - track.box.x2) / 2
    dy = (box.y1 + box.y2 - track.box.y1 - track.box.y2) / 2
    reach = settings.reach * (_diagonal(box) + _diagonal(track.box)) / 2
    return max(0.0, 1.0 - float((dx * dx + dy * dy) ** 0.5) / reach)


def _moved(track: Track, box: Box, at_s: float) -> Track:
    gap_s = at_s - track.seen_s
    vx, vy = track.vx, track.vy
    if gap_s > 0:
        # Half of it is new after half a second: a standing car's jittering box averages out, a start still shows soon.
        weight = 1 - 0.5 ** min(gap_s / 0.5, 4.0)
        vx += weight * ((box.x1 + box.x2 - track.box.x1 - track.box.x2) / 2 / gap_s - vx)
        vy += weight * ((box.y1 + box.y2 - track.box.y1 - track.box.y2) / 2 / gap_s - vy)
    return Track(track.track_id, box, track.began_s, at_s, vx, vy)
