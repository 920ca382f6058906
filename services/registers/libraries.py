"""Sub-libraries of targets (B6, B7, B9, B15): found by a rule, mended by hand, usable once somebody confirmed them.

make -> produce (the rule finds) -> add / remove by hand -> confirm -> a task's scope may name it
any later change -> draft again: what was confirmed is what is drawn from
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, or_, select

from inspection import regions
from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.policy import CLASSES
from inspection.tables.places import trade_code
from models.libraries import Library, LibraryMember
from models.registers import Item, Target
from models.store import libraries as library_store
from models.store import tasks as store
from models.store.libraries import LibraryRule
from models.store.pools import Scope
from models.store.states import advance, insert_ignore
from services.act import Act

DRAFT, CONFIRMED = "draft", "confirmed"
STATUS_WORDS = {DRAFT: "待确认", CONFIRMED: "已确认"}
PAGE_SIZE = 50
WHAT = "这个分库"
NOT_CONFIRMED = "尚未审核确认，确认后才能用于抽取。"


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryOrder:
    """What somebody asks for; `department_id` "" is his own department."""

    name: str
    rule: LibraryRule
    department_id: str = ""
    item_id: str | None = None
    shared: bool = False


async def make_library(act: Act, order: LibraryOrder) -> Library:
    """Make a sub-library and produce it at once; it is a draft. Raises InvalidInputError for an empty rule."""
    department_id = own_department(act, order.department_id)
    rule = checked_rule(order.rule)
    if order.item_id is not None and await act.db.get(Item, order.item_id) is None:
        raise NotFoundError(what="这个抽查事项")
    same = select(Library.id).where(Library.department_id == department_id, Library.name == order.name)
    if await act.db.scalar(same):
        raise ConflictError(what="分库", why=f"本部门已有名为“{order.name}”的分库。")
    row = Library(
        department_id=department_id,
        name=order.name,
        item_id=order.item_id,
        shared=order.shared,
        rule=rule.as_data(),
        made_by=act.actor.member_id,
        made_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("library-make", f"library:{row.id}", name=row.name)
    await _fill(act, row)
    return row


async def change_library(act: Act, library_id: str, rule: LibraryRule) -> Library:
    """Give a sub-library another rule and produce it anew; it is a draft again."""
    row = await _mine(act, library_id)
    row.rule = checked_rule(rule).as_data()
    await _fill(act, row)
    return row


async def produce(act: Act, library_id: str) -> Library:
    """Produce a sub-library anew from the register as it stands; it is a draft again (B9)."""
    row = await _mine(act, library_id)
    await _fill(act, row)
    return row


async def _fill(act: Act, row: Library) -> None:
    row.members = await library_store.produce(act.db, row.id, LibraryRule.from_data(row.rule))
    row.produced_at = act.now
    _reopen(row)
    act.record("library-produce", f"library:{row.id}", members=row.members, rule=row.rule)
    await act.db.flush()


async def mend(act: Act, library_id: str, code: str, *, keep: bool) -> Library:
    """Put a target in by hand, or take one out; the sub-library is a draft again. Twice is harmless."""
    row = await _mine(act, library_id)
    target_id = await act.db.scalar(select(Target.id).where(Target.code == code))
    if target_id is None:
        raise NotFoundError(what="这个检查对象")
    if keep:
        await insert_ignore(act.db, LibraryMember, library_id=row.id, target_id=target_id, by_hand=True)
    else:
        held = (LibraryMember.library_id == row.id, LibraryMember.target_id == target_id)
        await act.db.execute(delete(LibraryMember).where(*held))
    row.members = await library_store.count_members(act.db, row.id)
    _reopen(row)
    act.record("library-mend", f"library:{row.id}", code=code, keep=keep)
    await act.db.flush()
    return row


def _reopen(row: Library) -> None:
    row.status, row.confirmed_by, row.confirmed_at = DRAFT, None, None


async def confirm(act: Act, library_id: str, members: int) -> Library:
    """Confirm a sub-library as it was looked at, with `members` targets (B7, 审核确认); ConflictError if it moved."""
    row = await _mine(act, library_id)
    if row.status != DRAFT:
        raise ConflictError(what=WHAT, why=f"当前状态是“{STATUS_WORDS[row.status]}”。")
    if not row.members:
        raise ConflictError(what=WHAT, why="其中没有检查对象。")
    if row.members != members:
        raise ConflictError(what=WHAT, why=f"核对之后又有变化，现有 {row.members} 户，请重新核对。")
    who = {"confirmed_by": act.actor.member_id, "confirmed_at": act.now}
    await advance(act.db, row, CONFIRMED, come_from={DRAFT}, what=WHAT, **who)
    act.record("library-confirm", f"library:{row.id}", members=row.members)
    return row


def checked_rule(rule: LibraryRule) -> LibraryRule:
    """Bring a rule's codes into their one form; raises InvalidInputError with the word that is wrong."""
    clean = LibraryRule(
        trades=tuple(dict.fromkeys(trade_code(one) for one in rule.trades)),
        keywords=tuple(dict.fromkeys(one.strip() for one in rule.keywords if one.strip())),
        regions=tuple(dict.fromkeys(regions.full(one) for one in rule.regions)),
        classes=tuple(sorted(set(rule.classes))),
        labels=tuple(dict.fromkeys(one.strip() for one in rule.labels if one.strip())),
    )
    if not set(clean.classes) <= set(CLASSES):
        raise InvalidInputError(what="信用风险分类", why="应为 A、B、C 或 D。")
    if clean.is_empty():
        raise InvalidInputError(what="分库条件", why="至少写明行业、关键字、区域、信用风险分类、标签中的一项。")
    return clean


