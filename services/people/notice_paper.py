"""The notice of a visit on paper (F1): PDF with a QR code that leads to the page which proves that it is genuine.

what the enterprise is told (services.people.owners.told) -> JSON -> notice.typ (typst, the office's own font) -> PDF
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspection.errors import NotFoundError
from inspection.workdays import local_date
from models.store import owners as store
from models.store import visits as visit_store
from services.act import Act
from services.people import owners, qr, typeset

TEMPLATE = Path(__file__).with_name("notice.typ")


async def for_owner(act: Act, visit_id: str) -> bytes:
    """The notice of one of the owner's visits; NotFoundError for one that he may not know of."""
    return await _paper(act, await store.own_visit(act.db, act.actor, visit_id))


async def for_group(act: Act, visit_id: str) -> bytes:
    """The notice for the enterprise of one of the actor's visits; none exists for an unannounced one (F2)."""
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    if not own.task.announced:
        raise NotFoundError(what="通知书；不事先通知的检查不发通知书")
    return await _paper(act, store.OwnerVisit(visit=own.visit, task=own.task, target=own.target))


async def by_code(act: Act, code: str) -> dict[str, Any]:
    """What the page says that proves a notice: the same words, by the code on it; NotFoundError for a forged one."""
    found = await store.by_notice_code(act.db, code)
    return {**await owners.told(act, found), "notice_code": found.visit.notice_code}


async def _paper(act: Act, found: store.OwnerVisit) -> bytes:
    told = await owners.told(act, found)
    data = {
        **told,
        "starts_on": _day(told["starts_on"]),
        "ends_on": _day(told["ends_on"]),
        "made_on": _day(local_date(act.now)),
        "notice_code": found.visit.notice_code,
        "qr": qr.svg(told["verify_url"]),
    }
    return await typeset.pdf(TEMPLATE, data, act.house.font)


def _day(day: Any) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
