"""A camera over HTTP: MPEG-TS and motion JPEG, passwords, redirects and refusals."""

from pathlib import Path
from urllib.parse import quote

import pytest

from detectors.outages import Outage
from detectors.vision import handover
from detectors.vision.camera import StreamError, pictures
from detectors.vision.capture import Reader, Slot
from detectors.vision.settings import VisionSettings
from tests.support.streams import Relay
from tests.support.streams_clock import number_in
from tests.support.streams_http import Guard, HttpCamera
from tests.support.streams_watched import Witness
from tests.support.video import crossing, write_clip
from tests.support.watching import eventually

SETTINGS = VisionSettings(open_timeout_s=6, read_timeout_s=3, hung_after_s=20)
PASSWORD = "p@ss:w/rd%?#"
CREDENTIALS = f"guard:{quote(PASSWORD, safe='')}"


def first_numbers(url: str, count: int = 5) -> list[int | None]:
    stream = pictures(url, SETTINGS)
    found = [number_in(next(stream).fitted(160, 96)) for _ in range(count)]
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    return found


def refused(url: str) -> StreamError:
    with pytest.raises(StreamError) as error:
        next(pictures(url, SETTINGS))
    assert PASSWORD not in str(error.value)
    assert quote(PASSWORD, safe="") not in str(error.value)
    return error.value


@pytest.mark.parametrize("path", ["/ts", "/mjpeg", "/moved"])
def test_pictures_come_over_http_and_are_right(path: str) -> None:
    with HttpCamera() as camera:
        numbers = first_numbers(camera.url(path))
    assert None not in numbers
    assert numbers == sorted(numbers, key=lambda number: number or 0)


@pytest.mark.parametrize("method", ["basic", "digest"])
def test_a_password_with_every_odd_sign_in_it_is_told_rightly(method: str) -> None:
    with HttpCamera(guard=Guard(method, "guard", PASSWORD)) as camera:
        assert None not in first_numbers(camera.url("/ts", CREDENTIALS))
        assert refused(camera.url("/ts", "guard:wrong")).why is Outage.UNAUTHORISED
        assert refused(camera.url("/ts")).why is Outage.UNAUTHORISED


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (401, Outage.UNAUTHORISED),
        (403, Outage.UNAUTHORISED),
        (404, Outage.NOT_FOUND),
        (410, Outage.UNREACHABLE),
        (500, Outage.UNREACHABLE),
        (503, Outage.UNREACHABLE),
    ],
)
def test_a_refusal_is_named(status: int, why: Outage) -> None:
    with HttpCamera() as camera:
        camera.status = status
        error = refused(camera.url("/ts", CREDENTIALS))
    assert error.why is why
    assert f"http://127.0.0.1:{camera.port}: " in str(error)


class _EnoughError(Exception):
    """The simulated time is over."""


@pytest.mark.parametrize(("status", "least", "most"), [(401, 3, 6), (404, 40, 200)])
def test_a_wrong_password_is_tried_rarely_lest_the_camera_locks_the_account(status: int, least: int, most: int) -> None:
    left_s = 400.0

    def rest(wait_s: float) -> None:
        nonlocal left_s
        left_s -= wait_s
        if left_s < 0:
            raise _EnoughError

    with HttpCamera() as camera:
        camera.status = status
        begin = handover.Begin(url=camera.url("/ts", CREDENTIALS), settings=SETTINGS, width_px=160, height_px=96)
        with pytest.raises(_EnoughError):
            Reader(begin, Slot(filled=lambda: None), rest).run()
        assert least <= camera.accepted <= most


def test_a_redirect_leads_to_no_file_of_this_machine(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.ts", crossing, 1)
    assert next(pictures(str(clip), SETTINGS)).width_px == 320, "it could be shown"
    with HttpCamera() as camera:
        for target in (f"file://{clip}", str(clip), f"concat:{clip}"):
            camera.leads_to = target
            refused(camera.url("/moved"))


def test_a_redirect_in_a_circle_ends() -> None:
    with HttpCamera() as camera:
        camera.leads_to = camera.url("/moved")
        assert refused(camera.url("/moved")).why in (Outage.UNREACHABLE, Outage.UNREADABLE, Outage.NOT_FOUND)
    assert len(camera.requests) < 50


def test_motion_jpeg_has_no_stamps_and_is_placed_by_its_arrival() -> None:
    with HttpCamera() as camera, Witness(camera.url("/mjpeg"), camera.film) as witness:
        witness.see(20)
        eventually(lambda: camera.film.origin.passed_s() > 12)  # made-up stamps would be seconds behind by now
        witness.see(5)
        witness.check()
        assert camera.accepted == 1


@pytest.mark.parametrize("path", ["/ts", "/mjpeg"])
def test_a_camera_over_http_comes_back_after_a_cut_and_a_stall(path: str) -> None:
    with (
        HttpCamera() as camera,
        Relay(camera.port) as relay,
        Witness(f"http://guard:s3cret@127.0.0.1:{relay.port}{path}", camera.film) as witness,
    ):
        witness.see(5)
        relay.hang_up()
        witness.see(10)
        relay.held = True
        eventually(lambda: witness.online()[-1] is False)
        relay.hang_up()
        relay.held = False
        witness.see(20)
        # How old pictures without stamps are that waited on the way nobody can know; but that is soon over.
        timed = 5 if path == "/mjpeg" else None
        witness.check(timed)
        assert witness.online()[-1] is True
        camera.status = 503
        relay.hang_up()
        eventually(lambda: witness.online()[-1] is False)
        camera.status = 200
        witness.see(5)
        witness.check(timed)
