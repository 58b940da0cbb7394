"""What the vision role says over MQTT, as bytes, and the hub's requests for evidence, read; pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from ingest.observation import Box

Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RequestError(ValueError):
    """A request for evidence cannot be read; the message says why."""


class Wanted(msgspec.Struct, frozen=True):
    """One picture that is asked for: of what it shall be evidence, and of which frame time."""

    kind: Name
    at: datetime


class Request(msgspec.Struct, frozen=True):
    """What the hub asks for: pictures for one alert, with a box to draw in."""

    alert: Name
    pictures: Annotated[tuple[Wanted, ...], msgspec.Meta(max_length=16)]
    box: tuple[Fraction, Fraction, Fraction, Fraction] | None = None
    label: str = ""


_decode_request = msgspec.json.Decoder(Request)
_encode = msgspec.json.Encoder().encode


def detections(at: datetime, seq: int, boxes: Sequence[Box]) -> bytes:
    """Return the payload of one processed frame; no boxes is said too."""
    return _encode(
        {
            "at": _instant(at),
            "seq": seq,
            "boxes": [_box(box) for box in boxes],
        }
    )


def _box(box: Box) -> dict[str, object]:
    said: dict[str, object] = {
        "label": box.label,
        "confidence": round(box.confidence, 4),
        "track": box.track_id,
        "box": [round(side, 5) for side in (box.x1, box.y1, box.x2, box.y2)],
    }
    if box.colours:
        said["colours"] = box.colours  # base64
    return said


def telemetry(at: datetime, seq: int, values: Mapping[str, float]) -> bytes:
    """Return the payload of a camera's health."""
    rounded = {name: round(value, 3) for name, value in values.items()}
    return _encode({"at": _instant(at), "seq": seq, "values": rounded})


def status(at: datetime, online: bool, outage: str = "") -> bytes:
    """Return the payload that says whether a camera gives pictures, and as far as it is known why not."""
    return _encode({"online": online, "at": _instant(at)} | ({"outage": outage} if outage else {}))


def evidence(alert: str, kind: str, at: datetime, jpeg: bytes) -> bytes:
    """Return the payload of one picture; `at` is its frame's time."""
    return _encode({"alert": alert, "kind": kind, "at": _instant(at), "jpeg": base64.b64encode(jpeg).decode()})


def no_evidence(alert: str, kind: str, at: datetime, why: str) -> bytes:
    """Return the payload that says that of the instant `at` there is no picture, and why."""
    return _encode({"alert": alert, "kind": kind, "at": _instant(at), "missing": why})


def request(payload: bytes) -> Request:
    """Return the request that `payload` holds, or raise RequestError."""
    try:
        read = _decode_request.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RequestError(str(error)) from None
    if any(wanted.at.tzinfo is None for wanted in read.pictures):
        raise RequestError("a picture is asked for by a time without a timezone")
    if read.box is not None and not (read.box[0] < read.box[2] and read.box[1] < read.box[3]):
        raise RequestError("the box must be [x1, y1, x2, y2] with x1 < x2 and y1 < y2")
    return read


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
