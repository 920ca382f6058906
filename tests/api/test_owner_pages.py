"""What an enterprise meets: binding, notice, receipt, questions, rating, door; nothing unannounced before it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from inspection.actors import SYSTEM, Role
from models.owners import Door, OwnerCredit, Rating
from models.people import AuditEntry, Department, Grant, Member, Owner, OwnerBinding
from models.registers import Contact, Target
from models.results import Outbox, PhoneCall
from models.tasks import Evidence, Task, Visit
from services.people.overview import recent_acts
from tests.api.chat_play import Chat, jpeg
from tests.api.conftest import Building, answer, ok
from tests.doors import ROUTES
from tests.office import COORDINATOR

PHONE = "13800000000"


@pytest.fixture
def chat(house: Building) -> Chat:
    house.sandbox.state.connect(callback_url=f"{house.url}/wecom/callback", trusted_origin=house.url)
    return Chat(house)


async def bound(chat: Chat, visit: Visit) -> aiohttp.ClientSession:
    owner = await chat.house.as_owner()
    await ok(owner, "POST", "/api/owner/bind", json={"notice_code": visit.notice_code})
    return owner


async def bound_by_hand(chat: Chat, visit: Visit) -> aiohttp.ClientSession:
    """An owner who bound the target long ago."""
    owner = await chat.house.as_owner()
    (found,) = await chat.house.office.all(select(Owner))
    async with chat.house.office.act(SYSTEM) as act:
        act.db.add(OwnerBinding(owner_id=found.id, target_id=visit.target_id, bound_at=act.now))
    return owner


async def accepted(chat: Chat, visit: Visit) -> aiohttp.ClientSession:
    """The leader's phone, after he has accepted."""
    phone = await chat.house.as_member(await chat.leader(visit))
    await ok(phone, "POST", f"/api/phone/visits/{visit.id}/accept", json={})
    return phone


async def test_the_notice_says_all_that_the_law_wants(chat: Chat) -> None:
    """F1: when, what, which papers, who with which certificate, which rights; and the receipt is confirmed once."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    owner = await bound(chat, visit)
    (row,) = (await ok(owner, "GET", "/api/owner/visits"))["visits"]
    told = await ok(owner, "GET", f"/api/owner/visits/{row['id']}")
    assert told["documents"][0] == "营业执照"
    assert len(told["departments"]) > 1
    assert all(one["item"] for one in told["items"])
    assert told["people"][0]["leads"]
    assert all(one["certificate_no"] for one in told["people"] if one["certified"])
    assert any("回避" in one for one in told["rights"])
    assert any("无入企码" in one for one in told["rights"])
    assert await ok(owner, "POST", f"/api/owner/visits/{visit.id}/confirm", json={}) == {"new": True}
    assert await ok(owner, "POST", f"/api/owner/visits/{visit.id}/confirm", json={}) == {"new": False}
    phone = await chat.house.as_member(await chat.leader(visit))
    (record,) = (await ok(phone, "GET", f"/api/phone/visits/{visit.id}/owner"))["records"]
    assert record["way_text"] == "微信确认"


async def test_the_paper_leads_to_a_page_that_proves_it(chat: Chat) -> None:
    """F1: the PDF comes to the owner and to the group; the page of its code says the same, a forged code is missing."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    owner = await bound(chat, visit)
    phone = await chat.house.as_member(await chat.leader(visit))
    for browser, path in ((owner, "owner"), (phone, "phone")):
        status, data = await answer(browser, "GET", f"/api/{path}/visits/{visit.id}/notice.pdf")
        assert (status, data[:5]) == (200, b"%PDF-")
        assert data.count(b"/Type /Page\n") + data.count(b"/Type/Page/") == 1
    anybody = chat.house.browser()
    status, page = await answer(anybody, "GET", f"/public/notices/{visit.notice_code}")
    assert status == 200
    assert visit.number in page.decode()
    assert "真实有效" in page.decode()
    assert (await answer(anybody, "GET", "/public/notices/WRONG234"))[0] == 404
    stranger = await chat.house.as_owner("别家")
    assert (await answer(stranger, "GET", f"/api/owner/visits/{visit.id}/notice.pdf"))[0] == 404


