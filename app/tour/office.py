"""The office's acts: import, task, freeze by two, values of the room and the world, draw, bundle, push.

files -> POST imports ; plan entry -> task -> prepare (1) -> freeze (2) -> dice -> public value -> draw -> outbox empty
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app import samples, verify
from app.tour.people import Person, TourError
from app.tour.stage import Stage
from app.tour.story import Story, VisitPlan
from models.sheets import write_csv, write_xlsx

KIND_WORDS = {"inspectors": "执法检查人员", "items": "抽查事项", "plan": "年度计划", "targets": "检查对象"}
TO_DRAW = 24
DEPARTMENTS = 3
KEYWORDS = ("餐饮", "食品")
SOURCES = (
    {"name": "现场骰子", "kind": "dice", "note": "监督员当场掷十面骰十二次"},
    {"name": "公开数据", "kind": "public", "note": "冻结之后公布的当日体彩排列五开奖号码"},
)
POLL_S, STUCK_POLLS, MOST_POLLS = 0.25, 16, 400
SETTLED = {"accepted", "held"}


async def import_registers(story: Story, stage: Stage, register: Path | None) -> None:
    """Import the four registers through the console's door, as files."""
    year = int((await story.desk.sign_in())["now"][:4])
    async with stage.step("导入四类名录", story.desk.name) as note:
        for kind, name, data in await asyncio.to_thread(_files, register, year):
            report = await story.desk.send("POST", f"/api/console/imports/{kind}", data, filename=name)
            taken = report["added"] + report["changed"] + report["unchanged"]
            note(
                f"{KIND_WORDS[kind]}（{name}）：读取 {report['read']}，新增 {report['added']}，"
                f"变更 {report['changed']}，未变 {report['unchanged']}，拒绝 {report['rejected_count']}"
            )
            story.checks[f"import_{kind}"] = taken > 0 and report["read"] == taken + report["rejected_count"]
            if kind == "targets":
                story.numbers |= {"targets_imported": taken, "targets_rejected": report["rejected_count"]}


def _files(register: Path | None, year: int) -> list[tuple[str, str, bytes]]:
    targets = write_csv(samples.TARGET_HEADERS, samples.sample_targets())
    return [
        ("inspectors", "检查人员.xlsx", write_xlsx(samples.INSPECTOR_HEADERS, samples.sample_inspectors())),
        ("items", "抽查事项清单.csv", write_csv(samples.ITEM_HEADERS, samples.sample_items())),
        ("plan", "年度计划.csv", write_csv(samples.PLAN_HEADERS, samples.sample_plan(year))),
        ("targets", register.name if register else "检查对象.csv", register.read_bytes() if register else targets),
    ]


async def fill_address_book(story: Story, stage: Stage) -> None:
    """Enter those into WeCom's contacts who are not there yet, as the corp's administrator does."""
    async with stage.step("企业微信通讯录", "企业管理员") as note:
        state = await story.cast.sandbox.get("/sandbox/api/state")
        numbers = {one["name"]: one["id"] for one in state["departments"]}
        known = {one["userid"] for one in state["members"]}
        missing = [
            {"userid": row[6], "name": row[1], "department": [numbers[row[2]]], "position": row[4]}
            for row in samples.sample_inspectors()
            if row[6] not in known
        ]
        await story.cast.sandbox.post("/sandbox/api/members", {"members": missing, "quiet": True})
        note(f"原有 {len(known)} 人，补录 {len(missing)} 人")


async def make_task(story: Story, stage: Stage, window: tuple[str, str], count: int = TO_DRAW) -> None:
    """Make the task from a plan entry of several departments; a register without the words is drawn from as a whole.

    `window`: first and last day, ISO; `count`: how many targets are to be drawn.
    """
    async with stage.step("由计划建立任务", story.desk.name) as note:
        plan = (await story.desk.get("/api/console/plan"))["rows"]
        entry = next((one for one in plan if len(one["partners"]) + 1 >= DEPARTMENTS), None)
        if entry is None:
            raise TourError(why=f"计划中没有 {DEPARTMENTS} 个以上部门的任务。")
        for keywords in (KEYWORDS, ()):
            scope = {"keywords": list(keywords), "count": count}
            task = await _new_task(story.desk, entry["id"], scope, window)
            if task["preview"]["candidates"] >= count:
                break
        story.task_id, story.task_name = task["id"], task["name"]
        preview = task["preview"]
        note(f"{task['number']}《{task['name']}》，{window[0]} 至 {window[1]}")
        note(f"{'、'.join(team['department'] for team in task['teams'])}，每部门 {task['team_size']} 人")
        note(f"范围：{task['scope_text']}；{preview['in_scope']} 户，待抽 {preview['candidates']} 户")
        note(f"排除：{'、'.join(f'{why} {count} 户' for why, count in preview['excluded'].items()) or '无'}")
        story.numbers["to_draw"] = preview["to_draw"]


async def _new_task(desk: Person, entry: str, scope: dict[str, Any], window: tuple[str, str]) -> Any:
    body = {"plan_entry_id": entry, **scope, "starts_on": window[0], "ends_on": window[1]}
    made = await desk.post("/api/console/tasks", body)
    return await desk.get(f"/api/console/tasks/{made['id']}")


