"""The thresholds, the city and somebody in it go in; which thresholds hold there, and where each comes from, comes out.

What holds for a subject is laid up in this order: the shipped default, the detectors file, the overrides that name it
or its circuit, camera or grid, in the order of the file, and of a dwell the zone's own. Lamps of one circuit are judged
together, so of what belongs to streetlights the circuit has one set; of silence and faults each lamp has its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from detectors.override import SELECTORS, Override, leaves, nearest, plain, value_at, with_values
from detectors.thresholds import Thresholds
from ingest.city import City, DeviceKind, ZoneKind

Place = tuple[str | int, ...]
Key = tuple[int, ...]  # the overrides that hold for somebody, by their place in the file

DEVICE_DOMAINS = {"water": DeviceKind.WATER, "drainage": DeviceKind.DRAINAGE, "gas": DeviceKind.GAS}
ZONE_DOMAINS = {
    "parking": frozenset({ZoneKind.NO_PARKING}),
    "stall": frozenset({ZoneKind.NO_STALL, ZoneKind.PERMITTED_STALL}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Somebody whom overrides may name: itself, and what it belongs to."""

    device: str | None = None
    circuit: str | None = None
    camera: str | None = None
    zone: str | None = None
    grid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One value that a threshold had on the way: `source` is "default", "file", "override" or "zone"."""

    source: str
    name: str = ""  # of the override, or the zone
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """One threshold as it holds for somebody; `steps` are where it comes from, the last one counts."""

    path: str
    value: Any
    steps: tuple[Step, ...]

    @property
    def source(self) -> str:
        """Tell where the value comes from, in words: "default", "file", "override 'name'", "zone 'id'"."""
        last = self.steps[-1]
        return f"{last.source} {last.name!r}" if last.name else last.source


@dataclass(slots=True)
class Overridden:
    """The thresholds of one city, for whomever they are asked."""

    thresholds: Thresholds
    city: City
    _zones: dict[str, str] = field(default_factory=dict)  # zone → camera
    _selected: list[dict[str, frozenset[str]]] = field(default_factory=list)
    _laid: dict[Key, Thresholds] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._zones = {zone.zone_id: name for name, camera in self.city.cameras.items() for zone in camera.zones}
        self._selected = [
            {selector: frozenset(getattr(one, selector)) for selector in SELECTORS} for one in self.thresholds.overrides
        ]
        self._laid[()] = self.thresholds.everywhere()

    def who(self, domain: str, subject: str) -> Who:
        """Return whom rules of `domain` mean by a finding's subject: a device, a circuit, a camera, a place in a zone.

        Of streetlights a lamp means its circuit. A subject that the city does not have is nobody.
        """
        city, name = self.city, subject.rpartition("@")[0] or subject
        if name in city.circuits:
            return Who(circuit=name, grid=city.circuits[name].grid)
        device = city.devices.get(name)
        if device is not None:
            if domain == "streetlight" and device.circuit_id in city.circuits:
                return self.who(domain, device.circuit_id or "")
            return Who(device=name, circuit=device.circuit_id, grid=device.grid)
        camera = city.cameras.get(self._zones.get(name, name))
        if camera is not None:
            return Who(zone=name if name in self._zones else None, camera=camera.camera_id, grid=camera.grid)
        return Who(grid=name) if name in city.grids else Who()

    def key(self, domain: str, subject: str) -> Key:
        """Return which overrides with thresholds of `domain` hold for `subject`."""
        if not self._selected:
            return ()
        who = self.who(domain, subject)
        return tuple(
            index
            for index, one in enumerate(self.thresholds.overrides)
            if self._names(index, who) and any(path.startswith(domain + ".") for path in one.set)
        )

    def under(self, key: Key) -> Thresholds:
        """Return the thresholds under these overrides, without any override left; raise ValidationError."""
        laid = self._laid.get(key)
        if laid is None:
            values: dict[str, Any] = {}
            for index in key:
                values |= self.thresholds.overrides[index].set
            laid = self._laid[key] = with_values(self.thresholds.everywhere(), values)
        return laid

    def of(self, rule: str, subject: str) -> Thresholds:
        """Return the thresholds that rules of `rule`'s domain hold `subject` against."""
        domain = rule.partition(".")[0]
        return self.under(self.key(domain, subject)) if self._selected else self.thresholds

    def is_enabled(self, rule: str, subject: str) -> bool:
        """Tell whether `rule` is judged for `subject`."""
        return self.of(rule, subject).is_enabled(rule)

    def relevant(self, domain: str) -> bool:
        """Tell whether any override sets a threshold of `domain`."""
        return any(path.startswith(domain + ".") for one in self.thresholds.overrides for path in one.set)

    def holding(self, domain: str, subject: str) -> list[Override]:
        """Return the overrides with thresholds of `domain` that hold for `subject`, the last one strongest."""
        return [self.thresholds.overrides[index] for index in self.key(domain, subject)]

    def _names(self, index: int, who: Who) -> bool:
        selected = self._selected[index]
        return (
            who.device in selected["devices"]
            or who.circuit in selected["circuits"]
            or who.camera in selected["cameras"]
            or who.zone in selected["zones"]
            or who.grid in selected["grids"]
        )