async def test_questions_are_answered_by_the_leader(chat: Chat) -> None:
    """F1: the leader hears of a question, answers once; the enterprise hears that he did; nobody else answers."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    owner = await bound(chat, visit)
    (leader, _), (member, _), *_ = await chat.people(visit)
    await ok(owner, "POST", f"/api/owner/visits/{visit.id}/questions", json={"words": "请问周末来吗？"})
    await chat.settle()
    asked = chat.card(leader, "被检查对象有提问")
    assert (asked.current_card()["button_list"][0]["text"], asked.replaced_by) == ("去答复", "")
    stored = await chat.house.office.all(select(Outbox.content).where(Outbox.kind == "owner-asked"))
    assert "周末" not in str(stored)  # what a person writes stays out of messages
    phone = await chat.house.as_member(leader)
    (question,) = (await ok(phone, "GET", f"/api/phone/visits/{visit.id}/owner"))["questions"]
    path = f"/api/phone/visits/{visit.id}/questions/{question['id']}/answer"
    other = await chat.house.as_member(member)
    assert (await answer(other, "POST", path, json={"words": "不来"}))[0] == 404
    await ok(phone, "POST", path, json={"words": "工作日来，提前一天打电话。"})
    assert (await answer(phone, "POST", path, json={"words": "又来"}))[0] == 409
    told = await ok(owner, "GET", f"/api/owner/visits/{visit.id}")
    assert told["questions"][0]["answer"] == "工作日来，提前一天打电话。"
    assert "检查组已答复您的提问" in str(await ok(owner, "GET", "/api/owner/notices"))
    await chat.settle()
    assert asked.replaced_by == "已答复"


async def test_binding_by_the_number_on_record(chat: Chat) -> None:
    """F1, M1: WeChat's number must be the one on record; nobody learns whose number is."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    (code,) = await chat.house.office.all(select(Target.code).where(Target.id == visit.target_id))
    async with chat.house.office.act(SYSTEM) as act:
        contact = await act.db.get(Contact, visit.target_id)
        if contact is None:
            contact = Contact(target_id=visit.target_id)
            act.db.add(contact)
        contact.phone = "+86 138-0000-0000"
    state, owner = chat.house.sandbox.state, await chat.house.as_owner()
    who = state.owners.all()[-1]
    answers = []
    for target, phone in ((code, "13900000000"), ("91370000000000000X", PHONE), (code, PHONE)):
        who.phone = phone
        body = {"target_code": target, "phone_code": state.phone_codes.issue(who.openid)}
        answers.append(await answer(owner, "POST", "/api/owner/bind-phone", json=body))
    assert [status for status, _ in answers] == [404, 404, 200]
    assert answers[0][1]["title"] == answers[1][1]["title"]
    assert answers[2][1]["released"] == 1
    assert len((await ok(owner, "GET", "/api/owner/visits"))["visits"]) == 1


