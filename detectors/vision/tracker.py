"""Boxes of one frame in, the same boxes with track ids out: who is who from frame to frame, with buffers in seconds.

Frames come at uneven intervals (the gate skips still pictures), so nothing here counts frames. Boxes are matched to
tracks first where the model is confident, then with what it half saw, which keeps a track through dusk and rain; a
half-seen box never begins one, and must fit well: models half see large boxes around several cars that are none. A
car and a lorry are both vehicles, so a flipped label keeps its id. A thing that stands is waited for longer than one
that moves: the lorry in front of it will pass. What drives out of the picture is not waited for at all. Ids are a help
for drawing and for people; no rule leans on them.

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

    A moving track is given up after `moving_lost_s` unseen, a standing one after `standing_lost_s`, and one younger
    than that soon after it was as long unseen as seen: nobody knows its way yet. A gap between two frames counts as
    `gap_s` at most, so a blind minute does not end what stands. `overlap` is the least IoU with a moving track,
    `weak_overlap` the same for a box below `begin_at`, `reach` the centre's distance in box diagonals that still is the
    same thing when boxes no longer overlap. A standing track takes a box by `standing_overlap`, or by `standing_part`
    where the share `inside` of the box lies within the track's: the rest is hidden.
    """

    begin_at: float = 0.4
    hold_at: float = 0.1
    moving_lost_s: float = 3.0
    standing_lost_s: float = 20.0
    gap_s: float = 3.0
    overlap: float = 0.25
    weak_overlap: float = 0.5
    standing_overlap: float = 0.5
    standing_part: float = 0.15
    inside: float = 0.8
    reach: float = 0.6
    twin: float = 0.65  # a box over another of its group by this IoU is the same thing said twice
    standing_after_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Track:
    """One thing: where it was seen last, how fast its centre moves (picture fractions a second), and for how long.

    `place` is where it has been for `held_s`: boxes jitter, above all when something passes in front, so whether a
    thing stands is told from how long its boxes lie over one place, and not from its speed. Time in which it was not
    seen is no part of that, or cars that leave the picture one by one would be one that stands at its edge.
    """

    track_id: int
    box: Box
    place: Box
    began_s: float
    seen_s: float
    held_s: float = 0.0
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
_YOUNG_S = 0.7  # three frames at five a second: a thing seen once and then hidden for a moment is not lost
_EDGE = 0.004  # of the picture: a model's boxes end within two or three pixels of its edge

Score = Callable[[Track, Box, Box, TrackerSettings], float]  # a track, where it should be now, and a box


def iou(one: Box, other: Box) -> float:
    """Return the share that two boxes have in common (0..1)."""
    both = _common(one, other)
    return both / (_area(one) + _area(other) - both) if both > 0 else 0.0


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
            and (value := score(tracks[slot], expected[slot], boxes[index], settings)) > 0
        ]
        for _, index, slot in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
            if slot in free and ids[index] is None:
                free.discard(slot)
                ids[index] = tracks[slot].track_id
                after.append(_moved(tracks[slot], boxes[index], at_s, settings))

    strong = [index for index, box in enumerate(boxes) if box.confidence >= settings.begin_at]
    weak = [index for index, box in enumerate(boxes) if settings.hold_at <= box.confidence < settings.begin_at]
    take(strong, _overlap)
    take(weak, _overlap)
    if not blind:
        take([index for index in strong if ids[index] is None], _nearness)

    next_id = state.next_id
    hidden = [tracks[slot] for slot in free if _stands(tracks[slot], settings)]
    for index in sorted((i for i in strong if ids[i] is None), key=lambda i: -boxes[i].confidence):
        box = boxes[index]
        if any(_is_twin(track, box, settings) for track in (*after, *hidden)):
            continue
        ids[index] = next_id
        after.append(Track(next_id, box, box, at_s, at_s))
        next_id += 1

    for slot in free:
        if _is_out(expected[slot]):
            continue
        unseen_s = tracks[slot].unseen_s + min(gap_s, settings.gap_s)
        if unseen_s <= _patience_s(tracks[slot], settings):
            after.append(replace(tracks[slot], unseen_s=unseen_s))
    after.sort(key=lambda track: track.track_id)
    named = tuple(replace(box, track_id=track_id) for box, track_id in zip(boxes, ids, strict=True))
    return Tracks(tuple(after), at_s, next_id), named


def _common(one: Box, other: Box) -> float:
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    return width * height if width > 0 and height > 0 else 0.0


def _area(box: Box) -> float:
    return (box.x2 - box.x1) * (box.y2 - box.y1)


def _diagonal(box: Box) -> float:
    return max(1e-6, float(((box.x2 - box.x1) ** 2 + (box.y2 - box.y1) ** 2) ** 0.5))


def _stands(track: Track, settings: TrackerSettings) -> bool:
    return track.held_s >= settings.standing_after_s


def _patience_s(track: Track, settings: TrackerSettings) -> float:
    if _stands(track, settings):
        return settings.standing_lost_s
    return min(settings.moving_lost_s, _YOUNG_S + track.seen_s - track.began_s)


