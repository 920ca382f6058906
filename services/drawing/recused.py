"""Somebody whom an enterprise had recused leaves its group: the next in order comes, or his place stands open (E4, E5).

granted request -> his own open request, or a new one -> next in order | chosen -> as any replacement
                                                      -> nobody can come -> he leaves all the same, place open (D9)
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from inspection.errors import InvalidInputError
from models.base import new_id
from models.draws import RecusalRequest, Replacement, Shortfall
from models.store import outbox
from models.store import replacements as store
from models.store.parts import NOT_DONE
from models.store.replacements import VisitCase
from models.tasks import VisitMember
from services.act import Act
from services.drawing import replacements
from services.drawing.replacements import NEXT_IN_ORDER
from services.drawing.standins import Bench, bench
from services.people import cards
from services.people.notices import tell_many

REASON = "recusal"  # a key of reasons.REPLACEMENT_REASONS
NOBODY = "nobody"  # the way in which a place is left open
EVIDENCE = "检查对象申请回避，经部门负责人同意。"


async def replace_recused(act: Act, case: VisitCase, asked: RecusalRequest, leaving: str, chosen: str) -> Replacement:
    """Let him leave and somebody else come, as the actor approves; ConflictError once the part is handed in.

    Where nobody can come his place stands open: a recusal that is granted holds all the same.
    """
    await replacements.refuse_done(act, case, asked.department_id)
    await store.lock_draw(act.db, case.draw.id)
    row = await _request(act, case, asked, leaving)
    ready = await bench(act, case.task, case.draw)
    following, fitting = await _who(act, case, asked.department_id, ready)
    by_order = replacements.way_of(act, row) == NEXT_IN_ORDER
    if (following is None) if by_order else not fitting:
        return await _leave_open(act, case, row)
    if not by_order and not chosen:
        raise InvalidInputError(what="选派人员", why="请从符合条件的人员中选择一名。")
    return await replacements.carry_out(act, row, case, chosen)


async def choices(act: Act, case: VisitCase, department_id: str) -> dict[str, Any]:
    """Who would be next in order, and whom the approver may choose."""
    following, fitting = await _who(act, case, department_id, await bench(act, case.task, case.draw))
    names = await store.people_names(act.db, {*fitting, *([following] if following else ())})
    return {
        "next": {"staff_no": following, "name": names[following]} if following else None,
        "rows": [{"staff_no": one, "name": names[one]} for one in fitting],
    }


async def _who(act: Act, case: VisitCase, department_id: str, ready: Bench) -> tuple[str | None, list[str]]:
    team = ready.team(await replacements.code_of(act, department_id))
    group = await replacements.ever_in_group(act, case)
    fitting = [one.staff_no for one in ready.choices(team, case.target.code, group)]
    return ready.next_for(team, case.target.code, group), fitting


async def _request(act: Act, case: VisitCase, asked: RecusalRequest, leaving: str) -> Replacement:
    """His own request, where one waits; else one in the enterprise's name."""
    open_for = f"{case.visit.id}/{leaving}"
    found: Replacement | None = await act.db.scalar(select(Replacement).where(Replacement.open_for == open_for))
    if found is not None:
        return found
    row = Replacement(
        id=new_id(),
        draw_id=case.draw.id,
        visit_id=case.visit.id,
        visit_number=case.visit.number,
        department_id=asked.department_id,
        open_for=open_for,
        leaving=leaving,
        reason=REASON,
        evidence=EVIDENCE,
        asked_by=asked.asked_by,
        asked_at=asked.asked_at,
    )
    act.db.add(row)
    await act.db.flush()
    return row


async def _leave_open(act: Act, case: VisitCase, row: Replacement) -> Replacement:
    await replacements.decide(act, row, "approved", way=NOBODY)
    found = await store.member_of(act.db, case.visit.id, row.leaving)
    if found is None:
        raise RuntimeError("somebody left his group inside this very transaction")
    member, userid = found
    await store.remove_member(act.db, case.visit.id, member.inspector_id)
    gap = await store.shortfall(act.db, case.visit.id, row.department_id)
    if gap is None:
        act.db.add(Shortfall(visit_id=case.visit.id, department_id=row.department_id, missing=1))
    else:
        gap.missing += 1
    rest = await _rest(act, case, row, leads=member.leads)
    act.record("replacement-open", f"visit:{case.visit.id}", number=case.visit.number, leaving=row.leaving)
    subject = f"visit:{case.visit.id}"
    await outbox.withdraw(act.db, [subject], act.now, recipient=userid.lower())
    await cards.take_back(act, [subject], replacements.ASSIGNED, recipient=userid.lower())
    gone = replacements.told(
        case, row, userid, "您不再参加这次检查", "检查对象的回避申请已获同意，检查资料不再向您开放。"
    )
    words = "一名组员因检查对象申请回避退出，缺员由该部门补派或委托执法。"
    await tell_many(act, [gone, *(replacements.told(case, row, one, "检查组人员变动", words) for one in rest)])
    return row


async def _rest(act: Act, case: VisitCase, row: Replacement, *, leads: bool) -> list[str]:
    """Who is left, by userid; if the leader left, the first of them leads, and a part of nobody's waits for nobody."""
    query = select(VisitMember).where(VisitMember.visit_id == case.visit.id)
    members = sorted(await act.db.scalars(query), key=lambda one: one.department_id != case.visit.department_id)
    if leads and members:
        members[0].leads = True
    part = await store.part(act.db, case.visit.id, row.department_id)
    if part and part.status in NOT_DONE and all(one.department_id != row.department_id for one in members):
        await act.db.delete(part)
    await act.db.flush()
    return [userid for _, userid in await store.group(act.db, case.visit.id)]
