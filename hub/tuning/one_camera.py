"""A configuration and a camera in, the configuration of a city that has nothing else out: for one recording alone."""

from __future__ import annotations

from dataclasses import replace

from hub.config.load import Configuration


def alone(configuration: Configuration, camera_id: str) -> Configuration:
    """Return the configuration of a city that has this camera and nothing else; its version stays.

    Nobody else is heard in a recording, and that makes nobody silent. Its frames come in order and at once, so none is
    waited for: the last of them is judged like the first.
    """
    city, thresholds = configuration.city, configuration.thresholds
    at_once = thresholds.lateness_s.model_copy(update={"camera": 0.0})
    return replace(
        configuration,
        city=replace(city, devices={}, circuits={}, cameras={camera_id: city.cameras[camera_id]}),
        thresholds=thresholds.model_copy(update={"lateness_s": at_once}),
    )
