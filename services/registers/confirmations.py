"""Both libraries confirmed anew before every draw (B8): by whom, when, how many rows, how many changed since the last.

prepared task -> each department looks at its lists -> confirm (targets, inspectors) -> freeze asks missing()

What is confirmed is kept as a list of digests, so that the next confirmation can say what changed, and a freeze can
tell that the list is still the one that somebody answered for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError
from models.blobs import Digest
from models.libraries import Certificate, Leave, LibraryConfirmation
from models.people import Department, Inspector, Member
from models.registers import Target
from models.store import pools as pool_store
from models.store import tasks as store
from models.store.pools import Scope
from models.tasks import Task
from services.act import Act

KINDS = {"targets": "检查对象名录库", "inspectors": "执法检查人员名录库"}
OPEN_STATUSES = {"draft", "prepared"}
SHOWN_CHANGES = 50
_LINE = 16  # hex digits kept of a row's digest: enough to see a change, small for a million rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A library as it stands: a digest by row; `key` names the scope, so that like is compared with like."""

    key: str
    rows: Mapping[str, str]

    def as_bytes(self) -> bytes:
        """The list as it is kept, one row a line, in order: the same list, the same bytes."""
        return "".join(f"{name}\t{digest}\n" for name, digest in sorted(self.rows.items())).encode()

    def digest(self) -> str:
        """SHA-256 of `as_bytes`, under which the blob lies."""
        return hashlib.sha256(self.as_bytes()).hexdigest()


