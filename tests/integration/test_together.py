"""Two inspectors at one form: both are kept, nobody hands in over the other, the choice is chained."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from inspection.errors import InvalidInputError, NotFoundError
from models.database import Database
from models.field import VisitEvent
from models.store import typed
from models.tasks import Part, Submission
from services.field import chain, conclusions, together
from services.field.together import AnswersDifferError, Entry
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, photo_bytes, signature_bytes

FIRST = "licence"


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await found.accept()
    return found


async def share(play: Play, who: str, *said: tuple[str, str, list[str]]) -> dict[str, Any]:
    """Type answers as (question, value, over) and hear what stands."""
    item = play.scene.items[who.partition("-")[0]].id
    entries = [
        Entry(task_item_id=item, question_id=question, value=value, over=tuple(over)) for question, value, over in said
    ]
    play.clock.advance(minutes=1)
    async with play.act(who) as act:
        return await together.share(act, play.scene.visit.id, entries)


def stands(answer: dict[str, Any], question: str = FIRST) -> list[tuple[str, str, bool]]:
    return [
        (one["by"], one["value"], one["mine"])
        for entry in answer["answers"]
        if entry["question_id"] == question
        for one in entry["versions"]
    ]


async def events(play: Play) -> list[VisitEvent]:
    async with play.database.read() as db:
        found = list(await typed.events(db, play.scene.visit.id))
        db.expunge_all()
        return found


async def test_both_are_kept_and_nobody_hands_in_over_the_other(play: Play) -> None:
    """G5, G10: what two typed offline stands side by side; handing in waits until somebody has chosen, on record."""
    await share(play, "lead-1", (FIRST, "yes", []))
    both = await share(play, "lead-2", (FIRST, "no", []))
    assert stands(both) == [("演示人员lead-1", "yes", False), ("演示人员lead-2", "no", True)]
    with pytest.raises(AnswersDifferError) as caught:
        await play.submit("lead-1", await play.filled("lead-1"))
    assert caught.value.params["count"] == 1
    ids = [one["id"] for one in both["answers"][0]["versions"]]
    chosen = await share(play, "lead-1", (FIRST, "yes", ids))
    assert stands(chosen) == [("演示人员lead-1", "yes", True)]
    receipt = await play.submit("lead-1", await play.filled("lead-1"))
    assert receipt.submission_id
    kinds = [one.kind for one in await events(play)]
    assert kinds == ["accepted", "answers-differ", "answer-chosen", "submitted"]
    settled = (await events(play))[2].body
    assert (settled["of"], settled["chosen"]) == (ids, chosen["kept"][0])


async def test_a_colleagues_newer_word_is_not_overwritten_by_an_old_phone(play: Play) -> None:
    """G5: who was offline all day does not hand in over what a colleague changed meanwhile."""
    first = await share(play, "lead-1", (FIRST, "yes", []))
    await share(play, "lead-2", (FIRST, "no", first["kept"]))
    with pytest.raises(AnswersDifferError):
        await play.submit("lead-1", await play.filled("lead-1"))
    async with play.database.read() as db:
        assert await db.get(Submission, "none") is None
        assert len(await typed.of_part(db, play.scene.parts["lead"].id)) == 2


async def test_what_comes_too_late_is_kept_and_changes_nothing(play: Play) -> None:
    """G10: the second phone's answers come after the part was handed in: kept, chained, and the sealed part stays."""
    manifest = await play.filled("lead-1")
    receipt = await play.submit("lead-1", manifest)
    late = await share(play, "lead-2", (FIRST, "no", []))
    assert late["closed"]
    assert stands(late) == [("演示人员lead-1", "yes", False), ("演示人员lead-2", "no", True)]
    assert (await events(play))[-1].kind == "answer-late"
    assert await play.submit("lead-1", manifest) == receipt