def own_department(act: Act, department_id: str) -> str:
    """Whose libraries the actor may keep: the office anybody's, others their own department's; ForbiddenError."""
    wanted = department_id or act.actor.department_id
    if wanted != act.actor.department_id and not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    return wanted


async def _mine(act: Act, library_id: str) -> Library:
    """Hold a sub-library that the actor may change; of two who change it at once, one waits."""
    row = await act.db.get(Library, library_id, with_for_update=True)
    if row is None or not (act.actor.has(Role.COORDINATOR) or row.department_id == act.actor.department_id):
        raise NotFoundError(what=WHAT)
    return row


async def _seen(act: Act, library_id: str) -> Library:
    """Give a sub-library that the actor may look at: his department's, a shared one, or any for the office."""
    row = await act.db.get(Library, library_id)
    wide = act.actor.has(Role.COORDINATOR, Role.ADMIN)
    if row is None or not (wide or row.shared or row.department_id == act.actor.department_id):
        raise NotFoundError(what=WHAT)
    return row


# --- what the console shows ---


async def library_rows(act: Act) -> list[dict[str, Any]]:
    """The sub-libraries that the actor may look at."""
    query = select(Library).order_by(Library.name, Library.id)
    if not act.actor.has(Role.COORDINATOR, Role.ADMIN):
        query = query.where(or_(Library.shared, Library.department_id == act.actor.department_id))
    rows = list(await act.db.scalars(query))
    names = await store.departments(act.db)
    people = await store.member_names(act.db, [one for row in rows for one in (row.made_by, row.confirmed_by)])
    items = {row.id: row.name for row in await act.db.scalars(select(Item))}
    return [
        {
            **{name: getattr(row, name) for name in SHOWN},
            "department": names[row.department_id].name,
            "item": items.get(row.item_id or "", ""),
            "status_text": STATUS_WORDS[row.status],
            "made_by": people.get(row.made_by, ""),
            "confirmed_by": people.get(row.confirmed_by or "", ""),
            "mine": act.actor.has(Role.COORDINATOR) or row.department_id == act.actor.department_id,
        }
        for row in rows
    ]


SHOWN = (
    "id", "name", "department_id", "item_id", "shared", "rule", "status", "members", "made_at", "produced_at",
    "confirmed_at",
)  # fmt: skip


async def library_page(act: Act, library_id: str, after: str) -> dict[str, Any]:
    """A page of a sub-library's targets from behind the code `after`, and how far it is from its rule today."""
    row = await _seen(act, library_id)
    found = (await act.db.execute(library_store.page_of(row.id, after, PAGE_SIZE))).all()
    shown = ("code", "name", "trade", "region_code", "status", "credit_class", "labels")
    rows = [{**{one: getattr(target, one) for one in shown}, "by_hand": by_hand} for target, by_hand in found]
    return {
        "id": row.id,
        "name": row.name,
        "members": row.members,
        "status": row.status,
        "drift": await library_store.drift(act.db, row.id, LibraryRule.from_data(row.rule)) if not after else None,
        "rows": rows,
        "next_after": rows[-1]["code"] if len(rows) == PAGE_SIZE else None,
    }


# --- what tasks ask ---


async def scope_of(act: Act, scope: Scope) -> Scope:
    """Give the scope with its sub-library's name; refuses one that the actor may not use or nobody has confirmed."""
    if not scope.library_id:
        return scope
    row = await _seen(act, scope.library_id)
    _refuse_draft(row)
    return replace(scope, library=row.name)


async def trouble_with(act: Act, scope: Scope) -> tuple[str, ...]:
    """Say in one sentence why nobody may be drawn from a scope: its sub-library changed since it was confirmed (B7)."""
    row = await act.db.get(Library, scope.library_id) if scope.library_id else None
    return (f"分库“{row.name}”{NOT_CONFIRMED}",) if row is not None and row.status != CONFIRMED else ()


def _refuse_draft(row: Library) -> None:
    if row.status != CONFIRMED:
        raise ConflictError(what=f"分库“{row.name}”", why=NOT_CONFIRMED)
