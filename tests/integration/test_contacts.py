"""WeCom's contacts (B11, T3): a leaver is out at once, nobody comes back by himself, a bad run puts nobody out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from inspection.actors import SYSTEM
from inspection.errors import ConflictError
from models.people import AuditEntry, Grant, Member, SignIn
from models.results import Outbox
from models.store import tasks as store
from models.tasks import Visit, VisitMember
from services.drawing import tasks
from services.people import signin
from services.registers import contacts
from services.registers.contacts import AddressBook, Report
from tests.office import Office, pools_in

PLACES = [
    {"id": 1, "parentid": 0, "name": "演示企业"},
    {"id": 2, "parentid": 1, "name": "卫健局"},
    {"id": 3, "parentid": 2, "name": "监督一科"},
    {"id": 4, "parentid": 1, "name": "演示食堂"},
]


async def people(office: Office, *without: str) -> list[dict[str, Any]]:
    rows = await office.all(select(Member).where(Member.active))
    return [
        {"userid": row.userid.upper(), "name": row.name, "department": [2], "position": row.post, "status": 1}
        for row in rows
        if row.userid not in without
    ]


async def sync(office: Office, found: list[dict[str, Any]]) -> Report:
    async with office.act(SYSTEM) as act:
        return await contacts.sync_all(act, AddressBook(people=found, departments=PLACES))


async def event(office: Office, change: str, userid: str, **fields: Any) -> str:
    async with office.act(SYSTEM) as act:
        return await contacts.on_change(act, {"ChangeType": change, "UserID": userid, **fields})


async def signed_in(office: Office, userid: str) -> None:
    async with office.act(SYSTEM) as act:
        await signin.sign_in_member(act, userid)


async def test_the_same_people_change_nothing(office: Office) -> None:
    """B11: a run over the same contacts changes nobody, however the ids are written, and twice is harmless."""
    for _ in range(2):
        report = await sync(office, await people(office))
        assert report.as_data() == Report(seen=report.seen).as_data()
    assert await office.count(Member, Member.active.is_(False)) == 0


@pytest.mark.parametrize("way", ["run", "delete", "disabled", "quit"])
async def test_a_leaver_is_out_at_once(office: Office, way: str) -> None:
    """B11: sessions dead, in no pool, his open visits told to the liaison; others stay as they are."""
    await office.drawn()
    sent = select(Member).join(VisitMember, VisitMember.member_id == Member.id).where(Member.userid.like("health%"))
    leaver = (await office.all(sent))[0]
    userid, member_id = leaver.userid, leaver.id
    await signed_in(office, userid)
    await signed_in(office, "fire01")
    if way == "run":
        assert (await sync(office, await people(office, userid))).left == [userid]
    elif way == "delete":
        assert await event(office, "delete_user", userid.upper()) == "left"
    else:
        assert await event(office, "update_user", userid, Status="2" if way == "disabled" else "5") == "left"
    assert await office.count(SignIn, SignIn.member_id == member_id) == 0
    assert await office.count(SignIn) == 1
    task_id = await office.task()
    async with office.act() as act:
        pool = await tasks.pool_of(act, await store.task(act.db, act.actor, task_id))
    assert userid.upper() not in {one.id for one in pools_in(pool).inspectors}
    numbers = await office.all(
        select(Visit.number)
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .where(VisitMember.member_id == member_id)
    )
    letters = await office.all(select(Outbox).where(Outbox.kind == "left"))
    assert [one.recipient for one in letters] == ["health14"]  # 联络员
    assert dict(letters[0].content["facts"])["检查编号"] == "、".join(sorted(numbers))
    (entry,) = await office.all(select(AuditEntry).where(AuditEntry.act == "contact-left"))
    assert entry.detail["visits"] == sorted(numbers)


async def test_leaving_twice_is_told_once(office: Office) -> None:
    """F3: the event, its repeat and the next run together make one message."""
    assert await event(office, "delete_user", "health01") == "left"
    assert await event(office, "delete_user", "health01") == "gone-before"
    assert (await sync(office, await people(office))).left == []
    assert await office.count(Outbox, Outbox.kind == "left") == 1


async def test_without_a_liaison_somebody_else_is_told(office: Office) -> None:
    """F4: the department's approvers, deputy and head, and where there is none, the office."""
    await office.change(Member, Member.userid.in_(["health14"]), post="")
    await event(office, "delete_user", "health01")
    assert sorted(await office.all(select(Outbox.recipient).where(Outbox.kind == "left"))) == ["health13", "health15"]
    office.clock.advance(minutes=1)
    await event(office, "delete_user", "health15")
    office.clock.advance(minutes=1)
    await event(office, "delete_user", "health13")
    told = await office.all(select(Outbox.recipient).where(Outbox.kind == "left").order_by(Outbox.id))
    assert sorted(told[3:]) == ["office01", "office02"]


