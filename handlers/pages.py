"""The built pages: read into memory at start, so that no path from outside ever reaches the file system.

web/dist -> {path: bytes, gzipped beside it} -> /assets/* (for ever), /m/* -> phone.html, /console/* -> console.html
"""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

ENTRIES = {"/m": "phone.html", "/console": "console.html", "/o": "owner.html"}
Serve = Callable[[web.Request], Awaitable[web.Response]]
NOT_BUILT = "<!doctype html><meta charset=utf-8><title>随查</title><p>页面尚未构建，请先运行 make setup。</p>"
# By this the phone knows an answer of ours from that of a captive portal, which says 200 to everything.
OURS = "Suicha-Answer"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A file of the build."""

    body: bytes
    zipped: bytes | None  # the build's NAME.gz, for browsers that take it
    content_type: str
    immutable: bool


def load_pages(dist: Path) -> dict[str, Page]:
    """Read every file of the build; an empty dict where it is not built."""
    files = {file.relative_to(dist).as_posix(): file for file in sorted(dist.rglob("*")) if file.is_file()}
    return {
        name: Page(
            body=file.read_bytes(),
            zipped=files[f"{name}.gz"].read_bytes() if f"{name}.gz" in files else None,
            content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
            immutable=name.startswith("assets/"),
        )
        for name, file in files.items()
        if not name.endswith(".gz")
    }


def install_pages(app: web.Application, pages: dict[str, Page]) -> None:
    """Hang the entries, their assets and the phone's service worker into the application."""

    async def asset(request: web.Request) -> web.Response:
        page = pages.get(f"assets/{request.match_info['name']}")
        if page is None:
            raise web.HTTPNotFound
        return _response(request, page)

    def entry(name: str) -> Serve:
        async def serve(request: web.Request) -> web.Response:
            page = pages.get(name)
            if page is None:
                return web.Response(text=NOT_BUILT, content_type="text/html", status=503)
            return _response(request, page)

        return serve

    async def home(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/public")

    app.router.add_get("/", home)
    app.router.add_get("/assets/{name:.+}", asset)
    app.router.add_get("/m/sw.js", entry("sw.js"))
    for prefix, name in ENTRIES.items():
        app.router.add_get(prefix, entry(name))
        app.router.add_get(f"{prefix}/{{rest:.*}}", entry(name))


def _response(request: web.Request, page: Page) -> web.Response:
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if page.immutable else "no-cache"}
    charset = "utf-8" if page.content_type.startswith("text/") or page.content_type.endswith("javascript") else None
    body = page.body
    if page.zipped is not None:
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = page.zipped
    return web.Response(body=body, content_type=page.content_type, charset=charset, headers=headers)


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Say to every browser what our pages may do (an `on_response_prepare` signal)."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/api/"):
        response.headers[OURS] = "1"
    if request.path.startswith(("/api/", "/auth/")):
        response.headers.setdefault("Cache-Control", "no-store")
