"""On site: inspectors accept (by the card or on the phone), take photos, let people sign, fill the form, submit.

card button -> encrypted callback -> accepted ; form + photos + signatures -> PUT evidence -> POST manifest -> receipt
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from app.tour.office import POLL_S, cards_of
from app.tour.people import Person, TourError
from app.tour.pictures import photo, place, signature
from app.tour.stage import Stage
from app.tour.story import Story, VisitPlan

AT_ONCE = 8
CARD_EVERY = 2  # every second leader presses the card's button, the others accept on the page
REFUSES_EVERY = 10  # every tenth owner does not sign
PROBLEM_EVERY = 4
TWICE_EVERY = 3
MOST_POLLS = 120


One = TypeVar("One")


async def all_of(work: Callable[[One], Awaitable[Any]], on: Iterable[One]) -> list[Any]:
    """Do the same for many, a few at a time; the first failure ends it."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(what: One) -> Any:
        async with slots:
            return await work(what)

    tasks: list[asyncio.Task[Any]] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks += [group.create_task(one(what)) for what in on]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def accept_all(story: Story, stage: Stage, visits: list[VisitPlan]) -> None:
    """Let every group accept: half of the leaders by the card in WeCom, everybody else on the phone's page."""
    async with stage.step(
        "检查组接受任务", f"{len({one for visit in visits for one in visit.members})} 名检查人员"
    ) as note:
        by_card = [visit for visit in visits if visit.position % CARD_EVERY == 0]
        await all_of(lambda visit: press_card(story, visit), by_card)
        await all_of(lambda visit: _accept_on_page(story, visit, skip_leader=visit in by_card), visits)
        await _until_accepted(story, visits)
        note(f"组长：{len(by_card)} 人按企业微信卡片按钮（加密回调），{len(visits) - len(by_card)} 人在手机页面接受")
        note(f"组员：{sum(len(visit.members) - 1 for visit in visits)} 人次在手机页面接受")


async def press_card(story: Story, visit: VisitPlan) -> None:
    """Press the button of the card that told the leader of this visit."""
    key = f"accept:{visit.id}"
    card = next((one for one in await cards_of(story, visit.leader) if key in one["live_keys"]), None)
    if card is None:
        raise TourError(why=f"{visit.number} 的组长没有收到可以接受的卡片。")
    path = f"/sandbox/api/members/{visit.leader}/click"
    await story.cast.sandbox.post(path, {"message_id": card["id"], "key": key})


async def _accept_on_page(story: Story, visit: VisitPlan, *, skip_leader: bool) -> None:
    for userid in visit.members:
        if not (skip_leader and userid == visit.leader):
            await story.cast.person(userid).post(f"/api/phone/visits/{visit.id}/accept")


async def _until_accepted(story: Story, visits: list[VisitPlan]) -> None:
    wanted = {visit.id for visit in visits}
    for _ in range(MOST_POLLS):
        task = await story.desk.get(f"/api/console/tasks/{story.task_id}")
        if wanted <= {row["id"] for row in task["visits"] if row["status"] != "assigned"}:
            return
        await asyncio.sleep(POLL_S)
    raise TourError(why="有检查组长按了卡片按钮，但任务没有变成已接受。")


