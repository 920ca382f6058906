"""Item lists at work: draft, claim, publish with a day of effect, file; what a table brought becomes versions (A1-A15).

create_list -> draft | draft_change | withdraw | claim -> publish(valid_from) -> [FILE_LIST runs] -> file_change
import -> items -> adopt_imported -> versions of the joint list, published as read
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from inspection.actors import Role
from inspection.checklists import standard_form
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.item_rules import Caps, ItemBody, check_item, in_force, key_share_warning
from inspection.workdays import local_date
from models.base import new_id
from models.lists import ItemList, ItemVersion, Leniency, ListChange
from models.people import Department
from models.registers import Item
from models.store import lists as store
from models.store import tasks as task_store
from services.act import Act, Rules
from services.clock import deadlines
from services.planning.reviews import Review, checked, note, publisher
from services.planning.standard_forms import form_from

JOINT_NAME = "部门联合抽查事项清单"


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemOrder:
    """An item as somebody writes it down; an empty department is the list's own, an empty form the standard one."""

    body: ItemBody
    department_id: str = ""
    partner_ids: tuple[str, ...] = ()
    form: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What a publication did."""

    change: ListChange
    versions: int
    warnings: tuple[str, ...]


def caps_of(rules: Rules) -> Caps:
    """Give the office's control of item classes (A7)."""
    return Caps(
        general_ratio=rules.general_ratio_cap,
        general_frequency=rules.general_frequency_cap,
        key_share=rules.key_items_share_cap,
        key_refused=rules.key_items_over == "refuse",
    )


async def create_list(act: Act, name: str, kind: str, *, level: str = "", duties: int = 0) -> ItemList:
    """Begin a list: the office any kind, a department its own. Raises ForbiddenError, ConflictError."""
    row = ItemList(
        department_id=act.actor.department_id,
        name=name.strip(),
        kind=kind,
        level=level,
        duties=duties,
        created_at=act.now,
    )
    if not store.keeps(act.actor, row):
        raise ForbiddenError
    try:
        async with act.db.begin_nested():
            act.db.add(row)
    except IntegrityError:
        raise ConflictError(what="清单", why=f"本部门已有名为“{name}”的清单。") from None
    act.record("list-create", f"list:{row.id}", name=row.name, kind=kind)
    return row


async def draft_items(act: Act, list_id: str, orders: Sequence[ItemOrder]) -> list[ItemVersion]:
    """Write new items down as drafts (A1, A2); nothing is in force before it is published."""
    row = await store.kept_list(act.db, act.actor, list_id)
    return [await _draft_new(act, row, order) for order in orders]


async def _draft_new(act: Act, row: ItemList, order: ItemOrder, claimed_from: str | None = None) -> ItemVersion:
    department_id = await _department(act, row, order)
    item_id, body = new_id(), order.body
    item = Item(
        id=item_id,
        key=item_id,
        department_id=department_id,
        domain=body.domain or body.name,
        name=body.name,
        partner_ids=list(order.partner_ids),
        form={},
        digest="",  # made by hand: no table is compared with it
    )
    act.db.add(item)
    await act.db.flush()
    return await _add_draft(act, row, item_id, order, claimed_from=claimed_from)


async def draft_change(act: Act, list_id: str, item_id: str, order: ItemOrder) -> ItemVersion:
    """Write down how an item shall stand from the next publication on; a second draft takes the first one's place."""
    row = await store.kept_list(act.db, act.actor, list_id)
    latest = await _latest(act, row, item_id)
    return await _add_draft(act, row, item_id, order, claimed_from=latest.claimed_from)


async def withdraw(act: Act, list_id: str, item_id: str) -> ItemVersion:
    """Draft that an item leaves the list (A10); it stays inspectable until that is published and in force."""
    row = await store.kept_list(act.db, act.actor, list_id)
    latest = await _latest(act, row, item_id)
    if latest.status != "published":
        raise ConflictError(what="事项", why="尚未公布，可直接删除草稿。")
    draft = await _put_draft(act, row, item_id, removed=True, department_id=latest.department_id)
    draft.body, draft.form, draft.partner_ids = latest.body, latest.form, latest.partner_ids
    draft.claimed_from = latest.claimed_from
    act.record("item-withdraw", f"list:{row.id}", item=item_id, name=str(latest.body.get("name", "")))
    return draft


