"""What was recorded of one device or camera as columns: compact in memory, in the order in which it was folded.

A reading takes 17 bytes, and a box 50, or 77 with its colours: a tenth of the objects that detectors take, which are
made one by one when a detector wants to see them. What came late is left out: it was stored, not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from ingest.observation import COLOURS_BYTES, Box, Frame, Quantity, Reading

Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_MADE, FRAME_BYTES = 50_000, 1000
MICROSECOND = timedelta(microseconds=1)
QUANTITIES = tuple(sorted(Quantity))  # by name: readings of one device and instant are folded in this order
CODE = {quantity: number for number, quantity in enumerate(QUANTITIES)}


def micros(at: datetime) -> int:
    """Return microseconds since 1970."""
    return (at - EPOCH) // MICROSECOND


def moment(at_us: int) -> datetime:
    """Return that instant in UTC."""
    return EPOCH + timedelta(microseconds=at_us)


@dataclass(frozen=True, slots=True)
class ReadingColumns:
    """The readings of one device in order; the first `past` of them were folded before the question's beginning.

    `received_us` is of those in the past alone: how much of it counts depends on what the detectors remember.
    """

    device_id: str
    at_us: Longs
    code: npt.NDArray[np.int8]
    value: Floats
    past: int
    received_us: Longs

    def __len__(self) -> int:
        return len(self.at_us)

    @property
    def bytes(self) -> int:
        """How much memory they take."""
        return int(self.at_us.nbytes + self.code.nbytes + self.value.nbytes + self.received_us.nbytes)

    def with_past(self, kept: Flags) -> ReadingColumns:
        """Return them with those of the past alone that are `kept`."""
        return self.only(np.concatenate((kept, np.ones(len(self) - self.past, np.bool_))))

    def only(self, kept: Flags) -> ReadingColumns:
        """Return those alone that are `kept`."""
        if kept.all():
            return self
        past, columns = kept[: self.past], (self.at_us[kept], self.code[kept], self.value[kept])
        return ReadingColumns(self.device_id, *columns, int(np.count_nonzero(past)), self.received_us[past])

    def reading(self, number: int) -> Reading:
        """Return one of them as detectors take it."""
        at = moment(int(self.at_us[number]))
        return Reading(self.device_id, QUANTITIES[self.code[number]], float(self.value[number]), at, at)


@dataclass(frozen=True, slots=True)
class FrameColumns:
    """The frames of one camera in order; boxes `first[n]` to `first[n + 1]` are those of frame n.

    `looks` are its own readings of where it looks, in order; `past` and `received_us` as with readings.
    """

    camera_id: str
    at_us: Longs
    first: Longs
    label: npt.NDArray[np.int16]
    labels: tuple[str, ...]
    confidence: Floats
    x1: Floats
    y1: Floats
    x2: Floats
    y2: Floats
    colours: Bytes  # a row for each box, empty where no box has any, nought where this one has none
    past: int
    received_us: Longs
    looks: ReadingColumns
    _made: dict[int, Frame] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.at_us)

    @property
    def bytes(self) -> int:
        """How much memory they take."""
        sides = (self.x1, self.y1, self.x2, self.y2)
        columns = (self.at_us, self.received_us, self.first, self.label, self.confidence, *sides, self.colours)
        return int(sum(column.nbytes for column in columns)) + self.looks.bytes + FRAME_BYTES * len(self._made)

    def frame(self, number: int) -> Frame:
        """Return one of them as detectors take it; those that every answer needs anew are kept."""
        known = self._made.get(number)
        if known is not None:
            return known
        at = moment(int(self.at_us[number]))
        begin, end = int(self.first[number]), int(self.first[number + 1])
        span, labels = slice(begin, end), self.labels
        boxes = tuple(
            Box(labels[label], confidence, None, x1, y1, x2, y2, colours)
            for label, confidence, x1, y1, x2, y2, colours in zip(
                self.label[span].tolist(),
                self.confidence[span].tolist(),
                self.x1[span].tolist(),
                self.y1[span].tolist(),
                self.x2[span].tolist(),
                self.y2[span].tolist(),
                _told(self.colours[span]),
                strict=True,
            )
        )
        made = Frame(self.camera_id, at, boxes, at)
        if len(self._made) < MOST_MADE:
            self._made[number] = made
        return made

    def blank(self, number: int) -> Frame:
        """Return one of them without its boxes, for who looks at when there were frames alone."""
        at = moment(int(self.at_us[number]))
        return Frame(self.camera_id, at, (), at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRows:
    """Readings of one device as they are read: in any order, none of them late."""

    device_id: str
    at_us: Longs
    received_us: Longs
    code: npt.NDArray[np.int8]
    value: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRows:
    """Frames of one camera as they are read: in any order, none of them late; each with its boxes."""

    camera_id: str
    at_us: Longs
    received_us: Longs
    counts: Longs
    label: npt.NDArray[np.int16]
    labels: tuple[str, ...]
    numbers: Floats  # of each box: confidence, x1, y1, x2, y2
    colours: Bytes  # of each box, as FrameColumns has them


Rows = ReadingRows | FrameRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where a stream is cut: what was folded by `since` is past, what was not folded by `end` never was."""

    since_us: int
    end_us: int
    lateness_us: int

    def of(self, at_us: Longs, received_us: Longs) -> tuple[int, int]:
        """Return how many of a stream's observations, in order, are past, and how many there are."""
        due = np.maximum(at_us, received_us) + self.lateness_us
        before = np.flatnonzero((received_us < self.since_us) & (due < self.since_us))
        folded = np.flatnonzero(due < self.end_us)
        past, kept = (int(found[-1]) + 1 if len(found) else 0 for found in (before, folded))
        if not self.lateness_us:  # nothing waits: an observation is folded as it comes
            past, kept = int(np.count_nonzero(received_us < self.since_us)), len(at_us)
        return past, max(kept, past)


