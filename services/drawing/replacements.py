"""Replacing people (更换, E1-E5): asked with a listed reason, approved by the department's approver, told to everybody.

card | phone | console -> ask -> approver's card -> approve: next in order, or the one he chose -> group changes
                                                 -> decline: told to who asked

result.json is never edited: the record grows by one row, and each row's load counts for the next.
"""

from __future__ import annotations

from dataclasses import replace

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.notices import Button, Notice, NoticeKind
from inspection.reasons import REPLACEMENT_REASONS, SHORT_PLACE, listed, said
from models.base import new_id
from models.draws import Replacement, Shortfall
from models.store import deadlines as deadline_store
from models.store import outbox
from models.store import recusals as recusal_store
from models.store import replacements as store
from models.store import tasks as task_store
from models.store.parts import NOT_DONE
from models.store.pools import Available
from models.store.replacements import VisitCase
from models.store.states import advance, insert_ignore
from models.tasks import Part, VisitMember
from services.act import Act
from services.clock import deadlines
from services.drawing.dispatch import Assignment, letters
from services.drawing.standins import Bench, bench
from services.people import cards
from services.people.notices import Letter, tell_many

ASSIGNED = (NoticeKind.ASSIGNED_LEADER.value, NoticeKind.ASSIGNED_MEMBER.value)
NEXT_IN_ORDER, CHOSEN = "next-in-order", "chosen"
ON_CARD = "本人在企业微信卡片上提出。"


async def ask(act: Act, visit_id: str, reason: str, evidence: str, staff_no: str = "") -> Replacement:
    """Ask that somebody of a group be replaced: himself (no `staff_no`), or for him his approver or the office.

    Raises InvalidInputError, NotFoundError, or ConflictError where the part is handed in or a request is open.
    """
    listed(REPLACEMENT_REASONS, reason, "更换理由")
    evidence = said(evidence, "更换说明")
    case = await store.visit_case(act.db, visit_id)
    own = not staff_no
    staff_no = staff_no or await recusal_store.own_staff_no(act.db, act.actor)
    found = await store.member_of(act.db, visit_id, staff_no)
    if found is None or not (own or _is_over(act, found[0].department_id)):
        raise NotFoundError(what="这次检查")
    await refuse_done(act, case, found[0].department_id)
    return await _asked(act, case, found[0].department_id, (reason, evidence, staff_no))


async def fill(act: Act, visit_id: str, department_code: str, evidence: str) -> Replacement:
    """Ask that a short place of a department be filled, now that somebody may fit (E5)."""
    case = await store.visit_case(act.db, visit_id)
    department = next(
        (one for one in (await task_store.departments(act.db)).values() if one.code == department_code), None
    )
    if department is None or not _is_over(act, department.id):
        raise NotFoundError(what="这次检查")
    gap = await store.shortfall(act.db, visit_id, department.id)
    if gap is None or not gap.missing:
        raise ConflictError(what="检查组", why="该部门没有缺员。")
    if gap.entrusted_department_id:
        raise ConflictError(what="检查组", why=f"已委托{gap.entrusted_to}实施，由其选派人员。")
    return await _asked(act, case, department.id, (SHORT_PLACE, said(evidence, "补员说明"), ""))


async def approve(act: Act, replacement_id: str, chosen: str = "") -> Replacement:
    """Approve as the department's approver (E3): the next in order comes, or `chosen` where that is the setting.

    ConflictError if nobody fits, if the visit has gone on without him, or if somebody decided before.
    """
    row, case = await _to_decide(act, replacement_id)
    await refuse_done(act, case, row.department_id)
    await store.lock_draw(act.db, row.draw_id)
    return await carry_out(act, row, case, chosen)


