"""The outbox's writer: messages live and die with the act that they tell of."""

from __future__ import annotations

import pytest

from models.database import Database
from models.people import Owner, OwnerBinding
from services.people import notices
from tests.builders import target_row
from tests.conftest import Clock
from tests.integration.bot.parts import act_of, notice, rows


async def test_telling_twice_is_telling_once(database: Database, clock: Clock) -> None:
    """F3: the same obligation has one row, whoever repeats the act."""
    told = []
    for _ in range(2):
        async with database.write() as db:
            act = act_of(db, clock.now)
            told.append(
                await notices.tell_member(
                    act, "ZhangSan", notice(), department_id="d", subject="visit:1", dedupe_key="visit/1/leader"
                )
            )
    assert told == [True, False]
    (row,) = await rows(database)
    assert (row.recipient, row.status, row.channel, row.attempts) == ("zhangsan", "waiting", "wecom", 0)


async def test_a_rollback_takes_the_message_with_it(database: Database, clock: Clock) -> None:
    """Reliability 2.3: no message about what did not happen."""

    async def act_and_fail() -> None:
        async with database.write() as db:
            act = act_of(db, clock.now)
            await notices.tell_member(act, "a", notice(), department_id="d", subject="visit:1", dedupe_key="k")
            raise LookupError

    with pytest.raises(LookupError):
        await act_and_fail()
    assert await rows(database) == []


async def test_a_draws_letters_are_counted_as_new_once(database: Database, clock: Clock) -> None:
    """F3: a draw's push is written in bulk, over the statement's own size, and repeats nothing."""
    letters = [
        notices.Letter(
            userid=f"user{n}", notice=notice(), department_id="d", subject=f"visit:{n}", dedupe_key=f"draw/1/{n}"
        )
        for n in range(1203)
    ]
    async with database.write() as db:
        assert await notices.tell_many(act_of(db, clock.now), letters[:700]) == 700
        assert await notices.tell_many(act_of(db, clock.now), letters) == 503
        assert await notices.tell_many(act_of(db, clock.now), []) == 0
    stored = await rows(database)
    assert len(stored) == 1203
    assert len({row.id for row in stored}) == 1203


async def bind(database: Database, target_id: str, clock: Clock, mark: str) -> str:
    async with database.write() as db:
        owner = Owner(openid_hash=mark, openid=f"openid-{mark}")
        db.add(owner)
        await db.flush()
        db.add(OwnerBinding(owner_id=owner.id, target_id=target_id, bound_at=clock.now))
        return owner.id


async def test_a_notice_waits_for_its_owner(database: Database, clock: Clock) -> None:
    """F1: unbound target: held, not lost; bound: released once; told again afterwards: not doubled."""
    async with database.write() as db:
        target_id = (await target_row(db)).id

    async def tell() -> bool:
        async with database.write() as db:
            act = act_of(db, clock.now)
            return await notices.tell_owner(
                act, target_id, notice(), department_id="d", dedupe_key="visit/1/owner", visit_id="1"
            )

    assert await tell()
    (held,) = await rows(database)
    assert (held.status, held.recipient, held.channel) == ("held", f"target:{target_id}", "wechat")
    owner = await bind(database, target_id, clock, "甲")
    clock.advance(hours=1)
    async with database.write() as db:
        assert await notices.release_held(act_of(db, clock.now), target_id, owner) == 1
        assert await notices.release_held(act_of(db, clock.now), target_id, owner) == 0
    assert not await tell()
    (row,) = await rows(database)
    assert (row.status, row.recipient, row.not_before) == ("waiting", owner, clock.now)


async def test_everybody_who_bound_a_target_is_told(database: Database, clock: Clock) -> None:
    """F1: two owners of one target get a row each, of its own target only."""
    async with database.write() as db:
        target_id = (await target_row(db)).id
        other_id = (await target_row(db, "91379999MA00000002")).id
    first = await bind(database, target_id, clock, "甲")
    clock.advance(minutes=1)
    second = await bind(database, target_id, clock, "乙")
    await bind(database, other_id, clock, "丙")
    async with database.write() as db:
        await notices.tell_owner(
            act_of(db, clock.now), target_id, notice(), department_id="d", dedupe_key="k", visit_id="1"
        )
    assert [row.recipient for row in await rows(database)] == [first, second]
