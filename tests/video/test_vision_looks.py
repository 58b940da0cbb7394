"""Looking less often loses no event: one street, judged on what the model saw by default and when it always looked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.vision_clips import COCO, DATA, FPS, footage, write
from bench.vision_live import write_city
from detectors.vision.settings import VisionSettings
from detectors.vision.yolo import Detector
from hub.config.load import load
from hub.tuning.analyse import Bill, analyse

BEGAN = datetime(2026, 11, 23, 1, tzinfo=UTC)
ARRIVES_S, STANDS_S, DWELL_S, CLEAR_S, CLIP_S = 5.0, 16.0, 8.0, 8.0, 56.0
ALWAYS = VisionSettings(busy_fps=5, watch_margin=1)


@pytest.mark.realdata
@pytest.mark.timeout(900)
@pytest.mark.skipif(not footage().real, reason=f"no real weights and footage in {DATA}")
def test_on_a_road_that_is_never_empty_a_look_a_second_raises_and_clears_what_five_a_second_do(tmp_path: Path) -> None:
    """25 pictures a second of real traffic; one car stands behind what passes, and its zone is that lane."""
    clip = write(tmp_path / "road.ts", 360, CLIP_S, arrives_s=ARRIVES_S, stands_s=STANDS_S)
    write_city(tmp_path, 9, 1, {}, dwell_s=DWELL_S)
    (tmp_path / "detectors.yaml").write_text(
        f"{{lateness_s: {{camera: 0}}, parking: {{illegal: {{clear_after_s: {CLEAR_S}}}}}}}"
    )
    configuration = load(tmp_path / "city.yaml", tmp_path / "detectors.yaml")
    model = Detector(COCO)

    def judged(settings: VisionSettings) -> tuple[Bill, list[tuple[str, str, float]]]:
        bill = Bill()
        seen = analyse(clip, configuration, camera_id="cam-000", start=BEGAN, model=model, bill=bill, settings=settings)
        changes = [change for processed in seen for change in processed.changes]
        return bill, [(change.alert.rule, change.type.value, (change.at - BEGAN).total_seconds()) for change in changes]

    sparing, seldom = judged(VisionSettings())
    always, often = judged(ALWAYS)
    assert always.vision.decoded == sparing.vision.decoded == CLIP_S * FPS
    assert always.vision.processed > 3.5 * sparing.vision.processed
    assert [change[:2] for change in seldom] == [
        ("parking.illegal", "alert.raised"),
        ("parking.illegal", "alert.cleared"),
    ]
    assert [change[:2] for change in often] == [change[:2] for change in seldom]
    (raised_s, cleared_s), (often_raised_s, often_cleared_s) = ([at_s for *_, at_s in each] for each in (seldom, often))
    assert abs(raised_s - often_raised_s) <= 2.0, "no more than a look or two"
    assert ARRIVES_S + DWELL_S - 2 <= raised_s <= ARRIVES_S + DWELL_S + 10
    assert cleared_s >= ARRIVES_S + STANDS_S
    # A place is empty once it was seen empty for long enough between what passes there, and that is chance.
    assert abs(cleared_s - often_cleared_s) <= 15.0
