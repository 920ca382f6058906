"""The console's API of item lists, and the public page of what is in force (A1-A15).

Everybody at the desk reads what is published; who keeps a list writes it; the office records the filing.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from handlers.console import OFFICE, READERS, SIGNERS, WRITERS, Body, Empty
from handlers.downloads import ZIP, download
from handlers.edge import Call, Routes
from handlers.public import common, html_page, page
from inspection.checklists import standard_form
from inspection.errors import InvalidInputError
from inspection.item_rules import Guide, ItemBody
from services.planning import filing_package, item_lists, list_view
from services.planning.item_lists import ItemOrder
from services.planning.reviews import Review

WORDS, LONG = 512, 20_000
routes = Routes()


class ListBody(Body):
    """A new list."""

    name: str = Field(min_length=1, max_length=128)
    kind: Literal["department", "joint", "upper"]
    level: str = Field(default="", max_length=32)
    duties: int = Field(default=0, ge=0, le=100_000)


class GuideForm(Body):
    """A work guide (A12)."""

    basis: str = Field(default="", max_length=LONG)
    content: str = Field(default="", max_length=LONG)
    steps: str = Field(default="", max_length=LONG)
    approval: str = Field(default="", max_length=LONG)
    publication: str = Field(default="", max_length=LONG)
    filing: str = Field(default="", max_length=LONG)
    drawing: str = Field(default="", max_length=LONG)


class ItemForm(Body):
    """One item with every column of S3附件2 and of joint lists."""

    name: str = Field(min_length=1, max_length=WORDS)
    domain: str = Field(default="", max_length=256)
    sub_item: str = Field(default="", max_length=WORDS)
    code: str = Field(default="", max_length=64)
    basis: str = Field(default="", max_length=LONG)
    subject: str = Field(default="", max_length=WORDS)
    content: str = Field(default="", max_length=LONG)
    method: str = Field(default="", max_length=128)
    ratio: str = Field(default="", max_length=128)
    frequency: str = Field(default="", max_length=64)
    ratio_source: str = Field(default="", max_length=128)
    publication: str = Field(default="", max_length=256)
    item_class: Literal["", "重点", "一般"] = ""
    level: str = Field(default="", max_length=32)
    skill: str = Field(default="", max_length=32)
    batches: bool = False
    note: str = Field(default="", max_length=2_000)
    guide: GuideForm = GuideForm()
    department_id: str = Field(default="", max_length=32)
    partner_ids: list[str] = Field(default=[], max_length=50)
    form: dict[str, Any] = Field(default={})


class ItemsBody(Body):
    """Several new items."""

    items: list[ItemForm] = Field(min_length=1, max_length=500)


class WordsBody(Body):
    """The words of an item that its standard checklist is made around."""

    name: str = Field(min_length=1, max_length=WORDS)
    content: str = Field(default="", max_length=LONG)
    basis: str = Field(default="", max_length=LONG)


class ClaimBody(Body):
    """Which versions of an upper list are claimed (A4)."""

    version_ids: list[str] = Field(min_length=1, max_length=500)


class ReviewBody(Body):
    """The opinion of whoever reviews lists (S7)."""

    on: date
    number: str = Field(min_length=1, max_length=64)


class PublishBody(Body):
    """From when the drafts hold, why, and with whose opinion."""

    valid_from: date
    reason: str = Field(min_length=1, max_length=2_000)
    review: ReviewBody | None = None


class FilingBody(Body):
    """A filing (备案) with date and number."""

    filed_on: date
    number: str = Field(min_length=1, max_length=64)


class LeniencyBody(Body):
    """An act of the 免罚清单 (A15)."""

    conduct: str = Field(min_length=1, max_length=WORDS)
    basis: str = Field(default="", max_length=LONG)
    conditions: str = Field(default="", max_length=LONG)
    valid_from: date


class EndBody(Body):
    """From which day on something no longer applies."""

    ended_on: date


@routes.get("/api/console/lists", roles=READERS)
async def get_lists(call: Call) -> Any:
    """All lists."""
    return {"rows": await list_view.list_rows(call.act)}


@routes.post("/api/console/lists", roles=WRITERS, body=ListBody)
async def post_list(call: Call) -> Any:
    """Begin a list."""
    body: ListBody = call.body
    row = await item_lists.create_list(call.act, body.name, body.kind, level=body.level, duties=body.duties)
    return {"id": row.id}


@routes.get("/api/console/lists/{id}", roles=READERS)
async def get_list(call: Call) -> Any:
    """One list as it holds on a day."""
    return await list_view.list_detail(call.act, call.path["id"], day_of(call.query("on")))


@routes.post("/api/console/lists/{id}/items", roles=WRITERS, body=ItemsBody)
async def post_items(call: Call) -> Any:
    """Draft new items."""
    body: ItemsBody = call.body
    drafts = await item_lists.draft_items(call.act, call.path["id"], [_order(one) for one in body.items])
    return {"drafts": [_draft(one) for one in drafts]}


@routes.post("/api/console/lists/{id}/items/{item}/draft", roles=WRITERS, body=ItemForm)
async def post_change(call: Call) -> Any:
    """Draft a change of an item."""
    return _draft(await item_lists.draft_change(call.act, call.path["id"], call.path["item"], _order(call.body)))


@routes.post("/api/console/lists/{id}/items/{item}/withdraw", roles=WRITERS, body=Empty)
async def post_item_withdrawal(call: Call) -> Any:
    """Draft that an item leaves the list."""
    return _draft(await item_lists.withdraw(call.act, call.path["id"], call.path["item"]))


@routes.post("/api/console/lists/{id}/claims", roles=WRITERS, body=ClaimBody)
async def post_claims(call: Call) -> Any:
    """Claim items of an upper or joint list (A4)."""
    drafts = await item_lists.claim(call.act, call.path["id"], call.body.version_ids)
    return {"drafts": [_draft(one) for one in drafts]}


@routes.get("/api/console/lists/{id}/comparison/{upper}", roles=READERS)
async def get_comparison(call: Call) -> Any:
    """Hold a list against the one that it claims from (A4)."""
    return {"rows": await list_view.comparison(call.act, call.path["id"], call.path["upper"])}


@routes.post("/api/console/lists/{id}/publish", roles=SIGNERS, body=PublishBody)
async def post_list_publication(call: Call) -> Any:
    """Publish the drafts as one change (A10)."""
    body: PublishBody = call.body
    review = Review(on=body.review.on, number=body.review.number) if body.review else None
    done = await item_lists.publish(call.act, call.path["id"], body.valid_from, body.reason, review)
    return {
        "change_id": done.change.id,
        "number": done.change.number,
        "versions": done.versions,
        "warnings": list(done.warnings),
    }


@routes.post("/api/console/list-drafts/{id}/discard", roles=WRITERS, body=Empty)
async def post_discard(call: Call) -> Any:
    """Throw a draft away."""
    await item_lists.discard(call.act, call.path["id"])
    return {"discarded": True}


@routes.get("/api/console/list-items/{id}/versions", roles=READERS)
async def get_versions(call: Call) -> Any:
    """Every published version of an item (A10)."""
    return {"rows": await list_view.history(call.act, call.path["id"])}


@routes.post("/api/console/list-changes/{id}/file", roles=OFFICE, body=FilingBody)
async def post_filing(call: Call) -> Any:
    """Record that a change was filed (A11)."""
    body: FilingBody = call.body
    change = await item_lists.file_change(call.act, call.path["id"], body.filed_on, body.number)
    return {"filed_on": change.filed_on, "filing_number": change.filing_number}


@routes.post("/api/console/list-changes/{id}/package", roles=WRITERS, body=Empty)
async def post_filing_package(call: Call) -> web.Response:
    """The papers of a filing as ZIP (L3); a post, because who takes the register of people out is written down."""
    # The page as everybody sees it, with its address.
    values = {**common(call.edge.house, "items", shared_as="/public/items"), **await public_items(call)}
    page = html_page("items.html", values, 200)
    if not isinstance(page.body, bytes):
        raise TypeError("a page is bytes")
    name, data = await filing_package.package(call.act, call.path["id"], page.body)
    return download(name, data, ZIP)


@routes.post("/api/console/standard-form", roles=WRITERS, body=WordsBody)
async def post_standard_form(call: Call) -> Any:
    """The standard checklist around an item's words: what an own one is begun from (A13). Nothing is kept."""
    body: WordsBody = call.body
    return {"form": standard_form(body.name, body.content, body.basis).as_data()}


