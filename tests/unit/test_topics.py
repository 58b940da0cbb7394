"""Topics are read and built by one set of rules."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import topics
from ingest.city import DeviceKind
from ingest.topics import BadTopic, Channel, Topic

IDENTIFIERS = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)


def test_a_devices_telemetry_topic_is_read():
    assert topics.parse("city/03/water/w-17/telemetry") == Topic("03", DeviceKind.WATER, "w-17", Channel.TELEMETRY)


@pytest.mark.parametrize(
    ("topic", "says"),
    [
        ("", "expected city/"),
        ("town/01/water/w/telemetry", "expected city/"),
        ("city/01/water/w", "expected city/"),
        ("city//water/w/telemetry", "the grid ''"),
        ("city/0 1/water/w/telemetry", "the grid '0 1'"),
        ("city/01/water/a+b/telemetry", "the device 'a+b'"),
        ("city/01/water/" + "w" * 65 + "/telemetry", "the device"),
        ("city/01/kettle/w/telemetry", "the kind 'kettle' is none of streetlight, water"),
        ("city/01/water/w/telemetry/raw", "the channel 'telemetry/raw'"),
        ("city/01/water/w/command/result", "the channel 'command/result'"),
        ("city/01/water/w/batch", "only a gateway has the channel batch"),
        ("city/01/gateway/g/detections", "only a camera has the channel detections"),
        ("city/01/water/w\n/telemetry", r"'w\n'"),
        ("city/01/网关/w/telemetry", r"the kind '\u7f51\u5173'"),
    ],
)
def test_a_topic_that_says_nothing_is_refused_with_the_part_that_is_wrong(topic, says):
    with pytest.raises(BadTopic) as refused:
        topics.parse(topic)
    assert says in str(refused.value)


@given(IDENTIFIERS, st.sampled_from(DeviceKind), IDENTIFIERS)
def test_what_is_built_is_read_back(grid, kind, device_id):
    assert topics.parse(topics.telemetry(grid, kind, device_id)) == Topic(grid, kind, device_id, Channel.TELEMETRY)
    assert topics.parse(topics.status(grid, kind, device_id)) == Topic(grid, kind, device_id, Channel.STATUS)
    assert topics.parse(topics.batch(grid, device_id)) == Topic(grid, DeviceKind.GATEWAY, device_id, Channel.BATCH)
    camera = (grid, DeviceKind.CAMERA, device_id)
    assert topics.parse(topics.detections(grid, device_id)) == Topic(*camera, Channel.DETECTIONS)
    assert topics.parse(topics.evidence(grid, device_id)) == Topic(*camera, Channel.EVIDENCE)
    for own in (topics.evidence_request(grid, device_id), topics.command(grid, kind, device_id)):
        assert topics.is_hubs_own(own)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with suppress(BadTopic):
        assert topics.parse(text).channel in Channel


def test_a_topic_is_not_built_from_what_cannot_stand_in_one():
    with pytest.raises(BadTopic, match=r"a/b.*cannot stand in a topic"):
        topics.telemetry("01", DeviceKind.GAS, "a/b")
    with pytest.raises(BadTopic):
        topics.subscriptions(["01", "#"])


def test_a_worker_subscribes_to_its_grids_or_to_the_whole_city():
    assert topics.subscriptions(None) == ["city/#"]
    assert topics.subscriptions({"02", "01"}) == ["city/01/#", "city/02/#"]


def test_what_a_device_reports_is_not_the_hubs_own():
    assert not topics.is_hubs_own("city/01/camera/c/evidence")
    assert not topics.is_hubs_own("city/01/water/w/telemetry")
    assert not topics.is_hubs_own("town/01/water/w/command")
