"""Lists and plans over real HTTP: the whole way, who is let in, what is refused, what the public reads (A, C)."""

from __future__ import annotations

import base64
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from sqlalchemy import select

from models.people import Department
from tests.api.conftest import LIAISON, Building, answer, ok
from tests.office import ADMIN, COORDINATOR

HEALTH, MARKET, INSPECTOR = "health13", "market13", "health01"
ITEM = {
    "name": "<b>公共场所空气质量检查</b>",
    "item_class": "一般",
    "ratio": "5%",
    "frequency": "1次/年",
    "basis": "条例",
}
ENTRY = {"name": "公共场所抽查", "starts_on": "2026-05-01", "ends_on": "2026-09-30", "quota": "10%(20户)"}


async def post(browser: aiohttp.ClientSession, path: str, body: dict[str, Any] | None = None) -> Any:
    return await ok(browser, "POST", f"/api/console/{path}", json=body or {})


async def refused(browser: aiohttp.ClientSession, path: str, body: dict[str, Any] | None = None) -> int:
    status, problem = await answer(browser, "POST", f"/api/console/{path}", json=body or {})
    assert problem["title"]
    assert problem["status"] == status
    return status


async def test_a_list_from_draft_to_filing(each_house: Building) -> None:
    """A1, A10, A11, H6: a department writes and publishes, the office files, anybody reads; markup stays text."""
    health, office = await each_house.as_member(HEALTH), await each_house.as_member(COORDINATOR)
    list_id = (await post(health, "lists", {"name": "卫生健康局抽查事项清单", "kind": "department"}))["id"]
    draft = (await post(health, f"lists/{list_id}/items", {"items": [ITEM]}))["drafts"][0]
    page = await ok(each_house.browser(), "GET", "/public/items")
    assert "空气质量".encode() not in page
    done = await post(health, f"lists/{list_id}/publish", {"valid_from": "2026-03-02", "reason": "新增"})
    assert (done["number"], done["versions"], done["warnings"]) == (1, 1, [])
    page = (await ok(each_house.browser(), "GET", "/public/items")).decode()
    assert "&lt;b&gt;公共场所空气质量检查" in page
    assert "<b>公共场所" not in page
    rows = {row["id"]: row for row in (await ok(office, "GET", "/api/console/lists"))["rows"]}
    assert (rows[list_id]["items"], rows[list_id]["unfiled"]) == (1, 1)
    overview = await ok(office, "GET", "/api/console/overview")
    assert ("清单调整备案", "卫生健康局抽查事项清单") in {
        (one["text"], one["subject_text"]) for one in overview["deadlines"]
    }
    filing = {"filed_on": "2026-03-02", "number": "备1号"}
    assert await refused(health, f"list-changes/{done['change_id']}/file", filing) == 403
    assert (await post(office, f"list-changes/{done['change_id']}/file", filing))["filing_number"] == "备1号"
    assert await refused(office, f"list-changes/{done['change_id']}/file", filing) == 409
    assert (await ok(office, "GET", f"/api/console/lists/{list_id}"))["unfiled"] == 0
    await post(health, f"lists/{list_id}/items/{draft['item_id']}/draft", {**ITEM, "ratio": "3%"})
    await post(health, f"lists/{list_id}/publish", {"valid_from": "2026-04-01", "reason": "降低比例"})
    versions = (await ok(office, "GET", f"/api/console/list-items/{draft['item_id']}/versions"))["rows"]
    assert [(row["ratio"], row["changed"]) for row in versions] == [("5%", []), ("3%", ["抽查比例"])]
    for on, ratio in (("2026-03-31", "5%"), ("2026-04-01", "3%")):
        found = await ok(office, "GET", f"/api/console/lists/{list_id}?on={on}")
        assert [row["ratio"] for row in found["rows"]] == [ratio]


