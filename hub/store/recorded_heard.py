"""When some devices and cameras were heard, by name and span of receiving, as columns: that, not what was heard."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, LiteralString

from hub.store.recorded_columns import LONGEST_REST_S, instants, spans
from hub.store.session import connect, unavailable
from hub.tuning.heard import Heard, HeardRows
from ingest.observation import Quantity, Status

# What came late was heard as well; a quantity that nobody knows any more was not.
_WORDS: LiteralString = """
    SELECT device_id, array_send(array_agg(received_at ORDER BY received_at)),
           array_send(array_agg(measured_at ORDER BY received_at))
    FROM (SELECT device_id, received_at, min(measured_at) AS measured_at FROM readings
          WHERE device_id = ANY(%(devices)s) AND quantity = ANY(%(quantities)s)
            AND measured_at >= %(first)s AND measured_at < %(last)s
            AND received_at >= %(begin)s AND received_at < %(end)s
          GROUP BY device_id, received_at) AS words
    GROUP BY device_id"""
_FRAMES: LiteralString = """
    SELECT camera_id, array_send(array_agg(received_at ORDER BY captured_at)),
           array_send(array_agg(captured_at ORDER BY captured_at))
    FROM frames
    WHERE camera_id = ANY(%(cameras)s) AND captured_at >= %(first)s AND captured_at < %(last)s
      AND received_at >= %(begin)s AND received_at < %(end)s
    GROUP BY camera_id"""
_STATUSES: LiteralString = """
    SELECT device_id, online, reported_at, received_at, retained, outage FROM statuses
    WHERE (device_id = ANY(%(devices)s) OR device_id = ANY(%(cameras)s))
      AND received_at >= %(begin)s AND received_at < %(end)s
    ORDER BY received_at, reported_at, device_id"""


def heard(
    dsn: str,
    devices: Collection[str],
    cameras: Collection[str],
    received_from: datetime,
    received_to: datetime,
    *,
    is_gentle: bool = False,
) -> Iterator[Heard]:
    """Yield when those were heard in [from, to), a day of measuring at a time, and every status told of them.

    A gentle reader rests after each query as long as that took (see hub/store/recorded_columns.py).
    """
    parameters: dict[str, Any] = {
        "devices": list(devices),
        "cameras": list(cameras),
        "quantities": sorted(one.value for one in Quantity),
        "begin": received_from,
        "end": received_to,
    }
    with connect(dsn) as connection, unavailable():
        for row in connection.execute(_STATUSES, parameters):
            yield Status(*row)
        for first, last in spans(received_from, received_to):
            for query, names in ((_WORDS, devices), (_FRAMES, cameras)):
                if not names:
                    continue
                began_s = time.monotonic()
                with connection.cursor(binary=True) as cursor:
                    found = cursor.execute(query, {**parameters, "first": first, "last": last}).fetchall()
                took_s = time.monotonic() - began_s
                for name, received, measured in found:
                    yield HeardRows(name=name, received_us=instants(received), at_us=instants(measured))
                if is_gentle:
                    time.sleep(min(took_s, LONGEST_REST_S))