async def confirm(act: Act, task_id: str, kind: str) -> LibraryConfirmation:
    """Confirm one library of the actor's own department for a task that is not frozen yet; again whenever it changed.

    Raises ForbiddenError for a department that takes no part: nobody answers for another's library.
    """
    if kind not in KINDS:
        raise InvalidInputError(what="名录库", why="应当是 targets 或 inspectors。")
    task = await store.task(act.db, act.actor, task_id)
    if task.status not in OPEN_STATUSES:
        raise ConflictError(what="名录库确认", why="名单已经冻结。")
    departments = {row.department.id for row in await store.teams(act.db, task.id)}
    department_id = act.actor.department_id
    if department_id not in departments or not act.actor.has(Role.APPROVER, Role.COORDINATOR):
        raise ForbiddenError
    snapshot = await snapshot_of(act, task, department_id, kind)
    before = await _last_of_scope(act, department_id, kind, snapshot.key)
    row = LibraryConfirmation(
        task_id=task.id,
        department_id=department_id,
        kind=kind,
        scope_key=snapshot.key,
        rows=len(snapshot.rows),
        changed=None if before is None else len(changes(await _kept(act, before), snapshot.rows)),
        snapshot=await act.house.blobs.put(snapshot.as_bytes()),
        confirmed_by=act.actor.member_id,
        confirmed_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("library-word", f"task:{task.id}", library=kind, rows=row.rows, changed=row.changed)
    return row


async def missing(act: Act, task: Task) -> list[str]:
    """Say for each department and library why the task may not be frozen yet; nothing if all is confirmed."""
    if not act.house.rules.confirm_libraries:
        return []
    found = []
    targets = (await _targets(act, task)).digest()  # the task's scope is everybody's
    for row in await store.teams(act.db, task.id):
        people = (await _people(act, row.department.id)).digest()
        for kind, words in KINDS.items():
            last = await _last_of_task(act, task.id, row.department.id, kind)
            if last is None:
                found.append(f"{row.department.name}尚未确认{words}")
            elif last.snapshot != (targets if kind == "targets" else people):
                found.append(f"{row.department.name}的{words}自确认后有变化，须重新确认")
    return found


async def refuse_unconfirmed(act: Act, task: Task) -> None:
    """Refuse a freeze that some department has not confirmed its libraries for (B8)."""
    lacking = await missing(act, task)
    if lacking:
        raise ConflictError(what="任务", why="；".join(lacking) + "。")


async def states(act: Act, task_id: str) -> dict[str, Any]:
    """For a task: each department's two libraries, whether confirmed, by whom, and what changed since."""
    task = await store.task(act.db, act.actor, task_id)
    open_still = task.status in OPEN_STATUSES
    rows = [
        await _state(act, task, row.department, kind, compare=open_still)
        for row in await store.teams(act.db, task.id)
        for kind in KINDS
    ]
    return {"required": act.house.rules.confirm_libraries, "open": open_still, "rows": rows}


async def _state(act: Act, task: Task, department: Department, kind: str, *, compare: bool) -> dict[str, Any]:
    last = await _last_of_task(act, task.id, department.id, kind)
    names = await store.member_names(act.db, [last.confirmed_by]) if last else {}
    mine = department.id == act.actor.department_id and act.actor.has(Role.APPROVER, Role.COORDINATOR)
    shown: dict[str, Any] = {
        "department": department.name,
        "department_id": department.id,
        "kind": kind,
        "kind_text": KINDS[kind],
        "confirmed_at": last.confirmed_at if last else None,
        "confirmed_by": names.get(last.confirmed_by, "") if last else "",
        "rows": last.rows if last else None,
        "changed": last.changed if last else None,
        "current": last is not None,
        "can_confirm": mine and compare,
    }
    if compare:
        snapshot = await snapshot_of(act, task, department.id, kind)
        before = last or await _last_of_scope(act, department.id, kind, snapshot.key)
        news = changes(await _kept(act, before), snapshot.rows) if before else []
        shown |= {"rows_now": len(snapshot.rows), "changes": news[:SHOWN_CHANGES], "changes_now": len(news)}
        shown["current"] = last is not None and snapshot.digest() == last.snapshot
    return shown


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[dict[str, str]]:
    """Name the rows that came, went or changed, in order."""
    return [
        {"name": name, "what": "新增" if name not in before else "移出" if name not in now else "变更"}
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


async def snapshot_of(act: Act, task: Task, department_id: str, kind: str) -> Snapshot:
    """Take a library as it stands: the targets of the task's scope, or the department's people."""
    return await _people(act, department_id) if kind == "inspectors" else await _targets(act, task)


async def _targets(act: Act, task: Task) -> Snapshot:
    scope = Scope.from_data(task.scope)
    columns = (Target.status, Target.credit_class, Target.labels, Target.trade, Target.region_code, Target.digest)
    found = await act.db.execute(select(Target.code, *columns).where(pool_store.covers(scope)))
    rows = {code: _digest(*values) for code, *values in found.all()}
    return Snapshot(key=_digest_whole("targets", sorted(scope.as_data().items())), rows=rows)


async def _people(act: Act, department_id: str) -> Snapshot:
    found = (
        await act.db.execute(
            select(Inspector, Member.active)
            .join(Member, Member.id == Inspector.member_id)
            .where(Inspector.department_id == department_id)
        )
    ).all()
    ids = [inspector.id for inspector, _ in found]
    papers: dict[str, list[object]] = {}
    for leave in await act.db.scalars(select(Leave).where(Leave.inspector_id.in_(ids)).order_by(Leave.id)):
        papers.setdefault(leave.inspector_id, []).append((leave.starts_on, leave.ends_on))
    for one in await act.db.scalars(
        select(Certificate).where(Certificate.inspector_id.in_(ids)).order_by(Certificate.id)
    ):
        papers.setdefault(one.inspector_id, []).append((one.kind, one.expires_on, one.withdrawn_on))
    rows = {
        one.staff_no: _digest(one.kind, sorted(one.skills), one.certificate_expires, active, papers.get(one.id))
        for one, active in found
    }
    return Snapshot(key=_digest_whole("inspectors", department_id), rows=rows)


def _digest(*values: object) -> str:
    return _digest_whole(*values)[:_LINE]


def _digest_whole(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()


async def _last_of_task(act: Act, task_id: str, department_id: str, kind: str) -> LibraryConfirmation | None:
    return await _newest(
        act,
        LibraryConfirmation.task_id == task_id,
        LibraryConfirmation.department_id == department_id,
        LibraryConfirmation.kind == kind,
    )


async def _last_of_scope(act: Act, department_id: str, kind: str, key: str) -> LibraryConfirmation | None:
    return await _newest(
        act,
        LibraryConfirmation.department_id == department_id,
        LibraryConfirmation.kind == kind,
        LibraryConfirmation.scope_key == key,
    )


async def _newest(act: Act, *conditions: Any) -> LibraryConfirmation | None:
    query = select(LibraryConfirmation).where(*conditions)
    order = (LibraryConfirmation.confirmed_at.desc(), LibraryConfirmation.id.desc())
    return await act.db.scalar(query.order_by(*order).limit(1))


async def _kept(act: Act, row: LibraryConfirmation) -> dict[str, str]:
    """The list as it was confirmed then."""
    text = (await act.house.blobs.get(Digest(row.snapshot))).decode()
    pairs = (line.split("\t") for line in text.splitlines())
    return {name: digest for name, digest in pairs}  # noqa: C416 two words a line, which mypy cannot see