async def test_a_plan_from_draft_to_a_task(each_house: Building) -> None:
    """C3-C6: the department makes it, the office carries it on, a task comes last; the public reads it."""
    health, office = await each_house.as_member(HEALTH), await each_house.as_member(COORDINATOR)
    plan_id = (await post(health, "plans", {"year": 2026, "kind": "annual"}))["id"]
    market = await department_id(each_house, "market")
    entry = {**ENTRY, "partner_ids": [market], "item_text": "旅馆卫生管理检查"}
    entry_id = (await post(health, f"plans/{plan_id}/entries", {"entries": [entry]}))["ids"][0]
    task = {"plan_entry_id": entry_id, "keywords": ["住宿服务"]}
    assert await refused(office, "tasks", task) == 409
    assert (await post(health, f"plans/{plan_id}/submit"))["status"] == "submitted"
    assert await refused(health, f"plans/{plan_id}/collect") == 403
    await post(office, f"plans/{plan_id}/collect")
    assert await refused(office, f"plans/{plan_id}/approve", {"note": ""}) == 422
    await post(office, f"plans/{plan_id}/approve", {"note": "第一次联席会议"})
    assert "公共场所抽查".encode() not in await ok(each_house.browser(), "GET", "/public/plan")
    await post(health, f"plans/{plan_id}/publish")
    assert "公共场所抽查".encode() in await ok(each_house.browser(), "GET", "/public/plan")
    assert (await post(office, f"plans/{plan_id}/file", {"filed_on": "2026-03-02", "number": "1"}))["status"] == "filed"
    assert (await post(office, "tasks", task))["number"]
    await post(office, f"plan-entries/{entry_id}/adjust", {"changes": {"quota": "5%"}, "reason": "人手不足"})
    history = (await ok(health, "GET", f"/api/console/plan-entries/{entry_id}/history"))["rows"]
    assert [row["values"]["quota_text"] for row in history] == ["10%(20户)", "5%"]
    assert (await ok(office, "GET", f"/api/console/plans/{plan_id}"))["status"] == "approved"


async def test_the_items_of_a_task_are_named_or_asked_for(house: Building) -> None:
    """A3, T4: the choices say which items the plan names; where it names none, 422 until somebody chooses."""
    office = await house.as_member(COORDINATOR)
    entry = await house.office.entry_id()
    items = (await ok(office, "GET", "/api/console/task-choices", params={"plan_entry": entry}))["items"]
    assert {one["name"] for one in items if one["named"]} == {"旅馆卫生管理检查", "旅馆消防安全检查"}
    vague = "任务名称,抽查事项,抽查比例,起止时间,发起部门\n旅馆抽查,旅馆情况,20%,2026年,卫健局\n"
    assert (await house.office.import_file("plan", vague.encode()))["added"] == 1
    entry = await house.office.entry_id("旅馆抽查")
    items = (await ok(office, "GET", "/api/console/task-choices", params={"plan_entry": entry}))["items"]
    assert not any(one["named"] for one in items)
    status, problem = await answer(office, "POST", "/api/console/tasks", json={"plan_entry_id": entry})
    assert (status, problem["code"]) == (422, "items-not-named")
    assert "计划“旅馆抽查”没有写明卫生健康局检查清单中的哪一项" in problem["title"]
    hotel = next(one["id"] for one in items if one["name"] == "旅馆卫生管理检查")
    assert (await post(office, "tasks", {"plan_entry_id": entry, "item_ids": [hotel]}))["number"]


async def department_id(house: Building, code: str) -> str:
    return (await house.office.all(select(Department.id).where(Department.code == code)))[0]


async def test_reports_of_the_year(house: Building) -> None:
    """C7, C8, C10: coverage for the desk, merging for the office; a year is a year."""
    office, health = await house.as_member(COORDINATOR), await house.as_member(HEALTH)
    found = await ok(office, "GET", "/api/console/plan-coverage/2026")
    assert found["items"] == 14
    assert len(found["departments"]) == 5  # the office itself inspects nobody
    assert len((await ok(health, "GET", "/api/console/plan-coverage/2026"))["departments"]) == 1
    assert isinstance((await ok(office, "GET", "/api/console/plan-merges/2026"))["rows"], list)
    assert (await answer(health, "GET", "/api/console/plan-merges/2026"))[0] == 403
    for year in ("26", "二〇二六", "99999", "-202"):
        assert (await answer(office, "GET", f"/api/console/plan-coverage/{year}"))[0] == 422


