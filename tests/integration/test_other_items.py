"""Other items on the spot: only from the list in force, with a reason, by who may; the rest is a clue."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from inspection.actors import PUBLIC
from inspection.errors import ForbiddenError, InvalidInputError, NotFoundError
from inspection.other_items import added_id
from models.base import new_id
from models.clues import Clue
from models.database import Database
from models.lists import ItemList, ItemVersion
from models.people import Inspector
from models.registers import Item
from models.results import Outbox
from models.store import figures, typed
from models.tasks import VisitMember
from services.field import other_items, together, visits
from services.field.manifests import AddedEntry
from services.field.submissions import IncompleteError
from services.people import owners
from services.results import approvals, publications
from tests.conftest import Clock
from tests.integration.test_followups import bound
from tests.integration.visits_play import Play, house_of

WHY = "现场发现兼营散装食品"
QUESTIONS = ("licence", "matter", "records", "earlier")


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await found.accept()
    return found


async def listed(play: Play, code: str, name: str, *, removed: bool = False) -> str:
    """An item on the department's own published list; gives the item's id."""
    department = play.scene.parts[code].department_id
    mark = new_id()
    async with play.database.write() as db:
        item = Item(key=mark, department_id=department, domain="演示", name=name, content=name, digest=mark)
        own = ItemList(department_id=department, name=mark, kind="department", created_at=play.clock())
        db.add_all([item, own])
        await db.flush()
        version = ItemVersion(
            item_id=item.id,
            list_id=own.id,
            department_id=department,
            number=1,
            status="published",
            removed=removed,
            valid_from=date(2026, 1, 1),
            body={"name": name, "domain": "演示", "content": name, "basis": "演示办法第三条"},
            made_by="x",
            made_at=play.clock(),
        )
        db.add(version)
        return item.id


async def with_added(play: Play, who: str, item: str, **changes: Any) -> dict[str, Any]:
    """A good manifest with all questions of the added item answered too."""
    manifest = await play.filled(who)
    added = added_id(play.scene.visit.id, item)
    manifest["answers"] += [
        {"task_item_id": added, "question_id": one, "value": "yes", "photos": manifest["photos"]} for one in QUESTIONS
    ]
    return {**manifest, "added_items": [{"item_id": item, "reason": WHY}], **changes}


async def share(play: Play, who: str, item: str) -> list[str]:
    async with play.act(who) as act:
        told = await together.share(act, play.scene.visit.id, [], [AddedEntry(item_id=item, reason=WHY)])
        return list(told["items"])


async def test_an_added_item_goes_all_the_way_to_the_public(play: Play) -> None:
    """A3, H3: on the phone offline, sealed with its reason, shown to approver, enterprise and public; never drawn."""
    item = await listed(play, "lead", "散装食品销售检查")
    async with play.act("lead-1") as act:
        assert [(one["name"], one["form"]["title"]) for one in await other_items.listed(act)] == [
            ("散装食品销售检查", "散装食品销售检查")
        ]
    manifest = await with_added(play, "lead-1", item, results=["corrected"], measures=["order"], result_detail="标签")
    drawn, added = play.scene.items["lead"].id, added_id(play.scene.visit.id, item)
    manifest["item_results"] = [
        {"task_item_id": drawn, "results": ["none"]},
        {"task_item_id": added, "results": ["corrected"]},
    ]
    first = await play.submit("lead-1", manifest)
    assert (await play.submit("lead-1", manifest)).manifest_digest == first.manifest_digest
    owner = await bound(play)
    await play.submit("partner-1")
    await play.confirm()
    async with play.act("lead-approver") as act:
        [waiting] = await approvals.waiting(act)
    assert list(waiting.added) == [("散装食品销售检查", WHY)]
    assert waiting.manifest["added_items"] == [{"item_id": item, "reason": WHY}]
    assert {one.item for one in waiting.answers} == {"演示区市场监督管理局事项", "散装食品销售检查（现场增加）"}
    async with play.act(owner) as act:
        told = await owners.visit(act, play.scene.visit.id)
    assert "散装食品销售检查（现场增加）" in [one["item"] for one in told["items"]]
    await play.approve("lead")
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
    async with play.act(PUBLIC) as act:
        body = (await publications.result(act, f"{play.scene.visit.number}-lead"))[0].body
    assert body["items"] == ["演示区市场监督管理局事项", "散装食品销售检查（现场增加）"]
    assert body["item_results"] == [["none"], ["corrected"]]
    assert WHY not in str(body)  # free words stay inside (H7)
    async with play.database.read() as db:
        kinds = [one.kind for one in await typed.events(db, play.scene.visit.id)]
        seen = await figures.problems(db, date(2026, 1, 1), date(2026, 12, 31), "item")
    assert kinds.count("item-added") == 1
    assert not any("现场增加" in one.key for one in seen)  # what nobody drew is no sample


async def test_what_is_on_no_list_in_force_is_not_inspected(play: Play) -> None:
    """A3: off the list, taken off the list, or another department's: refused, and nothing stays."""
    gone = await listed(play, "lead", "已取消的事项", removed=True)
    theirs = await listed(play, "partner", "别的部门的事项")
    for item in (gone, theirs, play.scene.items["lead"].item_id[::-1]):
        with pytest.raises(InvalidInputError, match="不在本部门现行的随机抽查事项清单内"):
            await play.submit("lead-1", await with_added(play, "lead-1", item))
    assert len(await share(play, "partner-1", theirs)) == 2
    async with play.act("lead-1") as act:
        assert len((await visits.visit_detail(act, play.scene.visit.id)).items) == 1


