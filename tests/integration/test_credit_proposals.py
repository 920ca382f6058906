"""Published results feed the credit class as proposals, and a person decides (N3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from inspection.actors import SYSTEM
from inspection.errors import ConflictError, ForbiddenError, NotFoundError
from models.blobs import Digest
from models.database import Database
from models.libraries import CreditProposal
from models.people import Member
from models.registers import Target
from services.field import deposits
from services.registers import credit
from services.results import corrections, publications
from services.results.corrections import Wish
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, signature_bytes


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    return await Play(database, house_of(tmp_path / "blobs"), clock).begin()


async def inspected(play: Play, results: list[str]) -> None:
    """The lead's part is clean, the partner's is as said; both are public."""
    await play.accept()
    await play.submit("lead-1")
    measures = ["nothing"] if results == ["none"] else ["order"]
    await play.submit("partner-1", await play.filled("partner-1", results=results, measures=measures))
    await play.confirm()
    for code in ("lead", "partner"):
        await play.approve(code)
    async with play.act("coordinator") as act:
        assert await publications.publish_task(act, play.scene.task.id) == 2
        assert await publications.publish_task(act, play.scene.task.id) == 0


async def rows(play: Play) -> list[dict[str, Any]]:
    async with play.act("coordinator") as act:
        return await credit.proposal_rows(act)


async def class_of(play: Play, value: str | None = None) -> str:
    async with play.act(SYSTEM) as act:
        target = await act.db.get_one(Target, play.scene.visit.target_id)
        if value is not None:
            target.credit_class = value
        return target.credit_class


async def decide(play: Play, who: str = "coordinator", *, accept: bool) -> CreditProposal:
    async with play.act(who) as act:
        proposal_id = await act.db.scalar(select(CreditProposal.id))
        return await credit.decide(act, proposal_id or "", accept=accept, note="核实过")


async def test_a_bad_result_proposes_and_the_office_decides(play: Play) -> None:
    """N3: one proposal for the visit; nothing changes until the office says so; then once."""
    await class_of(play, "A")
    await inspected(play, ["not-disclosed"])
    (row,) = await rows(play)
    assert (row["from_class"], row["to_class"], row["status"]) == ("A", "B", "proposed")
    assert row["why"] == "未按规定公示应当公示的信息"
    assert await class_of(play) == "A"
    with pytest.raises(ForbiddenError):
        await decide(play, "lead-approver", accept=True)
    await decide(play, accept=True)
    assert await class_of(play) == "B"
    with pytest.raises(ConflictError):
        await decide(play, accept=False)
    assert (await rows(play))[0]["decided_by"]


async def test_what_is_declined_or_overtaken_changes_nothing(play: Play) -> None:
    """N3: a class imported since is not overwritten by an old proposal; declining leaves it as it is."""
    await class_of(play, "A")
    await inspected(play, ["not-disclosed"])
    await class_of(play, "C")
    with pytest.raises(ConflictError, match="已变为“C”"):
        await decide(play, accept=True)
    await decide(play, accept=False)
    assert await class_of(play) == "C"
    assert (await rows(play))[0]["status_text"] == "未采纳"
    with pytest.raises(NotFoundError):
        async with play.act("coordinator") as act:
            await credit.decide(act, "0" * 32, accept=True, note="")


async def test_one_clean_visit_proposes_nothing(play: Play) -> None:
    """N3, N2: better only after clean visits in a row."""
    await class_of(play, "C")
    await inspected(play, ["none"])
    assert await rows(play) == []


async def test_a_proposal_says_that_its_result_was_corrected(play: Play) -> None:
    """N3, J2: a correction of the day says nothing about it, one of the result does; the office still decides."""
    await class_of(play, "A")
    await inspected(play, ["not-disclosed"])

    async def correct(**changes: Any) -> Any:
        play.clock.advance(days=1)
        paper, ink = [Digest(await play.house.blobs.put(one)) for one in (b"%PDF-1.7 made up", signature_bytes())]
        number = f"{play.scene.visit.number}-partner"
        wish = Wish(number=number, ground="entry", reason="录入时选错了", changes=changes, evidence=[paper])
        async with play.act("partner-1") as act:
            await deposits.keep(act, deposits.CORRECTIONS, paper)
            row = await corrections.ask(act, wish)
        async with play.act("partner-approver") as act:
            (await act.db.get_one(Member, act.actor.member_id)).post = "主要负责人"
            await corrections.sign(act, row.id, ink)
        return (await rows(play))[0]["corrected_at"]

    assert await correct(inspected_on="2026-03-01") is None
    assert await correct(results=["none"], measures=["nothing"]) is not None
    (row,) = await rows(play)
    assert (row["status"], row["to_class"], row["corrected_at"] > row["made_at"]) == ("proposed", "B", True)
    await decide(play, accept=False)
    assert await class_of(play) == "A"
