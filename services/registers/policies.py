"""Differentiation at work: which table holds for a task's targets, and the tables' own life (N1-N4, R1, R2, C12).

facts of a target -> pool_judge() -> stratum and tickets, or the reason that leaves it out; a ratio per stratum
make_policy -> holds from now on; replaced or ended, never changed, so that a draw can be explained years later (L2)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from inspection import policy as rules
from inspection import regions
from inspection.draw.crowd import Entry
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.policy import Facts, Offer, Policy, Verdict, Visited
from inspection.workdays import local_date
from models.libraries import RiskPolicy, TaskExemption
from models.registers import Item, Target
from models.store import tasks as store
from models.store.crowds import InScope, facts_of
from models.store.ledger import counted
from models.tasks import Task
from services.act import Act

OPEN = "open"


class PoolJudge:
    """Judges a target by the text of its facts, as a scope is read; and remembers what each stratum is of."""

    def __init__(self, judge: _Judge, limit: int, *, exempt: bool) -> None:
        """`limit`: visits a year; `exempt`: visits of this task count to none."""
        self._judge, self._limit, self._exempt = judge, limit, exempt
        self._strata: dict[str, tuple[Policy, Fraction]] = {}

    def __call__(self, words: str) -> Entry:
        """Say who may be drawn and how likely, or who is left out and why."""
        one = facts_of(words)
        policy, verdict = self._judge(_facts(one))
        reason = one.status if one.status != OPEN else ""
        if not reason and not self._exempt:
            visited = Visited(own=one.visits, together=one.together)
            reason = rules.over_limit(policy, verdict, visited, self._limit)
        if not reason:
            self._strata.setdefault(verdict.stratum, (policy, verdict.factor))
        return Entry(stratum=verdict.stratum, tickets=verdict.tickets, reason=reason)

    def ratios(self, base: Fraction) -> dict[str, Fraction]:
        """Give the ratio of every stratum that somebody is in, from the task's own."""
        return {label: rules.ratio_of(policy, base, factor) for label, (policy, factor) in self._strata.items()}


async def pool_judge(act: Act, task: Task) -> PoolJudge:
    """Give what judges a task's scope, by the table that holds for it."""
    judge = await _judge_for(act, tuple(one.item_id for one in await store.items(act.db, task.id)))
    exempt = await act.db.get(TaskExemption, task.id) is not None
    return PoolJudge(judge, act.house.rules.yearly_visit_limit, exempt=exempt)


def _facts(one: InScope | Target) -> Facts:
    return Facts(credit_class=one.credit_class, labels=tuple(one.labels), region_code=one.region_code, trade=one.trade)


class _Judge:
    """Judges by facts, each different set of them once: ten thousand targets have few."""

    def __init__(self, offers: Sequence[Offer], item_ids: tuple[str, ...], standard: Policy) -> None:
        self._offers, self._items, self._standard = offers, item_ids, standard
        self._known: dict[Facts, tuple[Policy, Verdict]] = {}

    def __call__(self, facts: Facts) -> tuple[Policy, Verdict]:
        """Give the table that holds and what it says."""
        if facts not in self._known:
            policy = rules.choose(self._offers, self._items, facts.region_code, self._standard)
            self._known[facts] = policy, rules.judge(policy, facts)
        return self._known[facts]


async def _judge_for(act: Act, item_ids: tuple[str, ...]) -> _Judge:
    rows = await act.db.scalars(select(RiskPolicy).where(RiskPolicy.ended_at.is_(None)).order_by(RiskPolicy.id))
    offers = [
        Offer(policy=rules.policy_from_data(row.body, row.region), item_id=row.item_id or "", region=row.region)
        for row in rows
    ]
    return _Judge(offers, item_ids, rules.standard(act.house.rules.class_ratio_factor))


