"""Each rule is explained: raised, not raised, switched off, without anything on record; in Chinese without English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from detectors.profile import NO_PROFILES, Profiles, profiles_of
from detectors.rules import RULES
from detectors.thresholds import Thresholds
from hub.config.load import Configuration, config_version
from hub.tuning.replay import replay
from hub.tuning.trace.request import Request, trace
from ingest.city import City, DeviceKind, Zone, ZoneKind
from ingest.observation import Frame, Observation, Quantity, Reading
from tests.support import stories
from tests.support.folding import city_of, instant, lamp_city, reading
from tests.support.tracing import Heard, ListRecording
from tests.support.weeks import flat_profile

DAY = 86400.0
NOON = 43200.0
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
KERB = Zone(zone_id="kerb", camera_id="cam-1", kind=ZoneKind.NO_PARKING, polygon=WHOLE, dwell_s=20)
SQUARE = Zone(zone_id="square", camera_id="cam-1", kind=ZoneKind.NO_STALL, polygon=WHOLE, dwell_s=20)
USUAL = {"streetlight": {"unusual": {"enabled": True}}, "water": {"unusual": {"enabled": True}}}
PROFILES = profiles_of(
    [flat_profile("w1", Quantity.FLOW_L_S, 10.0, 1.0), flat_profile("c", Quantity.POWER_W, 100.0, 1.0)]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What raises a rule, what does not, and what must be said then, in English and in Chinese."""

    rule: str
    subject: str
    city: City
    loud: Sequence[Observation]
    calm: Sequence[Observation]
    en: str
    zh: str
    at_s: float = 300.0
    around_s: float = 300.0
    thresholds: Any = None


def values(device: str, quantity: Quantity, of: Callable[[float], float], until_s: float = 600.0, *,
           every_s: float = 10.0, since_s: float = 0.0) -> list[Observation]:  # fmt: skip
    count = int((until_s - since_s) / every_s)
    moments = (since_s + n * every_s for n in range(count))
    return [reading(device, t, quantity, of(t)) for t in moments]


def lamps(power: Callable[[int, float], float], *, since_s: float = 0.0, until_s: float = 600.0, every_s: float = 10.0,
          quantity: Quantity = Quantity.POWER_W, count: int = 5) -> list[Observation]:  # fmt: skip
    count_t = int((until_s - since_s) / every_s)
    moments = [since_s + n * every_s for n in range(count_t)]
    return [reading(f"l{lamp:02}", t, quantity, power(lamp, t)) for t in moments for lamp in range(count)]


def frames(
    label: str, confidence: float, *, leaves_s: float, since_s: float = 0.0, ends_s: float = 600.0
) -> list[Observation]:
    """Return a frame every two seconds of a thing that stands there from 0 until `leaves_s`."""
    found: list[Observation] = []
    for n in range(int((ends_s - since_s) / 2)):
        t = since_s + n * 2.0
        boxes = (stories.box(0.5, 0.5, label=label, confidence=confidence),) if 0 <= t < leaves_s else ()
        found.append(Frame("cam-1", instant(t), boxes, instant(t)))
    return found


def looks(shift: Callable[[float], float]) -> list[Observation]:
    found: list[Observation] = []
    for n in range(300):
        t = n * 2.0
        for what, value in (
            (Quantity.VIEW_LOST_PCT, 5.0),
            (Quantity.VIEW_SHARPNESS_PCT, 90.0),
            (Quantity.VIEW_SHIFT_PCT, shift(t)),
        ):
            found.append(reading("cam-1", t, what, value))
    return found


WATER, GAS, DRAIN = city_of(DeviceKind.WATER, "w1"), city_of(DeviceKind.GAS, "g1"), city_of(DeviceKind.DRAINAGE, "d1")
SLOW = city_of(DeviceKind.WATER, "w1", interval_s=300.0)
LAMPS, SLOW_LAMPS = lamp_city(5), lamp_city(5, interval_s=300.0)
HOURS = 40 * 3600.0


