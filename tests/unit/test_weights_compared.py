"""Two sets of weights on one recording: what their saved detections lead to, and what the one changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from hub.tuning.labels.label import Label, Source, Verdict
from hub.tuning.weights import BadDetections, compare, saved
from ingest.city import Zone, ZoneKind
from tests.support.stories import START, small_city
from tests.support.tracing import configured

KERB = Zone(
    zone_id="kerb", camera_id="cam-1", kind=ZoneKind.NO_PARKING, polygon=((0, 0), (1, 0), (1, 1), (0, 1)), dwell_s=20
)
CONFIGURATION = configured(small_city(KERB))


def lines(*, confidence: float, until_s: float = 60.0) -> Iterator[bytes]:
    """Return a minute of frames with one car of that confidence, as they go over the wire."""
    for n in range(120):
        boxes = [{"label": "car", "confidence": confidence, "track": 1, "box": [0.4, 0.4, 0.5, 0.5]}]
        at = (START + timedelta(seconds=n / 2)).isoformat()
        yield json.dumps({"at": at, "seq": n, "boxes": boxes if n / 2 < until_s else []}).encode() + b"\n"


def test_weights_that_see_less_lose_the_alert_and_the_same_weights_change_nothing() -> None:
    old = saved(lines(confidence=0.8), CONFIGURATION, "cam-1", "old")
    new = saved(lines(confidence=0.15), CONFIGURATION, "cam-1", "new")
    compared = compare(old, new, CONFIGURATION, "cam-1")
    assert [one.rule for one in compared.diff.vanished] == ["parking.illegal"]
    assert not compared.diff.appeared
    assert compared.document["candidate"] | {"raised": 0, "frames": 120, "boxes": 120} == compared.document["candidate"]
    assert compare(old, old, CONFIGURATION, "cam-1").diff.is_empty


def test_labels_score_both_sides_and_those_of_other_cameras_do_not_count() -> None:
    old = saved(lines(confidence=0.8), CONFIGURATION, "cam-1", "old")
    new = saved(lines(confidence=0.15), CONFIGURATION, "cam-1", "new")

    def label(subject: str) -> Label:
        return Label(
            label_id=uuid4(), rule="parking.illegal", subject=subject, grid="02", since=START,
            until=START + timedelta(seconds=60), verdict=Verdict.TRUE, reason="", source=Source.DRAWN, weight=1.0,
            by="engineer", at=START,
        )  # fmt: skip

    document = compare(old, new, CONFIGURATION, "cam-1", [label("kerb"), label("cam-2")]).document
    assert document["base"]["scores"]["labels"]["true"] == 1
    assert [one["label"] for one in document["vanished"]] == ["true"]
    assert document["candidate"]["scores"]["why_not"]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"{", "line 1: no frame"),
        (b'{"at": "2026-11-23T04:00:00", "boxes": []}', "no timezone"),
        (b'{"at": "2026-11-23T04:00:00+08:00", "boxes": [{"label": "car"}]}', "line 1"),
        (b"", "there is no frame"),
    ],
)
def test_a_file_that_is_none_of_detections_is_refused_with_its_line(bad: bytes, said: str) -> None:
    with pytest.raises(BadDetections, match=said):
        saved([bad], CONFIGURATION, "cam-1", "bad")
