"""The public pages: results and draws; HTML made here, without a script and without signing in (H5, H6, Q2).

GET -> read-only transaction -> publications service -> template (everything escaped) -> page that also prints
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import segno
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from handlers import page_cache
from handlers.edge import Call, Routes
from inspection.draw.announcement import SourceKind
from inspection.errors import NotFoundError
from inspection.outcomes import item_texts
from inspection.reasons import VOID_REASONS
from inspection.workdays import SHANGHAI
from services.act import House
from services.drawing.tasks import EXCLUSION_WORDS
from services.field.visits import status_text
from services.results import public_view, publications
from services.results.publications import COUNTED, PAGE_SIZE

Fill = Callable[[Call], Awaitable[dict[str, Any]]]
WEIBO = "https://service.weibo.com/share/share.php"
SECTION_TITLES = {
    "results": "检查结果公示",
    "tasks": "抽查任务",
    "handlings": "处理与更正",
    "draws": "抽取记录",
    "plan": "抽查计划",
    "items": "随机抽查事项清单",
}
TEMPLATES = Path(__file__).parent / "templates"
SOURCE_WORDS = {
    SourceKind.SYSTEM: "系统承诺值",
    SourceKind.DICE: "现场产生",
    SourceKind.PUBLIC: "社会公开数值",
}
HEADERS = {
    # No script at all, nothing from elsewhere, in nobody's frame.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
routes = Routes()


def _day(value: date | str | None) -> str:
    """2026-03-02 -> 2026年3月2日."""
    if not value:
        return "—"
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{day.year}年{day.month}月{day.day}日"


def _moment(value: datetime | str | None) -> str:
    """An instant as people in China write it."""
    if not value:
        return "—"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _second(value: datetime) -> str:
    """An instant to the second, where the second is what counts."""
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(day=_day, moment=_moment, second=_second, status=status_text, part=quote)
    # Read once, here: a request never waits for the disk.
    for name in found.list_templates(extensions=["html"]):
        found.get_template(name)
    return found


PAGES = _templates()
ANY_MASK = 2  # to compare all eight, as the finest print asks for, takes longer than the whole page
STYLE = (TEMPLATES / "style.css").read_text("utf-8")


def page(
    path: str, template: str, section: str, into: Routes | None = None, *, kept: bool = False, shared: bool = False
) -> Callable[[Fill], Fill]:
    """Serve a template filled by the function; what is not there is a page too, with status 404.

    `kept`: the page stays in memory for a moment (handlers.page_cache); every service that changes what it shows says
    so (`models.database.changes_public`). `shared`: it ends with how to pass it on by WeChat and Weibo (T7).
    """

    def keep(fill: Fill) -> Fill:
        async def make(call: Call) -> web.Response:
            house = call.edge.house
            try:
                values = await fill(call)
            except NotFoundError as error:
                return html_page("missing.html", {**common(house, section), "error": error}, 404)
            begun = common(house, section, shared_as=call.request.path if shared else "")
            return html_page(template, {**begun, **values}, 200)

        async def made_anew(call: Call) -> web.Response:
            return page_cache.once(call.request, await make(call))

        serve = kept_by(make) if kept else made_anew
        (into or routes).add("GET", path, roles="public", transaction="read-if-needed" if kept else "read")(serve)
        return fill

    return keep


def common(house: House, section: str, *, shared_as: str = "") -> dict[str, Any]:
    """What every public page begins with; `shared_as`: its path, where it ends with how to pass it on (T7)."""
    shown: dict[str, Any] = {
        "office": house.office_name,
        "days": house.rules.publish_within_days,
        "section": section,
    }
    if shared_as:
        shown["share"] = _share(house, shared_as, section)
    return shown


def kept_by(make: Callable[[Call], Awaitable[web.Response]]) -> Callable[[Call], Awaitable[web.Response]]:
    """Make a handler whose answers are kept for a moment; it opens its transaction only where none is."""

    async def serve(call: Call) -> web.Response:
        async def made() -> web.Response:
            async with call.within_reading():
                return await make(call)

        return await call.edge.pages.answer(call.request, made)

    return serve


@page("/public", "results.html", "results", kept=True, shared=True)
async def results(call: Call) -> dict[str, Any]:
    """Published results, searched by name or code."""
    words, number = call.query("q").strip(), call.number("page", 1)
    total, rows = await publications.search(call.act, words, number)
    pages = max(1, -(-min(total, COUNTED) // PAGE_SIZE))
    if number > pages:  # an old link, or fewer results than there were: the last page, not an empty one
        number = pages
        total, rows = await publications.search(call.act, words, number)
    links = {one: f"/public?{urlencode({'q': words, 'page': one})}" for one in (number - 1, number + 1)}
    return {
        "q": words,
        "total": min(total, COUNTED),
        "more": total > COUNTED,
        "rows": rows,
        "page": number,
        "pages": pages,
        "links": links,
    }


@page("/public/results/{number}", "result.html", "results", kept=True)
async def result(call: Call) -> dict[str, Any]:
    """One published result."""
    found, others = await publications.result(call.act, call.path["number"])
    url = f"{call.edge.house.origin}/public/results/{quote(found.number)}"
    return {
        "body": found.body,
        "item_texts": item_texts(found.body),
        "published_at": found.published_at,
        "others": [one.body for one in others],
        "versions": await public_view.versions(call.act, found),
        "destroyed": await public_view.destroyed(call.act, found),
        "shown_url": unquote(url),
        "code": _qr(url),
    }


@page("/public/draws", "draws.html", "draws", shared=True)
async def draws(call: Call) -> dict[str, Any]:
    """All draws."""
    return {"rows": await publications.draws(call.act), "void_reasons": VOID_REASONS}


@page("/public/draws/{number}", "draw.html", "draws", shared=True)
async def draw(call: Call) -> dict[str, Any]:
    """One draw: what was announced before any number was known."""
    found = await publications.draw(call.act, call.path["number"])
    return {
        "row": found,
        "source_words": SOURCE_WORDS,
        "exclusion_words": EXCLUSION_WORDS,
        "void_reasons": VOID_REASONS,
    }


@routes.get(
    r"/public/draws/{number}/{file:announcement\.json|announcement\.tsr|seed\.json|published\.json}", roles="public"
)
async def draw_file(call: Call) -> web.Response:
    """A public file of a draw, byte for byte."""
    data = await publications.public_file(call.act, call.path["number"], call.path["file"])
    kind = "application/json" if call.path["file"].endswith(".json") else "application/timestamp-reply"
    return web.Response(body=data, content_type=kind, headers={"X-Content-Type-Options": "nosniff"})


@routes.get("/public/style.css", roles="public")
async def style(call: Call) -> web.Response:  # noqa: ARG001 every handler takes the call
    """The pages' one style sheet."""
    return web.Response(text=STYLE, content_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def html_page(template: str, values: dict[str, Any], status: int) -> web.Response:
    """Fill a template; everything in it is escaped."""
    text = PAGES.get_template(template).render(values)
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)


def _share(house: House, path: str, section: str) -> dict[str, Any]:
    """A page's address as a code for WeChat's scanner, and as a link that opens Weibo's own form with it (T7)."""
    url, title = f"{house.origin}{quote(path)}", f"{SECTION_TITLES[section]} · {house.office_name}"
    return {"qr": _qr(url), "weibo": f"{WEIBO}?{urlencode({'url': url, 'title': title})}"}


@lru_cache(maxsize=1_000)  # a third of what a page costs, and the same for ever
def _qr(url: str) -> Markup:
    """The page's address for those who hold it on paper; made of digits and a path, so it is safe as it is."""
    drawn = segno.make(url, error="m", mask=ANY_MASK).svg_inline(scale=3, border=0, dark="#16324f", omitsize=True)
    return Markup(drawn)  # noqa: S704 the library's own drawing of a code, no text of anybody's in it
