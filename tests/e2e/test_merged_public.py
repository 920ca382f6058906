"""Several departments over one target, made public one after the other: what the public reads is each one's own (C10).

merged items -> one draw -> visits -> one department approves -> public -> the other approves -> public beside it
"""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app.tour.story import VisitPlan
from models.registers import Item, Target
from models.tasks import Part, Submission
from tests.e2e.backstage import Backstage
from tests.e2e.screens import PHONE, Screens, assert_fits
from tests.e2e.test_day_in_the_chat import enter_mini_program
from tests.e2e.test_kinds_of_draw import PLAN, drawn
from tests.e2e.test_results import FOUND, shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WIDTHS = (390, 1280)
HYGIENE, FIRE, SCHOOL = "旅馆卫生管理检查", "旅馆消防安全检查", "学校卫生与传染病防控检查"
HEALTH_OFFICE, FIRE_OFFICE = "卫生健康局", "消防救援大队"
KEYWORDS = {HYGIENE: "经营甲", FIRE: "经营乙", SCHOOL: "经营丙"}
# What three targets do, and which items of which department cover each: of one department never another target's.
OWN = {
    "经营甲、经营乙": {HEALTH_OFFICE: HYGIENE, FIRE_OFFICE: FIRE},
    "经营甲": {HEALTH_OFFICE: HYGIENE},
    "经营乙、经营丙": {HEALTH_OFFICE: SCHOOL, FIRE_OFFICE: FIRE},
}
Found = set[tuple[str, str, str]]  # target code, department, items


async def merged(office: Backstage) -> dict[str, VisitPlan]:
    """Three items merged, drawn and inspected; gives the visits by what their targets do."""
    async with office.demo.parts.database.write() as db:
        targets = (await db.scalars(select(Target).where(Target.status == "open").order_by(Target.code))).all()
        business = dict(zip(OWN, targets, strict=False))
        for words, target in business.items():
            target.business_scope = words
        codes = {target.code: words for words, target in business.items()}
        items = {one.name: one.id for one in await db.scalars(select(Item).where(Item.name.in_(KEYWORDS)))}
    desk = office.story.desk
    entry = next(one for one in (await desk.get("/api/console/plan"))["rows"] if one["name"] == PLAN)
    today = (await desk.get("/api/me"))["now"][:10]
    order = {
        "plan_entry_id": entry["id"],
        "merge": [{"item_id": items[name], "ratio": "1", "keywords": [word]} for name, word in KEYWORDS.items()],
        "starts_on": today,
        "ends_on": f"{entry['ends_on']}",
    }
    task_id = (await desk.post("/api/console/tasks", order))["id"]
    await drawn(office, task_id)
    visits = await office.adopt(task_id)
    await office.inspect(visits)
    return {codes[visit.target_code]: visit for visit in visits}


async def settle(office: Backstage, department: str) -> None:
    """Let one department approve what is its own and make it public; nobody else does anything."""
    approver = office.story.approvers[department]
    rows = (await approver.get("/api/console/approvals"))["rows"]
    for row in rows:
        await approver.post(f"/api/console/parts/{row['part_id']}/approve")
    told = await office.story.desk.post(f"/api/console/tasks/{office.story.task_id}/publish")
    assert told["published"] == len(rows) > 0


async def everywhere(office: Backstage, visits: dict[str, VisitPlan], departments: set[str]) -> None:
    """The parts of these departments, and no others, are in the open data, on the enterprises' pages, in the search."""
    public = office.cast.public
    own: Found = {
        (visits[words].target_code, department, item)
        for words, parts in OWN.items()
        for department, item in parts.items()
        if department in departments
    }
    month = (await office.story.desk.get("/api/me"))["now"][:7]
    as_table = (await public.page(f"/public/data/results-{month}.csv")).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(as_table)))
    assert {(row["统一社会信用代码"], row["抽查机关"], row["抽查事项"]) for row in rows} == own
    as_json: list[dict[str, Any]] = (await public.get(f"/public/data/results-{month}.json"))["rows"]
    assert {(row["target_code"], row["department"], *row["items"]) for row in as_json} == own
    assert {row["check_type"] for row in as_json} <= {"定向"}  # each item looks at one kind of business
    for words, visit in visits.items():
        mine = {department for code, department, _ in own if code == visit.target_code}
        pages = [await public.page("/public", q=asked) for asked in (visit.target_code, visit.target_name)]
        pages.append(await public.page(f"/public/enterprises/{visit.target_code}"))
        for page in pages:
            for department in OWN[words]:
                assert page.count(f'<span class="where">{department}</span>') == (department in mine), words


