"""The demo's cameras on the wire: any client gets a live stream from a keyframe on, and none can do harm."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import av
import numpy as np
import pytest

from hub import clock
from hub.demo.camera_stories import CAMERAS, DemoCamera, Outage
from hub.demo.camera_stream import Broadcast, Encoder
from hub.demo.cameras import RATE_FPS, DemoCameraServer, serve

DEADLINE_S = 30.0
TRAFFIC = CAMERAS[3]
OPTIONS = {"probesize": "65536", "analyzeduration": "300000"}


def until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < end_s, "this did not come about in time"
        time.sleep(0.02)


@contextmanager
def on_air(*cameras: DemoCamera, started_at: datetime | None = None) -> Iterator[DemoCameraServer]:
    ports = {camera.camera_id: 0 for camera in cameras}
    server = DemoCameraServer(ports, started_at or clock.now(), "Asia/Shanghai", cameras=cameras)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def first_frames(port: int, count: int) -> list[av.VideoFrame]:
    with av.open(f"tcp://127.0.0.1:{port}", timeout=DEADLINE_S, options=OPTIONS) as container:
        frames = []
        for frame in container.decode(video=0):
            frames.append(frame)
            if len(frames) == count:
                return frames
    raise AssertionError(f"the stream ended after {len(frames)} frames")


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_client_decodes_frames_that_begin_with_a_keyframe_and_advance_in_time() -> None:
    with on_air(replace(TRAFFIC, outage=None)) as server:
        frames = first_frames(server.ports["cam-04"], 6)
    assert frames[0].key_frame
    assert {(frame.width, frame.height) for frame in frames} == {(640, 360)}
    times = [frame.time for frame in frames]
    gaps = np.diff(times)
    assert (gaps > 0).all()
    assert float(np.median(gaps)) == pytest.approx(1 / RATE_FPS, rel=0.5)
    assert frames[0].to_ndarray(format="bgr24").std() > 10  # a picture, not a blank


def test_two_clients_watch_one_camera_and_the_second_also_begins_with_a_keyframe() -> None:
    with on_air(replace(TRAFFIC, outage=None)) as server:
        port = server.ports["cam-04"]
        with av.open(f"tcp://127.0.0.1:{port}", timeout=DEADLINE_S, options=OPTIONS) as first:
            running = first.decode(video=0)
            next(running)
            assert first_frames(port, 2)[0].key_frame
            next(running)


def test_a_camera_that_fails_hangs_up_refuses_and_comes_back_with_its_story_going_on() -> None:
    failing = replace(TRAFFIC, outage=Outage(4.0, 6.0, 3600.0))
    with on_air(failing) as server:
        port = server.ports["cam-04"]
        with av.open(f"tcp://127.0.0.1:{port}", timeout=DEADLINE_S, options=OPTIONS) as container:
            before = [frame.time for frame in container.decode(video=0)]
        until(lambda: refused(port))
        until(lambda: not refused(port))
        (after,) = (frame.time for frame in first_frames(port, 1))
    assert before, "there was a picture before the outage"
    assert after - before[0] > 2.0


def test_the_story_counts_from_the_citys_start() -> None:
    hours_ago = clock.ago(3 * 3600.0)
    with on_air(replace(TRAFFIC, outage=None), started_at=hours_ago) as server:
        (frame,) = first_frames(server.ports["cam-04"], 1)
    assert frame.time == pytest.approx(3 * 3600.0, abs=DEADLINE_S)


def test_serve_runs_until_it_is_stopped_and_leaves_its_ports() -> None:
    stop = threading.Event()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        base = holder.getsockname()[1]
    ports = {camera.camera_id: base if k == 0 else 0 for k, camera in enumerate(CAMERAS)}
    thread = threading.Thread(target=serve, args=(ports, clock.now(), "Asia/Shanghai", stop))
    thread.start()
    try:
        until(lambda: not refused(base))
        assert first_frames(base, 1)[0].key_frame
    finally:
        stop.set()
        thread.join(DEADLINE_S)
    assert not thread.is_alive()
    assert refused(base)


def test_a_taken_port_is_named() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        server = DemoCameraServer({"cam-04": port}, clock.now(), "Asia/Shanghai", cameras=[TRAFFIC])
        with pytest.raises(OSError, match=str(port)):
            server.start()


def test_ports_for_other_cameras_and_a_start_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="cam-04"):
        DemoCameraServer({"cam-9": 0}, clock.now(), "Asia/Shanghai", cameras=[TRAFFIC])
    with pytest.raises(ValueError, match="timezone"):
        DemoCameraServer({"cam-04": 0}, clock.now().replace(tzinfo=None), "Asia/Shanghai", cameras=[TRAFFIC])


def caller(broadcast: Broadcast, now_s: float = 0.0) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", broadcast.port), timeout=5)
    until(lambda: (broadcast.welcome(now_s), broadcast.wants_keyframe)[1])
    return connection


def test_who_connects_in_between_waits_for_a_beginning() -> None:
    with Broadcast(0) as broadcast:
        connection = caller(broadcast)
        broadcast.send(b"middle", begins=False)
        broadcast.send(b"begin", begins=True)
        broadcast.send(b"-next", begins=False)
        broadcast.flush(0.0)
        assert not broadcast.wants_keyframe
        assert connection.recv(100) == b"begin-next"
        connection.close()


def test_who_stops_reading_is_dropped_before_much_piles_up() -> None:
    with Broadcast(0) as broadcast:
        connection = caller(broadcast)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent = 0
        while broadcast.watched and sent < 64 * 1024 * 1024:
            broadcast.send(b"x" * 100_000, begins=True)
            broadcast.flush(1.0)
            sent += 100_000
        assert not broadcast.watched
        assert sent < 32 * 1024 * 1024
        connection.close()


def test_who_takes_nothing_for_long_is_dropped_even_if_little_waits() -> None:
    with Broadcast(0) as broadcast:
        connection = caller(broadcast)
        while broadcast.watched:  # fill the kernel's buffers up to less than the limit
            broadcast.send(b"x" * 50_000, begins=True)
            broadcast.flush(0.0)
            if any(client.waiting for client in broadcast._clients):
                break
        assert broadcast.watched
        broadcast.flush(5.0)
        assert broadcast.watched
        broadcast.flush(9.0)
        assert not broadcast.watched
        connection.close()


def test_who_has_gone_is_forgotten_and_others_stay() -> None:
    with Broadcast(0) as broadcast:
        gone, stays = caller(broadcast), caller(broadcast)
        gone.close()

        def one_left() -> bool:
            broadcast.send(b"x", begins=True)
            broadcast.flush(0.0)
            return len(broadcast._clients) == 1

        until(one_left)
        assert stays.recv(1) == b"x"
        stays.close()


def test_the_encoder_begins_with_a_keyframe_repeats_it_and_gives_one_when_asked() -> None:
    encoder = Encoder(640, 360, RATE_FPS)
    picture = np.random.default_rng(1).integers(0, 255, (360, 640, 3)).astype(np.uint8)
    begins = []
    for k in range(25):
        data, begin = encoder.encode(picture, k / RATE_FPS, keyframe=k == 5)
        assert data, "every frame leaves at once"
        assert data[0] == 0x47  # a transport stream packet
        begins.append(begin)
    encoder.close()
    found = [k for k, begin in enumerate(begins) if begin]
    assert found[:2] == [0, 5]
    assert len(found) >= 3
