"""A scope of any size, read as bytes: one value of the database's instead of a row per target (D4).

Scope + year -> "code TAB facts LF" of every target, sorted and joined by the database -> crowd

A million targets come in about a second this way; the meaning is that of `pools.targets_in`.
"""

from __future__ import annotations

import json

from sqlalchemy import ColumnElement, Text, cast, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from models.registers import Target
from models.store.ledger import counted
from models.store.pools import InScope, Scope, covers

BETWEEN = "|"  # between facts; none of those before the labels can hold one
SORT_MEMORY = "128MB"


async def crowd_in(db: AsyncSession, scope: Scope, year: int) -> bytes:
    """Every target of the scope, sorted by the bytes of its code, with the facts that decide what becomes of it."""
    on_postgres = db.get_bind().dialect.name == "postgresql"
    if on_postgres:  # a million codes are sorted in memory, for this transaction alone
        await db.execute(text(f"SET LOCAL work_mem = '{SORT_MEMORY}'"))
        await db.execute(text("SET LOCAL jit = off"))
    visits = counted(year)
    facts = (
        Target.status,
        Target.credit_class,
        Target.region_code,
        Target.trade,
        cast(func.coalesce(visits.c.own, 0), Text),
        cast(func.coalesce(visits.c.together, 0), Text),
        cast(Target.labels, Text),
    )
    line: ColumnElement[str] = Target.code + literal("\t") + facts[0]
    for fact in facts[1:]:
        line = line + literal(BETWEEN) + fact
    rows = (
        select((line + literal("\n")).label("line"))
        .outerjoin(visits, visits.c.target_id == Target.id)
        .where(covers(scope))
        .order_by(Target.code.collate("C") if on_postgres else Target.code)
        .subquery()
    )
    whole = await db.scalar(select(func.aggregate_strings(rows.c.line, "")))
    return str(whole or "").encode()


def facts_of(facts: str) -> InScope:
    """Read the facts of one line, of a target without name."""
    status, credit_class, region_code, trade, own, together, labels = facts.split(BETWEEN, 6)
    return InScope(
        id="",
        code="",
        status=status,
        credit_class=credit_class,
        labels=tuple(json.loads(labels)),
        region_code=region_code,
        trade=trade,
        visits=int(own),
        together=int(together),
    )
