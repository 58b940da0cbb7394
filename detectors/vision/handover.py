"""Orders to a camera's capture process, and its pictures and reports, to bytes and back.

MessagePack, never pickle: a decoder that was led astray by a hostile stream must not be able to run code in the
process that holds the model and the broker's password.
"""

from __future__ import annotations

import msgspec

from detectors.vision.motion import Polygon
from detectors.vision.settings import VisionSettings


class Begin(msgspec.Struct, tag="begin"):
    """The first order. The address travels here and not on the command line, which every user may read."""

    url: str
    settings: VisionSettings
    width_px: int  # the model's input: pictures are scaled down to fit into it before they are handed over
    height_px: int
    watch: tuple[Polygon, ...] = ()  # where motion matters; empty: everywhere


class Next(msgspec.Struct, tag="next"):
    """The model will soon be free: the newest picture that is worth a look may come."""


class Show(msgspec.Struct, tag="show"):
    """Somebody watches: the next picture that is decoded may come as a JPEG no wider than this."""

    width_px: int


class Ready(msgspec.Struct, tag="ready"):
    """There is a picture worth a look. It stays where it is, and a newer one takes its place, until it is asked for."""


class Picture(msgspec.Struct, tag="picture"):
    """One picture that is to be processed. `at_s` is its instant on the machine's monotonic clock."""

    at_s: float
    reason: str
    width_px: int
    height_px: int
    bgr: bytes
    jpeg: bytes  # for evidence; empty where the last one is recent enough


class Shown(msgspec.Struct, tag="shown"):
    """One picture for whoever watches, taken at `at_s` on the machine's monotonic clock."""

    at_s: float
    width_px: int
    height_px: int
    jpeg: bytes


class Report(msgspec.Struct, tag="report"):
    """How the capture goes. The numbers count from the process's start."""

    streaming: bool
    decoded: int
    still: int  # decoded, but not worth a look by the model
    dropped: int  # worth a look, but replaced by a newer one before the model was free
    breaks: int  # how often a stream that had run broke
    stuck_s: float  # since the reading thread last got on
    detail: str = ""  # why there is no stream; holds no credentials
    outage: str = ""  # the same in a word, one of `Outage`, as far as it is known
    broke: str = ""  # why it last broke, though it may be back by now
    starting: bool = False  # no capture process has said anything yet


Order = Begin | Next | Show
Told = Ready | Picture | Shown | Report

_encode = msgspec.msgpack.Encoder().encode
_order: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)
_told: msgspec.msgpack.Decoder[Told] = msgspec.msgpack.Decoder(Told)


class HandoverError(ValueError):
    """Bytes that are no message of this wire."""


def pack(message: Order | Told) -> bytes:
    """Return `message` as bytes."""
    return _encode(message)


def order(data: bytes) -> Order:
    """Return the order that `data` holds, or raise HandoverError."""
    try:
        return _order.decode(data)
    except msgspec.MsgspecError as error:
        raise HandoverError(str(error)) from None


def told(data: bytes) -> Told:
    """Return the notice, picture or report that `data` holds, or raise HandoverError."""
    try:
        return _told.decode(data)
    except msgspec.MsgspecError as error:
        raise HandoverError(str(error)) from None