def burst(flow: float) -> list[Observation]:
    fallen: list[Observation] = []
    for n in range(60):
        fallen.append(reading("w1", 10.0 * n, Quantity.FLOW_L_S, 5.0 if n < 30 else flow))
        fallen.append(reading("w1", 10.0 * n, Quantity.PRESSURE_KPA, 300.0 if n < 30 else 200.0))
    return fallen


def nights(last: float) -> list[Observation]:
    return values("w1", Quantity.FLOW_L_S, lambda t: last if t >= 7 * DAY else 4.0, 7 * DAY + 6 * 3600, every_s=300.0)


def fading(off: float) -> list[Observation]:
    """Return two nights of a lit circuit, dark by day, `off` below the usual."""

    def power(_: int, t: float) -> float:
        hour = t / 3600 % 24
        return 100.0 - off + (t / 300 % 7) / 100 if hour < 6 or hour >= 18 else 0.3

    return lamps(power, until_s=HOURS, every_s=300.0)


def off_by(off: float) -> list[Observation]:
    return values("w1", Quantity.FLOW_L_S, lambda t: 10.0 + off + (t / 300 % 7) / 100, HOURS, every_s=300.0)


def heard(until_s: float) -> list[Observation]:
    return values("w1", Quantity.PRESSURE_KPA, lambda _: 300.0, until_s, since_s=-4000.0)