async def test_an_item_has_one_checklist_of_its_own(house: Building) -> None:
    """A13: begun from the standard one, mended, kept with the version; a wrong one is refused by the question."""
    health = await house.as_member(HEALTH)
    form = (await post(health, "standard-form", {"name": "旅馆卫生检查"}))["form"]
    assert len(form["questions"]) > 3
    list_id = (await post(health, "lists", {"name": "清单", "kind": "department"}))["id"]
    question = {"id": "q1", "text": "卫生许可证的状态", "kind": "choice", "required": True, "key": True}
    own = {**form, "version": "own", "questions": [{**question, "options": ["有效", "过期"]}, *form["questions"]]}
    path = f"lists/{list_id}/items"
    for wrong, word in (
        ({**form, "questions": []}, "1 至 200"),
        ({**form, "questions": [question]}, "第 1 个问题至少要有 2 个不同的选项"),
        ({**form, "questions": [*form["questions"], form["questions"][0]]}, "与前面的重复"),
        ({**form, "questions": [{**form["questions"][0], "text": " "}]}, "1 至 300 字"),
        ({**form, "questions": [{**question, "kind": "song"}]}, "格式不正确"),
        ({**form, "questions": [{**question, "kind": "number", "min": 2, "max": 1}]}, "最小值大于最大值"),
    ):
        body = {"items": [{**ITEM, "form": wrong}]}
        status, problem = await answer(health, "POST", f"/api/console/{path}", json=body)
        assert (status, word in problem["title"] + problem["detail"]) == (422, True), problem
    await post(health, path, {"items": [{**ITEM, "form": own}]})
    (draft,) = (await ok(health, "GET", f"/api/console/lists/{list_id}"))["draft_rows"]
    assert [one["id"] for one in draft["form"]["questions"]][:2] == ["q1", "licence"]


async def test_departments_and_their_other_names(each_house: Building) -> None:
    """T3, B10: pickers read all; the office names; a name belongs to one; tables find a department by its new alias."""
    office, health = await each_house.as_member(COORDINATOR), await each_house.as_member(HEALTH)
    rows = (await ok(health, "GET", "/api/console/departments"))["rows"]
    assert [rows[0]["is_office"], len(rows)] == [True, 6]
    made = await post(office, "departments", {"name": "商务局", "aliases": ["商务主管部门", "商务局"]})
    path = f"departments/{made['id']}"
    assert await refused(office, "departments", {"name": "商务主管部门"}) == 409
    assert await refused(health, path, {"name": "商务委"}) == 403
    assert await refused(office, path, {"name": " "}) == 422
    assert await refused(office, f"departments/{'0' * 32}", {"name": "商务委"}) == 404
    assert (await post(office, path, {"name": "商务和投资促进局", "aliases": ["商务局"]}))["name"] == "商务和投资促进局"
    (row,) = [one for one in (await ok(office, "GET", "/api/console/departments"))["rows"] if one["id"] == made["id"]]
    assert (row["aliases"], row["inspectors"]) == (["商务局"], 0)
    table = "抽查事项,发起部门\n成品油零售检查,商务局\n".encode()
    report = await each_house.office.import_file("items", table)
    assert (report["added"], report["rejected"]) == (1, [])
    assert len((await ok(office, "GET", "/api/console/departments"))["rows"]) == 7


async def test_a_liaison_writes_and_his_head_signs(house: Building) -> None:
    """T4, A1, A10, C4: 联络员 drafts list and plan; only the head publishes and hands in, and may take back."""
    liaison, head = await house.as_member(LIAISON), await house.as_member(MARKET)
    list_id = (await post(liaison, "lists", {"name": "市场监管局清单", "kind": "department"}))["id"]
    await post(liaison, f"lists/{list_id}/items", {"items": [ITEM]})
    assert (await ok(liaison, "GET", f"/api/console/lists/{list_id}"))["can"] == {
        "edit": True,
        "publish": False,
        "file": False,
        "hand_in": True,
    }
    publication = {"valid_from": "2026-03-02", "reason": "新增"}
    assert await refused(liaison, f"lists/{list_id}/publish", publication) == 403
    assert await refused(liaison, "leniencies", {"conduct": "x", "valid_from": "2026-03-02"}) == 403
    await post(head, f"lists/{list_id}/publish", publication)
    (change,) = (await ok(liaison, "GET", f"/api/console/lists/{list_id}"))["changes"]
    assert (change["filed"], change["filing_overdue"]) == (False, False)
    assert change["filing_due"] > "2026-03-02"

    assert await refused(liaison, "lists", {"name": "联合", "kind": "joint"}) == 403
    assert await refused(liaison, "plans", {"year": 2026, "kind": "annual", "joint": True}) == 403
    plan_id = (await post(liaison, "plans", {"year": 2026, "kind": "annual"}))["id"]
    await post(liaison, f"plans/{plan_id}/entries", {"entries": [ENTRY]})
    assert await refused(liaison, f"plans/{plan_id}/submit") == 403
    assert (await post(head, f"plans/{plan_id}/submit"))["status"] == "submitted"
    assert await refused(liaison, f"plans/{plan_id}/take-back") == 403
    assert (await post(head, f"plans/{plan_id}/take-back"))["status"] == "draft"
    await post(head, f"plans/{plan_id}/submit")
    await post(await house.as_member(COORDINATOR), f"plans/{plan_id}/collect")
    assert await refused(head, f"plans/{plan_id}/take-back") == 409  # the office has it


