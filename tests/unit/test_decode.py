"""Whatever bytes arrive become observations or quarantined pieces: nothing is lost and nothing is raised."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.decode import MAX_MESSAGE_BYTES, Decoded, Decoder
from ingest.observation import Box, Frame, Quantity, QuarantineReason, Reading, Status
from tests.support.decoding import (
    ALERT,
    AT,
    AT_UTC,
    BATCH,
    DECODER,
    DETECTIONS,
    EVIDENCE,
    JPEG,
    LAMP,
    NOW,
    STATUS,
    WATER,
    box,
    city,
    decode,
    picture,
)


def reading(device_id: str, quantity: Quantity, value: float, at: datetime = AT_UTC) -> Reading:
    return Reading(device_id, quantity, value, at, NOW)


def refused(decoded: Decoded) -> tuple[QuarantineReason, str]:
    """The one reason and detail of a message of which nothing could be read."""
    assert decoded.observations == []
    assert decoded.pictures == []
    (only,) = decoded.quarantined
    assert only.received_at == NOW
    return only.reason, only.detail


def test_a_devices_values_become_readings_in_utc_sorted_by_quantity():
    found = decode(WATER, {"at": AT, "seq": 41, "values": {"pressure_kpa": 288, "flow_l_s": 12.5}})
    assert found.observations == [
        reading("w-1", Quantity.FLOW_L_S, 12.5),
        reading("w-1", Quantity.PRESSURE_KPA, 288.0),
    ]
    assert [type(each.value) for each in found.observations] == [float, float]
    assert {each.measured_at.tzinfo for each in found.observations} == {UTC}
    assert (found.grid, found.received, found.quarantined) == ("01", 2, [])


def test_a_lamp_that_is_on_reads_one():
    found = decode(LAMP, {"at": AT, "values": {"lamp_on": True, "power_w": 88.2}})
    assert found.observations == [
        reading("lamp-1", Quantity.LAMP_ON, 1.0),
        reading("lamp-1", Quantity.POWER_W, 88.2),
    ]


def test_a_batch_comes_in_the_order_in_which_it_is_folded_whatever_order_it_was_sent_in():
    later = "2026-11-22T10:00:00.500Z"
    entries = [
        {"device": "lamp-2", "at": later, "values": {"power_w": 1}},
        {"device": "lamp-2", "at": AT, "values": {"voltage_v": 220, "power_w": 2}},
        {"device": "lamp-1", "at": later, "values": {"power_w": 3}},
    ]
    expected = [
        reading("lamp-2", Quantity.POWER_W, 2.0),
        reading("lamp-2", Quantity.VOLTAGE_V, 220.0),
        reading("lamp-1", Quantity.POWER_W, 3.0, AT_UTC + timedelta(seconds=0.5)),
        reading("lamp-2", Quantity.POWER_W, 1.0, AT_UTC + timedelta(seconds=0.5)),
    ]
    assert decode(BATCH, entries).observations == expected
    # One bad entry sends the batch the slow way; the order stays.
    assert decode(BATCH, [*entries, {"device": "nobody"}]).observations == expected


def test_one_bad_value_among_several_is_kept_by_itself_and_can_be_decoded_again_by_itself():
    payload = (
        b'{"at": "%s", "seq": 3, "values": {"flow_l_s": 12.5, "colour": "blue", "pressure_kpa": 1e10}}' % AT.encode()
    )
    found = decode(WATER, payload)
    assert found.observations == [reading("w-1", Quantity.FLOW_L_S, 12.5)]
    assert [(each.reason, each.payload) for each in found.quarantined] == [
        (QuarantineReason.UNKNOWN_QUANTITY, b'{"at":"%s","values":{"colour":"blue"}}' % AT.encode()),
        (QuarantineReason.BAD_VALUE, b'{"at":"%s","values":{"pressure_kpa":1e10}}' % AT.encode()),
    ]
    for each in found.quarantined:
        again = DECODER.decode(each.topic, each.payload, NOW)
        assert [one.reason for one in again.quarantined] == [each.reason]


def test_the_bad_entries_of_a_batch_are_kept_by_themselves():
    good = {"device": "lamp-1", "at": AT, "values": {"power_w": 88.2}}
    entries = [
        {"device": "nobody", "at": AT, "values": {"power_w": 1}},
        good,
        {"device": "w-2", "at": AT, "values": {"flow_l_s": 1}},
        {"device": "lamp-2", "at": "2026-11-22T18:00:00", "values": {"power_w": 1}},
        {"device": "lamp-2", "at": AT, "values": {"power_w": "many", "voltage_v": 221}},
        {"at": AT, "values": {}},
        7,
    ]
    found = decode(BATCH, entries)
    assert found.observations == [
        reading("lamp-1", Quantity.POWER_W, 88.2),
        reading("lamp-2", Quantity.VOLTAGE_V, 221.0),
    ]
    assert [(each.entry, each.reason) for each in found.quarantined] == [
        (0, QuarantineReason.UNKNOWN_DEVICE),
        (2, QuarantineReason.WRONG_GRID),
        (3, QuarantineReason.NO_TIMEZONE),
        (4, QuarantineReason.BAD_VALUE),
        (5, QuarantineReason.BAD_SHAPE),
        (6, QuarantineReason.BAD_SHAPE),
    ]
    for each in found.quarantined:
        again = DECODER.decode(each.topic, each.payload, NOW)
        assert [one.reason for one in again.quarantined] == [each.reason]
        assert again.observations == []


def test_a_gateway_that_writes_nan_loses_that_value_and_no_other():
    payload = json.dumps(
        [
            {"device": "lamp-1", "at": AT, "values": {"power_w": float("nan"), "voltage_v": 220}},
            {"device": "lamp-2", "at": AT, "values": {"power_w": 88}},
        ]
    ).encode()
    found = decode(BATCH, payload)
    assert [each.quantity for each in found.observations] == [Quantity.VOLTAGE_V, Quantity.POWER_W]
    assert [(each.entry, each.reason) for each in found.quarantined] == [(0, QuarantineReason.BAD_VALUE)]
    assert b"NaN" in found.quarantined[0].payload


@pytest.mark.parametrize(
    ("payload", "reason", "says"),
    [
        (b"", QuarantineReason.BAD_JSON, "the payload is empty"),
        (b"hello", QuarantineReason.BAD_JSON, "malformed"),
        (b'{"at": "x"', QuarantineReason.BAD_JSON, "truncated"),
        (b"\xff\xfe\x00", QuarantineReason.BAD_ENCODING, "not UTF-8"),
        (b'{"at": "\xff", "values": {"flow_l_s": 1}}', QuarantineReason.BAD_VALUE, "RFC 3339"),
        (b'{"\xff": 1}', QuarantineReason.BAD_ENCODING, "not UTF-8"),
        (b"[" * 200_000, QuarantineReason.BAD_SHAPE, ""),
        (b'{"at":' + b"[" * 200_000, QuarantineReason.BAD_SHAPE, "nested too deeply"),
        (b"[]", QuarantineReason.BAD_SHAPE, "an object is expected"),
        (b"null", QuarantineReason.BAD_SHAPE, "the message is null"),
        (b"{}", QuarantineReason.BAD_SHAPE, "`at` is missing"),
        (b'{"at": 5, "values": {"flow_l_s": 1}}', QuarantineReason.BAD_SHAPE, "`at` is 5"),
        (b'{"at": "yesterday", "values": {"flow_l_s": 1}}', QuarantineReason.BAD_VALUE, "RFC 3339"),
        (b'{"at": "2026-11-22T18:00:00", "values": {"flow_l_s": 1}}', QuarantineReason.NO_TIMEZONE, "+08:00"),
        (
            b'{"at": "2026-11-22T10:02:01.001Z", "values": {"flow_l_s": 1}}',
            QuarantineReason.TIME_IN_FUTURE,
            "120 s",
        ),
        (b'{"at": "9999-12-31T23:59:59-14:00", "values": {"flow_l_s": 1}}', QuarantineReason.TIME_IN_FUTURE, "ahead"),
        (b'{"at": "2026-10-23T10:00:00Z", "values": {"flow_l_s": 1}}', QuarantineReason.TIME_TOO_OLD, "30.0 days"),
        (b'{"at": "0001-01-01T00:00:00+14:00", "values": {"flow_l_s": 1}}', QuarantineReason.TIME_TOO_OLD, "behind"),
        (b'{"at": "2026-11-22T10:00:00Z"}', QuarantineReason.BAD_SHAPE, "`values` is missing"),
        (b'{"at": "2026-11-22T10:00:00Z", "values": {}}', QuarantineReason.BAD_SHAPE, "`values` is empty"),
        (b'{"at": "2026-11-22T10:00:00Z", "values": 3}', QuarantineReason.BAD_SHAPE, "`values` is a number"),
        (
            b'{"at": "2026-11-22T10:00:00Z", "values": {"flow": 3}}',
            QuarantineReason.UNKNOWN_QUANTITY,
            "flow is no",
        ),
        (b'{"at": "2026-11-22T10:00:00Z", "values": {"flow_l_s": true}}', QuarantineReason.BAD_VALUE, "true or false"),
        (b'{"at": "2026-11-22T10:00:00Z", "values": {"flow_l_s": null}}', QuarantineReason.BAD_VALUE, "null"),
        (b'{"at": "2026-11-22T10:00:00Z", "values": {"flow_l_s": "3"}}', QuarantineReason.BAD_VALUE, "is text"),
        (b'{"at": "2026-11-22T10:00:00Z", "values": {"flow_l_s": 1e999}}', QuarantineReason.BAD_VALUE, "inf"),
        (b'{"at": "2026-11-22T10:00:00Z", "values": {"flow_l_s": -Infinity}}', QuarantineReason.BAD_VALUE, "inf"),
        (b'{"at": "2026-11-22T10:00:00Z", "values": {"flow_l_s": NaN}}', QuarantineReason.BAD_VALUE, "nan"),
        (b'{"at": "2026-11-22T10:00:00Z", "values": {"flow_l_s": 1000000001}}', QuarantineReason.BAD_VALUE, "1e+09"),
    ],
)
def test_telemetry_that_cannot_be_read_is_kept_whole_with_a_named_reason(payload, reason, says):
    found = decode(WATER, payload)
    named, detail = refused(found)
    assert (named, found.quarantined[0].payload, found.grid) == (reason, payload, "01")
    assert says in detail


@pytest.mark.parametrize(
    ("topic", "reason", "grid"),
    [
        ("city/01/water/w-1/temperature", QuarantineReason.BAD_TOPIC, "01"),
        ("nonsense", QuarantineReason.BAD_TOPIC, ""),
        ("city/01/water/w\x00/telemetry", QuarantineReason.BAD_TOPIC, "01"),
        ("city/99/water/w-1/telemetry", QuarantineReason.WRONG_GRID, ""),
        ("city/02/water/w-1/telemetry", QuarantineReason.WRONG_GRID, "02"),
        ("city/01/water/w-9/telemetry", QuarantineReason.UNKNOWN_DEVICE, "01"),
        ("city/01/gas/w-1/telemetry", QuarantineReason.UNKNOWN_DEVICE, "01"),
        ("city/01/camera/w-1/detections", QuarantineReason.UNKNOWN_DEVICE, "01"),
    ],
)
def test_a_message_on_a_topic_that_is_not_a_devices_is_kept(topic, reason, grid):
    found = decode(topic, {"at": AT, "values": {"flow_l_s": 1}})
    assert refused(found)[0] is reason
    assert (found.grid, found.quarantined[0].grid) == (grid, grid)
    assert found.quarantined[0].topic.isprintable()


def test_a_message_of_a_grid_that_another_worker_serves_is_kept_and_not_judged():
    worker = Decoder(city(), grids=frozenset({"02"}))
    found = worker.decode(WATER, b'{"at": "2026-11-22T10:00:00Z", "values": {"flow_l_s": 3}}', NOW)
    assert refused(found) == (QuarantineReason.WRONG_GRID, "this worker does not serve grid 01")


def test_a_message_beyond_all_measure_is_kept_unread():
    assert refused(decode(WATER, b" " * (MAX_MESSAGE_BYTES + 1)))[0] is QuarantineReason.TOO_LARGE


def test_a_message_of_many_bad_values_does_not_multiply_its_own_size():
    payload = json.dumps({"at": AT, "values": {f"nothing_{number}": 1 for number in range(5000)}}).encode()
    found = decode(WATER, payload)
    assert found.received == 5000
    assert sum(len(each.payload) for each in found.quarantined) < 6 * len(payload)


@pytest.mark.parametrize("topic", ["city/01/water/w-1/command", "city/01/camera/cam-1/evidence/request"])
def test_what_the_hub_itself_published_is_no_news(topic):
    assert decode(topic, b"anything").received == 0


@pytest.mark.parametrize(
    ("payload", "online", "at"),
    [
        (b"online", True, NOW),
        (b"offline\n", False, NOW),
        (b'"offline"', False, NOW),
        (b'{"online": false}', False, NOW),
        (b'{"online": true, "at": "2026-11-22T10:00:00Z"}', True, AT_UTC),
        # A will is written when the device connects, which may have been long ago.
        (b'{"online": false, "at": "2025-11-22T10:00:00Z"}', False, AT_UTC.replace(year=2025)),
    ],
)
def test_a_status_is_read_in_words_or_json(payload, online, at):
    found = decode(STATUS, payload, retained=True)
    assert found.observations == [Status("w-1", online, at, NOW)]
    assert found.observations[0].retained


@pytest.mark.parametrize(
    ("payload", "outage"),
    [
        (b'{"online": false, "outage": "unauthorised"}', "unauthorised"),
        (b'{"online": true, "outage": "unauthorised"}', ""),
        (b'{"online": false, "outage": "a\\u0000b\\nc"}', "abc"),
        (b'{"online": false, "outage": "' + b"x" * 5000 + b'"}', "x" * 60),
    ],
)
def test_a_status_may_say_why_and_no_more_of_it_is_kept_than_can_be_shown(payload, outage):
    (found,) = decode(STATUS, payload).observations
    assert found.outage == outage


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", QuarantineReason.BAD_JSON),
        (b"maybe", QuarantineReason.BAD_JSON),
        (b'{"online": "yes"}', QuarantineReason.BAD_SHAPE),
        (b'{"online": true, "at": "2026-11-22T10:00:00"}', QuarantineReason.NO_TIMEZONE),
        (b'{"online": true, "at": "2026-11-22T11:00:00Z"}', QuarantineReason.TIME_IN_FUTURE),
        (b'{"online": true, "at": "1970-01-01T00:00:00Z"}', QuarantineReason.TIME_TOO_OLD),
    ],
)
def test_a_status_that_says_neither_is_kept(payload, reason):
    assert refused(decode(STATUS, payload))[0] is reason


def test_a_frame_carries_its_boxes_pulled_into_the_picture():
    found = decode(DETECTIONS, {"at": AT, "seq": 1, "boxes": [box(), box(track=None, box=[-0.01, 0.5, 0.2, 1.001])]})
    assert found.observations == [
        Frame(
            "cam-1",
            AT_UTC,
            (Box("car", 0.91, 7, 0.1, 0.2, 0.3, 0.4), Box("car", 0.91, None, 0.0, 0.5, 0.2, 1.0)),
            NOW,
        )
    ]


def test_a_box_carries_its_colours_where_the_camera_tells_them():
    said = [box(colours=base64.b64encode(bytes(range(1, 28))).decode()), box(), box(colours="")]
    (frame,) = decode(DETECTIONS, {"at": AT, "boxes": said}).observations
    assert [one.colours for one in frame.boxes] == [bytes(range(1, 28)), b"", b""]


def test_colours_of_noughts_alone_say_that_there_are_none():
    said = [box(colours=base64.b64encode(bytes(27)).decode())]
    assert decode(DETECTIONS, {"at": AT, "boxes": said}).observations[0].boxes[0].colours == b""


def test_a_frame_without_boxes_is_an_observation_too():
    assert decode(DETECTIONS, {"at": AT, "boxes": []}).observations == [Frame("cam-1", AT_UTC, (), NOW)]


@pytest.mark.parametrize(
    ("payload", "reason", "says"),
    [
        ({"at": AT}, QuarantineReason.BAD_SHAPE, "boxes"),
        ({"at": AT, "boxes": [box(confidence="high")]}, QuarantineReason.BAD_SHAPE, "$.boxes[0].confidence"),
        ({"at": AT, "boxes": [box(), box(confidence=1.2)]}, QuarantineReason.BAD_VALUE, "boxes[1]: confidence 1.2"),
        ({"at": AT, "boxes": [box(box=[0.1, 0.2, 0.3])]}, QuarantineReason.BAD_SHAPE, "$.boxes[0].box"),
        ({"at": AT, "boxes": [box(box=[0.3, 0.2, 0.1, 0.4])]}, QuarantineReason.BAD_VALUE, "x1 < x2"),
        ({"at": AT, "boxes": [box(box=[10, 20, 300, 400])]}, QuarantineReason.BAD_VALUE, "fractions"),
        ({"at": AT, "boxes": [box(label="a\x00b")]}, QuarantineReason.BAD_VALUE, "printable"),
        ({"at": AT, "boxes": [box(track=2**60)]}, QuarantineReason.BAD_VALUE, "track"),
        ({"at": AT, "boxes": [box(colours="AQID")]}, QuarantineReason.BAD_VALUE, "27 are expected"),
        ({"at": AT, "boxes": [box(colours="?")]}, QuarantineReason.BAD_VALUE, "base64"),
        ({"at": "2026-11-22T18:00:00", "boxes": []}, QuarantineReason.NO_TIMEZONE, "timezone"),
        (b'{"at": "2026-11-22T10:00:00Z", "boxes": [', QuarantineReason.BAD_JSON, "truncated"),
    ],
)
def test_a_frame_that_cannot_be_read_is_kept_whole(payload, reason, says):
    named, detail = refused(decode(DETECTIONS, payload))
    assert named is reason
    assert says in detail


def test_an_evidence_picture_is_read():
    (found,) = decode(EVIDENCE, picture()).pictures
    assert (found.camera_id, found.alert_id, found.kind) == ("cam-1", ALERT, "first_sight")
    assert (found.captured_at, found.received_at, found.jpeg) == (AT_UTC, NOW, JPEG)


def test_word_that_a_camera_has_no_such_picture_is_read():
    (found,) = decode(EVIDENCE, picture(jpeg="", missing="too_old")).pictures
    assert (found.jpeg, found.missing, found.captured_at) == (b"", "too_old", AT_UTC)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (picture(missing="too_old"), QuarantineReason.BAD_SHAPE),
        (picture(jpeg="", missing="It is gone."), QuarantineReason.BAD_VALUE),
        (picture(jpeg=""), QuarantineReason.BAD_VALUE),
        (picture(alert="seven"), QuarantineReason.BAD_VALUE),
        (picture(kind="First Sight"), QuarantineReason.BAD_VALUE),
        (picture(jpeg="***"), QuarantineReason.BAD_VALUE),
        (picture(jpeg=base64.b64encode(b"GIF89a").decode()), QuarantineReason.BAD_VALUE),
        (picture(jpeg=base64.b64encode(JPEG + bytes(512 * 1024)).decode()), QuarantineReason.TOO_LARGE),
        (picture(at="2026-11-22T18:00:00"), QuarantineReason.NO_TIMEZONE),
        ({"alert": ALERT}, QuarantineReason.BAD_SHAPE),
    ],
)
def test_a_picture_that_cannot_be_filed_is_kept(payload, reason):
    assert refused(decode(EVIDENCE, payload))[0] is reason