STORIES = [
    Story(
        rule="water.pressure", subject="w1", city=WATER,
        loud=values("w1", Quantity.PRESSURE_KPA, lambda t: 90.0 if t >= 100 else 300.0),
        calm=values("w1", Quantity.PRESSURE_KPA, lambda t: 90.0 if 100 <= t < 130 else 300.0),
        en="pressure 300 kPa is not below 140 kPa", zh="水压 300 kPa 未低于 140 kPa",
    ),
    Story(
        rule="water.burst", subject="w1", city=WATER, loud=burst(20.0), calm=burst(5.0),
        en="the rise of flow, 0 L/s does not reach 2.5 L/s", zh="流量上升 0 L/s 未达到 2.5 L/s",
    ),
    Story(
        rule="water.leak", subject="w1", city=SLOW, loud=nights(9.0), calm=nights(4.2),
        en="the night's lowest flow 4.2 L/s is not above", zh="夜间最小流量 4.2 L/s 未高于",
        at_s=7 * DAY + 3 * 3600, around_s=3 * 3600 - 60,
    ),
    Story(
        rule="water.quality", subject="w1", city=WATER,
        loud=values("w1", Quantity.TURBIDITY_NTU, lambda _: 5.0, 1200),
        calm=values("w1", Quantity.TURBIDITY_NTU, lambda _: 0.8, 1200),
        en="turbidity 0.8 NTU is not above 1 NTU", zh="浊度 0.8 NTU 未高于 1 NTU", at_s=600, around_s=600,
    ),
    Story(
        rule="water.unusual", subject="w1", city=SLOW, loud=off_by(2.1), calm=off_by(0.7), thresholds=USUAL,
        en="of flow lay above the usual, 8.97 spreads does not reach 12", zh="39 小时累计 8.97 倍离散度 未达到 12",
        at_s=HOURS / 2, around_s=HOURS / 2 - 60,
    ),
    Story(
        rule="streetlight.unusual", subject="c", city=SLOW_LAMPS, loud=fading(3.0), calm=fading(0.2), thresholds=USUAL,
        en="every hour was as usual", zh="各小时都在平常范围之内", at_s=HOURS / 2, around_s=HOURS / 2 - 60,
    ),
    Story(
        rule="streetlight.lamp_out", subject="l00", city=LAMPS,
        loud=lamps(lambda lamp, _: 0.0 if lamp == 0 else 100.0, until_s=1800),
        calm=lamps(lambda *_: 100.0, until_s=1800), en="power 100 W is not below", zh="功率 100 W 未低于",
        at_s=900, around_s=900,
    ),
    Story(
        rule="streetlight.circuit_out", subject="c", city=LAMPS,
        loud=lamps(lambda *_: 0.0), calm=lamps(lambda lamp, _: 0.0 if lamp == 0 else 100.0),
        en="lamps affected, 1 does not reach", zh="受影响的灯 1 未达到",
    ),
    Story(
        rule="streetlight.day_burning", subject="l00", city=LAMPS,
        loud=lamps(lambda lamp, _: 100.0 if lamp == 0 else 0.0, since_s=NOON, until_s=NOON + 7200, every_s=60),
        calm=lamps(lambda *_: 0.0, since_s=NOON, until_s=NOON + 7200, every_s=60),
        en="power 0 W does not reach", zh="功率 0 W 未达到", at_s=NOON + 3600, around_s=3600,
    ),
    Story(
        rule="streetlight.voltage", subject="l00", city=LAMPS,
        loud=lamps(lambda lamp, _: 150.0 if lamp == 0 else 220.0, quantity=Quantity.VOLTAGE_V, until_s=1800),
        calm=lamps(lambda *_: 220.0, quantity=Quantity.VOLTAGE_V, until_s=1800),
        en="voltage 220 V is not above 235.4 V", zh="电压 220 V 未高于 235.4 V", at_s=900, around_s=900,
    ),
    Story(
        rule="gas.leak", subject="g1", city=GAS,
        loud=values("g1", Quantity.METHANE_PCT_LEL, lambda t: 30.0 if t > 99 else 1.0),
        calm=values("g1", Quantity.METHANE_PCT_LEL, lambda _: 1.0),
        en="methane 1 %LEL does not reach 25 %LEL", zh="甲烷浓度 1 %LEL 未达到 25 %LEL",
    ),
    Story(
        rule="gas.pressure", subject="g1", city=GAS,
        loud=values("g1", Quantity.GAS_PRESSURE_KPA, lambda t: 0.5 if t > 99 else 2.0),
        calm=values("g1", Quantity.GAS_PRESSURE_KPA, lambda _: 2.0),
        en="gas pressure 2 kPa is not below 1.5 kPa", zh="燃气压力 2 kPa 未低于 1.5 kPa",
    ),
    Story(
        rule="drainage.level", subject="d1", city=DRAIN,
        loud=values("d1", Quantity.LEVEL_M, lambda t: 3.0 if t > 99 else 0.5),
        calm=values("d1", Quantity.LEVEL_M, lambda _: 0.5), en="the level 0.5 m", zh="液位 0.5 m",
    ),
    Story(
        rule="sensor.fault", subject="w1", city=WATER,
        loud=values("w1", Quantity.PRESSURE_KPA, lambda t: 99999.0 if t > 99 else 300.0, 1200),
        calm=values("w1", Quantity.PRESSURE_KPA, lambda t: 300.0 + t % 70, 1200),
        en="has stayed the same, 0 s does not reach", zh="供水压力读数不变的时间 0 秒 未达到", at_s=600, around_s=600,
    ),
    Story(
        rule="device.silent", subject="w1", city=WATER, loud=heard(100.0), calm=heard(600.0),
        en="the silence of 10 s is not above 60 s", zh="静默时间 10 秒 未高于 60 秒",
    ),
    Story(
        rule="camera.lost", subject="cam-1", city=stories.small_city(KERB),
        loud=frames("car", 0.5, leaves_s=0, ends_s=100, since_s=-4000),
        calm=frames("car", 0.5, leaves_s=0, since_s=-4000),
        en="the time without a frame, 2 s is not above", zh="没有画面的时间 2 秒 未高于",
    ),
    Story(
        rule="camera.moved", subject="cam-1", city=stories.small_city(KERB),
        loud=looks(lambda t: 40.0 if t > 99 else 0.0), calm=looks(lambda _: 1.0),
        en="the shift of the picture, 1 % does not reach", zh="画面偏移 1 % 未达到",
    ),
    Story(
        rule="parking.illegal", subject="kerb", city=stories.small_city(KERB),
        loud=frames("car", 0.8, leaves_s=100), calm=frames("car", 0.8, leaves_s=10),
        en="its place is seen without it", zh="原处看不到目标",
    ),
    Story(
        rule="stall.unlicensed", subject="square", city=stories.small_city(SQUARE),
        loud=frames("stall", 0.8, leaves_s=100), calm=frames("car", 0.8, leaves_s=600),
        en="the label 'car' is none of this rule", zh="类别“car”不在此规则之内",
    ),
]  # fmt: skip
NAMED = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.rule)


