"""Files of recorded observations go in, a recording comes out, and back: what the database holds, for who has none.

One JSON object a line, as it goes over MQTT: `{"at", "boxes": […]}` is a frame (what `analyse --save-detections`
writes), `{"at", "values": {…}}` are readings, `{"at", "online": false}` is a status. Beside it each line may say whose
it is (`device`, or `camera`) and when it was received (`received_at`; else as soon as it was measured). The bytes take
the way that a message takes, so what the hub would not read is refused here too, with its line.
"""

from __future__ import annotations

import json
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from hub.alerts.alert import Alert
from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from ingest import topics
from ingest.city import City, DeviceKind
from ingest.decode import Decoder
from ingest.observation import Box, Frame, Observation, Reading, Status

SHOWN = 20  # problems: a file of the wrong kind has one on each line


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody listened without a break."""

    since: datetime
    until: datetime


class FileRecording:
    """The observations of some files, in the order received (hub.tuning.replay.Recording)."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        """Take what was read; what was received at one instant keeps its order."""
        self.observations = sorted(observations, key=lambda one: one.received_at)
        self._received = [one.received_at for one in self.observations]

    @property
    def since(self) -> datetime:
        """The first moment at which something was received."""
        return self._received[0]

    def until(self, configuration: Configuration) -> datetime:
        """Return when the last of it has been judged: after it waited for stragglers, before anything falls silent."""
        waits = configuration.thresholds.lateness_s.model_dump().values()
        return self._received[-1] + timedelta(seconds=max(waits) + 1.0)

    def alerts_as_of(self, grids: Sequence[str] | None, moment: datetime, since: datetime) -> list[Alert]:
        """Return nothing: a file knows of no alert from before it."""
        return []

    def recorded(
        self,
        grids: Sequence[str] | None,
        received_from: datetime,
        received_to: datetime,
        *,
        nights_of: Configuration | None = None,
    ) -> Iterator[tuple[Observation, bool]]:
        """Yield what was received in [from, to), in order, none of it late."""
        first, last = bisect_left(self._received, received_from), bisect_left(self._received, received_to)
        for one in self.observations[first:last]:
            yield one, False

    def listening(self, since: datetime, until: datetime, grids: Sequence[str] | None = None) -> Sequence[Heard]:
        """Return the whole span: a file does not say when nobody listened."""
        return [Heard(since, until)]


def read_recordings(paths: Sequence[Path], city: City, *, of: str | None = None) -> FileRecording:
    """Return the recording in `paths`; lines that name nobody are of `of`. Raises ConfigError, one line a problem."""
    decoder = Decoder(city)
    found: list[Observation] = []
    problems: list[str] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            problems.append(f"{path}: cannot be read: {error.strerror}")
            continue
        except UnicodeDecodeError as error:
            problems.append(f"{path}: is not UTF-8 (byte {error.start}): a recording is JSON lines")
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip() and len(problems) < SHOWN:
                try:
                    found += _line(line, city, decoder, of)
                except ValueError as error:
                    problems.append(f"{path}:{number}: {error}")
    if problems:
        raise ConfigError(problems)
    if not found:
        raise ConfigError([f"{', '.join(map(str, paths))}: holds no observation"])
    return FileRecording(found)


def written(observations: Iterable[Observation]) -> Iterator[str]:
    """Yield `observations` as the lines of such a file: what they were, whose, and when they were received."""
    for _, together in groupby(observations, key=_message):
        first, *others = together
        head = {"at": _shown(_at(first)), "received_at": _shown(first.received_at)}
        match first:
            case Reading():
                values = {each.quantity.value: each.value for each in (first, *others) if isinstance(each, Reading)}
                line: dict[str, Any] = {**head, "device": first.device_id, "values": values}
            case Status():
                outage = {"outage": first.outage} if first.outage else {}
                line = {**head, "device": first.device_id, "online": first.online, **outage}
            case Frame():
                line = {**head, "camera": first.camera_id, "boxes": [_box(box) for box in first.boxes]}
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _message(one: Observation) -> tuple[object, ...]:
    """Return what tells one line from the next: readings of one device and instant travel together, once each."""
    if isinstance(one, Reading):
        return ("values", one.device_id, one.measured_at, one.received_at)
    return (id(one),)


def _at(one: Observation) -> datetime:
    match one:
        case Reading():
            return one.measured_at
        case Status():
            return one.reported_at
        case Frame():
            return one.captured_at


def _box(box: Box) -> dict[str, Any]:
    track = {} if box.track_id is None else {"track": box.track_id}
    colours = {"colours": b64encode(box.colours).decode()} if box.colours else {}
    corners = [box.x1, box.y1, box.x2, box.y2]
    return {"label": box.label, "confidence": box.confidence, **track, "box": corners, **colours}


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _line(line: str, city: City, decoder: Decoder, of: str | None) -> Sequence[Observation]:
    """Return what one line holds; raise ValueError that says what is wrong."""
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None
    if not isinstance(entry, dict):
        raise ValueError("must be one JSON object")
    whose = entry.get("camera") or entry.get("device") or of
    if not isinstance(whose, str):
        raise ValueError("does not say whose it is: add `device` or `camera` to the line, or give --of")
    received = _instant(entry, "received_at" if "received_at" in entry else "at")
    out = decoder.decode(_topic(entry, whose, city), line.encode(), received)
    if out.quarantined:
        raise ValueError(f"{out.quarantined[0].detail} ({out.quarantined[0].reason.value})")
    return out.observations


def _topic(entry: dict[str, Any], whose: str, city: City) -> str:
    camera, device = city.cameras.get(whose), city.devices.get(whose)
    if camera is None and device is None:
        raise ValueError(f"the city has no device or camera {whose}")
    kind = DeviceKind.CAMERA if camera is not None else device.kind if device is not None else DeviceKind.GATEWAY
    grid = camera.grid if camera is not None else device.grid if device is not None else ""
    if "boxes" in entry:
        if camera is None:
            raise ValueError(f"{whose} is no camera, and only a camera sees boxes")
        return topics.detections(grid, whose)
    if "values" in entry:
        return topics.telemetry(grid, kind, whose)
    if "online" in entry:
        return topics.status(grid, kind, whose)
    raise ValueError("holds neither `boxes` nor `values` nor `online`")


def _instant(entry: dict[str, Any], name: str) -> datetime:
    text = entry.get(name)
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 1970 <= found.year <= 9000:
        raise ValueError(f"`{name}` is {text!r}: a time like 2026-11-22T18:00:00+08:00 is needed")
    return found
