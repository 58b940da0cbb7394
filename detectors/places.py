"""One camera's frames go in; what stands at a forbidden place for longer than its dwell comes out, and when it is gone.

Parking and stalls are alike but for what is forbidden where and when: that is `Forbidden`'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from detectors.detector import Unseen
from detectors.finding import Finding, Number, OpenFinding, Phase, Reason
from detectors.picture import bottom_centre, is_part_of, overlap, without_doubles
from detectors.scene import Ban, Forbidden, Scene
from detectors.standing import Sight, Standing, began, start_clock
from detectors.stay import COMING_S, SETTLE_S, assigned, is_hidden, is_over, missed, seen, stands
from detectors.succession import comes_back, is_double, is_succeeded, is_taken, is_undecided, succeeded_by
from detectors.thresholds_watch import Stay as Rule
from ingest.city import City, ZoneKind
from ingest.observation import Box, Frame

OVERDUE = 2.0  # after this many dwells that were no proof the clock begins anew: what it saw by night is let go by day
DOUBLE = 0.7  # boxes of one frame that overlap by this much are one thing, whatever their labels


@dataclass(frozen=True, slots=True)
class SceneState:
    """Who stands in one camera's picture, as of its last frame. The stays are this state's own."""

    scene: Scene
    stays: tuple[Standing, ...] = ()
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame is judged by: when it was taken, how long after the last, and who stood there until then.

    `taken` are the names that places have, each with whether it is still latched; `findings` what the frame led to.
    """

    scene: Scene
    at: datetime
    step_s: float
    stays: tuple[Standing, ...]
    taken: dict[str | None, bool]
    findings: list[Finding]


