"""Open311 GeoReport v2: front ends of hotline and WeChat hand in citizens' reports here, and ask what became of them.

The standard leaves the reading open to everybody; here every request needs a token, as everywhere: `api_key` in the
address or the form, or a bearer token. A front end's own token (role `reports`) sees the reports that it handed in.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hub.api import georeport, report_form
from hub.api.context import Hub, HubDep, remote_of, require
from hub.api.gate import admitted
from hub.api.georeport import Form
from hub.api.instant import to_instant
from hub.api.problem import Problem
from hub.api.report_form import Said, bad
from hub.api.services import reportable_category, services
from hub.areas import areas_of
from hub.people.caller import EVERYWHERE, Caller, Reach
from hub.people.scopes import Scope
from hub.photos import LARGEST_BYTES, Photo, PhotoRefused, cleaned
from hub.reports.geocode import Placed, place
from hub.reports.masking import masked
from hub.reports.progress import progress
from hub.reports.report import MOST_PHOTOS, Placing
from hub.store import once
from hub.store.read_reports import FoundReport, ReportFilter, find_reports, photo_of_a_report
from hub.store.reports import HandedIn, add_report

router = APIRouter(prefix=georeport.BASE, include_in_schema=False)
discovery_router = APIRouter(prefix=georeport.PREFIX.rstrip("/"), include_in_schema=False)

SPAN = timedelta(days=90)  # as the standard has it, for who does not say and for who says more
MOST = 1000
CHANGED = "2026-11-23T00:00:00Z"  # when what this endpoint does last changed
_KEY = 255


def reader(request: Request) -> Caller:
    """Return who asks; they may hand in reports, or read them."""
    caller: Caller = request.scope["admission"].caller
    if Scope.REPORTS_READ not in caller.scopes:
        require(caller, Scope.REPORTS_WRITE)
    return caller


ReaderDep = Annotated[Caller, Depends(reader)]


@discovery_router.get("/discovery.{form}")
def discovery(request: Request, hub: HubDep, _: ReaderDep, form: Form) -> Response:
    """Return where GeoReport is spoken here, and in which forms."""
    base = _address(request, hub, georeport.BASE)
    endpoint = {
        "specification": georeport.SPECIFICATION,
        "url": base,
        "changeset": CHANGED,
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    document = {
        "changeset": CHANGED,
        "contact": f"{hub.configuration.city.name}",
        "key_service": "lianqin token create --role reports",
        "endpoints": [endpoint],
    }
    return georeport.single("discovery", document, form)


@router.get("/services.{form}")
def list_services(hub: HubDep, _: ReaderDep, form: Form) -> Response:
    """Return what citizens may report."""
    return georeport.answer("services", services(hub.plan), form)


@router.get("/services/{code}.{form}")
def get_service(hub: HubDep, _: ReaderDep, code: str, form: Form) -> Response:
    """Return a service's definition. None has attributes of its own."""
    if reportable_category(hub.plan, code) is None:
        raise Problem("not-found", f"service_code {code[:100]!r} was not found")
    return georeport.single("service_definition", {"service_code": code, "attributes": []}, form)


@router.get("/requests.{form}")
def list_requests(request: Request, hub: HubDep, caller: ReaderDep, form: Form) -> Response:
    """Return reports, the newest first, at most a thousand and of at most 90 days."""
    wanted = _filter(request, hub)
    with hub.pool.session() as connection:
        found = find_reports(connection, _own(wanted, caller), reach=_reach(caller), limit=MOST)
    return georeport.answer("requests", [_document(request, hub, one) for one in found], form)


@router.get("/requests/{number}.{form}")
def get_request(request: Request, hub: HubDep, caller: ReaderDep, number: str, form: Form) -> Response:
    """Return one report, as a list of one."""
    found = _one(hub, caller, number)
    return georeport.answer("requests", [_document(request, hub, found)], form)


@router.get("/tokens/{number}.{form}")
def get_token(hub: HubDep, caller: ReaderDep, number: str, form: Form) -> Response:
    """Return the number for a token. A number is given at once, so it is its own token."""
    found = _one(hub, caller, number)
    entry = {"service_request_id": str(found.report.number), "token": str(found.report.number)}
    return georeport.answer("requests", [entry], form)


@router.get("/photos/{sha256}")
def get_photo(hub: HubDep, caller: ReaderDep, sha256: str) -> Response:
    """Return a photo of a report that the caller may see."""
    wanted = _own(ReportFilter(photo=sha256), caller)
    with hub.pool.session() as connection:
        found = photo_of_a_report(connection, wanted, reach=_reach(caller)) if len(sha256) == 64 else None
    if found is None:
        raise Problem("not-found", "there is no such photo")
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private"}
    return Response(found[1], media_type=found[0], headers=headers)


