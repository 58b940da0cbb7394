"""Who was heard when goes in, on the hub's own clock; who has fallen silent, and who speaks again, comes out.

A device is silent when nothing of it was heard for a number of its own intervals, or a short grace after its last will.
A gateway is silent when neither it nor any device behind it was heard: one finding, its devices as members. A device
behind a gateway is reported alone only once the gateway has given a sign of life *after* the device was overdue: until
then it cannot be told which of the two it is. A camera is lost when no frame of it came for a while.

Time in which the hub did not listen never counts: after `resume` everybody has the full grace again. What falls due is
found at the instant it was due, whenever `advance` is called; time passes before a message is heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush

from detectors.finding import Finding, Number, OpenFinding, Phase, Reason
from detectors.outages import OUTAGES
from detectors.thresholds import Thresholds
from detectors.watches import CAMERA_LOST, DEVICE_SILENT, NEVER, Watch, watched_cameras, watched_devices
from ingest.city import City
from ingest.observation import Frame, Observation, Reading, Status


class Silence:
    """The rules `device.silent` and `camera.lost` over everything that `city` expects to hear of in `grids`."""

    rules = (DEVICE_SILENT, CAMERA_LOST)

    def __init__(
        self,
        city: City,
        thresholds: Thresholds,
        *,
        grids: frozenset[str] | None = None,
        open_findings: Sequence[OpenFinding] = (),
        listening_since: datetime,
    ) -> None:
        self.devices = watched_devices(city, thresholds, grids, listening_since)
        self.cameras = watched_cameras(city, thresholds, grids, listening_since)
        for found in open_findings:
            watch = (self.devices if found.rule == DEVICE_SILENT else self.cameras).get(found.subject)
            if watch is not None and watch.rule == found.rule and watch.is_judged:
                watch.open_since = found.since
        self._queue: list[tuple[datetime, str, str]] = []
        self.next_due = NEVER  # nothing falls due before this instant
        self._queue_all()

    @property
    def memory_s(self) -> float:
        """Tell how far back it must hear to date a silence rightly, an hour at most."""
        graces = [watch.grace.total_seconds() for watch in self.watches()]
        return min(3600.0, max(graces, default=0.0))

    def hear(self, watch: Watch, at: datetime) -> list[Finding]:
        """Return what is found because `watch` gave a sign of life at `at`; call `advance(at)` before."""
        watch.heard = at
        watch.offline_at = None
        gateway = watch.gateway
        if gateway is None:
            if watch.open_since is None and not watch.waiting:
                return []
        else:
            gateway.heard = at
            gateway.offline_at = None
            if watch.open_since is None and gateway.open_since is None and not gateway.waiting:
                return []
        return self._heard_in_trouble(watch, at)

    def tell(self, watch: Watch, status: Status, at: datetime) -> list[Finding]:
        """Return what is found because `status` of `watch` came in at `at`; call `advance(at)` before.

        A retained status is the last state, not news: "online" proves nothing about now, "offline" is believed.
        """
        if not status.online:
            watch.outage = status.outage  # why it is away is often known only after some attempts
            if watch.offline_at is None:
                watch.offline_at = at
                self._enqueue(watch)
            return []
        if status.retained or watch.rule == CAMERA_LOST:  # a camera proves by frames alone that it sees
            watch.offline_at = None
            self._enqueue(watch)
            return []
        return self.hear(watch, at)

    def advance(self, at: datetime) -> list[Finding]:
        """Return what fell due before `at`, each at its own instant. Everything received before `at` was heard."""
        if at <= self.next_due:
            return []
        findings: list[Finding] = []
        while self._queue and self._queue[0][0] < at:
            due, rule, subject = heappop(self._queue)
            watch = (self.devices if rule == DEVICE_SILENT else self.cameras)[subject]
            if watch.queued_at != due:
                continue  # was queued again for another instant
            watch.queued_at = None
            if watch.open_since is not None:
                continue
            now_due = watch.due()
            if now_due > due:
                self._enqueue(watch)
            elif watch.gateway is None:
                findings.append(self._raise(watch, now_due))
            elif watch.gateway.open_since is None:
                watch.gateway.waiting[subject] = watch
        self.next_due = self._queue[0][0] if self._queue else NEVER
        return findings

    def resume(self, at: datetime) -> None:
        """Start everybody's grace again at `at`: the hub has been deaf. What is open stays open."""
        for watch in self.watches():
            watch.listened_from = max(at, watch.listened_from)
            watch.returning_since = None
            watch.queued_at = None
            watch.waiting.clear()
        self._queue_all()

    def recall(self, observation: Observation) -> None:
        """Note what was recorded before this hub listened: it dates a silence, it neither raises nor ends one."""
        at = observation.received_at
        if isinstance(observation, Reading):
            watch = self.devices.get(observation.device_id)
        elif isinstance(observation, Frame):
            watch = self.cameras.get(observation.camera_id)
        else:
            watch = self.devices.get(observation.device_id) or self.cameras.get(observation.device_id)
            if watch is None:
                return
            if not observation.online:
                watch.offline_at, watch.outage = watch.offline_at or at, observation.outage
                self._enqueue(watch)
                return
            if observation.retained or watch.rule == CAMERA_LOST:
                watch.offline_at = None
                return
        for heard in (watch, watch.gateway) if watch is not None else ():
            if heard is not None:
                heard.offline_at = None
                heard.heard = at if heard.heard is None else max(heard.heard, at)

    def _heard_in_trouble(self, watch: Watch, at: datetime) -> list[Finding]:
        findings = []
        gateway = watch.gateway
        if gateway is not None and gateway.open_since is not None:
            findings += self._returned(gateway, at)  # the cause ends before its consequences
        if watch.open_since is not None:
            findings += self._returned(watch, at)
        speaker = gateway or watch
        # The gateway lives, and these were overdue: they are silent by themselves.
        waiting = sorted(speaker.waiting.items())
        speaker.waiting.clear()
        for _, other in waiting:
            if other.open_since is None and other.due() < at:
                findings.append(self._raise(other, at))
            else:
                self._enqueue(other)
        return findings

    def _returned(self, watch: Watch, at: datetime) -> list[Finding]:
        if watch.clear_after:
            if watch.returning_since is None or watch.returned_at is None or at - watch.returned_at > watch.grace:
                watch.returning_since = at
            watch.returned_at = at
            if at - watch.returning_since < watch.clear_after:
                return []
        cleared = self._finding(watch, at, Phase.CLEARED)
        watch.open_since = watch.returning_since = None
        self._enqueue(watch)
        for device in watch.behind:  # they could not be heard while their gateway was silent
            device.listened_from = at
            if device.open_since is None:
                self._enqueue(device)
        return [cleared]

    def _raise(self, watch: Watch, at: datetime) -> Finding:
        watch.open_since = watch.heard if watch.heard is not None else (watch.offline_at or watch.listened_from)
        watch.returning_since = None
        watch.waiting.clear()
        return self._finding(watch, at, Phase.RAISED)

    def _finding(self, watch: Watch, at: datetime, phase: Phase) -> Finding:
        since = watch.open_since
        assert since is not None
        silent_s = round(max(0.0, (at - since).total_seconds()), 3)
        limit_s = watch.grace.total_seconds()
        numbers: dict[str, Number] = {"silent_s": silent_s, "limit_s": limit_s, "offline": watch.offline_at is not None}
        what = "frame" if watch.rule == CAMERA_LOST else "message"
        if watch.interval_s:
            numbers["interval_s"] = watch.interval_s
        if watch.behind:
            numbers["devices"] = len(watch.behind)
        if phase is Phase.CLEARED:
            text = f"{watch.subject} is heard again, {silent_s:.0f} s after it fell silent"
        elif watch.offline_at is not None:
            last = f"no {what} of it was heard" if watch.heard is None else f"its last {what} came {silent_s:.0f} s ago"
            why = ""
            if watch.outage:
                numbers["outage"] = watch.outage
                why = f", {OUTAGES.get(watch.outage, watch.outage)}"
            text = f"{watch.subject} reported itself offline{why}; {last}"
        else:
            text = f"no {what} of {watch.subject} for {silent_s:.0f} s, limit {limit_s:.0f} s"
            if watch.behind:
                text += f", nor of any of the {len(watch.behind)} devices behind it"
            elif watch.interval_s:
                text += f"; it should report every {watch.interval_s:g} s"
        return Finding(
            rule=watch.rule,
            subject=watch.subject,
            grid=watch.grid,
            since=since,
            at=at,
            phase=phase,
            severity=watch.severity,
            reason=Reason(text, numbers),
            members=tuple(sorted(device.subject for device in watch.behind)),
            camera_id=watch.subject if watch.rule == CAMERA_LOST else None,
        )

    def watches(self) -> Iterator[Watch]:
        """Yield everything that is watched."""
        yield from self.devices.values()
        yield from self.cameras.values()

    def _queue_all(self) -> None:
        self._queue = []
        for watch in self.watches():
            watch.queued_at = None
            if watch.open_since is None:
                watch.queued_at = watch.due()
                self._queue.append((watch.queued_at, watch.rule, watch.subject))
        heapify(self._queue)
        self.next_due = self._queue[0][0] if self._queue else NEVER

    def _enqueue(self, watch: Watch) -> None:
        if watch.open_since is not None:
            return
        due = watch.due()
        if watch.queued_at is None or due < watch.queued_at:
            watch.queued_at = due
            heappush(self._queue, (due, watch.rule, watch.subject))
            self.next_due = self._queue[0][0]
