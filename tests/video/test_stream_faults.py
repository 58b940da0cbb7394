"""A camera over MPEG-TS whose network breaks in every way: it recovers, tells the truth, and says what was wrong."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from detectors.vision.settings import VisionSettings
from hub.clock import now
from tests.support.streams import Film, Relay, TsCamera
from tests.support.streams_watched import PATIENT, Witness
from tests.support.watching import eventually

WRAP_S = (1 << 33) / 90_000


@pytest.fixture
def camera() -> Iterator[TsCamera]:
    with TsCamera() as made:
        yield made


@pytest.fixture
def relay(camera: TsCamera) -> Iterator[Relay]:
    with Relay(camera.port) as made:
        yield made


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="detectors.vision")
    return caplog


def url(relay: Relay) -> str:
    return f"tcp://guard:s3cret@127.0.0.1:{relay.port}"


def test_a_cut_line_is_lost_once_and_comes_back(camera: TsCamera, relay: Relay, said: pytest.LogCaptureFixture) -> None:
    with Witness(url(relay), camera.film) as witness:
        witness.see(5)
        relay.cut()
        eventually(lambda: witness.outages()[-1:] == ["unreachable"])  # it closed the connection, and answers no more
        witness.wire.published.clear()
        relay.open()
        witness.see(5)
        assert witness.online() == [True]
        witness.check()
    assert f"the stream broke: cut: tcp://127.0.0.1:{relay.port} closed the connection" in said.text
    assert f"unreachable: tcp://127.0.0.1:{relay.port}" in said.text
    assert said.text.count("camera cam-01 is lost") <= 2, "once, and once more if it began slowly"
    assert "s3cret" not in said.text


@pytest.mark.parametrize("fault", ["stalls", "accepts and never answers"])
def test_a_silent_line_is_given_up_and_tried_again(
    camera: TsCamera, relay: Relay, fault: str, said: pytest.LogCaptureFixture
) -> None:
    with Witness(url(relay), camera.film) as witness:
        witness.see(5)
        if fault == "stalls":
            relay.held = True
        else:
            relay.mute = True
            relay.hang_up()
        eventually(lambda: witness.outages()[-1:] == ["stalled" if fault == "stalls" else "unreachable"])
        eventually(lambda: "no answer" in said.text)
        relay.held = relay.mute = False
        witness.see(5)
        assert witness.online()[-1] is True
        witness.check()


def test_what_comes_ever_later_is_left_behind(camera: TsCamera, relay: Relay, said: pytest.LogCaptureFixture) -> None:
    with Witness(url(relay), camera.film, replace(PATIENT, read_timeout_s=5, lost_after_s=6)) as witness:
        witness.see(5)
        relay.bytes_a_s = 8000  # it films 16,000
        eventually(lambda: "late" in said.text)
        relay.bytes_a_s = None
        witness.see(10)
        witness.check()
    assert f"behind: tcp://127.0.0.1:{relay.port}: pictures come 8 s late" in said.text


@pytest.mark.parametrize(("share", "burst"), [(0.0005, 1), (0.01, 1), (0.02, 188)], ids=["few", "many", "packets"])
def test_no_picture_that_is_built_on_a_torn_one_is_published(
    camera: TsCamera, relay: Relay, share: float, burst: int
) -> None:
    camera.film.keyframe_every_s = 2.0
    with Witness(url(relay), camera.film) as witness:
        witness.see(10)
        begun = now()
        relay.burst, relay.damage = burst, share
        eventually(lambda: relay.damaged >= 20)
        relay.damage = 0.0
        torn = begun, now()
        witness.see(30)
        witness.check(torn=torn)


def test_a_new_resolution_in_the_middle_is_taken(camera: TsCamera, relay: Relay) -> None:
    with Witness(url(relay), camera.film) as witness:
        witness.see(5)
        for size in ((640, 360), (352, 288), (320, 180)):
            camera.film.size = size
            witness.see(12)
        witness.check()
    assert witness.online()[-1] is True
    assert relay.accepted == 1, "the connection was kept"


@pytest.mark.parametrize(
    "leaps", [(3600.0, 7200.0), (-1.0, -3600.0), (0.5, -0.5), (WRAP_S - 30,)], ids=["ahead", "back", "little", "wrap"]
)
def test_leaping_stamps_are_no_leaping_time(camera: TsCamera, leaps: tuple[float, ...]) -> None:
    if leaps[0] > WRAP_S / 2:  # the stamps run over their 33 bits two seconds from now
        camera.film.moved_s = WRAP_S - camera.film.origin.passed_s() - 4
        leaps = ()
    with Witness(camera.url, camera.film) as witness:
        witness.see(10)
        for moved_s in leaps:
            camera.film.moved_s = moved_s
            witness.see(10)
        eventually(lambda: camera.film.origin.passed_s() > 8)
        witness.see(5)
        witness.check()
    assert camera.accepted == 1, "the connection was kept"


def test_who_joins_between_two_far_key_frames_waits_for_the_next(camera: TsCamera) -> None:
    camera.film = Film(keyframe_every_s=7.0, keyframe_at_once=False)
    eventually(lambda: camera.film.origin.passed_s() % 7 > 0.5)
    with Witness(camera.url, camera.film, replace(PATIENT, open_timeout_s=6, hung_after_s=20)) as witness:
        witness.see(10)
        witness.check()


def test_a_name_that_nobody_knows_is_said_to_be_one(said: pytest.LogCaptureFixture) -> None:
    with Witness("rtsp://guard:s3cret@no-such-camera.invalid/street", Film()) as witness:
        eventually(lambda: witness.outages()[-1:] == ["unknown_host"])
        assert True not in witness.online()
        eventually(lambda: "unknown_host: rtsp://no-such-camera.invalid" in said.text)
        assert witness.frames() == []
    assert "s3cret" not in said.text


def test_a_stream_that_breaks_all_the_time_is_tried_ever_more_rarely(camera: TsCamera, relay: Relay) -> None:
    settings = replace(PATIENT, retry_first_s=0.2, retry_most_s=1.6)
    stop = threading.Event()

    def break_it() -> None:
        while not stop.wait(0.5):
            relay.hang_up()

    breaker = threading.Thread(target=break_it)
    with Witness(url(relay), camera.film, settings) as witness:
        witness.see(3)
        before, from_s = relay.accepted, camera.film.origin.passed_s()
        breaker.start()
        try:
            eventually(lambda: camera.film.origin.passed_s() > from_s + 10)
            tries = relay.accepted - before
        finally:
            stop.set()
            breaker.join()
        assert 2 <= tries <= 16, tries
        witness.see(10)
        witness.check()
        assert witness.wire.on("telemetry")[-1]["values"]["reconnects"] >= 2


def test_the_password_is_seen_nowhere_by_other_users(
    camera: TsCamera, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANQIN_MQTT_URL", "mqtt://hub:br0ker@127.0.0.1:1")
    with Witness(url(relay), camera.film, VisionSettings()) as witness:
        witness.see(2)
        (capture,) = [one for one in psutil.Process().children() if "detectors.vision.capture" in one.cmdline()]
        kept = Path(f"/proc/{capture.pid}/environ").read_bytes()
        assert all("s3cret" not in word for word in capture.cmdline())
        assert b"s3cret" not in kept
        assert b"br0ker" not in kept, "a process that reads what strangers send knows no password but its camera's"
        assert all(b"s3cret" not in payload for _, payload, _ in witness.wire.published)
