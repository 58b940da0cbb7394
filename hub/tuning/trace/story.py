"""What was seen of a rule in, why it raised or did not out: one sentence in both languages, and what lies around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hub.alerts.alert import Alert
from hub.tuning.trace import words
from hub.tuning.trace.episode import Episode, besides, broken_by, episodes, failing_s, nearest
from hub.tuning.trace.explain_unusual import RULES as UNUSUAL
from hub.tuning.trace.material import Material
from hub.tuning.trace.predicate import Look, Predicate, State, Text
from hub.tuning.trace.watching import SILENCE, Watched
from ingest.observation import Quantity

NO_INPUT = Text(
    "这段时间没有它的任何记录：没有收到，或已超出保存期限",
    "nothing of it is on record in that time: nothing was received, or it is older than what is kept",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Why; `key` is when and by what it was decided, and `beside` are further facts that matter."""

    why: Text
    is_raised: bool
    key_at: datetime | None = None
    failed: tuple[Predicate, ...] = ()
    beside: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """How instants are written: local time, with the date where it is another day than that asked about."""

    zone: ZoneInfo
    asked_at: datetime

    def __call__(self, at: datetime) -> str:
        """Return `at` in words."""
        local = at.astimezone(self.zone)
        same = local.date() == self.asked_at.astimezone(self.zone).date()
        return f"{local:%H:%M:%S}" if same else f"{local:%Y-%m-%d %H:%M:%S}"


def told(
    material: Material,
    watched: Watched,
    *,
    at: datetime,
    enabled: bool,
    clock: Clock,
    alert_id: object = None,
    barred: Text | None = None,
) -> Told:
    """Return why the rule raised, or did not, in the span around `at`; `barred` is why it can judge nothing at all."""
    scope = material.scope
    if scope.refused is not None:
        return Told(why=scope.refused, is_raised=False)
    if not enabled:
        off = Text(
            f"规则{words.rule(scope.rule).zh}已停用，不做判断",
            f"the rule {scope.rule} is switched off: it is not judged",
        )
        return Told(why=off, is_raised=False)
    if barred is not None:
        return Told(why=barred, is_raised=False)
    beside = facts(material, watched, clock)
    inside = [one for one in watched.raised.values() if material.since <= one.raised_at < material.until]
    alert = next((one for one in inside if one.alert_id == alert_id), None)
    alert = alert or min(inside, key=lambda one: abs(one.raised_at - at), default=None)
    if alert is not None:
        return _raised(alert, watched, clock, beside)
    held = next((one for one in watched.raised.values() if one.raised_at < material.since and _open_at(one, at)), None)
    if held is not None:
        why = Text(
            f"自 {clock(held.raised_at)} 起已有同一报警未解除，不会重复报警",
            f"an alert of it was open already since {clock(held.raised_at)}: none is raised twice",
        )
        return Told(why=why, is_raised=False, key_at=held.raised_at, beside=beside)
    return _quiet(material, watched, at, clock, beside)


def _open_at(alert: Alert, at: datetime) -> bool:
    return alert.raised_at <= at and (alert.cleared_at is None or alert.cleared_at > at)


def _raised(alert: Alert, watched: Watched, clock: Clock, beside: tuple[Text, ...]) -> Told:
    before = [look for look in watched.looks if look.at <= alert.raised_at + timedelta(seconds=1)]
    open_looks = [look for look in watched.looks if look.state is State.RAISED]
    fallback = before[-1] if before else None
    # What an alert of before still holds open is another matter: the looks from its own raising on come first.
    last = min(
        open_looks, key=lambda look: (look.at < alert.raised_at, abs(look.at - alert.raised_at)), default=fallback
    )
    holding = [one for one in last.predicates if one.holds] if last is not None else []
    zh = "；".join(one.text.zh for one in holding) or "条件成立"
    more = list(beside)
    if alert.cleared_at is not None:
        more.append(Text(f"已于 {clock(alert.cleared_at)} 解除", f"it was over at {clock(alert.cleared_at)}"))
    if alert.inhibited_by is not None:
        cause = watched.others.get(alert.inhibited_by)
        name = Text(str(alert.inhibited_by), str(alert.inhibited_by))
        if cause is not None:
            name = Text(f"{cause.subject} {words.rule(cause.rule).zh}", f"{cause.rule} {cause.subject}")
        more.append(
            Text(
                f"它是 {name.zh} 的连带症状，因此不单独显示",
                f"it is a symptom of {name.en}, so it is not shown by itself",
            )
        )
    if alert.flapping:
        more.append(Text("它反复出现，已标为抖动", "it comes and goes too often: it is marked as flapping"))
    return Told(
        why=Text(
            f"{clock(alert.raised_at)} 报警（自 {clock(alert.since)} 起）：{zh}",
            f"raised at {clock(alert.raised_at)}, since {clock(alert.since)}: {watched.reasons[alert.alert_id].text}",
        ),
        is_raised=True,
        key_at=alert.raised_at,
        beside=tuple(more),
    )