async def discard(act: Act, version_id: str) -> None:
    """Throw a draft away; what is published can only be changed by a new version."""
    draft = await store.version(act.db, version_id)
    row = await store.kept_list(act.db, act.actor, draft.list_id)
    if draft.status != "draft":
        raise ConflictError(what="事项版本", why="已公布的版本不能删除，只能用新版本替代。")
    await act.db.delete(draft)
    await act.db.flush()
    if await store.last_number(act.db, draft.item_id) == 0:
        await act.db.execute(delete(Item).where(Item.id == draft.item_id))
    act.record("item-discard", f"list:{row.id}", item=draft.item_id, name=str(draft.body.get("name", "")))


async def claim(act: Act, list_id: str, version_ids: Sequence[str]) -> list[ItemVersion]:
    """Claim items of an upper or joint list into a list as drafts (A4); claimed before: a draft with the new words."""
    row = await store.kept_list(act.db, act.actor, list_id)
    if row.kind == "upper":
        raise ConflictError(what="认领", why="上级清单是认领的来源，不能认领到上级清单。")
    mine = {one.claimed_from: one for one in await _all_of_list(act, row.id) if one.claimed_from}
    known = {version.item_id: mine_id for mine_id, version in await _origins(act, mine)}
    return [await _claim_one(act, row, version_id, known) for version_id in dict.fromkeys(version_ids)]


async def _claim_one(act: Act, row: ItemList, version_id: str, known: dict[str, str]) -> ItemVersion:
    upper = await store.version(act.db, version_id)
    source = await store.item_list(act.db, upper.list_id)
    if upper.status != "published" or upper.removed or source.kind == "department":
        raise NotFoundError(what="上级清单中已公布的这个事项")
    order = ItemOrder(body=ItemBody.from_data(upper.body), form=upper.form, department_id=row.department_id)
    if upper.item_id in known:
        return await _add_draft(act, row, known[upper.item_id], order, claimed_from=upper.id)
    return await _draft_new(act, row, order, claimed_from=upper.id)


async def _origins(act: Act, mine: dict[str, ItemVersion]) -> list[tuple[str, ItemVersion]]:
    """Pair each claimed item with the upper version it came from."""
    rows = await act.db.scalars(select(ItemVersion).where(ItemVersion.id.in_(list(mine))))
    return [(mine[row.id].item_id, row) for row in rows]


async def publish(act: Act, list_id: str, valid_from: date, reason: str, review: Review | None = None) -> Published:
    """Publish every draft of a list as one change that takes effect on a day not yet past (A10).

    The change waits to be filed from then on (A11). Raises ConflictError where there is nothing to publish, or where
    the office's rules refuse so many 重点 items (A7), InvalidInputError where they ask for a review (S7).
    """
    row = await store.kept_list(act.db, act.actor, list_id, publisher(act))
    if valid_from < local_date(act.now):
        raise InvalidInputError(what="生效日期", why="不能早于今天：已经过去的日子适用当时的清单。")
    drafts = await store.drafts(act.db, row.id)
    if not drafts:
        raise ConflictError(what="清单", why="没有待公布的修改。")
    caps = caps_of(act.house.rules)
    for draft in drafts:
        if not draft.removed:
            check_item(ItemBody.from_data(draft.body), caps)
    opinion = checked(act, review)
    change = await _add_change(act, row, valid_from, reason=reason)
    note(act, change, opinion)
    for draft in drafts:
        draft.status, draft.change_id, draft.valid_from = "published", change.id, valid_from
    await act.db.flush()
    warning = key_share_warning(await _classes(act, row, valid_from), caps)
    if warning and caps.key_refused:
        raise ConflictError(what="清单", why=f"{warning}，请减少重点检查事项后再公布。")
    await _expect_filing(act, row, change)
    act.record(
        "list-publish",
        f"list:{row.id}",
        name=row.name,
        change=change.number,
        versions=len(drafts),
        valid_from=str(valid_from),
        review=change.review_number,
    )
    return Published(change=change, versions=len(drafts), warnings=(warning,) if warning else ())


