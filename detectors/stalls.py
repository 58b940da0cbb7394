"""Camera frames go in; street stalls that stand where no permit is valid, longer than their dwell, come out."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from detectors.places import Places
from detectors.scene import Ban
from detectors.thresholds import Thresholds
from detectors.windows import any_open
from ingest.city import Camera, City, Zone, ZoneKind

RULE = "stall.unlicensed"
# A stall is made of parts, and stalls stand wall to wall: what those that were reported cover by this share is a part
# of one of them, or two taken for one. Vehicles are not treated so: the motorcycle before the car is one of its own.
DOUBLE = 0.8
WHOLE_PICTURE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


class NoStalls:
    """Stalls are forbidden in no-stall zones, and in permitted zones while no permit is open.

    A permit that is open wins over every no-stall zone it lies in. On a camera that has permitted zones alone, a stall
    is forbidden in all the rest of its picture: drawing where stalls may stand says that elsewhere they may not.
    A camera with neither kind of zone is not watched for stalls.
    """

    def __init__(self, city: City, dwell_s: float) -> None:
        """Judge by the city's timezone and calendar; `dwell_s` holds where the zone sets none."""
        self._timezone, self._calendar, self._dwell_s = ZoneInfo(city.timezone), city.calendar, dwell_s

    def zones(self, camera: Camera) -> tuple[Zone, ...]:
        """Return the camera's permitted and no-stall zones; the whole picture where only permitted ones are drawn."""
        permitted = tuple(zone for zone in camera.zones if zone.kind is ZoneKind.PERMITTED_STALL)
        forbidden = tuple(zone for zone in camera.zones if zone.kind is ZoneKind.NO_STALL)
        if permitted and not forbidden:
            whole = Zone(
                zone_id=camera.camera_id, camera_id=camera.camera_id, kind=ZoneKind.NO_STALL, polygon=WHOLE_PICTURE
            )
            return (*permitted, whole)
        return (*permitted, *forbidden)

    def ban(self, ground: tuple[Zone, ...], at: datetime) -> Ban | None:
        """Return why a stall may not stand in `ground` at `at`: a permit that is closed, else a no-stall zone."""
        permitted = [zone for zone in ground if zone.kind is ZoneKind.PERMITTED_STALL]
        if any(any_open(zone.permits, at, self._timezone, self._calendar) for zone in permitted):
            return None
        if permitted:
            zone = min(permitted, key=self._dwell)
            return Ban(zone.zone_id, self._dwell(zone), f"in {_named(zone)}, where no permit is open now", "closed")
        watched = [
            zone for zone in ground if not zone.active or any_open(zone.active, at, self._timezone, self._calendar)
        ]
        if not watched:
            return None
        zone = min(watched, key=self._dwell)
        return Ban(zone.zone_id, self._dwell(zone), f"in {_named(zone)}, where stalls have no permit", "none")

    def _dwell(self, zone: Zone) -> float:
        return self._dwell_s if zone.dwell_s is None else zone.dwell_s


def _named(zone: Zone) -> str:
    return zone.name or zone.zone_id


class Stalls(Places):
    """The rule `stall.unlicensed`; its partition is the camera."""

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        """Watch every camera of `city` that has a no-stall or a permitted-stall zone."""
        rule = thresholds.stall.unlicensed
        super().__init__("stalls", RULE, "street stall", rule, city, NoStalls(city, rule.dwell_s), double=DOUBLE)
