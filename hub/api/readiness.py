"""Judges whether the hub can do its work: what was measured in, named checks out; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.cases.plan import Plan
from hub.config.load_dispatch import calendar_warning, missing_years
from hub.store.listening import Listening
from ingest.city import City

LISTENED_S = 30.0  # a worker notes that it listens with every batch, and at least every few seconds
LEAST_LAG_S = 60.0
MISSED_INTERVALS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that readiness depends on; `age_s` is how old the newest sign of it is."""

    name: str
    ok: bool
    detail: str
    age_s: float | None = None


def check_listening(city: City, found: Sequence[Listening], at: datetime) -> Check:
    """Return whether every grid is listened to, however the workers share them."""
    last: dict[str, datetime] = {}
    for stretch in found:
        for grid in city.grids if stretch.grids is None else stretch.grids:
            last[grid] = max(last.get(grid, stretch.until), stretch.until)
    ages = {grid: _age_s(last.get(grid), at) for grid in city.grids}
    deaf = sorted(grid for grid, age_s in ages.items() if age_s is None or age_s > LISTENED_S)
    known = [age_s for age_s in ages.values() if age_s is not None]
    oldest = max(known) if known and len(known) == len(ages) else None
    if deaf:
        which = ", ".join(deaf)
        everywhere = len(deaf) == len(city.grids)
        detail = "no worker listens to any grid" if everywhere else f"no worker listens to grid {which}"
        return Check(name="ingest", ok=False, detail=detail, age_s=oldest)
    return Check(name="ingest", ok=True, detail=f"{len(city.grids)} grids are listened to", age_s=oldest)


def check_lag(city: City, newest: datetime | None, at: datetime) -> Check:
    """Return whether observations still arrive: the newest is not older than a few of the shortest intervals."""
    intervals = [device.interval_s for device in city.devices.values()]
    if not intervals and not city.cameras:
        return Check(name="broker_lag", ok=True, detail="the city has no devices yet")
    most_s = max(LEAST_LAG_S, MISSED_INTERVALS * min(intervals, default=0.0))
    age_s = _age_s(newest, at)
    if age_s is None:
        return Check(name="broker_lag", ok=False, detail="no observation was stored in the last six hours")
    detail = f"the newest observation was received {age_s:.1f} s ago; {most_s:.0f} s are allowed"
    return Check(name="broker_lag", ok=age_s <= most_s, detail=detail, age_s=age_s)


def check_cameras(city: City, frames: Mapping[str, datetime], lost_after_s: float, at: datetime) -> Check:
    """Return whether pictures arrive. One lost camera is an alert; all of them lost means that nobody watches."""
    if not city.cameras:
        return Check(name="cameras", ok=True, detail="the city has no cameras")
    ages = {camera_id: _age_s(frames.get(camera_id), at) for camera_id in city.cameras}
    lost = sorted(camera_id for camera_id, age_s in ages.items() if age_s is None or age_s > lost_after_s)
    known = [age_s for age_s in ages.values() if age_s is not None]
    detail = f"{len(ages) - len(lost)} of {len(ages)} cameras gave a frame in the last {lost_after_s:.0f} s"
    if lost:
        detail += f"; not {', '.join(lost[:20])}{' …' if len(lost) > 20 else ''}"
    return Check(name="cameras", ok=len(lost) < len(ages), detail=detail, age_s=max(known) if known else None)


def check_calendar(plan: Plan, at: datetime) -> Check:
    """Return whether the present year's holidays are known: deadlines are a guess without, but the hub works."""
    missing = [calendar_warning(year) for year in missing_years(plan, at)]
    known = ", ".join(map(str, sorted(plan.working.years)))
    return Check(name="calendar", ok=True, detail=f"warning: {'; '.join(missing)}" if missing else f"known: {known}")


def _age_s(then: datetime | None, at: datetime) -> float | None:
    # A camera's clock may run ahead of ours by a little: that is fresh, not younger than now.
    return None if then is None else max(0.0, (at - then).total_seconds())