def readings_of(device_id: str, parts: Sequence[ReadingRows], cut: Cut) -> ReadingColumns:
    """Return the readings of one device in the order of folding."""
    return stream_of({device_id: parts}, cut)[device_id]


def stream_of(parts: Mapping[str, Sequence[ReadingRows]], cut: Cut) -> dict[str, ReadingColumns]:
    """Return the readings of devices that are folded as one stream: what lets one's go lets go what lies before it."""
    names = sorted(parts)
    each = {name: _in_order(parts[name]) for name in names}
    if len(names) == 1:
        counts = {names[0]: cut.of(*each[names[0]][:2])}
    else:
        owner = np.concatenate([np.full(len(each[name][0]), n, np.int32) for n, name in enumerate(names)])
        at_us, received_us = (np.concatenate([each[name][n] for name in names]) for n in (0, 1))
        order = np.lexsort((owner, at_us))  # a device's own are in order, and the sort is stable
        owner = owner[order]
        past, kept = (np.bincount(owner[:n], minlength=len(names)) for n in cut.of(at_us[order], received_us[order]))
        counts = {name: (int(past[n]), int(kept[n])) for n, name in enumerate(names)}
    found: dict[str, ReadingColumns] = {}
    for name in names:
        at_us, received_us, code, value = each[name]
        begun, kept_here = counts[name]
        found[name] = ReadingColumns(
            name, at_us[:kept_here], code[:kept_here], value[:kept_here], begun, received_us[:begun].copy()
        )
    return found


def _in_order(parts: Sequence[ReadingRows]) -> tuple[Longs, Longs, npt.NDArray[np.int8], Floats]:
    at_us, received_us, value = (
        _joined([getattr(one, name) for one in parts]) for name in ("at_us", "received_us", "value")
    )
    code = np.concatenate([one.code for one in parts]) if parts else np.zeros(0, np.int8)
    order = np.lexsort((code, at_us))
    columns = at_us[order].astype(np.int64), received_us[order].astype(np.int64)
    return *columns, code[order], value[order].astype(np.float64)


