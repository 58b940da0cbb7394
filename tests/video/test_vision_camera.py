import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.outages import Outage
from detectors.vision.camera import StreamError, pictures
from detectors.vision.settings import VisionSettings
from tests.support.refusal import Refusal
from tests.support.video import StreamServer, crossing, standing, street, with_square, write_clip

SETTINGS = VisionSettings(open_timeout_s=3, read_timeout_s=1, hung_after_s=10)


def stamps_until_broken(url: str) -> tuple[list[float | None], StreamError]:
    stamps: list[float | None] = []
    try:
        for picture in pictures(url, SETTINGS):
            stamps.append(picture.pts_s)
    except StreamError as error:
        return stamps, error
    raise AssertionError("a stream must end with a StreamError")


@pytest.mark.parametrize(("codec", "ending"), [("libx264", "mp4"), ("libx265", "mp4"), ("libx264", "ts")])
def test_every_picture_of_a_recording_comes_with_its_stamp(tmp_path: Path, codec: str, ending: str) -> None:
    clip = write_clip(tmp_path / f"clip.{ending}", crossing, 2, codec=codec)
    stamps, error = stamps_until_broken(str(clip))
    assert error.why is Outage.ENDED
    assert len(stamps) == 20
    steps = [after - before for before, after in pairwise(stamps)]
    assert steps == pytest.approx([0.1] * 19, abs=0.001)


def keyed(folder: Path, seconds: int, gop: int) -> Path:
    """Write a clip of ten pictures a second with a key frame every `gop` pictures."""
    path = folder / "keyed.ts"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast", "g": str(gop), "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(seconds * 10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(crossing(number / 10), format="bgr24")))
        container.mux(stream.encode(None))
    return path


def seen(clip: Path, behind: Callable[[int], bool]) -> dict[float, NDArray[np.uint8]]:
    """Return the pictures by their time; `behind` is asked with how many came so far."""
    found: dict[float, NDArray[np.uint8]] = {}
    with suppress(StreamError):
        for picture in pictures(str(clip), SETTINGS, behind=lambda: behind(len(found))):
            assert picture.pts_s is not None
            found[round(picture.pts_s, 2)] = picture.fitted(320, 180)
    return found


def test_pictures_that_come_late_are_left_out_up_to_the_next_key_frame_and_no_further(tmp_path: Path) -> None:
    clip = keyed(tmp_path, seconds=8, gop=20)
    every = seen(clip, lambda _: False)
    first, *_ = every
    some = seen(clip, lambda count: count == 25)  # it falls behind after 25 pictures, and the next one has caught up
    left_out = [round(at_s - first, 1) for at_s in every if at_s not in some]
    assert left_out == [number / 10 for number in range(left_out_from(left_out), 40)], "up to the key frame at 4 s"
    assert 24 <= left_out_from(left_out) <= 26
    assert all((some[at_s] == every[at_s]).all() for at_s in some), "what is shown afterwards is whole"


def left_out_from(left_out: list[float]) -> int:
    return round(left_out[0] * 10)


def test_where_key_frames_are_rare_a_late_picture_is_better_than_none(tmp_path: Path) -> None:
    clip = keyed(tmp_path, seconds=14, gop=60)
    assert len(seen(clip, lambda _: True)) == len(seen(clip, lambda _: False))


def test_a_picture_is_made_small_and_fitted_without_bending_it(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", standing, 0.2)
    picture = next(iter(pictures(str(clip), SETTINGS)))
    assert picture.grey().shape == (45, 80)
    assert picture.fitted(160, 160).shape == (90, 160, 3)
    assert picture.fitted(4000, 4000).shape == (180, 320, 3)
    bright = picture.grey()[20:24, 33:38]
    assert bright.min() > 200
    assert picture.grey()[0:10, 0:10].max() < 150


def test_a_torn_file_gives_what_can_be_read_and_ends(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.ts", crossing, 4)
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = b"\x55" * 4000
    clip.write_bytes(data)
    stamps, error = stamps_until_broken(str(clip))
    assert error.why is Outage.ENDED
    assert 15 <= len(stamps) <= 40


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("this is no video")
    for url, why in [
        (str(tmp_path / "missing.mp4"), Outage.NOT_FOUND),
        (str(text), Outage.UNREADABLE),
        ("ftp://host/stream", Outage.BAD_ADDRESS),
        ("tcp://host-without-port", Outage.BAD_ADDRESS),
        ("tcp://127.0.0.1:1", Outage.UNREACHABLE),
    ]:
        _, error = stamps_until_broken(url)
        assert error.why is why, url


@pytest.mark.parametrize("scheme", ["tcp", "rtsp", "http"])
def test_a_password_is_in_no_message(scheme: str) -> None:
    _, error = stamps_until_broken(f"{scheme}://guard:s3cret@127.0.0.1:1/live?token=s3cret")
    assert "s3cret" not in str(error)
    assert "guard" not in str(error)
    assert f"{scheme}://127.0.0.1:1" in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_stream_over_tcp_is_read_until_it_is_cut() -> None:
    with StreamServer(crossing, fps=20) as server:
        stream = pictures(server.url, SETTINGS)
        for _ in range(10):
            assert next(stream).width_px == 320
        server.cut()
        with pytest.raises(StreamError) as broken:
            list(stream)
    assert broken.value.why is Outage.CUT


def test_a_stream_that_stalls_is_given_up() -> None:
    with StreamServer(crossing, fps=20) as server:
        stream = pictures(server.url, SETTINGS)
        next(stream)
        server.stalled = True
        with pytest.raises(StreamError) as broken:
            list(stream)
    assert broken.value.why is Outage.STALLED


def test_a_camera_may_change_its_resolution_in_the_middle() -> None:
    wide = with_square(street(640, 360), 0.4, 0.4)
    sizes: list[tuple[int, int]] = []
    with StreamServer(crossing, fps=20) as server:
        for picture in pictures(server.url, SETTINGS):
            size = (picture.width_px, picture.height_px)
            assert picture.grey().shape == (45, 80)
            if not sizes or sizes[-1] != size:
                sizes.append(size)
                server.paint = lambda _at_s: wide
            if size == (640, 360):
                break
    assert sizes == [(320, 180), (640, 360)]


@pytest.mark.parametrize(
    ("scheme", "answer", "why"),
    [
        ("rtsp", 'RTSP/1.0 401 No\r\nCSeq: {cseq}\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n', Outage.UNAUTHORISED),
        ("rtsp", "RTSP/1.0 404 No\r\nCSeq: {cseq}\r\n\r\n", Outage.NOT_FOUND),
        ("rtsp", "", Outage.UNREACHABLE),
        ("http", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", Outage.UNAUTHORISED),
        ("http", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", Outage.NOT_FOUND),
        ("http", "HTTP/1.1 200 Yes\r\nContent-Length: 9\r\n\r\nno video.", Outage.UNREADABLE),
        ("tcp", "", Outage.UNREACHABLE),
    ],
)
def test_a_camera_that_refuses_is_told_from_one_that_is_away(scheme: str, answer: str, why: Outage) -> None:
    with Refusal(answer) as port:
        _, error = stamps_until_broken(f"{scheme}://guard:wr0ng@127.0.0.1:{port}/live")
    assert error.why is why
    assert "wr0ng" not in str(error)


def test_a_stream_over_http_is_read(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.ts", crossing, 2)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        stamps, error = stamps_until_broken(f"http://127.0.0.1:{server.server_port}/{clip.name}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (len(stamps), error.why) == (20, Outage.CUT)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return
