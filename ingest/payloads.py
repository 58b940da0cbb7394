"""The bytes of a payload become typed values (msgspec), or are cut into pieces that are judged one by one; pure.

The typed decoders are the fast way and take a payload whole or not at all. The cutting functions are the slow way,
for a payload in which something is wrong: they return slices of the bytes as they came, so that one bad value can be
refused, and kept, by itself. `json` of the standard library stands in where msgspec is stricter than what devices send
(`NaN`).
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.json import Decoder

from ingest.observation import QuarantineReason

# What a decoder may raise on bytes that it cannot read.
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)


class Refused(Exception):
    """A payload, or a piece of one, that cannot become an observation, with the named reason."""

    def __init__(self, reason: QuarantineReason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class TelemetryMessage(msgspec.Struct, gc=False):
    """One device's values at one time; fields that we do not know are passed over."""

    at: datetime
    values: dict[str, float | bool]


class BatchEntry(msgspec.Struct, gc=False):
    """One device's values inside a gateway's batch."""

    device: str
    at: datetime
    values: dict[str, float | bool]


class StatusMessage(msgspec.Struct, gc=False):
    """Online or not, and why not; a last will has no time of its own."""

    online: bool
    at: datetime | None = None
    outage: str = ""


class BoxEntry(msgspec.Struct, gc=False):
    """One detection, corners in fractions of the picture; `colours` is base64 on the wire."""

    label: str
    confidence: float
    box: tuple[float, float, float, float]
    track: int | None = None
    colours: bytes = b""


class DetectionsMessage(msgspec.Struct, gc=False):
    """One processed frame."""

    at: datetime
    boxes: list[BoxEntry]


class EvidenceMessage(msgspec.Struct, gc=False):
    """One picture that the hub asked for; `jpeg` is base64 on the wire. Or why there is none, in place of it."""

    alert: UUID
    kind: str
    at: datetime
    jpeg: bytes = b""
    missing: str = ""


decode_telemetry = Decoder(TelemetryMessage).decode
decode_entry = Decoder(BatchEntry).decode
decode_batch = Decoder(list[BatchEntry]).decode
decode_status = Decoder(StatusMessage).decode
decode_detections = Decoder(DetectionsMessage).decode
decode_evidence = Decoder(EvidenceMessage).decode
_decode_pieces = Decoder(dict[str, msgspec.Raw]).decode
_decode_entries = Decoder(list[msgspec.Raw]).decode
_decode_time = Decoder(datetime).decode
_decode_text = Decoder(str).decode


def refusal(payload: bytes, error: BaseException) -> Refused:
    """Return the named reason for `error`, which a decoder raised on `payload`."""
    text = str(error)
    if isinstance(error, RecursionError):
        return Refused(QuarantineReason.BAD_SHAPE, "nested too deeply")
    if isinstance(error, msgspec.ValidationError):
        is_value = "RFC3339" in text or "out of range" in text or text.startswith("Invalid")
        return Refused(QuarantineReason.BAD_VALUE if is_value else QuarantineReason.BAD_SHAPE, text)
    try:
        payload.decode()
    except UnicodeDecodeError as encoding:
        return Refused(QuarantineReason.BAD_ENCODING, f"not UTF-8: {encoding.reason} at byte {encoding.start}")
    if not payload.strip():
        return Refused(QuarantineReason.BAD_JSON, "the payload is empty")
    return Refused(QuarantineReason.BAD_JSON, text)


def cut_object(payload: bytes, what: str) -> dict[str, bytes]:
    """Return the members of a JSON object, each as the bytes it came in, or raise Refused."""
    try:
        return {name: bytes(piece) for name, piece in _decode_pieces(payload).items()}
    except UNREADABLE as error:
        found = _lenient(payload, error)
    if not isinstance(found, dict):
        raise Refused(QuarantineReason.BAD_SHAPE, f"{what} is {_kind_of(found)}: an object is expected")
    return {name: json.dumps(piece).encode() for name, piece in found.items()}


def cut_array(payload: bytes, what: str) -> list[bytes]:
    """Return the entries of a JSON array, each as the bytes it came in, or raise Refused."""
    try:
        return [bytes(piece) for piece in _decode_entries(payload)]
    except UNREADABLE as error:
        found = _lenient(payload, error)
    if not isinstance(found, list):
        raise Refused(QuarantineReason.BAD_SHAPE, f"{what} is {_kind_of(found)}: an array is expected")
    return [json.dumps(piece).encode() for piece in found]


def time_in(pieces: dict[str, bytes]) -> datetime:
    """Return the `at` of a cut object, perhaps without a timezone, or raise Refused."""
    raw = pieces.get("at")
    if raw is None:
        raise Refused(QuarantineReason.BAD_SHAPE, "`at` is missing")
    if not raw.lstrip().startswith(b'"'):
        raise Refused(
            QuarantineReason.BAD_SHAPE, f"`at` is {_shown(raw)}: text like 2026-11-22T18:00:00+08:00 expected"
        )
    try:
        return _decode_time(raw)
    except UNREADABLE:
        detail = f"`at` is {_shown(raw)}: not a time like 2026-11-22T18:00:00+08:00 (RFC 3339)"
        raise Refused(QuarantineReason.BAD_VALUE, detail) from None


def text_in(pieces: dict[str, bytes], name: str) -> str:
    """Return one member of a cut object that must be text, or raise Refused."""
    raw = pieces.get(name)
    if raw is None:
        raise Refused(QuarantineReason.BAD_SHAPE, f"`{name}` is missing")
    try:
        return _decode_text(raw)
    except UNREADABLE:
        raise Refused(QuarantineReason.BAD_SHAPE, f"`{name}` is {_shown(raw)}: text is expected") from None


def number_in(raw: bytes) -> float | bool:
    """Return the number or truth value that `raw` is; NaN and infinities come back as such; else raise Refused."""
    try:
        found = json.loads(raw.decode(), parse_int=float, parse_constant=float)
    except UNREADABLE:
        raise Refused(QuarantineReason.BAD_VALUE, f"{_shown(raw)} is not a number") from None
    if isinstance(found, bool | float):
        return found
    raise Refused(QuarantineReason.BAD_VALUE, f"{_shown(raw)} is {_kind_of(found)}: a number is expected")


def quoted(name: str) -> bytes:
    """Return `name` as a JSON string."""
    return json.dumps(name).encode()


def printable(text: str, limit: int = 300) -> str:
    """Return `text` cut to `limit`, with what a database or a terminal cannot show replaced by `?`."""
    return "".join(character if character.isprintable() else "?" for character in text[:limit])


def _lenient(payload: bytes, error: BaseException) -> object:
    if isinstance(error, RecursionError):
        raise refusal(payload, error)
    try:
        return json.loads(payload.decode(), parse_int=_whole)
    except UNREADABLE as second:
        # msgspec's message names the byte; it only complains of shape where the JSON itself may still be broken.
        is_json_error = not isinstance(error, msgspec.ValidationError | UnicodeDecodeError)
        raise refusal(payload, error if is_json_error else _plain(second)) from None


def _plain(error: BaseException) -> BaseException:
    return error if isinstance(error, RecursionError) else ValueError(f"JSON is malformed: {error}")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def _shown(raw: bytes) -> str:
    return printable(raw[:80].decode(errors="replace"), 80)


def _kind_of(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
