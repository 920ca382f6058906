"""From the submitted parts to the public page: leaders confirm, approvers judge their own, the office publishes.

confirm -> approve | return -> mended -> confirm -> approve -> publish -> /public read by anybody
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from app.tour.field import all_of, hand_in
from app.tour.people import Person
from app.tour.stage import Stage
from app.tour.story import Story, VisitPlan

SUMMARY = "各部门已按清单完成检查，结果如上，已告知当事人。"
DONE = {"submitted", "approved", "published"}


async def confirm_all(story: Story, stage: Stage, visits: list[VisitPlan]) -> None:
    """Let each leader confirm the summary of his visit."""
    async with stage.step("组长汇总确认", f"{len(visits)} 名组长") as note:
        await all_of(lambda visit: _confirm(story, visit), visits)
        note(f"确认 {len(visits)} 户")


async def _confirm(story: Story, visit: VisitPlan) -> None:
    await story.cast.person(visit.leader).post(f"/api/phone/visits/{visit.id}/confirm", {"summary": SUMMARY})


async def return_one(story: Story, stage: Stage, visit: VisitPlan) -> None:
    """Send one part back with a reason; it is mended, handed in anew and confirmed anew."""
    department = list(visit.teams)[-1]
    approver = await _signed_in(story.approvers[department])
    async with stage.step("退回一份并修改重报", approver.name) as note:
        reason = "现场照片没有拍到经营场所门头，请补充说明后重新提交。"
        await approver.post(f"/api/console/parts/{visit.parts[department]}/return", {"reason": reason})
        now = datetime.fromisoformat((await story.desk.get("/api/me"))["now"])
        await hand_in(story, visit, department, now, again="已补充门头照片和说明。")
        await _confirm(story, visit)
        note(f"{department} 退回 {visit.number}，检查人员补充后重新提交，组长再次确认")


async def approve_all(story: Story, stage: Stage) -> None:
    """Let each department's approver approve all that waits for him, which is his own department's alone."""
    async with stage.step("部门审批", f"{len(story.approvers)} 个部门的审批人") as note:
        for department, approver in story.approvers.items():
            rows = (await approver.get("/api/console/approvals"))["rows"]
            await all_of(partial(_approve, approver), [row["part_id"] for row in rows])
            if rows:
                note(f"{department}：{approver.name} 审批 {len(rows)} 份")


async def _approve(approver: Person, part_id: str) -> None:
    await approver.post(f"/api/console/parts/{part_id}/approve")


async def publish(story: Story, stage: Stage) -> None:
    """Publish what is approved."""
    async with stage.step("公示检查结果", story.desk.name) as note:
        published = (await story.desk.post(f"/api/console/tasks/{story.task_id}/publish"))["published"]
        note(f"本次公示 {published} 份部门检查结果")


async def read_public_pages(story: Story, stage: Stage) -> None:
    """Read the public pages as anybody may: each drawn target by its code, each department's result by its number."""
    async with stage.step("社会公众查询公示", "任何人，不用登录") as note:
        codes = {department: (await _signed_in(one)).department_code for department, one in story.approvers.items()}
        numbers = [
            (f"{visit.number}-{codes[department]}", visit) for visit in story.visits for department in visit.parts
        ]
        pages = await all_of(lambda pair: _is_public(story, *pair), numbers)
        found = await all_of(lambda visit: _is_found(story, visit), story.visits)
        story.numbers["results_published"] = sum(pages)
        story.checks["published"] = all(pages) and all(found) and len(pages) > 0
        note(f"{sum(found)} 户抽中对象均可查到，公示页 {sum(pages)} 个，共应有 {len(numbers)} 个")


async def _is_public(story: Story, number: str, visit: VisitPlan) -> bool:
    page = await story.cast.public.page(f"/public/results/{quote(number)}")
    return visit.target_name in page and visit.target_code in page


async def _is_found(story: Story, visit: VisitPlan) -> bool:
    return visit.target_name in await story.cast.public.page("/public", q=visit.target_code)


async def count_visits(story: Story) -> None:
    """Count, as the console shows them, the visits whose every part was handed in."""
    rows: list[Any] = (await story.desk.get(f"/api/console/tasks/{story.task_id}"))["visits"]
    submitted = [row for row in rows if all(part["status"] in DONE for part in row["parts"])]
    story.numbers["visits_submitted"] = len(submitted)
    story.checks["visits"] = len(submitted) == len(rows) == story.numbers["drawn"]


async def _signed_in(person: Person) -> Person:
    await person.get("/api/me")
    return person
