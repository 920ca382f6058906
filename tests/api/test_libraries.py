"""Libraries, inspectors, policies and contacts over real HTTP, by who may and who may not (B6-B15, N, R)."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from inspection.policy import policy_data, standard
from models.people import Member
from models.registers import Target
from models.results import Inbox
from tests.api.conftest import Building, answer, ok
from tests.office import COORDINATOR, OBSERVER, SECOND

MARKET, HEALTH, FIRE = "market13", "health13", "fire13"
API = "/api/console"
HOTELS = {"name": "旅馆分库", "rule": {"keywords": ["住宿服务"]}}
TABLE = policy_data(standard({"A": "0.5", "B": "1", "C": "2", "D": "4"}))


async def test_from_a_rule_to_a_task(house: Building) -> None:
    """B6, B7: a department produces and confirms its sub-library; the office draws up a task from it."""
    market, office = await house.as_member(MARKET), await house.as_member(COORDINATOR)
    made = await ok(market, "POST", f"{API}/libraries", json={**HOTELS, "shared": True})
    assert (made["status"], made["members"]) == ("draft", 24)
    one = f"{API}/libraries/one/{made['id']}"
    page = await ok(market, "GET", one)
    assert (len(page["rows"]), page["drift"], page["next_after"]) == (24, {"coming": 0, "going": 0}, None)
    mended = await ok(market, "POST", f"{one}/mend", json={"code": page["rows"][0]["code"], "keep": False})
    assert mended["members"] == 23
    task = {"plan_entry_id": await house.office.entry_id(), "library_id": made["id"], "ratio": "0.2"}
    status, problem = await answer(office, "POST", f"{API}/tasks", json=task)
    assert (status, problem["code"]) == (409, "conflict")
    await ok(market, "POST", f"{one}/confirm", json={"members": 23})
    created = await ok(office, "POST", f"{API}/tasks", json=task)
    shown = await ok(office, "GET", f"{API}/tasks/{created['id']}")
    assert shown["preview"]["in_scope"] == 23
    assert shown["scope_text"].startswith("分库“旅馆分库”")
    changed = await ok(market, "POST", f"{one}/rule", json={"rule": {"keywords": ["诊所"]}})
    assert changed["status"] == "draft"
    shown = await ok(office, "GET", f"{API}/tasks/{created['id']}")
    assert "尚未审核确认" in shown["preview"]["short_risk"][0]
    assert (await answer(office, "POST", f"{API}/tasks/{created['id']}/prepare", json={}))[0] == 409
    (row,) = (await ok(office, "GET", f"{API}/libraries"))["rows"]
    assert (row["status_text"], row["department"]) == ("待确认", "市场监督管理局")


async def test_departments_confirm_over_http(house: Building) -> None:
    """B8: each department by its own approver; who confirmed and how many rows is shown to all of the task."""
    task_id = await house.office.prepared()
    path = f"{API}/libraries/confirmations"
    for who in (HEALTH, MARKET, FIRE):
        browser = await house.as_member(who)
        for kind in ("targets", "inspectors"):
            found = await ok(browser, "POST", path, json={"task_id": task_id, "kind": kind})
            assert found["rows"] > 0
    observer = await house.as_member(OBSERVER)
    shown = await ok(observer, "GET", path, params={"task_id": task_id})
    assert len(shown["rows"]) == 6
    assert all(one["current"] and one["confirmed_by"] for one in shown["rows"])
    stranger = await house.as_member("ecology13")
    assert (await answer(stranger, "GET", path, params={"task_id": task_id}))[0] == 404
    assert (await answer(stranger, "POST", path, json={"task_id": task_id, "kind": "targets"}))[0] == 404
    office = await house.as_member(COORDINATOR)
    assert (await answer(office, "POST", path, json={"task_id": task_id, "kind": "targets"}))[0] == 403


async def test_who_answers_for_whom(house: Building) -> None:
    """B10: rules, a run, the two reports, a decision; a department looks and decides nothing."""
    office, market = await house.as_member(COORDINATOR), await house.as_member(MARKET)
    department = (await ok(market, "GET", "/api/me"))["department"]["id"]
    rule = {"department_id": department, "principle": "approves", "keywords": ["食品"]}
    assert (await answer(market, "POST", f"{API}/libraries/duties/rules", json=rule))[0] == 403
    made = await ok(office, "POST", f"{API}/libraries/duties/rules", json=rule)
    counts = await ok(office, "POST", f"{API}/libraries/duties/run", json={})
    shown = await ok(market, "GET", f"{API}/libraries/duties")
    assert shown["counts"] == counts
    assert shown["run_at"] is not None
    page = await ok(market, "GET", f"{API}/libraries/duties/nobody")
    again = await ok(market, "GET", f"{API}/libraries/duties/nobody", params={"after": page["next_after"]})
    assert page["rows"][-1]["code"] < again["rows"][0]["code"]
    settle = {"code": page["rows"][0]["code"], "department_id": department, "reason": "会议议定"}
    await ok(office, "POST", f"{API}/libraries/duties/settle", json=settle)
    assert (await ok(office, "GET", f"{API}/libraries/duties"))["counts"]["nobody"] == counts["nobody"] - 1
    await ok(office, "POST", f"{API}/libraries/duties/rules/{made['id']}/drop", json={})
    assert (await answer(office, "GET", f"{API}/libraries/duties/three"))[0] == 422
    licence = {"code": settle["code"], "name": "食品经营许可证", "number": "JY0001", "expires_on": "2026-01-31"}
    await ok(market, "POST", f"{API}/libraries/licences", json=licence)
    (listed,) = (await ok(market, "GET", f"{API}/libraries/licences"))["rows"]
    assert (listed["code"], listed["expired"]) == (settle["code"], True)
    assert (await answer(market, "GET", f"{API}/libraries/licences", params={"until": "soon"}))[0] == 422
    assert (await answer(market, "GET", f"{API}/libraries/licences", params={"after": "x/y"}))[0] == 422
    await ok(office, "POST", f"{API}/libraries/regions", json={"code": "379999", "name": "演示区"})
    tree = {one["code"]: one for one in (await ok(market, "GET", f"{API}/libraries/regions"))["rows"]}
    assert (tree["379999"]["name"], tree["370000"]["targets"]) == ("山东演示区", 300)


async def test_an_inspector_is_kept_over_http(house: Building) -> None:
    """B9, B11, B13: skills, papers and leave by the department; another one finds nobody."""
    health, office = await house.as_member(HEALTH), await house.as_member(COORDINATOR)
    one = f"{API}/inspectors/one/HEALTH01"
    paper = {"kind": "国家证", "number": "演示0001", "expires_on": "2030-01-01"}
    made = await ok(health, "POST", f"{one}/certificates", json=paper)
    leave = await ok(health, "POST", f"{one}/leaves", json={"starts_on": "2026-03-02", "reason": "病假"})
    await ok(health, "POST", f"{one}/edit", json={"post": "副科长", "skills": ["卫生", "急救"]})
    shown = await ok(health, "GET", one)
    assert (shown["post"], shown["skills"], len(shown["certificates"])) == ("副科长", ["卫生", "急救"], 2)
    rows = {row["staff_no"]: row["on_leave"] for row in (await ok(health, "GET", f"{API}/inspectors"))["rows"]}
    assert rows["HEALTH01"] is True
    await ok(health, "POST", f"{one}/leaves/{leave['id']}/end", json={"ends_on": "2026-03-03"})
    await ok(health, "POST", f"{one}/certificates/{made['id']}/withdraw", json={})
    await ok(office, "POST", f"{API}/inspectors/skills/link", json={"qualification": "急救", "skill": "消防"})
    skills = {row["skill"]: row for row in (await ok(health, "GET", f"{API}/inspectors/skills"))["rows"]}
    assert skills["消防"]["qualifications"] == ["急救"]
    await ok(office, "POST", f"{API}/inspectors/skills/unlink", json={"qualification": "急救", "skill": "消防"})
    late = await ok(health, "GET", f"{API}/inspectors/expiring", params={"until": "2031-01-01"})
    assert len(late["rows"]) == 10
    fire = await house.as_member(FIRE)
    for method, path, body in (("GET", one, None), ("POST", f"{one}/edit", {"post": "x"})):
        assert (await answer(fire, method, path, json=body))[0] == 404


async def test_policy_and_ledger_over_http(house: Building) -> None:
    """N1, R1, R4: a table in force, a check written down, the verdict explained; mistakes name their field."""
    office, market = await house.as_member(COORDINATOR), await house.as_member(MARKET)
    made = await ok(office, "POST", f"{API}/policies", json={"name": "全区", "body": {**TABLE, "together": 4}})
    assert (await answer(market, "POST", f"{API}/policies", json={"name": "自己的", "body": TABLE}))[0] == 403
    bad = {**TABLE, "classes": {**TABLE["classes"], "D": {"factor": "0"}}}
    status, problem = await answer(office, "POST", f"{API}/policies", json={"name": "反了", "body": bad})
    assert (status, "D 类" in problem["title"]) == (422, True)
    code = (await house.office.all(select(Target.code).where(Target.status == "open").limit(1)))[0]
    check = {"code": code, "body": "省局", "level": "upper", "checked_on": "2026-02-01"}
    await ok(market, "POST", f"{API}/policies/ledger", json=check)
    found = await ok(market, "GET", f"{API}/policies/ledger", params={"code": code, "year": "2026"})
    assert (found["counted"], found["rows"][0]["level_text"]) == (1, "上级")
    assert (await ok(market, "GET", f"{API}/policies/ledger"))["total"] == 1
    explained = await ok(market, "GET", f"{API}/policies/explain", params={"code": code, "ratio": "0.1"})
    assert (explained["visits"], explained["together"]) == (0, 1)
    task_id = await house.office.task()
    exempt = {"task_id": task_id, "reason": "assigned", "note": "省局交办"}
    await ok(office, "POST", f"{API}/policies/exemptions", json=exempt)
    assert (await ok(market, "GET", f"{API}/policies/warnings"))["rows"] == []
    shown = await ok(market, "GET", f"{API}/policies")
    assert (len(shown["exemptions"]), shown["rows"][0]["in_force"]) == (10, True)
    await ok(office, "POST", f"{API}/policies/one/{made['id']}/end", json={})


async def test_the_full_run_asks_wecom(house: Building) -> None:
    """B11: the whole address book, over the app's own client; who is not there is out; an approver may not ask."""
    office = await house.as_member(SECOND)
    before = await ok(office, "POST", f"{API}/inspectors/contacts/sync", json={})
    assert (before["left"], before["added"]) == ([], [])
    leaver = await house.as_member("health01")
    house.sandbox.state.contacts.remove("health01")
    report = await ok(office, "POST", f"{API}/inspectors/contacts/sync", json={})
    assert report["left"] == ["health01"]
    assert (await answer(leaver, "GET", "/api/me"))[0] == 401
    market = await house.as_member(MARKET)
    assert (await answer(market, "POST", f"{API}/inspectors/contacts/sync", json={}))[0] == 403


