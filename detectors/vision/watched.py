"""One camera's pictures and boxes in, MQTT messages out: time, tracks, evidence, health and status of that camera.

It owns no process and no socket: the worker feeds it, so tests can too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

import numpy as np

from detectors.vision import evidence, handover, payloads, pictures, tracker
from detectors.vision.labels import PERSON
from detectors.vision.lookout import Lookout, Store, key_of, values
from detectors.vision.settings import VisionSettings
from ingest import live_picture, topics
from ingest.city import Camera, DeviceKind
from ingest.observation import Box, Quantity

log = logging.getLogger(__name__)

SHOWN_QUALITY = 70

_STEP = timedelta(milliseconds=1)


class Wire(Protocol):
    """Where messages go: the broker, or a list in a test."""

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> object:
        """Send `payload`; never blocks, never raises on a lost broker."""
        ...

    def offer(self, topic: str, payload: bytes) -> object:
        """Send what is worth something now or never, where the wire is free."""
        ...

    def subscribe(self, topic: str, callback: Callable[[str, bytes], None]) -> object:
        """Call `callback` with topic and payload of every message on `topic`, on a thread of the wire's own."""
        ...


@dataclass(slots=True)
class _Counted:
    """What the last health message was reckoned from."""

    at_s: float
    decoded: int = 0
    skipped: int = 0


