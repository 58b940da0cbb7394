"""An instant in, the light in the street out: where the sun stands, and whether the lamps burn."""

import math
from datetime import UTC, datetime

from hub.demo.scenes.description import Light, Weather

# The demo city lies where Chengdu does.
LATITUDE_DEG, LONGITUDE_DEG = 30.66, 104.06
_DARK_DEG, _BRIGHT_DEG = -6.0, 22.0  # civil dusk; a sun high enough that more height changes little
_LAMPS_DEG = -0.8
_STEPS = 20  # the light moves in steps, so that a background lasts for minutes


def sun_elevation_deg(at: datetime) -> float:
    """Return the sun's height above the horizon, good to about a degree.

    Declination and equation of time by the usual short series (Spencer 1971).
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs a timezone")
    utc = at.astimezone(UTC)
    hours = utc.hour + utc.minute / 60 + utc.second / 3600
    turn = 2 * math.pi * (utc.timetuple().tm_yday - 1 + (hours - 12) / 24) / 365
    declination = (
        0.006918
        - 0.399912 * math.cos(turn)
        + 0.070257 * math.sin(turn)
        - 0.006758 * math.cos(2 * turn)
        + 0.000907 * math.sin(2 * turn)
    )
    equation_min = 229.18 * (
        0.000075
        + 0.001868 * math.cos(turn)
        - 0.032077 * math.sin(turn)
        - 0.014615 * math.cos(2 * turn)
        - 0.040849 * math.sin(2 * turn)
    )
    solar_hours = hours + LONGITUDE_DEG / 15 + equation_min / 60
    hour_angle = math.radians((solar_hours - 12) * 15)
    latitude = math.radians(LATITUDE_DEG)
    sine = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(
        hour_angle
    )
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def light_at(at: datetime, weather: Weather) -> Light:
    """Return the street's light at an instant."""
    elevation = sun_elevation_deg(at)
    share = (elevation - _DARK_DEG) / (_BRIGHT_DEG - _DARK_DEG)
    daylight = round(max(0.0, min(1.0, share)) * _STEPS) / _STEPS
    return Light(daylight=daylight, lamps_on=elevation < _LAMPS_DEG, weather=weather)
