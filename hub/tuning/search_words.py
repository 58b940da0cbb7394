"""A search goes in; what an engineer is told of it comes out: sentences in English and Chinese, and its document; pure.

Each sentence has a key and its figures beside the words, so that a program need not read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.tuning.labels.estimate import Estimate
from hub.tuning.labels.score import scores_document
from hub.tuning.search import Aim, Figure, Goal, Method, Search, Tried, is_known


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing to know; `figures` are what its words are made of."""

    key: str
    text_en: str
    text_zh: str
    figures: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {"key": self.key, "text_en": self.text_en, "text_zh": self.text_zh, "figures": dict(self.figures)}


_FIGURES = {Figure.RECALL: ("recall", "召回率"), Figure.PRECISION: ("precision", "精确率")}
_AIMS = {Aim.FALSE_ALARMS: ("fewest false alarms", "误报最少"), Aim.DELAY: ("shortest delay", "延迟最短")}


def explained(found: Search) -> list[Sentence]:
    """Return what was tried, what is proposed, what that trades, and how sure it is."""
    goal = found.goal
    sentences = [_tried(found)]
    if found.best is None:
        return [*sentences, _unknown(found), _untouched()]
    sentences.append(_proposed(found, found.best) if found.reached else _not_reached(found, found.best))
    sentences.append(_traded(found, found.best))
    if found.equal:
        sentences.append(
            Sentence(
                "equal",
                f"{found.equal} other combinations do as well; this one lies nearest to what holds now.",
                f"另有 {found.equal} 组取值效果相同;此组与现行取值最接近。",
                {"equal": found.equal},
            )
        )
    sentences += _edges(found, found.best)
    sentences.append(_sure(found, found.best, goal))
    return [*sentences, _untouched()]


def search_document(found: Search) -> dict[str, Any]:
    """Return the search as JSON-ready data."""
    return {
        "best": None if found.best is None else tried_document(found.best),
        "now": tried_document(found.now),
        "reached": found.reached,
        "method": found.method.value,
        "explained": [sentence.document() for sentence in explained(found)],
        "tried": [tried_document(each) for each in found.tried],
        "limits": list(found.limits),
    }


def tried_document(tried: Tried) -> dict[str, Any]:
    """Return one combination as JSON-ready data."""
    return {
        "changes": dict(tried.changes),
        "scores": None if tried.scores is None else scores_document(tried.scores),
        "false_alarms": None if tried.scores is None else tried.false_alarms,
        "missed": None if tried.scores is None else tried.missed,
        "problem": tried.problem,
    }


def told(changes: Mapping[str, Any]) -> str:
    """Return changes as `path = value`, parted by commas."""
    return ", ".join(f"{path} = {value:g}" for path, value in changes.items())


def _tried(found: Search) -> Sentence:
    n = len(found.tried)
    ranges = "; ".join(f"{each.path} {each.low:g}–{each.high:g}" for each in found.ranges)
    en, zh = {
        Method.GRID: ("every sensible value of each", "逐一试遍各合理取值"),
        Method.SAMPLER: (
            "chosen one after the other by a sampler, since all were too many for the budget",
            "取值过多、超出预算,由采样器依前次结果逐一选取",
        ),
        Method.COARSE: (
            "as fine a grid as the budget allows (with `lianqin[tuning]` a sampler would look closer)",
            "按预算所容许的最细网格(安装 lianqin[tuning] 后可由采样器细查)",
        ),
    }[found.method]
    if found.best is None and n == 1:
        en, zh = "what holds now, and nothing else", "仅试了现行取值"
    unfit = sum(each.problem is not None for each in found.tried)
    figures = {"tried": n, "method": found.method.value, "contradictory": unfit}
    tail_en = f" {unfit} of them contradict themselves and were passed over." if unfit else ""
    tail_zh = f"其中 {unfit} 组自相矛盾,已略过。" if unfit else ""
    return Sentence(
        "tried",
        f"{n} combinations were tried ({ranges}): {en}.{tail_en}",
        f"共试 {n} 组取值({ranges}):{zh}。{tail_zh}",
        figures,
    )


def _unknown(found: Search) -> Sentence:
    en, zh = _FIGURES[found.goal.figure]
    figure = found.now.figure(found.goal.figure)
    why = figure.says if figure is not None else (found.now.problem or "")
    return Sentence(
        "unknown",
        f"The labels do not tell the {en} of any combination, so none can be proposed. {why}".strip(),
        f"现有标注不足以判断任何一组取值的{zh},故无法给出建议。",
        {"labels": figure.n if figure is not None else 0, "needs": figure.needs if figure is not None else None},
    )