async def inspect_all(story: Story, stage: Stage, visits: list[VisitPlan]) -> None:
    """Make these visits: each department of each fills its form, with photos and signatures, and submits."""
    async with stage.step("现场检查并提交", f"{len(visits)} 个检查组") as note:
        now = datetime.fromisoformat((await story.desk.get("/api/me"))["now"])
        done = [one for some in await all_of(lambda visit: _inspect(story, visit, now), visits) for one in some]
        twice = [one for one in done if one.twice is not None]
        story.checks["twice_is_harmless"] = story.checks.get("twice_is_harmless", True) and all(
            one.twice for one in twice
        )
        note(f"提交 {len(done)} 份部门检查结果，其中 {len(twice)} 份故意重复提交，回执相同")
        note(
            f"发现问题 {sum(one.problem for one in done)} 份；当事人拒绝签字 {sum(one.refused for one in done)} 户"
            f"（两名检查人员签名）；上传文件 {sum(one.files for one in done)} 个"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Handed:
    """What became of one department's part; `twice`: was the second receipt the same (None: sent once)."""

    files: int
    problem: bool
    refused: bool
    twice: bool | None


async def _inspect(story: Story, visit: VisitPlan, now: datetime) -> list[Handed]:
    return [await hand_in(story, visit, department, now) for department in visit.teams]


async def hand_in(story: Story, visit: VisitPlan, department: str, now: datetime, again: str = "") -> Handed:
    """Enter one department's part; `again` marks a second version after it was sent back."""
    person = story.cast.person(visit.speaker(department))
    path = f"/api/phone/visits/{visit.id}"
    seen = await person.get(path)
    leads = person.userid == visit.leader
    problem = visit.position % PROBLEM_EVERY == 0 and leads
    refused = visit.position % REFUSES_EVERY == 0 and leads
    pictures = _Uploads(person=person, visit=visit, now=now, mark=f"{visit.number}/{department}/{again}")
    shot = await pictures.photo()
    team = visit.teams[department]
    signed = [{"staff_no": number, "digest": await pictures.signature(number)} for number in team]
    manifest = {
        "submission_id": str(uuid.uuid4()),
        "answers": _answers(seen["items"], shot, now, problem=problem),
        "photos": [shot],
        "results": ["corrected"] if problem else ["none"],
        "result_detail": "后厨台账缺少近一周记录，已当场责令改正。" if problem else "",
        "measures": ["order"] if problem else ["nothing"],
        "note": again,
        "owner_signature": await pictures.owner(refused=refused) if leads else None,
        "inspector_signatures": signed if refused else signed[:1],
        "device": {"ua": "suicha-tour", "saved_at": now.isoformat()},
    }
    receipt = await person.post(f"{path}/submissions", manifest)
    twice = None
    if visit.position % TWICE_EVERY == 0:
        twice = receipt == await person.post(f"{path}/submissions", manifest)
    return Handed(files=pictures.count, problem=problem, refused=refused, twice=twice)


@dataclass(kw_only=True, slots=True)
class _Uploads:
    """The files of one part; `mark` makes them its own."""

    person: Person
    visit: VisitPlan
    now: datetime
    mark: str
    count: int = 0

    async def photo(self) -> str:
        """Take a photo and send it; gives its digest."""
        return await self._send("photo", await asyncio.to_thread(photo, self.mark, self.now))

    async def signature(self, who: str) -> str:
        """Let somebody sign and send it; gives its digest."""
        return await self._send("signature", await asyncio.to_thread(signature, f"{self.mark}/{who}"))

    async def owner(self, *, refused: bool) -> dict[str, str]:
        """The owner signs, or does not and the reason is noted."""
        if refused:
            return {"kind": "refused", "reason": "负责人称需请示上级，拒绝签字。"}
        return {"kind": "signed", "name": "演示负责人", "digest": await self.signature("owner")}

    async def _send(self, kind: str, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        latitude, longitude = place(self.visit.number)
        stored = await self.person.send_file(
            f"/api/phone/visits/{self.visit.id}/uploads",
            data,
            digest=digest,
            kind=kind,
            taken_at=self.now.isoformat(),
            lat=str(latitude),
            lon=str(longitude),
            accuracy="12",
        )
        if stored != {"digest": digest, "stored": True}:
            raise TourError(why=f"{self.visit.number} 的文件存成了别的内容。")
        self.count += 1
        return digest


def _answers(items: list[Any], shot: str, now: datetime, *, problem: bool) -> list[dict[str, Any]]:
    return [
        _answer(item["task_item_id"], question, shot, now, problem=problem)
        for item in items
        for question in item["form"]["questions"]
    ]


def _answer(item: str, question: Mapping[str, Any], shot: str, now: datetime, *, problem: bool) -> dict[str, Any]:
    """Fill one question by its kind; in a visit with a problem the key lines are answered with "no"."""
    wrong = problem and question["key"] and question["kind"] == "yesno"
    values: dict[str, Any] = {
        "yesno": "no" if wrong else "yes",
        "choice": (question.get("options") or [""])[0],
        "number": question.get("min", 0) + 3,
        "text": "现场秩序正常。",
        "date": now.date().isoformat(),
    }
    with_photo = question.get("photo_when") == "always" or (question.get("photo_when") == "no" and wrong)
    return {
        "task_item_id": item,
        "question_id": question["id"],
        "value": values[question["kind"]],
        "comment": "近一周记录缺失，已要求补齐。" if wrong else "",
        "photos": [shot] if with_photo else [],
    }


async def count_evidence(story: Story, stage: Stage) -> None:
    """Look at each part's evidence as its inspector sees it, and at one copy of each photo."""
    async with stage.step("核对现场证据", "检查人员") as note:
        pairs = [(visit, department) for visit in story.visits for department in visit.teams]
        counts = await all_of(lambda pair: _photos_of(story, *pair), pairs)
        story.numbers["photos_stored"] = sum(counts)
        story.checks["photos"] = all(count >= 1 for count in counts)
        note(f"{len(pairs)} 份部门检查结果，照片 {sum(counts)} 张，均可查看带水印的展示图")


async def _photos_of(story: Story, visit: VisitPlan, department: str) -> int:
    person = story.cast.person(visit.speaker(department))
    evidence = (await person.get(f"/api/phone/visits/{visit.id}"))["evidence"]
    photos = [one for one in evidence if one["kind"] == "photo"]
    for one in photos:
        await person.look(one["display_url"])
    return len(photos)