async def carry_out(act: Act, row: Replacement, case: VisitCase, chosen: str) -> Replacement:
    """Let the next in order come, or `chosen`, as the actor approves it; the caller holds the draw's lock."""
    ready = await bench(act, case.task, case.draw)
    entering = await _entering(act, row, case, ready, chosen)
    way = way_of(act, row)
    skipped = sorted(ready.out_for(case.target.code)) if way == NEXT_IN_ORDER else []
    await decide(act, row, "approved", entering=entering.staff_no, way=way, passed=skipped)
    leaving = await store.member_of(act.db, case.visit.id, row.leaving) if row.leaving else None
    if row.leaving and leaving is None:
        raise ConflictError(what="更换申请", why="该人员已不在检查组中。")
    await _change_group(act, case, row, leaving[0] if leaving else None, entering)
    act.record(
        "replacement",
        f"visit:{case.visit.id}",
        number=case.visit.number,
        leaving=row.leaving,
        entering=row.entering,
        reason=row.reason,
        way=way,
    )
    await _tell_changed(act, case, row, entering, leaving[1] if leaving else "")
    return row


async def decline(act: Act, replacement_id: str) -> Replacement:
    """Let the group stay as it is (E1); who asked is told."""
    row, case = await _to_decide(act, replacement_id)
    await decide(act, row, "declined")
    act.record("replacement-decline", f"visit:{case.visit.id}", number=case.visit.number, leaving=row.leaving)
    found = await store.member_of(act.db, case.visit.id, row.leaving)
    if found:
        words = "更换申请未获同意，请按原安排参加检查。"
        await tell_many(act, [told(case, row, found[1], "更换申请未获同意", words)])
    return row


async def choices(act: Act, replacement_id: str) -> tuple[list[Available], str | None]:
    """Whom the approver may choose, and who would be next in order."""
    row = await store.replacement(act.db, act.actor, replacement_id)
    case = await store.visit_case(act.db, row.visit_id)
    ready = await bench(act, case.task, case.draw)
    team, group = ready.team(await code_of(act, row.department_id)), await ever_in_group(act, case)
    following = ready.next_for(team, case.target.code, group) if row.leaving else None
    return ready.choices(team, case.target.code, group, fill=not row.leaving), following


def way_of(act: Act, row: Replacement) -> str:
    """How somebody comes in; a place that nobody of the frozen list fitted has no next in order: he is chosen."""
    return act.house.rules.replacement if row.leaving else CHOSEN


def _is_over(act: Act, department_id: str) -> bool:
    own = act.actor.has(Role.APPROVER) and act.actor.department_id == department_id
    return own or act.actor.has(Role.COORDINATOR)


async def refuse_done(act: Act, case: VisitCase, department_id: str) -> None:
    """Raise ConflictError once a department's part is handed in: its group has done what it was drawn for."""
    part = await store.part(act.db, case.visit.id, department_id)
    if case.visit.status not in {"assigned", "accepted"} or (part and part.status not in NOT_DONE):
        raise ConflictError(what="检查组", why="本部门的检查结果已经提交。")


async def _asked(act: Act, case: VisitCase, department_id: str, what: tuple[str, str, str]) -> Replacement:
    reason, evidence, leaving = what
    row_id = new_id()
    new = await insert_ignore(
        act.db,
        Replacement,
        id=row_id,
        draw_id=case.draw.id,
        visit_id=case.visit.id,
        visit_number=case.visit.number,
        department_id=department_id,
        open_for=f"{case.visit.id}/{leaving}",
        status="asked",
        leaving=leaving,
        entering="",
        way="",
        passed=[],
        reason=reason,
        evidence=evidence,
        asked_by=act.actor.member_id,
        asked_at=act.now,
    )
    if not new:
        raise ConflictError(what="更换申请", why="已有一项申请等待审批。")
    act.record("replacement-ask", f"visit:{case.visit.id}", number=case.visit.number, leaving=leaving, reason=reason)
    row = await act.db.get(Replacement, row_id)
    if row is None:
        raise RuntimeError("a row vanished inside its own transaction")
    await _tell_approvers(act, case, row)
    return row