def configured(story: Story, *, profiles: Profiles | None = None, changed: Any = None) -> Configuration:
    thresholds = Thresholds.model_validate(changed or story.thresholds or {})
    profiles = profiles or (PROFILES if story.thresholds else NO_PROFILES)
    return Configuration(story.city, thresholds, config_version(story.city, thresholds, profiles), profiles)


def told(
    story: Story,
    received: Iterable[Observation],
    *,
    heard: list[Heard] | None = None,
    profiles: Profiles | None = None,
    changed: Any = None,
) -> dict[str, Any]:
    request = Request(
        rule=story.rule, subject=story.subject, at=instant(story.at_s), around_s=story.around_s, wants_what_if=False
    )
    found = trace(ListRecording(received, heard=heard), configured(story, profiles=profiles, changed=changed), request)
    for said in in_chinese(found):
        assert foreign(said, story) == "", said
    return found


def in_chinese(found: dict[str, Any]) -> list[str]:
    """Return every Chinese sentence of a trace."""
    return [
        found["text_zh"],
        *(one["text_zh"] for one in found["facts"]),
        *(one["text_zh"] for one in found["predicates"]),
        *(one["words_zh"] for one in found["states"]),
    ]


def foreign(said: str, story: Story) -> str:
    """Return what of a Chinese sentence is English and no name, unit or label of a model."""
    for name in (
        *RULES,
        story.subject,
        *story.city.devices,
        *story.city.cameras,
        "kPa",
        "NTU",
        "%LEL",
        "mg/L",
        "“car”",
    ):
        said = said.replace(name, "")
    return " ".join(re.findall(r"[A-Za-z]{2,}", said))


def test_every_rule_has_its_story() -> None:
    assert {story.rule for story in STORIES} == set(RULES)


@NAMED
def test_what_is_raised_is_what_a_replay_raises_and_says_why(story: Story) -> None:
    found = told(story, story.loud)
    assert found["is_raised"], found["text_en"]
    since, until = Request(rule=story.rule, subject=story.subject, at=instant(story.at_s), around_s=story.around_s).span
    replayed = replay(ListRecording(story.loud), configured(story), grids=None, since=since, until=until)
    about = {str(one.alert_id) for one in replayed if one.rule == story.rule and since <= one.raised_at < until}
    assert {one["alert_id"] for one in found["raised"]} & about
    assert found["text_en"].startswith("raised at ")
    assert "报警（自 " in found["text_zh"]
    assert "条件成立" not in found["text_zh"], "it says which"
    assert [one for one in found["states"] if one["state"] == "raised"] != []


@NAMED
def test_what_is_not_raised_says_what_did_not_hold(story: Story) -> None:
    found = told(story, story.calm)
    assert not found["is_raised"]
    assert story.en in found["text_en"]
    assert story.zh in found["text_zh"]
    assert found["raised"] == []


@NAMED
def test_a_rule_that_is_off_and_a_time_without_any_record_say_so(story: Story) -> None:
    domain, _, name = story.rule.partition(".")
    off = told(story, story.loud, changed={domain: {name: {"enabled": False}}})
    assert off["text_en"] == f"the rule {story.rule} is switched off: it is not judged"
    assert off["text_zh"] == f"规则“{RULES[story.rule].title_zh}”（{story.rule}）已停用，不做判断"
    nobody = told(story, [], heard=[])
    assert "or it is older than what is kept: there is nothing to judge" in nobody["text_en"]
    assert "或记录已超出保存期限" in nobody["text_zh"]
    if story.rule not in ("device.silent", "camera.lost"):
        nothing = told(story, [])
        assert nothing["text_en"].startswith("nothing of it is on record in that time")
        assert nothing["text_zh"].startswith("这段时间没有它的任何记录")