async def test_what_is_on_no_list_becomes_one_clue(play: Play) -> None:
    """A3, O1: not inspected, but not forgotten; sent back and handed in again it is still one clue."""
    matter = {"matter": "无照经营寄递业务", "content": "门口有快递柜"}
    manifest = await play.filled("lead-1", off_list=[matter])
    await play.submit("lead-1", manifest)
    await play.submit("partner-1")
    await play.confirm()
    async with play.act("lead-approver") as act:
        await approvals.send_back(act, play.scene.parts["lead"].id, "请补充")
    await play.submit("lead-1", await play.filled("lead-1", off_list=[matter]))
    async with play.database.read() as db:
        [clue] = await db.scalars(select(Clue))
        assert (clue.source, clue.matter, clue.target_id) == ("onsite", matter["matter"], play.scene.target.id)
        assert clue.department_id == play.scene.parts["lead"].department_id
        assert matter["content"] in clue.content


async def test_who_may_add_and_when(play: Play) -> None:
    """A3, B14: no assistant, no stranger, not before the leader accepts, not after the part is in."""
    item = await listed(play, "lead", "散装食品销售检查")
    async with play.database.write() as db:
        helper = await db.scalar(
            select(Inspector)
            .join(VisitMember, VisitMember.inspector_id == Inspector.id)
            .where(VisitMember.member_id == play.scene.actors["lead-2"].member_id)
        )
        assert helper is not None
        helper.kind = "assistant"
    with pytest.raises(ForbiddenError):
        await share(play, "lead-2", item)
    with pytest.raises(NotFoundError):
        await share(play, "lead-approver", item)
    await play.submit("lead-1")
    assert len(await share(play, "lead-1", item)) == 1  # too late: what is handed in stays as it is
    async with play.act("lead-1") as act:
        with pytest.raises(NotFoundError):
            await other_items.drop(act, play.scene.visit.id, added_id(play.scene.visit.id, item))


async def test_what_one_added_the_other_has_too_until_it_is_dropped(play: Play) -> None:
    """G5: two phones add the same: one item; nobody hands in without it; dropped, it is no longer asked for."""
    item = await listed(play, "lead", "散装食品销售检查")
    added = added_id(play.scene.visit.id, item)
    assert await share(play, "lead-1", item) == await share(play, "lead-2", item)
    with pytest.raises(IncompleteError):
        await play.submit("lead-1")
    async with play.act("partner-1") as act:
        with pytest.raises(NotFoundError):
            await other_items.drop(act, play.scene.visit.id, added)
    for _ in range(2):
        async with play.act("lead-2") as act:
            await other_items.drop(act, play.scene.visit.id, added)
    assert added in await share(play, "lead-1", item)  # thought better of
    async with play.act("lead-1") as act:
        await other_items.drop(act, play.scene.visit.id, added)
    receipt = await play.submit("lead-1")
    assert receipt.visit_number == play.scene.visit.number
    async with play.database.read() as db:
        kinds = [one.kind for one in await typed.events(db, play.scene.visit.id)]
    assert [one for one in kinds if one.startswith("item")] == ["item-added", "item-dropped"] * 2


async def test_the_approver_and_the_leader_are_told_at_once(play: Play) -> None:
    """A3: one letter for what was added together, to the approvers and the leader; no reason, not twice."""
    items = [await listed(play, "partner", name) for name in ("散装食品销售检查", "餐具消毒检查")]
    added = [AddedEntry(item_id=one, reason=WHY) for one in items]
    for who in ("partner-1", "partner-2", "partner-1"):  # both phones send it, and one again
        async with play.act(who) as act:
            await together.share(act, play.scene.visit.id, [], added)
    assert await play.told("item-added") == ["lead-1", "partner-approver"]
    async with play.database.read() as db:
        letters = list(await db.scalars(select(Outbox.content).where(Outbox.kind == "item-added")))
    assert {one["path"] for one in letters} == {
        f"/m/visits/{play.scene.visit.id}",
        f"/console/tasks/{play.scene.task.id}",
    }
    for one in letters:
        assert "散装食品销售检查、餐具消毒检查" in str(one["facts"])
        assert WHY not in str(one)
    async with play.act("partner-1") as act:
        await other_items.drop(act, play.scene.visit.id, added_id(play.scene.visit.id, items[0]))
    await share(play, "partner-1", items[0])  # added anew: that is news
    assert await play.told("item-added") == ["lead-1"] * 2 + ["partner-approver"] * 2


async def test_a_leader_who_adds_himself_is_not_told(play: Play) -> None:
    """A3: he knows; his department's approver is told."""
    await share(play, "lead-1", await listed(play, "lead", "散装食品销售检查"))
    assert await play.told("item-added") == ["lead-approver"]
