"""Those who stand at places go in; who took whose place, and who is another's double, comes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from detectors.picture import area, covered_share, overlap
from detectors.standing import Sight, Standing, moved
from detectors.stay import YOUNG_S, continues
from detectors.thresholds_watch import Stay as Rule
from ingest.observation import Box


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
    is made of parts and stands wall to wall, boxes overlap as much: then what the others cover by `share` is a part.
    """
    known = [
        other.place
        for other in stays
        if other is not stay
        and other.cleared_at is None
        and (other.subject is not None or (other.since is None and other.seen_s >= rule.swap_s))
        and (at - other.last_at).total_seconds() < rule.swap_s
    ]
    if share is None:
        return any(overlap(stay.place, place) >= rule.overlap for place in known)
    return covered_share(stay.place, known) >= share


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
