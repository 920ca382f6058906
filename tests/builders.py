"""Rows that tests stand on, with everything that foreign keys ask for and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, DepartmentId, MemberId, Role
from models.base import new_id
from models.people import Department, Grant, Inspector, Member
from models.registers import Item, PlanEntry, Target
from models.tasks import Part, Task, TaskItem, TaskTeam, Visit, VisitMember

DEPARTMENTS = {"lead": "演示区市场监督管理局", "partner": "演示区卫生健康局"}
DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


async def target_row(db: AsyncSession, code: str = "91379999MA00000001") -> Target:
    target = Target(code=code, name=f"演示企业{code[-4:]}", digest="0" * 64)
    db.add(target)
    await db.flush()
    return target


async def visit_row(db: AsyncSession, department_id: str) -> Visit:
    """A visit of a task of this department, with the plan entry and target behind it."""
    mark = new_id()
    entry = PlanEntry(
        key=mark, department_id=department_id, year=2026, name="计划", starts_on=DAY, ends_on=DAY, digest=mark
    )
    target = await target_row(db, mark[-18:])
    db.add(entry)
    await db.flush()
    task = Task(
        number=mark,
        department_id=department_id,
        plan_entry_id=entry.id,
        name="任务",
        starts_on=DAY,
        ends_on=DAY,
        created_at=NOW,
    )
    db.add(task)
    await db.flush()
    visit = Visit(
        task_id=task.id,
        target_id=target.id,
        department_id=department_id,
        number=mark,
        position=1,
        notice_code=mark[-16:].upper(),  # as it is printed
    )
    db.add(visit)
    await db.flush()
    return visit


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnVisit:
    """A visit of two departments with two inspectors each; `actors` by name: "lead-1", "partner-approver"."""

    task: Task
    visit: Visit
    target: Target
    parts: dict[str, Part]
    items: dict[str, TaskItem]
    actors: dict[str, Actor]


async def drawn_visit(db: AsyncSession) -> DrawnVisit:
    """A visit as the draw leaves it: departments "lead" and "partner", their people, one item each."""
    departments = {code: Department(code=code, name=name) for code, name in DEPARTMENTS.items()}
    db.add_all(departments.values())
    await db.flush()
    visit = await visit_row(db, departments["lead"].id)
    task, target = await db.get_one(Task, visit.task_id), await db.get_one(Target, visit.target_id)
    target.code = "91379999MA00000001"
    task.status, task.name, task.number = "drawn", "演示抽查任务", "演示抽查〔2026〕1号"
    visit.number = f"{task.number}-0001"
    items, actors = {}, {"coordinator": await _person(db, departments["lead"], "coordinator", Role.COORDINATOR)}
    for position, (code, department) in enumerate(departments.items()):
        db.add(TaskTeam(task_id=task.id, department_id=department.id, position=position))
        items[code] = await _task_item(db, task, department)
        actors[f"{code}-approver"] = await _person(db, department, f"{code}-approver", Role.APPROVER)
        for number in (1, 2):
            name = f"{code}-{number}"
            actors[name] = await _person(db, department, name, Role.INSPECTOR)
            await _join(db, visit, department, name, actors[name].member_id, leads=name == "lead-1")
    parts = {code: Part(visit_id=visit.id, department_id=one.id) for code, one in departments.items()}
    db.add_all(parts.values())
    await db.flush()
    return DrawnVisit(task=task, visit=visit, target=target, parts=parts, items=items, actors=actors)


async def _task_item(db: AsyncSession, task: Task, department: Department) -> TaskItem:
    mark = new_id()
    item = Item(key=mark, department_id=department.id, domain="演示领域", name=f"{department.name}事项", digest=mark)
    db.add(item)
    await db.flush()
    row = TaskItem(task_id=task.id, item_id=item.id, department_id=department.id, name=item.name)
    db.add(row)
    await db.flush()
    return row


async def _person(db: AsyncSession, department: Department, name: str, role: Role) -> Actor:
    member = Member(department_id=department.id, userid=name, name=f"演示人员{name}")
    db.add(member)
    await db.flush()
    db.add(Grant(member_id=member.id, role=role.value))
    return Actor(member_id=MemberId(member.id), department_id=DepartmentId(department.id), roles=frozenset({role}))


async def _join(
    db: AsyncSession, visit: Visit, department: Department, name: str, member_id: str, *, leads: bool
) -> None:
    inspector = Inspector(member_id=member_id, department_id=department.id, staff_no=name.upper(), kind="certified")
    db.add(inspector)
    await db.flush()
    db.add(
        VisitMember(
            visit_id=visit.id,
            inspector_id=inspector.id,
            member_id=member_id,
            department_id=department.id,
            leads=leads,
        )
    )
