import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.vision import handover, payloads
from detectors.vision.settings import VisionSettings
from ingest.city import DeviceKind
from ingest.observation import COLOURS_BYTES, Box

AT = datetime(2026, 11, 23, 9, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=8)))


def test_a_frame_says_its_time_its_number_and_its_boxes() -> None:
    payload = payloads.detections(
        AT, 7, [Box("car", 0.91234567, 3, 0.1, 0.2, 0.3, 0.4), Box("person", 0.1, None, 0, 0, 1, 1)]
    )
    assert json.loads(payload) == {
        "at": "2026-11-23T09:30:00.250000+08:00",
        "seq": 7,
        "boxes": [
            {"label": "car", "confidence": 0.9123, "track": 3, "box": [0.1, 0.2, 0.3, 0.4]},
            {"label": "person", "confidence": 0.1, "track": None, "box": [0, 0, 1, 1]},
        ],
    }


def test_a_box_says_its_colours_where_it_has_any() -> None:
    payload = payloads.detections(AT, 7, [Box("car", 0.9, 3, 0.1, 0.2, 0.3, 0.4, bytes(range(27)))])
    (said,) = json.loads(payload)["boxes"]
    assert said["colours"] == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBka"


def test_a_frame_in_which_nothing_is_seen_is_said_too() -> None:
    assert json.loads(payloads.detections(AT, 0, []))["boxes"] == []


def test_the_hub_reads_every_message_that_a_camera_sends() -> None:
    decode = pytest.importorskip("ingest.decode")
    from ingest import topics
    from ingest.city import Camera, City, Grid

    city = City(
        name="x", timezone="UTC", latitude=0, longitude=0, grids={"01": Grid(grid_id="01", name="one")}, devices={},
        cameras={"cam-01": Camera(camera_id="cam-01", grid="01", url="tcp://127.0.0.1:1")},
    )  # fmt: skip
    decoder = decode.Decoder(city)
    colours = bytes(range(COLOURS_BYTES))
    boxes = [Box("car", 0.9, 3, 0.1, 0.2, 0.3, 0.4, colours), Box("stall", 0.1, None, 0.0, 0.0, 1.0, 1.0)]
    health = {"decoded_fps": 8.0, "processed_fps": 4.9, "skipped_fps": 3.1, "inference_ms": 9.4, "reconnects": 2}
    sent = [
        (topics.detections("01", "cam-01"), payloads.detections(AT, 0, boxes), 1),
        (topics.detections("01", "cam-01"), payloads.detections(AT, 0, []), 1),
        (topics.telemetry("01", DeviceKind.CAMERA, "cam-01"), payloads.telemetry(AT, 0, health), 5),
        (topics.status("01", DeviceKind.CAMERA, "cam-01"), payloads.status(AT, True), 1),
        (
            topics.evidence("01", "cam-01"),
            payloads.evidence("0192f0c1-2b5f-7c3e-9a51-3f2f6d1c5a1e", "first_sight", AT, b"\xff\xd8\xff\xd9"),
            1,
        ),
        (
            topics.evidence("01", "cam-01"),
            payloads.no_evidence("0192f0c1-2b5f-7c3e-9a51-3f2f6d1c5a1e", "first_sight", AT, "gap"),
            1,
        ),
    ]
    for topic, payload, values in sent:
        read = decoder.decode(topic, payload, AT.astimezone(UTC))
        assert read.quarantined == [], payload
        assert len(read.observations) + len(read.pictures) == values


def test_a_request_is_read() -> None:
    read = payloads.request(
        b'{"alert":"5a1e","pictures":[{"kind":"first_sight","at":"2026-11-23T09:30:00.25+08:00"}],'
        b'"box":[0.1,0.2,0.3,0.4],"label":"parking.illegal","more":1}'
    )
    assert read.pictures[0].at == AT
    assert read.box == (0.1, 0.2, 0.3, 0.4)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"alert":"a"}',
        b'{"alert":"","pictures":[]}',
        b'{"alert":"a","pictures":[{"kind":"clear","at":"2026-11-23T09:30:00"}]}',
        b'{"alert":"a","pictures":[{"kind":"clear","at":"yesterday"}]}',
        b'{"alert":"a","pictures":[],"box":[0.3,0.2,0.1,0.4]}',
        b'{"alert":"a","pictures":[],"box":[0.1,0.2,0.3,4]}',
        b'{"alert":"a","pictures":[],"box":[0.1,0.2]}',
    ],
)
def test_a_request_that_makes_no_sense_is_refused(payload: bytes) -> None:
    with pytest.raises(payloads.RequestError):
        payloads.request(payload)


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_the_named_errors_come(data: bytes) -> None:
    for read, error in [
        (payloads.request, payloads.RequestError),
        (handover.told, handover.HandoverError),
        (handover.order, handover.HandoverError),
    ]:
        try:
            read(data)
        except error:
            continue


def test_what_is_handed_over_arrives_as_it_was() -> None:
    begin = handover.Begin(url="rtsp://u:p@h/x", settings=VisionSettings(process_fps=3), width_px=320, height_px=192)
    picture = handover.Picture(at_s=1.5, reason="motion", width_px=2, height_px=1, bgr=b"abcdef", jpeg=b"")
    report = handover.Report(streaming=True, decoded=3, still=1, dropped=0, breaks=0, stuck_s=0.1, detail="")
    assert handover.order(handover.pack(begin)) == begin
    assert handover.order(handover.pack(handover.Next())) == handover.Next()
    assert handover.told(handover.pack(picture)) == picture
    assert handover.told(handover.pack(report)) == report
