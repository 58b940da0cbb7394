"""The boxes of one frame after the other go in; who stands where, and since when against the rules, comes out.

A stay belongs to a place, not to a track id or a label: a box that lies where a stay stands continues it. Its clock
runs only while standing there is forbidden. Of the time between two frames, half belongs to what the one showed and
half to what the other did, so that it hardly matters how many frames there are. What a frame may show of a stay:

- THERE: its box. The time counts, and so does a short absence before it (something passed in front, or the detector
  blinked): at most `occlusion_s`, and not seen empty for `swap_s`;
- HIDDEN: not its box, but something nearer to the camera that hides the place: nobody knows. After long it is given up;
  if it is not raised, after as long as it was seen. What comes back after long must be seen for a while to be believed;
- PART: the same, but a part of it can be seen beside. Nothing is given up, and once its box is back that time counts;
- EMPTY: nothing, in plain sight. After `clear_after_s` a raised stay ends. One that is not raised ends after `swap_s`:
  whatever comes then is something else. A box that comes back to a raised stay after `swap_s` is the same only if it
  fits as exactly as the same thing would: what was seen without a blink, as exactly as its own boxes did. So is one
  that comes back soon after the stay was cleared, unless it was seen to arrive: the detector had lost sight of it, and
  nobody hears of it again.

A frame that comes more than `gap_s` after the last ends blind time, which neither counts nor ends anything; but after
`forget_s` of it a stay that is not raised is forgotten.

Traffic that passes, or waits and moves on, makes boxes at the same place again and again. So a stay must have been
*seen* for a share of its time (`presence`), from its first frame on, or its clock would begin with what passed before;
its boxes must lie still (`drift` bounds each, `scatter` all together); and one box does not fill a place that was seen
empty, or what passes would keep an alert open for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from detectors.colours import shown
from detectors.picture import area, hides, is_part_of, overlap, shared_area
from detectors.standing import Sight, Standing, moved, note
from detectors.thresholds_watch import Stay as Rule
from ingest.observation import Box

HIDING_SHARE = 0.3  # a box that covers this much of a place hides what stands there, but for a part
WHOLLY_SHARE = 0.5  # it must cover this much for no part to be seen: half a vehicle is found
CUTTING_SHARE = 0.05  # one that covers this much of it cuts off a part,
WHOLE = 0.9  # where its box is smaller than this share of the place
SAME_FIT = 0.85  # what comes back to a place seen empty, and overlaps it by this much, is what stood there before
STEADY = 0.95  # but of what was there for this share of its time in sight,
STEADY_S = 30.0  # and for this long, the box must fit
AS_WELL = 0.04  # as well as its own boxes did, less this much,
STEADY_GONE_S = 10.0  # once its place was seen empty for this long, if it is not raised
REFILL = 2.0  # a box that is there undoes this many times its time of what the place was seen empty
GLIMPSES = 6  # fewer boxes than these, some missed in between, may be as many things
YOUNG_S = 2.0  # a stay that is not raised is waited for at least this long,
PATIENCE = 3.0  # and this many times as long as it has been seen; but once that is more than the rule lets count,
LONG_PATIENCE = 1.0  # no longer than this many times
GIVEN_UP_AFTER = 10.0  # a place hidden this many times as long as the rule waits for anything is given up
KNOWN_AGAIN_S = 60.0  # what comes back to its very place within this time after its alert cleared is known again
COMING_S = 5.0  # seen for this long: what came to stand may have rolled on until then
BEFORE_SHARE = 0.02  # what covers less of a box changes nothing of what it looks like
ALIKE = 0.7  # of a box that overlaps the place by this much the colours are those of the same patches
SETTLE_S = 60.0  # the place is the mean of about this time: it settles, and forgets a bad first box


def continues(stay: Standing, box: Box, rule: Rule) -> float:
    """Return how well `box` continues `stay` (their overlap), or 0.0 if it does not."""
    fit = overlap(stay.place, box)
    if fit < rule.overlap or moved(stay.first, box) > rule.drift:
        return 0.0
    gone = stay.empty_s >= rule.swap_s or (stay.cleared_at is not None and stay.sight is not Sight.THERE)
    if not gone and stay.subject is None and stay.empty_s and rule.overlap < SAME_FIT:
        # The longer a place was seen empty, the more exactly must what comes fit: vehicles that stop there one after
        # the other lie a little apart, and what the detector lost for a moment comes back where it was.
        gone_s = min(rule.swap_s, STEADY_GONE_S) if _is_steady(stay) else rule.swap_s
        needed = rule.overlap + (_same_fit(stay) - rule.overlap) * min(1.0, stay.empty_s / gone_s)
        return 0.0 if fit < needed else fit
    return 0.0 if gone and fit < _same_fit(stay) else fit


def _same_fit(stay: Standing) -> float:
    """Return how well a box must fit that comes to the place of `stay` after it was seen empty, to be the same thing.

    A detector that never blinked has hardly lost a thing for so long; and what comes back has the box it had.
    """
    return max(SAME_FIT, stay.fit - AS_WELL) if _is_steady(stay) else SAME_FIT


def _is_steady(stay: Standing) -> bool:
    """Tell whether the detector hardly lost sight of `stay` before its present absence."""
    before_s = stay.seen_s + stay.missed_s - stay.away_s
    return stay.seen_s >= STEADY_S and stay.seen_s >= STEADY * before_s


def assigned(stays: Sequence[Standing], boxes: Sequence[Box], rule: Rule) -> dict[int, int]:
    """Return which box continues which stay, both by index: the best fits first, each used once."""
    fits = []
    for index, stay in enumerate(stays):
        place = stay.place
        left, right = place.x1, place.x2
        for number, box in enumerate(boxes):
            if box.x1 < right and box.x2 > left and (fit := continues(stay, box, rule)):
                fits.append((-fit, index, number))
    chosen: dict[int, int] = {}
    used: set[int] = set()
    for _, index, number in sorted(fits):
        if index not in chosen and number not in used:
            chosen[index] = number
            used.add(number)
    return chosen


def seen(stay: Standing, box: Box, boxes: Sequence[Box], at: datetime, step_s: float, rule: Rule) -> None:
    """Let `stay` have its box in the frame at `at`, one of `boxes`, `step_s` after the last frame."""
    credited_s = step_s
    if step_s > rule.gap_s:
        stay.blind_s += step_s
        credited_s = 0.0
    elif stay.sight is not Sight.THERE:
        credited_s = step_s / 2
        empty_s = stay.empty_s  # one frame without the box is not yet a place that was seen empty for so long
        _without(stay, stay.sight, step_s - credited_s, rule)
        stay.empty_s = empty_s
    stay.seen_s += credited_s
    stay.counted_s += credited_s
    stay.credit_s += (1.0 - rule.presence) * credited_s
    if stay.away_s > rule.occlusion_s:
        stay.doubt_s = stay.doubt_s or COMING_S
    stay.doubt_s = max(0.0, stay.doubt_s - credited_s)
    if stay.sight is not Sight.THERE:
        if stay.away_s <= rule.occlusion_s and stay.empty_s < rule.swap_s:
            stay.counted_s += stay.away_s
        stay.counted_s += stay.part_s
        stay.away_s = stay.part_s = 0.0
    if stay.cleared_at is not None:
        stay.empty_s = 0.0  # it fits exactly, or it would not be known again
    elif stay.empty_s:
        # One box does not fill a place that was seen empty: what passes there would keep it for ever.
        stay.empty_s = max(0.0, stay.empty_s - REFILL * step_s)
    stay.sight = Sight.THERE
    stay.last_at = at
    stay.boxes += 1
    # What is cut off lies within the whole; a box that does not was taken to begin with while the thing still rolled.
    rolled = stay.settled_s < COMING_S and shared_area(stay.place, box) < WHOLE * area(box)
    if credited_s and (rolled or not is_cut(stay.place, box, boxes)):
        if YOUNG_S <= stay.seen_s <= COMING_S:
            stay.first = box
        stay.spread += credited_s * moved(stay.place, box) ** 2
        stay.settled_s = min((stay.settled_s or credited_s) + credited_s, SETTLE_S)
        take = credited_s / stay.settled_s
        here = overlap(stay.place, box)
        stay.fit += (here - stay.fit) * (take if stay.fit else 1.0)
        if stay.rival is None:
            stay.place = _mean(stay.place, box, take)
        if box.colours and stay.rival is None and here >= ALIKE:
            free = shown(box, fronts(boxes, box))
            stay.looks.learn(box.colours, free, credited_s)
            stay.learnt_at = at if any(free) else stay.learnt_at
    note(stay, box, credited_s)


def fronts(boxes: Sequence[Box], box: Box) -> list[Box]:
    """Return those of `boxes` that stand before `box` and cover some of it."""
    left, right = box.x1, box.x2
    return [front for front in boxes if front.x1 < right and front.x2 > left and hides(front, box, BEFORE_SHARE)]


def missed(stay: Standing, boxes: Sequence[Box], step_s: float, rule: Rule) -> None:
    """Let `stay` be without its box in a frame, `step_s` after the last frame."""
    now = Sight.EMPTY
    if is_hidden(stay, boxes) and any(is_part_of(box, stay.place, boxes) for box in boxes):
        now = Sight.PART
    elif is_hidden(stay, boxes, WHOLLY_SHARE):
        now = Sight.HIDDEN
    if step_s > rule.gap_s:
        stay.blind_s += step_s
    elif now is stay.sight:
        _without(stay, now, step_s, rule)
    else:
        half_s = step_s / 2
        if stay.sight is Sight.THERE:
            stay.seen_s += half_s
            stay.counted_s += half_s
            stay.credit_s += (1.0 - rule.presence) * half_s
        else:
            _without(stay, stay.sight, half_s, rule)
        _without(stay, now, half_s, rule)
    stay.sight = now


def _without(stay: Standing, sight: Sight, span_s: float, rule: Rule) -> None:
    """Let `span_s` pass in which the box was not there."""
    if sight is Sight.PART:
        stay.part_s += span_s
        return
    stay.missed_s += span_s
    stay.away_s += span_s
    if sight is Sight.EMPTY:
        stay.empty_s += span_s
        stay.credit_s -= rule.presence * span_s


def is_hidden(stay: Standing, boxes: Sequence[Box], share: float = HIDING_SHARE) -> bool:
    """Tell whether one of `boxes` covers at least `share` of the place, and may hide what stands there."""
    place = stay.place
    left, right = place.x1, place.x2
    return any(box.x1 < right and box.x2 > left and hides(box, place, share) for box in boxes)


def is_over(stay: Standing, at: datetime, rule: Rule) -> bool:
    """Tell whether the stay, whose box is not in the frame at `at`, has ended."""
    if stay.sight is Sight.THERE:
        return False
    if stay.cleared_at is not None:
        known_s = rule.clear_after_s + KNOWN_AGAIN_S
        return stay.empty_s >= known_s or (at - stay.last_at).total_seconds() >= GIVEN_UP_AFTER * known_s
    if stay.away_s >= GIVEN_UP_AFTER * max(rule.occlusion_s, rule.clear_after_s):
        return True
    if stay.subject is not None:
        return stay.sight is Sight.EMPTY and stay.empty_s >= rule.clear_after_s
    if stay.sight is Sight.EMPTY and (stay.empty_s >= rule.swap_s or stay.credit_s < -rule.presence * YOUNG_S):
        return True
    brief_s = min(PATIENCE * stay.seen_s, rule.occlusion_s)
    return stay.away_s > max(YOUNG_S, brief_s, LONG_PATIENCE * stay.seen_s)


def stands(stay: Standing, rule: Rule) -> bool:
    """Tell whether what was seen is one thing that stands, and no passing traffic and no guess of the detector."""
    # Of the time that its place was in plain sight it was there for `presence`; of all its time, for half of that: a
    # place that is hidden most of the time tells too little. And where it was missed at all, so do a few glimpses: cars
    # of a dense traffic that is looked at once a second lie at one place three times by chance.
    there = stay.credit_s >= 0.0 and stay.presence >= rule.presence / 2
    there = there and (stay.missed_s == 0.0 or stay.boxes >= GLIMPSES)
    return there and stay.scatter <= rule.scatter and stay.confidence >= rule.confidence


def is_cut(place: Box, box: Box, boxes: Sequence[Box]) -> bool:
    """Tell whether `box` is what something nearer leaves of a thing at `place`, which is no smaller for it."""
    return area(box) < WHOLE * area(place) and any(hides(front, place, CUTTING_SHARE) for front in boxes)


def _mean(place: Box, box: Box, take: float) -> Box:
    keep = 1.0 - take
    return Box(
        box.label,
        box.confidence,
        box.track_id,
        place.x1 * keep + box.x1 * take,
        place.y1 * keep + box.y1 * take,
        place.x2 * keep + box.x2 * take,
        place.y2 * keep + box.y2 * take,
    )
