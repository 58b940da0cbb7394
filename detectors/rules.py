"""The catalogue of rules: name in, its titles, default severity, meaning and what the operator should do out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from detectors.finding import Severity
from detectors.thresholds import Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCard:
    """What a person should know of one rule. `severity` is the shipped default."""

    name: str
    title_zh: str
    title_en: str
    severity: Severity
    meaning: str
    action: str

    @property
    def domain(self) -> str:
        """Return the part before the dot: "water" of "water.burst"."""
        return self.name.partition(".")[0]


_CARDS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "streetlight.lamp_out",
        "单灯熄灭",
        "Lamp out",
        "A lamp that should burn by sun, schedule or command draws no power, while its circuit is not dark as a whole.",
        "Have the lamp's driver, fuse and controller checked on the next round.",
    ),
    (
        "streetlight.circuit_out",
        "回路停电",
        "Circuit out",
        "Most lamps of one circuit went dark together; the members are the dark lamps.",
        "Check breaker, contactor and cable of the circuit at once; suspect cable theft; warn traffic police at night.",
    ),
    (
        "streetlight.day_burning",
        "白天亮灯",
        "Burning by day",
        "A lamp, or most of a circuit, burns although sun, schedule and command say that it should be dark.",
        "Check contactor, light sensor and time switch; switch off remotely where that is possible.",
    ),
    (
        "streetlight.voltage",
        "电压越限",
        "Lamp voltage out of range",
        "The supply of a lamp, or of most of a circuit, is below or above what supply voltage may be.",
        "Tell the power supplier; look for overload, a loose neutral or a wrong tap.",
    ),
    (
        "streetlight.unusual",
        "回路功率异常",
        "Circuit power unusual",
        "For hours the lamps of a circuit have drawn other power than they are used to at this hour of the week.",
        "Look for lamps that dim, flicker or were dimmed by mistake, for tapped cables and for lamps newly connected.",
    ),
    (
        "water.burst",
        "供水爆管",
        "Water main burst",
        "Pressure fell fast while flow rose at the same place: water leaves the main where nobody draws it.",
        "Send the repair crew, close the valves around it, warn traffic police and the customers behind it.",
    ),
    (
        "water.leak",
        "供水暗漏",
        "Water leak",
        "The night's lowest flow lies well above what this place's nights are used to.",
        "Have the area searched by listening; compare with registered night customers first.",
    ),
    (
        "water.pressure",
        "供水压力异常",
        "Water pressure out of range",
        "Mains pressure has been too low or too high for a while.",
        "Check pumps and pressure reducers; look for a burst when it is low.",
    ),
    (
        "water.quality",
        "水质异常",
        "Water quality out of limits",
        "Turbidity is too high, or free residual chlorine too low or too high, against the drinking-water standard.",
        "Take a sample, flush the pipe, tell the water company and the health authority.",
    ),
    (
        "water.unusual",
        "流量压力偏离常态",
        "Water unusual",
        "For hours flow or pressure has lain off what this place is used to at this hour of the week.",
        "Look for a leak that grows, a valve left open or shut, or a new customer; say so if it is normal now.",
    ),
    (
        "drainage.level",
        "排水液位过高",
        "Drainage level",
        "Water stands too high in a drain or underpass, or rises too fast.",
        "Start or check pumps, clear the inlet, close the underpass to traffic before it floods.",
    ),
    (
        "gas.leak",
        "燃气泄漏",
        "Gas leak",
        "Methane in the air reached the first or second level, or rises fast towards it.",
        "Keep people and sparks away, send the gas company's emergency crew; at the second level clear the area.",
    ),
    (
        "gas.pressure",
        "燃气压力异常",
        "Gas pressure out of range",
        "Pressure in the gas main has been too low or too high for a while.",
        "Have the regulator checked; tell the customers behind it when supply may fail.",
    ),
    (
        "device.silent",
        "设备离线",
        "Device silent",
        "A device, or a gateway with everything behind it, has not been heard for longer than its interval allows.",
        "Check power and network at the gateway first, then the device.",
    ),
    (
        "sensor.fault",
        "传感器故障",
        "Sensor fault",
        "A sensor repeats one value for hours or gives values that cannot be; it is not believed.",
        "Have the sensor cleaned, calibrated or replaced.",
    ),
    (
        "camera.lost",
        "视频丢失",
        "Camera lost",
        "No frame of a camera has arrived for a while; its zones are not watched.",
        "Check the camera's power and network, then the vision worker that reads it.",
    ),
    (
        "camera.moved",
        "视角偏移或遮挡",
        "Camera moved or covered",
        "A camera was turned, covered or put out of focus, or has left its preset: nothing is judged in its zones.",
        "Have it set back, cleaned or focused. If the new view shall stay, draw the zones anew or have it learned.",
    ),
    (
        "parking.illegal",
        "机动车违停",
        "Illegal parking",
        "A vehicle has stood in a no-parking zone longer than its dwell.",
        "Look at the evidence; send the grid's officer, or pass it to traffic police.",
    ),
    (
        "stall.unlicensed",
        "占道经营",
        "Unlicensed stall",
        "A street stall has stood where no permit is valid now for longer than its dwell.",
        "Look at the evidence; have the grid's officer guide the vendor to a permitted place.",
    ),
)

_SHIPPED = Thresholds()

RULES: Mapping[str, RuleCard] = MappingProxyType(
    {
        name: RuleCard(
            name=name,
            title_zh=title_zh,
            title_en=title_en,
            severity=_SHIPPED.of_rule(name).severity,
            meaning=meaning,
            action=action,
        )
        for name, title_zh, title_en, meaning, action in _CARDS
    }
)