async def _tell_approvers(act: Act, case: VisitCase, row: Replacement) -> None:
    names = await store.people_names(act.db, {row.leaving})
    who = names.get(row.leaving, "缺员补充")
    notice = Notice(
        kind=NoticeKind.REPLACEMENT_ASKED,
        document_no=f"{case.visit.number}-更换-{row.id[-8:]}",
        title="有检查人员申请更换，请审批",
        summary="原则上不更换；确有理由的，按抽取规则递补或由您选派。详情和依据请打开页面查看。",
        facts=(
            ("检查对象", case.target.name),
            ("申请更换", who),
            ("理由", REPLACEMENT_REASONS.get(row.reason, "检查组缺员")),
            ("检查编号", case.visit.number),
        ),
        path="/console/changes",
        buttons=(Button(key=f"approve-replacement:{row.id}", text="批准更换"),)
        if way_of(act, row) == NEXT_IN_ORDER
        else (),
    )
    await ask_approvers(act, notice, row.department_id, case.visit.id, f"replacement-asked/{row.id}")


async def ask_approvers(act: Act, notice: Notice, department_id: str, visit_id: str, key: str) -> None:
    """Put a request about a visit before those who approve for the department, once each by `key`."""
    approvers = await deadline_store.holders(act.db, Role.APPROVER)
    some = [
        Letter(
            userid=userid,
            notice=notice,
            department_id=department_id,
            subject=f"visit:{visit_id}",
            dedupe_key=f"{key}/{userid}",
        )
        for userid in approvers.get(department_id, [])
    ]
    await tell_many(act, some)


async def _to_decide(act: Act, replacement_id: str) -> tuple[Replacement, VisitCase]:
    if not act.actor.has(Role.APPROVER):
        raise ForbiddenError
    row = await store.replacement(act.db, act.actor, replacement_id)
    if row.department_id != act.actor.department_id:
        raise NotFoundError(what="这项更换申请")
    if row.asked_by == act.actor.member_id:
        raise ConflictError(what="更换申请", why="申请和审批须由两人分别完成。")
    if row.status != "asked":
        raise ConflictError(what="更换申请", why="已经有人答复过。")
    return row, await store.visit_case(act.db, row.visit_id)


async def decide(act: Act, row: Replacement, status: str, **fields: object) -> None:
    """Settle a request as the actor decides it, and its cards."""
    # One approver has decided: the others' cards have nothing left to press.
    word = "已批准更换" if status == "approved" else "未同意更换"
    await cards.close(act, word, keys=f"replacement-asked/{row.id}/")
    common = {"open_for": None, "decided_by": act.actor.member_id, "decided_at": act.now}
    line = await store.next_line(act.db, row.draw_id) if status == "approved" else None
    await advance(act.db, row, status, come_from={"asked"}, what="更换申请", line=line, **common, **fields)


async def code_of(act: Act, department_id: str) -> str:
    """A department's code."""
    return (await task_store.departments(act.db))[department_id].code


async def ever_in_group(act: Act, case: VisitCase) -> set[str]:
    """Everybody who is or was in the group: nobody comes back by being next (protocol)."""
    replaced, _ = await store.of_draw(act.db, case.draw.id)
    now = {staff_no for staff_no, _ in await store.group(act.db, case.visit.id)}
    return now | {one.leaving for one in replaced if one.visit_id == case.visit.id and one.leaving}


async def _entering(act: Act, row: Replacement, case: VisitCase, ready: Bench, chosen: str) -> Available:
    team, group = ready.team(await code_of(act, row.department_id)), await ever_in_group(act, case)
    if way_of(act, row) == NEXT_IN_ORDER:
        if chosen:
            raise InvalidInputError(what="递补人员", why="本办公室按抽取次序递补，不能指定人员。")
        found = ready.next_for(team, case.target.code, group)
        if found is None:
            raise ConflictError(what="更换申请", why="名单中没有其他符合条件的人员，请委托执法。")
        return replace(ready.available[found], department_id=row.department_id)
    fitting = {one.staff_no: one for one in ready.choices(team, case.target.code, group, fill=not row.leaving)}
    if chosen not in fitting:
        raise InvalidInputError(what="选派人员", why="请从符合条件的人员中选择一名。")
    return fitting[chosen]