class Places:
    """The detector that parking and stalls share; its partition is the camera."""

    def __init__(
        self,
        name: str,
        rule_name: str,
        what: str,
        rule: Rule,
        city: City,
        forbidden: Forbidden,
        *,
        double: float | None = None,
    ) -> None:
        """Watch the cameras of `city` on which `forbidden` has zones; `what` is what stands there, in words.

        `double` is for what is made of parts: what those that were reported cover by this share is no second one.
        """
        self.double = double
        self.name, self.rules = name, (rule_name,)
        self._rule_name, self._what, self.rule, self.forbidden = rule_name, what, rule, forbidden
        self.labels = frozenset(getattr(rule, "labels", ()))
        self._scenes = {
            camera_id: Scene(
                camera_id, camera.grid, zones, tuple(z for z in camera.zones if z.kind is ZoneKind.IGNORED)
            )
            for camera_id, camera in city.cameras.items()
            if rule.enabled and (zones := forbidden.zones(camera))
        }
        dwells = [zone.dwell_s for scene in self._scenes.values() for zone in scene.zones if zone.dwell_s]
        self._shortest_s = min(rule.dwell_s, *dwells) if dwells else rule.dwell_s
        # Twice as long as it may take from first sight to the alert, short of what nobody can bound.
        self.memory_s = 2 * (max(rule.dwell_s, rule.clear_after_s, *dwells) + rule.occlusion_s + rule.forget_s) + (
            rule.gap_s
        )

    def partitions(self) -> Mapping[str, str]:
        """Return each watched camera as its own partition."""
        return {camera_id: camera_id for camera_id in self._scenes}

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> SceneState:
        """Return the camera's state at start: what was open stands where it stood."""
        scene = self._scenes[partition]
        return SceneState(
            scene,
            tuple(
                replace(
                    began(found.box, scene.ground(found.box), found.raised_at),
                    since=found.since,
                    settled_s=SETTLE_S,
                    counted_s=(found.raised_at - found.since).total_seconds(),
                    subject=found.subject,
                    latched_until=found.raised_at,
                )
                for found in open_findings
                if found.rule == self._rule_name and found.box is not None
            ),
        )

    def observe(self, state: SceneState, frame: Frame | Unseen) -> tuple[SceneState, Sequence[Finding]]:
        """Return who stands in the picture after `frame`, and what has now stood too long or is gone."""
        if isinstance(frame, Unseen):
            return self._blind(state, frame.until), ()
        rule, at = self.rule, frame.captured_at
        boxes = [box for box in frame.boxes if box.confidence >= rule.box_floor]
        step_s = (at - state.last_at).total_seconds() if state.last_at is not None else 0.0
        things = [box for box in boxes if box.label in self.labels and not state.scene.ignores(box)]
        if len(things) > 1:
            things = without_doubles(things, DOUBLE)
        stays = state.stays
        if step_s > rule.forget_s:
            stays = tuple(stay for stay in stays if stay.subject is not None)
        if any(stay.cleared_at is not None for stay in stays):
            stays = tuple(stay for stay in stays if not is_succeeded(stay, things, stays, rule))
        chosen = assigned(stays, things, rule)
        rivals = [thing for number, thing in enumerate(things) if number not in chosen.values()]
        kept: list[Standing] = []
        findings: list[Finding] = []
        taken = {stay.subject: stay.is_latched(at) for stay in stays if stay.cleared_at is None}
        look = Look(state.scene, at, step_s, stays, taken, findings)
        for index, stay in enumerate(stays):
            number = chosen.get(index)
            if stay.is_latched(at):  # it knows more than this frame; what comes here now is it, or was there before it
                stay.last_at = at if number is not None else stay.last_at
                kept.append(stay)
                continue
            steady = stay.sight is Sight.THERE and step_s <= rule.gap_s
            unseen_s = (at - stay.last_at).total_seconds()
            if number is not None:
                self._compare(look, stay, things[number], boxes)
                seen_s = stay.seen_s
                seen(stay, things[number], boxes, at, step_s, rule)
                if seen_s < COMING_S <= stay.seen_s:
                    self._has_come(look, stay)
            else:
                self._compare(look, stay, None, boxes)
                missed(stay, boxes, step_s, rule)
            other = succeeded_by(stay)
            if other is not None:
                kept.append(self._succeeded(look, stay, other))
                continue
            ban = self.forbidden.ban(stay.ground, at)
            if stay.cleared_at is not None:
                if ban is not None and self._why_over(stay, stays, at) is None:
                    kept.append(stay)
                continue
            if ban is None:
                self._allow(look, stay)
            elif number is not None:
                self._judge(look, stay, ban, unseen_s, steady=steady)
            why = self._why_over(stay, stays, at)
            if why is None:
                kept.append(stay)
            elif stay.subject is not None:
                # The time beyond the limit passed since the last frame: it was over when the limit was reached.
                late_s = stay.empty_s - rule.clear_after_s if is_over(stay, at, rule) else 0.0
                when = at - timedelta(seconds=late_s) if 0.0 < late_s <= min(step_s, rule.gap_s) else at
                findings.append(self._cleared(state.scene, stay, when, at, why))
                if is_over(stay, at, rule):
                    stay.cleared_at = when
                    kept.append(stay)
        there = [stays[index].place for index in chosen]
        hidden = [stay.place for stay in kept if stay.last_at != at and is_hidden(stay, boxes)]
        kept += self._newcomers(state.scene, rivals, boxes, there, hidden, at)
        return SceneState(state.scene, tuple(kept), at), findings

    def _compare(self, look: Look, stay: Standing, box: Box | None, boxes: Sequence[Box]) -> None:
        """Let what may have come to the place of `stay` instead of it have this frame too."""
        rival, at = stay.rival, look.at
        if rival is None:
            rival = comes_back(stay, box, boxes, look.scene.ground(box), at) if box is not None else None
        elif box is not None:
            seen(rival, box, boxes, at, look.step_s, self.rule)
        else:
            missed(rival, boxes, look.step_s, self.rule)
        if rival is None or is_over(rival, at, self.rule):
            stay.rival = None
            return
        banned = self.forbidden.ban(rival.ground, at) is not None
        if banned != (rival.since is not None):
            start_clock(rival, at if banned else None)

    def _succeeded(self, look: Look, stay: Standing, other: Standing) -> Standing:
        """Return `other`, which stands where `stay` stood; say so where that was raised."""
        if stay.subject is not None and stay.cleared_at is None:
            stay.last_at = stay.left_at or stay.last_at
            why = "what stands there now looks or lies otherwise, and is another"
            look.findings.append(self._cleared(look.scene, stay, look.at, look.at, why))
            look.taken.pop(stay.subject, None)
        return other

    def _has_come(self, look: Look, stay: Standing) -> None:
        """Let `stay` stand in the zones that its place lies in: its first box may have shown it still rolling."""
        ground = look.scene.ground(stay.place)
        if stay.subject is not None or ground == stay.ground:
            return
        stay.ground = ground
        if stay.since is None and self.forbidden.ban(ground, look.at) is not None:
            stay.since = look.at - timedelta(seconds=stay.counted_s)

    def _allow(self, look: Look, stay: Standing) -> None:
        """Let `stay` be allowed from now on."""
        if stay.subject is not None:
            why = "standing here is allowed from now on"
            look.findings.append(self._cleared(look.scene, stay, look.at, look.at, why))
        if stay.since is not None:
            start_clock(stay, None)

    def _judge(self, look: Look, stay: Standing, ban: Ban, unseen_s: float, *, steady: bool) -> None:
        """Judge `stay`, whose box is there for the first time in `unseen_s`; `steady`: it was in the last frame too."""
        at = look.at
        if stay.since is None:
            start_clock(stay, at)
        if stay.subject is not None or stay.counted_s < self._shortest_s or stay.doubt_s:
            return
        ground = look.scene.ground(stay.place)
        if ground != stay.ground:  # where it came to stand was a first guess
            stay.ground = ground
            here = self.forbidden.ban(ground, at)
            if here is None:
                start_clock(stay, None)
                return
            ban = here
        if stay.counted_s < ban.dwell_s or is_undecided(stay):
            return
        if not stands(stay, self.rule):
            if stay.counted_s >= OVERDUE * ban.dwell_s and _crosses(at, look.step_s, ban.dwell_s):
                start_clock(stay, at)
            return
        if is_double(stay, look.stays, self.double, at, self.rule):
            if _crosses(at, unseen_s, ban.dwell_s):  # should it prove to be a thing of its own, it has stood since now
                start_clock(stay, at)
            return
        subject = self._name_place(ban, stay, look.taken)
        if subject is None:
            return
        stay.subject = subject
        look.taken[subject] = False
        # Where it stood there all the while since the last frame, its dwell was over between the two.
        late_s = stay.counted_s - ban.dwell_s
        if not steady or late_s > look.step_s:
            late_s = 0.0
        look.findings.append(self._raised(look.scene, stay, ban, at, late_s))

    def _why_over(self, stay: Standing, stays: Sequence[Standing], at: datetime) -> str | None:
        rule = self.rule
        if stay.sight is Sight.THERE:
            return None
        if is_over(stay, at, rule):
            if stay.sight is Sight.EMPTY and stay.empty_s >= rule.clear_after_s:
                return f"its place has been seen empty for {rule.clear_after_s:.0f} s"
            return f"its place has been hidden for {stay.away_s:.0f} s, and nobody knows"
        if is_taken(stay, stays, rule):
            return f"its place was seen empty for {stay.empty_s:.0f} s and then taken by another"
        return None

    def _blind(self, state: SceneState, until: datetime) -> SceneState:
        """Return the state after a time up to `until` in which the camera looked elsewhere."""
        if state.last_at is None or until <= state.last_at:
            return state
        blind_s = (until - state.last_at).total_seconds()
        stays = state.stays
        if blind_s > self.rule.forget_s:
            stays = tuple(stay for stay in stays if stay.subject is not None)
        for stay in stays:
            if not stay.is_latched(until):
                stay.blind_s += blind_s
                if stay.rival is not None:
                    stay.rival.blind_s += blind_s
        return SceneState(state.scene, stays, until)

    def _newcomers(
        self,
        scene: Scene,
        things: Sequence[Box],
        boxes: Sequence[Box],
        there: Sequence[Box],
        hidden: Sequence[Box],
        at: datetime,
    ) -> list[Standing]:
        """Return the stays that begin with boxes that continue none.

        None begins off the watched ground, none as the double of a stay that is there or of one that begins (the surest
        box of a place counts), none as the part that can still be seen of one that is hidden.
        """
        new: list[Standing] = []
        for thing in things:
            if any(overlap(place, thing) >= self.rule.overlap for place in (*there, *(stay.place for stay in new))):
                continue
            ground = scene.ground(thing)
            if ground and not any(is_part_of(thing, place, boxes) for place in hidden):
                stay = began(thing, ground, at)
                if self.forbidden.ban(ground, at) is not None:
                    start_clock(stay, at)
                new.append(stay)
        return new

    def _name_place(self, ban: Ban, stay: Standing, taken: Mapping[str | None, bool]) -> str | None:
        """Return the subject: the zone, and the place rounded coarsely, or finely where a neighbour has that name.

        None where even that name is taken: two things there are one to anybody who goes and looks. None as well where
        a stay that is still latched has the name: what stood there before it was judged before, and told.
        """
        x, y = bottom_centre(stay.place)
        for grain in (self.rule.place, self.rule.place / 5):
            subject = f"{ban.zone_id}@{round(x / grain) * grain:.2f},{round(y / grain) * grain:.2f}"
            if subject not in taken:
                return subject
            if taken[subject]:
                return None
        return None

    def _raised(self, scene: Scene, stay: Standing, ban: Ban, at: datetime, late_s: float) -> Finding:
        assert stay.since is not None
        stood_s = stay.counted_s - late_s
        numbers: dict[str, Number] = {
            "stood_s": round(stood_s, 3),
            "dwell_s": ban.dwell_s,
            "median_confidence": stay.confidence,
            "frames": stay.boxes,
            "presence": round(stay.presence, 3),
            "hidden_s": round(stay.missed_s, 3),
            "blind_s": round(stay.blind_s, 3),
            "label": stay.label,
            "zone": ban.zone_id,
            "permit": ban.permit,
        }
        sight = f"Median confidence {stay.confidence:.2f} over {stay.boxes} frames"
        if stay.missed_s >= 0.5:
            sight += f", out of sight for {stay.missed_s:.0f} s"
        text = (
            f"A {self._what} ({stay.label}) has stood for {stood_s:.0f} s {ban.why}; allowed are {ban.dwell_s:g} s. "
            f"{sight}, blind for {stay.blind_s:.0f} s."
        )
        when = at - timedelta(seconds=late_s)
        sightings = {"first_sight": stay.since, "confirmation": at}
        return self._finding(scene, stay, when, Phase.RAISED, Reason(text, numbers), sightings)

    def _cleared(self, scene: Scene, stay: Standing, when: datetime, at: datetime, why: str) -> Finding:
        """Return the end of `stay`; its figures are those that a worker that began in between knows as well."""
        assert stay.since is not None
        there_s = (stay.last_at - stay.since).total_seconds()
        text = f"The {self._what} is no longer at fault: {why}. It was there for {there_s:.0f} s."
        return self._finding(
            scene, stay, when, Phase.CLEARED, Reason(text, {"there_s": round(there_s, 3)}), {"clear": at}
        )

    def _finding(
        self,
        scene: Scene,
        stay: Standing,
        at: datetime,
        phase: Phase,
        reason: Reason,
        sightings: dict[str, datetime],
    ) -> Finding:
        assert stay.subject is not None
        assert stay.since is not None
        return Finding(
            rule=self._rule_name,
            subject=stay.subject,
            grid=scene.grid,
            since=stay.since,
            at=at,
            phase=phase,
            severity=self.rule.severity,
            reason=reason,
            camera_id=scene.camera_id,
            box=replace(stay.place, label=stay.label, confidence=stay.confidence, track_id=None),
            sightings=sightings,
        )


def _crosses(at: datetime, step_s: float, span_s: float) -> bool:
    """Tell whether a multiple of `span_s` lies in the `step_s` before `at`: a mark that every worker sets alike."""
    now_s = at.timestamp()
    return now_s // span_s != (now_s - step_s) // span_s
