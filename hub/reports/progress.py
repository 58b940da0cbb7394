"""What became of a report in, what its reporter is told out: open or closed, with words, in GeoReport v2's terms; pure.

The words say what is being done, never who does it: neither operators' names nor their notes leave the hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.cases.stage import Stage
from hub.reports.report import Report, State


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNews:
    """As much of a report's case as its reporter may know."""

    number: str
    stage: Stage
    updated_at: datetime
    due_at: datetime | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNews:
    """As much of the alert that a report was linked to."""

    active: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a reporter is told."""

    is_open: bool
    notes: str
    updated_at: datetime
    expected_at: datetime | None = None
    department: str | None = None


_STAGES: dict[Stage, str] = {
    Stage.COLLECTED: "已受理，正在核实 / accepted, being looked at",
    Stage.FILED: "已立案 / filed as case",
    Stage.DISPATCHED: "已派遣处置单位 / dispatched to the department in charge",
    Stage.HANDLING: "正在处置 / being handled",
    Stage.DONE: "处置单位已处置，待核查 / reported done, to be checked",
    Stage.VERIFIED: "已核查通过，待结案 / checked, about to be closed",
    Stage.CLOSED: "已办结 / settled",
    Stage.NOT_FILED: "经核实不予立案 / looked into; nothing had to be done",
    Stage.VOIDED: "经核实作废 / looked into; it was void",
    Stage.MERGED: "已并案处理 / handled together with another case",
}


def progress(report: Report, case: CaseNews | None, alert: AlertNews | None) -> Progress:
    """Return what the reporter is told. A case counts for more than an alert, an alert more than nothing."""
    if case is not None:
        return Progress(
            is_open=case.stage.is_open,
            notes=f"{_STAGES[case.stage]}（{case.number}）",
            updated_at=max(report.updated_at, case.updated_at),
            expected_at=case.due_at if case.stage.is_open else None,
            department=case.department,
        )
    if report.state is State.DISMISSED:
        return Progress(is_open=False, notes=f"不予处理 / not taken up：{report.reason}", updated_at=report.updated_at)
    if report.state is State.LINKED and alert is not None:
        words = "监测设备已发现，正在处理 / known to the hub's sensors, being dealt with"
        over = "监测显示已恢复 / over, as the hub's sensors tell"
        return Progress(
            is_open=alert.active,
            notes=words if alert.active else over,
            updated_at=max(report.updated_at, alert.updated_at),
        )
    return Progress(is_open=True, notes="已收到 / received", updated_at=report.updated_at)