async def _change_group(
    act: Act, case: VisitCase, row: Replacement, leaving: VisitMember | None, entering: Available
) -> None:
    leads = leaving is not None and leaving.leads
    if leaving is not None:
        await store.remove_member(act.db, case.visit.id, leaving.inspector_id)
    else:
        await _fill_gap(act, case, row)
    act.db.add(
        VisitMember(
            visit_id=case.visit.id,
            inspector_id=entering.id,
            member_id=entering.member_id,
            department_id=row.department_id,
            leads=leads,
        )
    )
    if leads and case.visit.status == "accepted":  # a new leader sets the schedule anew (D8)
        await advance(act.db, case.visit, "assigned", come_from={"accepted"}, what="这次检查", accepted_at=None)
        await deadlines.open_deadline(
            act,
            DeadlineKind.ACCEPT,
            f"visit:{case.visit.id}",
            case.visit.department_id,
            deadlines.today(act),
            act.house.rules.accept_within_days,
        )
    await act.db.flush()


async def _fill_gap(act: Act, case: VisitCase, row: Replacement) -> None:
    gap: Shortfall | None = await store.shortfall(act.db, case.visit.id, row.department_id)
    if gap is None or not gap.missing:
        raise ConflictError(what="检查组", why="该部门没有缺员。")
    gap.missing -= 1
    if await store.part(act.db, case.visit.id, row.department_id) is None:
        act.db.add(Part(visit_id=case.visit.id, department_id=row.department_id))


async def _tell_changed(act: Act, case: VisitCase, row: Replacement, entering: Available, left: str) -> None:
    """The old one, the new one and everybody else of the group."""
    departments = {one.code: one for one in (await task_store.departments(act.db)).values()}
    group = await store.group(act.db, case.visit.id)
    member = await store.member_of(act.db, case.visit.id, entering.staff_no)
    leads = member is not None and member[0].leads
    someone = replace(entering, department_code=await code_of(act, row.department_id))
    assignment = Assignment(
        visit=case.visit,
        target=case.target,
        people=(someone,),
        leader=entering.staff_no if leads else None,
        short={},
    )
    names = await store.people_names(act.db, {row.leaving, entering.staff_no})
    words = f"{names.get(row.leaving, '原缺员')} → {names[entering.staff_no]}"
    some = list(letters(case.task, assignment, departments))
    if left:
        await outbox.withdraw(act.db, [f"visit:{case.visit.id}"], act.now, recipient=left.lower())
        await cards.take_back(act, [f"visit:{case.visit.id}"], ASSIGNED, recipient=left.lower())
        some.append(told(case, row, left, "您不再参加这次检查", "更换已获批准，检查资料不再向您开放。"))
    others = [userid for staff_no, userid in group if staff_no != entering.staff_no]
    some += [told(case, row, userid, "检查组人员已更换", words) for userid in others]
    await tell_many(act, some)


def told(case: VisitCase, row: Replacement, userid: str, title: str, words: str) -> Letter:
    """A word to somebody of a group that changes."""
    notice = Notice(
        kind=NoticeKind.REPLACED,
        document_no=f"{case.visit.number}-变动-{row.id[-8:]}",
        title=title,
        summary=words,
        facts=(("检查对象", case.target.name), ("检查编号", case.visit.number)),
        path="/m/" if title.startswith("您不再") else f"/m/visits/{case.visit.id}",
    )
    return Letter(
        userid=userid,
        notice=notice,
        department_id=row.department_id,
        subject=f"visit:{case.visit.id}",
        dedupe_key=f"replaced/{row.id}/{userid}",
    )
