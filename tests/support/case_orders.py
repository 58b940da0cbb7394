"""Cases over HTTP, for tests: alerts put into them, orders given, and what came back."""

from __future__ import annotations

import io
from typing import Any

import httpx
from PIL import Image

from hub.alerts.alert import Alert
from tests.support.api import Api
from tests.support.stored import batch, raised

HOUSING = "district-housing"


def leak(api: Api, *, second: float = 0, subject: str = "water-1", grid: str = "02", rule: str = "water.leak") -> Alert:
    change = raised(second=second, subject=subject, grid=grid, rule=rule)
    api.write(batch(changes=[change], grid=grid))
    return change.alert


def ok(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    document: dict[str, Any] = answer.json()
    return document


def refused(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["type"]) == (status, f"urn:lianqin:problem:{kind}"), answer.text
    return document


def post(api: Api, role: str, case: str, command: str, key: str | None = None, **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return api.client(role).post(f"/api/v1/cases/{case}/{command}", json=body, headers=headers)


def collected(api: Api, *alerts: Alert, **more: Any) -> str:
    body = {"alerts": [str(alert.alert_id) for alert in alerts], **more}
    return str(ok(api.client("operator").post("/api/v1/cases", json=body))["id"])


def dispatched(api: Api, *alerts: Alert, department: str = HOUSING, **more: Any) -> str:
    case = collected(api, *alerts, **more)
    ok(post(api, "operator", case, "file"))
    ok(post(api, "dispatcher", case, "dispatch", department=department))
    return case


def photo(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()
