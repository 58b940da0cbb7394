"""Cameras: who stands in a picture, or where it looks, in; what a place, or the view, was held against out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import hypot

from detectors.detector import Unseen
from detectors.moved import LOOK, ViewState
from detectors.picture import bottom_centre, footing, inside, overlap
from detectors.places import Places, SceneState
from detectors.standing import Sight, Standing
from detectors.stay import GLIMPSES
from detectors.succession import is_double, is_undecided
from detectors.thresholds_watch import Stay as Rule
from hub.tuning.trace import words
from hub.tuning.trace.explain import Asked, Explainer
from hub.tuning.trace.explain_telemetry import of_course
from hub.tuning.trace.predicate import Look, Predicate, State, Text, held_against, said
from ingest.observation import Box, Frame, Quantity, Reading

NEAR = 3.0  # a stay within so many steps of the place's rounding is at that place
CONFIDENCE = Text("检测框置信度", "the box's confidence")
_SIGHTS = {
    Sight.PART: Text("目标被部分遮挡", "it is partly hidden"),
    Sight.HIDDEN: Text("目标被遮挡", "it is hidden"),
    Sight.EMPTY: Text("原处看不到目标", "its place is seen without it"),
    Sight.THERE: Text("目标在原处", "it is there"),
}


def place(asked: Asked, state: SceneState, frame: Frame | Unseen) -> Look | None:
    """Tell how a stay at the asked place, or the foremost one of the zone or camera, goes."""
    detector: Places = asked.detector
    if isinstance(frame, Unseen):
        text = Text("摄像头视角不在原位，此前的时间不计", "the camera looked elsewhere: the time up to here is blind")
        return Look(at=frame.until, state=State.WITHHELD, predicates=(said("view", False, text, text),))
    at, rule = frame.captured_at, detector.rule
    section = asked.rule
    stay = _stay(asked, detector, state)
    if stay is None:
        predicates = _boxes(asked, detector, state, frame)
        return Look(at=at, state=State.QUIET, predicates=predicates, values=_seen(predicates))
    ban = detector.forbidden.ban(stay.ground, at)
    dwell_s = ban.dwell_s if ban is not None else rule.dwell_s
    dwell_path = _dwell_path(asked, ban.zone_id if ban else None)
    there = stay.sight is Sight.THERE
    values = {"counted_s": round(stay.counted_s, 3), "presence": round(stay.presence, 3)}
    predicates_: list[Predicate] = [
        said(
            "forbidden",
            ban is not None,
            Text("此时此处禁止停留", "standing here is forbidden now"),
            Text(
                "此时此处允许停留（许可有效或不在管控时段）",
                "standing here is allowed now (a permit, or no watched hour)",
            ),
        ),
        said("there", there, _SIGHTS[Sight.THERE], _SIGHTS[stay.sight]),
    ]
    box = _raw(stay, frame, detector)
    if box is not None:
        values["confidence"] = box.confidence
        predicates_.append(
            held_against("box_floor", CONFIDENCE, box.confidence, ">=", rule.box_floor, "", f"{section}.box_floor")
        )
    predicates_.append(
        held_against("dwell", Text("停留", "its stay of"), stay.counted_s, ">=", dwell_s, "s", dwell_path, 1)
    )
    predicates_ += _stands(stay, rule, section)
    if is_double(stay, state.stays, detector.double, at, rule):
        text = Text("与此处其他目标重合，不单独成立", "it is the double of what else stands there")
        predicates_.append(said("own_thing", False, text, text))
    return Look(
        at=at,
        state=_state(stay, ban is not None, there),
        predicates=tuple(predicates_),
        values=values,
        counted_s=stay.counted_s,
        needed_s=dwell_s,
        blind_s=stay.blind_s,
        thing=_name(stay),
    )


def _stands(stay: Standing, rule: Rule, section: str) -> list[Predicate]:
    """Return what must be true of a stay besides its length."""
    told = [
        held_against(
            "confidence", Text("停留期间置信度中位数", "its median confidence"), stay.confidence, ">=", rule.confidence,
            "", f"{section}.confidence",
        ),
        held_against(
            "scatter", Text("检测框离散度", "the scatter of its boxes,"), stay.scatter, "<=", rule.scatter,
            "", f"{section}.scatter",
        ),
    ]  # fmt: skip
    if stay.seen_s + stay.missed_s > 0:
        present = Predicate(
            name="presence",
            holds=stay.credit_s >= 0.0 and stay.presence >= rule.presence / 2,
            text=Text(
                f"出现率 {stay.presence:.2f}，要求 {rule.presence:g}",
                f"presence {stay.presence:.2f} of {rule.presence:g}",
            ),
            value=stay.presence,
            limit=rule.presence,
            path=f"{section}.presence",
        )
        told.append(present)
    if stay.missed_s > 0:
        told.append(held_against("glimpses", Text("检测框数", "boxes,"), stay.boxes, ">=", GLIMPSES, ""))
    if stay.doubt_s > 0:
        text = Text(
            f"长时间被遮挡后还需再看到 {stay.doubt_s:.0f} 秒",
            f"after it was hidden for long it must be seen for {stay.doubt_s:.0f} s more",
        )
        told.append(said("believed", False, text, text))
    if is_undecided(stay):
        text = Text(
            "离开后再次出现的是否为原目标尚未判明", "whether what came back is what stood there is not yet known"
        )
        told.append(said("same_thing", False, text, text))
    return told


def _state(stay: Standing, forbidden: bool, there: bool) -> State:
    if stay.subject is not None:
        if stay.cleared_at is not None:
            return State.QUIET
        return State.RAISED if there else State.CLEARING
    return State.PENDING if forbidden and stay.since is not None else State.QUIET


def _name(stay: Standing) -> str:
    x, y = bottom_centre(stay.first)
    since = stay.since.isoformat() if stay.since is not None else "allowed"
    return f"{since} @{x:.2f},{y:.2f}"


def _dwell_path(asked: Asked, zone_id: str | None) -> str:
    zones = (zone for camera in asked.city.cameras.values() for zone in camera.zones)
    own = any(zone.zone_id == zone_id and zone.dwell_s is not None for zone in zones)
    return f"zone:{zone_id}.dwell_s" if own else f"{asked.rule}.dwell_s"


def _stay(asked: Asked, detector: Places, state: SceneState) -> Standing | None:
    """Return the stay that is asked about: an open one, else the one that has come farthest."""
    fitting = [stay for stay in state.stays if stay.cleared_at is None and _fits(asked, detector, stay)]
    own = [stay for stay in fitting if stay.subject == asked.subject]
    return max(own or fitting, key=lambda stay: (stay.subject is not None, stay.counted_s, stay.seen_s), default=None)


def _fits(asked: Asked, detector: Places, stay: Standing) -> bool:
    if asked.zone_id is not None and all(zone.zone_id != asked.zone_id for zone in stay.ground):
        return False
    return asked.point is None or stay.subject == asked.subject or _near(asked.point, stay.place, detector.rule)


def _near(point: tuple[float, float], box: Box, rule: Rule) -> bool:
    x, y = bottom_centre(box)
    return hypot(x - point[0], y - point[1]) <= NEAR * rule.place


def _raw(stay: Standing, frame: Frame, detector: Places) -> Box | None:
    """Return the box of the frame at the stay's place, be it too faint to be looked at."""
    at = [
        box for box in frame.boxes if box.label in detector.labels and overlap(box, stay.place) >= detector.rule.overlap
    ]
    return max(at, key=lambda box: box.confidence, default=None)


