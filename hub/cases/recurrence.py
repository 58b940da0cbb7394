"""Two alerts and the city in, whether they are at one place out, and why: across days and cameras in reach; pure.

A device's place is the device. In a camera's picture a place is where boxes overlap. Two cameras see one place where
the zones that the alerts lie in have coordinates on the ground, and these lie close together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum

from hub.alerts.alert import Alert
from hub.cases.matching import zone_of
from ingest.city import Camera, City, Zone
from ingest.observation import Box

REACH_M = 30.0  # between the middles of two zones: about two widths of a street
LEAST_OVERLAP = 0.5  # of the smaller box: a stall may be larger on another day
_EARTH_M = 6_371_000.0


class Why(StrEnum):
    """Why two alerts are at one place, or are not."""

    SAME_SUBJECT = "same_subject"
    OVERLAPPING = "overlapping"  # in one camera's picture
    ZONES_IN_REACH = "zones_in_reach"  # of two cameras
    ANOTHER_RULE = "another_rule"
    ELSEWHERE = "elsewhere"

    @property
    def is_same(self) -> bool:
        """Say whether it is one place."""
        return self in (Why.SAME_SUBJECT, Why.OVERLAPPING, Why.ZONES_IN_REACH)


def compare(city: City, one: Alert, other: Alert, *, reach_m: float = REACH_M) -> Why:
    """Return whether two alerts of one rule are at one place, and why."""
    if one.rule != other.rule:
        return Why.ANOTHER_RULE
    if one.box is None or other.box is None or one.camera_id is None or other.camera_id is None:
        return Why.SAME_SUBJECT if one.subject == other.subject else Why.ELSEWHERE
    if one.camera_id == other.camera_id:
        return Why.OVERLAPPING if overlap(one.box, other.box) >= LEAST_OVERLAP else Why.ELSEWHERE
    here, there = ground_of(city, one), ground_of(city, other)
    near = here is not None and there is not None and distance_m(here, there) <= reach_m
    return Why.ZONES_IN_REACH if near else Why.ELSEWHERE


def belongs_with(city: City, alert: Alert, members: Iterable[Alert]) -> bool:
    """Say whether one crew settles `alert` together with the alerts of an open case.

    That is so at the place of one of them, and for other rules of the same domain at the same subject: a burst pipe's
    sensor tells of the pressure too.
    """
    domain = alert.rule.partition(".")[0]
    return any(
        compare(city, alert, member).is_same
        or (alert.subject == member.subject and member.rule.partition(".")[0] == domain)
        for member in members
    )


def cameras_in_reach(city: City, alert: Alert, *, reach_m: float = REACH_M) -> list[str]:
    """Return the cameras whose alerts may be at the place of `alert`, its own first; none for a device's alert."""
    if alert.camera_id is None or alert.box is None:
        return []
    here = ground_of(city, alert)

    def sees_it(camera: Camera) -> bool:
        grounds = map(ground_under, camera.zones)
        return any(
            here is not None and ground is not None and distance_m(here, ground) <= reach_m for ground in grounds
        )

    others = [camera for camera in city.cameras.values() if camera.camera_id != alert.camera_id and sees_it(camera)]
    return [alert.camera_id, *(camera.camera_id for camera in others)]


def ground_of(city: City, alert: Alert) -> tuple[float, float] | None:
    """Return latitude and longitude of the zone that an alert of a camera lies in, where they are configured."""
    name, _ = zone_of(city, alert.subject, alert.camera_id)
    camera = city.cameras.get(alert.camera_id or "")
    if camera is None or name is None:
        return None
    return next((ground_under(zone) for zone in camera.zones if zone.zone_id == name), None)


def ground_under(zone: Zone) -> tuple[float, float] | None:
    """Return latitude and longitude of a zone's middle, where they are configured."""
    if zone.latitude is None or zone.longitude is None:
        return None
    return zone.latitude, zone.longitude


def overlap(one: Box, other: Box) -> float:
    """Return which share of the smaller box lies in the other."""
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    smaller = min((box.x2 - box.x1) * (box.y2 - box.y1) for box in (one, other))
    return 0.0 if width <= 0 or height <= 0 or smaller <= 0 else width * height / smaller


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two points given as latitude and longitude in degrees."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(lat), math.radians(lon)) for lat, lon in (one, other))
    a = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(a)))
