"""Results feed the credit class as proposals (N3): published -> propose -> a coordinator accepts or declines.

One open proposal a target: a worse result takes its place, a better one waits until it is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.credit_steps import proposed, worse
from inspection.errors import ConflictError, ForbiddenError, NotFoundError
from models.corrections import Correction
from models.libraries import CreditProposal
from models.registers import Target
from models.results import Publication
from models.store import tasks as task_store
from models.store.parts import PartCase
from models.store.states import advance
from services.act import Act

OPEN, ACCEPTED, DECLINED = "proposed", "accepted", "declined"
STATUS_WORDS = {OPEN: "待决定", ACCEPTED: "已采纳", DECLINED: "未采纳"}
SHOWN = 200
LOOKED_BACK = 50  # publications of one target: far more than a year's visits


async def propose(act: Act, cases: Sequence[PartCase]) -> int:
    """Propose classes from what was just published; gives how many. Publishing again proposes nothing twice."""
    made = 0
    for case in sorted(cases, key=lambda one: one.target.id):  # locked in one order
        made += await _propose(act, case)
    return made


async def _propose(act: Act, case: PartCase) -> bool:
    target = await act.db.get_one(Target, case.target.id, with_for_update=True)
    step = proposed(target.credit_class, case.submission.manifest["results"], await _clean_visits(act, target.code))
    if step is None:
        return False
    seen = select(CreditProposal).where(CreditProposal.target_id == target.id)
    if await act.db.scalar(seen.where(CreditProposal.visit_id == case.visit.id, CreditProposal.to_class == step.to)):
        return False
    old = await act.db.scalar(seen.where(CreditProposal.status == OPEN))
    if old is not None and not worse(step.to, old.to_class):
        return False
    row = old or CreditProposal(target_id=target.id, status=OPEN)
    row.visit_id, row.from_class, row.to_class = case.visit.id, target.credit_class, step.to
    row.why, row.made_at = step.why, act.now
    act.db.add(row)
    await act.db.flush()
    act.record("credit-propose", f"target:{target.code}", visit=case.visit.number)
    return True


async def _clean_visits(act: Act, code: str) -> int:
    """How many of a target's published visits, from the newest back, found nothing in any part."""
    query = select(Publication.visit_id, Publication.body).where(Publication.target_code == code)
    rows = (await act.db.execute(query.order_by(Publication.published_at.desc()).limit(LOOKED_BACK))).all()
    clean: dict[str, bool] = {}
    for visit_id, body in rows:
        clean[visit_id] = clean.get(visit_id, True) and bool(body.get("problem_free"))
    found = 0
    for one in clean.values():
        if not one:
            break
        found += 1
    return found


async def decide(act: Act, proposal_id: str, *, accept: bool, note: str) -> CreditProposal:
    """Accept a proposal, which gives the target its class, or decline it; once, and by the office alone."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    row = await act.db.get(CreditProposal, proposal_id)
    if row is None:
        raise NotFoundError(what="这条分类建议")
    target = await act.db.get_one(Target, row.target_id, with_for_update=True)
    if accept and target.credit_class != row.from_class:
        now = target.credit_class or "未分类"
        raise ConflictError(what="分类建议", why=f"提出之后分类已变为“{now}”，请不采纳，或按新的名单处理。")
    decided = {"decided_by": act.actor.member_id, "decided_at": act.now, "note": note.strip()}
    to = ACCEPTED if accept else DECLINED
    await advance(act.db, row, to, come_from={OPEN}, what="分类建议", **decided)
    if accept:
        target.credit_class = row.to_class
    act.record("credit-decide", f"target:{target.code}", accepted=accept)
    return row


async def proposal_rows(act: Act) -> list[dict[str, Any]]:
    """The proposals, open ones first, then the newest; `corrected_at` where what they stand on was corrected since."""
    query = (
        select(CreditProposal, Target.code, Target.name)
        .join(Target, Target.id == CreditProposal.target_id)
        .order_by(CreditProposal.status.desc(), CreditProposal.made_at.desc())
        .limit(SHOWN)
    )
    found = (await act.db.execute(query)).all()
    corrected = await _corrected(act, [row for row, _, _ in found])
    people = await task_store.member_names(act.db, [row.decided_by or "" for row, _, _ in found])
    shown = ("id", "from_class", "to_class", "why", "status", "made_at", "decided_at", "note")
    return [
        {
            **{name: getattr(row, name) for name in shown},
            "status_text": STATUS_WORDS[row.status],
            "corrected_at": corrected.get(row.id),
            "code": code,
            "name": name,
            "decided_by": people.get(row.decided_by or "", ""),
        }
        for row, code, name in found
    ]


async def _corrected(act: Act, rows: Sequence[CreditProposal]) -> dict[str, datetime]:
    """Proposals whose results were corrected after they were made, and when last: who decides has to know (J2)."""
    query = (
        select(Publication.visit_id, Correction.changes, Correction.decided_at)
        .join(Correction, Correction.publication_id == Publication.id)
        .where(Publication.visit_id.in_({row.visit_id for row in rows}), Correction.status == "signed")
        .order_by(Correction.decided_at)
    )
    signed = [(visit, at) for visit, changes, at in (await act.db.execute(query)).all() if "results" in changes]
    return {row.id: at for row in rows for visit, at in signed if visit == row.visit_id and at >= row.made_at}
