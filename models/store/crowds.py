"""A scope of any size, read as bytes: a few thousand targets a value instead of a row a target (D4).

Scope + year -> pages of "facts TAB code TAB code ... LF", put together by the database -> one by one, never all

One statement reads everything, so that the pool is of one moment; a million targets take about a third of a second.
Targets with the same facts share a line: to write the facts behind every code would cost the database more than to
read them. Pages because ten million codes in one value are more than PostgreSQL holds, and because the first can be
judged while the database puts the second together.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    FromClause,
    ScalarSelect,
    Select,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    select,
    tablesample,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from models.registers import BETWEEN, Target
from models.store.ledger import counted
from models.store.pools import CODES_AT_ONCE, Scope, covers

NOT_VISITED = f"0{BETWEEN}0"
PAGE = 50_000  # targets a page, whatever of them is in the scope: about two megabytes
SAMPLED = 500  # codes looked at for each page, to find where it ends
LAST = "\U0010ffff"  # no code stands behind it


@dataclass(frozen=True, kw_only=True, slots=True)
class InScope:
    """What decides about a target of the scope, as the draw needs it."""

    status: str
    credit_class: str
    labels: tuple[str, ...]
    region_code: str
    trade: str
    visits: int  # of the year that count, by all departments of this level (R1)
    together: int  # ... and of all levels


async def crowd_in(db: AsyncSession, scope: Scope, year: int, page: int = PAGE) -> AsyncIterator[bytes]:
    """Every target of the scope, sorted by the bytes of its code, with the facts that decide what becomes of it."""
    if db.get_bind().dialect.name == "postgresql":
        # Compiling takes longer than reading a page, and sorting a page longer than finding its few sets of facts.
        await db.execute(text("SET LOCAL jit = off"))
        await db.execute(text("SET LOCAL enable_sort = off"))
        edges = await _sampled_edges(db, page)
    else:
        edges = _walked_edges(page)
    counts = _visited(year)
    ends = select(edges.c.code, func.lead(edges.c.code).over(order_by=edges.c.code).label("until"))
    between = ends.where(edges.c.code.is_not(None)).subquery("between")
    here = (
        covers(scope),
        Target.code > between.c.code,
        Target.code <= func.coalesce(between.c.until, LAST),
    )
    joined = _rows(counts).where(*here).correlate(between)
    alone = _rows().where(*here).correlate(between)
    # To look every target up among the visited is a fourth of the reading, and before a year's first draw for nothing.
    page_of = case((exists(select(counts.c.code)), _together(joined)), else_=_together(alone))
    query = select(page_of).select_from(between).order_by(between.c.code).execution_options(yield_per=1)
    async for whole in await db.stream_scalars(query):
        if whole:
            yield whole.encode()


async def crowd_of(db: AsyncSession, codes: Sequence[str], year: int) -> AsyncIterator[bytes]:
    """The targets with these codes, likewise, whatever they have become."""
    counts = _visited(year)
    wanted = sorted(codes, key=str.encode)
    for start in range(0, len(wanted), CODES_AT_ONCE):
        rows = _rows(counts).where(Target.code.in_(wanted[start : start + CODES_AT_ONCE]))
        if whole := await db.scalar(select(_together(rows))):
            yield whole.encode()


def _visited(year: int) -> CTE:
    """The few targets with visits that count, by code: the register's own index need not be read for it."""
    found, other = counted(year), aliased(Target)
    visits = cast(found.c.own, Text) + literal(BETWEEN) + cast(found.c.together, Text)
    return (
        select(other.code, visits.label("visits"))
        .join(found, found.c.target_id == other.id)
        .cte("visited")
        .prefix_with("MATERIALIZED")
    )


def _rows(counts: CTE | None = None) -> Select[*tuple[Any, ...]]:
    """Codes with their facts; without `counts` nobody was visited, and the visits are no column of their own."""
    if counts is None:
        return select(Target.code, Target.facts)
    visits = func.coalesce(counts.c.visits, NOT_VISITED).label("visits")
    return select(Target.code, Target.facts, visits).outerjoin(counts, counts.c.code == Target.code)


def _together(rows: Select[*tuple[Any, ...]]) -> ScalarSelect[str]:
    """Join rows into one value: a line for each different set of facts, with the codes of all that have it."""
    each = rows.subquery("each")
    code, *same = each.c
    sets = select(*same, func.aggregate_strings(code, "\t").label("codes")).group_by(*same).subquery("same")
    visits: ColumnElement[str] = sets.c.visits if "visits" in sets.c else literal(NOT_VISITED)
    line = visits + literal(BETWEEN) + sets.c.facts + literal("\t") + sets.c.codes + literal("\n")
    return select(func.aggregate_strings(line, "")).scalar_subquery()


def _walked_edges(page: int) -> FromClause:
    """The codes after which pages begin: none, then every `page`-th of the register, found by its index alone."""
    edges = select(literal("").label("code")).cte("edges", recursive=True)
    one = aliased(Target)
    following = (
        select(one.code).where(one.code > edges.c.code).order_by(one.code).offset(page - 1).limit(1).scalar_subquery()
    )
    return edges.union_all(select(following).where(edges.c.code.is_not(None)))


async def _sampled_edges(db: AsyncSession, page: int) -> FromClause:
    """The same, nearly: a page may be somewhat longer or shorter, and nobody waits until all codes are counted.

    Where the edges lie changes nothing of what is read, so they need not be of the same moment.
    """
    share = min(1.0, SAMPLED / page)
    one = aliased(Target, tablesample(Target, func.system(100 * share)))
    codes = sorted(await db.scalars(select(one.code)), key=str.encode)
    step = round(page * share)
    after = literal(["", *codes[step - 1 :: step]], ARRAY(Text(collation="C")))
    return select(func.unnest(after).label("code")).subquery("edges")


def facts_of(facts: str) -> InScope:
    """Read the facts of one line."""
    own, together, status, credit_class, region_code, trade, labels = facts.split(BETWEEN, 6)
    return InScope(
        status=status,
        credit_class=credit_class,
        labels=tuple(json.loads(labels)),
        region_code=region_code,
        trade=trade,
        visits=int(own),
        together=int(together),
    )
