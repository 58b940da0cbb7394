"""What the demo's terminal says of cases and alerts."""

import io
from typing import Any

from hub.api.model import EXAMPLE_ALERT
from hub.api.model_cases import EXAMPLE_CASE, CaseDocument
from hub.cases.stage import Event
from hub.demo.show import Show


def said(*items: dict[str, Any]) -> list[str]:
    out = io.StringIO()
    show = Show(timezone="Asia/Shanghai", out=out)
    for item in items:
        show.item(item)
    return out.getvalue().splitlines()


def test_a_case_is_one_line_with_its_number_and_who_has_it() -> None:
    item = {"seq": 2, "type": "case.reported_done", "at": "2026-11-22T10:15:00.000000Z", "case": EXAMPLE_CASE}
    (line,) = said(item)
    assert line.startswith("18:15:00  ▣ case 2026-000123")
    assert line.endswith("reported done          供水管道泄漏 南湖路 3  district-housing")


def test_an_alert_is_said_beside_it() -> None:
    raised = {"seq": 1, "type": "alert.raised", "at": "2026-11-22T10:00:14.000000Z", "alert": EXAMPLE_ALERT}
    lines = said(raised, {"seq": 2, "type": "case.filed", "at": "2026-11-22T10:15:00Z", "case": EXAMPLE_CASE})
    assert len(lines) == 2
    assert "water.burst" in lines[0]


def test_the_example_in_the_description_is_a_case() -> None:
    assert CaseDocument.model_validate(EXAMPLE_CASE).last.event is Event.TAKEN
