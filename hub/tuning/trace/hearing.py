"""Silence: what is known of how something is heard in; how long it was silent, held against its grace, out."""

from __future__ import annotations

from datetime import datetime

from detectors.watches import CAMERA_LOST, Watch
from hub.tuning.trace.predicate import Look, Predicate, State, Text, held_against, said

OVERDUE = 1.5  # intervals after which a message is awaited


def heard_look(watch: Watch, at: datetime, at_least_s: float) -> Look:
    """Return the look at `watch` at `at`, just before it is heard; `at_least_s`: the least grace of its rule.

    The silence that counts is that since it was last heard, or since the hub began to listen.
    """
    start = watch.listened_from
    heard = watch.heard if watch.heard is not None and watch.heard > start else start
    silent_s = max(0.0, (at - heard).total_seconds())
    grace_s = watch.grace.total_seconds()
    camera = watch.rule == CAMERA_LOST
    by_interval = grace_s > at_least_s
    path = "camera.lost.after_s" if camera else f"device.silent.{'intervals' if by_interval else 'at_least_s'}"
    what = Text("没有画面的时间", "the time without a frame,") if camera else Text("静默时间", "the silence of")
    predicates: list[Predicate] = [held_against("silent", what, silent_s, ">", grace_s, "s", path, 1)]
    if watch.offline_at is not None:
        told_s = (at - max(watch.offline_at, start)).total_seconds()
        status = watch.status_grace.total_seconds()
        section = "camera.lost" if camera else "device.silent"
        predicates.append(
            held_against(
                "offline", Text("自报离线已", "since it reported itself offline,"), told_s, ">", status, "s",
                f"{section}.status_grace_s", 1,
            )
        )  # fmt: skip
    gateway = watch.gateway
    if gateway is not None:
        text = Text(
            f"网关 {gateway.subject} 整体静默，设备不另报",
            f"its gateway {gateway.subject} is silent as a whole, so the device raises none",
        )
        heard_text = Text(f"网关 {gateway.subject} 有消息", f"its gateway {gateway.subject} is heard")
        predicates.append(said("gateway_heard", gateway.open_since is None, heard_text, text))
    over = any(one.holds for one in predicates if one.name in ("silent", "offline"))
    lives = gateway is None or gateway.open_since is None
    is_open = watch.open_since is not None or (over and lives)
    state = State.RAISED if is_open else (State.PENDING if silent_s > OVERDUE * watch.interval_s else State.QUIET)
    return Look(
        at=at,
        state=state,
        predicates=tuple(predicates),
        values={"silent_s": silent_s},
        counted_s=silent_s,
        needed_s=grace_s,
    )
