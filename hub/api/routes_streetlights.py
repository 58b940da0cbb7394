"""Streetlights by circuit: what burns, what is dark, and what should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from detectors.lighting import Lighting, Segment
from detectors.overrides import Overridden
from detectors.sun import Sun
from detectors.thresholds_streetlight import Burning
from hub.alerts.lamps import LampState, lamp_state
from hub.api import model
from hub.api.context import CallerDep, Hub, HubDep, needs
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.dispatch.document import instant
from hub.people.caller import Caller, Reach
from hub.people.scopes import Scope
from hub.store.read_city import OpenAlert, by_subject, open_alerts
from hub.store.read_streetlights import LampValues, lamp_values
from ingest.city import Circuit, City, Device

router = APIRouter(prefix=API, tags=["city"], dependencies=[needs(Scope.CITY_READ)])

_SEVERITIES = ("critical", "major", "minor", "warning")
Lamps = dict[str, tuple[LampState, LampValues]]


class CircuitState(model.Document):
    """One circuit as it stands."""

    id: str
    name: str
    grid: str
    gateway: str | None
    lamps: int
    states: dict[LampState, int] = Field(description="How many lamps are in each state; absent: none.")
    should_burn: bool | None = Field(description="null: about to change, so nothing is judged.")
    by: Literal["the sun", "the schedule"]
    until: datetime = Field(description="Until then it should be so, or the local day ends.")
    power_w: float | None = Field(description="Of all lamps that were heard.")
    newest_at: datetime | None = Field(description="The newest that was measured.")
    place: list[float] | None = Field(description="[longitude, latitude] in the middle of its lamps, WGS-84.")
    severity: str | None = Field(description="Of the worst active alert on the circuit or one of its lamps.")
    alerts: list[str] = Field(description="Active alerts on the circuit or its lamps.")


class CircuitList(model.Document):
    """Every circuit the caller sees."""

    at: datetime
    items: list[CircuitState]


class LampDocument(model.Document):
    """One lamp."""

    id: str
    name: str
    state: LampState
    power_w: float | None
    rated_power_w: float | None
    lamp_on: bool | None = Field(description="What its switch says.")
    at: datetime | None
    place: list[float] | None
    alerts: list[str]


class CircuitLamps(model.Document):
    """One circuit with its lamps."""

    circuit: CircuitState
    lamps: list[LampDocument]


@router.get(
    "/streetlights",
    operation_id="listStreetlights",
    summary="Every streetlight circuit",
    response_model=CircuitList,
    responses=problems(),
)
def list_streetlights(hub: HubDep, caller: CallerDep) -> JSONResponse:
    """Return each circuit with how many lamps burn and are dark, whether they should, and what is wrong."""
    city, at = hub.configuration.city, hub.now()
    circuits = [one for _, one in sorted(city.circuits.items()) if caller.reach.sees_grid(one.grid)]
    lamps, alerts = _heard(hub, caller.reach, circuits, at)
    should = _Expected(hub)
    items = [_circuit(city, one, lamps, alerts, should.at(one, at)) for one in circuits]
    return JSONResponse({"at": instant(at), "items": items})


@router.get(
    "/streetlights/{circuit_id}",
    operation_id="getStreetlights",
    summary="One circuit with its lamps",
    response_model=CircuitLamps,
    responses=problems(404),
)
def get_streetlights(
    hub: HubDep,
    caller: CallerDep,
    circuit_id: Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")],
) -> JSONResponse:
    """Return a circuit and each of its lamps."""
    city, at = hub.configuration.city, hub.now()
    circuit = _reachable(city, caller, circuit_id)
    lamps, alerts = _heard(hub, caller.reach, [circuit], at)
    return JSONResponse(
        {
            "circuit": _circuit(city, circuit, lamps, alerts, _Expected(hub).at(circuit, at)),
            "lamps": [_lamp(city.devices[lamp], *lamps[lamp], alerts.get(lamp, ())) for lamp in circuit.lamps],
        }
    )


class _Expected:
    """When circuits should burn; all that go by the sun, by the same thresholds, share what was reckoned."""

    def __init__(self, hub: Hub) -> None:
        city = hub.configuration.city
        self._overridden = Overridden(hub.configuration.thresholds, city)
        self._zone, self._sun = ZoneInfo(city.timezone), Sun(city.latitude, city.longitude)
        self._by_sun: dict[Burning, Lighting] = {}

    def at(self, circuit: Circuit, at: datetime) -> Segment:
        """Return the stretch of time that `at` lies in for `circuit`."""
        burning = self._overridden.of("streetlight", circuit.circuit_id).streetlight.burning
        if circuit.lit is not None:
            return Lighting(burning, self._zone, self._sun, circuit.lit).at(at)
        if burning not in self._by_sun:
            self._by_sun[burning] = Lighting(burning, self._zone, self._sun, None)
        return self._by_sun[burning].at(at)


def _reachable(city: City, caller: Caller, circuit_id: str) -> Circuit:
    circuit = city.circuits.get(circuit_id)
    if circuit is None or not caller.reach.sees_grid(circuit.grid):
        raise Problem("not-found", f"there is no circuit {circuit_id}")
    return circuit


def _heard(
    hub: Hub, reach: Reach, circuits: Sequence[Circuit], at: datetime
) -> tuple[Lamps, Mapping[str, Sequence[OpenAlert]]]:
    city = hub.configuration.city
    names = [lamp for circuit in circuits for lamp in circuit.lamps]
    with hub.pool.session() as connection:
        values = lamp_values(connection, names, at)
        alerts = by_subject(open_alerts(connection, reach))
    overridden = Overridden(hub.configuration.thresholds, city)
    lamps: Lamps = {}
    for name in names:
        device, found = city.devices[name], values[name]
        state = lamp_state(
            overridden.of("streetlight", name).streetlight.burning,
            rated_power_w=device.rated_power_w,
            power_w=found.power_w,
            lamp_on=found.lamp_on,
            silent=_is_silent(device, alerts),
        )
        lamps[name] = (state, found)
    return lamps, alerts


def _is_silent(device: Device, alerts: Mapping[str, Sequence[OpenAlert]]) -> bool:
    names = [device.device_id, *([device.gateway_id] if device.gateway_id else [])]
    return any(alert.rule == "device.silent" for name in names for alert in alerts.get(name, ()))


def _circuit(
    city: City, circuit: Circuit, lamps: Lamps, alerts: Mapping[str, Sequence[OpenAlert]], should: Segment
) -> dict[str, Any]:
    states = Counter(lamps[lamp][0] for lamp in circuit.lamps)
    heard = [lamps[lamp][1] for lamp in circuit.lamps if lamps[lamp][0] is not LampState.SILENT]
    powers = [values.power_w for values in heard if values.power_w is not None]
    open_now = {
        alert.alert_id: alert for name in (circuit.circuit_id, *circuit.lamps) for alert in alerts.get(name, ())
    }
    worst = min((_SEVERITIES.index(alert.severity) for alert in open_now.values()), default=None)
    return {
        "id": circuit.circuit_id,
        "name": circuit.name,
        "grid": circuit.grid,
        "gateway": circuit.gateway_id,
        "lamps": len(circuit.lamps),
        "states": {state.value: count for state, count in states.items()},
        "should_burn": should.should,
        "by": should.by,
        "until": instant(should.ends),
        "power_w": round(sum(powers), 1) if powers else None,
        "newest_at": instant(max((values.at for values in heard if values.at is not None), default=None)),
        "place": _middle([city.devices[lamp] for lamp in circuit.lamps]),
        "severity": None if worst is None else _SEVERITIES[worst],
        "alerts": [str(alert_id) for alert_id in open_now],
    }


def _lamp(device: Device, state: LampState, values: LampValues, alerts: Sequence[OpenAlert]) -> dict[str, Any]:
    return {
        "id": device.device_id,
        "name": device.name,
        "state": state.value,
        "power_w": values.power_w,
        "rated_power_w": device.rated_power_w,
        "lamp_on": None if values.lamp_on is None else values.lamp_on >= 0.5,
        "at": instant(values.at),
        "place": _middle([device]),
        "alerts": [str(alert.alert_id) for alert in alerts],
    }


def _middle(devices: Sequence[Device]) -> list[float] | None:
    spots = [
        (device.longitude, device.latitude)
        for device in devices
        if device.longitude is not None and device.latitude is not None
    ]
    if not spots:
        return None
    return [round(sum(axis) / len(spots), 6) for axis in zip(*spots, strict=True)]