async def test_a_proposal_is_read_in_words(house: Building) -> None:
    """C6: what a department asks for, beside what the plan says now; names, never ids."""
    office, health = await house.as_member(COORDINATOR), await house.as_member(HEALTH)
    entry_id = await house.office.entry_id()
    changes = {"partner_ids": [await department_id(house, "market")], "quota": "4%"}
    await post(health, f"plan-entries/{entry_id}/propose", {"changes": changes, "reason": "人手不足"})
    (row,) = (await ok(office, "GET", "/api/console/plan-proposals"))["rows"]
    assert row["changes"] == {"partners": ["市场监督管理局"], "quota": "4%"}
    assert row["before"]["partners"] == ["市场监督管理局", "消防救援大队"]
    assert (row["status_text"], row["before"]["quota"] != "4%") == ("待决定", True)
    await post(office, f"plan-proposals/{row['id']}/decide", {"accept": False})
    (row,) = (await ok(health, "GET", "/api/console/plan-proposals"))["rows"]
    assert row["status_text"] == "未同意"


async def test_the_walls(house: Building) -> None:
    """T4: another department neither reads a draft plan nor writes a list; inspectors and the public see no desk."""
    health, market = await house.as_member(HEALTH), await house.as_member(MARKET)
    admin, inspector = await house.as_member(ADMIN), await house.as_member(INSPECTOR)
    plan_id = (await post(health, "plans", {"year": 2026, "kind": "special"}))["id"]
    list_id = (await post(health, "lists", {"name": "清单", "kind": "department"}))["id"]
    assert (await answer(market, "GET", f"/api/console/plans/{plan_id}"))[0] == 404
    assert plan_id not in {row["id"] for row in (await ok(market, "GET", "/api/console/plans"))["rows"]}
    assert await refused(market, f"plans/{plan_id}/submit") == 404
    assert await refused(market, f"lists/{list_id}/items", {"items": [ITEM]}) == 403
    assert await refused(market, "lists", {"name": "联合", "kind": "joint"}) == 403
    assert await refused(market, "plans", {"year": 2026, "kind": "annual", "joint": True}) == 403
    assert await refused(admin, "lists", {"name": "清单", "kind": "department"}) == 403
    for path in ("lists", "plans", f"lists/{list_id}", f"plans/{plan_id}", "leniencies", "plan-coverage/2026"):
        assert (await answer(inspector, "GET", f"/api/console/{path}"))[0] == 403
        assert (await answer(house.browser(), "GET", f"/api/console/{path}"))[0] == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("lists", {"name": "", "kind": "department"}),
        ("lists", {"name": "清单", "kind": "private"}),
        ("lists/LIST/items", {"items": []}),
        ("lists/LIST/items", {"items": [{"name": "事项", "color": "red"}]}),
        ("lists/LIST/items", {"items": [{"name": "事项", "item_class": "特殊"}]}),
        ("lists/LIST/items", {"items": [{"name": "事项", "ratio": "很多"}]}),
        ("lists/LIST/items", {"items": [{"name": "事项", "ratio": "25%", "item_class": "一般"}]}),
        ("lists/LIST/items", {"items": [{"name": "x" * 513}]}),
        ("lists/LIST/publish", {"valid_from": "soon", "reason": "x"}),
        ("lists/LIST/publish", {"valid_from": "2020-01-01", "reason": "x"}),
        ("plans", {"year": 1, "kind": "annual"}),
        ("plans", {"year": 2026, "kind": "monthly"}),
        ("plans/PLAN/entries", {"entries": [{**ENTRY, "quota": "若干"}]}),
        ("plans/PLAN/entries", {"entries": [{**ENTRY, "ends_on": "2026-01-01"}]}),
        ("plans/PLAN/entries", {"entries": [{**ENTRY, "base_count": -1}]}),
    ],
)
async def test_what_is_wrong_is_said_and_changes_nothing(house: Building, path: str, body: dict[str, Any]) -> None:
    """A2, A7, C1: 422 with a Chinese sentence, never a defect."""
    health = await house.as_member(HEALTH)
    list_id = (await post(health, "lists", {"name": "清单", "kind": "department"}))["id"]
    plan_id = (await post(health, "plans", {"year": 2026, "kind": "annual"}))["id"]
    assert await refused(health, path.replace("LIST", list_id).replace("PLAN", plan_id), body) == 422
    assert (await ok(health, "GET", f"/api/console/lists/{list_id}"))["draft_rows"] == []
    assert (await ok(health, "GET", f"/api/console/plans/{plan_id}"))["entries"] == []