async def _classes(act: Act, row: ItemList, day: date) -> list[str]:
    versions = await store.in_force_on(act.db, day, row.id)
    return [str(one.body.get("item_class", "")) for one in versions]


async def file_change(act: Act, change_id: str, filed_on: date, number: str) -> ListChange:
    """Record that a change was filed (备案) with the office's 市场监管部门: once, by the office (A11)."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    change = await store.change(act.db, change_id)
    if change.filed_on is not None:
        raise ConflictError(what="这次清单调整", why=f"已于 {change.filed_on} 备案。")
    if not local_date(change.published_at) <= filed_on <= local_date(act.now):
        raise InvalidInputError(what="备案日期", why="应当在公布之日到今天之间。")
    change.filed_on, change.filing_number, change.filed_by = filed_on, number.strip(), act.actor.member_id
    await deadlines.settle(act, DeadlineKind.FILE_LIST, f"list-change:{change.id}")
    act.record("list-file", f"list:{change.list_id}", change=change.number, number=number, filed_on=str(filed_on))
    return change


async def adopt_imported(act: Act) -> int:
    """Make versions of what an import added or changed in the items; return how many.

    A table is a list that the office has published: its first reading stands from New Year on, and is as filed as the
    table was; a later reading that differs is a change of today, which is to be filed (A10, A11).
    """
    items = await store.unversioned(act.db)
    if not items:
        return 0
    row = await store.joint_list(act.db) or await _begin_joint(act, items[0].department_id)
    first, today = await store.last_change(act.db, row.id) == 0, local_date(act.now)
    valid_from = today.replace(month=1, day=1) if first else today
    change = await _add_change(act, row, valid_from, reason="导入清单表格", imported=True)
    for item in items:
        number = await store.last_number(act.db, item.id) + 1
        act.db.add(_imported_version(act, row, change, item, number))
    if not first:
        await _expect_filing(act, row, change)
    await act.db.flush()
    return len(items)


def _imported_version(act: Act, row: ItemList, change: ListChange, item: Item, number: int) -> ItemVersion:
    shown = (
        "name", "domain", "sub_item", "code", "basis", "subject", "content", "method", "ratio", "frequency",
        "publication", "item_class", "level", "skill", "note",
    )  # fmt: skip
    return ItemVersion(
        item_id=item.id,
        list_id=row.id,
        department_id=item.department_id,
        change_id=change.id,
        number=number,
        status="published",
        valid_from=change.valid_from,
        body=ItemBody(**{name: getattr(item, name) for name in shown}).as_data(),
        form=item.form,
        partner_ids=item.partner_ids,
        source_digest=item.digest,
        made_by=act.actor.member_id,
        made_at=act.now,
    )


async def _begin_joint(act: Act, otherwise: str) -> ItemList:
    office = await act.db.scalar(select(Department.id).where(Department.is_office).limit(1))
    row = ItemList(department_id=office or otherwise, name=JOINT_NAME, kind="joint", created_at=act.now)
    act.db.add(row)
    await act.db.flush()
    return row


async def _add_change(act: Act, row: ItemList, valid_from: date, *, reason: str, imported: bool = False) -> ListChange:
    change = ListChange(
        list_id=row.id,
        number=await store.last_change(act.db, row.id) + 1,
        reason=reason.strip(),
        imported=imported,
        valid_from=valid_from,
        published_at=act.now,
        published_by=act.actor.member_id,
    )
    act.db.add(change)
    await act.db.flush()
    return change


async def _expect_filing(act: Act, row: ItemList, change: ListChange) -> None:
    within = act.house.rules.file_list_within_days
    subject = f"list-change:{change.id}"
    await deadlines.open_deadline(act, DeadlineKind.FILE_LIST, subject, row.department_id, local_date(act.now), within)


async def _department(act: Act, row: ItemList, order: ItemOrder) -> str:
    """The item's own department: on a department's list nobody else's (A1)."""
    found = order.department_id or row.department_id
    known = await task_store.departments(act.db)
    if row.kind == "department" and found != row.department_id:
        raise InvalidInputError(what="抽查主体", why="部门清单只能列本部门的事项。")
    if found not in known or not set(order.partner_ids) <= known.keys():
        raise NotFoundError(what="所填的部门")
    return found