def _boxes(asked: Asked, detector: Places, state: SceneState, frame: Frame) -> tuple[Predicate, ...]:
    """Return why the frame's boxes near the place began no stay; that there was none, where there was none."""
    point, rule = asked.point, detector.rule
    zones = [zone for zone in state.scene.zones if asked.zone_id is None or zone.zone_id == asked.zone_id]
    near = [
        box
        for box in frame.boxes
        if (_near(point, box, rule) if point is not None else any(inside(footing(box), z.polygon) for z in zones))
    ]
    if not near:
        text = Text("该处没有检测框", "no box was there")
        return (said("box", False, text, text),)
    told = []
    for box in sorted(near, key=lambda box: -box.confidence)[:1]:
        if box.label not in detector.labels:
            text = Text(f"类别“{box.label}”不在此规则之内", f"the label {box.label!r} is none of this rule")
            told.append(said("label", False, text, text))
        floor = held_against(
            "box_floor", CONFIDENCE, box.confidence, ">=", rule.box_floor, "", f"{asked.rule}.box_floor"
        )
        told.append(floor)
        if state.scene.ignores(box):
            text = Text("位于忽略区", "it lies in an ignored zone")
            told.append(said("looked_at", False, text, text))
        if not any(inside(footing(box), zone.polygon) for zone in zones):
            text = Text("不在管控区内", "it lies in no zone of this rule")
            told.append(said("in_zone", False, text, text))
    return tuple(told)