async def test_the_ledger_follows_what_wechat_takes(chat: Chat) -> None:
    """43101: one tap is one message; a refusal ends what was thought to be left."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    owner = await chat.house.as_owner()
    openid = chat.house.sandbox.state.owners.all()[-1].openid
    chat.house.sandbox.state.owners.subscribe(openid, "T1")
    for _ in range(2):  # two taps as the page saw it, one as WeChat did
        left = (await ok(owner, "POST", "/api/owner/subscriptions", json={"kind": "once"}))["messages_left"]
    assert left == 2
    await ok(owner, "POST", "/api/owner/bind", json={"notice_code": visit.notice_code})
    await chat.settle()
    assert (await ok(owner, "GET", "/api/owner/me"))["messages_left"] == 1
    phone = await accepted(chat, visit)
    await ok(owner, "POST", f"/api/owner/visits/{visit.id}/questions", json={"words": "问"})
    (question,) = (await ok(phone, "GET", f"/api/phone/visits/{visit.id}/owner"))["questions"]
    path = f"/api/phone/visits/{visit.id}/questions/{question['id']}/answer"
    await ok(phone, "POST", path, json={"words": "答"})
    await chat.settle()
    assert (await ok(owner, "GET", "/api/owner/me"))["messages_left"] == 0
    kinds = await chat.house.office.all(select(OwnerCredit.kind).order_by(OwnerCredit.id))
    assert kinds == ["once", "once", "spent", "refused"]


async def test_a_notice_by_phone_is_on_record(chat: Chat) -> None:
    """F1: to whom, when, by which way; an unannounced visit's enterprise is not told, and that is not recorded."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    phone = await accepted(chat, visit)
    path = f"/api/phone/visits/{visit.id}/notice-records"
    await ok(phone, "POST", path, json={"way": "phone", "receiver": "店长", "note": "周二上午来"})
    assert (await answer(phone, "POST", path, json={"way": "pigeon", "receiver": "x"}))[0] == 422
    late = {"way": "fax", "receiver": "x", "at": "2027-01-01T00:00:00+08:00"}
    assert (await answer(phone, "POST", path, json=late))[0] == 422
    (record,) = (await ok(phone, "GET", f"/api/phone/visits/{visit.id}/owner"))["records"]
    assert (record["way_text"], record["receiver"]) == ("电话", "店长")


def owner_routes() -> list[tuple[str, str]]:
    found = [
        (one.method, one.path)
        for one in ROUTES
        if isinstance(one.roles, frozenset) and Role.OWNER in one.roles and "{id" in one.path
    ]
    assert len(found) > 5
    return found


async def test_an_unannounced_visit_is_not_there_on_any_route(chat: Chat) -> None:
    """F2, M3: every door that owners may open answers of it as of a visit that never was, until the code is scanned."""
    (visit, *_) = await chat.drawn(ratio="0.1", announced=False)
    owner = await bound_by_hand(chat, visit)
    bodies: dict[str, Any] = {"questions": {"words": "?"}, "rating": {"stars": 5}, "hand-in": {"note": "x"}}
    hidden = (visit.id, visit.number, visit.notice_code)
    for path in ("/api/owner/me", "/api/owner/visits", "/api/owner/notices", "/api/owner/rectifications"):
        body = str(await ok(owner, "GET", path))
        assert not any(one in body for one in hidden), path
    for method, path in owner_routes():
        last = path.rsplit("/", 1)[-1]
        said = []
        for visit_id in (visit.id, "0" * 32):
            where = re.sub(r"\{id\}", visit_id, path)
            where = re.sub(r"\{digest\}", "0" * 64, re.sub(r"\{size[^}]*\}", "thumb", where))
            status, body = await answer(owner, method, where, json=bodies.get(last, {}))
            said.append((status, str(body).replace(visit_id, "")))
        assert said[0] == said[1], path
        assert said[0][0] >= 400, path
    closed = [
        await answer(owner, "POST", "/api/owner/bind", json={"notice_code": visit.notice_code}),
        await answer(chat.house.browser(), "GET", f"/public/notices/{visit.notice_code}"),
        await answer(owner, "POST", "/api/owner/doors/ABCDEFGHJK", json={}),
    ]
    assert [status for status, _ in closed] == [404, 404, 404]
    phone = await accepted(chat, visit)
    assert (await answer(phone, "GET", f"/api/phone/visits/{visit.id}/notice.pdf"))[0] == 404
    told = {"way": "phone", "receiver": "店长"}
    assert (await answer(phone, "POST", f"/api/phone/visits/{visit.id}/notice-records", json=told))[0] == 409
    await chat.settle()
    assert await chat.house.office.count(Outbox, Outbox.channel == "wechat") == 0
    code = (await ok(phone, "POST", f"/api/phone/visits/{visit.id}/door", json={}))["code"]
    assert (await ok(owner, "GET", "/api/owner/visits"))["visits"] == []  # shown is not yet scanned
    assert await ok(owner, "POST", f"/api/owner/doors/{code}", json={}) == {"visit_id": visit.id}
    assert (await ok(owner, "GET", f"/api/owner/visits/{visit.id}"))["number"] == visit.number


