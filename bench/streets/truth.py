"""Who stood where and how much of it could be seen in, the alerts that there must be out; pure.

What must be reported follows from the script, and from what the camera was shown:

- A vehicle in a no-parking zone while the ban is in force, or a stall where no permit is valid, is *due* once it has
  stood there for the zone's dwell, as far as anybody can know. Blind time (no picture for longer than the rule's
  `gap_s`) does not count, nor does a stretch in which less than `HIDDEN` of it can be seen and which lasts longer than
  the rule's `occlusion_s`, nor the time before the first picture that shows `HIDDEN` of it. If it is hidden at that
  instant, it is due in the first picture that shows at least half of it.
- It has *stood* for the dwell earlier where any of that time was hidden: whoever reports it between the two is on time.
- It is *needed* if it stays for at least 10 s after it was due, at least half of it could be seen in at least 0.6 of
  the pictures until then, and it is at least 20 pixels wide and high in the 640×360 picture.
- What stood long enough but is not needed, or stood on a zone's edge, may be reported or not; that counts as nothing.
- Whatever else is reported is a false alarm, and so is a second alarm about the same stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from bench.streets.site import EDGE, Point, Polygon, Span, Watched, depth_in
from detectors.override import with_values
from detectors.thresholds import Thresholds
from detectors.thresholds_watch import Stay
from hub.demo.city_plan import MODEL_THRESHOLDS
from hub.demo.scenes.description import Actor
from ingest.city import ZoneKind

PARKING, STALL = "parking.illegal", "stall.unlicensed"
THRESHOLDS = with_values(Thresholds(), MODEL_THRESHOLDS)  # shipped, and what goes with the shipped model
_RULES = {PARKING: THRESHOLDS.parking.illegal, STALL: THRESHOLDS.stall.unlicensed}
HIDDEN, HALF = 0.3, 0.5
SEEN_SHARE = 0.6
LEAST_PX = 20.0
TOLERANCE_S = 10.0
UNSEEN_S = 2.5  # pictures come at least this often, unless the camera is blind or its picture frozen
NEARLY_S = 5.0  # what stands for almost as long as is allowed may be judged either way
ANY_ZONE = "*"
WHOLE_PICTURE: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))

Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """An actor that stands in one place for a while. `seen` is, for each picture, how much of it was visible (0..1).

    A picture in which it does not stand there is None. `box` holds the whole of it, hidden parts too.
    """

    actor_id: str
    label: str
    from_s: float
    to_s: float
    box: Corners
    seen: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What must be reported (`needed`) or may be: where, since when, due when, and until when.

    `due_s` is None where it never was; `stood_s` is when it had stood for the dwell, seen or not, blind time apart.
    `visible` is the mean share of it that could be seen until it was due.
    """

    rule: str
    zone_id: str
    actor_id: str
    label: str
    box: Corners
    since_s: float
    until_s: float
    due_s: float | None
    stood_s: float | None
    needed: bool
    why: str
    visible: float

    def delay_s(self, raised_s: float) -> float | None:
        """Return how much too late an alarm at `raised_s` is, below nought too early; None where it was never due."""
        if self.due_s is None or self.stood_s is None:
            return None
        return max(0.0, raised_s - self.due_s) + min(0.0, raised_s - self.stood_s)


def standing(actor: Actor, least_s: float = 5.0) -> list[Span]:
    """Return when `actor` stands still, each time for at least `least_s`."""
    points = actor.path.waypoints
    if len(points) == 1:
        return [(-math.inf, math.inf)]
    found: list[Span] = []
    for a, b in pairwise(points):
        if (a.x_m, a.y_m) == (b.x_m, b.y_m):
            if found and found[-1][1] == a.at_s:
                found[-1] = (found[-1][0], b.at_s)
            else:
                found.append((a.at_s, b.at_s))
    return [span for span in found if span[1] - span[0] >= least_s]


def events(
    zones: Sequence[Watched],
    stands: Sequence[Stand],
    taken_s: Sequence[float],
    *,
    size_px: tuple[int, int] = (640, 360),
    whole_dwell_s: float = 300.0,
) -> list[Event]:
    """Return the events of a scene whose pictures were taken at `taken_s`.

    `whole_dwell_s` is how long a stall may stand outside the zones of a camera that has permitted zones alone.
    """
    found = []
    for stand in stands:
        for zone, span, sure in _bans(zones, stand, whole_dwell_s):
            event = _event(stand, zone, span, sure, taken_s, size_px)
            if event is not None:
                found.append(event)
    return found