async def test_an_event_is_followed_in_the_name_of_nobody(house: Building) -> None:
    """B11: change_contact, pushed by WeCom and signed, puts the leaver out; nobody is answered."""
    state = house.sandbox.state
    state.connect(callback_url=f"{house.url}/wecom/callback", trusted_origin=house.url)
    state.contacts.remove("health02")
    await house.sandbox.settled()
    assert await house.parts.inbox.work() == 1
    assert await house.office.all(select(Member.active).where(Member.userid == "health02")) == [False]
    (row,) = await house.office.all(select(Inbox))
    assert (row.kind, row.status, row.outcome) == ("event:change_contact", "done", "left")


async def test_of_two_who_confirm_at_once_one_does(each_house: Building) -> None:
    """B7: the state decides, on both databases."""
    market = await each_house.as_member(MARKET)
    made = await ok(market, "POST", f"{API}/libraries", json=HOTELS)
    path = f"{API}/libraries/one/{made['id']}/confirm"
    found = await asyncio.gather(*(answer(market, "POST", path, json={"members": 24}) for _ in range(8)))
    assert sorted(status for status, _ in found) == [200] + [409] * 7


async def test_a_library_for_an_item_by_risk_and_region(house: Building) -> None:
    """B1, N4, B6: a department's library belongs to an item, by risk grade; a province holds its districts."""
    market = await house.as_member(MARKET)
    items = (await ok(market, "GET", f"{API}/items"))["rows"]
    item = next(one for one in items if one["department"] == "市场监督管理局")
    rule = {"classes": ["C", "D"], "regions": ["370000"]}
    made = await ok(market, "POST", f"{API}/libraries", json={"name": "高风险", "item_id": item["id"], "rule": rule})
    page = await ok(market, "GET", f"{API}/libraries/one/{made['id']}")
    assert made["members"] == page["members"] > 0
    assert {one["credit_class"] for one in page["rows"]} <= {"C", "D"}
    assert {one["region_code"][:2] for one in page["rows"]} == {"37"}
    (row,) = (await ok(market, "GET", f"{API}/libraries"))["rows"]
    assert (row["item"], row["department"], row["mine"]) == (item["name"], "市场监督管理局", True)


