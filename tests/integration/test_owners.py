"""Owners: known by openid only, bound by a notice's code, told of nothing that is not theirs (F1, F2, M1)."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from inspection.actors import PUBLIC, Actor, Role
from inspection.errors import NotFoundError
from models.people import Owner, OwnerBinding, SignIn
from models.results import Outbox
from models.tasks import Visit
from services.people import owners, signin
from tests.office import Office

OPENID = "oDemoOwner0000000001"


async def sign_in(office: Office, openid: str = OPENID) -> Actor:
    async with office.act(PUBLIC) as act:
        _, token = await signin.sign_in_owner(act, openid)
    async with office.act(PUBLIC) as act:
        found = await signin.actor_of(act.db, token, act.now)
    assert found is not None
    return found


async def bind(office: Office, owner: Actor, code: str) -> dict[str, str]:
    async with office.act(owner) as act:
        return await owners.bind(act, code)


async def told(office: Office, owner: Actor) -> list[dict[str, object]]:
    async with office.act(owner) as act:
        return await owners.notices(act)


async def test_an_owner_is_made_once_and_his_openid_is_unreadable(office: Office) -> None:
    """M1: two sign-ins are one owner with the owner's role alone; the openid stands nowhere in plain text."""
    first, second = await sign_in(office), await sign_in(office)
    assert first.member_id == second.member_id
    assert first.roles == {Role.OWNER}
    assert await office.count(Owner) == 1
    assert await office.count(SignIn) == 2
    async with office.act(first) as act:
        raw = (await act.db.execute(text("SELECT openid, openid_hash FROM owners"))).one()
    assert OPENID.encode() not in bytes(raw.openid)
    assert OPENID not in raw.openid_hash


async def test_binding_brings_the_notice_that_was_kept(office: Office) -> None:
    """F1: the code on the notice releases exactly this target's notice; other owners' stay held."""
    await office.drawn()
    visit, other = (await office.all(select(Visit).order_by(Visit.position)))[:2]
    owner = await sign_in(office)
    assert await told(office, owner) == []
    answer = await bind(office, owner, f" {visit.notice_code.lower()} ")
    assert answer["visit_number"] == visit.number
    (notice,) = await told(office, owner)
    assert ["通知编号", visit.number] in notice["facts"]  # type: ignore[operator]
    released = await office.all(select(Outbox).where(Outbox.status == "waiting", Outbox.channel == "wechat"))
    assert [row.subject for row in released] == [f"visit:{visit.id}"]
    assert await office.count(Outbox, Outbox.subject == f"visit:{other.id}", Outbox.status == "held") == 1


async def test_binding_twice_is_harmless(office: Office) -> None:
    """F1: the same code again binds and sends nothing new."""
    await office.drawn()
    (visit, *_) = await office.all(select(Visit))
    owner = await sign_in(office)
    assert await bind(office, owner, visit.notice_code) == await bind(office, owner, visit.notice_code)
    assert await office.count(OwnerBinding) == 1
    assert len(await told(office, owner)) == 1


async def test_a_guessed_code_and_an_unannounced_visit_look_alike(office: Office) -> None:
    """F2: to an owner an unannounced visit does not exist: its code answers like any wrong one."""
    await office.drawn(announced=False)
    (visit, *_) = await office.all(select(Visit))
    owner = await sign_in(office)
    answers = []
    for code in (visit.notice_code, "WRONG234"):
        with pytest.raises(NotFoundError) as refused:
            await bind(office, owner, code)
        answers.append(str(refused.value))
    assert answers[0] == answers[1]
    assert await office.count(OwnerBinding) == 0


async def test_another_owner_sees_nothing(office: Office) -> None:
    """M1: notices go to who bound the target, not to who is signed in."""
    await office.drawn()
    (visit, *_) = await office.all(select(Visit))
    await bind(office, await sign_in(office), visit.notice_code)
    assert await told(office, await sign_in(office, "oDemoOwner0000000002")) == []


async def test_a_later_draw_reaches_the_bound_owner_at_once(office: Office) -> None:
    """F1: where somebody has bound the target, its next notice is on its way with the draw's own commit."""
    await office.drawn(ratio="1")
    (visit, *_) = await office.all(select(Visit))
    owner = await sign_in(office)
    await bind(office, owner, visit.notice_code)
    await office.drawn(ratio="1")
    assert len(await told(office, owner)) == 2