@router.post("/requests.{form}")
async def post_request(request: Request, hub: HubDep, form: Form) -> Response:
    """Take a report in: words, a place, at most three photos. The same `Idempotency-Key` hands it in once."""
    fields, uploads = await _form(request)
    try:
        caller = await _author(request, hub, fields)
        _count(hub, caller)
        said = report_form.read(fields, hub.plan)
        photos = await run_sync(_photos, uploads)
    finally:
        for upload in uploads:
            await upload.close()
    placed = _placed(hub, said)
    key = request.headers.get("idempotency-key", "").strip() or fields.get("idempotency_key", "").strip()
    return await run_sync(_hand_in, hub, caller, said, placed, photos, key, form)


def _hand_in(
    hub: Hub, caller: Caller, said: Said, placed: Placed, photos: tuple[Photo, ...], key: str, form: Form
) -> Response:
    at = hub.now()
    given = HandedIn(
        category=said.category.code,
        category_name=said.category.name.zh,
        placed=placed,
        description=said.description,
        address=said.address,
        longitude=said.position[0] if said.position else None,
        latitude=said.position[1] if said.position else None,
        media_url=said.media_url,
        contact=said.contact,
        photos=photos,
    )
    asked = None
    if key:
        if len(key) > _KEY or not key.isascii() or not key.isprintable():
            raise bad(f"the idempotency key may have at most {_KEY} visible ASCII characters")
        body = json.dumps([said.document(), [photo.sha256 for photo in photos]]).encode()
        asked = once.Request(token_id=caller.caller_id, key=key, route=f"POST {georeport.BASE}/requests", body=body)
    with hub.pool.session() as connection:
        if asked is not None:
            try:
                before = once.begin(connection, asked, at)
            except once.KeyReused as error:
                raise Problem("key-reused", str(error)) from None
            if before is not None:
                headers = {"Idempotency-Replayed": "true"}
                return georeport.answer("requests", json.loads(before.text), form, status=201, headers=headers)
        report = add_report(connection, given, source=caller.caller_id, source_name=caller.name, at=at)
        notice = "已收到，请凭编号查询 / received; ask for it by its number"
        entries = [{"service_request_id": str(report.number), "service_notice": notice, "account_id": None}]
        if asked is not None:
            once.keep(connection, asked, once.Answer(status=201, text=json.dumps(entries)))
    return georeport.answer("requests", entries, form, status=201)


