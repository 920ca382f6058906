"""After the draw, in its transaction: visits, groups, parts, deadlines, and what tells of them (D5, D8, F1-F3).

result -> Visit + VisitMember + Part rows -> deadlines -> letters: leader, members, owner -> commit -> bot.sender
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from inspection.deadlines import DeadlineKind
from inspection.draw.announcement import Mode
from inspection.draw.match import Group, TeamDrawn
from inspection.draw.result import DrawResult
from inspection.notices import Button, Notice, NoticeKind
from inspection.workdays import local_date
from models.base import new_id
from models.draws import Shortfall
from models.people import Department
from models.registers import Target
from models.store import pools as pool_store
from models.store import tasks as store
from models.store.pools import Available
from models.store.tasks import TeamRow
from models.tasks import Draw, Part, Task, Visit, VisitMember
from services.act import Act
from services.clock import deadlines
from services.drawing import kinds
from services.people import team_chats
from services.people.notices import Letter, tell_many, tell_owner

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is mistaken for another when read out on the phone
CODE_LENGTH = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """A visit with the people of its group, the leader first."""

    visit: Visit
    target: Target
    people: tuple[Available, ...]
    leader: str | None  # staff number
    short: Mapping[str, int]  # places that nobody fits, by department code


async def dispatch(act: Act, task: Task, draw: Draw, result: DrawResult) -> None:
    """Write all that follows from a result; nothing of it is sent before the transaction commits.

    A drawn order (A8) sends nobody out: each of its batches does. Where targets alone were drawn (P1), every place
    stands open until the departments have appointed their inspectors.
    """
    if Mode(task.mode) is Mode.ORDER:
        act.record("dispatch", f"draw:{draw.id}", visits=0)
        return
    team_rows = await store.teams(act.db, task.id)
    departments = {row.department.code: row.department for row in team_rows}
    groups = result.groups or tuple(_open_group(one.target, team_rows, task.team_size) for one in result.drawn)
    drawn_people = {member for group in result.groups for member in group.members()}
    people = await pool_store.inspectors_numbered(act.db, drawn_people)
    targets = await pool_store.targets_by_code(act.db, [one.target for one in result.drawn])
    # Whoever was told a number of a voided draw never meets it again with another target's name.
    again = len(await store.voided_draws(act.db, task.id))
    prefix = f"{task.number}-{again + 1}" if again else task.number
    assignments = [
        assign(act, task, targets[group.target], group, _people(group, people, departments), (position, prefix))
        for position, group in enumerate(groups, start=1)
    ]
    strata = {one.target: one.stratum for one in result.drawn}
    for one, group in zip(assignments, groups, strict=True):
        place(task, one.visit, group, strata[group.target], team_rows)
    await send_out(act, task, assignments, departments)
    act.record("dispatch", f"draw:{draw.id}", visits=len(assignments))


async def send_out(act: Act, task: Task, assignments: Sequence[Assignment], departments: dict[str, Department]) -> None:
    """Write groups, parts and deadlines of new visits, and tell all of them; `departments` by code, lead first."""
    await act.db.flush()
    for assignment in assignments:
        _add_group(act, assignment, departments)
        await _open_deadlines(act, task, assignment.visit)
    await act.db.flush()
    await team_chats.wanted(act, [one.visit for one in assignments])
    await tell_many(act, [letter for one in assignments for letter in letters(task, one, departments)])
    if task.announced:
        for one in assignments:
            present = {person.department_code for person in one.people} | set(one.short)
            await _tell_owner(act, task, one, [row.name for code, row in departments.items() if code in present])


def _open_group(target: str, rows: Sequence[TeamRow], size: int) -> Group:
    teams = tuple(TeamDrawn(department=row.department.code, members=(), short=size) for row in rows)
    return Group(target=target, leader=None, teams=teams)


def _people(group: Group, known: dict[str, Available], departments: dict[str, Department]) -> tuple[Available, ...]:
    """The group's people, each for the department that he was frozen in, wherever he is by now."""
    return tuple(
        replace(known[number], department_id=departments[team.department].id, department_code=team.department)
        for team in group.teams
        for number in team.members
    )


