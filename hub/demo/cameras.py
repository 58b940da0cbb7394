"""Ports and a starting instant in, four live street cameras out: H.264 in MPEG-TS on tcp://127.0.0.1:PORT.

Pictures are rendered as they are needed and only for cameras that somebody watches; all four together take about
a sixth of one core. One thread does it all.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import cv2
import structlog

from hub import clock
from hub.demo.camera_light import light_at
from hub.demo.camera_stories import CAMERAS, DemoCamera, Outage, scene_in, weather_of
from hub.demo.camera_stream import Broadcast, Encoder
from hub.demo.scenes.description import Light
from hub.demo.scenes.render import Renderer

__all__ = ["CAMERAS", "RATE_FPS", "DemoCamera", "DemoCameraServer", "Outage", "serve"]

RATE_FPS = 7
_LIGHT_EVERY_S = 60.0

_log = structlog.get_logger(__name__)


class _Channel:
    """One camera on the air: its picture in the present light, its encoder while it has viewers, its socket."""

    def __init__(self, camera: DemoCamera, port: int) -> None:
        self.camera = camera
        self.broadcast = Broadcast(port)
        self._encoder: Encoder | None = None
        self._renderer: Renderer | None = None
        self._light: Light | None = None
        self._light_read_s = float("-inf")

    def step(self, story_s: float, wall: datetime, now_s: float) -> None:
        """Send the picture of second `story_s`, or refuse everybody during the outage."""
        if self.camera.outage is not None and self.camera.outage.covers(story_s):
            self.hang_up()
            return
        self.broadcast.open()
        self.broadcast.welcome(now_s)
        if not self.broadcast.watched:
            self._stop_encoding()
            return
        view = self.camera.scene.view
        if self._encoder is None:
            self._encoder = Encoder(view.width_px, view.height_px, RATE_FPS)
        picture = self._lit(wall, now_s).frame(story_s)
        data, begins = self._encoder.encode(picture, story_s, keyframe=self.broadcast.wants_keyframe)
        self.broadcast.send(data, begins=begins)
        self.broadcast.flush(now_s)

    def hang_up(self) -> None:
        """Close the socket and forget the stream."""
        self.broadcast.close()
        self._stop_encoding()

    def _stop_encoding(self) -> None:
        if self._encoder is not None:
            self._encoder.close()
            self._encoder = None

    def _lit(self, wall: datetime, now_s: float) -> Renderer:
        if self._renderer is None or now_s - self._light_read_s >= _LIGHT_EVERY_S:
            self._light_read_s = now_s
            light = light_at(wall, weather_of(self.camera))
            if self._renderer is None or light != self._light:
                self._light = light
                self._renderer = Renderer(scene_in(self.camera, light))
        return self._renderer


class DemoCameraServer:
    """The demo's cameras on their ports, in one thread between `start` and `stop`.

    The stories count from `started_at`, so a server that is started again goes on where the city is. A port of 0
    lets the system choose; `ports` then tells which it chose.
    """

    def __init__(
        self,
        ports: Mapping[str, int],
        started_at: datetime,
        timezone: str,
        *,
        cameras: Sequence[DemoCamera] = CAMERAS,
        stop: threading.Event | None = None,
    ) -> None:
        if started_at.tzinfo is None:
            raise ValueError("started_at needs a timezone")
        known = {camera.camera_id for camera in cameras}
        if set(ports) != known:
            raise ValueError(f"ports are needed for exactly {', '.join(sorted(known))}, not {', '.join(sorted(ports))}")
        self._channels = [_Channel(camera, ports[camera.camera_id]) for camera in cameras]
        self._started_at = started_at
        self._zone = ZoneInfo(timezone)
        self._stop = stop or threading.Event()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def ports(self) -> dict[str, int]:
        """The port of each camera."""
        return {channel.camera.camera_id: channel.broadcast.port for channel in self._channels}

    def start(self) -> None:
        """Listen on every port, then go on the air; raise OSError where a port is taken."""
        try:
            for channel in self._channels:
                channel.broadcast.open()
        except OSError:
            self._hang_up()
            raise
        self._thread = threading.Thread(target=self._guarded, name="demo-cameras", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hang up, wait for the thread, and raise what it failed with, if it did."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def run(self) -> None:
        """Serve in this thread until asked to stop."""
        cv2.setNumThreads(1)
        period_s = 1 / RATE_FPS
        slots = len(self._channels)
        begun_s = time.monotonic()
        begun_at = clock.now()
        before_s = (begun_at - self._started_at).total_seconds()
        turn = 0
        try:
            while not self._stop.is_set():
                # The cameras take turns within a period, so that the work is spread evenly.
                due_s = begun_s + turn * period_s / slots
                now_s = time.monotonic()
                if due_s > now_s:
                    if self._stop.wait(due_s - now_s):
                        break
                elif now_s - due_s > period_s:  # too slow or suspended: leave pictures out
                    turn += int((now_s - due_s) * slots / period_s)
                now_s = time.monotonic()
                passed_s = now_s - begun_s
                wall = (begun_at + timedelta(seconds=passed_s)).astimezone(self._zone)
                self._channels[turn % slots].step(before_s + passed_s, wall, now_s)
                turn += 1
        finally:
            self._hang_up()

    def _guarded(self) -> None:
        try:
            self.run()
        except Exception as error:
            _log.exception("demo cameras failed")
            self._failure = error

    def _hang_up(self) -> None:
        for channel in self._channels:
            channel.hang_up()


def serve(ports: dict[str, int], started_at: datetime, timezone: str, stop: threading.Event) -> None:
    """Serve all cameras in this thread until `stop` is set; raise OSError where a port is taken."""
    server = DemoCameraServer(ports, started_at, timezone, stop=stop)
    server.run()
