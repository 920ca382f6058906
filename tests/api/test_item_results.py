"""A result per item: entered on the phone, approved, published, exchanged, corrected; over real HTTP (H3, H6, 2.4)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from sqlalchemy import select

from handlers import corrections as corrections_doors
from handlers import public_data
from inspection.errors import InvalidInputError
from inspection.province import record_of
from models.corrections import Correction
from models.database import Database
from models.people import Member
from models.registers import Item
from models.results import Publication
from models.tasks import TaskItem
from services.field import deposits
from services.field.submissions import IncompleteError
from services.results import correction_view, corrections, figures, publications
from services.results.corrections import Wish
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.test_figures import drawn
from tests.integration.visits_play import Play, house_of, signature_bytes

FOUND = {"results": ["corrected"], "measures": ["order"], "result_detail": "灭火器过期，已更换"}


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    async with http_of(play, corrections_doors.routes, public_data.routes) as found:
        yield found


async def second_item(play: Play) -> str:
    """Give the lead's department a second item in the task; gives its id."""
    async with play.act("coordinator") as act:
        first = play.scene.items["lead"]
        item = Item(key="z2", department_id=first.department_id, domain="演示领域", name="消防通道检查", digest="z2")
        act.db.add(item)
        await act.db.flush()
        row = TaskItem(task_id=first.task_id, item_id=item.id, department_id=first.department_id, name=item.name)
        act.db.add(row)
        await act.db.flush()
        return row.id


async def published(play: Play) -> Publication:
    """Hand in a finding of the second item alone, and let the result be public."""
    first, second = play.scene.items["lead"].id, await second_item(play)
    await play.accept()
    manifest = await play.filled("lead-1", **FOUND)
    manifest["answers"] += [{**one, "task_item_id": second} for one in manifest["answers"]]
    wrong = [{"task_item_id": first, "results": ["none"]}, {"task_item_id": second, "results": ["none"]}]
    with pytest.raises(IncompleteError, match="各事项的结果"):
        await play.submit("lead-1", {**manifest, "item_results": wrong})
    told = [{"task_item_id": first, "results": ["none"]}, {"task_item_id": second, "results": ["corrected"]}]
    receipt = await play.submit("lead-1", {**manifest, "item_results": told})
    again = await play.submit("lead-1", {**manifest, "item_results": told})
    assert again.manifest_digest == receipt.manifest_digest
    await play.submit("partner-1")
    await play.confirm()
    for code in ("lead", "partner"):
        await play.approve(code)
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
        department = play.scene.items["lead"].department_id
        return (await act.db.scalars(select(Publication).where(Publication.department_id == department))).one()


def by_item(body: dict) -> dict[str, str]:
    return {one["item"]: one["result"] for one in record_of(body)["details"]}


async def test_each_item_shows_what_it_came_to(http: Http) -> None:
    """H3, H6, G12: page, open data and the platform's record tell each item's own result, not the department's."""
    found = await published(http.play)
    names = sorted(["消防通道检查", "演示区市场监督管理局事项"])
    assert sorted(by_item(found.body)) == names
    assert by_item(found.body)["消防通道检查"] == "发现问题已责令改正"
    assert by_item(found.body)["演示区市场监督管理局事项"] == "未发现问题"
    status, page, _ = await http.call("GET", f"/public/results/{quote(found.number)}")
    assert (status, page.count("<small>未发现问题</small>"), page.count("<small>发现问题已责令改正</small>")) == (
        200,
        1,
        1,
    )
    data = (await http.call("GET", "/public/data/results-2026-03.json"))[1]
    rows = {row["number"]: row for row in (data if isinstance(data, dict) else json.loads(data))["rows"]}
    assert sorted(rows[found.number]["item_texts"]) == ["发现问题已责令改正", "未发现问题"]
    await drawn(http.play)
    async with http.play.act("coordinator") as act:
        told = await figures.figures(act, date(2026, 3, 1), date(2026, 3, 31))
    rates = {one["key"]: (one["seen"], one["hits"]) for one in told["groups"]["item"]}
    assert (rates["消防通道检查"], rates["演示区市场监督管理局事项"], rates["演示区卫生健康局事项"]) == (
        (1, 1),
        (1, 0),
        (1, 0),
    )
    others = [row for number, row in rows.items() if number != found.number]
    assert [row["item_texts"] for row in others] == [["未发现问题"]]


