"""Deadlines that no act opens: rows that lie too long, papers that end (B8, B11, D1, D2, D4).

every tick: what the rows wait for now -> opened where it is new, settled where it is no longer so
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from inspection.deadlines import DeadlineKind
from inspection.workdays import local_date
from models.results import Deadline
from models.store import standing as store
from models.store.standing import Standing
from services.act import Act
from services.clock import deadlines

AHEAD = timedelta(days=60)  # a certificate is spoken of so long before its end ...
BEHIND = timedelta(days=60)  # ... and so long after it
KINDS = (
    DeadlineKind.FREEZE_TASK,
    DeadlineKind.DRAW_TASK,
    DeadlineKind.CONFIRM_LIBRARY,
    DeadlineKind.RENEW_CERTIFICATE,
)


async def keep_up(act: Act) -> int:
    """Open and settle so that the standing deadlines are what the rows say; return how many changed."""
    wanted = {(one.kind.value, one.subject): one for one in await _wanted(act)}
    query = select(Deadline).where(Deadline.kind.in_([kind.value for kind in KINDS]), Deadline.settled_at.is_(None))
    changed, standing = 0, set[tuple[str, str]]()
    for row in await act.db.scalars(query):
        one = wanted.get((row.kind, row.subject))
        if one is None or (one.due_on is not None and one.due_on != row.due_on):
            changed += await deadlines.settle(act, DeadlineKind(row.kind), row.subject)
        else:
            standing.add((row.kind, row.subject))
    for name, one in wanted.items():
        if name not in standing:
            changed += await _open(act, one)
    return changed


async def _wanted(act: Act) -> list[Standing]:
    today = local_date(act.now)
    found = await store.tasks(act.db)
    if act.house.rules.confirm_libraries:
        found += await store.libraries(act.db)
    return found + await store.certificates(act.db, today - BEHIND, today + AHEAD)


async def _open(act: Act, one: Standing) -> bool:
    if one.due_on is not None:
        return await deadlines.open_on(act, one.kind, one.subject, one.department_id, one.due_on)
    return await deadlines.begin(act, one.kind, one.subject, one.department_id)