def _bans(zones: Sequence[Watched], stand: Stand, whole_dwell_s: float) -> list[tuple[Watched, Span, bool]]:
    """Return in which zone standing there is forbidden and when, and whether it stands clear of every edge."""
    point: Point = ((stand.box[0] + stand.box[2]) / 2, stand.box[3])
    if stand.label != "stall":
        return [
            (zone, zone.open_s, depth > EDGE)
            for zone in zones
            if zone.kind is ZoneKind.NO_PARKING and (depth := depth_in(point, zone.polygon)) > -EDGE
        ]
    permitted = [zone for zone in zones if zone.kind is ZoneKind.PERMITTED_STALL]
    forbidden = [zone for zone in zones if zone.kind is ZoneKind.NO_STALL]
    if not permitted and not forbidden:
        return []
    if not forbidden:
        whole = Watched(
            zone_id="cam",
            kind=ZoneKind.NO_STALL,
            polygon=WHOLE_PICTURE,
            dwell_s=whole_dwell_s,
            open_s=(-math.inf, math.inf),
        )
        forbidden = [whole]
    sure = all(abs(depth_in(point, zone.polygon)) > EDGE for zone in (*permitted, *forbidden))
    closed = [
        (zone, rest, sure)
        for zone in permitted
        if depth_in(point, zone.polygon) > -EDGE and (rest := _rest(zone.open_s)) is not None
    ]
    if sure and any(depth_in(point, zone.polygon) > 0 for zone in permitted):
        return closed
    # On the edge of a permitted zone it may be taken to stand within or beside it.
    return closed + [(zone, zone.open_s, sure) for zone in forbidden if depth_in(point, zone.polygon) > -EDGE]


def _rest(span: Span) -> Span | None:
    """Return when it is not: a span that is open at one end, or nothing."""
    if span[0] == -math.inf and span[1] == math.inf:
        return None
    return (span[1], math.inf) if span[0] == -math.inf else (-math.inf, span[0])


def _event(
    stand: Stand, zone: Watched, ban: Span, sure: bool, taken_s: Sequence[float], size_px: tuple[int, int]
) -> Event | None:
    rule = STALL if stand.label == "stall" else PARKING
    there = [
        (at_s, seen)
        for at_s, seen in zip(taken_s, stand.seen, strict=True)
        if seen is not None and ban[0] <= at_s < ban[1]
    ]
    if not there:
        return None
    # It is there from the instant that the script says, unless nobody looked then.
    since_s = max(stand.from_s, ban[0], 0.0)
    if there[0][0] - since_s > _RULES[rule].gap_s:
        since_s = there[0][0]
    until_s = min(stand.to_s, ban[1], taken_s[-1])
    if until_s < there[-1][0]:  # a frozen camera goes on showing it
        until_s = there[-1][0]
    due_s = _due(_known_s(since_s, there), there, zone.dwell_s, _RULES[rule], hidden_counts=False)
    stood_s = _due(since_s, there, zone.dwell_s, _RULES[rule], hidden_counts=True)
    if due_s is None and until_s - since_s < zone.dwell_s - NEARLY_S:
        return None
    until_due = [seen for at_s, seen in there if due_s is None or at_s <= due_s]
    wide, high = (stand.box[2] - stand.box[0]) * size_px[0], (stand.box[3] - stand.box[1]) * size_px[1]
    why = ""
    if due_s is None or until_s - due_s < TOLERANCE_S:
        why = "short"
    elif not sure:
        why = "edge"
    elif min(wide, high) < LEAST_PX:
        why = "small"
    elif sum(seen >= HALF for seen in until_due) < SEEN_SHARE * len(until_due):
        why = "hidden"
    return Event(
        rule=rule,
        zone_id=zone.zone_id if sure else ANY_ZONE,
        actor_id=stand.actor_id,
        label=stand.label,
        box=stand.box,
        since_s=since_s,
        until_s=until_s,
        due_s=due_s,
        stood_s=stood_s,
        needed=not why,
        why=why,
        visible=fmean(until_due),
    )


def _known_s(since_s: float, there: Sequence[tuple[float, float]]) -> float:
    """Return since when anybody can know that it stands there; it may have come while it was hidden, or the picture
    frozen.
    """
    shown_s = next((at_s for at_s, seen in there if seen >= HIDDEN), there[0][0])
    return shown_s if shown_s - since_s > UNSEEN_S else since_s


def _due(
    since_s: float, there: Sequence[tuple[float, float]], dwell_s: float, rule: Stay, *, hidden_counts: bool
) -> float | None:
    """Return the first instant at which it has stood for `dwell_s`; where hidden time does not count, as the rule
    counts, and it can be seen.
    """
    hidden_long = [] if hidden_counts else _long_hidden(there, rule.occlusion_s)
    counted_s, before_s = 0.0, since_s
    reached: float | None = None
    for at_s, seen in there:
        if at_s < since_s:
            continue
        step_s = at_s - before_s
        counts = step_s <= rule.gap_s and not any(from_s < at_s <= to_s for from_s, to_s in hidden_long)
        if reached is None and counts:
            if counted_s + step_s >= dwell_s:
                reached = before_s + dwell_s - counted_s
            counted_s += step_s
        if reached is not None and (hidden_counts or seen >= HALF):
            # Between two pictures it is due as soon as its time is up, where it was in sight all the while.
            return reached if at_s - reached <= step_s else at_s
        before_s = at_s
    return None


def _long_hidden(there: Sequence[tuple[float, float]], longest_s: float) -> list[Span]:
    """Return the stretches, longer than `longest_s`, in which less than `HIDDEN` of it could be seen."""
    found: list[Span] = []
    from_s: float | None = None
    before_s = there[0][0]
    for at_s, seen in (*there, (there[-1][0], 1.0)):
        if seen < HIDDEN:
            from_s = before_s if from_s is None else from_s
        elif from_s is not None:
            if at_s - from_s > longest_s:
                found.append((from_s, at_s))
            from_s = None
        before_s = at_s
    return found
