"""Papers on the spot: numbered without gaps, sealed, handed over, in the chain; refused where something lacks."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.site_papers import SitePaper
from models.database import Database
from models.field import SitePaper as Row
from models.results import Outbox
from models.store import typed
from services.field import chain, deposits, site_papers
from services.field.doors import DoorFirstError
from tests.conftest import Clock
from tests.integration.test_followups import bound
from tests.integration.visits_play import Play, house_of, photo_bytes

ORDER: dict[str, Any] = {
    "kind": "correct",
    "facts": "后厨冷藏柜温度 12 ℃。\n未见温度记录。",
    "basis": "《餐饮服务食品安全操作规范》",
    "demand": "调整至 8 ℃ 以下并补做记录。",
    "due_on": date(2026, 3, 20),
}
MINUTES: dict[str, Any] = {"kind": "minutes", "facts": "现场正常营业。", "statement": "无意见。"}
REPORT: dict[str, Any] = {"kind": "report", "facts": "不合格", "source": "演示检验中心", "source_no": "演2026-7"}


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await found.accept()
    return found


async def issue(play: Play, who: str, paper: dict[str, Any], request: str = "") -> Row:
    async with play.act(who) as act:
        row = await site_papers.issue(act, play.scene.visit.id, request or str(uuid4()), SitePaper(**paper))
        act.db.expunge(row)
        return row


async def deposit(play: Play, who: str, data: bytes) -> str:
    digest = await play.house.blobs.put(data)
    async with play.act(who) as act:
        await site_papers.keep_file(act, play.scene.visit.id, digest)
    return digest


async def test_a_paper_is_numbered_sealed_chained_and_handed_over(play: Play) -> None:
    """I8, L1: gapless by department, kind and year; the enterprise is told and reads it; a stranger finds nothing."""
    owner = await bound(play)
    first, minutes = await issue(play, "lead-1", ORDER), await issue(play, "lead-1", MINUTES)
    second, other = await issue(play, "lead-2", ORDER), await issue(play, "partner-1", ORDER)
    assert [one.number for one in (first, minutes, second, other)] == [
        "演示区市场监督管理局责改〔2026〕1号",
        "演示区市场监督管理局笔录〔2026〕1号",
        "演示区市场监督管理局责改〔2026〕2号",
        "演示区卫生健康局责改〔2026〕1号",
    ]
    assert hashlib.sha256(first.body.encode()).hexdigest() == first.digest
    async with play.database.read() as db:
        events = [one for one in await typed.events(db, play.scene.visit.id) if one.kind == "paper"]
        told = list(await db.scalars(select(Outbox).where(Outbox.kind == "owner-paper")))
        assert [one.body["digest"] for one in events] == [one.digest for one in (first, minutes, second, other)]
        assert chain.digest_of(chain.told(events[0], play.scene.visit.number)) == events[0].digest
    assert len(told) == 4
    visit_id = play.scene.visit.id
    async with play.act(owner) as act:
        assert len(await site_papers.of_owner(act, visit_id)) == 4
        assert (await site_papers.pdf_for_owner(act, visit_id, first.id)).startswith(b"%PDF")
    async with play.act("lead-approver") as act:
        with pytest.raises(NotFoundError):
            await site_papers.pdf_for_group(act, visit_id, first.id)


async def test_a_request_sent_twice_is_one_paper(play: Play) -> None:
    request = str(uuid4())
    once, again = await issue(play, "lead-1", ORDER, request), await issue(play, "lead-1", ORDER, request)
    assert once.id == again.id
    async with play.database.read() as db:
        assert await db.scalar(select(func.count()).select_from(Row)) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"due_on": None}, "改正期限：请填写"),
        ({"due_on": date(2020, 1, 1)}, "不能早于今天"),
        ({"statement": "有"}, "没有这一项"),
        ({"demand": "  "}, "改正要求：请填写"),
        ({"kind": "fine"}, "请从列出的种类中选择"),
        ({"kind": "evidence", "basis": "", "demand": "", "due_on": None, "lines": ({"name": ""},)}, "请写明名称"),
    ],
)
async def test_what_a_paper_lacks_is_said_and_no_number_is_spent(play: Play, change: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await issue(play, "lead-1", {**ORDER, **change})
    assert why in str(caught.value)
    assert (await issue(play, "lead-1", ORDER)).number.endswith("〔2026〕1号")


async def test_papers_end_with_the_submission_reports_come_later(play: Play) -> None:
    """G10: after the part is handed in no order is slipped in; a report is attached, and is not the owner's."""
    await play.submit("lead-1")
    with pytest.raises(ConflictError):
        await issue(play, "lead-1", ORDER)
    report = b"%PDF-1.4 made up"
    digest = hashlib.sha256(report).hexdigest()
    with pytest.raises(InvalidInputError):
        await issue(play, "lead-1", {**REPORT, "attachment": digest})
    await deposit(play, "lead-1", report)
    row = await issue(play, "lead-1", {**REPORT, "attachment": digest})
    owner = await bound(play)
    async with play.act("partner-1") as act:
        assert await site_papers.pdf_for_group(act, play.scene.visit.id, row.id) == report
    async with play.act(owner) as act:
        assert await site_papers.of_owner(act, play.scene.visit.id) == []
        with pytest.raises(NotFoundError):
            await site_papers.pdf_for_owner(act, play.scene.visit.id, row.id)


