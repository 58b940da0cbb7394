"""A citizen's report in, the draft of a case out: what a crew must know, and nothing of who reported it; pure."""

from __future__ import annotations

from detectors.finding import Severity
from hub.cases.case import Draft
from hub.cases.level import Level
from hub.reports.masking import masked
from hub.reports.report import Report
from ingest.city import City

_TITLE = 120  # characters


class Unplaced(ValueError):
    """Nobody has said yet in which grid the report lies, and a case lies in one."""


def draft_of(report: Report, city: City, *, severity: Severity, level: Level = Level.STREET, title: str = "") -> Draft:
    """Return the case that `report` asks for; raise Unplaced where it lies in no grid of `city`.

    The case goes into the feed, so the reporter's words go in with people's numbers hidden.
    """
    grid = city.grids.get(report.grid or "")
    if grid is None:
        raise Unplaced(f"report {report.number} lies in no grid yet: say in which one it lies first")
    address = masked(report.address)
    return Draft(
        title=title or f"{report.category_name}：{address or grid.name}"[:_TITLE],
        grid=grid.grid_id,
        district=grid.district,
        severity=severity,
        level=level,
        category=report.category,
        latitude=report.latitude,
        longitude=report.longitude,
        place=address,
        reports=(report.report_id,),
        note=masked(report.description),
        photos=report.photos,
    )
