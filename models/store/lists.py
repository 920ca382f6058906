"""Access to item lists: published versions are for everybody, drafts for whoever keeps the list (A1, A3, A10)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import ForbiddenError, NotFoundError
from inspection.item_rules import ItemBody, in_force, listed_throughout
from models.lists import ItemList, ItemVersion, Leniency, ListChange
from models.registers import Item

READS_ALL = (Role.COORDINATOR, Role.ADMIN)
OFFICE_KINDS = frozenset({"joint", "upper"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedItem:
    """An item as it stands on a list in force: what a task may be made of."""

    id: str  # the item's
    version_id: str
    list_id: str
    department_id: str
    partner_ids: tuple[str, ...]
    domain: str
    name: str
    subject: str
    basis: str
    skill: str
    item_class: str
    method: str
    form: dict[str, Any]
    body: ItemBody


def listed_item(version: ItemVersion) -> ListedItem:
    """Give a version as a task and a page read it."""
    body = ItemBody.from_data(version.body)
    shown = ("domain", "name", "subject", "basis", "skill", "item_class", "method")
    return ListedItem(
        id=version.item_id,
        version_id=version.id,
        list_id=version.list_id,
        department_id=version.department_id,
        partner_ids=tuple(version.partner_ids),
        form=version.form,
        body=body,
        **{name: getattr(body, name) for name in shown},
    )


def keeps(actor: Actor, row: ItemList) -> bool:
    """Tell whether the actor drafts on this list: whoever signs it, and its department's liaison."""
    return signs(actor, row) or (actor.has(Role.LIAISON) and _own(actor, row))


def signs(actor: Actor, row: ItemList) -> bool:
    """Tell whether the actor publishes this list: the office its joint and upper ones, an approver his department's."""
    if actor.has(Role.COORDINATOR) and (row.kind in OFFICE_KINDS or row.department_id == actor.department_id):
        return True
    return actor.has(Role.APPROVER) and _own(actor, row)


def collects(actor: Actor, _: ItemList) -> bool:
    """Tell whether the actor publishes lists that somebody reviews first: the office, and nobody else (S7)."""
    return actor.has(Role.COORDINATOR)


def _own(actor: Actor, row: ItemList) -> bool:
    return row.kind == "department" and row.department_id == actor.department_id


async def item_lists(db: AsyncSession) -> Sequence[ItemList]:
    """All lists (lists are public), joint ones first."""
    query = select(ItemList).order_by(ItemList.kind.desc(), ItemList.id)
    return (await db.scalars(query)).all()


async def item_list(db: AsyncSession, list_id: str) -> ItemList:
    """One list; NotFoundError."""
    found = await db.get(ItemList, list_id)
    if found is None:
        raise NotFoundError(what="这份清单")
    return found


async def kept_list(
    db: AsyncSession, actor: Actor, list_id: str, may: Callable[[Actor, ItemList], bool] = keeps
) -> ItemList:
    """A list that the actor may draft on, or what `may` says; ForbiddenError for another department's.

    Locked until the transaction ends: two publications at once would give one number twice.
    """
    found = await db.scalar(select(ItemList).where(ItemList.id == list_id).with_for_update())
    if found is None:
        raise NotFoundError(what="这份清单")
    if not may(actor, found):
        raise ForbiddenError
    return found


async def published(db: AsyncSession, *, list_id: str = "", item_id: str = "") -> Sequence[ItemVersion]:
    """Published versions of a list or an item, or of all, by item and number."""
    query = select(ItemVersion).where(ItemVersion.status == "published", *_of(list_id, item_id))
    return (await db.scalars(query.order_by(ItemVersion.item_id, ItemVersion.number))).all()


async def drafts(db: AsyncSession, list_id: str) -> Sequence[ItemVersion]:
    """The drafts of a list that the actor has been found to keep or to oversee."""
    query = select(ItemVersion).where(ItemVersion.list_id == list_id, ItemVersion.status == "draft")
    return (await db.scalars(query.order_by(ItemVersion.id))).all()


async def draft_of(db: AsyncSession, item_id: str) -> ItemVersion | None:
    """The draft of an item, of which there is one at most."""
    query = select(ItemVersion).where(ItemVersion.item_id == item_id, ItemVersion.status == "draft")
    return await db.scalar(query)


async def version(db: AsyncSession, version_id: str) -> ItemVersion:
    """A version by its id; NotFoundError."""
    found = await db.get(ItemVersion, version_id)
    if found is None:
        raise NotFoundError(what="这个事项版本")
    return found


async def last_number(db: AsyncSession, item_id: str) -> int:
    """The number of an item's newest version, 0 before the first."""
    return await db.scalar(select(func.max(ItemVersion.number)).where(ItemVersion.item_id == item_id)) or 0


async def last_change(db: AsyncSession, list_id: str) -> int:
    """The number of a list's newest change, 0 before the first."""
    return await db.scalar(select(func.max(ListChange.number)).where(ListChange.list_id == list_id)) or 0


