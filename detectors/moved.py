"""A camera's looks at its view, its preset and its frames go in; `camera.moved` comes out, and which frames to judge.

Zones are drawn in one view. Frames of another view say nothing of them, so parking and stalls must not see them, not
even those between the last look at the view in place and the first one that found it gone. Therefore frames are held
until the next look: one that finds the view in place lets them through, one that does not drops them. While the view is
off, nothing passes; when it is back, `Unseen` tells those behind that the time between was blind. A camera of which no
look is heard at all is judged as before, and looks that stop hold up its frames for `gap_s` at most.

A look is three readings of one instant, `view_lost_pct`, `view_sharpness_pct` and `view_shift_pct`; they are folded in
that order, and the last one completes it. Everything goes by event time, so live, replayed and after a restart the same
frames are judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from detectors.causes import Cause, Course, Watched, begin, proceed
from detectors.detector import Unseen
from detectors.duration import Condition, Evidence, Law, above, below
from detectors.finding import Finding, Number, OpenFinding, Phase
from detectors.thresholds import Thresholds
from ingest.city import Camera, City
from ingest.observation import Frame, Quantity, Reading

RULE = "camera.moved"
MOVED, COVERED, BLURRED, PRESET = "moved", "covered", "blurred", "preset"
CAUSES = (MOVED, COVERED, BLURRED, PRESET)
LOOK = (Quantity.VIEW_LOST_PCT, Quantity.VIEW_SHARPNESS_PCT, Quantity.VIEW_SHIFT_PCT)  # in the order of folding
QUANTITIES = frozenset((*LOOK, Quantity.PTZ_PRESET))
HELD_LIMIT = 1000  # frames; beyond it they are let through, so that memory stays bounded whatever arrives


@dataclass(slots=True)
class ViewState:
    """Where one camera looks. It belongs to one partition alone, and changes in place.

    `off` are the causes that held when last heard of. `look` are the values of the look of `look_at`, as far as they
    were folded. `looked_at` is the last look in place, None while no look is awaited; `held` are the frames since then,
    `frame_at` the last frame; frames have come without a look since `patient_from`. `passed` is what the last
    observation lets through to those who judge frames.
    """

    camera: Camera
    watched: Watched
    course: Course
    off: set[str]
    look: dict[Quantity, float]
    look_at: datetime | None = None
    looked_at: datetime | None = None
    preset: float | None = None
    held: list[Frame] = field(default_factory=list)
    frame_at: datetime | None = None
    patient_from: datetime | None = None
    passed: Sequence[Frame | Unseen] = ()

    @property
    def is_at_preset(self) -> bool:
        """Tell whether nothing is heard of another preset."""
        return PRESET not in self.off

    @property
    def is_off(self) -> bool:
        """Tell whether zones may not lie where they were drawn: the view is off, or not yet back for long enough."""
        return bool(self.off) or self.course.since is not None


class Moved:
    """The rule `camera.moved`; its partition is the camera, and it lets through what may be judged."""

    name = "moved"
    rules = (RULE,)
    quantities = QUANTITIES

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        """Watch every camera of `city` that has zones."""
        self._rule = rule = thresholds.camera.moved
        self._cameras = {name: camera for name, camera in city.cameras.items() if rule.enabled and camera.zones}
        longest_s = max(rule.moved_after_s, rule.covered_after_s, rule.clear_after_s)
        self.memory_s = 2 * longest_s + 2 * rule.gap_s

    def partitions(self) -> Mapping[str, str]:
        """Return each watched camera as its own partition."""
        return {name: name for name in self._cameras}

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> ViewState:
        """Return the camera's view at start, off where its finding was open."""
        rule, camera = self._rule, self._cameras[partition]
        after_s = {MOVED: rule.moved_after_s, COVERED: rule.covered_after_s, BLURRED: rule.covered_after_s}
        watched = Watched(
            RULE,
            partition,
            camera.grid,
            tuple(
                Cause(
                    name,
                    # A camera that says itself that it looks elsewhere is believed at once.
                    Law(0.0, 0.0, rule.gap_s) if name == PRESET else Law(after_s[name], rule.clear_after_s, rule.gap_s),
                    rule.severity,
                )
                for name in CAUSES
            ),
        )
        course = begin(watched, open_findings)
        state = ViewState(camera, watched, course, set(course.noted), {})
        for found in open_findings:
            if found.rule == RULE and found.subject == partition:
                told = found.numbers.get("ptz_preset")
                state.preset = float(told) if isinstance(told, int | float) else None
        return state

    def observe(self, state: ViewState, observation: Reading | Frame) -> tuple[ViewState, Sequence[Finding]]:
        """Return the view after a reading or a frame, and what is found; `passed` is what may now be judged."""
        state.passed = ()
        if isinstance(observation, Frame):
            self._hold(state, observation)
            return state, ()
        at = observation.measured_at
        if observation.quantity is Quantity.PTZ_PRESET:
            if state.camera.preset is None:
                return state, ()
            state.preset = observation.value
            held = observation.value != state.camera.preset
            return state, self._told(state, [(PRESET, Evidence.HOLDS if held else Evidence.OVER)], at)
        if state.look_at != at:
            state.look_at, state.look = at, {}
        state.look[observation.quantity] = observation.value
        if observation.quantity is not LOOK[-1] or len(state.look) < len(LOOK):
            return state, ()
        state.patient_from = None
        findings = self._told(state, self._evidence(state), at)
        if not state.is_off:
            state.passed = (*state.passed, *state.held)
            state.held, state.looked_at = [], at
        return state, findings

    def _hold(self, state: ViewState, frame: Frame) -> None:
        """Let `frame` wait for the next look, through where none is awaited, or go where the view is off."""
        given_up = self._is_given_up(state, frame.captured_at)
        if state.is_off:
            # A raised alert says that nothing is judged. Else rather judge than be silent for ever.
            if given_up and state.course.since is None and state.is_at_preset:
                state.off.clear()
                state.looked_at = None
                state.passed = (Unseen(frame.camera_id, frame.captured_at), frame)
        elif state.looked_at is None:
            state.passed = (frame,)
        else:
            state.held.append(frame)
            if given_up or len(state.held) > HELD_LIMIT:
                state.passed = tuple(state.held)
                state.held, state.looked_at = [], None

    def _is_given_up(self, state: ViewState, at: datetime) -> bool:
        """Note the frame at `at`; tell whether frames have come for so long without a look that none is awaited."""
        gap_s, before = self._rule.gap_s, state.frame_at
        if state.patient_from is None or (before is not None and (at - before).total_seconds() > gap_s):
            state.patient_from = at  # after a pause the camera has a moment to look again
        state.frame_at = at
        return (at - state.patient_from).total_seconds() > gap_s

    def _told(self, state: ViewState, evidence: Sequence[tuple[str, Evidence]], at: datetime) -> Sequence[Finding]:
        """Return what is found by evidence on causes; keep what must not be judged from those who judge."""
        was_off = state.is_off
        for name, says in evidence:
            if says is Evidence.HOLDS:
                state.off.add(name)
            elif says is Evidence.OVER:
                state.off.discard(name)
        # Off its preset it looks elsewhere: that its view cannot be found then is no news.
        heard = [(CAUSES.index(name), says) for name, says in evidence if name == PRESET or PRESET not in state.off]
        numbers = self._numbers(state)

        def explain(phase: Phase, cause: str, condition: Condition) -> tuple[str, dict[str, Number]]:
            return self._text(state, phase, cause, condition), dict(numbers)

        state.course, found = proceed(state.watched, state.course, heard, at, explain)
        if not was_off and state.is_off:
            state.held = []  # since the last look in place nobody knows from when on it was off
        elif was_off and not state.is_off:
            state.passed = (Unseen(state.camera.camera_id, at),)
        return tuple(self._seen_by(state, finding) for finding in found)

    def _evidence(self, state: ViewState) -> list[tuple[str, Evidence]]:
        """Return what the complete look says of each cause.

        A cause that held and is not over holds on, and so does a cover while the view is found elsewhere: else looks
        that hover around a threshold, or between two causes, would blind the camera without ever being reported.
        """
        rule = self._rule
        lost, sharpness, shift = (state.look[quantity] for quantity in LOOK)
        covered = above(lost, rule.lost_pct, rule.lost_back_pct)
        moved = above(shift, rule.shift_pct, rule.shift_back_pct)
        blurred = below(sharpness, rule.sharpness_pct, rule.sharpness_back_pct)
        if moved is Evidence.OVER and covered is Evidence.UNDECIDED:
            moved = Evidence.UNDECIDED  # where so much is missing, what seems in place may be chance
        if covered is not Evidence.HOLDS:
            moved, blurred = self._lasting(state, MOVED, moved), self._lasting(state, BLURRED, blurred)
            if COVERED in state.off and moved is Evidence.HOLDS:
                covered = Evidence.HOLDS
            covered = self._lasting(state, COVERED, covered)
        else:
            # What is hardly found at all is neither in place nor sharp; it may still be found far away.
            moved = moved if moved is Evidence.HOLDS else Evidence.UNDECIDED
            blurred = Evidence.UNDECIDED
        return [(MOVED, moved), (COVERED, covered), (BLURRED, blurred)]

    def _lasting(self, state: ViewState, cause: str, says: Evidence) -> Evidence:
        return Evidence.HOLDS if says is Evidence.UNDECIDED and cause in state.off else says

    def _numbers(self, state: ViewState) -> dict[str, Number]:
        rule = self._rule
        numbers: dict[str, Number] = {quantity.value: round(value, 1) for quantity, value in state.look.items()}
        numbers |= {
            "threshold_shift_pct": rule.shift_pct,
            "threshold_lost_pct": rule.lost_pct,
            "threshold_sharpness_pct": rule.sharpness_pct,
        }
        if state.camera.preset is not None:
            numbers |= {"preset": state.camera.preset, "ptz_preset": state.preset}
        return numbers

    def _text(self, state: ViewState, phase: Phase, cause: str, condition: Condition) -> str:
        rule, name, look = self._rule, state.camera.camera_id, state.look
        if phase is Phase.CLEARED:
            return f"The view of {name} is back where its zones were drawn; they are judged again."
        lasted = f" for {condition.lasted_s:.0f} s" if condition.lasted_s > 0 else ""
        if cause == PRESET:
            what = f"{name} stands at preset {state.preset:g}; its zones were drawn at preset {state.camera.preset}"
        else:
            lost, sharpness, shift = (look[quantity] for quantity in LOOK)
            if cause == MOVED and shift >= rule.shift_pct:
                what = (
                    f"The picture of {name} has lain {shift:.1f} % of its width beside its view{lasted}; allowed are "
                    f"{rule.shift_pct:g} %"
                )
            elif cause == COVERED and lost >= rule.lost_pct:
                what = (
                    f"{lost:.0f} % of the view of {name} has not been found{lasted}, limit {rule.lost_pct:g} %: it is "
                    "covered or turned away"
                )
            elif cause == BLURRED and sharpness <= rule.sharpness_pct:
                what = (
                    f"The picture of {name} has had {sharpness:.0f} % of its usual fine detail{lasted}, limit "
                    f"{rule.sharpness_pct:g} %: it is out of focus, misted or dirty"
                )
            else:
                what = (
                    f"The view of {name} has been off{lasted} and is not back: {lost:.0f} % of it is not found, the "
                    f"rest lies {shift:.1f} % of the width aside, with {sharpness:.0f} % of its fine detail"
                )
        return what + ". Nothing is judged in its zones until it is back."

    def _seen_by(self, state: ViewState, finding: Finding) -> Finding:
        kind = {Phase.RAISED: "confirmation", Phase.CLEARED: "clear"}.get(finding.phase)
        sightings = {} if kind is None else {kind: finding.at}
        return replace(finding, camera_id=state.camera.camera_id, sightings=sightings)
