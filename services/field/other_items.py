"""Other items on the spot: added from the list in force with a reason, or, on no list, a clue (A3, O1; ADR 0029).

listed -> on the phone, without network -> add (with answers that are shared, or with the manifest) -> forms as all
       -> the department's approvers and the visit's leader are told, once for what was added together
off the list -> note_off_list with the submission -> a clue of the department, told by nobody's form as inspected
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspection.actors import Role
from inspection.checklists import form_of
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.notices import Notice, NoticeKind
from inspection.other_items import MOST, added_id, off_list_number
from inspection.workdays import local_date
from models.field import AddedItem
from models.store import deadlines as deadline_store
from models.store import lists as list_store
from models.store import visits as visit_store
from models.store.lists import ListedItem
from models.store.parts import NOT_DONE
from models.store.states import insert_ignore
from services.act import Act
from services.field import chain, doors
from services.field.manifests import AddedEntry, Manifest, OffList
from services.people.notices import Letter, tell_many
from services.planning import clues


async def listed(act: Act) -> list[dict[str, Any]]:
    """What the actor's department may inspect today, each item with its form: the phone keeps it for the cellar."""
    return [
        {
            "item_id": one.id,
            "name": one.name,
            "subject": one.subject,
            "basis": one.basis,
            "form": form_of(one.form, one.name, one.body.content, one.basis).as_data(),
        }
        for one in await _listed(act, str(act.actor.department_id))
    ]


async def add(act: Act, own: visit_store.OwnVisit, wanted: Sequence[AddedEntry]) -> None:
    """Add items to the actor's own part of a visit that he holds locked; those that it has already are left alone.

    Raises ForbiddenError (no certificate), ConflictError (not its time), DoorFirstError, InvalidInputError (the item
    stands on no list in force of his department: it may not be inspected, A3).
    """
    there = {
        item.item_id for item, _ in await visit_store.items(act.db, own.task.id, own.part.department_id, own.visit)
    }
    fresh = {one.item_id: one for one in wanted if one.item_id not in there}
    if not fresh:
        return
    await _refuse(act, own)
    found = {one.id: one for one in await _listed(act, own.part.department_id)}
    if unlisted := fresh.keys() - found.keys():
        why = "不在本部门现行的随机抽查事项清单内，不能检查；请撤下，改为记作清单外情况。"
        raise InvalidInputError(what=f"现场增加的 {len(unlisted)} 个事项", why=why)
    if len(await standing(act, own)) + len(fresh) > MOST:
        raise InvalidInputError(what="现场增加的事项", why=f"一次检查最多 {MOST} 个。")
    for item_id, entry in fresh.items():
        event = await _keep(act, own, found[item_id], entry.reason)
    await _tell(act, own, [found[one].name for one in fresh], event)


async def drop(act: Act, visit_id: str, added: str) -> None:
    """Take an item off again, before the part is handed in; it stays in the visit's chain. Twice is harmless."""
    await visit_store.lock(act.db, visit_id)
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    row = await act.db.get(AddedItem, added)
    if row is None or (row.visit_id, row.department_id) != (visit_id, own.part.department_id):
        raise NotFoundError(what="这个现场增加的事项")
    if row.dropped_at is not None:
        return
    await _refuse(act, own)
    row.dropped_at = act.now
    await chain.append(act, visit_id, own.visit.number, "item-dropped", part=own.part.id, item=row.id, name=row.name)
    act.record("item-dropped", f"part:{own.part.id}", visit=own.visit.number, item=row.item_id)


async def standing(act: Act, own: visit_store.OwnVisit) -> tuple[AddedEntry, ...]:
    """What stands added to the actor's own part, as it is sealed with the part."""
    found = await visit_store.added_items(act.db, [own.visit.id], department_id=own.part.department_id)
    return tuple(AddedEntry(item_id=row.item_id, reason=row.reason) for row, _ in found)