async def test_nobody_comes_back_by_himself(office: Office) -> None:
    """B11: who was put out of service here is not taken in again by WeCom's word; somebody must decide."""
    await office.change(Member, Member.userid == "health01", active=False)
    everybody = [*await people(office), {"userid": "health01", "name": "演示回来", "department": [2], "status": 1}]
    assert (await sync(office, everybody)).returned == ["health01"]
    assert await event(office, "update_user", "health01", Name="演示回来") == "returned"
    assert await office.all(select(Member.active).where(Member.userid == "health01")) == [False]


async def test_a_run_that_would_empty_the_office_is_refused(office: Office) -> None:
    """B11: a wrong visible range in WeCom throws nobody out; an empty list neither."""
    everybody = await people(office)
    for some in ([], everybody[:10]):
        with pytest.raises(ConflictError, match="可见范围"):
            await sync(office, some)
    assert await office.count(Member, Member.active.is_(False)) == 0
    assert await office.count(Outbox) == 0


async def test_who_is_new_comes_without_any_role(office: Office) -> None:
    """B11, T4: into the department of that name or the nearest above; who belongs to none of ours is only named."""
    new = [
        {"userid": "NewOne", "name": "演示新人", "department": [3], "position": "科员", "status": 1},
        {"userid": "cook", "name": "演示厨师", "department": [4], "status": 1},
    ]
    report = await sync(office, [*await people(office), *new])
    assert (report.added, report.unplaced) == (["newone"], ["cook"])
    (member,) = await office.all(select(Member).where(Member.userid == "newone"))
    health = (await office.all(select(Member.department_id).where(Member.userid == "health01")))[0]
    assert (member.department_id, member.post) == (health, "科员")
    assert await office.count(Grant, Grant.member_id == member.id) == 0
    assert await office.count(Member, Member.userid == "cook") == 0


async def test_names_posts_and_userids_follow(office: Office) -> None:
    """B11: a change of name, post or account is taken over; an account that another holds is refused."""
    assert await event(office, "update_user", "health01", Name="演示改名", Position="主任") == "updated"
    assert await event(office, "update_user", "health01", NewUserID="Health-New") == "updated"
    (member,) = await office.all(select(Member).where(Member.userid == "health-new"))
    assert (member.name, member.post) == ("演示改名", "主任")
    with pytest.raises(ConflictError, match="另一名成员"):
        await event(office, "update_user", "health02", NewUserID="HEALTH03")
    assert await event(office, "create_party", "") == "not-ours"
    assert await event(office, "delete_user", "stranger") == "not-ours"


async def test_a_dead_session_opens_no_door(office: Office) -> None:
    """B11: the token of a leaver is worth nothing from the same moment on."""
    async with office.act(SYSTEM) as act:
        token = await signin.sign_in_member(act, "health01")
        assert await signin.actor_of(act.db, token, act.now) is not None
        await contacts.on_change(act, {"ChangeType": "delete_user", "UserID": "health01"})
        assert await signin.actor_of(act.db, token, act.now + timedelta(seconds=1)) is None