async def result(page: Page, number: str, department: str, other: str = "") -> None:
    """One department's result: its own item and none of the other's, and the other's named only once it is public."""
    answer = await page.goto(f"/public/results/{quote(number)}")
    assert answer is not None
    assert answer.ok
    own = OWN["经营甲、经营乙"]
    facts = page.locator(".sheet")
    await expect(facts.get_by_text(own[department], exact=True)).to_be_visible()
    for name, item in own.items():
        await expect(facts.get_by_text(item, exact=True)).to_have_count(int(name == department))
    await expect(page.get_by_role("heading", name="本次检查其他部门的结果")).to_have_count(int(bool(other)))
    await expect(page.locator(".also a")).to_have_text([other] if other else [])
    await assert_fits(page)


async def test_each_department_is_public_by_itself(office: Backstage, screens: Screens) -> None:
    """C10, H3, H5-H7, M3: page, CSV, JSON, enterprise and search show a part once its own department approved it."""
    visits = await merged(office)
    both = visits["经营甲、经营乙"]
    await found_by_fire(office, both)
    numbers = {HEALTH_OFFICE: f"{both.number}-health", FIRE_OFFICE: f"{both.number}-fire"}
    await everywhere(office, visits, set())

    await settle(office, HEALTH_OFFICE)
    await everywhere(office, visits, {HEALTH_OFFICE})
    assert await office.cast.public.page(f"/public/results/{quote(numbers[FIRE_OFFICE])}") == ""
    page = await (await screens.phone()).new_page()
    await result(page, numbers[HEALTH_OFFICE], HEALTH_OFFICE)
    await expect(page.get_by_text("发现问题已责令改正")).to_have_count(0)
    mini = await owners_page(office, screens, both)
    await expect(mini.get_by_text(FIRE)).to_be_visible()  # it was told who would come, and not what they found
    await expect(mini.get_by_text("发现问题已责令改正")).to_have_count(0)
    await shoot(mini, "merged-owner-one", *WIDTHS)

    await settle(office, FIRE_OFFICE)
    await everywhere(office, visits, {HEALTH_OFFICE, FIRE_OFFICE})
    for size, context in zip(WIDTHS, (await screens.phone(), await screens.desk()), strict=True):
        page = await context.new_page()
        await result(page, numbers[FIRE_OFFICE], FIRE_OFFICE, other=HEALTH_OFFICE)
        await expect(page.locator(".verdict")).to_contain_text("发现问题已责令改正")
        await shoot(page, "merged-fire", size)
        await result(page, numbers[HEALTH_OFFICE], HEALTH_OFFICE, other=FIRE_OFFICE)
        await expect(page.locator(".verdict")).to_contain_text("未发现问题")
        await shoot(page, "merged-health", size)
        for path in (f"enterprises/{both.target_code}", "data", f"tasks/{quote(await task_number(office))}"):
            await page.goto(f"/public/{path}")
            await assert_fits(page)
            await shoot(page, f"merged-{path.partition('/')[0]}", size)
    await mini.reload()
    await expect(mini.get_by_text("发现问题已责令改正")).to_be_visible()
    await mini.set_viewport_size(PHONE)
    await assert_fits(mini)
    await shoot(mini, "merged-owner-both", *WIDTHS)


async def found_by_fire(office: Backstage, visit: VisitPlan) -> None:
    """Let the fire office have found something, and the health office nothing."""
    async with office.demo.parts.database.write() as db:
        part = await db.get_one(Part, visit.parts[FIRE_OFFICE])
        sent = await db.get_one(Submission, part.submission_id)
        sent.manifest = {**sent.manifest, **FOUND}


async def owners_page(office: Backstage, screens: Screens, visit: VisitPlan) -> Page:
    """The enterprise's own page of the visit, in its mini-program."""
    mini = await enter_mini_program(await (await screens.desk()).new_page(), office)
    seen = await office.cast.person(visit.leader).get(f"/api/phone/visits/{visit.id}")
    await mini.get_by_label("通知编码").fill(seen["notice_code"])
    await mini.get_by_role("button", name="绑定").click()
    await mini.locator("a.line", has_text=visit.target_name).first.click()
    await expect(mini.get_by_role("heading", name="检查结果（已公示）")).to_be_visible()
    return mini


async def task_number(office: Backstage) -> str:
    task: dict[str, Any] = await office.story.desk.get(f"/api/console/tasks/{office.story.task_id}")
    return str(task["number"])
