"""Names that stand in data in, the same as people call them out, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.rules import RULES
from hub.tuning.trace.predicate import Text
from ingest.city import DeviceKind
from ingest.observation import Quantity

_QUANTITIES: Mapping[Quantity, str] = {
    Quantity.POWER_W: "功率",
    Quantity.VOLTAGE_V: "电压",
    Quantity.CURRENT_A: "电流",
    Quantity.DIM_PCT: "调光",
    Quantity.LAMP_ON: "开关状态",
    Quantity.ENERGY_KWH: "电能",
    Quantity.PRESSURE_KPA: "供水压力",
    Quantity.FLOW_L_S: "流量",
    Quantity.TURBIDITY_NTU: "浊度",
    Quantity.CHLORINE_MG_L: "余氯",
    Quantity.LEVEL_M: "液位",
    Quantity.METHANE_PCT_LEL: "甲烷浓度",
    Quantity.GAS_PRESSURE_KPA: "燃气压力",
    Quantity.BATTERY_PCT: "电量",
    Quantity.RSSI_DBM: "信号强度",
    Quantity.DECODED_FPS: "解码帧率",
    Quantity.PROCESSED_FPS: "处理帧率",
    Quantity.SKIPPED_FPS: "略过帧率",
    Quantity.INFERENCE_MS: "识别耗时",
    Quantity.RECONNECTS: "重连次数",
    Quantity.VIEW_LOST_PCT: "画面缺失",
    Quantity.VIEW_SHARPNESS_PCT: "画面清晰度",
    Quantity.VIEW_SHIFT_PCT: "画面偏移",
    Quantity.PTZ_PRESET: "预置位",
}
_KINDS: Mapping[DeviceKind, str] = {
    DeviceKind.STREETLIGHT: "路灯",
    DeviceKind.WATER: "供水",
    DeviceKind.GAS: "燃气",
    DeviceKind.DRAINAGE: "排水",
    DeviceKind.GATEWAY: "网关",
    DeviceKind.CAMERA: "摄像头",
}
_VIEW: Mapping[str, Text] = {
    "moved": Text("移位", "moved"),
    "covered": Text("被遮挡", "covered"),
    "blurred": Text("失焦", "blurred"),
    "preset": Text("不在预置位", "preset"),
}


def quantity(one: Quantity) -> Text:
    """Return what is measured; in English by the name that carries its unit."""
    return Text(_QUANTITIES[one], one.value)


def kind(one: DeviceKind) -> Text:
    """Return what kind of device it is."""
    return Text(_KINDS[one], one.value)


def rule(name: str) -> Text:
    """Return the rule's title in Chinese with its name, in English its name."""
    card = RULES.get(name)
    return Text(name if card is None else f"“{card.title_zh}”（{name}）", name)


def view(causes: frozenset[str] | set[str]) -> Text:
    """Return why a camera's view is off."""
    if not causes:
        return Text("恢复的时间还不够长", "not back for long enough")
    told = [_VIEW.get(cause, Text(cause, cause)) for cause in sorted(causes)]
    return Text("、".join(one.zh for one in told), ", ".join(one.en for one in told))