async def test_the_door_shows_who_what_and_on_which_plan(chat: Chat) -> None:
    """亮码入企: anybody who scans sees it and puts it on record; the code ends with the day."""
    (visit, *_) = await chat.drawn(ratio="0.1", announced=False)
    phone = await accepted(chat, visit)
    door = await ok(phone, "POST", f"/api/phone/visits/{visit.id}/door", json={})
    assert (await ok(phone, "POST", f"/api/phone/visits/{visit.id}/door", json={}))["code"] == door["code"]
    anybody = chat.house.browser()
    path = f"/public/door/{door['code']}"
    status, page = await answer(anybody, "GET", path)
    shown = page.decode()
    (task,) = await chat.house.office.all(select(Task))
    assert status == 200
    assert all(one in shown for one in (visit.number, task.name, task.number, "组长", "执法证"))
    assert await chat.house.office.all(select(Door.scanned_at)) == [None]  # looking is not scanning
    assert (await answer(anybody, "POST", path))[0] == 200
    (row,) = await chat.house.office.all(select(Door))
    assert row.scanned_at is not None
    chat.house.office.clock.advance(hours=24)
    assert (await answer(anybody, "GET", path))[0] == 404
    other = await chat.house.as_member(COORDINATOR)
    assert (await answer(other, "POST", f"/api/phone/visits/{visit.id}/door", json={}))[0] in {403, 404}


async def test_an_unannounced_visit_is_not_begun_without_scan_or_reason(chat: Chat) -> None:
    """亮码入企: no evidence before the code was scanned or a listed reason is on record; nothing is lost meanwhile."""
    (visit, *_) = await chat.drawn(ratio="0.1", announced=False)
    leader = await chat.leader(visit)
    phone = await accepted(chat, visit)
    await chat.send_photo(leader, jpeg())
    assert "亮码入企" in chat.from_app(leader)[-1].message.content["content"]
    assert await chat.house.office.count(Evidence) == 0
    path = f"/api/phone/visits/{visit.id}/door-reason"
    assert (await answer(phone, "POST", path, json={"reason": "lazy"}))[0] == 422
    assert (await answer(phone, "POST", path, json={"reason": "other"}))[0] == 422
    await ok(phone, "POST", path, json={"reason": "nobody"})
    assert (await answer(phone, "POST", path, json={"reason": "refused"}))[0] == 409
    await chat.send_photo(leader, jpeg())
    assert await chat.house.office.count(Evidence) == 1
    acts = await chat.house.office.all(select(AuditEntry.act).where(AuditEntry.act == "door-reason"))
    assert acts == ["door-reason"]


