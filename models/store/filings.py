"""What the deadlines of lists and plans are about, in the words that messages use (A11, S1-S4)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.lists import ItemList, ListChange
from models.plans import Plan
from models.store.deadlines import Subject


async def subjects(db: AsyncSession, names: Collection[str]) -> dict[str, Subject]:
    """What these subjects ("list-change:ID", "plan:ID", "plan-year:YEAR") are about; others are left out."""
    return {**await _changes(db, names), **await _plans(db, names), **_years(names)}


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
