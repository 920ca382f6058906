"""Batches through the year from one drawn order (A8): announced at the freeze, cut from the result, each its own task.

terms {"batches": {"size": 20} | {"first_days": [...]}} -> announced(): sizes and days, before any seed value exists
drawn order -> cut() -> open_batch(): a task of mode "inspectors" over exactly its targets, frozen and drawn on its own

A target that has left since keeps its place empty: it is excluded with its reason, and nobody moves up.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.batches import Batch, cut_by_count, cut_by_dates
from inspection.draw.announcement import Mode
from inspection.draw.result import RESULT
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.base import new_id
from models.blobs import Digest
from models.store import tasks as store
from models.store.states import STATUS_WORDS, insert_ignore
from models.tasks import Task, TaskItem, TaskTeam
from services.act import Act


def announced(task: Task, count: int) -> list[dict[str, Any]]:
    """The batches of so many targets as the announcement tells them: how many come when."""
    return [
        {
            "number": one.number,
            "count": len(one.targets),
            "starts_on": one.starts_on.isoformat(),
            "ends_on": one.ends_on.isoformat(),
        }
        for one in cut(task, [""] * count)
    ]


def cut(task: Task, order: Sequence[str]) -> tuple[Batch, ...]:
    """Cut a drawn order as the task's terms say; raises InvalidInputError where they do not fit."""
    terms = task.terms["batches"]
    if "size" in terms:
        return cut_by_count(order, int(terms["size"]), task.starts_on, task.ends_on)
    return cut_by_dates(order, [date.fromisoformat(day) for day in terms["first_days"]], task.ends_on)


def trouble(task: Task, count: int) -> tuple[str, ...]:
    """Say why so many targets cannot be cut as the task's terms say, while they can still be changed; else nothing."""
    if "batches" not in task.terms:
        return ()
    try:
        cut(task, [""] * count)
    except InvalidInputError as error:
        return (str(error),)
    return ()


async def codes_of(act: Act, task: Task) -> tuple[str, ...]:
    """The targets of a batch's task, in drawn order; ConflictError once the order was voided."""
    parent = await act.db.get(Task, task.parent_id)
    if parent is None:
        raise NotFoundError(what="排定次序的任务")
    found = {one.number: one for one in await _batches(act, parent)}
    draw = await store.draw_of(act.db, parent.id)
    if task.batch not in found or draw is None or draw.number != task.terms["order"]:
        raise ConflictError(what="检查批次", why="排定次序的抽取已经作废，请重新抽取次序。")
    return found[task.batch].targets


async def _batches(act: Act, parent: Task) -> tuple[Batch, ...]:
    draw = await store.draw_of(act.db, parent.id)
    if draw is None or draw.status != "drawn" or "batches" not in parent.terms:
        return ()
    result = json.loads(await act.house.blobs.get(Digest(draw.files[RESULT])))
    return cut(parent, [one["target"] for one in result["drawn"]])


async def open_batch(act: Act, task_id: str, number: int) -> Task:
    """Make the task of one batch, once; its inspectors are drawn from the libraries as they stand then."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    parent = await store.task(act.db, act.actor, task_id)
    draw = await store.draw_of(act.db, parent.id)
    batch = next((one for one in await _batches(act, parent) if one.number == number), None)
    if batch is None or draw is None:
        raise ConflictError(what="检查批次", why="次序尚未抽定，或没有这一批。")
    if not batch.targets:
        raise InvalidInputError(what="检查批次", why="这一批没有检查对象。")
    task_id = new_id()
    new = await insert_ignore(
        act.db,
        Task,
        id=task_id,
        number=f"{parent.number}-第{number}批",
        department_id=parent.department_id,
        plan_entry_id=parent.plan_entry_id,
        name=f"{parent.name}（第 {number} 批）",
        status="draft",
        announced=parent.announced,
        starts_on=batch.starts_on,
        ends_on=batch.ends_on,
        scope=parent.scope,
        mode=Mode.INSPECTORS.value,
        quota={},
        terms={"order": draw.number},
        parent_id=parent.id,
        batch=number,
        team_size=parent.team_size,
        created_at=act.now,
    )
    if not new:
        return await _renew(act, parent, batch, draw.number)
    await _copy(act, parent, task_id)
    act.record("batch-open", f"task:{task_id}", number=number, order=draw.number, targets=len(batch.targets))
    made = await act.db.get(Task, task_id)
    if made is None:
        raise RuntimeError("a row vanished inside its own transaction")
    return made


async def _renew(act: Act, parent: Task, batch: Batch, order: str) -> Task:
    """Let the draft of a voided order's batch be the new order's; one that is not stale is made once."""
    row = await act.db.scalar(select(Task).where(Task.parent_id == parent.id, Task.batch == batch.number))
    if row is None or row.terms["order"] == order or row.status not in {"draft", "prepared"}:
        raise ConflictError(what="检查批次", why=f"第 {batch.number} 批的任务已经建立。")
    row.terms, row.starts_on, row.ends_on = {"order": order}, batch.starts_on, batch.ends_on
    act.record("batch-renew", f"task:{row.id}", number=batch.number, order=order, targets=len(batch.targets))
    return row


async def _copy(act: Act, parent: Task, task_id: str) -> None:
    """Teams and items as the order was made with."""
    for team in await act.db.scalars(select(TaskTeam).where(TaskTeam.task_id == parent.id)):
        row = TaskTeam(
            task_id=task_id, department_id=team.department_id, position=team.position, region="", skills=team.skills
        )
        act.db.add(row)
    kept = ("item_id", "version_id", "department_id", "name", "basis", "form")
    for item in await store.items(act.db, parent.id):
        act.db.add(TaskItem(task_id=task_id, **{name: getattr(item, name) for name in kept}))
    await act.db.flush()


async def shown(act: Act, task: Task) -> list[dict[str, Any]]:
    """The batches of a drawn order as the console shows them, with the tasks made of them."""
    rows = await act.db.scalars(select(Task).where(Task.parent_id == task.id))
    made = {row.batch: row for row in rows}
    return [
        {
            "number": one.number,
            "starts_on": one.starts_on,
            "ends_on": one.ends_on,
            "count": len(one.targets),
            "task_id": made[one.number].id if one.number in made else None,
            "status_text": STATUS_WORDS[made[one.number].status] if one.number in made else "",
        }
        for one in await _batches(act, task)
    ]


async def opened(act: Act, task: Task) -> int:
    """How many batches of an order have a task that is frozen or further: such an order stands."""
    rows = await act.db.scalars(select(Task.status).where(Task.parent_id == task.id))
    return sum(1 for status in rows if status not in {"draft", "prepared"})
