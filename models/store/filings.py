"""One-off filings, and what the deadlines of lists, plans and filings are about, in words (A11, S1-S6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.filings import Filing
from models.lists import ItemList, ListChange
from models.plans import Plan
from models.store.deadlines import Subject

MOST_ROWS = 500


async def subjects(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    """What these subjects ("list-change:ID", "plan:ID", "plan-year:YEAR", "filing:ID") are about; no others."""
    return {**await _changes(db, names), **await _plans(db, names), **_years(names), **await _filings(db, names)}


async def rows(db: AsyncSession, actor: Actor) -> Sequence[Filing]:
    """The one-off filings of the actor's department, of all for the office; those to be done first, by their day."""
    query = select(Filing).where(*_wall(actor)).order_by(Filing.status != "open", Filing.due_on, Filing.id)
    return (await db.scalars(query.limit(MOST_ROWS))).all()


async def one(db: AsyncSession, actor: Actor, filing_id: str) -> Filing:
    """One of them; NotFoundError for another department's."""
    found = await db.scalar(select(Filing).where(Filing.id == filing_id, *_wall(actor)))
    if found is None:
        raise NotFoundError(what="这项备案")
    return found


def _wall(actor: Actor) -> list[ColumnElement[bool]]:
    return [] if actor.has(Role.COORDINATOR, Role.ADMIN) else [Filing.department_id == actor.department_id]


async def _changes(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    query = (
        select(ListChange, ItemList.name)
        .join(ItemList, ItemList.id == ListChange.list_id)
        .where(ListChange.id.in_(_ids(names, "list-change")))
    )
    found = {}
    for change, name in (await db.execute(query)).all():
        number = f"清单调整{change.published_at:%Y%m%d}-{change.number}-{change.id[-4:]}"
        found[f"list-change:{change.id}"] = _subject(number, name, ("调整编号", "清单名称"))
    return found


async def _plans(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    query = select(Plan).where(Plan.id.in_(_ids(names, "plan")))
    words = ("计划编号", "计划名称")
    return {f"plan:{one.id}": _subject(one.number, one.title, words) for one in await db.scalars(query)}


async def _filings(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    query = select(Filing).where(Filing.id.in_(_ids(names, "filing")))
    words = ("备案事项", "报送给")
    return {
        f"filing:{row.id}": _subject(row.title, row.recipient or "规定的部门", words) for row in await db.scalars(query)
    }


def _years(names: Collection[str]) -> dict[str, Subject]:
    words = ("计划年度", "计划名称")
    return {
        f"plan-year:{year}": _subject(f"{year}年度联合计划", f"{year}年度部门联合抽查计划", words)
        for year in _ids(names, "plan-year")
    }


def _subject(number: str, name: str, words: tuple[str, str]) -> Subject:
    return Subject(visit_id="", visit_number=number, target_name=name, words=words)


def _ids(names: Collection[str], kind: str) -> list[str]:
    return [name.removeprefix(f"{kind}:") for name in names if name.startswith(f"{kind}:")]