async def test_who_left_comes_back_by_the_offices_word_alone(house: Building) -> None:
    """B15: no event and no run gives rights back; the office does, once."""
    office, market = await house.as_member(COORDINATOR), await house.as_member(MARKET)
    await house.office.change(Member, Member.userid == "market01", active=False)
    path = f"{API}/inspectors/one/MARKET01/return"
    assert (await answer(market, "POST", path, json={}))[0] == 403
    await ok(office, "POST", path, json={})
    assert (await answer(office, "POST", path, json={}))[0] == 409
    rows = (await ok(office, "GET", f"{API}/inspectors"))["rows"]
    assert next(one for one in rows if one["staff_no"] == "MARKET01")["active"]


async def test_exempted_tasks_are_listed_with_their_reason(house: Building) -> None:
    """R1, R2: by name of the reason, with who said so; a department sees those it takes part in."""
    office, stranger = await house.as_member(COORDINATOR), await house.as_member("ecology13")
    body = {"task_id": await house.office.task(), "reason": "complaint", "note": "12345 转办"}
    await ok(office, "POST", f"{API}/policies/exemptions", json=body)
    (row,) = (await ok(office, "GET", f"{API}/policies/exemptions"))["rows"]
    assert (row["reason_text"], row["note"], bool(row["made_by"])) == ("投诉举报", "12345 转办", True)
    assert (await ok(stranger, "GET", f"{API}/policies/exemptions"))["rows"] == []
