"""The group's word under a summary: asked for, signed with an ink, or written down why not (G8, G9)."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.database import Database
from models.results import Deadline
from services.field import summaries
from services.field.summaries import AlreadySaidError, SummaryChangedError
from services.results import approvals
from tests.conftest import Clock
from tests.integration.clock_play import morning, the_deadline, tick, told
from tests.integration.visits_play import Play, house_of, signature_bytes


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs", confirm_libraries=False), clock).begin()
    await found.confirmed()
    return found


async def summary_of(play: Play, who: str = "lead-1") -> dict[str, object]:
    async with play.act(who) as act:
        return await summaries.shown(act, play.scene.visit.id)


async def sign(play: Play, who: str, ink: int, summary: str = "") -> None:
    digest = await play.upload(who, signature_bytes(ink), "signature")
    summary = summary or str((await summary_of(play, who))["digest"])
    async with play.act(who) as act:
        await summaries.sign(act, play.scene.visit.id, summary, digest)


async def decline(play: Play, who: str, reason: str, staff_no: str = "") -> None:
    summary = str((await summary_of(play, who))["digest"])
    async with play.act(who) as act:
        await summaries.decline(act, play.scene.visit.id, summary, reason, staff_no)


async def is_open(play: Play) -> bool:
    async with play.database.read() as db:
        found = await db.scalar(select(Deadline.settled_at).where(Deadline.kind == "sign"))
        return found is None


async def test_the_summary_is_signed_by_everybody_or_it_stands_why_not(play: Play) -> None:
    """G8, G9: asked when the leader has formed it; settled by the last word, be it an ink or a reason."""
    assert (await the_deadline(play, DeadlineKind.SIGN)).due_on.isoformat() == "2026-03-05"
    assert await play.told("sign-due") == ["lead-2", "partner-1", "partner-2"]
    await sign(play, "lead-1", 11)
    await sign(play, "lead-1", 11)  # the same again is nothing new
    await sign(play, "partner-1", 12)
    await decline(play, "partner-2", "对卫生部门的结论有不同意见。")
    assert await is_open(play)
    with pytest.raises(AlreadySaidError):
        await sign(play, "partner-2", 13)
    await decline(play, "lead-1", "病假，无法到场。", "LEAD-2")
    assert not await is_open(play)
    people = {one["staff_no"]: one for one in (await summary_of(play))["people"]}  # type: ignore[attr-defined]
    assert {no for no, one in people.items() if one["signed_at"]} == {"LEAD-1", "PARTNER-1"}
    assert people["PARTNER-2"]["reason"].startswith("对卫生部门")
    assert not any(one["can"]["sign"] or one["can"]["decline"] for one in people.values())


async def test_who_has_signed_is_not_reminded(play: Play) -> None:
    """K2, G9: of four, the three who still owe their names hear of it; who signed does not."""
    await sign(play, "lead-2", 11)
    morning(play, "2026-03-05")
    await tick(play)
    heard = set(await told(play))
    assert {"lead-1", "partner-1", "partner-2"} <= heard
    assert "lead-2" not in heard


async def test_a_summary_that_was_sent_back_is_signed_anew(play: Play) -> None:
    """G9, H1: another summary asks everybody again; a signature under the one before does not count for it."""
    before = str((await summary_of(play))["digest"])
    await sign(play, "lead-1", 11)
    async with play.act("partner-approver") as act:
        await approvals.send_back(act, play.scene.parts["partner"].id, "请补充台账照片")
    assert not await is_open(play)
    with pytest.raises(ConflictError):
        await sign(play, "lead-2", 12, before)
    await play.submit("partner-1")
    await play.confirm()
    assert await is_open(play)
    with pytest.raises(SummaryChangedError):
        await sign(play, "lead-1", 11, before)
    await sign(play, "lead-1", 11)
    people = {one["staff_no"]: one for one in (await summary_of(play))["people"]}  # type: ignore[attr-defined]
    assert people["LEAD-1"]["signed_at"] is not None
    assert people["LEAD-2"]["signed_at"] is None


async def test_nobody_signs_for_another(play: Play) -> None:
    """G9: not with a colleague's ink, not without one, not in another's name; a stranger does not find the visit."""
    ink = await play.upload("lead-1", signature_bytes(11), "signature")
    summary = str((await summary_of(play))["digest"])
    for digest in (ink, "0" * 64):
        with pytest.raises(InvalidInputError):
            async with play.act("lead-2") as act:
                await summaries.sign(act, play.scene.visit.id, summary, digest)
    with pytest.raises(ForbiddenError):
        await decline(play, "partner-1", "他不签。", "PARTNER-2")
    with pytest.raises(NotFoundError):
        async with play.act("lead-approver") as act:
            await summaries.shown(act, play.scene.visit.id)
    with pytest.raises(ConflictError):
        await play.upload("lead-1", signature_bytes(30), "photo")
    assert await is_open(play)