async def test_what_is_not_there_is_not_found(house: Building) -> None:
    """T4: an id of nothing is 404 for whoever may come in, on every path."""
    office, nothing = await house.as_member(COORDINATOR), "0" * 32
    for path in (f"lists/{nothing}", f"plans/{nothing}", f"plan-entries/{nothing}/history"):
        assert (await answer(office, "GET", f"/api/console/{path}"))[0] == 404
    for path, body in (
        (f"lists/{nothing}/items", {"items": [ITEM]}),
        (f"list-drafts/{nothing}/discard", {}),
        (f"list-changes/{nothing}/file", {"filed_on": "2026-03-02", "number": "1"}),
        (f"leniencies/{nothing}/end", {"ended_on": "2026-03-02"}),
        (f"plans/{nothing}/collect", {}),
        (f"plan-entries/{nothing}/adjust", {"changes": {"quota": "5%"}, "reason": "x"}),
        (f"plan-proposals/{nothing}/decide", {"accept": True}),
        ("plan-merges", {"entry_ids": [nothing, "1" * 32], "reason": "x"}),
        ("plan-merges/2026/decline", {"entry_ids": [nothing, "1" * 32], "reason": "x"}),
    ):
        assert await refused(office, path, body) == 404, path


async def test_the_leniency_list_is_public_while_it_holds(house: Building) -> None:
    """A15: from its day on, and no more after its end."""
    health = await house.as_member(HEALTH)
    act = {"conduct": "未公示卫生信誉度", "conditions": "首次且及时改正", "valid_from": "2026-03-02"}
    row_id = (await post(health, "leniencies", act))["id"]
    assert "未公示卫生信誉度".encode() in await ok(house.browser(), "GET", "/public/items")
    assert await refused(await house.as_member(MARKET), f"leniencies/{row_id}/end", {"ended_on": "2026-03-02"}) == 403
    await post(health, f"leniencies/{row_id}/end", {"ended_on": "2026-03-02"})
    assert "未公示卫生信誉度".encode() not in await ok(house.browser(), "GET", "/public/items")


async def test_a_form_is_taken_from_the_house_edited_in_a_table_and_read_back(house: Building) -> None:
    """A13: six made from national standards; out as a workbook, in again as it was; a broken table is one sentence."""
    health, inspector = await house.as_member(HEALTH), await house.as_member("health03")
    rows = (await ok(health, "GET", "/api/console/forms"))["rows"]
    assert {one["code"] for one in rows} >= {"catering", "hotel-hygiene", "filling-station"}
    form = (await ok(health, "GET", "/api/console/forms/catering"))["form"]
    workbook = base64.b64decode((await post(health, "forms/table", {"form": form}))["workbook"])
    read = "/api/console/forms/read?filename=a.xlsx"
    assert (await ok(health, "POST", read, data=workbook))["form"] == form
    status, problem = await answer(health, "POST", read, data=workbook[:500])
    assert (status, bool(problem["title"])) == (422, True)
    assert (await answer(inspector, "POST", read, data=workbook))[0] == 403
    assert (await answer(health, "GET", "/api/console/forms/none"))[0] == 404
    list_id = (await post(health, "lists", {"name": "清单", "kind": "department"}))["id"]
    await post(health, f"lists/{list_id}/items", {"items": [{**ITEM, "form": form}]})
    (draft,) = (await ok(health, "GET", f"/api/console/lists/{list_id}"))["draft_rows"]
    assert draft["form"] == form


async def test_pages_are_passed_on_by_wechat_and_weibo(house: Building) -> None:
    """T7: lists, plans, draws, tasks, results: a code for WeChat, a link to Weibo; no page of one enterprise's."""
    anybody = house.browser()
    for path in ("/public", "/public/plan", "/public/items", "/public/draws", "/public/tasks", "/public/handlings"):
        text = (await ok(anybody, "GET", path)).decode()
        [link] = re.findall(r'href="(https://service\.weibo\.com/share/share\.php\?[^"]+)"', text)
        said = parse_qs(urlsplit(unescape(link)).query)
        assert said["url"] == [f"{house.office.house.origin}{path}"]
        assert said["title"][0] in unescape(text)
        assert "<figure><svg" in text
    for path in ("/public/tasks/none", "/public/data", "/public/enterprises/91379999MA0000015K"):
        assert "weibo" not in str((await answer(anybody, "GET", path))[1])
