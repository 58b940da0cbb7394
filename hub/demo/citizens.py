"""The demo's citizens: the city and the seconds since its start in, what they report and when out, sent by a front end.

The front end speaks Open311 to the hub's own address with a token of the role `reports`, as any other would. Some
report what sensors and cameras see too, some what nobody measures, and one gives an address and no place on the map.
"""

from __future__ import annotations

import json
import math
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.demo.incidents import ROUND_S, Kind, Victims, round_of
from hub.distance import METRES_A_DEGREE

TRY_AGAIN_S = 5.0
PHOTO_OF = "cam-02"  # the food cart that has set up where none is permitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one citizen reports `at_s` seconds after the city's start; with a photo of what stands before a camera."""

    at_s: float
    fields: Mapping[str, str]
    photo_of: str | None = None


def calls_of(document: Mapping[str, Any], number: int) -> list[Call]:
    """Return what is reported in the round of that number, in order; nothing here is drawn by chance."""
    places = {one["id"]: one for kind in ("devices", "cameras") for one in document[kind]}
    incidents = {incident.kind: incident for incident in round_of(victims_of(document), number)}
    leak, burst, dark = incidents[Kind.LEAK], incidents[Kind.BURST], incidents[Kind.LAMP_OUT]
    begin_s = number * ROUND_S
    found = [
        _call(
            begin_s + 40,
            "0000000107",
            "人行道井盖翘起，差点绊倒老人，请尽快处理",
            _beside(places["lamp-street-05-11"], 6, 3),
            address_string="鼓楼街公交站旁",
            first_name="敏",
            last_name="沈",
            phone="13900000001",
        ),
        _call(
            dark.from_s + 120,
            "0000000101",
            "隧道里有一盏灯不亮，开车经过很暗",
            _beside(places[dark.victim], 12, 5),
            phone="13900000002",
        ),
        _call(
            burst.from_s + 50,
            "0000000102",
            "路面往外冒水，越来越大，我的电话13900000003",
            _beside(places[burst.victim], 25, 10),
            phone="13900000003",
        ),
        _call(
            begin_s + 135,
            "0000000502",
            "路口流动餐车占道，油烟很大",
            _beside(places[PHOTO_OF], 15, 0),
            photo_of=PHOTO_OF,
        ),
        _call(
            leak.from_s + 60,
            "0000000104",
            "楼道口闻到很浓的煤气味，请快来人",
            _beside(places[leak.victim], 18, -8),
            phone="13900000004",
        ),
        _call(begin_s + 170, "0000000202", "工地半夜还在打桩，睡不着", None, address_string="白鹭路 88 号院东侧工地"),
    ]
    return sorted(found, key=lambda call: call.at_s)


def _call(
    at_s: float,
    service: str,
    description: str,
    spot: tuple[float, float] | None,
    *,
    photo_of: str | None = None,
    **more: str,
) -> Call:
    where = {} if spot is None else {"long": f"{spot[0]:.6f}", "lat": f"{spot[1]:.6f}"}
    fields = {"service_code": service, "description": description, **where, **more}
    return Call(at_s=at_s, fields=fields, photo_of=photo_of)


def _beside(place: Mapping[str, Any], east_m: float, north_m: float) -> tuple[float, float]:
    """Return the longitude and latitude of a spot so many metres from something of the city."""
    narrow = math.cos(math.radians(place["latitude"]))
    return place["longitude"] + east_m / METRES_A_DEGREE / narrow, place["latitude"] + north_m / METRES_A_DEGREE


def victims_of(document: Mapping[str, Any]) -> Victims:
    """Return whom the incidents may befall in the city as its city.yaml has it."""

    def named(kind: str) -> list[str]:
        return [one["id"] for one in document["devices"] if one["kind"] == kind]

    def circuits(prefix: str) -> list[tuple[str, list[str]]]:
        return [
            (one["id"], [lamp["id"] for lamp in document["devices"] if lamp.get("circuit") == one["id"]])
            for one in document["circuits"]
            if one["id"].startswith(prefix)
        ]

    return Victims(
        tunnels=circuits("tunnel"),
        grounds=circuits("ground"),
        water=named("water"),
        drainage=named("drainage"),
        gas=named("gas"),
    )


@dataclass(slots=True)
class FrontEnd:
    """Hands calls in at the hub's `address` with `token`, each once, however often it has to try."""

    address: str
    token: str
    document: Mapping[str, Any]
    photo: Callable[[str], bytes]
    stop: threading.Event

    def run(self, lead_s: float) -> None:
        """Report as the city goes on, which starts `lead_s` from now, until asked to stop."""
        start_s = time.monotonic() + lead_s
        start = secrets.token_hex(4)  # tells this run's reports from those of the last one
        number = 0
        while not self.stop.is_set():
            for position, call in enumerate(calls_of(self.document, number)):
                if self.stop.wait(max(0.0, start_s + call.at_s - time.monotonic())):
                    return
                fields = {**call.fields, "idempotency_key": f"{start}-{number}-{position}"}
                photo = self.photo(call.photo_of) if call.photo_of else None
                while not self.stop.is_set() and not self._hand_in(fields, photo):
                    self.stop.wait(TRY_AGAIN_S)
            number += 1

    def _hand_in(self, fields: Mapping[str, str], photo: bytes | None) -> bool:
        """Send one report; tell whether the hub has answered for good, be it that it refuses."""
        boundary = secrets.token_hex(16)
        request = urllib.request.Request(
            f"{self.address}/open311/v2/requests.json",
            data=_multipart(fields, photo, boundary),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": f"multipart/form-data; boundary={boundary}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code < 500 and error.code != 429
        except (OSError, ValueError):
            return False
        return True


def _multipart(fields: Mapping[str, str], photo: bytes | None, boundary: str) -> bytes:
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    if photo is not None:
        head = 'Content-Disposition: form-data; name="media"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts.append(head.encode() + photo)
    line = f"--{boundary}\r\n".encode()
    return b"".join(line + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