class Watched:
    """What is known of one camera while it is watched."""

    def __init__(
        self,
        camera: Camera,
        *,
        wire: Wire,
        settings: VisionSettings,
        zone: tzinfo = UTC,
        shelf: evidence.Shelf | None = None,
        views: Store | None = None,
    ) -> None:
        """Take the camera; `zone` is the timezone of the times that are drawn into evidence, which lies on `shelf`.

        `views` is where what is learned of its view outlives the process.
        """
        self.camera = camera
        self._wire, self._settings, self._zone = wire, settings, zone
        self._tracks = tracker.Tracks()
        self._ring = evidence.Ring(keep_s=settings.evidence_s, keep_bytes=settings.evidence_bytes, shelf=shelf)
        self._lookout = Lookout(camera.camera_id, every_s=settings.view_every_s, key=key_of(camera), store=views)
        self._last_at: datetime | None = None
        self._last_picture_s: float | None = None
        self._since_s: float | None = None
        self._online: bool | None = None
        self._outage = ""
        self._seq = self._health_seq = 0
        self._processed = 0
        self._inference_s = 0.0
        self._counted: _Counted | None = None
        self._seen_at: datetime | None = None
        self._seen: Sequence[Box] = ()

    def continue_from(self, before: Watched) -> None:
        """Take over from what watched the same camera before its settings changed: its evidence and its numbers.

        What it said of the camera stays said, and no time comes twice. Tracks begin anew, for the picture may be
        another one now.
        """
        old, new = before._settings, self._settings
        if (old.evidence_s, old.evidence_bytes, old.evidence_on_disk) == (
            new.evidence_s,
            new.evidence_bytes,
            new.evidence_on_disk,
        ):
            self._ring = before._ring
        self._lookout.continue_from(before._lookout)
        self._last_at, self._online, self._outage = before._last_at, before._online, before._outage
        self._seq, self._health_seq = before._seq, before._health_seq

    def instant(self, at_s: float, now_s: float, now: datetime) -> datetime:
        """Return the wall time of a picture taken at `at_s` on the monotonic clock; later than every one before."""
        at = now - timedelta(seconds=now_s - at_s)
        if self._last_at is not None:
            at = max(at, self._last_at + _STEP)
        self._last_at = at
        return at

    def processed(
        self, picture: handover.Picture, boxes: Sequence[Box], *, now_s: float, now: datetime, inference_s: float
    ) -> None:
        """Track and publish the boxes of a picture and keep it as evidence."""
        at = self.instant(picture.at_s, now_s, now)
        bgr = np.frombuffer(picture.bgr, np.uint8).reshape(picture.height_px, picture.width_px, 3)
        self._tracks, named = tracker.follow(self._tracks, pictures.coloured(bgr, boxes), picture.at_s)
        self._last_picture_s = now_s
        self._processed += 1
        self._inference_s += inference_s
        if self._online is not True:
            self._say(True, at)
        self._wire.publish(self._topic(topics.detections), payloads.detections(at, self._seq, named))
        self._seq += 1
        self._seen_at, self._seen = at, named
        if picture.jpeg:
            self._ring.add(evidence.Kept(at, picture.jpeg, tuple(box for box in named if box.label == PERSON)))
        if self._lookout.is_due(picture.at_s):
            self._look(picture, at)

    def tend(self, totals: handover.Report, reconnects: int, *, now_s: float, now: datetime) -> None:
        """Say that the stream is lost when it is, and how the camera does when that is due."""
        if self._since_s is None or totals.starting:  # where many captures start at once, that takes its time
            self._since_s = now_s
        seen_s = self._since_s if self._last_picture_s is None else self._last_picture_s
        if self._online is not False and now_s - seen_s > self._settings.lost_after_s:
            log.warning("camera %s is lost: %s", self.camera.camera_id, totals.detail or "no pictures come")
            self._say(False, now, totals.outage)
        elif self._online is False and totals.outage not in ("", self._outage):
            self._say(False, now, totals.outage)
        if self._counted is None:
            self._counted = _Counted(now_s)
        elif now_s - self._counted.at_s >= self._settings.health_every_s:
            self._tell_health(totals, reconnects, now_s, now)

    def answer(self, payload: bytes) -> list[tuple[str, evidence.Answer]]:
        """Send the pictures that a request asks for; return what became of each, by its kind."""
        try:
            asked = payloads.request(payload)
        except payloads.RequestError as error:
            log.warning("camera %s: a request for evidence cannot be read: %s", self.camera.camera_id, error)
            return []
        became = []
        for wanted in asked.pictures:
            answer, kept = self._ring.nearest(wanted.at)
            became.append((wanted.kind, answer))
            if kept is None:
                log.info(
                    "camera %s has no picture of %s for alert %s: %s",
                    self.camera.camera_id, wanted.at.isoformat(), asked.alert, answer.value,
                )  # fmt: skip
                # What is newer than all that is kept may still come: the hub asks again.
                if answer is not evidence.Answer.TOO_NEW:
                    said = payloads.no_evidence(asked.alert, wanted.kind, wanted.at, answer.value)
                    self._wire.publish(self._topic(topics.evidence), said)
                continue
            self._send(asked, wanted.kind, kept)
        return became

    @property
    def blurs(self) -> bool:
        """Whether persons are blurred: only a picture that the model has looked at may then be shown."""
        return self._settings.blur_persons

    def show(self, shown: handover.Shown, *, now_s: float, now: datetime) -> None:
        """Publish a picture for whoever watches, with what was last seen."""
        self._offer(now - timedelta(seconds=now_s - shown.at_s), shown.width_px, shown.height_px, shown.jpeg)

    def show_processed(self, picture: handover.Picture, width_px: int) -> None:
        """Publish the picture that was processed last, persons blurred, for whoever watches."""
        if self._seen_at is None:
            return
        bgr = np.frombuffer(picture.bgr, np.uint8).reshape(picture.height_px, picture.width_px, 3)
        people = [box for box in self._seen if box.label == PERSON]
        width, height, jpeg = pictures.shown(bgr, width_px, people, SHOWN_QUALITY)
        self._offer(self._seen_at, width, height, jpeg)

    def _offer(self, at: datetime, width_px: int, height_px: int, jpeg: bytes) -> None:
        header = live_picture.Header(
            camera=self.camera.camera_id,
            at=at,
            width=width_px,
            height=height_px,
            boxes_at=self._seen_at,
            boxes=live_picture.shown_boxes(self._seen),
        )
        self._wire.offer(self._topic(topics.picture), live_picture.pack(header, jpeg))

    def forget(self) -> None:
        """Let every kept picture go: the camera is watched no more."""
        self._ring.clear()

    def subscribe(self, callback: Callable[[str, bytes], None]) -> None:
        """Have `callback` called with the requests for this camera's evidence."""
        self._wire.subscribe(topics.evidence_request(self.camera.grid, self.camera.camera_id), callback)

    def subscribe_wishes(self, callback: Callable[[str, bytes], None]) -> None:
        """Have `callback` called with the wishes of those who watch this camera."""
        self._wire.subscribe(topics.picture_request(self.camera.grid, self.camera.camera_id), callback)

    def _send(self, asked: payloads.Request, kind: str, kept: evidence.Kept) -> None:
        quality = self._settings.jpeg_quality
        clean = pictures.blurred(kept.jpeg, kept.boxes, quality) if self._settings.blur_persons else kept.jpeg
        topic = self._topic(topics.evidence)
        self._wire.publish(topic, payloads.evidence(asked.alert, kind, kept.captured_at, clean))
        if asked.box is not None:
            when = kept.captured_at.astimezone(self._zone).isoformat(sep=" ", timespec="seconds")
            drawn = pictures.annotated(clean, asked.box, f"{asked.label} {when}".strip(), quality)
            self._wire.publish(topic, payloads.evidence(asked.alert, f"{kind}_annotated", kept.captured_at, drawn))

    def _look(self, picture: handover.Picture, at: datetime) -> None:
        """Publish how the view in a picture compares with the one that was learned."""
        bgr = np.frombuffer(picture.bgr, np.uint8).reshape(picture.height_px, picture.width_px, 3)
        verdict = self._lookout.look(bgr, picture.at_s, at.astimezone(self._zone))
        if verdict is not None:
            topic = topics.telemetry(self.camera.grid, DeviceKind.CAMERA, self.camera.camera_id)
            self._wire.publish(topic, payloads.telemetry(at, self._health_seq, values(verdict)))
            self._health_seq += 1

    def _say(self, online: bool, at: datetime, outage: str = "") -> None:
        self._online, self._outage = online, outage
        topic = topics.status(self.camera.grid, DeviceKind.CAMERA, self.camera.camera_id)
        self._wire.publish(topic, payloads.status(at, online, outage), retain=True)

    def _tell_health(self, totals: handover.Report, reconnects: int, now_s: float, now: datetime) -> None:
        before = self._counted or _Counted(now_s)
        span_s = max(1e-6, now_s - before.at_s)
        skipped = totals.still + totals.dropped
        values: dict[str, float] = {
            Quantity.DECODED_FPS.value: (totals.decoded - before.decoded) / span_s,
            Quantity.PROCESSED_FPS.value: self._processed / span_s,
            Quantity.SKIPPED_FPS.value: (skipped - before.skipped) / span_s,
            Quantity.RECONNECTS.value: reconnects,
        }
        if self._processed:
            values[Quantity.INFERENCE_MS.value] = self._inference_s / self._processed * 1000
        topic = topics.telemetry(self.camera.grid, DeviceKind.CAMERA, self.camera.camera_id)
        self._wire.publish(topic, payloads.telemetry(now, self._health_seq, values))
        self._health_seq += 1
        self._counted = _Counted(now_s, totals.decoded, skipped)
        self._processed, self._inference_s = 0, 0.0

    def _topic(self, build: Callable[[str, str], str]) -> str:
        return build(self.camera.grid, self.camera.camera_id)
