"""Voiding a draw (作废): proposed by one coordinator with a listed reason, decided by another, published for good.

frozen | drawn and not begun -> propose (the others are asked) -> approve by a second person -> draw voided,
                                -> decline: the draw stands       task a draft again, all told

What was frozen and drawn stays as it was written; the next draw of the task has the next number, so both can be seen.
"""

from __future__ import annotations

from inspection.actors import Role
from inspection.draw.record import RECORD
from inspection.errors import ConflictError, ForbiddenError
from inspection.notices import Button
from inspection.reasons import VOID_REASONS, listed, said
from models.base import new_id
from models.draws import DrawVoid
from models.store import tasks as task_store
from models.store import voids as store
from models.store import withdrawals
from models.store.states import advance, insert_ignore
from models.tasks import Draw, Task
from services.act import Act
from services.drawing import batches, seconds
from services.drawing.record import record_of
from services.drawing.withdrawals import Why, withdraw

ALIVE = frozenset({"frozen", "drawn"})


async def propose(act: Act, number: str, reason: str, detail: str) -> DrawVoid:
    """Propose to void a draw; ConflictError if it is void, has begun, or somebody proposed it already."""
    _refuse_others(act)
    listed(VOID_REASONS, reason, "作废理由")
    detail = said(detail, "情况说明")
    draw = await task_store.draw_by_number(act.db, act.actor, number)
    if draw.status not in ALIVE:
        raise ConflictError(what="这次抽取", why="已经作废。")
    visits = await withdrawals.of_task(act.db, draw.task_id)
    if await withdrawals.begun(act.db, [one.id for one in visits]):
        raise ConflictError(what="这次抽取", why="已有检查开始，不能作废；个别检查对象或人员的变动请走更换。")
    values = await task_store.seed_values(act.db, draw.id)
    void_id = new_id()
    new = await insert_ignore(
        act.db,
        DrawVoid,
        id=void_id,
        draw_id=draw.id,
        open_for=draw.id,
        status="proposed",
        reason=reason,
        detail=detail,
        facts={"status": draw.status, "values": len(values), "visits": len(visits)},
        proposed_by=act.actor.member_id,
        proposed_at=act.now,
    )
    if not new:
        raise ConflictError(what="这次抽取", why="已有一项作废申请等待决定。")
    act.record("void-propose", f"draw:{draw.id}", number=number, reason=reason)
    row, _ = await store.case(act.db, act.actor, void_id)
    await seconds.ask(act, await _proposal(act, draw, row), Button(key=f"approve-void:{row.id}", text="同意作废"))
    return row


async def approve(act: Act, void_id: str) -> Draw:
    """Void the draw, as the second of two coordinators; of many who approve at once, one does. Gives the draw."""
    row, draw = await _decided(act, void_id, "approved")
    task = await task_store.task(act.db, act.actor, draw.task_id)
    await advance(act.db, draw, "voided", come_from=ALIVE, what="这次抽取")
    await advance(act.db, task, "draft", come_from=ALIVE, what="任务", prepared_by=None)
    if opened := await batches.opened(act, task):
        raise ConflictError(what="这次抽取", why=f"已有 {opened} 个批次按这个次序冻结，不能作废。")
    visits = await withdrawals.of_task(act.db, task.id)
    if draw.drawn_at is not None:
        draw.files = {**draw.files, RECORD: await act.house.blobs.put(await record_of(act, draw))}
    if visits:
        await withdraw(act, visits, _why(task, draw, row), "这次抽取")
    act.record("void", f"draw:{draw.id}", number=draw.number, reason=row.reason, **row.facts)
    return draw


async def decline(act: Act, void_id: str) -> Draw:
    """Let the draw stand, as the second of two coordinators."""
    row, draw = await _decided(act, void_id, "declined")
    act.record("void-decline", f"draw:{draw.id}", number=draw.number, reason=row.reason)
    return draw


async def _decided(act: Act, void_id: str, status: str) -> tuple[DrawVoid, Draw]:
    _refuse_others(act)
    row, draw = await store.case(act.db, act.actor, void_id)
    if row.proposed_by == act.actor.member_id:
        raise ConflictError(what="作废申请", why="申请和决定须由两人分别完成，请由另一位协调员决定。")
    fields = {"open_for": None, "decided_by": act.actor.member_id, "decided_at": act.now}
    await advance(act.db, row, status, come_from={"proposed"}, what="作废申请", **fields)
    await seconds.settle(act, await _proposal(act, draw, row), row.proposed_by, agreed=status == "approved")
    return row, draw


def _refuse_others(act: Act) -> None:
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError


async def _proposal(act: Act, draw: Draw, row: DrawVoid) -> seconds.Proposal:
    task = await task_store.task(act.db, act.actor, draw.task_id)
    return seconds.Proposal(
        key=f"void/{row.id}",
        what="申请作废抽取",
        number=draw.number,
        facts=(("抽查任务", task.name), ("抽取编号", draw.number), ("作废理由", VOID_REASONS[row.reason])),
        path=f"/console/tasks/{task.id}",
        department_id=task.department_id,
        subject=f"draw:{draw.id}",
    )


def _why(task: Task, draw: Draw, row: DrawVoid) -> Why:
    return Why(
        key=f"作废-{draw.number}",
        title="抽取已作废，原任务撤回",
        reason=f"第 {draw.number} 号抽取因“{VOID_REASONS[row.reason]}”作废",
        facts=(("抽查任务", task.name), ("抽取编号", draw.number), ("作废理由", VOID_REASONS[row.reason])),
        path=f"/public/draws/{draw.number}",
        subject=f"draw:{draw.id}",
    )