async def test_to_know_a_hash_is_not_to_own_the_file(play: Play) -> None:
    """M1: a colleague's file, a file of another visit, evidence and submissions: no paper opens them by their hash."""
    theirs = await deposit(play, "partner-1", b"%PDF-1.4 the partner's report")
    with pytest.raises(NotFoundError):
        await deposit(play, "lead-approver", b"%PDF-1.4 no visit of his")
    elsewhere = await play.house.blobs.put(b"%PDF-1.4 of another visit of his own")
    async with play.act("lead-1") as act:
        await deposits.keep(act, deposits.at_visit("another visit"), elsewhere)
    sealed = (await play.submit("partner-1")).manifest_digest
    photo = await play.upload("lead-1", photo_bytes("lead-1"))
    for digest in (theirs, elsewhere, sealed, photo, "../" * 21 + "x"):
        with pytest.raises(InvalidInputError, match="没有收到您上传的这个文件"):
            await issue(play, "lead-1", {**REPORT, "attachment": digest})
    assert await deposit(play, "lead-1", b"%PDF-1.4 the partner's report") == theirs  # he has it himself: his too
    assert (await issue(play, "lead-1", {**REPORT, "attachment": theirs})).attachment == theirs


async def test_nothing_is_handed_over_before_the_door_of_an_unannounced_visit(play: Play) -> None:
    """F2: no order and no message before somebody has scanned, or it is written down why nobody did."""
    async with play.database.write() as db:
        task = await db.get_one(type(play.scene.task), play.scene.task.id)
        task.announced = False
    with pytest.raises(DoorFirstError):
        await issue(play, "lead-1", ORDER)


async def test_every_kind_becomes_a_page(play: Play) -> None:
    lines = ({"name": "散装糕点", "spec": "批次 1", "count": "2 盒", "note": "冷藏"},)
    every = {"facts": "情况", "basis": "依据", "demand": "要求", "due_on": date(2026, 4, 1), "lines": lines}
    for kind in site_papers.kinds():
        if kind["foreign"]:
            continue
        wanted = {one["name"] for one in kind["fields"]}
        row = await issue(play, "lead-1", {"kind": kind["code"], **{k: v for k, v in every.items() if k in wanted}})
        words = json.loads(row.body)
        assert words["title"] == kind["text"]
        assert (await site_papers.printed(play.house, {**words, "digest": row.digest})).startswith(b"%PDF")
