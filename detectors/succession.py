"""Those who stand at places go in; who took whose place, and who is another's double, comes out.

What comes to a place after its stay was not seen for `ABSENCE_S` may be another thing, though its box lies as well. So
it is kept as the stay's rival: a stay of its own that began when it came, folded beside the old one. Once both have
been seen for long enough with nothing before them, their colours tell. Where they look alike, it never was; where they
do not, the rival is what stands there, since it came. And where the boxes of both were steady and yet lie apart, that
tells: what stands does not move over by a third of itself while nobody looks. Boxes that lie alike and tell no colours
have no rivals: then it is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from detectors.colours import difference, shown
from detectors.picture import PART_SHARE, area, covered_share, overlap
from detectors.standing import ANY_S, Sight, Standing, began, moved
from detectors.stay import STEADY_S, WHOLE, YOUNG_S, continues, fronts, is_cut
from detectors.thresholds_watch import Stay as Rule
from ingest.city import Zone
from ingest.observation import Box

ABSENCE_S = 4.0  # nothing drives off and makes room for another in less
KNOWN_S = 5.0  # its colours must have been seen for this long to be known,
PROOF_S = 3.0  # and those of what came after it for this long;
OTHERWISE = 0.09  # then it is another thing if they differ by more than this,
LONG_PROOF_S = 6.0  # and do so for so long: somebody may pass before it whom the model misses; or
SURELY_OTHERWISE = 0.18  # by more than this
SAME_PLACE = 0.7  # boxes that overlap by less do not show the same patches, or are of two things in one;
STEADY_FIT = 0.9  # where those of either thing overlapped its place by this much,
STEADY_THERE_S = 5.0  # and that of what came did so for this long, they are two things
LIT_S = 180.0  # what was learnt longer ago was seen in other light, and
STALE_S = 60.0  # what could not be told for so long is told by its place alone
UNSURE = 0.5  # a box that the model is less sure of than this, and by
SURER = 0.2  # this much less than of what stands there too, is no thing of its own if it holds that,
AS_LONG = 0.9  # of what is made of parts, a surer thing that was seen for this share of its time stood as long
OVER_OTHERS = 0.55  # or if several such things cover this share of it, none of them most of it


def comes_back(
    stay: Standing, box: Box, boxes: Sequence[Box], ground: tuple[Zone, ...], at: datetime
) -> Standing | None:
    """Let `stay` have a rival where `box`, one of `boxes`, continues it but may be another thing; return its rival."""
    if stay.rival is None and (at - stay.last_at).total_seconds() >= ABSENCE_S:
        is_known = (
            stay.looks.is_known(KNOWN_S)
            and stay.learnt_at is not None
            and (at - stay.learnt_at).total_seconds() <= LIT_S
        )
        lies_apart = _lies_apart(stay, box) and not is_cut(stay.place, box, boxes)
        if (box.colours and is_known) or lies_apart:
            stay.rival, stay.left_at = began(box, ground, at), stay.last_at
            if box.colours:
                stay.rival.looks.learn(box.colours, shown(box, fronts(boxes, box)), ANY_S)
    return stay.rival


def _lies_apart(stay: Standing, place: Box) -> bool:
    """Tell whether `place` lies too far from where `stay` steadily was to be the place of the same thing."""
    return stay.seen_s >= STEADY_S and stay.fit >= STEADY_FIT and overlap(stay.place, place) < SAME_PLACE


def is_undecided(stay: Standing) -> bool:
    """Tell whether `stay` has a rival that looks or lies otherwise so far, be it from one box alone."""
    rival = stay.rival
    if rival is None or _lies_apart(stay, rival.place):
        return rival is not None
    if overlap(stay.place, rival.place) < SAME_PLACE:
        return False
    differ = difference(stay.looks, rival.looks, KNOWN_S, ANY_S)
    return differ is not None and differ > OTHERWISE


def succeeded_by(stay: Standing) -> Standing | None:
    """Return the rival of `stay` if that is what stands there now; let go of it once it is known to be the same."""
    rival = stay.rival
    if rival is None:
        return None
    lies_apart = _lies_apart(stay, rival.place)
    if lies_apart and rival.sight is Sight.THERE and rival.fit >= STEADY_FIT and rival.settled_s >= STEADY_THERE_S:
        return rival
    differ = None if lies_apart else difference(stay.looks, rival.looks, KNOWN_S, PROOF_S)
    if differ is not None and differ > OTHERWISE and overlap(stay.place, rival.place) >= SAME_PLACE:
        sure = differ > SURELY_OTHERWISE or rival.looks.is_known(LONG_PROOF_S)
        return rival if sure else None
    if differ is not None or rival.seen_s + rival.missed_s + rival.part_s > STALE_S:
        stay.rival = None
    return None


def is_taken(stay: Standing, stays: Sequence[Standing], rule: Rule) -> bool:
    """Tell whether one of `stays` has come to the place of `stay`, which was seen empty, and stays there."""
    return stay.empty_s >= rule.swap_s and any(
        other.subject is None
        and other.sight is Sight.THERE
        and other.seen_s >= YOUNG_S
        and overlap(stay.place, other.place) >= rule.overlap
        for other in stays
    )


def is_double(stay: Standing, stays: Sequence[Standing], share: float | None, at: datetime, rule: Rule) -> bool:
    """Tell whether `stay` is what others of `stays`, reported or allowed and seen just now, are, or a part of them.

    Two things cannot stand on one spot: a box that would continue another stay is a second box of that thing. Of what
    is made of parts and stands wall to wall, boxes overlap as much: then what the others cover by `share` is a part, or
    several taken for one. There surer ones count that have stood as long: whichever is due first, they are the things.
    """
    others = _beside(stay, stays, at, rule)
    known = [
        other.place
        for other in others
        if other.subject is not None or (other.since is None and other.seen_s >= rule.swap_s)
    ]
    if share is None:
        return any(overlap(stay.place, place) >= rule.overlap for place in known) or _is_phantom(stay, others, rule)
    confidence, long_s = stay.confidence, AS_LONG * stay.seen_s
    surer = [other.place for other in others if other.seen_s >= long_s and other.confidence > confidence]
    return covered_share(stay.place, [*known, *surer]) >= share


def _beside(stay: Standing, stays: Sequence[Standing], at: datetime, rule: Rule) -> list[Standing]:
    """Return those of `stays` that stand beside `stay`, seen just now."""
    return [
        other
        for other in stays
        if other is not stay and other.cleared_at is None and (at - other.last_at).total_seconds() < rule.swap_s
    ]


def _is_phantom(stay: Standing, others: Sequence[Standing], rule: Rule) -> bool:
    """Tell whether `stay` is a box that an unsure model laid over things that it is surer of: round one, or over two.

    What really stands so close behind others shows too little of itself to be told from that.
    """
    confidence = stay.confidence
    if confidence >= UNSURE:
        return False
    surer = [other.place for other in others if other.seen_s >= rule.swap_s and other.confidence >= confidence + SURER]
    if any(covered_share(place, [stay.place]) >= WHOLE for place in surer):
        return True
    shares = [share for place in surer if (share := covered_share(stay.place, [place])) > 0.0]
    return len(shares) > 1 and max(shares) < PART_SHARE and covered_share(stay.place, surer) >= OVER_OTHERS


def is_succeeded(stay: Standing, boxes: Sequence[Box], stays: Sequence[Standing], rule: Rule) -> bool:
    """Tell whether one of `boxes` lies just where `stay` was before it was cleared, but was seen to arrive there."""
    return (
        stay.cleared_at is not None
        and stay.sight is not Sight.THERE
        and any(continues(stay, box, rule) and _arrived(box, stays, rule) for box in boxes)
    )


def _arrived(box: Box, stays: Sequence[Standing], rule: Rule) -> bool:
    """Tell whether a thing of the size of `box` was just seen beside it, and is seen there no longer: it came."""
    size = area(box)
    return any(
        stay.subject is None
        and stay.seen_s < YOUNG_S
        and 0.5 < area(stay.first) / size < 2.0
        and overlap(stay.first, box) > 0.0
        and moved(stay.first, box) > rule.drift
        for stay in stays
    )
