"""A rule and a language in, the words in which the public is told of it out; plain data, pure.

What the public is told is what to do, not what was measured. A centre that lets out other rules than these gets the
rule's own title and a general instruction.
"""

from __future__ import annotations

from dataclasses import dataclass

from detectors.rules import RULES

_CATEGORIES: dict[str, tuple[str, ...]] = {
    "gas": ("Safety", "Infra"),
    "water": ("Infra",),
    "water.quality": ("Health", "Infra"),
    "drainage": ("Safety", "Infra"),
    "streetlight": ("Infra",),
}
_RESPONSES = {"gas": "Avoid", "drainage": "Avoid", "water.quality": "Avoid", "water": "Prepare"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said in one language."""

    language: str
    event: str
    description: str
    instruction: str
    all_clear: str
    categories: tuple[str, ...]
    response: str

    def headline(self, place: str) -> str:
        """Return the first line of a message."""
        return f"{place}：{self.event}" if self.language == "zh-CN" else f"{place}: {self.event}"

    def over(self, place: str) -> str:
        """Return the first line of the message that it is over."""
        return f"{place}：{self.event}已解除" if self.language == "zh-CN" else f"{place}: {self.event} is over"


# rule or domain -> (event, description, instruction), in Chinese and in English.
_SAID: dict[str, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    "gas.leak": (
        (
            "燃气泄漏",
            "监测到燃气浓度超过警戒值，有关部门正在处置。",
            "请勿靠近现场，勿动明火，勿开关电器；室内闻到异味时开窗通风，到室外后拨打燃气抢修电话。",
        ),
        (
            "Gas leak",
            "Sensors measure gas above the alarm level; it is being dealt with.",
            "Keep away. No flames; switch nothing on or off. If you smell gas indoors, open the windows, go outside "
            "and call the gas emergency line from there.",
        ),
    ),
    "gas.pressure": (
        ("燃气压力异常", "燃气管网压力超出正常范围。", "请关闭燃气灶具阀门，供气恢复正常前不要点火。"),
        (
            "Gas pressure out of range",
            "The pressure in the gas network is out of its range.",
            "Close the valves of your gas appliances and light nothing until supply is back to normal.",
        ),
    ),
    "water.burst": (
        (
            "供水管道爆管",
            "供水管道破裂，周边可能停水、路面可能积水或塌陷。",
            "请绕行，远离积水和塌陷路面；提前储备生活用水。",
        ),
        (
            "Water main burst",
            "A water main has burst. Water may fail nearby, and the road may be flooded or give way.",
            "Go another way, keep off flooded or sunken road, and put some water by.",
        ),
    ),
    "water.quality": (
        (
            "自来水水质异常",
            "监测到自来水水质指标超出限值。",
            "在解除之前请勿直接饮用自来水，请饮用瓶装水或其他安全水源。",
        ),
        (
            "Tap water quality",
            "Sensors measure tap water outside its limits.",
            "Do not drink tap water until this is over; use bottled or other safe water.",
        ),
    ),
    "water": (
        ("供水异常", "供水管网出现异常，周边可能水压不足或停水。", "请提前储备生活用水，留意后续通知。"),
        (
            "Water supply fault",
            "There is a fault in the water network; pressure may fall or water may fail nearby.",
            "Put some water by and look out for further messages.",
        ),
    ),
    "drainage": (
        ("道路积水", "排水水位过高，下穿通道和低洼路段可能积水。", "请勿进入积水路段和下穿通道，绕行高处。"),
        (
            "Flooded road",
            "Drains are full; underpasses and low roads may be flooded.",
            "Do not enter flooded roads or underpasses; take a higher way.",
        ),
    ),
}
_GENERAL = (
    ("城市运行监测发现异常，有关部门正在处置。", "请留意现场提示，配合工作人员。"),
    ("The city's monitoring found a fault; it is being dealt with.", "Follow what is said on the spot."),
)
_ALL_CLEAR = ("监测显示情况已解除。", "Sensors show that it is over.")


def words_of(rule: str, language: str) -> Words:
    """Return the words for alerts of `rule` in `language`, zh-CN or en-US."""
    which = 0 if language == "zh-CN" else 1
    domain = rule.partition(".")[0]
    said = _SAID.get(rule) or _SAID.get(domain)
    if said is not None:
        event, description, instruction = said[which]
    else:
        card = RULES.get(rule)
        event = (card.title_zh if which == 0 else card.title_en) if card else rule
        description, instruction = _GENERAL[which]
    return Words(
        language=language,
        event=event,
        description=description,
        instruction=instruction,
        all_clear=_ALL_CLEAR[which],
        categories=_CATEGORIES.get(rule) or _CATEGORIES.get(domain) or ("Other",),
        response=_RESPONSES.get(rule) or _RESPONSES.get(domain) or "Monitor",
    )