async def note_off_list(act: Act, own: visit_store.OwnVisit, manifest: Manifest) -> None:
    """Make clues of what stands on no list; the same matter of the same visit is one clue, however often it is sent."""
    for one in manifest.off_list:
        number = off_list_number(own.visit.number, one.matter)
        await clues.from_visit(act, number, own.target.id, own.part.department_id, (one.matter, _told(own, one)))


def _told(own: visit_store.OwnVisit, one: OffList) -> str:
    return f"检查 {own.visit.number} 中发现，不在清单内，未作检查。{one.content}"


async def _refuse(act: Act, own: visit_store.OwnVisit) -> None:
    group = await visit_store.group(act.db, own.visit.id)
    if not any(one.certified for one in group if one.member_id == act.actor.member_id):
        raise ForbiddenError
    if own.visit.status != "accepted" or own.part.status not in NOT_DONE:
        raise ConflictError(what="检查事项", why="检查尚未由组长接受，或本部门已经提交。")
    await doors.require(act, own)


async def _listed(act: Act, department_id: str) -> list[ListedItem]:
    today = local_date(act.now)
    # Only what the department itself answers for (A1 抽查主体): as a partner it comes along, it does not begin.
    found = await list_store.listed_for(act.db, [department_id], today, today)
    return [one for one in found if one.department_id == department_id]


async def _keep(act: Act, own: visit_store.OwnVisit, item: ListedItem, reason: str) -> str:
    """Write the item; the digest of the visit's event says which adding it was."""
    name = added_id(own.visit.id, item.id)
    new = await insert_ignore(
        act.db,
        AddedItem,
        id=name,
        visit_id=own.visit.id,
        item_id=item.id,
        version_id=item.version_id,
        department_id=own.part.department_id,
        name=item.name,
        basis=item.basis,
        form=item.form,
        reason=reason,
        added_by=act.actor.member_id,
        added_at=act.now,
    )
    if not new:  # dropped before: added anew, with the list's words and the reason of now
        row = await act.db.get_one(AddedItem, name)
        row.version_id, row.name, row.basis, row.form = item.version_id, item.name, item.basis, item.form
        row.reason, row.added_by, row.added_at, row.dropped_at = reason, str(act.actor.member_id), act.now, None
        await act.db.flush()
    told = {"part": own.part.id, "item": name, "name": item.name, "version": item.version_id}
    act.record("item-added", f"part:{own.part.id}", visit=own.visit.number, item=item.id)
    return await chain.append(act, own.visit.id, own.visit.number, "item-added", **told)


async def _tell(act: Act, own: visit_store.OwnVisit, names: Sequence[str], event: str) -> None:
    """Tell who approves the part and who leads the visit, without the reason: free words stay with the sealed part."""
    approvers = (await deadline_store.holders(act.db, Role.APPROVER)).get(own.part.department_id, [])
    leaders = [
        one
        for one in await visit_store.group(act.db, own.visit.id)
        if one.leads and one.member_id != act.actor.member_id and one.userid not in approvers
    ]
    subject, at_desk = f"visit:{own.visit.id}", f"/console/tasks/{own.task.id}"
    to = [(userid, own.part.department_id, at_desk) for userid in approvers]
    to += [(one.userid, one.department_id, f"/m/visits/{own.visit.id}") for one in leaders]
    letters = [
        Letter(
            userid=userid,
            notice=_notice(own, names, event, path),
            department_id=department,
            subject=subject,
            dedupe_key=f"item-added/{event[:32]}/{userid}",
        )
        for userid, department, path in to
    ]
    await tell_many(act, letters)


def _notice(own: visit_store.OwnVisit, names: Sequence[str], event: str, path: str) -> Notice:
    return Notice(
        kind=NoticeKind.ITEM_ADDED,
        document_no=f"{own.visit.number}-增项-{event[:8]}",
        title=f"现场增加了 {len(names)} 个检查事项",
        summary="均在本部门现行清单内，理由随检查表一并审批；认为不当的，审批时可以退回。",
        facts=(("检查对象", own.target.name), ("检查编号", own.visit.number), ("增加的事项", "、".join(names))),
        path=path,
    )
