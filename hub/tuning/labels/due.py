"""A configuration, a rule and a subject in, how long after an event's beginning its alert is due out; pure.

Due is what the rule's own wait allows: the dwell of a zone, the time that a condition must last. Nothing raised by then
is late, however good the reason.
"""

from __future__ import annotations

from detectors.overrides import resolved
from detectors.threshold import Rule
from detectors.thresholds import Thresholds
from hub.config.load import Configuration
from hub.tuning.labels.place import parted

# What rules call their wait. The first that a rule has is its own; `sensor.fault` has two and is due after the shorter.
WAITS = ("raise_after_s", "dwell_s", "after_s", "moved_after_s", "impossible_after_s")


def due_after_s(configuration: Configuration, rule: str, subject: str) -> float:
    """Return the seconds from the beginning of what `rule` finds at `subject` to its alert; 0 for an unknown rule."""
    try:
        section = _holding(configuration, parted(subject)[0]).of_rule(rule)
    except KeyError:
        return 0.0
    if rule == "device.silent":
        return _silent_s(configuration, section, subject)
    zone = parted(subject)[0]
    own = next(
        (
            each.dwell_s
            for camera in configuration.city.cameras.values()
            for each in camera.zones
            if each.zone_id == zone and each.dwell_s is not None
        ),
        None,
    )
    if own is not None and hasattr(section, "dwell_s"):
        return own
    waits = (getattr(section, name, None) for name in WAITS)
    return float(next((wait for wait in waits if wait is not None), 0.0))


def _holding(configuration: Configuration, subject: str) -> Thresholds:
    """Return the thresholds that hold for `subject`; for one that the city no longer has, those for everybody."""
    if not configuration.thresholds.overrides:
        return configuration.thresholds
    try:
        return resolved(configuration.thresholds, configuration.city, subject)[0]
    except KeyError:
        return configuration.thresholds


def _silent_s(configuration: Configuration, section: Rule, subject: str) -> float:
    device = configuration.city.devices.get(subject)
    intervals, at_least_s = float(getattr(section, "intervals", 0.0)), float(getattr(section, "at_least_s", 0.0))
    return max(at_least_s, intervals * device.interval_s if device is not None else 0.0)
