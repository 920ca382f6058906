"""A drawn target that is no more (注销, 迁出): the next reserve of its stratum takes its place, by two people.

propose -> card to the others -> approve by a second coordinator -> old visit taken back
                                    -> new visit, group by the protocol (open where departments name it, P1), all told
"""

from __future__ import annotations

from dataclasses import replace

from inspection.actors import Role
from inspection.draw.announcement import Mode
from inspection.errors import ConflictError, ForbiddenError
from inspection.notices import Button
from inspection.reasons import TARGET_REASONS, listed, said
from models.base import new_id
from models.draws import TargetSwap
from models.registers import Target
from models.store import pools as pool_store
from models.store import replacements as store
from models.store import tasks as task_store
from models.store import withdrawals
from models.store.replacements import VisitCase
from models.store.states import advance, insert_ignore
from models.tasks import Draw
from services.act import Act
from services.drawing import seconds
from services.drawing.dispatch import assign, place, send_out
from services.drawing.standins import Bench, bench
from services.drawing.withdrawals import Why, withdraw


async def propose(act: Act, visit_id: str, reason: str, evidence: str) -> TargetSwap:
    """Propose that a visit's target be replaced by the next reserve; ConflictError where the visit has begun."""
    _refuse_others(act)
    listed(TARGET_REASONS, reason, "更换理由")
    evidence = said(evidence, "更换依据")
    case = await store.visit_case(act.db, visit_id)
    if await withdrawals.begun(act.db, [visit_id]):
        raise ConflictError(what="这次检查", why="已经开始，请如实录入检查结果（注销、迁出等也是检查结果）。")
    row_id = new_id()
    new = await insert_ignore(
        act.db,
        TargetSwap,
        id=row_id,
        draw_id=case.draw.id,
        visit_id=visit_id,
        visit_number=case.visit.number,
        open_for=visit_id,
        status="proposed",
        leaving=case.target.code,
        entering="",
        passed=[],
        members=[],
        reason=reason,
        evidence=evidence,
        proposed_by=act.actor.member_id,
        proposed_at=act.now,
    )
    if not new:
        raise ConflictError(what="这次检查", why="已有一项更换申请等待决定。")
    act.record("target-swap-propose", f"visit:{visit_id}", number=case.visit.number, reason=reason)
    row = await store.swap(act.db, row_id)
    await seconds.ask(act, await _proposal(act, row), Button(key=f"approve-swap:{row.id}", text="同意更换"))
    return row


async def approve(act: Act, swap_id: str) -> TargetSwap:
    """Let the next reserve take the target's place, as the second of two coordinators."""
    row = await _to_decide(act, swap_id)
    case = await store.visit_case(act.db, row.visit_id)
    await store.lock_draw(act.db, row.draw_id)
    ready = await bench(act, case.task, case.draw)
    target, stratum, passed = await _next_reserve(act, case, ready)
    group = ready.new_group(target.code, stratum)
    if not group.members() and Mode(case.task.mode) is not Mode.TARGETS:
        raise ConflictError(what="更换检查对象", why="递补对象没有可派的检查人员。")
    await _decide(
        act,
        row,
        "approved",
        entering=target.code,
        passed=passed,
        members=list(group.members()),
        absent=sorted(ready.out_for(target.code)),
        line=await store.next_line(act.db, row.draw_id),
    )
    await seconds.settle(act, await _proposal(act, row), row.proposed_by, agreed=True)
    position = await store.last_position(act.db, case.task.id) + 1
    why = _why(case, row)
    prefix = case.visit.number.rsplit("-", 1)[0]
    await withdraw(act, [case.visit], why, "这次检查")
    team_rows = await task_store.teams(act.db, case.task.id)
    teams = {one.department.code: one.department for one in team_rows}
    people = tuple(
        replace(ready.available[number], department_id=teams[team.department].id, department_code=team.department)
        for team in group.teams
        for number in team.members
    )
    new = assign(act, case.task, target, group, people, (position, prefix))
    place(case.task, new.visit, group, stratum, team_rows)
    await send_out(act, case.task, [new], teams)
    act.record("target-swap", f"visit:{new.visit.id}", number=new.visit.number, leaving=row.leaving, reason=row.reason)
    return row


async def decline(act: Act, swap_id: str) -> TargetSwap:
    """Let the target stay, as the second of two coordinators."""
    row = await _to_decide(act, swap_id)
    await _decide(act, row, "declined")
    await seconds.settle(act, await _proposal(act, row), row.proposed_by, agreed=False)
    act.record("target-swap-decline", f"visit:{row.visit_id}", number=row.visit_number, reason=row.reason)
    return row


async def _next_reserve(act: Act, case: VisitCase, ready: Bench) -> tuple[Target, str, list[str]]:
    """The first reserve of the stratum that is open still, the stratum, and those before it that are not open."""
    code = case.target.code
    _, swapped = await store.of_draw(act.db, case.draw.id)
    used = {one.entering for one in swapped} | await store.drawn_targets(act.db, case.task.id)
    stratum = next((one["stratum"] for one in ready.result["drawn"] if one["target"] == code), None)
    if stratum is None:  # the target itself came from the reserves
        stratum = next(label for label, ids in ready.result["reserves"].items() if code in ids)
    waiting = [one for one in ready.result["reserves"].get(stratum, ()) if one not in used]
    targets = await pool_store.targets_by_code(act.db, waiting)
    passed: list[str] = []
    for one in waiting:
        if one in targets and targets[one].status == "open":
            return targets[one], stratum, passed
        passed.append(one)
    raise ConflictError(what="更换检查对象", why="备选名单已用完。")


async def _to_decide(act: Act, swap_id: str) -> TargetSwap:
    _refuse_others(act)
    row = await store.swap(act.db, swap_id)
    if row.proposed_by == act.actor.member_id:
        raise ConflictError(what="更换申请", why="申请和决定须由两人分别完成，请由另一位协调员决定。")
    return row


async def _decide(act: Act, row: TargetSwap, status: str, **fields: object) -> None:
    common = {"open_for": None, "decided_by": act.actor.member_id, "decided_at": act.now}
    await advance(act.db, row, status, come_from={"proposed"}, what="更换申请", **common, **fields)


def _refuse_others(act: Act) -> None:
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError


async def _proposal(act: Act, row: TargetSwap) -> seconds.Proposal:
    """By the row alone: the visit may have been taken back by a void meanwhile."""
    draw = await act.db.get_one(Draw, row.draw_id)
    target = (await pool_store.targets_by_code(act.db, [row.leaving]))[row.leaving]
    return seconds.Proposal(
        key=f"swap/{row.id}",
        what="申请更换检查对象",
        number=row.visit_number,
        facts=(("检查对象", target.name), ("理由", TARGET_REASONS[row.reason]), ("检查编号", row.visit_number)),
        path="/console/changes",
        department_id=draw.department_id,
        subject=f"draw:{draw.id}",
    )


def _why(case: VisitCase, row: TargetSwap) -> Why:
    return Why(
        key=f"对象更换-{row.id[-8:]}",
        title="检查对象已更换，原任务撤回",
        reason=f"{case.target.name}：{TARGET_REASONS[row.reason]}",
        facts=(("检查任务", case.task.name), ("检查编号", case.visit.number)),
        path="/m/",
        subject=f"draw:{case.draw.id}",
    )