async def make_policy(act: Act, name: str, body: dict[str, Any], item_id: str | None, region: str) -> RiskPolicy:
    """Put a table in force from now on, in place of the one for the same item and region; raises InvalidInputError."""
    if item_id is not None and await act.db.get(Item, item_id) is None:
        raise NotFoundError(what="这个抽查事项")
    region = regions.full(region) if region else ""
    checked = rules.policy_data(rules.policy_from_data(body, region))
    same = select(RiskPolicy).where(RiskPolicy.ended_at.is_(None), RiskPolicy.region == region)
    same = same.where(RiskPolicy.item_id.is_(None) if item_id is None else RiskPolicy.item_id == item_id)
    for old in await act.db.scalars(same.with_for_update()):
        old.ended_at, old.ended_by = act.now, act.actor.member_id
    row = RiskPolicy(
        name=name, item_id=item_id, region=region, body=checked, made_by=act.actor.member_id, made_at=act.now
    )
    act.db.add(row)
    await act.db.flush()
    act.record("policy-make", f"policy:{row.id}", name=name, item=item_id or "", region=region)
    return row


async def end_policy(act: Act, policy_id: str) -> None:
    """End a table: the more general one holds again. Drawn tasks keep what they were drawn with."""
    row = await act.db.get(RiskPolicy, policy_id, with_for_update=True)
    if row is None:
        raise NotFoundError(what="这张政策表")
    if row.ended_at is not None:
        raise ConflictError(what="这张政策表", why="已经停用。")
    row.ended_at, row.ended_by = act.now, act.actor.member_id
    act.record("policy-end", f"policy:{row.id}", name=row.name)


async def policy_rows(act: Act) -> dict[str, Any]:
    """All tables, those in force first and the newest first; and the one that holds where none is."""
    rows = (await act.db.scalars(select(RiskPolicy).order_by(RiskPolicy.id.desc()))).all()
    names = await store.member_names(act.db, [one for row in rows for one in (row.made_by, row.ended_by)])
    items = {row.id: row.name for row in await act.db.scalars(select(Item))}
    shown = [
        {
            "id": row.id,
            "name": row.name,
            "item_id": row.item_id,
            "item": items.get(row.item_id or "", ""),
            "region": row.region,
            "in_force": row.ended_at is None,
            "made_at": row.made_at,
            "made_by": names.get(row.made_by, ""),
            "ended_at": row.ended_at,
            "body": row.body,
        }
        for row in rows
    ]
    standard = rules.policy_data(rules.standard(act.house.rules.class_ratio_factor))
    return {
        "rows": sorted(shown, key=lambda one: not one["in_force"]),
        "standard": standard,
        "yearly_visit_limit": act.house.rules.yearly_visit_limit,
        "exemptions": [{"key": key, "text": text} for key, text in rules.EXEMPTIONS.items()],
    }


async def explain(act: Act, code: str, item_id: str, base: str) -> dict[str, Any]:
    """Say for one target what the table makes of it, and why: stratum, tickets, ratio, limit and visits this year."""
    target = await act.db.scalar(select(Target).where(Target.code == code))
    if target is None:
        raise NotFoundError(what="这个检查对象")
    policy, verdict = (await _judge_for(act, (item_id,) if item_id else ()))(_facts(target))
    visits = counted(local_date(act.now).year)
    row = (await act.db.execute(select(visits.c.own, visits.c.together).where(visits.c.target_id == target.id))).first()
    own, together = row or (0, 0)
    office = act.house.rules.yearly_visit_limit
    reason = rules.over_limit(policy, verdict, Visited(own=own, together=together), office)
    return {
        "code": target.code,
        "name": target.name,
        "stratum": verdict.stratum,
        "tickets": verdict.tickets,
        "factor": float(verdict.factor),
        "ratio": float(rules.ratio_of(policy, _ratio(base), verdict.factor)),
        "why": list(verdict.why),
        "limit": (office if verdict.visits is None else verdict.visits) + verdict.extra,
        "visits": own,
        "together": together,
        "left_out": rules.REASON_WORDS.get(reason, ""),
    }


def _ratio(words: str) -> Fraction:
    try:
        found = Fraction(words) if len(words) <= len("0.123456") and "e" not in words.lower() else Fraction(-1)
    except (ValueError, ZeroDivisionError):
        found = Fraction(-1)
    if not 0 <= found <= 1:
        raise InvalidInputError(what="抽查比例", why="应当写成 0.05 这样的小数。")
    return found
