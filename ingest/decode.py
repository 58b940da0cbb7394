"""An MQTT message becomes observations, evidence pictures and quarantined pieces; pure; raises on no bytes whatever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from ingest import content, payloads, topics
from ingest.city import City, DeviceKind
from ingest.content import read_all
from ingest.observation import (
    EvidencePicture,
    Observation,
    Quarantined,
    QuarantineReason,
    Reading,
)
from ingest.payloads import UNREADABLE, Refused, printable
from ingest.topics import BadTopic, Channel

MAX_MESSAGE_BYTES = 1024 * 1024

_FOLDING_ORDER = attrgetter("measured_at", "device_id", "quantity")


@dataclass(slots=True)
class Decoded:
    """What one message held. All of it is of one `grid`, "" when the topic names none that the city has.

    Readings come in the order (measured_at, device_id, quantity), the order in which they are folded.
    """

    grid: str = ""
    observations: list[Observation] = field(default_factory=list)
    pictures: list[EvidencePicture] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)

    @property
    def received(self) -> int:
        """How many things arrived: each was read or quarantined, there is no third way."""
        return len(self.observations) + len(self.pictures) + len(self.quarantined)


class _Route(NamedTuple):
    grid: str
    device_id: str
    channel: Channel


class Decoder:
    """Reads the messages of one city.

    A time more than `future_s` ahead of its arrival or more than `max_age_s` behind it is quarantined. `grids` are
    those that this worker serves (None: all): a message of another grid is quarantined, never judged here.
    """

    def __init__(
        self,
        city: City,
        *,
        future_s: float = 120.0,
        max_age_s: float = 30 * 86400.0,
        grids: frozenset[str] | None = None,
    ) -> None:
        self._city, self._grids = city, grids
        self._future, self._max_age = timedelta(seconds=future_s), timedelta(seconds=max_age_s)
        self._routes: dict[str, _Route] = {}  # only topics of known devices: nobody can make it grow
        self._members: dict[str, set[str]] = {grid: set() for grid in city.grids}
        for device in city.devices.values():
            self._members.setdefault(device.grid, set()).add(device.device_id)

    def decode(self, topic: str, payload: bytes, received_at: datetime, *, retained: bool = False) -> Decoded:
        """Return everything that one message holds; what the hub itself published holds nothing."""
        route = self._routes.get(topic)
        try:
            if route is None:
                if topics.is_hubs_own(topic):
                    return Decoded()
                route = self._route(topic)
            if len(payload) > MAX_MESSAGE_BYTES:
                detail = f"{len(payload)} bytes: at most {MAX_MESSAGE_BYTES} are read"
                raise Refused(QuarantineReason.TOO_LARGE, detail)
            span = content.Span(received_at - self._max_age, received_at + self._future, received_at)
            out = Decoded(route.grid)
            match route.channel:
                case Channel.TELEMETRY:
                    self._telemetry(out, topic, route, payload, span)
                case Channel.BATCH:
                    self._batch(out, topic, route, payload, span)
                case Channel.DETECTIONS:
                    out.observations.append(content.frame(route.device_id, payload, span))
                case Channel.STATUS:
                    out.observations.append(content.status(route.device_id, payload, span, retained))
                case Channel.EVIDENCE:
                    out.pictures.append(content.picture(route.device_id, payload, span))
        except Refused as refused:
            out = Decoded(self._grid_of(topic))
            _refuse(out, topic, payload, refused, received_at)
        return out

    def _route(self, topic: str) -> _Route:
        try:
            grid, kind, device_id, channel = _parts(topic)
        except BadTopic as error:
            raise Refused(QuarantineReason.BAD_TOPIC, str(error)) from None
        if grid not in self._city.grids:
            raise Refused(QuarantineReason.WRONG_GRID, f"the city has no grid {grid}")
        if self._grids is not None and grid not in self._grids:
            raise Refused(QuarantineReason.WRONG_GRID, f"this worker does not serve grid {grid}")
        if kind is DeviceKind.CAMERA:
            camera = self._city.cameras.get(device_id)
            home, known = (camera.grid, DeviceKind.CAMERA) if camera else (None, None)
        else:
            device = self._city.devices.get(device_id)
            home, known = (device.grid, device.kind) if device else (None, None)
        if home is None:
            raise Refused(QuarantineReason.UNKNOWN_DEVICE, f"the city has no {kind} {device_id}")
        if known is not kind:
            raise Refused(QuarantineReason.UNKNOWN_DEVICE, f"{device_id} is a {known}, not a {kind}")
        if home != grid:
            raise Refused(QuarantineReason.WRONG_GRID, f"{device_id} belongs to grid {home}, not {grid}")
        route = self._routes[topic] = _Route(grid, device_id, channel)
        return route

    def _grid_of(self, topic: str) -> str:
        parts = topic.split("/", 2)
        return parts[1] if len(parts) > 2 and parts[1] in self._city.grids else ""

    def _telemetry(self, out: Decoded, topic: str, route: _Route, payload: bytes, span: content.Span) -> None:
        readings: list[Reading] = []
        try:
            message = payloads.decode_telemetry(payload)
            whole = read_all(readings, route.device_id, message.at, message.values, span)
        except UNREADABLE:
            whole = False
        if whole:
            out.observations.extend(readings)
            return
        try:
            pieces = payloads.cut_object(payload, "the message")
            self._piecewise(out, topic, route.device_id, pieces, payload, span, None)
        except Refused as refused:
            _refuse(out, topic, payload, refused, span.received_at)

    def _batch(self, out: Decoded, topic: str, route: _Route, payload: bytes, span: content.Span) -> None:
        members = self._members[route.grid]
        readings: list[Reading] = []
        try:
            entries = payloads.decode_batch(payload)
            # An empty batch is kept as a curiosity, not passed over: whatever arrives is counted somewhere.
            whole = bool(entries)
            for entry in entries:
                if entry.device not in members or not read_all(readings, entry.device, entry.at, entry.values, span):
                    whole = False
                    break
        except UNREADABLE:
            whole = False
        if whole:
            readings.sort(key=_FOLDING_ORDER)
            out.observations.extend(readings)
            return
        raw_entries = payloads.cut_array(payload, "the batch")
        if not raw_entries:
            raise Refused(QuarantineReason.BAD_SHAPE, "the batch is empty")
        for index, raw in enumerate(raw_entries):
            try:
                self._batch_entry(out, topic, route, raw, span, index)
            except Refused as refused:
                _refuse(out, topic, b"[" + raw + b"]", refused, span.received_at, index)
        out.observations.sort(key=_FOLDING_ORDER)

    def _batch_entry(self, out: Decoded, topic: str, route: _Route, raw: bytes, span: content.Span, index: int) -> None:
        members = self._members[route.grid]
        readings: list[Reading] = []
        try:
            entry = payloads.decode_entry(raw)
            whole = entry.device in members and read_all(readings, entry.device, entry.at, entry.values, span)
        except UNREADABLE:
            whole = False
        if whole:
            out.observations.extend(readings)
            return
        pieces = payloads.cut_object(raw, "the entry")
        device_id = payloads.text_in(pieces, "device")
        if device_id not in members:
            device = self._city.devices.get(device_id)
            if device is None:
                raise Refused(QuarantineReason.UNKNOWN_DEVICE, f"the city has no device {device_id}")
            raise Refused(QuarantineReason.WRONG_GRID, f"{device_id} belongs to grid {device.grid}, not {route.grid}")
        self._piecewise(out, topic, device_id, pieces, raw, span, index)

    def _piecewise(
        self,
        out: Decoded,
        topic: str,
        device_id: str,
        pieces: dict[str, bytes],
        raw: bytes,
        span: content.Span,
        index: int | None,
    ) -> None:
        """Read an object value by value; raise Refused where no value of it can be read.

        A refused value is kept as the smallest message that holds it, cut from the bytes as they came: it can be
        decoded again by itself after a fix, and a message of many bad values does not multiply its own size.
        """
        at = content.instant(payloads.time_in(pieces), span)
        if "values" not in pieces:
            raise Refused(QuarantineReason.BAD_SHAPE, "`values` is missing")
        values = payloads.cut_object(pieces["values"], "`values`")
        if not values:
            raise Refused(QuarantineReason.BAD_SHAPE, "`values` is empty")
        for name in sorted(values):
            try:
                out.observations.append(content.reading(device_id, name, values[name], at, span.received_at))
            except Refused as refused:
                kept = raw if len(values) == 1 else _smallest(pieces, name, values[name])
                kept = kept if index is None else b"[" + kept + b"]"
                _refuse(out, topic, kept, refused, span.received_at, index)


def _parts(topic: str) -> tuple[str, DeviceKind, str, Channel]:
    parsed = topics.parse(topic)
    return parsed.grid, parsed.kind, parsed.device_id, parsed.channel


def _smallest(pieces: Mapping[str, bytes], name: str, value: bytes) -> bytes:
    kept = [b'"%s":%s' % (key.encode(), pieces[key]) for key in ("device", "at") if key in pieces]
    kept.append(b'"values":{%s:%s}' % (payloads.quoted(name), value))
    return b"{" + b",".join(kept) + b"}"


def _refuse(
    out: Decoded, topic: str, payload: bytes, refused: Refused, received_at: datetime, entry: int | None = None
) -> None:
    out.quarantined.append(
        Quarantined(
            topic=printable(topic, 1000),
            payload=payload,
            reason=refused.reason,
            detail=printable(refused.detail),
            grid=out.grid,
            received_at=received_at,
            entry=entry,
        )
    )
