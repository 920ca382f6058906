"""D4, R1: a scope read as bytes says of every target what the rows say, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspection.draw.crowd import Entry, judged_lists
from inspection.draw.pools import Candidate, Exclusion, excluded_to_tsv, targets_to_tsv
from models.store.crowds import crowd_in, facts_of
from models.store.pools import InScope, Scope, targets_in
from tests.office import HOTEL_SCOPE, Office

YEAR = 2026


def judge(one: InScope) -> Entry:
    """A rule that looks at every fact."""
    reason = one.status if one.status != "open" else "yearly-limit" if one.visits + one.together > 1 else ""
    return Entry(stratum=f"{one.credit_class}@{one.region_code}", tickets=1 + len(one.labels), reason=reason)


@pytest.mark.parametrize("scope", [Scope(), HOTEL_SCOPE, Scope(keywords=("没有这样的词",))])
async def test_the_bytes_say_what_the_rows_say(office: Office, scope: Scope) -> None:
    """D4: the same targets with the same facts, after a draw has given some of them visits."""
    await office.drawn()
    async with office.database.read() as db:
        crowd, rows = await crowd_in(db, scope, YEAR), await targets_in(db, scope, YEAR)
    lines = [line.split("\t") for line in crowd.decode().splitlines()]
    assert [code for code, _ in lines] == sorted(row.code for row in rows)
    by_code = {row.code: replace(row, id="", code="") for row in rows}
    assert {code: facts_of(facts) for code, facts in lines} == by_code


async def test_both_ways_freeze_the_same_lists(office: Office) -> None:
    """D4: targets.tsv and excluded.tsv come out byte for byte as from values."""
    await office.drawn()
    async with office.database.read() as db:
        crowd, rows = await crowd_in(db, Scope(), YEAR), await targets_in(db, Scope(), YEAR)
    entries = {row.code: judge(row) for row in rows}
    kept = [(code, one) for code, one in entries.items() if not one.reason]
    targets = targets_to_tsv(Candidate(id=code, stratum=one.stratum, tickets=one.tickets) for code, one in kept)
    excluded = excluded_to_tsv(Exclusion(id=code, reason=one.reason) for code, one in entries.items() if one.reason)
    assert judged_lists(crowd, lambda facts: judge(facts_of(facts))) == (targets, excluded)
    assert targets
    assert excluded
