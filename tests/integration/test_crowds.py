"""D4, R1: a scope read as bytes, page by page, says of every target what its row says, on both databases."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from inspection.draw.crowd import Crowd, Entry
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lists import EXCLUDED, TARGETS
from inspection.draw.pools import Candidate, Exclusion, excluded_to_tsv, targets_to_tsv
from models.registers import Target
from models.store.crowds import InScope, crowd_in, facts_of
from models.store.ledger import counted
from models.store.pools import Scope, covers
from services.drawing import draws, tasks
from tests.office import COORDINATOR, DICE, HOTEL_SCOPE, SECOND, Office

YEAR = 2026
NOBODY = Scope(keywords=("没有这样的词",))
SCOPES = [Scope(), HOTEL_SCOPE, Scope(region="演示"), NOBODY]


def judge(one: InScope) -> Entry:
    """A rule that looks at every fact."""
    reason = one.status if one.status != "open" else "yearly-limit" if one.visits + one.together > 1 else ""
    return Entry(stratum=f"{one.credit_class}@{one.region_code}", tickets=1 + len(one.labels), reason=reason)


async def rows_of(office: Office, scope: Scope) -> dict[str, InScope]:
    """The plain way: a value for every target, by code."""
    visits = counted(YEAR)
    query = (
        select(Target, visits.c.own, visits.c.together)
        .outerjoin(visits, visits.c.target_id == Target.id)
        .where(covers(scope))
    )
    async with office.database.read() as db:
        return {
            row.code: InScope(
                status=row.status,
                credit_class=row.credit_class,
                labels=tuple(row.labels),
                region_code=row.region_code,
                trade=row.trade,
                visits=own or 0,
                together=together or 0,
            )
            for row, own, together in (await db.execute(query)).all()
        }


async def pages_of(office: Office, scope: Scope, page: int) -> list[bytes]:
    async with office.database.read() as db:
        return [one async for one in crowd_in(db, scope, YEAR, page)]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("page", [1, 7, 50_000])
async def test_the_pages_say_what_the_rows_say(office: Office, scope: Scope, page: int) -> None:
    """D4, R1: the same targets with the same facts in the order of their codes, after a draw gave some of them visits.

    However small the pages: none is forgotten or told twice at an edge.
    """
    await office.drawn()
    rows, pages = await rows_of(office, scope), await pages_of(office, scope, page)
    told = [[line.split("\t") for line in one.decode().splitlines()] for one in pages]
    codes = [sorted(code for _, *codes in lines for code in codes) for lines in told]
    assert [code for some in codes for code in some] == sorted(rows)
    assert {code: facts_of(facts) for lines in told for facts, *codes in lines for code in codes} == rows
    assert bool(rows) == (scope is not NOBODY)
    assert all(one.endswith(b"\n") for one in pages)
    assert all(1 <= len(some) <= page for some in codes)
    assert all(len({facts for facts, *_ in lines}) == len(lines) for lines in told)


@pytest.mark.parametrize("page", [1, 7, 50_000])
async def test_pages_freeze_the_lists_that_values_freeze(office: Office, page: int) -> None:
    """D4: targets.tsv and excluded.tsv come out byte for byte as from values, small pools and large alike."""
    await office.drawn()
    rows = await rows_of(office, Scope())
    crowd = Crowd(lambda facts: judge(facts_of(facts)))
    for one in await pages_of(office, Scope(), page):
        crowd.take(one)
    entries = {code: judge(row) for code, row in rows.items()}
    kept = [(code, one) for code, one in entries.items() if not one.reason]
    left = [(code, one.reason) for code, one in entries.items() if one.reason]
    targets = targets_to_tsv(Candidate(id=code, stratum=one.stratum, tickets=one.tickets) for code, one in kept)
    excluded = excluded_to_tsv(Exclusion(id=code, reason=reason) for code, reason in left)
    assert crowd.lists() == (targets, excluded)
    assert crowd.strata() == Counter(one.stratum for _, one in kept)
    assert crowd.reasons() == Counter(reason for _, reason in left)
    assert kept
    assert left


async def test_what_is_frozen_is_what_the_pages_said(office: Office) -> None:
    """D4: the pool that people were shown is the pool that is frozen, byte for byte; the counts are those announced."""
    task_id = await office.task()
    async with office.act() as act:
        pool = await tasks.pool_of(act, await tasks.store.task(act.db, act.actor, task_id))
    async with office.act(COORDINATOR) as act:
        await tasks.prepare(act, task_id)
    async with office.act(SECOND) as act:
        row = await draws.freeze(act, task_id, (DICE,))
        files = await draws.frozen_files(act, row)
    assert {name: files[name] for name in pool.lists} == pool.lists
    assert row.counts["targets"] == pool.candidates == pool.lists[TARGETS].count(b"\n")
    assert row.counts["excluded"] == pool.excluded.total() == pool.lists[EXCLUDED].count(b"\n")
    assert ANNOUNCEMENT in files
