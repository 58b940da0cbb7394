"""GeoReport v2, for tests: a good report, how it is handed in and read again, and what a refusal looks like."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree

import httpx
from PIL import Image

from tests.support.api import Api

BASE = "/open311/v2"
LAMP = "0000000101"
RING = [[120.15, 30.24], [120.17, 30.24], [120.17, 30.26], [120.15, 30.26], [120.15, 30.24]]
GOOD = {"service_code": LAMP, "lat": "30.25", "long": "120.16", "description": "路灯不亮，我的电话13800138000"}
CONTACT = {"first_name": "丽", "last_name": "王", "phone": "13800138000", "email": "wang@example.com"}


def photo(kind: str = "JPEG", size: tuple[int, int] = (32, 24)) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    out = io.BytesIO()
    Image.new("RGB", size, "orange").save(out, kind, exif=exif)
    return out.getvalue()


def handed_in(api: Api, fields: dict[str, str] | None = None, *, role: str = "reports", **options: Any) -> str:
    answer = api.client(role).post(f"{BASE}/requests.json", data={**GOOD, **(fields or {})}, **options)
    assert answer.status_code == 201, answer.text
    (entry,) = answer.json()
    return str(entry["service_request_id"])


def one(api: Api, number: str, role: str = "reports") -> dict[str, Any]:
    (entry,) = api.client(role).get(f"{BASE}/requests/{number}.json").json()
    return dict(entry)


def refused(answer: httpx.Response, status: int, said: str) -> None:
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"].startswith("text/xml"):
        root = ElementTree.fromstring(answer.content)
        assert (root.tag, root[0].tag, root[0].findtext("code")) == ("errors", "error", str(status))
        assert said in (root[0].findtext("description") or "")
    else:
        (entry,) = answer.json()
        assert entry.keys() == {"code", "description"}
        assert entry["code"] == status
        assert said in entry["description"], entry
