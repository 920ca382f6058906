"""Leave asked for in the chat: the asker names the days, an approver of his department (or the office) grants them.

ask -> approvers' cards ("leave:STAFF:FROM:TO") -> grant -> Leave row (the draw leaves him out) -> the asker is told
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.notices import Button, Notice, NoticeKind
from inspection.workdays import local_date
from models.people import Inspector, Member
from models.store import deadlines as deadline_store
from models.store import recusals as recusal_store
from services.act import Act
from services.people import cards
from services.people.notices import Letter, tell_many
from services.registers import inspectors

LONGEST_DAYS = 366
IN_CHAT = "本人在聊天中申请"


async def ask(act: Act, starts_on: date, ends_on: date) -> int:
    """Ask for leave on these days, both included; returns how many people were asked to grant it."""
    if ends_on < starts_on or starts_on < local_date(act.now) or (ends_on - starts_on).days > LONGEST_DAYS:
        raise InvalidInputError(what="请假日期", why="应当从今天或以后开始，结束不早于开始，且不超过一年。")
    staff_no = await recusal_store.own_staff_no(act.db, act.actor)
    me = await act.db.get(Member, act.actor.member_id)
    if me is None:
        raise NotFoundError(what="您的检查人员登记")
    heads = (await deadline_store.holders(act.db, Role.APPROVER)).get(me.department_id, [])
    deciders = [one for one in heads if one != me.userid]
    if not deciders:
        office = await deadline_store.holders(act.db, Role.COORDINATOR)
        deciders = [one for some in office.values() for one in some if one != me.userid]
    notice = Notice(
        kind=NoticeKind.LEAVE_ASKED,
        document_no=f"请假-{staff_no}-{starts_on}-{ends_on}",
        title="有检查人员申请请假",
        summary="同意后，这些天内的抽取不再抽到本人；已派发的检查须另行更换。",
        facts=(("申请人", me.name), ("开始", str(starts_on)), ("结束", str(ends_on))),
        path="/console/inspectors",
        buttons=(Button(key=f"leave:{staff_no}:{starts_on}:{ends_on}", text="同意请假"),),
    )
    return await tell_many(
        act,
        [
            Letter(
                userid=userid,
                notice=notice,
                department_id=me.department_id,
                subject=f"leave:{staff_no}",
                dedupe_key=f"leave/{staff_no}/{starts_on}/{ends_on}/{userid}",
            )
            for userid in deciders
        ],
    )


async def grant(act: Act, what: str) -> None:
    """Grant what a card says ("STAFF:FROM:TO") and tell the asker; the days stand once, whoever presses first."""
    if not act.actor.has(Role.APPROVER, Role.COORDINATOR):
        raise ForbiddenError
    staff_no, _, days = what.partition(":")
    try:
        starts_on, ends_on = (date.fromisoformat(one) for one in days.split(":"))
    except ValueError:
        raise NotFoundError(what="这项请假申请") from None
    found = (
        await act.db.execute(
            select(Member).join(Inspector, Inspector.member_id == Member.id).where(Inspector.staff_no == staff_no)
        )
    ).scalar_one_or_none()
    if found is not None and found.id == act.actor.member_id:
        raise ConflictError(what="请假申请", why="申请和审批须由两人分别完成。")
    await inspectors.add_leave(act, staff_no, starts_on, ends_on, IN_CHAT)
    await cards.close(act, "已同意请假", keys=f"leave/{staff_no}/{starts_on}/{ends_on}/")
    if found is None:
        return
    notice = Notice(
        kind=NoticeKind.LEAVE_GRANTED,
        document_no=f"准假-{staff_no}-{starts_on}-{ends_on}",
        title="请假已获同意",
        summary="这些天内不再抽到您。已派给您的检查如受影响，请申请更换。",
        facts=(("开始", str(starts_on)), ("结束", str(ends_on))),
        path="/m/",
    )
    letter = Letter(
        userid=found.userid,
        notice=notice,
        department_id=found.department_id,
        subject=f"leave:{staff_no}",
        dedupe_key=f"leave-granted/{staff_no}/{starts_on}/{ends_on}",
    )
    await tell_many(act, [letter])