def assign(
    act: Act, task: Task, target: Target, group: Group, people: tuple[Available, ...], place: tuple[int, str]
) -> Assignment:
    """Make the visit of one group; `place` is its position in the draw and what its number begins with.

    Where the lead department has nobody, the first of the next department leads: a group never waits for a leader
    that nobody will be. The draw's result still says that it had none.
    """
    position, prefix = place
    visit = Visit(
        id=new_id(),
        task_id=task.id,
        target_id=target.id,
        department_id=task.department_id,
        number=f"{prefix}-{position:04d}",
        position=position,
        notice_code="".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH)),
    )
    act.db.add(visit)
    return Assignment(
        visit=visit,
        target=target,
        people=people,
        leader=group.leader or next(iter(group.members()), None),
        short={team.department: team.short for team in group.teams if team.short},
    )


def place(task: Task, visit: Visit, group: Group, stratum: str, rows: Sequence[TeamRow]) -> None:
    """Say which of several merged items cover a visit's target, and whose it is where it was dispatched down."""
    visit.item_ids = kinds.items_of(task, stratum)
    first = next(row for row in rows if row.department.code == group.teams[0].department)
    if first.region:  # the lower office's own visit from now on
        visit.department_id = first.department.id


def _add_group(act: Act, assignment: Assignment, departments: dict[str, Department]) -> None:
    for one in assignment.people:
        act.db.add(
            VisitMember(
                visit_id=assignment.visit.id,
                inspector_id=one.id,
                member_id=one.member_id,
                department_id=one.department_id,
                leads=one.staff_no == assignment.leader,
            )
        )
    present = {one.department_code for one in assignment.people}
    for code, department in departments.items():
        # A part that nobody can hand in would hold up the others for ever: a department that has nobody for this
        # target gets none until somebody steps in, and its place stands open as a shortfall (D9).
        if code in present:
            act.db.add(Part(visit_id=assignment.visit.id, department_id=department.id))
        if missing := assignment.short.get(code, 0):
            act.db.add(Shortfall(visit_id=assignment.visit.id, department_id=department.id, missing=missing))


async def _open_deadlines(act: Act, task: Task, visit: Visit) -> None:
    subject, today = f"visit:{visit.id}", local_date(act.now)
    within = act.house.rules.accept_within_days
    await deadlines.open_deadline(act, DeadlineKind.ACCEPT, subject, visit.department_id, today, within)
    await deadlines.open_on(act, DeadlineKind.INSPECT, subject, visit.department_id, task.ends_on)


def letters(task: Task, assignment: Assignment, departments: dict[str, Department]) -> Iterator[Letter]:
    """What the people of an assignment are told; `departments` by code."""
    visit, target = assignment.visit, assignment.target
    for one in assignment.people:
        leads = one.staff_no == assignment.leader
        notice = Notice(
            kind=NoticeKind.ASSIGNED_LEADER if leads else NoticeKind.ASSIGNED_MEMBER,
            document_no=f"{visit.number}-{one.staff_no}",
            title="您被抽取为检查组组长" if leads else "您被抽取为检查组成员",
            summary="请确定检查日程、方式并通知组员。" if leads else "请服从组长安排，按时参加检查。",
            facts=(
                ("检查任务", task.name),
                ("检查对象", target.name),
                ("地址", target.address or "登记信息未载明"),
                ("检查时间", f"{task.starts_on} 至 {task.ends_on}"),
                ("所在部门", departments[one.department_code].name),
            ),
            path=f"/m/visits/{visit.id}",
            buttons=(
                Button(key=f"accept:{visit.id}", text="接受任务"),
                Button(key=f"replace:{visit.id}", text="申请更换"),
                Button(key=f"recuse:{visit.id}", text="声明回避"),
            ),
        )
        yield Letter(
            userid=one.userid,
            notice=notice,
            department_id=one.department_id,
            subject=f"visit:{visit.id}",
            dedupe_key=f"assigned/{visit.id}/{one.staff_no}",
        )


async def _tell_owner(act: Act, task: Task, assignment: Assignment, department_names: Sequence[str]) -> None:
    visit, target = assignment.visit, assignment.target
    notice = Notice(
        kind=NoticeKind.OWNER_VISIT,
        document_no=visit.number,
        title="部门联合检查通知书",
        summary="请准备营业执照、相关许可证件和台账资料，届时配合检查。您有权申请检查人员回避。",
        facts=(
            ("检查对象", target.name),
            ("检查部门", "、".join(department_names)),
            ("检查时间", f"{task.starts_on} 至 {task.ends_on}"),
            ("通知编号", visit.number),
        ),
        path=f"/o/visits/{visit.id}",
    )
    await tell_owner(
        act,
        target.id,
        notice,
        department_id=task.department_id,
        dedupe_key=f"owner-visit/{visit.id}",
        visit_id=visit.id,
    )