def domains_of(city: City, subject: str) -> tuple[str, ...]:
    """Return the domains whose rules judge `subject`, a device, circuit, camera, zone or grid; raise KeyError."""
    if subject in city.devices:
        kind = city.devices[subject].kind
        own: tuple[str, ...] = ("streetlight",) if kind is DeviceKind.STREETLIGHT else ()
        own += tuple(domain for domain, its in DEVICE_DOMAINS.items() if its is kind)
        return (*own, "device") if kind is DeviceKind.GATEWAY else (*own, "device", "sensor")
    if subject in city.circuits:
        return ("streetlight",)
    if subject in city.cameras:
        return ("camera", *ZONE_DOMAINS)
    for camera in city.cameras.values():
        for zone in camera.zones:
            if zone.zone_id == subject:
                return tuple(domain for domain, kinds in ZONE_DOMAINS.items() if zone.kind in kinds)
    if subject in city.grids:
        return tuple(name for name in Thresholds.model_fields if name not in ("lateness_s", "overrides"))
    raise KeyError(subject)


def resolved(thresholds: Thresholds, city: City, subject: str) -> tuple[Thresholds, list[Inherited]]:
    """Return the thresholds that hold for `subject`, and of each that judges it where its value comes from.

    `subject` is the id of a device, circuit, camera, zone or grid; raises KeyError for one that the city does not have.
    """
    overridden = Overridden(thresholds, city)
    shipped, everywhere = Thresholds(), thresholds.everywhere()
    domains = domains_of(city, subject)
    dwell_s = _own_dwell(city, subject)
    found: list[Inherited] = []
    values: dict[str, Any] = {}
    holding = {domain: overridden.holding(domain, subject) for domain in domains}
    for path in leaves(Thresholds):
        domain = path.partition(".")[0]
        if domain not in domains:
            continue
        steps = [Step(source="default", value=value_at(shipped, path))]
        if value_at(everywhere, path) != steps[0].value:
            steps.append(Step(source="file", value=value_at(everywhere, path)))
        for one in holding[domain]:
            if path in one.set:
                steps.append(Step(source="override", name=one.name, value=plain(one.set[path])))
                values[path] = one.set[path]
        if dwell_s is not None and path.endswith(".dwell_s"):
            steps.append(Step(source="zone", name=subject, value=dwell_s))
            values[path] = dwell_s
        found.append(Inherited(path=path, value=steps[-1].value, steps=tuple(steps)))
    return with_values(everywhere, values) if values else everywhere, found


def _own_dwell(city: City, subject: str) -> float | None:
    return next(
        (zone.dwell_s for camera in city.cameras.values() for zone in camera.zones if zone.zone_id == subject), None
    )


