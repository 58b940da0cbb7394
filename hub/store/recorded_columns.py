"""What was recorded of some devices and cameras, by name and span of receiving, as columns: quicker than row by row.

The database adds each device's hours up to arrays, and a camera's to one JSON text, so a trip brings thousands of
values at once; short transactions of a day each, one after the other, so nothing of the writers' work is held back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, LiteralString

import msgspec
import numpy as np
import numpy.typing as npt

from hub.store.session import connect, unavailable
from hub.tuning.columns import CODE, FrameRows, ReadingRows, Rows, colours_of
from ingest.observation import Quantity

Names = Mapping[str, frozenset[Quantity] | None]
DAY = timedelta(days=1)
LONGEST_REST_S = 2.0
# How far a measurement may lie from its receipt: the decoder refuses what lies farther. Little lies more than a day
# before it, so the days before that are looked through at once.
OLDEST, AFTER = timedelta(days=31), timedelta(hours=1)
_POSTGRES_EPOCH_US = 946_684_800_000_000  # 2000-01-01

_READINGS: LiteralString = """
    SELECT device_id, quantity, array_send(array_agg(value ORDER BY measured_at)),
           array_send(array_agg(measured_at ORDER BY measured_at)),
           array_send(array_agg(received_at ORDER BY measured_at))
    FROM readings
    WHERE device_id = ANY(%(names)s) AND quantity = ANY(%(quantities)s) AND NOT late
      AND measured_at >= %(first)s AND measured_at < %(last)s
      AND received_at >= %(begin)s AND received_at < %(end)s
    GROUP BY device_id, quantity"""
_FRAMES: LiteralString = """
    SELECT camera_id, array_send(array_agg(captured_at ORDER BY captured_at)),
           array_send(array_agg(received_at ORDER BY captured_at)),
           '[' || string_agg(boxes::text, ',' ORDER BY captured_at) || ']'
    FROM frames
    WHERE camera_id = ANY(%(names)s) AND NOT late AND captured_at >= %(first)s AND captured_at < %(last)s
      AND received_at >= %(begin)s AND received_at < %(end)s
    GROUP BY camera_id, date_trunc('hour', captured_at)"""


class _Box(msgspec.Struct):
    label: str
    confidence: float
    box: tuple[float, float, float, float]
    colours: bytes = b""


_BOXES = msgspec.json.Decoder(list[list[_Box]])


def rows(
    dsn: str, names: Names, received_from: datetime, received_to: datetime, *, is_gentle: bool = False
) -> Iterator[Rows]:
    """Yield what was received in [from, to) of those names and was not late; a quantity of a device at a time.

    The database works at its own priority, whoever asks: a gentle reader rests after each query as long as that took.
    """
    quantities = sorted({one.value for wanted in names.values() for one in (wanted or Quantity)})
    with connect(dsn) as connection, unavailable():
        for first, last in spans(received_from, received_to):
            span: dict[str, Any] = {
                "names": list(names),
                "quantities": quantities,
                "first": first,
                "last": last,
                "begin": received_from,
                "end": received_to,
            }
            for query in (_READINGS, _FRAMES):
                began_s = time.monotonic()
                with connection.cursor(binary=True) as cursor:
                    found = cursor.execute(query, span).fetchall()
                took_s = time.monotonic() - began_s
                for row in found:
                    yield from _rows(row, names)
                if is_gentle:
                    time.sleep(min(took_s, LONGEST_REST_S))


def _rows(row: tuple[Any, ...], names: Names) -> Iterator[Rows]:
    if len(row) == 4:
        yield _frames(*row)
        return
    name, text, values, measured, received = row
    quantity = Quantity(text)
    wanted = names[name]
    if wanted is None or quantity in wanted:
        at_us = instants(measured)
        yield ReadingRows(
            device_id=name,
            at_us=at_us,
            received_us=instants(received),
            code=np.full(len(at_us), CODE[quantity], np.int8),
            value=_elements(values, ">f8").astype(np.float64),
        )


def _frames(name: str, captured: bytes, received: bytes, text: str) -> FrameRows:
    boxes = _BOXES.decode(text)
    flat = [box for frame in boxes for box in frame]
    names: dict[str, int] = {}
    labels = [names.setdefault(box.label, len(names)) for box in flat]
    numbers = np.array([(box.confidence, *box.box) for box in flat], np.float64).reshape(-1, 5)
    return FrameRows(
        camera_id=name,
        at_us=instants(captured),
        received_us=instants(received),
        counts=np.array([len(frame) for frame in boxes], np.int64),
        label=np.array(labels, np.int16),
        labels=tuple(names),
        numbers=numbers,
        colours=colours_of([box.colours for box in flat]),
    )


def _elements(sent: bytes, kind: str) -> npt.NDArray[Any]:
    """Return the elements of an array without nulls in PostgreSQL's own binary form."""
    element = np.dtype([("length", ">i4"), ("value", kind)])
    return np.frombuffer(sent, element, offset=20)["value"]  # three numbers, and the length and bound of one dimension


def instants(sent: bytes) -> npt.NDArray[np.int64]:
    """Return an array of instants in PostgreSQL's own binary form as microseconds since 1970."""
    found: npt.NDArray[np.int64] = _elements(sent, ">i8").astype(np.int64) + _POSTGRES_EPOCH_US
    return found


def spans(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield spans of measuring: the long one of stragglers first, then day by day."""
    first, last = begin - DAY, end + AFTER
    yield begin - OLDEST, first
    while first < last:
        yield first, min(first + DAY, last)
        first += DAY