async def freeze_and_draw(story: Story, stage: Stage) -> None:
    """Freeze by two people, enter both values in their order, draw."""
    path = f"/api/console/tasks/{story.task_id}"
    await confirm_libraries(story, stage)
    await story.second.sign_in()
    async with stage.step("提交冻结，另一人冻结名单", f"{story.desk.name} → {story.second.name}") as note:
        await story.desk.post(f"{path}/prepare")
        frozen = await story.second.post(f"{path}/freeze", {"sources": list(SOURCES)})
        story.draw_number = frozen["number"]
        note(f"抽取编号 {frozen['number']}，公告指纹 {frozen['fingerprint'][:16]}…")
        note(f"待抽 {frozen['counts']['targets']} 户，检查人员 {frozen['counts']['inspectors']} 名")
    await story.observer.sign_in()
    async with stage.step("录入随机数", f"{story.observer.name}、{story.desk.name}") as note:
        dice, public = "4 0 9 2 7 7 1 8 3 5 6 2", "0 3 8 1 6"
        await story.observer.post(f"{path}/seed", {"source": SOURCES[0]["name"], "value": dice})
        await story.desk.post(f"{path}/seed", {"source": SOURCES[1]["name"], "value": public})
        note(f"现场骰子 {dice}；公开数据 {public}；服务器的随机数在冻结时已承诺")
    async with stage.step("随机抽取与匹配", story.desk.name) as note:
        drawn = await story.desk.post(f"{path}/draw")
        note(f"抽中 {drawn['drawn']} 户，组成 {drawn['groups']} 个检查组，人员不足的组 {drawn['short']} 个")
    await _read_visits(story)


async def confirm_libraries(story: Story, stage: Stage) -> None:
    """Each department answers for its targets and its inspectors anew (B8)."""
    path = "/api/console/libraries/confirmations"
    task = await story.desk.get(f"/api/console/tasks/{story.task_id}")
    approvers = [story.approvers[team["department"]] for team in task["teams"]]
    async with stage.step("各部门重新确认两库", "、".join(team["department"] for team in task["teams"])) as note:
        for person in approvers:
            for kind in ("targets", "inspectors"):
                await person.post(path, {"task_id": story.task_id, "kind": kind})
        rows = (await story.desk.get(path, task_id=story.task_id))["rows"]
        story.checks["libraries_confirmed"] = len(rows) == 2 * len(approvers) and all(one["current"] for one in rows)
        note(
            f"{len(approvers)} 个部门确认检查对象 {rows[0]['rows']} 户，检查人员 "
            f"{sum(one['rows'] for one in rows if one['kind'] == 'inspectors')} 名"
        )


async def _read_visits(story: Story) -> None:
    task = await story.desk.get(f"/api/console/tasks/{story.task_id}")
    counts = task["draw"]["counts"]
    story.visits = [VisitPlan.read(row) for row in task["visits"]]
    story.numbers |= {"drawn": counts["drawn"], "groups": counts["groups"]}
    story.checks["drawn"] = counts["drawn"] == counts["groups"] == len(story.visits) == story.numbers["to_draw"] > 0
    story.checks["departments"] = all(len(visit.teams) >= DEPARTMENTS for visit in story.visits)


async def check_bundle(story: Story, stage: Stage, folder: Path) -> None:
    """Download the bundle and let the stand-alone checker judge it, without database, network or our own code."""
    async with stage.step("导出抽取包并独立校验", story.observer.name) as note:
        data: bytes = await story.observer.get(f"/api/console/draws/{story.draw_number}/bundle")
        path = folder / f"suicha-draw-{story.draw_number}.zip"
        await asyncio.to_thread(path.write_bytes, data)
        checker = await asyncio.create_subprocess_exec(
            sys.executable, "-I", verify.__file__, str(path), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await checker.communicate()
        story.numbers["bundle"] = str(path)
        story.checks["verify"] = checker.returncode == 0
        note(f"{path}（{len(data)} 字节）")
        note(output.decode(errors="replace").strip().splitlines()[-1])


async def see_messages_off(story: Story) -> dict[str, int]:
    """Wait until nothing is on its way; gives the outbox's counts. What a limit a minute holds back gets its minute."""
    counts: dict[str, int] = {}
    for poll in range(1, MOST_POLLS + 1):
        counts = (await story.desk.get("/api/console/messages"))["counts"]
        if not counts.get("waiting") and not counts.get("claimed"):
            return counts
        if poll % STUCK_POLLS == 0:
            await story.desk.post("/api/demo/clock", {"to": await _in_a_minute(story.desk)})
        await asyncio.sleep(POLL_S)
    raise TourError(why=f"消息没有发完：{counts}")


async def _in_a_minute(desk: Person) -> str:
    now = datetime.fromisoformat((await desk.get("/api/me"))["now"])
    return (now + timedelta(seconds=61)).isoformat()


async def push(story: Story, stage: Stage) -> None:
    """Wait for the push of the draw and look at the phones: every member of each group has his card."""
    async with stage.step("消息送达检查组", "企业微信") as note:
        counts = await see_messages_off(story)
        wanted = {(userid, visit.id) for visit in story.visits for userid in visit.members}
        cards = [card for userid in {one for one, _ in wanted} for card in await cards_of(story, userid)]
        found = {(card["userid"], key.partition(":")[2]): card for card in cards for key in card["live_keys"]}
        told = wanted & found.keys()
        story.checks["everybody_told"] = told == wanted
        leaders = sum("组长" in found[one]["title"] for one in told)
        note(f"应通知 {len(wanted)} 人次，手机上收到 {len(told)} 张卡片，其中组长 {leaders} 张")
        note(f"被检查对象的通知 {counts.get('held', 0)} 份，等待对方绑定后送达")


async def cards_of(story: Story, userid: str) -> list[dict[str, Any]]:
    """What the app wrote into a member's chat: each with its title (or text), its id and its live buttons."""
    messages = (await story.cast.sandbox.get(f"/sandbox/api/members/{userid}/messages"))["messages"]
    return [
        {
            "userid": userid,
            "id": one["id"],
            "title": one["content"].get("main_title", {}).get("title") or str(one["content"].get("content", "")),
            "live_keys": one["live_keys"],
        }
        for one in messages
        if not one["sender"]
    ]