def _expected(track: Track, at_s: float, settings: TrackerSettings) -> Box:
    if _stands(track, settings):
        return track.place
    ahead_s = min(max(0.0, at_s - track.seen_s), settings.moving_lost_s)
    dx, dy = track.vx * ahead_s, track.vy * ahead_s
    box = track.box
    return replace(box, x1=box.x1 + dx, x2=box.x2 + dx, y1=box.y1 + dy, y2=box.y2 + dy)


def _is_out(expected: Box) -> bool:
    """Return whether the middle of what should now be there lies outside the picture."""
    x, y = (expected.x1 + expected.x2) / 2, (expected.y1 + expected.y2) / 2
    return not (0 <= x <= 1 and 0 <= y <= 1)


def _within_picture(box: Box) -> Box:
    return replace(box, x1=max(0.0, box.x1), y1=max(0.0, box.y1), x2=min(1.0, box.x2), y2=min(1.0, box.y2))


def _overlap(track: Track, expected: Box, box: Box, settings: TrackerSettings) -> float:
    value = iou(_within_picture(expected), box)
    if not _stands(track, settings):
        least = settings.overlap if box.confidence >= settings.begin_at else settings.weak_overlap
        return value if value >= least else 0.0
    if _is_part(track, box, settings) and value >= settings.standing_part:
        return value
    # What stands does not grow: a larger box over it is the lorry that passes in front. It may drive off, though.
    if box.confidence >= settings.begin_at:
        value = max(value, iou(track.box, box))
    return value if value >= settings.standing_overlap else 0.0


def _nearness(track: Track, expected: Box, box: Box, settings: TrackerSettings) -> float:
    """Return how near two boxes of like size are, for fast things between two frames; 0 is too far."""
    if not 0.4 <= _area(box) / max(_area(expected), 1e-9) <= 2.5 or _stands(track, settings):
        return 0.0
    dx = (box.x1 + box.x2 - expected.x1 - expected.x2) / 2
    dy = (box.y1 + box.y2 - expected.y1 - expected.y2) / 2
    reach = settings.reach * (_diagonal(box) + _diagonal(expected)) / 2
    if track.seen_s == track.began_s:
        reach *= 2  # seen once: nobody knows how fast it is
    return max(0.0, 1.0 - float((dx * dx + dy * dy) ** 0.5) / reach)


def _is_part(track: Track, box: Box, settings: TrackerSettings) -> bool:
    """Return whether `box` lies within the place of `track`, which stands: some of it, the rest is hidden.

    What hides it is nearer to the camera and so lower in the picture: a box that reaches down further is that.
    """
    place = track.place
    if not _stands(track, settings) or box.y2 > place.y2 + 0.05 * (place.y2 - place.y1):
        return False
    return _common(place, box) >= settings.inside * _area(box)


def _is_twin(track: Track, box: Box, settings: TrackerSettings) -> bool:
    """Return whether `box` says once more what `track` is, or says a part of something that stands and is hidden."""
    if group(box.label) != group(track.box.label):
        return False
    if iou(box, track.box) >= settings.twin:
        return True
    whole = track.unseen_s == 0 and iou(track.place, track.box) >= settings.standing_overlap
    return not whole and _is_part(track, box, settings)


def _moved(track: Track, box: Box, at_s: float, settings: TrackerSettings) -> Track:
    overlap = iou(track.place, box)
    if overlap < settings.standing_overlap and _is_part(track, box, settings):
        return replace(track, box=box, seen_s=at_s, unseen_s=0.0)  # the whole is still where it was
    gap_s = at_s - track.seen_s
    vx, vy = track.vx, track.vy
    if gap_s > 0:
        weight = 1 - 0.5 ** min(gap_s / 0.5, 4.0)  # half of it is new after half a second
        if track.seen_s == track.began_s:
            weight = 1.0
        before = track.box
        vx += weight * (_shift(before.x1, before.x2, box.x1, box.x2) / gap_s - vx)
        vy += weight * (_shift(before.y1, before.y2, box.y1, box.y2) / gap_s - vy)
    if overlap < settings.standing_overlap:
        return Track(track.track_id, box, box, track.began_s, at_s, 0.0, vx, vy)
    held_s = track.held_s + (gap_s if track.unseen_s == 0 and gap_s <= settings.gap_s else 0.0)
    return Track(track.track_id, box, _nearer(track.place, box), track.began_s, at_s, held_s, vx, vy)


def _shift(from_low: float, from_high: float, low: float, high: float) -> float:
    """Return how far a thing moved between two boxes, along one axis.

    The middle of what drives out of the picture, or into it, moves at half its speed: the free side tells the whole.
    """
    if high >= 1 - _EDGE or from_high >= 1 - _EDGE:
        return low - from_low
    if low <= _EDGE or from_low <= _EDGE:
        return high - from_high
    return (low + high - from_low - from_high) / 2


def _nearer(place: Box, box: Box, share: float = 0.2) -> Box:
    """Return `place`, moved and stretched towards `box` by a share of the way."""

    def between(one: float, other: float) -> float:
        return one + share * (other - one)

    return replace(
        place,
        x1=between(place.x1, box.x1),
        y1=between(place.y1, box.y1),
        x2=between(place.x2, box.x2),
        y2=between(place.y2, box.y2),
    )