def test_an_alert_that_was_over_again_says_when() -> None:
    story = next(one for one in STORIES if one.rule == "water.pressure")
    dip = values("w1", Quantity.PRESSURE_KPA, lambda t: 90.0 if 100 <= t < 300 else 300.0)
    found = told(story, dip)
    assert found["is_raised"]
    cleared_at = found["raised"][0]["cleared_at"]
    assert cleared_at is not None
    (fact,) = found["facts"]
    assert fact["text_en"].startswith("it was over at 00:0")
    assert fact["text_zh"].endswith(" 解除")


def test_what_is_a_symptom_names_its_cause() -> None:
    story = next(one for one in STORIES if one.rule == "streetlight.voltage")
    received = [
        *lamps(lambda *_: 0.0, until_s=1800),
        *lamps(lambda lamp, _: 150.0 if lamp == 0 else 220.0, quantity=Quantity.VOLTAGE_V, until_s=1800),
    ]
    found = told(story, received)
    assert found["is_raised"]
    said = " ".join(one["text_en"] for one in found["facts"])
    assert "it is a symptom of streetlight.circuit_out c, so it is not shown by itself" in said
    in_zh = " ".join(one["text_zh"] for one in found["facts"])
    assert f"它是 c “{RULES['streetlight.circuit_out'].title_zh}”（streetlight.circuit_out） 的连带症状" in in_zh


def test_an_hour_that_cannot_be_judged_says_why() -> None:
    water = next(one for one in STORIES if one.rule == "water.unusual")
    lit = next(one for one in STORIES if one.rule == "streetlight.unusual")
    day = replace(lit, at_s=14 * 3600, around_s=3 * 3600)
    by_day = told(day, lit.calm)
    assert (
        by_day["text_en"]
        == "the lamps' mean power of the hour before is not judged: the lamps need not burn through it"
    )
    assert by_day["text_zh"] == "平均功率：此前一小时未参与判断，灯不必整个小时亮着"
    few = [one for one in water.calm if isinstance(one, Reading) and one.measured_at.minute < 15]
    sparse = told(water, few)
    assert "too little of it was heard, or the sensor repeated one value" in sparse["text_en"]
    unlearnt = told(replace(water, subject="w2", city=city_of(DeviceKind.WATER, "w1", "w2", interval_s=300.0)), [])
    assert unlearnt["text_en"] == "no profile of it has been learnt, so nobody knows what is usual: learn one first"
    assert unlearnt["text_zh"].startswith("还没有学到它的画像")
    long_ago = flat_profile("w1", Quantity.FLOW_L_S, 10.0, 1.0, until=instant(-100 * DAY))
    old = told(water, water.calm, profiles=profiles_of([long_ago]))
    assert "the profile was learnt until 2026-08-14, which is too long ago" in old["text_en"]
    gaps = flat_profile("w1", Quantity.FLOW_L_S, 10.0, 1.0, without=frozenset(range(168)))
    assert (
        "nothing was learnt of that hour of the week"
        in told(water, water.calm, profiles=profiles_of([gaps]))["text_en"]
    )


def test_a_lamp_is_not_asked_about_as_a_circuit_nor_a_circuit_as_a_lamp() -> None:
    lit = next(one for one in STORIES if one.rule == "streetlight.unusual")
    lamp = told(replace(lit, subject="l00"), lit.calm)
    assert lamp["text_en"] == "l00 is a lamp; streetlight.unusual judges circuits"
    out = next(one for one in STORIES if one.rule == "streetlight.lamp_out")
    circuit = told(replace(out, subject="c"), out.calm)
    assert circuit["text_en"] == "c is a circuit; streetlight.lamp_out judges single lamps"