async def test_a_corrected_result_leaves_no_old_one_at_an_item(http: Http) -> None:
    """J2, 2.4: nothing found is nothing found at every item; the old version keeps what its items said."""
    play = http.play
    found = await published(play)
    async with play.act("lead-1") as act:
        paper = await play.house.blobs.put(signature_bytes(7))
        changes = {"results": ["none"], "measures": ["nothing"]}
        wish = Wish(number=found.number, ground="fact", reason="复核无误", changes=changes, evidence=[paper])
        await deposits.keep(act, deposits.CORRECTIONS, paper)
        row = await corrections.ask(act, wish)
    async with play.act("lead-approver") as act:
        (await act.db.get_one(Member, act.actor.member_id)).post = "主要负责人"
        await corrections.sign(act, row.id, await play.house.blobs.put(signature_bytes(8)))
        now = (await act.db.scalars(select(Publication).where(Publication.id == found.id))).one()
        assert set(by_item(now.body).values()) == {"未发现问题"}
    old = (await http.call("GET", f"/public/results/{quote(found.number)}/v1"))[1]
    assert old.count("<small>发现问题已责令改正</small>") == 1


async def test_a_correction_says_what_each_item_came_to(http: Http) -> None:
    """J2, H6: results are corrected item by item: who does not say each is told so, and no item falls silent."""
    play = http.play
    found = await published(play)
    paper = await play.house.blobs.put(signature_bytes(7))
    second = found.body["items"].index("消防通道检查")
    by_items = [["none"], ["none"]]
    by_items[second] = ["corrected"]
    swapped = by_items[::-1]

    async def ask(**changes: object) -> Correction:
        async with play.act("lead-1") as act:
            await deposits.keep(act, deposits.CORRECTIONS, paper)
            wish = Wish(number=found.number, ground="fact", reason="复核", changes=changes, evidence=[paper])
            return await corrections.ask(act, wish)

    for changes, why in (
        ({"results": ["pending"], "measures": ["order"]}, "合起来应当"),  # and which item was it?
        ({"item_results": [["corrected"]]}, "逐项写明"),
        ({"item_results": "corrected"}, "逐项写明"),
        ({"item_results": [["none"], ["none"]]}, "合起来应当"),
        ({"items": ["消防通道检查"]}, "逐项写明"),
    ):
        with pytest.raises(InvalidInputError, match=why):
            await ask(**changes)
    async with play.act("lead-1") as act:
        await deposits.keep(act, deposits.CORRECTIONS, paper)
    renamed = [name.replace("消防通道", "疏散通道") for name in found.body["items"]]
    wish = {"number": found.number, "ground": "fact", "reason": "复核", "evidence": [paper]}
    changes = {"item_results": swapped, "items": renamed}
    status, told, _ = await http.call("POST", "/api/console/corrections", "lead-1", json={**wish, "changes": changes})
    assert status == 200, told
    row = await play.row(Correction, told["id"])
    async with play.act("lead-approver") as act:
        (await act.db.get_one(Member, act.actor.member_id)).post = "主要负责人"
        [shown] = (await correction_view.rows(act))["rows"]
        fields = {one["field"]: one for one in shown["changes"]}
        assert fields.keys() == {"各事项结果", "抽查事项"}
        assert "消防通道检查：发现问题已责令改正" in fields["各事项结果"]["before"]
        assert "疏散通道检查：未发现问题" in fields["各事项结果"]["after"]
        await corrections.sign(act, row.id, await play.house.blobs.put(signature_bytes(8)))
        now = (await act.db.scalars(select(Publication).where(Publication.id == found.id))).one()
        assert by_item(now.body)["疏散通道检查"] == "未发现问题"
        assert "消防通道检查" not in by_item(now.body)
        assert sorted(by_item(now.body).values()) == ["发现问题已责令改正", "未发现问题"]
        assert now.body["results"] == ["corrected"]
    page = (await http.call("GET", f"/public/results/{quote(found.number)}"))[1]
    assert page.count("<small>发现问题已责令改正</small>") == 1
    old = (await http.call("GET", f"/public/results/{quote(found.number)}/v1"))[1]
    assert old.count("<small>发现问题已责令改正</small>") == 1