async def changes(db: AsyncSession, list_id: str = "") -> Sequence[ListChange]:
    """The published changes of a list (or of all), newest first."""
    query = select(ListChange).order_by(ListChange.published_at.desc(), ListChange.number.desc())
    return (await db.scalars(query.where(ListChange.list_id == list_id) if list_id else query)).all()


async def change(db: AsyncSession, change_id: str) -> ListChange:
    """One change, locked until the transaction ends: of two filings at once, one is first. NotFoundError."""
    found = await db.get(ListChange, change_id, with_for_update=True)
    if found is None:
        raise NotFoundError(what="这次清单调整")
    return found


def by_item(versions: Sequence[ItemVersion]) -> dict[str, list[ItemVersion]]:
    """Group versions by their item, in the order given."""
    grouped: dict[str, list[ItemVersion]] = {}
    for one in versions:
        grouped.setdefault(one.item_id, []).append(one)
    return grouped


async def in_force_on(db: AsyncSession, day: date, list_id: str = "") -> list[ItemVersion]:
    """The version of each item that holds on a day, on one list or on all that are inspected by."""
    grouped = by_item(await _inspectable(db) if not list_id else await published(db, list_id=list_id))
    found = (in_force(versions, day) for versions in grouped.values())
    return [one for one in found if one is not None]


async def listed_for(db: AsyncSession, department_ids: Collection[str], first: date, last: date) -> list[ListedItem]:
    """The items of these departments that are on a list in force from `first` to `last`, as they stand on `first` (A3).

    A list from above does not count: what was not claimed from it is nobody's to inspect (A4).
    """
    wanted = set(department_ids)
    found = (listed_throughout(versions, first, last) for versions in by_item(await _inspectable(db)).values())
    items = [listed_item(one) for one in found if one is not None]
    return [one for one in items if one.department_id in wanted or wanted.intersection(one.partner_ids)]


async def ever_listed(db: AsyncSession) -> frozenset[str]:
    """The ids of all items that were ever on a list that is inspected by."""
    return frozenset(one.item_id for one in await _inspectable(db))


async def item_names(db: AsyncSession, item_ids: Collection[str]) -> dict[str, str]:
    """The names of these items by id, as their lists first called them."""
    rows = await db.execute(select(Item.id, Item.name).where(Item.id.in_(item_ids)))
    return {item_id: name for item_id, name in rows.all()}  # noqa: C416 a Row is no pair to mypy


async def _inspectable(db: AsyncSession) -> Sequence[ItemVersion]:
    query = (
        select(ItemVersion)
        .join(ItemList, ItemList.id == ItemVersion.list_id)
        .where(ItemList.kind != "upper", ItemVersion.status == "published")
        .order_by(ItemVersion.item_id, ItemVersion.number)
    )
    return (await db.scalars(query)).all()


async def unversioned(db: AsyncSession) -> Sequence[Item]:
    """The imported items whose words are not those of their newest imported version."""
    numbers = (
        select(ItemVersion.item_id, func.max(ItemVersion.number).label("number"))
        .where(ItemVersion.source_digest != "")
        .group_by(ItemVersion.item_id)
        .subquery()
    )
    query = (
        select(Item)
        .outerjoin(numbers, numbers.c.item_id == Item.id)
        .outerjoin(ItemVersion, (ItemVersion.item_id == Item.id) & (ItemVersion.number == numbers.c.number))
        .where(Item.digest != "", or_(ItemVersion.id.is_(None), ItemVersion.source_digest != Item.digest))
        .order_by(Item.id)
    )
    return (await db.scalars(query)).all()


async def joint_list(db: AsyncSession) -> ItemList | None:
    """The office's first joint list, into which tables are imported; locked, so that imports take their turn."""
    query = select(ItemList).where(ItemList.kind == "joint").order_by(ItemList.id).limit(1)
    return await db.scalar(query.with_for_update())


async def leniencies(db: AsyncSession, on: date | None = None) -> Sequence[Leniency]:
    """The 免罚清单, whole or as it holds on a day (A15)."""
    query = select(Leniency).order_by(Leniency.valid_from, Leniency.id)
    if on:
        query = query.where(Leniency.valid_from <= on, or_(Leniency.ended_on.is_(None), Leniency.ended_on > on))
    return (await db.scalars(query)).all()


async def leniency(db: AsyncSession, leniency_id: str) -> Leniency:
    """One act of the 免罚清单, locked until the transaction ends; NotFoundError."""
    found = await db.get(Leniency, leniency_id, with_for_update=True)
    if found is None:
        raise NotFoundError(what="这条免罚事项")
    return found


def _of(list_id: str, item_id: str) -> list[ColumnElement[bool]]:
    named = ((ItemVersion.list_id, list_id), (ItemVersion.item_id, item_id))
    return [column == value for column, value in named if value]
