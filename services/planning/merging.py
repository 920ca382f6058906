"""Which entries of a year one visit could serve, and what the office says to that (C10).

entries without a task -> plan_rules.merge_proposals -> plan_changes.merge | decline: not proposed anew
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.errors import ForbiddenError, InvalidInputError, NotFoundError
from inspection.plan_rules import Merge, merge_proposals
from inspection.workdays import local_date
from models.plans import MergeRefusal
from models.store import plans as store
from models.store import tasks as task_store
from models.store.states import insert_ignore
from services.act import Act
from services.planning.plan_changes import line_of


async def proposals(act: Act, year: int) -> list[Merge]:
    """Propose which entries of a year one visit could serve; those with a task are past merging."""
    found = await store.placed(act.db, year=year)
    standing = [one for one in found if one.line is None or one.line.withdrawn_at is None]
    begun = await store.tasks_of(act.db, [one.entry.id for one in standing])
    today = local_date(act.now)
    open_ones = [one for one in standing if one.entry.id not in begun and one.entry.ends_on >= today]
    return merge_proposals([line_of(one) for one in open_ones])


async def merge_rows(act: Act, year: int) -> list[dict[str, Any]]:
    """What could be merged, with the entries' names; what the office decided against comes last, with its reason."""
    names = {one.id: one.name for one in (await task_store.departments(act.db)).values()}
    titles = {one.entry.id: one.entry.name for one in await store.placed(act.db, year=year)}
    refused = {one.digest: one for one in await act.db.scalars(select(MergeRefusal))}
    people = await task_store.member_names(act.db, [one.member_id for one in refused.values()])
    rows = [
        {
            **asdict(one),
            "departments": [names[id_] for id_ in one.departments if id_ in names],
            "names": [titles[id_] for id_ in one.ids],
            "declined": _refusal_row(refused.get(_digest(one.ids)), people),
        }
        for one in await proposals(act, year)
    ]
    return sorted(rows, key=lambda row: row["declined"] is not None)


def _refusal_row(row: MergeRefusal | None, people: dict[str, str]) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"reason": row.reason, "at": row.at, "who": people.get(row.member_id, "")}


async def decline(act: Act, year: int, entry_ids: Sequence[str], reason: str) -> None:
    """Decide against a merge that is proposed: the same entries are shown as decided, and may still be merged.

    The office alone; once, the first reason stays. Raises NotFoundError where nothing of the kind is proposed.
    """
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    if not reason.strip():
        raise InvalidInputError(what="理由", why="请写明为什么不合并。")
    if set(entry_ids) not in [set(one.ids) for one in await proposals(act, year)]:
        raise NotFoundError(what="这条合并建议")
    new = await insert_ignore(
        act.db,
        MergeRefusal,
        digest=_digest(entry_ids),
        entry_ids=sorted(entry_ids),
        reason=reason.strip(),
        at=act.now,
        member_id=act.actor.member_id,
    )
    if new:
        act.record("plan-merge-decline", f"year:{year}", entries=sorted(entry_ids))


def _digest(entry_ids: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(set(entry_ids))).encode()).hexdigest()
