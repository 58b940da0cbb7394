"""A small town of two districts and its dispatch plan of three levels, for tests: as files, and as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from detectors.finding import Severity
from hub.cases import orders
from hub.cases.case import Deadline, Draft
from hub.cases.deadline import due
from hub.cases.level import Level
from hub.cases.plan import Plan
from hub.config.load import load_city
from hub.config.load_dispatch import Dispatch, load_dispatch
from hub.store.case_command import change_case, open_case
from hub.store.session import open_session
from ingest.city import City

CITY = """\
name: Testtown
timezone: Asia/Shanghai
latitude: 30.25
longitude: 120.16
grids:
  - {id: "01", name: One, district: East}
  - {id: "02", name: Two, district: East}
  - {id: "03", name: Three, district: West}
cameras:
  - id: cam-1
    grid: "02"
    url: tcp://127.0.0.1:9
    zones:
      - {id: zone-1, kind: no_parking, polygon: [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]}
      - {id: zone-2, kind: no_stall, polygon: [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]}
"""

PLAN = """\
departments:
  - {id: city-order, name: City order, kind: order, level: city}
  - {id: east-order, name: East order, kind: order, level: district, districts: East}
  - {id: west-order, name: West order, kind: order, level: district, districts: West}
  - {id: east-street, name: East street, kind: order, level: street, districts: East}
  - {id: city-police, name: City police, kind: police, level: city}
  - {id: district-police, name: District police, kind: police, level: district}
  - {id: x-gas, name: Gas company, kind: gas, level: city, regular: false}
squads:
  - {id: squad-1, name: Squad one, department: east-street, grids: "01"}
  - {id: squad-2, name: Squad two, department: east-street, districts: East}
  - {id: squad-9, name: Squad nine, department: east-street}
categories:
  version: "1"
  entries:
    - {code: "0101", name: Gas, group: Facilities, rules: gas}
    - {code: "0102", name: Other facilities, group: Facilities, rules: [streetlight, water, drainage, device, sensor]}
    - {code: "0501", name: Parking, group: Street, rules: [parking, camera], reportable: true}
    - {code: "0502", name: Stalls, group: Street, rules: stall, reportable: true}
routes:
  - id: gas
    match: {domains: gas}
    to: {kind: order, level: district}
    calls_in: x-gas
  - id: parking
    match: {rules: parking.illegal, zone_kinds: no_parking}
    to: {kind: police}
  - id: rest
    to: {kind: order}
usual_level: street
deadlines:
  - id: danger
    name: Danger
    match: {domains: gas}
    limits: {any: {clock: urgent, hours: 2}}
    reopen_within_hours: 24
  - id: rest
    name: Everything
    limits:
      critical: {clock: urgent, hours: 10}
      any: {clock: working, hours: 10}
escalation:
  warned:
    street: {to: district, tell: [handling, above]}
    district: {to: district, tell: [handling, "role:dispatcher"]}
    city: {to: city, tell: [handling]}
  overdue:
    street: {to: city, tell: [handling, above, "role:supervisor"]}
    district: {to: city, tell: [above, "department:city-police"]}
    city: {to: city, tell: ["role:supervisor"]}
campaigns:
  - id: spring
    name: Spring cleaning
    begins: 2026-03-01
    ends: 2026-03-31
    match: {domains: stall, grids: "02"}
    calls_in: [city-police]
"""


@dataclass(frozen=True, slots=True)
class Dispatching:
    """The town, its plan, and the files they were read from."""

    city: City
    dispatch: Dispatch
    city_file: Path
    plan_file: Path

    @property
    def plan(self) -> Plan:
        """Return the plan."""
        return self.dispatch.plan


def dispatching(folder: Path, plan: str = PLAN, city: str = CITY) -> Dispatching:
    """Write both files into `folder` and read them; raise ConfigError where `plan` is no good."""
    city_file, plan_file = folder / "town.yaml", folder / "dispatch.yaml"
    city_file.write_text(city, encoding="utf-8")
    plan_file.write_text(plan, encoding="utf-8")
    town = load_city(city_file)
    return Dispatching(town, load_dispatch(plan_file, town), city_file, plan_file)


def dispatched_case(
    dsn: str,
    plan: Plan,
    at: datetime,
    *,
    rule: str = "stall.unlicensed",
    grid: str = "01",
    level: Level = Level.STREET,
) -> UUID:
    """File a minor case at that instant, with the deadline of everything else, and dispatch it to the street."""
    draft = Draft(
        title="A case", grid=grid, district="East", severity=Severity.MINOR, level=level, rule=rule, subject="s"
    )
    found = due(plan, condition="rest", severity=Severity.MINOR, from_=at)
    deadline = Deadline(clock=found.clock, warn_at=found.warn_at, due_at=found.due_at, condition="rest")
    with open_session(dsn) as connection:
        case, _ = open_case(connection, draft, actor="Li", at=at)
        change_case(connection, case.case_id, orders.File(by="Li", at=at, deadline=deadline), actor="Li")
        sent = orders.Dispatch(by="Li", at=at, department="east-street", squad="squad-1")
        change_case(connection, case.case_id, sent, actor="Li")
    return case.case_id