def _quiet(material: Material, watched: Watched, at: datetime, clock: Clock, beside: tuple[Text, ...]) -> Told:
    looks = watched.looks
    judged = [look for look in looks if look.state is not State.WITHHELD]
    if not judged or material.nobody:
        return Told(why=_unjudged(material, watched, looks), is_raised=False, beside=beside)
    if material.scope.rule in SILENCE:
        return _heard_again(judged, clock, beside)
    if material.scope.rule in UNUSUAL:
        return _added_up(judged, clock, beside)
    tried = [one for one in episodes(looks) if one.last.needed_s > 0]
    best = max(tried, key=lambda one: (min(one.share, 1.0), -abs(one.last.at - at)), default=None)
    if best is not None:
        return _fell_short(best, looks, clock, beside)
    near = nearest(judged)
    if near is None:
        return Told(
            why=Text("条件成立，但没有需要计时的阶段", "what it is held against held, and yet nothing began"),
            is_raised=False,
            beside=beside,
        )
    look, failed = near
    return Told(
        why=Text(
            f"条件始终未成立：最接近的是 {clock(look.at)}，{'；'.join(one.text.zh for one in failed)}",
            f"it never began to count: nearest was {clock(look.at)}, when {'; '.join(one.text.en for one in failed)}",
        ),
        is_raised=False,
        key_at=look.at,
        failed=tuple(failed),
        beside=beside,
    )


def _heard_again(looks: Sequence[Look], clock: Clock, beside: tuple[Text, ...]) -> Told:
    """Return why nobody was silent: the longest silence, and what kept it from being one."""
    short = [look for look in looks if look.state is not State.RAISED] or looks  # of one before, the end alone is seen
    longest = max(short, key=lambda look: look.counted_s)
    failed = tuple(one for one in longest.predicates if not one.holds)
    zh, en = "；".join(one.text.zh for one in failed), "; ".join(one.text.en for one in failed)
    return Told(
        why=Text(
            f"最长的一次静默在 {clock(longest.at)} 结束：{zh}",
            f"the longest silence ended at {clock(longest.at)}: {en}",
        ),
        is_raised=False,
        key_at=longest.at,
        failed=failed,
        beside=beside,
    )


def _added_up(looks: Sequence[Look], clock: Clock, beside: tuple[Text, ...]) -> Told:
    """Return what the deviations came to at most, or why no hour was judged."""
    sums = [
        (one.value / one.limit, look, one)
        for look in looks
        for one in look.predicates
        if one.value is not None and one.limit
    ]
    if not sums:
        why = looks[-1].predicates[0]
        return Told(why=why.text, is_raised=False, failed=(why,), beside=beside)
    share, look, most = max(sums, key=lambda each: each[0])
    if share <= 0:
        flat = Text("各小时都在平常范围之内", "every hour was as usual")
        return Told(why=flat, is_raised=False, key_at=look.at, failed=(most,), beside=beside)
    return Told(
        why=Text(
            f"偏离累计最多是在 {clock(look.at)}：{most.text.zh}",
            f"it came nearest at {clock(look.at)}: {most.text.en}",
        ),
        is_raised=False,
        key_at=look.at,
        failed=(most,),
        beside=beside,
    )


