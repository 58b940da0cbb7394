"""One picture for whoever watches a camera now, to bytes and back, and the wish for such pictures; pure.

On the wire: four bytes that name the form, the length of the header in four bytes (big-endian), the header as JSON,
then the JPEG. A browser is sent the same bytes, so nobody on the way takes a picture apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from ingest.observation import Box

MAGIC = b"LQP1"
MOST_BYTES = 1024 * 1024
LEAST_FPS, MOST_FPS = 0.1, 5.0
LEAST_WIDTH_PX, MOST_WIDTH_PX = 160, 1920
MOST_WISH_S = 30.0
_HEADER_MOST = 256 * 1024


class LivePictureError(ValueError):
    """Bytes that are no live picture, or no wish for one; the message says why."""


class ShownBox(msgspec.Struct, frozen=True):
    """One detection, corners in fractions of the picture."""

    label: str
    confidence: float
    track: int | None
    box: tuple[float, float, float, float]


class Header(msgspec.Struct, frozen=True):
    """What is told of one picture. `boxes` were seen at `boxes_at`, which may be a moment before or after `at`."""

    camera: str
    at: datetime
    width: int
    height: int
    boxes_at: datetime | None = None
    boxes: tuple[ShownBox, ...] = ()


class Wish(msgspec.Struct, frozen=True):
    """That somebody watches: so many pictures a second, so wide, for so long from now unless it is said again.

    A span and no instant: the clocks of the two machines need not agree.
    """

    fps: Annotated[float, msgspec.Meta(ge=LEAST_FPS, le=MOST_FPS)]
    width: Annotated[int, msgspec.Meta(ge=LEAST_WIDTH_PX, le=MOST_WIDTH_PX)]
    for_s: Annotated[float, msgspec.Meta(gt=0, le=MOST_WISH_S)]


_encode = msgspec.json.Encoder().encode
_header = msgspec.json.Decoder(Header)
_wish = msgspec.json.Decoder(Wish)


def shown_boxes(boxes: Sequence[Box]) -> tuple[ShownBox, ...]:
    """Return detections as a header holds them."""
    return tuple(
        ShownBox(
            box.label,
            round(box.confidence, 3),
            box.track_id,
            (round(box.x1, 4), round(box.y1, 4), round(box.x2, 4), round(box.y2, 4)),
        )
        for box in boxes
    )


def pack(header: Header, jpeg: bytes) -> bytes:
    """Return the picture as bytes."""
    told = _encode(header)
    return b"".join((MAGIC, len(told).to_bytes(4, "big"), told, jpeg))


def unpack(data: bytes) -> tuple[Header, bytes]:
    """Return header and JPEG, or raise LivePictureError."""
    if len(data) > MOST_BYTES:
        raise LivePictureError(f"{len(data)} bytes: a live picture has at most {MOST_BYTES}")
    if data[:4] != MAGIC or len(data) < 8:
        raise LivePictureError("it does not begin as a live picture does")
    begins = 8 + int.from_bytes(data[4:8], "big")
    if begins - 8 > _HEADER_MOST or begins >= len(data):
        raise LivePictureError("it is cut off")
    try:
        header = _header.decode(data[8:begins])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LivePictureError(str(error)) from None
    if header.at.tzinfo is None or (header.boxes_at is not None and header.boxes_at.tzinfo is None):
        raise LivePictureError("a time has no timezone")
    return header, data[begins:]


def pack_wish(wish: Wish) -> bytes:
    """Return the wish as bytes."""
    return _encode(wish)


def unpack_wish(data: bytes) -> Wish:
    """Return the wish, or raise LivePictureError."""
    try:
        return _wish.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LivePictureError(str(error)) from None
