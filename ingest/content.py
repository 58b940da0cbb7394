"""What one payload says becomes readings, a frame, a status or a picture, or is refused by a named reason; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from ingest import payloads
from ingest.observation import (
    COLOURS_BYTES,
    Box,
    EvidencePicture,
    Frame,
    Quantity,
    QuarantineReason,
    Reading,
    Status,
)
from ingest.payloads import UNREADABLE, Refused, printable

MAX_PICTURE_BYTES = 512 * 1024
VALUE_LIMIT = 1e9  # beyond this no quantity of ours can be said to have been measured
BOX_SLACK = 0.05  # how far a corner may lie outside the picture before it is an error; within, it is pulled in

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)
_EARLIEST_STATUS = datetime(2000, 1, 1, tzinfo=UTC)
_OUTAGE_CHARS = 60
_QUANTITIES: Mapping[str, Quantity] = {quantity.value: quantity for quantity in Quantity}
_WORDS = {b"online": True, b"offline": False, b'"online"': True, b'"offline"': False}
_EVIDENCE_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Span(NamedTuple):
    """Between which instants a time in a message must lie, for one arrival."""

    earliest: datetime
    latest: datetime
    received_at: datetime


def read_all(out: list[Reading], device_id: str, at: datetime, values: Mapping[str, float | bool], span: Span) -> bool:
    """Append the readings of one object; False as soon as anything in it is not right: then nothing of it counts."""
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            return False
        at = at.astimezone(UTC)
    if not span.earliest <= at <= span.latest or not values:
        return False
    received_at = span.received_at
    for name in values if len(values) == 1 else sorted(values):
        value = values[name]
        quantity = _QUANTITIES.get(name)
        if (
            quantity is None
            or not -VALUE_LIMIT <= value <= VALUE_LIMIT
            or (type(value) is bool and quantity is not Quantity.LAMP_ON)
        ):
            return False
        out.append(Reading(device_id, quantity, value + 0.0, at, received_at))
    return True


def reading(device_id: str, name: str, raw: bytes, at: datetime, received_at: datetime) -> Reading:
    """Return the reading that one value is, or raise Refused with what is wrong with that value."""
    quantity = _QUANTITIES.get(name)
    if quantity is None:
        raise Refused(QuarantineReason.UNKNOWN_QUANTITY, f"{printable(name, 80)} is no quantity that the hub knows")
    value = payloads.number_in(raw)
    if isinstance(value, bool) and quantity is not Quantity.LAMP_ON:
        raise Refused(QuarantineReason.BAD_VALUE, f"{name} is true or false: a number is expected")
    if not -VALUE_LIMIT <= value <= VALUE_LIMIT:  # NaN is not within any limits
        raise Refused(QuarantineReason.BAD_VALUE, f"{name} is {float(value)!r}: not within ±{VALUE_LIMIT:.0e}")
    return Reading(device_id, quantity, value + 0.0, at, received_at)


def instant(at: datetime, span: Span) -> datetime:
    """Return `at` in UTC, or raise Refused when it has no timezone or lies outside `span`."""
    if at.tzinfo is None:
        detail = f"{at.isoformat()} has no timezone: write it with Z or an offset such as +08:00"
        raise Refused(QuarantineReason.NO_TIMEZONE, detail)
    try:
        instant = at.astimezone(UTC)
    except OverflowError:  # the first or the last day of the calendar, moved over its edge
        instant = _BEGINNING if at.year == 1 else _END
    if instant > span.latest:
        ahead_s = (instant - span.received_at).total_seconds()
        raise Refused(QuarantineReason.TIME_IN_FUTURE, f"{at.isoformat()} lies {ahead_s:.0f} s ahead of its arrival")
    if instant < span.earliest:
        behind_days = (span.received_at - instant).total_seconds() / 86400
        raise Refused(QuarantineReason.TIME_TOO_OLD, f"{at.isoformat()} lies {behind_days:.1f} days behind its arrival")
    return instant


def frame(camera_id: str, payload: bytes, span: Span) -> Frame:
    """Return the frame; one box that is wrong refuses the frame, which is one observation."""
    try:
        message = payloads.decode_detections(payload)
    except UNREADABLE as error:
        raise payloads.refusal(payload, error) from None
    boxes = tuple(_box(index, box) for index, box in enumerate(message.boxes))
    return Frame(camera_id, instant(message.at, span), boxes, span.received_at)


def _box(index: int, entry: payloads.BoxEntry) -> Box:
    where = f"boxes[{index}]"
    if not 1 <= len(entry.label) <= 64 or not entry.label.isprintable():
        raise Refused(QuarantineReason.BAD_VALUE, f"{where}: the label is not 1–64 printable characters")
    if not 0.0 <= entry.confidence <= 1.0:
        raise Refused(QuarantineReason.BAD_VALUE, f"{where}: confidence {entry.confidence:g} is not within 0..1")
    if entry.track is not None and abs(entry.track) >= 2**53:
        raise Refused(QuarantineReason.BAD_VALUE, f"{where}: the track number is too large")
    if not all(-BOX_SLACK <= corner <= 1.0 + BOX_SLACK for corner in entry.box):
        raise Refused(QuarantineReason.BAD_VALUE, f"{where}: {_shown(entry.box)} is not in fractions of the picture")
    x1, y1, x2, y2 = (min(max(corner, 0.0), 1.0) for corner in entry.box)
    if x1 >= x2 or y1 >= y2:
        raise Refused(QuarantineReason.BAD_VALUE, f"{where}: {_shown(entry.box)} must have x1 < x2 and y1 < y2")
    if len(entry.colours) not in (0, COLOURS_BYTES):
        detail = f"{where}: {len(entry.colours)} bytes of colours: {COLOURS_BYTES} are expected, or none"
        raise Refused(QuarantineReason.BAD_VALUE, detail)
    colours = entry.colours if any(entry.colours) else b""  # nothing is as black as that
    return Box(entry.label, entry.confidence, entry.track, x1, y1, x2, y2, colours)


def _shown(corners: Iterable[float]) -> str:
    return "[" + ", ".join(f"{corner:g}" for corner in corners) + "]"


def status(device_id: str, payload: bytes, span: Span, retained: bool) -> Status:
    """Return the status. It may be old: a retained one, or a will that was written when the device connected."""
    received_at = span.received_at
    online = _WORDS.get(payload.strip())
    if online is not None:
        return Status(device_id, online, received_at, received_at, retained)
    try:
        message = payloads.decode_status(payload)
    except UNREADABLE as error:
        raise payloads.refusal(payload, error) from None
    outage = "" if message.online else "".join(filter(str.isprintable, message.outage))[:_OUTAGE_CHARS]
    reported_at = received_at
    if message.at is not None:
        reported_at = instant(message.at, span._replace(earliest=_EARLIEST_STATUS))
    return Status(device_id, message.online, reported_at, received_at, retained, outage)


def picture(camera_id: str, payload: bytes, span: Span) -> EvidencePicture:
    """Return the picture a camera was asked for, or why it has none, or raise Refused."""
    try:
        message = payloads.decode_evidence(payload)
    except UNREADABLE as error:
        raise payloads.refusal(payload, error) from None
    if not _EVIDENCE_KIND.fullmatch(message.kind):
        raise Refused(QuarantineReason.BAD_VALUE, "the kind is not 1–64 small letters, digits or '_'")
    if message.missing:
        if message.jpeg:
            raise Refused(QuarantineReason.BAD_SHAPE, "either `jpeg` or `missing`, not both")
        if not _EVIDENCE_KIND.fullmatch(message.missing):
            detail = "`missing`, why there is no picture, is not 1–64 small letters, digits or '_'"
            raise Refused(QuarantineReason.BAD_VALUE, detail)
    elif len(message.jpeg) > MAX_PICTURE_BYTES:
        detail = f"a picture of {len(message.jpeg)} bytes: at most {MAX_PICTURE_BYTES} are filed"
        raise Refused(QuarantineReason.TOO_LARGE, detail)
    elif not message.jpeg.startswith(b"\xff\xd8\xff"):
        raise Refused(QuarantineReason.BAD_VALUE, "the picture is no JPEG")
    return EvidencePicture(
        camera_id=camera_id,
        alert_id=str(message.alert),
        kind=message.kind,
        captured_at=instant(message.at, span),
        received_at=span.received_at,
        jpeg=message.jpeg,
        missing=message.missing,
    )
