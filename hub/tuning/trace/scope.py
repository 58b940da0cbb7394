"""A rule and a subject in, the part of the city that is judged to explain them out; or why there is none.

The part is as small as it may be: the subject's partition, and what its alert may be a symptom of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from detectors.parking import NoParking
from detectors.rules import RULES
from detectors.scene import Forbidden
from detectors.stalls import NoStalls
from detectors.watches import CAMERA_LOST, DEVICE_SILENT
from hub.tuning.trace import words
from hub.tuning.trace.predicate import Text
from ingest.city import Camera, City, DeviceKind

KINDS = {
    "streetlight": DeviceKind.STREETLIGHT,
    "water": DeviceKind.WATER,
    "gas": DeviceKind.GAS,
    "drainage": DeviceKind.DRAINAGE,
}
PLACES = ("parking.illegal", "stall.unlicensed")


class UnknownRule(ValueError):
    """There is no such rule; the message names one that is meant perhaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is judged for one subject: `names` are the devices or cameras whose observations its rule folds.

    `refused` says why the rule cannot have that subject; then there is nothing to judge.
    """

    rule: str
    subject: str
    grid: str = ""
    names: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()  # judged as well: what it may be a symptom of
    zone_id: str | None = None
    point: tuple[float, float] | None = None
    refused: Text | None = None

    def part(self, city: City) -> City:
        """Return the city with what is judged and nothing else."""
        held = self.names | self.beside
        devices = {name: device for name, device in city.devices.items() if name in held}
        return replace(
            city,
            grids={name: grid for name, grid in city.grids.items() if name == self.grid},
            devices=devices,
            circuits={
                name: circuit for name, circuit in city.circuits.items() if any(lamp in held for lamp in circuit.lamps)
            },
            cameras={name: camera for name, camera in city.cameras.items() if name in held},
        )

    def is_about(self, rule: str, subject: str, camera_id: str | None) -> bool:
        """Tell whether an alert of `rule` on `subject` is one of those that are asked about."""
        if rule != self.rule:
            return False
        if self.point is not None:
            return subject == self.subject or (
                subject.rpartition("@")[0] == self.zone_id and _apart(subject, self.point) <= 0.15
            )
        if self.zone_id is not None:
            return subject.rpartition("@")[0] == self.zone_id
        return subject == self.subject or (self.rule in PLACES and camera_id == self.subject)


def scope_of(city: City, rule: str, subject: str) -> Scope:
    """Return what is judged for `subject` under `rule`; raise UnknownRule for a name that is no rule."""
    if rule not in RULES:
        near = get_close_matches(rule, RULES, n=1, cutoff=0.5)
        raise UnknownRule(f"there is no rule {rule!r}" + (f"; is {near[0]} meant?" if near else ""))
    if rule in PLACES:
        return _place(city, rule, subject)
    if rule.startswith("camera."):
        camera = city.cameras.get(subject)
        if camera is None:
            return _missing(city, rule, subject, city.cameras)
        if rule != CAMERA_LOST and not camera.zones:
            no = Text("该摄像头没有划定区域，不判断其视角", "that camera has no zones, so its view is not judged")
            return Scope(rule=rule, subject=subject, refused=no)
        return Scope(rule=rule, subject=subject, grid=camera.grid, names=frozenset([subject]))
    return _device(city, rule, subject)


def _device(city: City, rule: str, subject: str) -> Scope:
    domain = rule.partition(".")[0]
    circuit = city.circuits.get(subject) if domain == "streetlight" else None
    device = city.devices.get(subject)
    if circuit is not None:
        if rule == "streetlight.lamp_out":
            no = Text(
                f"{subject} 是回路，规则{words.rule(rule).zh}判断的是单灯",
                f"{subject} is a circuit; {rule} judges single lamps",
            )
            return Scope(rule=rule, subject=subject, refused=no)
        names = frozenset(circuit.lamps)
        return Scope(
            rule=rule, subject=subject, grid=circuit.grid, names=names, beside=_gateway(city, circuit.gateway_id)
        )
    if device is None:
        return _missing(city, rule, subject, (*city.devices, *(city.circuits if domain == "streetlight" else ())))
    wanted = KINDS.get(domain)
    measures = device.kind not in (DeviceKind.GATEWAY, DeviceKind.CAMERA)
    if (wanted is not None and device.kind is not wanted) or (domain == "sensor" and not measures):
        no = Text(
            f"{subject} 是{words.kind(device.kind).zh}设备，不适用规则{words.rule(rule).zh}",
            f"{subject} is a {device.kind.value} device, which {rule} does not judge",
        )
        return Scope(rule=rule, subject=subject, refused=no)
    if rule == "streetlight.circuit_out" or (rule == "streetlight.unusual" and device.circuit_id is not None):
        no = Text(
            f"{subject} 是单灯，规则{words.rule(rule).zh}判断的是回路", f"{subject} is a lamp; {rule} judges circuits"
        )
        return Scope(rule=rule, subject=subject, refused=no)
    names = frozenset([subject])
    own = city.circuits.get(device.circuit_id or "") if domain == "streetlight" else None
    if own is not None:
        names |= frozenset(own.lamps)
    if rule == DEVICE_SILENT:
        behind = frozenset(name for name, one in city.devices.items() if one.gateway_id == subject)
        return Scope(
            rule=rule, subject=subject, grid=device.grid, names=names, beside=behind | _gateway(city, device.gateway_id)
        )
    return Scope(rule=rule, subject=subject, grid=device.grid, names=names, beside=_gateway(city, device.gateway_id))


def _place(city: City, rule: str, subject: str) -> Scope:
    zones = {zone.zone_id: zone for camera in city.cameras.values() for zone in camera.zones}
    zone_id, at_sign, place = subject.rpartition("@")
    name = zone_id if at_sign else subject
    point = _point(place) if at_sign else None
    camera = city.cameras.get(zones[name].camera_id if name in zones else name)
    if camera is None or (at_sign and point is None):
        return _missing(city, rule, subject, (*zones, *city.cameras))
    watched = {zone.zone_id for zone in _forbidden(city, rule).zones(camera)}
    if not watched:
        no = Text(
            f"摄像头 {camera.camera_id} 没有适用于规则{words.rule(rule).zh}的区域",
            f"camera {camera.camera_id} has no zone of {rule}",
        )
        return Scope(rule=rule, subject=subject, refused=no)
    if name in zones and name not in watched:
        no = Text(f"区域 {name} 不适用于规则{words.rule(rule).zh}", f"the zone {name} is none of {rule}")
        return Scope(rule=rule, subject=subject, refused=no)
    return Scope(
        rule=rule,
        subject=subject,
        grid=camera.grid,
        names=frozenset([camera.camera_id]),
        zone_id=name if name in watched and (at_sign or name in zones) else None,
        point=point,
    )


def _forbidden(city: City, rule: str) -> Forbidden:
    return NoParking(city, 1.0) if rule == "parking.illegal" else NoStalls(city, 1.0)


def zones_of(city: City, rule: str, camera: Camera) -> list[str]:
    """Return the zones of `camera` that `rule` judges."""
    return [zone.zone_id for zone in _forbidden(city, rule).zones(camera)]


def _gateway(city: City, gateway_id: str | None) -> frozenset[str]:
    """Return the gateway and all that lies behind it: its silence is known by theirs."""
    if gateway_id is None or gateway_id not in city.devices:
        return frozenset()
    return frozenset([gateway_id, *(name for name, one in city.devices.items() if one.gateway_id == gateway_id)])


def _missing(city: City, rule: str, subject: str, known: Iterable[str]) -> Scope:
    kind = _kind(city, subject)
    if kind is not None:
        no = Text(
            f"{subject} 是{kind.zh}，不适用规则{words.rule(rule).zh}",
            f"{subject} is a {kind.en}, which {rule} does not judge",
        )
        return Scope(rule=rule, subject=subject, refused=no)
    near = get_close_matches(subject, list(known), n=1, cutoff=0.6)
    no = Text(
        f"当前配置中没有 {subject}：无人判断它" + (f"；是否指 {near[0]}？" if near else ""),
        f"{subject} is not configured, so nobody judges it" + (f"; is {near[0]} meant?" if near else ""),
    )
    return Scope(rule=rule, subject=subject, refused=no)


def _kind(city: City, subject: str) -> Text | None:
    """Return what of the city `subject` is; None for what it has not."""
    zones = {zone.zone_id for camera in city.cameras.values() for zone in camera.zones}
    if subject in city.cameras:
        return Text("摄像头", "camera")
    if subject.partition("@")[0] in zones:
        return Text("区域", "zone")
    if subject in city.circuits:
        return Text("回路", "circuit")
    return Text("设备", "device") if subject in city.devices else None


def _point(text: str) -> tuple[float, float] | None:
    x, comma, y = text.partition(",")
    try:
        return (float(x), float(y)) if comma else None
    except ValueError:
        return None


def _apart(subject: str, point: tuple[float, float]) -> float:
    other = _point(subject.rpartition("@")[2])
    return 1.0 if other is None else max(abs(other[0] - point[0]), abs(other[1] - point[1]))