async def _form(request: Request) -> tuple[dict[str, str], list[UploadFile]]:
    """Return the form's fields and its files; the last of a field that comes twice counts."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise bad("send a form: application/x-www-form-urlencoded, or multipart/form-data with photos")
    try:
        found: FormData = await request.form(max_files=MOST_PHOTOS + 1, max_fields=200, max_part_size=64 * 1024)
    except HTTPException as error:
        if error.status_code == 413:
            raise
        raise bad(f"the form cannot be read: {error.detail}") from None
    except (UnicodeDecodeError, ValueError):
        raise bad("the form cannot be read: it must be UTF-8") from None
    fields = {name: value for name, value in found.multi_items() if isinstance(value, str)}
    # A file input that was left empty sends a file without a name and without a byte.
    files = [value for _, value in found.multi_items() if isinstance(value, UploadFile) and (value.size or 0) > 0]
    if len(files) > MOST_PHOTOS:
        await found.close()
        raise bad(f"a report may have at most {MOST_PHOTOS} photos")
    return fields, files


async def _author(request: Request, hub: Hub, fields: dict[str, str]) -> Caller:
    """Return who hands it in: whom the gate let in, or whose key stands in the form."""
    admission = request.scope.get("admission")
    if admission is None:
        key = fields.get("api_key", "").strip()
        if not key:
            headers = {"WWW-Authenticate": 'Bearer realm="lianqin"'}
            raise Problem("unauthenticated", georeport.KEY_NEEDED, headers=headers)
        admission = request.scope["admission"] = await admitted(hub, key, remote_of(request.scope))
    caller: Caller = admission.caller
    require(caller, Scope.REPORTS_WRITE)
    return caller


def _count(hub: Hub, caller: Caller) -> None:
    wait_s = hub.reports_allowance.wait_s(caller.caller_id, hub.monotonic())
    if wait_s > 0:
        raise Problem(
            "too-many-requests",
            f"this key hands in more than is allowed; try again in {math.ceil(wait_s)} s",
            headers={"Retry-After": str(math.ceil(wait_s))},
        )


def _photos(uploads: list[UploadFile]) -> tuple[Photo, ...]:
    found = []
    for upload in uploads:
        try:
            found.append(cleaned(upload.file.read(LARGEST_BYTES + 1)))
        except PhotoRefused as error:
            raise bad(f"{(upload.filename or 'a photo')[:100]!r} cannot be taken: {error}") from None
    return tuple(found)


def _placed(hub: Hub, said: Said) -> Placed:
    grids = hub.configuration.city.grids
    areas = areas_of(frozenset((name, grid.boundary) for name, grid in grids.items()))
    placed = place(areas, said.position)
    if placed.placing is Placing.OUTSIDE:
        away = f"{placed.gap_m / 1000:,.1f} km" if placed.gap_m >= 1000 else f"{placed.gap_m:.0f} m"
        raise bad(f"this place lies {away} outside {hub.configuration.city.name}: somebody else is in charge there")
    return placed


def _filter(request: Request, hub: Hub) -> ReportFilter:
    query = request.query_params
    numbers = query.get("service_request_id", "").strip()
    if numbers:  # the standard: whoever asks by number is asked for nothing else
        return ReportFilter(numbers=tuple(_number(part) for part in numbers.split(",")[:MOST]))
    since, until = _instant(query.get("start_date"), "start_date"), _instant(query.get("end_date"), "end_date")
    try:
        if since is None:
            until = until or hub.now()
            since = until - SPAN
        elif until is None:
            until = since + SPAN
    except OverflowError:
        raise bad("start_date and end_date must lie between the years 1 and 9999") from None
    if until < since:
        raise bad("end_date must not lie before start_date")
    if until - since > SPAN:
        raise bad(f"start_date and end_date may be at most {SPAN.days} days apart")
    states = {part.strip() for part in query.get("status", "").split(",") if part.strip()}
    if not states <= {"open", "closed"}:
        raise bad("status must be open or closed")
    codes = tuple(part.strip() for part in query.get("service_code", "").split(",") if part.strip())
    return ReportFilter(
        categories=codes[:100], since=since, until=until, is_open=None if len(states) != 1 else "open" in states
    )


def _instant(text: str | None, name: str) -> datetime | None:
    if text is None or not text.strip():
        return None
    try:
        return to_instant(text.strip())
    except ValueError as error:
        raise bad(f"{name} {error}") from None


def _number(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Problem("not-found", f"service_request_id {text[:40]!r} was not found")
    return int(text)


def _one(hub: Hub, caller: Caller, number: str) -> FoundReport:
    wanted = _own(ReportFilter(numbers=(_number(number),)), caller)
    with hub.pool.session() as connection:
        found = find_reports(connection, wanted, reach=_reach(caller), limit=1)
    if not found:
        raise Problem("not-found", f"service_request_id {number[:40]!r} was not found")
    return found[0]


def _own(wanted: ReportFilter, caller: Caller) -> ReportFilter:
    """Return the filter, for a front end narrowed to what it handed in itself."""
    return wanted if Scope.REPORTS_READ in caller.scopes else replace(wanted, source=caller.caller_id)


def _reach(caller: Caller) -> Reach:
    """Return how far the caller sees: a front end sees its own reports wherever they lie."""
    return caller.reach if Scope.REPORTS_READ in caller.scopes else EVERYWHERE


def _document(request: Request, hub: Hub, found: FoundReport) -> dict[str, Any]:
    report, told = found.report, progress(found.report, found.case, found.alert)
    category = hub.plan.categories.get(report.category)
    department = hub.plan.departments.get(told.department or "")
    media = report.media_url or None
    if report.photos:
        media = _address(request, hub, f"{georeport.BASE}/photos/{report.photos[0]}")
    return {
        "service_request_id": str(report.number),
        "status": "open" if told.is_open else "closed",
        "status_notes": told.notes,
        "service_name": category.name.zh if category else report.category_name,
        "service_code": report.category,
        "description": masked(report.description) or None,
        "agency_responsible": department.name.zh if department else None,
        "service_notice": None,
        "requested_datetime": _stamp(report.received_at),
        "updated_datetime": _stamp(told.updated_at),
        "expected_datetime": _stamp(told.expected_at),
        "address": masked(report.address) or None,
        "address_id": None,
        "zipcode": None,
        "lat": report.latitude,
        "long": report.longitude,
        "media_url": media,
    }


def _stamp(at: datetime | None) -> str | None:
    """Return an instant to the second: GeoReport's clients know no fractions."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _address(request: Request, hub: Hub, path: str) -> str:
    base = hub.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return base.rstrip("/") + path
