"""Any topic of ours, any bytes, and valid payloads with bytes changed, cut out or put in: all is accounted for."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.decode import Decoded
from ingest.observation import Quantity
from tests.support.decoding import (
    AT,
    BATCH,
    DECODER,
    DETECTIONS,
    EVIDENCE,
    LAMP,
    NOW,
    STATUS,
    WATER,
    box,
    picture,
)

TOPICS = st.sampled_from([WATER, LAMP, BATCH, STATUS, DETECTIONS, EVIDENCE])
VALUES = st.dictionaries(
    st.sampled_from([*Quantity, "colour", "\ud800"]), st.floats() | st.booleans() | st.text() | st.none()
)
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "device": st.sampled_from(["lamp-1", "lamp-2", "w-1", "w-2", "gw-1", "cam-1", "nobody"]),
        "at": st.sampled_from([AT, "2026-11-22T10:00:00Z", "2026-11-22T10:00:00", "2999-01-01T00:00:00Z", "now"]),
        "values": VALUES | st.none(),
        "seq": st.integers() | st.none(),
    },
)
SEEDS = st.sampled_from(
    [
        json.dumps({"at": AT, "seq": 1, "values": {"power_w": 88.2, "lamp_on": True}}).encode(),
        json.dumps([{"device": "lamp-1", "at": AT, "values": {"power_w": 88.2}}] * 3).encode(),
        json.dumps({"online": True, "at": AT}).encode(),
        json.dumps({"at": AT, "seq": 1, "boxes": [box(), box(track=None)]}).encode(),
        json.dumps(picture()).encode(),
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    payload = bytearray(draw(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(payload)))
        end = min(len(payload), start + draw(st.integers(0, 6)))
        payload[start:end] = draw(st.binary(max_size=6))
    return bytes(payload)


def assert_accounted_for(found: Decoded, payload: bytes) -> None:
    assert found.received >= 1
    assert found.received == len(found.observations) + len(found.pictures) + len(found.quarantined)
    for each in found.quarantined:
        assert each.detail.isprintable()
        assert each.payload or not payload


@given(TOPICS, st.binary(max_size=400) | mutated() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(BATCH, b'[{"device":"lamp-1","at":"\\ud800"}]')
def test_any_bytes_are_accounted_for(topic, payload):
    assert_accounted_for(DECODER.decode(topic, payload, NOW), payload)


@given(st.text(), st.binary(max_size=50))
def test_any_topic_is_accounted_for(topic, payload):
    assert_accounted_for(DECODER.decode(topic, payload, NOW), payload)


@given(st.lists(ENTRIES, min_size=1, max_size=6))
def test_every_value_of_a_batch_is_read_or_kept(entries):
    payload = json.dumps(entries).encode()
    found = DECODER.decode(BATCH, payload, NOW)
    assert_accounted_for(found, payload)
    readable = [
        entry
        for entry in entries
        if entry.get("device") in ("lamp-1", "lamp-2", "w-1", "gw-1")
        and entry.get("at") in (AT, "2026-11-22T10:00:00Z")
        and entry.get("values")
    ]
    assert found.received == sum(len(entry["values"]) for entry in readable) + len(entries) - len(readable)
    order = [(each.measured_at, each.device_id, each.quantity) for each in found.observations]
    assert order == sorted(order)


@given(st.lists(ENTRIES, min_size=1, max_size=6))
def test_what_was_kept_is_kept_again_and_what_was_read_does_not_come_back(entries):
    for each in DECODER.decode(BATCH, json.dumps(entries).encode(), NOW).quarantined:
        again = DECODER.decode(each.topic, each.payload, NOW)
        assert again.observations == []
        assert [one.reason for one in again.quarantined] == [each.reason]
