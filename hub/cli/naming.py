"""A name as a user writes it goes in; whether there is such a rule or place, and which is meant, comes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hub.cli.failure import CommandError

if TYPE_CHECKING:
    from ingest.city import City


def meant(name: str, known: Iterable[str]) -> str:
    """Return `; is … meant?` where one of `known` is near, else nothing."""
    near = get_close_matches(name, list(known), n=1)
    return f"; is {near[0]} meant?" if near else ""


def names_of(city: City) -> set[str]:
    """Return all that an alert may be about: devices, circuits, cameras and zones."""
    zones = {zone.zone_id for camera in city.cameras.values() for zone in camera.zones}
    return {*city.devices, *city.circuits, *city.cameras, *zones}


def check_rules(rules: Sequence[str] | None) -> None:
    """Raise CommandError for a name that is no rule."""
    from detectors.rules import RULES

    for rule in rules or ():
        if rule not in RULES:
            raise CommandError(f"there is no rule {rule}{meant(rule, RULES)}")


def check_paths(paths: Sequence[str], rules: Sequence[str] | None) -> None:
    """Raise CommandError for a threshold that none of `rules` can notice, whatever it is set to.

    Thresholds of another rule of the same domain may count: a dark circuit takes its lamps' alerts away. So may those
    of cameras, devices and sensors for every rule.
    """
    apart = {"streetlight", "water", "drainage", "gas", "parking", "stall"}
    domains = {rule.partition(".")[0] for rule in rules or ()}
    for path in paths:
        domain = path.partition(".")[0]
        if domains and domain in apart and domain not in domains:
            raise CommandError(f"{path} changes nothing of {', '.join(rules or ())}: name a --rule of {domain}")


def check_grids(grids: Sequence[str], city: City) -> None:
    """Raise CommandError for what is no grid of the city."""
    for grid in grids:
        if grid not in city.grids:
            raise CommandError(f"the city has no grid {grid}{meant(grid, city.grids)}")


def check_subjects(subjects: Sequence[str] | None, city: City) -> None:
    """Raise CommandError for what is no device, circuit, camera, zone, nor a place in one."""
    known = names_of(city)
    for subject in subjects or ():
        if subject.partition("@")[0] not in known:
            raise CommandError(f"the city has no device, circuit, camera or zone {subject}{meant(subject, known)}")