def frames_of(camera_id: str, parts: Sequence[FrameRows], looks: Sequence[ReadingRows], cut: Cut) -> FrameColumns:
    """Return the frames of one camera in the order of folding."""
    names: dict[str, int] = {}
    for part in parts:
        for text in part.labels:
            names.setdefault(text, len(names))
    at_us = _joined([one.at_us for one in parts]).astype(np.int64)
    received_us = _joined([one.received_us for one in parts]).astype(np.int64)
    counts = _joined([one.counts for one in parts]).astype(np.int64)
    codes = [np.array([names[n] for n in one.labels] or [0], np.int16)[one.label] for one in parts]
    label = np.concatenate(codes) if codes else np.zeros(0, np.int16)
    numbers = np.concatenate([one.numbers for one in parts]) if parts else np.zeros((0, 5))
    colours = _padded([one.colours for one in parts])
    first = np.concatenate(([0], np.cumsum(counts)))
    if np.any(np.diff(at_us) < 0):
        order = np.argsort(at_us, kind="stable")
        boxes = np.concatenate([np.arange(first[n], first[n + 1]) for n in order]) if len(order) else order
        at_us, received_us, counts = at_us[order], received_us[order], counts[order]
        label, numbers, colours = label[boxes], numbers[boxes], colours[boxes]
        first = np.concatenate(([0], np.cumsum(counts)))
    past, kept = cut.of(at_us, received_us)
    last = int(first[kept])
    confidence, x1, y1, x2, y2 = (np.ascontiguousarray(numbers[:last, n]) for n in range(5))
    return FrameColumns(
        camera_id,
        at_us[:kept],
        first[: kept + 1].astype(np.int64),
        label[:last],
        tuple(names),
        confidence,
        x1,
        y1,
        x2,
        y2,
        np.ascontiguousarray(colours[:last]),
        past,
        received_us[:past].copy(),
        readings_of(camera_id, looks, cut),
    )


def rows_from(
    recorded: Iterator[tuple[object, bool]], names: Mapping[str, frozenset[Quantity] | None]
) -> Iterator[Rows]:
    """Yield what was `recorded` of those names as rows: of a device its readings of those quantities, None: all."""
    readings: dict[str, list[tuple[int, int, int, float]]] = {}
    frames: dict[str, list[Frame]] = {}
    for one, late in recorded:
        if late:
            continue
        if isinstance(one, Reading):
            wanted = names.get(one.device_id, frozenset())
            if wanted is None or one.quantity in wanted:
                row = (micros(one.measured_at), micros(one.received_at), CODE[one.quantity], one.value)
                readings.setdefault(one.device_id, []).append(row)
        elif isinstance(one, Frame) and one.camera_id in names:
            frames.setdefault(one.camera_id, []).append(one)
    for name, rows in readings.items():
        yield ReadingRows(
            device_id=name,
            at_us=np.array([row[0] for row in rows], np.int64),
            received_us=np.array([row[1] for row in rows], np.int64),
            code=np.array([row[2] for row in rows], np.int8),
            value=np.array([row[3] for row in rows], np.float64),
        )
    for name, seen in frames.items():
        labels = sorted({box.label for frame in seen for box in frame.boxes})
        yield FrameRows(
            camera_id=name,
            at_us=np.array([micros(frame.captured_at) for frame in seen], np.int64),
            received_us=np.array([micros(frame.received_at) for frame in seen], np.int64),
            counts=np.array([len(frame.boxes) for frame in seen], np.int64),
            label=np.array([labels.index(box.label) for frame in seen for box in frame.boxes], np.int16),
            labels=tuple(labels),
            numbers=np.array(
                [(box.confidence, box.x1, box.y1, box.x2, box.y2) for frame in seen for box in frame.boxes], np.float64
            ).reshape(-1, 5),
            colours=colours_of([box.colours for frame in seen for box in frame.boxes]),
        )


def colours_of(told: Sequence[bytes]) -> Bytes:
    """Return the colours of each box as a row: no columns where none has any, nought where one has none."""
    if not any(told):
        return np.zeros((len(told), 0), np.uint8)
    none = bytes(COLOURS_BYTES)
    return np.frombuffer(b"".join(one or none for one in told), np.uint8).reshape(-1, COLOURS_BYTES)


def _told(rows: Bytes) -> list[bytes]:
    """Return the colours of each row, none where it is nought."""
    raw, wide = rows.tobytes(), rows.shape[1]
    if not wide:
        return [b""] * len(rows)
    return [raw[at : at + wide] if any(raw[at : at + wide]) else b"" for at in range(0, len(raw), wide)]


def _padded(parts: Sequence[Bytes]) -> Bytes:
    wide = max((part.shape[1] for part in parts), default=0)
    widened = [np.pad(part, ((0, 0), (0, wide - part.shape[1]))) for part in parts]
    return np.concatenate(widened) if widened else np.zeros((0, 0), np.uint8)


def _joined(parts: Sequence[npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