def _proposed(found: Search, best: Tried) -> Sentence:
    en, zh = _FIGURES[found.goal.figure]
    aim_en, aim_zh = _AIMS[found.goal.aim]
    value = _value(best.figure(found.goal.figure))
    return Sentence(
        "proposed",
        f"{told(best.changes)} reaches {en} {value} (target {found.goal.at_least:g}) with the {aim_en} of all tried.",
        f"{told(best.changes)} 的{zh}为 {value}(目标 {found.goal.at_least:g}),且在所试取值中{aim_zh}。",
        {"changes": dict(best.changes), "value": _number(best.figure(found.goal.figure))},
    )


def _not_reached(found: Search, best: Tried) -> Sentence:
    en, zh = _FIGURES[found.goal.figure]
    value = _value(best.figure(found.goal.figure))
    return Sentence(
        "not_reached",
        f"The target cannot be reached: no combination tried has a {en} of {found.goal.at_least:g}. The nearest is "
        f"{told(best.changes)} with {value}.",
        f"目标无法达到:所试取值的{zh}均低于 {found.goal.at_least:g}。最接近的是 {told(best.changes)},为 {value}。",
        {"changes": dict(best.changes), "value": _number(best.figure(found.goal.figure))},
    )


def _traded(found: Search, best: Tried) -> Sentence:
    now = found.now
    if now.scores is None or best.scores is None:
        return Sentence("traded", "What holds now could not be judged.", "现行取值无法评判。", {})
    rows = [
        ("recall", "召回率", _value(now.scores.recall), _value(best.scores.recall)),
        ("precision", "精确率", _value(now.scores.precision), _value(best.scores.precision)),
        ("false alarms", "误报", f"{now.false_alarms:g}", f"{best.false_alarms:g}"),
        ("missed", "漏报", f"{now.missed:g}", f"{best.missed:g}"),
        ("median delay", "延迟中位数", _seconds(now.scores.delay_s), _seconds(best.scores.delay_s)),
    ]
    before = told(now.changes)
    return Sentence(
        "traded",
        f"Against what holds now ({before}): " + ", ".join(f"{en} {a} → {b}" for en, _, a, b in rows) + ".",
        f"与现行取值({before})相比:" + ",".join(f"{zh} {a} → {b}" for _, zh, a, b in rows) + "。",
        {"false_alarms": [now.false_alarms, best.false_alarms], "missed": [now.missed, best.missed]},
    )


def _edges(found: Search, best: Tried) -> list[Sentence]:
    sentences = []
    for each in found.ranges:
        value = best.changes[each.path]
        if value in (each.low, each.high):
            sentences.append(
                Sentence(
                    "edge",
                    f"{each.path} = {value:g} is an end of its range: a wider range might hold a better one.",
                    f"{each.path} = {value:g} 已到搜索范围的边界:放宽范围或有更优取值。",
                    {"path": each.path, "value": value},
                )
            )
    return sentences


def _sure(found: Search, best: Tried, goal: Goal) -> Sentence:
    en, zh = _FIGURES[goal.figure]
    figure = best.figure(goal.figure)
    if figure is None or figure.low is None or figure.high is None or not is_known(best, goal):
        return Sentence("sure", "How sure this is, the labels do not tell.", "现有标注无法说明其可靠程度。", {})
    doubt_en = doubt_zh = ""
    if found.reached and figure.low < goal.at_least:
        doubt_en = f" It may well lie below {goal.at_least:g}; more labels would tell."
        doubt_zh = f"真值仍可能低于 {goal.at_least:g},补充标注可见分晓。"
    return Sentence(
        "sure",
        f"From {figure.n} labels its {en} lies between {figure.low:.2f} and {figure.high:.2f} (95 %).{doubt_en} It was "
        "chosen by these very labels, so it looks a little better here than it will prove: run it as a shadow first.",
        f"据 {figure.n} 条标注,其{zh}在 {figure.low:.2f} 至 {figure.high:.2f} 之间(95%)。{doubt_zh}"
        "取值正是按这些标注选出的,实际效果会略逊于此:请先以影子方式运行。",
        {"low": figure.low, "high": figure.high, "labels": figure.n},
    )


def _untouched() -> Sentence:
    return Sentence("untouched", "Nothing has been changed.", "未作任何更改。", {})


def _value(figure: Estimate | None) -> str:
    value = _number(figure)
    return "?" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def _number(figure: Estimate | None) -> float | None:
    return None if figure is None else figure.value


def _seconds(figure: Estimate) -> str:
    return "?" if figure.value is None else f"{figure.value:.0f} s"