def _seen(predicates: tuple[Predicate, ...]) -> dict[str, float]:
    seen = next((one.value for one in predicates if one.name == "box_floor"), None)
    return {} if seen is None else {"confidence": seen}


def moved(asked: Asked, state: ViewState, observation: Reading | Frame) -> Look | None:
    """Tell how camera.moved goes, by a complete look at the view or a word of the camera on its preset."""
    if not isinstance(observation, Reading):
        return None
    rule, section, at = asked.thresholds.camera.moved, "camera.moved", observation.measured_at
    predicates: list[Predicate] = []
    values: dict[str, float] = {}
    if observation.quantity is Quantity.PTZ_PRESET:
        wanted = state.camera.preset
        there = Text(f"预置位 {observation.value:g}", f"it stands at preset {observation.value:g}")
        predicates.append(said("preset", wanted is not None and observation.value != wanted, there, there))
    elif observation.quantity is LOOK[-1] and len(state.look) == len(LOOK):
        lost, sharpness, shift = (state.look[quantity] for quantity in LOOK)
        values = {"view_shift_pct": shift, "view_lost_pct": lost, "view_sharpness_pct": sharpness}
        predicates = [
            held_against("moved", Text("画面偏移", "the shift of the picture,"), shift, ">=", rule.shift_pct, "%",
                         f"{section}.shift_pct"),
            held_against("covered", Text("缺失画面", "what is not found of the view,"), lost, ">=", rule.lost_pct, "%",
                         f"{section}.lost_pct"),
            held_against("blurred", Text("清晰度", "fine detail"), sharpness, "<=", rule.sharpness_pct, "%",
                         f"{section}.sharpness_pct"),
        ]  # fmt: skip
    else:
        return None
    after = {"moved": "moved_after_s", "covered": "covered_after_s", "blurred": "covered_after_s"}
    laws = [(cause.name, cause.law, f"{section}.{after.get(cause.name, '')}") for cause in state.watched.causes]
    return of_course(state.course, laws, at, predicates, values)


def withheld(state: ViewState, at: datetime) -> Look | None:
    """Return the look at a frame that the camera's view keeps from those who judge, None where it is let through."""
    if not state.is_off:
        return None
    why = words.view(set(state.off))
    text = Text(
        f"摄像头视角异常（{why.zh}），画面不参与判断", f"the camera's view is off ({why.en}): nothing is judged"
    )
    return Look(at=at, state=State.WITHHELD, predicates=(said("view", False, text, text),))


EXPLAINERS: Mapping[str, Explainer] = {
    "parking.illegal": place,
    "stall.unlicensed": place,
    "camera.moved": moved,
}