async def test_a_rating_is_nobodys(chat: Chat) -> None:
    """Issue 5: each rates once after the end; a department sees a mean from five on, and never who or which visit."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    owner = await bound(chat, visit)
    path = f"/api/owner/visits/{visit.id}/rating"
    assert (await answer(owner, "POST", path, json={"stars": 4}))[0] == 404
    await chat.house.office.change(Visit, Visit.id == visit.id, status="confirmed")  # type: ignore[type-var]
    assert await ok(owner, "POST", path, json={"stars": 4, "comment": "认真"}) == {"new": True}
    assert await ok(owner, "POST", path, json={"stars": 1}) == {"new": False}
    desk = await chat.house.as_member(COORDINATOR)
    rows = (await ok(desk, "GET", "/api/console/ratings"))["ratings"]
    assert {(one["count"], one["mean"], len(one["comments"])) for one in rows} == {(1, None, 0)}
    columns = {column.name for column in Rating.__table__.columns}
    assert columns == {"token", "department_id", "month", "stars", "comment"}
    async with chat.house.office.act(COORDINATOR) as act:
        (entry,) = [one for one in await recent_acts(act, limit=50) if one["act"] == "owner-rate"]
    assert entry["who"] == "当事人"
    assert visit.number not in str(entry)


async def test_a_notice_that_nobody_bound_is_told_by_phone_and_is_on_record(chat: Chat) -> None:
    """F1, issue 5: a day held, then a named person calls, once; what he notes is the visit's notice record.

    Whoever binds afterwards has it in WeChat all the same; of an unannounced visit there is nothing to call about.
    """
    (visit, *_) = await chat.drawn(ratio="0.1")
    office = chat.house.office
    unbound = await office.count(Outbox, Outbox.status == "held")
    assert unbound > 0
    assert await chat.house.parts.remind() >= 0
    assert await office.count(PhoneCall) == 0
    office.clock.advance(hours=24)
    for _ in range(2):
        await chat.house.parts.remind()
        await chat.settle()
    assert await office.count(PhoneCall) == unbound
    desk = await chat.house.as_member(COORDINATOR)
    rows = (await ok(desk, "GET", "/api/console/calls"))["rows"]
    assert {(one["why"], one["maybe"], one["status"]) for one in rows} == {("企业还没有人绑定微信", False, "open")}
    (call,) = await office.all(select(PhoneCall).where(PhoneCall.subject == f"visit:{visit.id}"))
    said = {"outcome": "reached", "spoke_to": "店长", "note": "已记下时间"}
    assert await ok(desk, "POST", f"/api/console/calls/{call.id}/note", json=said) == {"status": "done"}
    phone = await chat.house.as_member(await chat.leader(visit))
    (record,) = (await ok(phone, "GET", f"/api/phone/visits/{visit.id}/owner"))["records"]
    assert (record["way_text"], record["receiver"], record["note"]) == ("电话", "店长", "已记下时间")
    owner = await bound(chat, visit)
    assert len((await ok(owner, "GET", "/api/owner/notices"))["notices"]) >= 1
    assert await office.count(PhoneCall) == unbound


async def test_ratings_show_nobody_and_each_department_its_own(chat: Chat) -> None:
    """Issue 5, owners: from five on a mean; words for the office alone; a department nothing of another's."""
    departments = {one.name: one.id for one in await chat.house.office.all(select(Department))}
    own, other = "市场监督管理局", "卫生健康局"
    async with chat.house.office.act(SYSTEM) as act:
        for number in range(6):
            for name in (own, other)[: 2 if number < 2 else 1]:
                row = {
                    "token": f"{name}{number}".encode().hex()[:60],
                    "month": date(2026, 3, 1),
                    "stars": 4 + number % 2,
                }
                act.db.add(Rating(department_id=departments[name], comment="认真", **row))
    desk = await chat.house.as_member(COORDINATOR)
    told = await ok(desk, "GET", "/api/console/ratings")
    assert told["at_least"] == 5
    found = {one["department"]: (one["count"], one["mean"], len(one["comments"])) for one in told["ratings"]}
    assert found == {own: (6, 4.5, 6), other: (2, None, 0)}
    approvers = await chat.house.office.all(
        select(Member.userid)
        .join(Grant, Grant.member_id == Member.id)
        .where(Grant.role == Role.APPROVER.value, Member.department_id == departments[own])
    )
    approver = await chat.house.as_member(approvers[0])
    (mine,) = (await ok(approver, "GET", "/api/console/ratings"))["ratings"]
    assert (mine["department"], mine["mean"], mine["comments"]) == (own, 4.5, [])