def doubts(thresholds: Thresholds, city: City) -> list[tuple[Place, str]]:
    """Return what is wrong with the overrides for this city: where in the detectors file, and why."""
    if not thresholds.overrides:
        return []
    found: list[tuple[Place, str]] = []
    known = {
        "devices": list(city.devices),
        "circuits": list(city.circuits),
        "cameras": list(city.cameras),
        "zones": [zone.zone_id for camera in city.cameras.values() for zone in camera.zones],
        "grids": list(city.grids),
    }
    for index, one in enumerate(thresholds.overrides):
        for selector in SELECTORS:
            names = {*known[selector]}
            for subject in getattr(one, selector):
                if subject not in names:
                    elsewhere = next((other for other in SELECTORS if subject in known[other]), None)
                    text = f"the city has no {selector.removesuffix('s')} {subject}" + (
                        f"; it is one of the {elsewhere}" if elsewhere else nearest(subject, known[selector])
                    )
                    found.append((("overrides", index, selector), text))
                elif (why := _why_useless(city, one, selector, subject)) is not None:
                    found.append((("overrides", index, selector), why))
    if not found:
        found = [
            (("overrides", index, "set", path), f"{path} judges nothing that {one.name!r} names")
            for index, one in enumerate(thresholds.overrides)
            for path in _idle(city, one)
        ]
    return found or list(_clashes(Overridden(thresholds, city)))


def notes(thresholds: Thresholds, city: City) -> list[str]:
    """Return what is to be said of overrides that are good: thresholds that do not count where they are set."""
    zones = {zone.zone_id: zone for camera in city.cameras.values() for zone in camera.zones}
    return [
        f"override {one.name!r} sets {path} for zone {name}, which has a dwell of its own "
        f"({zones[name].dwell_s:g} s in the city): the zone's own counts"
        for one in thresholds.overrides
        for path in one.set
        for name in one.zones
        if path.endswith(".dwell_s") and name in zones and zones[name].dwell_s is not None
    ]


def _why_useless(city: City, one: Override, selector: str, subject: str) -> str | None:
    """Return why none of what `one` sets can hold for `subject`, which the city has; None where something can."""
    domains = _reached(city, selector, subject)
    set_in = {path.partition(".")[0] for path in one.set}
    if selector == "devices" and "streetlight" in set_in & domains:
        circuit = city.devices[subject].circuit_id
        if circuit in city.circuits:
            return f"{subject} is judged with the other lamps of its circuit: name the circuit {circuit} instead"
    if set_in & domains:
        return None
    return (
        f"{subject} is not judged by {next(iter(one.set))}; what judges it is {', '.join(sorted(domains)) or 'nothing'}"
    )


def _idle(city: City, one: Override) -> Iterator[str]:
    """Yield the paths that `one` sets and that judge none of those whom it names."""
    named = [(selector, subject) for selector in SELECTORS for subject in getattr(one, selector)]
    reached = {domain for selector, subject in named for domain in _reached(city, selector, subject)}
    yield from (path for path in one.set if path.partition(".")[0] not in reached)


def _reached(city: City, selector: str, subject: str) -> set[str]:
    """Return the domains that judge `subject`, or what belongs to it."""
    return {*domains_of(city, subject)} | ({"device", "sensor"} if selector == "circuits" else set())


def _clashes(overridden: Overridden) -> Iterator[tuple[Place, str]]:
    """Yield where overrides that are good by themselves make no sense together."""
    city, seen = overridden.city, set[Key]()
    subjects = [*city.devices, *city.circuits, *city.cameras]
    subjects += [zone.zone_id for camera in city.cameras.values() for zone in camera.zones]
    for subject in subjects:
        for domain in domains_of(city, subject):
            key = overridden.key(domain, subject)
            if len(key) < 2 or key in seen:
                continue
            seen.add(key)
            try:
                overridden.under(key)
            except ValidationError as error:
                names = " and ".join(repr(overridden.thresholds.overrides[index].name) for index in key)
                for detail in error.errors(include_url=False):
                    text = str(detail["msg"]).removeprefix("Value error, ")
                    yield ("overrides", key[-1], "set"), f"together for {subject}, {names} do not fit: {text}"
