"""Camera frames go in; vehicles that stand in a no-parking zone longer than its dwell come out."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from detectors.places import Places
from detectors.scene import Ban
from detectors.thresholds import Thresholds
from detectors.windows import any_open
from ingest.city import Camera, City, Zone, ZoneKind

RULE = "parking.illegal"


class NoParking:
    """Standing is forbidden in a no-parking zone while one of its windows is open; without windows, always."""

    def __init__(self, city: City, dwell_s: float) -> None:
        """Judge by the city's timezone and calendar; `dwell_s` holds where the zone sets none."""
        self._timezone, self._calendar, self._dwell_s = ZoneInfo(city.timezone), city.calendar, dwell_s

    def zones(self, camera: Camera) -> tuple[Zone, ...]:
        """Return the camera's no-parking zones."""
        return tuple(zone for zone in camera.zones if zone.kind is ZoneKind.NO_PARKING)

    def ban(self, ground: tuple[Zone, ...], at: datetime) -> Ban | None:
        """Return the ban of the zone of `ground` that is watched at `at` and has the shortest dwell."""
        strictest = None
        for zone in ground:
            dwell_s = self._dwell_s if zone.dwell_s is None else zone.dwell_s
            if (strictest is None or dwell_s < strictest.dwell_s) and (
                not zone.active or any_open(zone.active, at, self._timezone, self._calendar)
            ):
                strictest = Ban(zone.zone_id, dwell_s, f"in the no-parking zone {zone.name or zone.zone_id}", "none")
        return strictest


class Parking(Places):
    """The rule `parking.illegal`; its partition is the camera."""

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        """Watch every camera of `city` that has a no-parking zone."""
        rule = thresholds.parking.illegal
        super().__init__("parking", RULE, "vehicle", rule, city, NoParking(city, rule.dwell_s))
