"""Who falls silent, who speaks again, and what must not be taken for silence."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Finding, OpenFinding, Severity
from detectors.silence import Silence
from detectors.thresholds import Thresholds
from ingest.observation import Frame, Observation, Reading
from tests.support.stories import at, box, frame, identities, open_from, reading, second_of, small_city, status, told

# Shipped: 4 intervals but at least 60 s; status grace 10 s. Lamps and gateway report every 30 s, the rest every 10 s.
CITY = small_city()
LAMPS = ("lamp-1", "lamp-2", "lamp-3")


def silence(open_findings: Sequence[OpenFinding] = (), since: float = 0.0) -> Silence:
    return Silence(CITY, Thresholds(), open_findings=open_findings, listening_since=at(since))


def hear(watcher: Silence, observation: Observation) -> list[Finding]:
    found = watcher.advance(observation.received_at)
    if isinstance(observation, Reading):
        return found + watcher.hear(watcher.devices[observation.device_id], observation.received_at)
    if isinstance(observation, Frame):
        return found + watcher.hear(watcher.cameras[observation.camera_id], observation.received_at)
    watch = watcher.devices.get(observation.device_id) or watcher.cameras[observation.device_id]
    return found + watcher.tell(watch, observation, observation.received_at)


def story(*observations: Observation, until: float, watcher: Silence | None = None) -> list[Finding]:
    watcher = watcher or silence()
    found = [f for o in sorted(observations, key=lambda o: o.received_at) for f in hear(watcher, o)]
    return found + watcher.advance(at(until))


def steadily(devices: Sequence[str], start: float, end: float, every: float = 10.0) -> list[Observation]:
    count = int((end - start) / every)
    return [reading(device, start + n * every) for device in devices for n in range(count + 1)]


def only(found: list[Finding], *subjects: str) -> list[tuple[str, str, str, float]]:
    return [line for line in told(found) if line[2] in subjects]


def test_a_device_is_silent_after_its_intervals_at_the_very_instant():
    found = story(reading("water-1", 5), until=500)
    assert only(found, "water-1") == [("raised", "device.silent", "water-1", 65.0)]
    alert = next(f for f in found if f.subject == "water-1")
    assert second_of(alert.since) == 5.0
    assert alert.reason.numbers == {"silent_s": 60.0, "limit_s": 60.0, "offline": False, "interval_s": 10.0}
    assert "no message of water-1 for 60 s" in alert.reason.text


def test_a_slow_device_has_its_own_patience():
    assert only(story(reading("gw-1", 0), until=120), "gw-1") == []
    assert only(story(reading("gw-1", 0), until=120.5), "gw-1") == [("raised", "device.silent", "gw-1", 120.0)]


def test_it_clears_with_the_next_message():
    found = story(reading("water-1", 0), reading("water-1", 100), until=110)
    assert only(found, "water-1") == [
        ("raised", "device.silent", "water-1", 60.0),
        ("cleared", "device.silent", "water-1", 100.0),
    ]


def test_a_message_at_the_very_last_instant_is_in_time():
    assert only(story(reading("water-1", 0), reading("water-1", 60), until=100), "water-1") == []


def test_a_device_that_says_offline_is_silent_after_a_short_grace():
    found = story(reading("water-1", 0), status("water-1", 3, online=False), until=20)
    assert only(found, "water-1") == [("raised", "device.silent", "water-1", 13.0)]
    assert "offline" in found[0].reason.text


def test_a_device_that_comes_back_within_the_grace_raises_nothing():
    again = story(
        *steadily(["water-1"], 0, 50), status("water-1", 3, online=False), status("water-1", 9, online=True), until=60
    )
    assert only(again, "water-1") == []


def test_a_dead_gateway_is_one_finding_and_its_devices_none():
    found = story(*steadily(LAMPS, 0, 60, 30), until=2000)
    lines = only(found, "gw-1", *LAMPS)
    assert lines == [("raised", "device.silent", "gw-1", 180.0)]
    assert next(f for f in found if f.subject == "gw-1").members == LAMPS


def test_lamps_that_report_at_different_times_are_still_one_dead_gateway():
    talk = [reading(lamp, n * 30 + k * 9) for n in range(3) for k, lamp in enumerate(LAMPS)]
    assert only(story(*talk, until=2000), "gw-1", *LAMPS) == [("raised", "device.silent", "gw-1", 198.0)]


def test_the_gateways_last_will_is_one_finding_too():
    found = story(*steadily(LAMPS, 0, 60, 30), status("gw-1", 70, online=False), until=1000)
    assert only(found, "gw-1", *LAMPS) == [("raised", "device.silent", "gw-1", 80.0)]


def test_one_silent_lamp_behind_a_living_gateway_is_reported_alone():
    talk = steadily(LAMPS, 0, 30, 30) + steadily(LAMPS[:2], 60, 600, 30)
    # Overdue at 150; the gateway gives its next sign of life right then, which may still be a message in time.
    assert only(story(*talk, until=610), "gw-1", *LAMPS) == [("raised", "device.silent", "lamp-3", 180.0)]


def test_when_the_gateway_returns_its_devices_have_their_grace_again():
    talk = [*steadily(LAMPS, 0, 60, 30), *steadily(LAMPS[:2], 600, 900, 30)]
    lines = only(story(*talk, until=905), "gw-1", *LAMPS)
    assert lines == [
        ("raised", "device.silent", "gw-1", 180.0),
        ("cleared", "device.silent", "gw-1", 600.0),
        ("raised", "device.silent", "lamp-3", 750.0),
    ]


def test_a_restart_raises_nothing_before_the_full_grace():
    watcher = silence(since=1000)
    watcher.recall(reading("water-1", 900))  # recorded before the restart, long overdue by now
    found = watcher.advance(at(1060))
    assert only(found, "water-1") == []
    found = watcher.advance(at(1061))
    assert only(found, "water-1") == [("raised", "device.silent", "water-1", 1060.0)]
    assert {second_of(f.since) for f in found if f.subject == "water-1"} == {900.0}


def test_an_open_alert_outlives_a_restart_and_clears_on_the_next_message():
    opened = OpenFinding(
        rule="device.silent", subject="water-1", since=at(5), raised_at=at(65), severity=Severity.MINOR
    )
    watcher = silence([opened], since=1000)
    found = story(reading("water-1", 1500), until=1510, watcher=watcher)
    assert only(found, "water-1") == [("cleared", "device.silent", "water-1", 1500.0)]
    assert [second_of(f.since) for f in found if f.subject == "water-1"] == [5.0]


def test_an_open_gateway_keeps_its_devices_quiet_after_a_restart():
    opened = OpenFinding(rule="device.silent", subject="gw-1", since=at(5), raised_at=at(65), severity=Severity.MINOR)
    assert only(story(until=5000, watcher=silence([opened])), "gw-1", *LAMPS) == []


def test_time_in_which_the_hub_was_deaf_does_not_count():
    watcher = silence()
    story(reading("water-1", 0), until=50, watcher=watcher)
    watcher.resume(at(300))
    assert only(watcher.advance(at(360)), "water-1") == []
    assert only(watcher.advance(at(361)), "water-1") == [("raised", "device.silent", "water-1", 360.0)]


def test_a_retained_online_proves_nothing_and_a_retained_offline_is_believed():
    online = story(status("water-1", 1, online=True, retained=True), until=100)
    assert only(online, "water-1") == [("raised", "device.silent", "water-1", 60.0)]
    offline = story(status("gas-1", 1, online=False, retained=True), until=12)
    assert only(offline, "gas-1") == [("raised", "device.silent", "gas-1", 11.0)]


def test_a_retained_online_does_not_end_a_silence():
    found = story(reading("water-1", 0), status("water-1", 80, online=True, retained=True), until=100)
    assert only(found, "water-1") == [("raised", "device.silent", "water-1", 60.0)]


def test_a_camera_without_frames_is_lost_and_back_when_frames_keep_coming():
    frames = [frame("cam-1", n) for n in range(11)] + [frame("cam-1", 60 + n) for n in range(11)]
    found = story(*frames, until=80)
    assert only(found, "cam-1") == [("raised", "camera.lost", "cam-1", 40.0), ("cleared", "camera.lost", "cam-1", 65.0)]
    assert next(f for f in found if f.subject == "cam-1").camera_id == "cam-1"


def test_one_stray_frame_does_not_bring_a_camera_back():
    found = story(frame("cam-1", 0), frame("cam-1", 50), *[frame("cam-1", 90 + n) for n in range(10)], until=100)
    assert only(found, "cam-1") == [("raised", "camera.lost", "cam-1", 30.0), ("cleared", "camera.lost", "cam-1", 95.0)]


def test_a_frame_with_no_box_is_a_frame():
    assert only(story(*[frame("cam-1", n) for n in range(100)], until=100), "cam-1") == []


def test_a_camera_that_says_offline_is_lost_soon_and_online_alone_does_not_bring_it_back():
    found = story(
        frame("cam-1", 0, box(0.5, 0.5)),
        status("cam-1", 2, online=False),
        status("cam-1", 10, online=True),
        until=29,
    )
    assert only(found, "cam-1") == [("raised", "camera.lost", "cam-1", 7.0)]


def test_a_lost_camera_says_why_as_far_as_it_was_known_when_it_was_lost():
    found = story(
        frame("cam-1", 0),
        status("cam-1", 2, online=False, outage="cut"),
        status("cam-1", 4, online=False, outage="unauthorised"),
        status("cam-1", 9, online=False, outage="unreachable"),
        until=29,
    )
    (lost,) = (one for one in found if one.subject == "cam-1")
    assert (second_of(lost.at), lost.reason.numbers["outage"]) == (7.0, "unauthorised")
    assert "offline, it refuses the user name or the password; its last frame came 7 s ago" in lost.reason.text


def test_what_was_told_before_a_restart_dates_the_outage_from_its_first_word():
    watcher = silence(since=1)
    watcher.recall(frame("cam-1", 0))
    watcher.recall(status("cam-1", 2, online=False, outage="cut"))
    watcher.recall(status("cam-1", 4, online=False, outage="unreachable"))
    (lost,) = (one for one in watcher.advance(at(29)) if one.subject == "cam-1")
    assert (second_of(lost.at), lost.reason.numbers["outage"]) == (7.0, "unreachable")


def test_an_outage_that_is_over_is_no_reason_for_the_next():
    found = story(
        *[frame("cam-1", n) for n in range(10)],
        status("cam-1", 2, online=False, outage="cut"),
        status("cam-1", 3, online=True),
        until=60,
    )
    (lost,) = (one for one in found if one.subject == "cam-1")
    assert "outage" not in lost.reason.numbers
    assert "no frame of cam-1 for 30 s" in lost.reason.text


def test_any_device_may_say_in_its_own_words_why_it_leaves():
    found = story(reading("water-1", 0), status("water-1", 5, online=False, outage="battery low"), until=30)
    (gone,) = (one for one in found if one.subject == "water-1")
    assert "water-1 reported itself offline, battery low; its last message came" in gone.reason.text


def test_a_camera_that_was_offline_for_a_moment_is_not_lost():
    found = story(
        *[frame("cam-1", n) for n in range(0, 60, 5)],
        status("cam-1", 11, online=False),
        status("cam-1", 13, online=True),
        until=60,
    )
    assert only(found, "cam-1") == []


def test_switched_off_rules_watch_nothing():
    thresholds = Thresholds.model_validate({"device": {"silent": {"enabled": False}}})
    watcher = Silence(CITY, thresholds, listening_since=at(0))
    assert {f.rule for f in watcher.advance(at(10_000))} == {"camera.lost"}


def test_other_grids_are_not_watched():
    watcher = Silence(CITY, Thresholds(), grids=frozenset({"01"}), listening_since=at(0))
    assert {f.subject for f in watcher.advance(at(10_000))} == {"gw-1", "water-1"}


DEVICES = st.sampled_from([*LAMPS, "gw-1", "water-1", "cam-1"])
EVENTS = st.lists(st.tuples(st.integers(0, 900), DEVICES, st.sampled_from(["hear", "offline", "online"])), max_size=60)


def observation(second: int, device: str, what: str) -> Observation:
    if what != "hear":
        return status(device, second, online=what == "online")
    return frame(device, second) if device == "cam-1" else reading(device, second)


@given(EVENTS, st.lists(st.integers(0, 1000), max_size=30))
def test_how_often_we_tick_changes_nothing(events, ticks):
    observations = [observation(*event) for event in sorted(events)]
    plain = story(*observations, until=1000)
    watcher, ticked = silence(), []
    for item in observations:
        for tick in sorted(ticks):
            if at(tick) <= item.received_at:
                ticked += watcher.advance(at(tick))
        ticked += hear(watcher, item)
    for tick in sorted(ticks):
        ticked += watcher.advance(at(tick))
    ticked += watcher.advance(at(1000))
    assert told(ticked) == told(plain)


@given(EVENTS, st.integers(0, 1000))
def test_a_restart_repeats_nothing_and_forgets_nothing(events, cut):
    """Up to the restart all is alike; after it, nothing is raised twice, and what was open can still clear."""
    observations = [observation(*event) for event in sorted(events)]
    before = [item for item in observations if item.received_at < at(cut)]
    first = story(*before, until=cut)
    watcher = silence(open_from(first), since=cut)
    for item in before:
        watcher.recall(item)
    after = story(*[item for item in observations if item not in before], until=5000, watcher=watcher)
    assert not identities(first) & identities(after)
    raised = {(f.rule, f.subject, f.since) for f in first + after if f.phase == "raised"}
    cleared = {(f.rule, f.subject, f.since) for f in first + after if f.phase == "cleared"}
    assert cleared <= raised