async def test_twice_is_harmless_and_strangers_are_kept_out(play: Play) -> None:
    """H3: a department's answers are its own; the same entry sent again is the same version and no event."""
    once = await share(play, "lead-1", (FIRST, "yes", []))
    again = await share(play, "lead-1", (FIRST, "yes", []))
    assert once["kept"] == again["kept"]
    assert len(again["answers"][0]["versions"]) == 1
    assert (await share(play, "partner-1"))["answers"] == []
    other = play.scene.items["lead"].id
    async with play.act("partner-1") as act:
        with pytest.raises(InvalidInputError):
            await together.share(act, play.scene.visit.id, [Entry(task_item_id=other, question_id=FIRST, value="no")])
    async with play.act("lead-approver") as act:
        with pytest.raises(NotFoundError):
            await together.share(act, play.scene.visit.id, [])
    assert [one.kind for one in await events(play)] == ["accepted"]


async def test_the_chain_holds_and_shows_a_change(play: Play) -> None:
    """L1: each event seals the one before; a word changed anywhere breaks it."""
    await play.submit("lead-1")
    await play.submit("partner-1")
    await play.confirm()
    rows = await events(play)
    number = play.scene.visit.number
    assert [one.seq for one in rows] == list(range(1, len(rows) + 1))
    assert rows[0].previous == chain.FIRST
    for before, after in pairwise(rows):
        assert after.previous == before.digest
    assert all(chain.digest_of(chain.told(one, number)) == one.digest for one in rows)
    rows[1].body = {**rows[1].body, "manifest": "0" * 64}
    assert chain.digest_of(chain.told(rows[1], number)) != rows[1].digest


async def conclude(play: Play, who: str, name: str, value: str = "", **more: Any) -> dict[str, Any]:
    """Type something of the part's conclusion."""
    entry = Entry(task_item_id=conclusions.PLACE, question_id=name, value=value, **more)
    play.clock.advance(minutes=1)
    async with play.act(who) as act:
        return await together.share(act, play.scene.visit.id, [entry])


async def test_two_conclusions_are_shown_and_one_is_chosen(play: Play) -> None:
    """G5, G9: result, measures and words are weighed like answers; nobody hands in over a colleague's."""
    manifest = await play.filled("lead-1")
    await conclude(play, "lead-1", "results", "none")
    told = await conclude(play, "lead-2", "results", "corrected")
    versions = next(one["versions"] for one in told["answers"] if one["question_id"] == "results")
    assert {(one["value"], one["mine"]) for one in versions} == {("none", False), ("corrected", True)}
    await conclude(play, "lead-2", "note", "后门另有一间仓库")
    with pytest.raises(AnswersDifferError) as caught:
        await play.submit("lead-1", manifest)
    assert "2 处" in str(caught.value)
    over = tuple(one["id"] for one in versions)
    await conclude(play, "lead-1", "results", "none", over=over)
    await play.submit("lead-1", {**manifest, "note": "后门另有一间仓库"})
    kinds = [one.kind for one in await events(play)]
    assert (kinds.count("answers-differ"), kinds.count("answer-chosen")) == (1, 1)
    await conclude(play, "lead-2", "measures", "order")  # too late: kept beside it, and said
    assert [one.kind for one in await events(play)].count("answer-late") == 1
    async with play.database.read() as db:
        sealed = await db.get_one(Submission, (await play.row(Part, play.scene.parts["lead"].id)).submission_id)
        assert sealed.manifest["measures"] == ["nothing"]


async def test_photos_and_signatures_of_two_hold_nobody_up(play: Play) -> None:
    """G9, G10: two who took different photos or signed apart have nothing to weigh; a stranger's name is refused."""
    manifest = await play.filled("lead-1")
    ink = await play.upload("lead-2", signature_bytes(2), "signature")
    mine = await play.upload("lead-2", photo_bytes("the mate's"))
    await conclude(play, "lead-1", "photos", photos=tuple(manifest["photos"]))
    told = await conclude(play, "lead-2", "photos", photos=(mine,))
    assert told["missing"] == []
    await conclude(play, "lead-2", "sign:LEAD-2", ink, photos=(ink,))
    for name in ("sign:PARTNER-9", "item:nobody's", "owner"):
        with pytest.raises(InvalidInputError):
            await conclude(play, "lead-2", name, "x")
    receipt = await play.submit("lead-1", manifest)
    assert receipt.visit_number == play.scene.visit.number
    assert not [one for one in await events(play) if one.kind.startswith("answer")]