@routes.get("/api/console/leniencies", roles=READERS)
async def get_leniencies(call: Call) -> Any:
    """The 免罚清单 (A15)."""
    return {"rows": await list_view.leniency_rows(call.act)}


@routes.post("/api/console/leniencies", roles=SIGNERS, body=LeniencyBody)
async def post_leniency(call: Call) -> Any:
    """Put an act on the 免罚清单 of the caller's department."""
    body: LeniencyBody = call.body
    row = await item_lists.add_leniency(call.act, body.conduct, body.basis, body.conditions, body.valid_from)
    return {"id": row.id}


@routes.post("/api/console/leniencies/{id}/end", roles=SIGNERS, body=EndBody)
async def post_leniency_end(call: Call) -> Any:
    """Take an act off the 免罚清单 from a day on."""
    row = await item_lists.end_leniency(call.act, call.path["id"], call.body.ended_on)
    return {"ended_on": row.ended_on}


@page("/public/items", "items.html", "items", shared=True)
async def public_items(call: Call) -> dict[str, Any]:
    """The lists in force today and the 免罚清单, for anybody (A10, H6)."""
    today = list_view.today(call.act)
    return {
        "today": today,
        "lists": await list_view.public_lists(call.act),
        "leniencies": await list_view.leniency_rows(call.act, today),
    }


def day_of(text: str) -> date | None:
    """Read a day of the query string; None where it is empty. Raises InvalidInputError."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(what="日期", why="应当是日期，如 2026-03-02。") from None


def _order(form: ItemForm) -> ItemOrder:
    columns = form.model_dump(exclude={"department_id", "partner_ids", "form", "guide"})
    return ItemOrder(
        body=ItemBody(**columns, guide=Guide(**form.guide.model_dump())),
        department_id=form.department_id,
        partner_ids=tuple(form.partner_ids),
        form=form.form,
    )


def _draft(version: Any) -> dict[str, Any]:
    return {"item_id": version.item_id, "version_id": version.id, "number": version.number}