def _fell_short(episode: Episode, looks: Sequence[Look], clock: Clock, beside: tuple[Text, ...]) -> Told:
    last, ended = episode.last, episode.turn
    failed = broken_by(episode)
    counted = f"{last.counted_s:g}" if last.counted_s < 10 else f"{last.counted_s:.0f}"
    needed = f"{last.needed_s:g}"
    if last.counted_s >= last.needed_s:
        reached = next(
            (look.at for look in looks if look.thing == last.thing and look.counted_s >= look.needed_s), last.at
        )
        zh, en = "；".join(one.text.zh for one in failed), "; ".join(one.text.en for one in failed)
        why = Text(
            f"{clock(reached)} 已达到 {needed} 秒，但{zh or '另有条件不成立'}",
            f"it reached its {needed} s at {clock(reached)}, but {en or 'something else did not hold'}",
        )
        return Told(why=why, is_raised=False, key_at=reached, failed=tuple(failed), beside=beside)
    more = besides(episode, failed)
    also_zh, also_en = "；".join(one.text.zh for one in more), "; ".join(one.text.en for one in more)
    if ended is None:
        why = Text(
            f"若继续，本应在 {clock(episode.would_at)} 报警；到这段记录结束时已持续 {counted} 秒，需 {needed} 秒",
            f"it would be raised at {clock(episode.would_at)}: at the end of this span it had lasted {counted} of "
            f"{needed} s",
        )
        if more:
            why = Text(
                f"到这段记录结束时已持续 {counted} 秒，需 {needed} 秒；即使够久也不报警：{also_zh}",
                f"at the end of this span it had lasted {counted} of {needed} s; and had it lasted, it would not have "
                f"been raised: {also_en}",
            )
        return Told(why=why, is_raised=False, key_at=last.at, failed=tuple(more), beside=beside)
    if failed:
        name = failed[0].name
        span_s, _ = failing_s(looks, name, ended.at)
        for_zh = f"，持续 {span_s:.0f} 秒" if span_s >= 1 else ""
        for_en = f" for {span_s:.0f} s" if span_s >= 1 else ""
        zh, en = "；".join(one.text.zh for one in failed), "; ".join(one.text.en for one in failed)
    else:
        for_zh = for_en = ""
        zh, en = "它结束了", "it ended"
    if more:
        why = Text(
            f"{clock(ended.at)} {zh}{for_zh}（已持续 {counted} 秒，需 {needed} 秒）；即使够久也不报警：{also_zh}",
            f"at {clock(ended.at)} {en}{for_en} (it had lasted {counted} of {needed} s); and had it lasted, it would "
            f"not have been raised: {also_en}",
        )
        return Told(why=why, is_raised=False, key_at=ended.at, failed=(*failed, *more), beside=beside)
    why = Text(
        f"本应在 {clock(episode.would_at)} 报警，但 {clock(ended.at)} {zh}{for_zh}"
        f"（已持续 {counted} 秒，需 {needed} 秒）",
        f"it would have been raised at {clock(episode.would_at)}, but at {clock(ended.at)} {en}{for_en} "
        f"(it had lasted {counted} of {needed} s)",
    )
    return Told(why=why, is_raised=False, key_at=ended.at, failed=tuple(failed), beside=beside)


def _unjudged(material: Material, watched: Watched, looks: Sequence[Look]) -> Text:
    """Return why nothing at all was judged."""
    if material.nobody:
        return Text(
            "这段时间没有接收的记录，无从判断：中心当时停机、未连接，或记录已超出保存期限",
            "the hub listened to nobody in that time, or it is older than what is kept: there is nothing to judge",
        )
    if looks:
        return looks[-1].predicates[0].text
    if not watched.heard:
        return NO_INPUT
    if len(watched.late) >= len(watched.heard):
        return Text("观测全部迟到，未参与判断", "all that was received came too late to be judged")
    if watched.impossible:
        quantity, value = watched.impossible[-1][1:]
        called = words.quantity(Quantity(quantity)).zh
        return Text(
            f"读数不可能（{called} {value:g}），只交给规则{words.rule('sensor.fault').zh}",
            f"its readings cannot be ({quantity} {value:g}): they go to sensor.fault alone",
        )
    return Text("收到的观测与此规则无关", "what was received of it says nothing of this rule")


def facts(material: Material, watched: Watched, clock: Clock) -> tuple[Text, ...]:
    """Return what else bears on the judgement: late, impossible, blind, deaf, withheld."""
    told: list[Text] = []
    late, impossible = len(watched.late), len(watched.impossible)
    if late:
        told.append(Text(f"{late} 条观测迟到，未参与判断", f"{late} observations came too late to be judged"))
    if impossible:
        moment, quantity, value = watched.impossible[0]
        called = words.quantity(Quantity(quantity)).zh
        told.append(
            Text(
                f"{impossible} 个读数不可能，未参与判断，首个在 {clock(moment)}：{called} {value:g}",
                f"{impossible} readings cannot be and were not judged, the first at {clock(moment)}: "
                f"{quantity} {value:g}",
            )
        )
    for begin, end in () if material.nobody else material.deaf:
        told.append(
            Text(
                f"{clock(begin)} 至 {clock(end)} 中心没有接收",
                f"the hub listened to nobody from {clock(begin)} to {clock(end)}",
            )
        )
    off = [look for look in watched.looks if look.state is State.WITHHELD]
    if off:
        told.append(
            Text(
                f"{clock(off[0].at)} 至 {clock(off[-1].at)} 摄像头视角异常，{len(off)} 帧不参与判断",
                f"the camera's view was off between {clock(off[0].at)} and {clock(off[-1].at)}: {len(off)} frames were "
                "not judged",
            )
        )
    blind = max((look.blind_s for look in watched.looks), default=0.0)
    if blind >= 1:
        told.append(Text(f"计时中有 {blind:.0f} 秒无观测，不计入", f"{blind:.0f} s of it were blind and do not count"))
    return tuple(told)
