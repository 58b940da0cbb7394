"""A camera behind a real RTSP server (GStreamer's, from Debian): passwords, TCP alone, cut, frozen, torn, resized."""

import logging
from collections.abc import Iterator

import psutil
import pytest

from detectors.outages import Outage
from detectors.vision.camera import StreamError, pictures
from detectors.vision.settings import VisionSettings
from hub.clock import now
from tests.support.availability import Unavailable, skip_for
from tests.support.streams import Relay
from tests.support.streams_clock import number_in
from tests.support.streams_rtsp import RtspCamera
from tests.support.streams_watched import Witness
from tests.support.watching import eventually

SETTINGS = VisionSettings(open_timeout_s=6, read_timeout_s=3, hung_after_s=20)
PASSWORD = "p@ss:w/rd"


@pytest.fixture(scope="module", params=["digest", "basic"])
def either(request: pytest.FixtureRequest) -> Iterator[RtspCamera]:
    yield from _camera(request.param)


@pytest.fixture(scope="module")
def camera() -> Iterator[RtspCamera]:
    yield from _camera("digest")


def _camera(method: str) -> Iterator[RtspCamera]:
    try:
        made = RtspCamera(method=method, user="guard", password=PASSWORD)
    except Unavailable as error:
        skip_for(error)
        raise
    with made:
        yield made


@pytest.fixture
def relay(camera: RtspCamera) -> Iterator[Relay]:
    with Relay(camera.port) as made:
        yield made


def through(camera: RtspCamera, relay: Relay) -> str:
    return camera.url_for("guard", PASSWORD, relay.port)


def test_it_lets_in_who_knows_the_password_and_names_what_is_wrong_else(either: RtspCamera) -> None:
    stream = pictures(either.url, SETTINGS)
    assert None not in [number_in(next(stream).fitted(160, 96)) for _ in range(5)]
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    for url, why in [
        (either.url_for("guard", "wrong"), Outage.UNAUTHORISED),
        (f"rtsp://127.0.0.1:{either.port}/street", Outage.UNAUTHORISED),
        (either.url.replace("/street", "/nothing"), Outage.NOT_FOUND),
    ]:
        with pytest.raises(StreamError) as refused:
            next(pictures(url, SETTINGS))
        assert refused.value.why is why
        assert f"rtsp://127.0.0.1:{either.port}" in str(refused.value)
        assert "w/rd" not in str(refused.value)
        assert "wrong" not in str(refused.value)


def test_it_is_watched_over_tcp_alone_and_its_times_are_true(camera: RtspCamera) -> None:
    with Witness(camera.url, camera.film) as witness:
        witness.see(15)
        (capture,) = [one for one in psutil.Process().children() if "detectors.vision.capture" in one.cmdline()]
        assert [one.type.name for one in capture.net_connections("inet")] == ["SOCK_STREAM"]
        camera.film.size = (640, 360)
        witness.see(15)
        camera.film.size = (320, 180)
        witness.see(15)
        witness.check()


def test_it_comes_back_after_every_break(camera: RtspCamera, relay: Relay, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="detectors.vision")
    with Witness(through(camera, relay), camera.film) as witness:
        witness.see(5)
        relay.hang_up()
        witness.see(10)
        assert "the stream broke: cut: rtsp://127.0.0.1" in caplog.text
        camera.freeze()
        try:
            eventually(lambda: witness.online()[-1] is False)
        finally:
            camera.thaw()
        witness.see(10)
        assert "no answer" in caplog.text
        begun = now()
        relay.damage, relay.burst = 0.002, 4  # the frames of RTP in the stream are torn too
        eventually(lambda: relay.damaged >= 30)
        relay.damage = 0.0
        torn = begun, now()
        witness.see(20)
        witness.check(torn=torn)
    assert "w/rd" not in caplog.text
    assert "w%2Frd" not in caplog.text


def test_a_server_that_is_killed_is_waited_for(camera: RtspCamera, relay: Relay) -> None:
    with Witness(through(camera, relay), camera.film) as witness:
        witness.see(5)
        camera.kill()
        eventually(lambda: witness.online()[-1] is False)
        camera.start()
        relay.to_port = camera.port
        witness.see(10)
        witness.check()
        assert witness.online()[-1] is True


def test_the_server_says_nothing_of_its_own(camera: RtspCamera) -> None:
    """It runs from a private folder with half its plugins; what it lacks it would complain of here."""
    assert camera.log.strip() == str(camera.port)