async def _add_draft(
    act: Act, row: ItemList, item_id: str, order: ItemOrder, claimed_from: str | None = None
) -> ItemVersion:
    department_id = await _department(act, row, order)
    check_item(order.body, caps_of(act.house.rules))
    form = _checked_form(order)
    draft = await _put_draft(act, row, item_id, removed=False, department_id=department_id)
    draft.body, draft.form, draft.partner_ids = order.body.as_data(), form, list(order.partner_ids)
    draft.claimed_from = claimed_from
    act.record("item-draft", f"list:{row.id}", item=item_id, version=draft.number, name=order.body.name)
    return draft


async def _put_draft(act: Act, row: ItemList, item_id: str, *, removed: bool, department_id: str) -> ItemVersion:
    draft = await store.draft_of(act.db, item_id)
    if draft is None:
        number = await store.last_number(act.db, item_id) + 1
        draft = ItemVersion(item_id=item_id, list_id=row.id, number=number, department_id=department_id)
        act.db.add(draft)
    draft.removed, draft.department_id = removed, department_id
    draft.made_by, draft.made_at = act.actor.member_id, act.now
    draft.body, draft.form, draft.partner_ids = {}, {}, []
    await act.db.flush()
    return draft


def _checked_form(order: ItemOrder) -> dict[str, Any]:
    """The item's one form, checked; the standard one where it brings none (A13)."""
    body = order.body
    form = form_from(order.form) if order.form else standard_form(body.name, body.content, body.basis)
    return form.as_data()


async def _latest(act: Act, row: ItemList, item_id: str) -> ItemVersion:
    """The newest version of an item that is on this list; NotFoundError for another list's item."""
    versions = [one for one in await _all_of_list(act, row.id) if one.item_id == item_id]
    if not versions:
        raise NotFoundError(what="清单中的这个事项")
    settled = [one for one in versions if one.status == "published"]
    if settled and in_force(settled, date.max) is None:
        raise ConflictError(what="事项", why="已从清单中取消，请作为新事项填报。")
    return versions[-1] if not settled else settled[-1]


async def _all_of_list(act: Act, list_id: str) -> Sequence[ItemVersion]:
    query = select(ItemVersion).where(ItemVersion.list_id == list_id)
    return (await act.db.scalars(query.order_by(ItemVersion.item_id, ItemVersion.number))).all()


async def add_leniency(act: Act, conduct: str, basis: str, conditions: str, valid_from: date) -> Leniency:
    """Put an act on the 免罚清单 of the actor's own department (A15)."""
    row = Leniency(
        department_id=act.actor.department_id,
        conduct=conduct.strip(),
        basis=basis,
        conditions=conditions,
        valid_from=valid_from,
        made_by=act.actor.member_id,
        made_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("leniency-add", f"leniency:{row.id}", name=row.conduct)
    return row


async def end_leniency(act: Act, leniency_id: str, ended_on: date) -> Leniency:
    """Take an act off the 免罚清单 from a day on: the department's own, once; the row stays (A15)."""
    row = await store.leniency(act.db, leniency_id)
    if row.department_id != act.actor.department_id and not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    if row.ended_on is not None:
        raise ConflictError(what="免罚事项", why="已经停止适用。")
    if ended_on < row.valid_from:
        raise InvalidInputError(what="停止日期", why="不能早于生效日期。")
    row.ended_on = ended_on
    act.record("leniency-end", f"leniency:{row.id}", name=row.conduct, ended_on=str(ended_on))
    return row
