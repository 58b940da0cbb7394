"""The operators' console as files: a path in, the built page or one of its assets out, under a strict policy.

Only what the build made is served, by a list of its names: no path is ever put together from a request. The page is the
same for everybody and holds nothing of the city, so it needs no token; all it shows it fetches from the API as whoever
is signed in.
"""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import RedirectResponse, Response

from hub.api.context import HubDep
from hub.api.problem import Problem

router = APIRouter(include_in_schema=False)
DIST = Path(str(files("hub.console"))) / "dist"
INDEX = "index.html"
# Names in assets/ hold a hash of their content, so they never change; the page that names them is asked for each time.
FOREVER = "public, max-age=31536000, immutable"
EACH_TIME = "no-cache"
_COMPRESSED = frozenset({".html", ".js", ".css", ".svg", ".json"})
_LEAST_COMPRESSED = 1024  # bytes
_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}

_MISSING = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>Lianqin 联勤</title></head><body>
<h1>控制台尚未构建 · The console is not built</h1>
<p>服务正在运行，但这里没有网页文件。请在项目文件夹中运行 <code>make install</code>，然后刷新本页。</p>
<p>The hub is running, but the files of its web page are not there. Run <code>make install</code> in the project's
folder, then load this page again. It needs the npm registry once; Node comes along if the machine has none.</p>
</body></html>
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the build, ready to be sent."""

    media_type: str
    plain: bytes
    gzipped: bytes | None


def page_policy(pictures_from: Sequence[str] = ()) -> str:
    """Return the page's content security policy; map tiles may come from the origins `pictures_from`, nothing else."""
    pictures = " ".join(("'self'", "data:", "blob:", *pictures_from))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; font-src 'self'; "
        "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )


_PAGE_HEADERS = {
    "Cache-Control": EACH_TIME,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@router.get("/")
@router.head("/")
@router.get("/console/{rest:path}")
@router.head("/console/{rest:path}")
def page(hub: HubDep, rest: str = "", encodings: Annotated[str, Header(alias="Accept-Encoding")] = "") -> Response:
    """Return the page; which of its own places it shows, it reads from its address itself."""
    headers = {**_PAGE_HEADERS, "Content-Security-Policy": page_policy(hub.map_view.tile_hosts)}
    asset = find(INDEX)
    if asset is None:
        return Response(_MISSING, status_code=503, media_type="text/html", headers=headers)
    return _answer(asset, encodings, headers)


@router.get("/console")
def entrance() -> Response:
    """Lead to the page: its own addresses begin with a slash more."""
    return RedirectResponse("/console/board", status_code=307)


@router.get("/assets/{name}")
@router.head("/assets/{name}")
def asset(name: str, encodings: Annotated[str, Header(alias="Accept-Encoding")] = "") -> Response:
    """Return one hashed file of the build."""
    found = find(f"assets/{name}")
    if found is None:
        raise Problem("not-found", "the console has no such file; it may have been built anew: load the page again")
    return _answer(found, encodings, {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"})


@router.get("/favicon.ico")
def icon(encodings: Annotated[str, Header(alias="Accept-Encoding")] = "") -> Response:
    """Return the console's icon to browsers that ask for one without having seen the page."""
    names = [name for name in _listed(_built_at()) if name.startswith("assets/icon-") and name.endswith(".svg")]
    found = find(names[0]) if names else None
    if found is None:
        raise Problem("not-found", "the console is not built, so there is no icon")
    return _answer(found, encodings, {"Cache-Control": "public, max-age=86400"})


def find(name: str) -> Asset | None:
    """Return the file of the build with this name below dist/, or None."""
    built_at = _built_at()
    return _read(name, built_at) if name in _listed(built_at) else None


def _built_at() -> int:
    """Return when the present build was made; 0 without one. The page's file is written with every build."""
    try:
        return (DIST / INDEX).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=1)
def _listed(built_at: int) -> frozenset[str]:
    if not built_at:
        return frozenset()
    return frozenset(path.relative_to(DIST).as_posix() for path in DIST.rglob("*") if path.is_file())


@lru_cache(maxsize=256)
def _read(name: str, built_at: int) -> Asset | None:
    try:
        plain = (DIST / name).read_bytes()
    except OSError:
        return None  # a build is being made at this moment
    suffix = Path(name).suffix
    media_type = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    compress = suffix in _COMPRESSED and len(plain) >= _LEAST_COMPRESSED
    return Asset(media_type, plain, gzip.compress(plain, 9, mtime=0) if compress else None)


def _answer(found: Asset, encodings: str, headers: dict[str, str]) -> Response:
    headers = {**headers, "Vary": "Accept-Encoding"} if found.gzipped is not None else headers
    if found.gzipped is not None and "gzip" in encodings:
        headers = {**headers, "Content-Encoding": "gzip"}
        return Response(found.gzipped, media_type=found.media_type, headers=headers)
    return Response(found.plain, media_type=found.media_type, headers=headers)
