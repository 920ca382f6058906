"""What is printed of a visit: summary form, item forms, receipt, papers; each with a code that a page checks."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import pytest_asyncio

from inspection.actors import PUBLIC
from inspection.errors import ConflictError, NotFoundError
from models.database import Database
from models.tasks import Visit
from services.field import paper_checks, record_form, site_papers, summaries
from services.people import genuine
from services.results import approvals
from tests.conftest import Clock
from tests.integration.test_followups import bound
from tests.integration.test_site_papers import MINUTES, ORDER, issue
from tests.integration.visits_play import Play, house_of, signature_bytes

A4 = 'w:w="11906" w:h="16838"'  # twentieths of a point


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await found.accept()
    return found


async def proved(play: Play, kind: str, name: str, digest: str) -> dict[str, Any]:
    """What the page says to a code as the office makes it."""
    code = genuine.url_of(play.house, kind, name, digest).rpartition("/")[2]
    async with play.act(PUBLIC) as act:
        return await paper_checks.shown(act, code)


def text_in(docx: bytes) -> str:
    with ZipFile(io.BytesIO(docx)) as found:
        return found.read("word/document.xml").decode()


async def test_the_record_form_is_whole_and_its_code_says_whether_it_stands(play: Play) -> None:
    """G5, G7-G9: printed once confirmed, for group and enterprise; a new summary makes the old paper an old one."""
    visit_id = play.scene.visit.id
    owner = await bound(play)
    matter = {"matter": "门口堆放快递", "content": ""}
    await play.submit("lead-1", await play.filled("lead-1", off_list=[matter]))
    async with play.act("lead-1") as act:
        with pytest.raises(ConflictError):
            await record_form.pdf_for_group(act, visit_id)
        assert (await record_form.receipt(act, visit_id)).startswith(b"%PDF")
    await play.submit("partner-1")
    await play.confirm()
    digest = (await play.row(Visit, visit_id)).summary_digest
    ink = await play.upload("lead-1", signature_bytes(5), "signature")
    async with play.act("lead-1") as act:
        await summaries.sign(act, visit_id, digest, ink)
        assert (await record_form.pdf_for_group(act, visit_id)).startswith(b"%PDF")
        words = text_in(await record_form.docx_for_group(act, visit_id))
    for said in (
        "部门联合抽查情况记录表",
        "演示区卫生健康局事项",
        "各部门均已完成检查。",
        "未发现问题",
        "门口堆放快递",
    ):
        assert said in words
    async with play.act(owner) as act:
        assert (await record_form.pdf_for_owner(act, visit_id)).startswith(b"%PDF")
        told = await record_form._words(act, await act.db.get_one(Visit, visit_id), play.scene.task, play.scene.target)
    async with play.act("lead-approver") as act:
        with pytest.raises(NotFoundError):
            await record_form.pdf_for_group(act, visit_id)
    assert "门口堆放快递" not in str(told)  # M3: what is not checked yet is not told to whom it is about
    shown = await proved(play, "record", visit_id, digest)
    assert (shown["stands"], shown["target"]) == (True, play.scene.target.name)
    assert "未发现问题" not in str(shown)  # a result is public when it is published, not before
    async with play.act("lead-approver") as act:
        await approvals.send_back(act, play.scene.parts["lead"].id, "请补充")
    play.clock.advance(minutes=5)
    await play.submit("lead-1")
    await play.confirm()
    assert (await proved(play, "record", visit_id, digest))["stands"] is False


async def test_the_printed_receipt_counts_the_files_that_the_phones_does(play: Play) -> None:
    """G10: photos and signatures; the printed one left the signatures out."""
    sent = await play.submit("lead-1")
    async with play.act("lead-1") as act:
        facts = dict((await record_form._receipt(act, play.scene.visit.id))["facts"])
    assert len(sent.evidence) == 2
    assert facts["封存的文件"].startswith(f"{len(sent.evidence)} 个")


async def test_a_code_that_the_office_has_not_made_proves_nothing(play: Play) -> None:
    """L2: a paper and a receipt are found by their own code; another number, another digest or no key: not found."""
    row = await issue(play, "lead-1", ORDER)
    shown = await proved(play, "paper", genuine.packed(row.number), row.digest)
    assert (shown["paper"], shown["title"], shown["digest"]) == (row.number, "责令改正通知书", row.digest)
    receipt = await play.submit("lead-1")
    assert (await proved(play, "receipt", receipt.submission_id, receipt.manifest_digest))["stands"] is True
    code = genuine.url_of(play.house, "paper", genuine.packed(row.number), row.digest).rpartition("/")[2]
    other = genuine.packed(row.number.replace("1号", "2号"))
    for forged in (code[:-1], f"{code}0", code.replace(code.split(".")[1], other), "paper", "...", "", "paper.x.y.é"):
        async with play.act(PUBLIC) as act:
            with pytest.raises(NotFoundError):
                await paper_checks.shown(act, forged)


async def test_an_office_edits_a_copy(play: Play) -> None:
    """G6: orders and minutes as DOCX too, with the same words, said to be a copy; a stranger gets none."""
    order, minutes = await issue(play, "lead-1", ORDER), await issue(play, "lead-1", MINUTES)
    async with play.act("lead-1") as act:
        words = text_in(await site_papers.docx_for_group(act, play.scene.visit.id, order.id))
        assert "现场正常营业。" in text_in(await site_papers.docx_for_group(act, play.scene.visit.id, minutes.id))
    signing = ("被检查人（签字或盖章）：", "见证人（签字）：", "演示区市场监督管理局（印章）")
    for said in (order.number, "后厨冷藏柜温度 12 ℃。", "2026年3月20日 前", "可编辑副本", order.digest, *signing):
        assert said in words
    assert A4 in words
    async with play.act("lead-approver") as act:
        with pytest.raises(NotFoundError):
            await site_papers.docx_for_group(act, play.scene.visit.id, order.id)
