"""Recusals (回避, E5): declared before a freeze, they keep an inspector from a target in every draw until ended.

declare (interest, kinship, former employer, the owner's request) -> row -> barred() at each freeze -> conflicts.tsv
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from inspection.actors import Role
from inspection.draw.announcement import Team
from inspection.draw.pools import DrawInspector
from inspection.errors import ConflictError, ForbiddenError, NotFoundError
from inspection.reasons import RECUSAL_GROUNDS, listed, said
from inspection.recusals import Barred, bar, keep_apart
from models.draws import Recusal
from models.store import recusals as store
from models.store.pools import Available
from services.act import Act

# Pairs are kept apart by lines of conflicts.tsv for every candidate: only where these stay few (ADR 0009).
MOST_APART = 200_000
DECLARES = (Role.COORDINATOR, Role.APPROVER, Role.INSPECTOR)


async def declare(act: Act, target_code: str, staff_no: str, ground: str, basis: str) -> Recusal:
    """Declare that an inspector does not inspect a target: himself, his department's approver, or the office.

    An empty `staff_no` is the actor himself. Raises InvalidInputError, NotFoundError, ConflictError if it stands.
    """
    if not act.actor.has(*DECLARES):
        raise ForbiddenError
    listed(RECUSAL_GROUNDS, ground, "回避事由")
    basis = said(basis, "回避说明")
    staff_no = staff_no or await store.own_staff_no(act.db, act.actor)
    inspector = await store.inspector(act.db, act.actor, staff_no)
    target = await store.target(act.db, target_code)
    same = select(Recusal.id).where(Recusal.target_id == target.id, Recusal.inspector_id == inspector.id)
    if await act.db.scalar(same.where(Recusal.ended_at.is_(None))):
        raise ConflictError(what="回避", why="已经登记过。")
    row = Recusal(
        target_id=target.id,
        inspector_id=inspector.id,
        ground=ground,
        basis=basis,
        declared_by=act.actor.member_id,
        declared_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("recusal", f"recusal:{row.id}", ground=ground, inspector=staff_no, target=target.code)
    return row


async def end(act: Act, recusal_id: str) -> None:
    """End a recusal whose ground is gone; only the office or the department's approver, never the inspector himself."""
    if not act.actor.has(Role.COORDINATOR, Role.APPROVER):
        raise ForbiddenError
    found = await store.rows(act.db, act.actor, recusal_id=recusal_id)
    if not found:
        raise NotFoundError(what="这项回避登记")
    row = found[0].recusal
    row.ended_at, row.ended_by = act.now, act.actor.member_id
    act.record("recusal-end", f"recusal:{row.id}", ground=row.ground, inspector=found[0].staff_no)


async def listing(act: Act) -> Sequence[store.RecusalRow]:
    """The recusals in force that the actor may see, newest first."""
    return await store.rows(act.db, act.actor)


async def barred(act: Act, people: Sequence[Available], teams: Sequence[Team], candidates: Collection[str]) -> Barred:
    """Give who may not inspect whom in a draw of these candidates (codes), and why."""
    ids = [one.id for one in people]
    declared = [one for one in await store.declared(act.db, ids) if one[0] in candidates]
    last = await store.last_inspected(act.db, ids) if act.house.rules.rotation else {}
    known = [DrawInspector(id=one.staff_no, department=one.department_code, skills=one.skills) for one in people]
    found = bar(
        known,
        teams,
        {one.staff_no for one in people if one.on_leave},
        declared,
        {code: who for code, who in last.items() if code in candidates},
    )
    if not act.house.rules.rotation or len(candidates) * len(people) > MOST_APART:
        return found
    pairs = await store.last_pairs(act.db, ids)
    return keep_apart(found, known, teams, pairs, candidates)
