"""What inspectors send by chat is part of what their department seals, and is never lost on its way (G10, G5)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from inspection.errors import ConflictError
from models.blobs import Digest
from models.chat import ChatItem
from models.database import Database
from models.store import chat_items as item_store
from models.tasks import Submission
from services.field import chat_items, evidence
from services.field.chat_evidence import PATIENCE
from services.field.evidence import Upload
from services.field.photos import Stamp
from services.field.submissions import ChatOnItsWayError
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, photo_bytes

VOICE = b"#!AMR\n" + bytes(400)


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path), clock).begin()
    await found.accept()
    return found


async def sent(play: Play, who: str, kind: str = "image") -> str:
    """Somebody sends a thing to the app; it is on its way. Gives its row's id."""
    async with play.act(who) as act:
        received = await chat_items.receive(act, kind, f"media-{who}-{kind}")
        assert received.visit is not None
        return str(await act.db.scalar(select(ChatItem.id).order_by(ChatItem.id.desc()).limit(1)))


async def fetched(play: Play, who: str, item_id: str, data: bytes, kind: str = "photo") -> str:
    """What `bot.collector` does once WeCom has given the bytes."""
    digest = hashlib.sha256(data).hexdigest()
    async with play.act(who) as act:
        item = await act.db.get_one(ChatItem, item_id)
        upload = Upload(
            visit_id=play.scene.visit.id, digest=digest, kind=kind, taken_at=item.received_at, sent_at=item.received_at
        )
        stamp = await evidence.expect(act, upload)
        assert isinstance(stamp, Stamp)
    developed = await evidence.develop(play.house, upload, data, stamp)
    async with play.act(who) as act:
        await evidence.keep(act, upload, developed)
        await item_store.close(act.db, item_id, "kept", "", digest)
    return digest


async def test_what_came_by_chat_is_sealed_and_stands_in_the_receipt(play: Play) -> None:
    """G10, G5: named by the server when it seals, whatever the phone knows; another department's stay its own."""
    photo = await fetched(play, "lead-1", await sent(play, "lead-1"), photo_bytes("chat"))
    voice = await fetched(play, "lead-1", await sent(play, "lead-1", "voice"), VOICE, "voice")
    await play.accept("partner-1")
    theirs = await fetched(play, "partner-1", await sent(play, "partner-1"), photo_bytes("other"))
    manifest = await play.filled("lead-1")
    receipt = await play.submit("lead-1", manifest)
    assert {photo, voice} <= set(receipt.evidence)
    assert theirs not in receipt.evidence
    sealed = json.loads(await play.house.blobs.get(Digest(receipt.manifest_digest)))
    assert sealed["from_chat"] == [photo, voice]
    stored = await play.row(Submission, receipt.submission_id)
    assert stored.manifest["from_chat"] == [photo, voice]
    assert await play.submit("lead-1", manifest) == receipt


async def test_a_part_without_chat_is_sealed_as_ever(play: Play) -> None:
    """G5: nothing came by chat: the sealed bytes are the phone's own, and no field is added to them."""
    receipt = await play.submit("lead-1")
    sealed = json.loads(await play.house.blobs.get(Digest(receipt.manifest_digest)))
    assert "from_chat" not in sealed


async def test_a_chat_photo_is_evidence_for_a_result_that_needs_some(play: Play) -> None:
    """G12: who could not be found is a result only with evidence; a photo from the chat is some."""
    await fetched(play, "lead-1", await sent(play, "lead-1"), photo_bytes("nobody there"))
    changes = {
        "answers": [],
        "photos": [],
        "results": ["unreachable"],
        "result_detail": "按登记住所未找到，已询问邻居。",
        "owner_signature": {"kind": "refused", "reason": "现场无人"},
    }
    manifest = await play.filled("lead-1", **changes)
    second = (await play.filled("lead-2"))["inspector_signatures"]
    manifest["inspector_signatures"] += second
    assert (await play.submit("lead-1", manifest)).manifest_digest


async def test_a_submission_waits_for_what_is_on_its_way_but_not_for_ever(play: Play, clock: Clock) -> None:
    """G10: fetched within moments it is sealed with the rest; WeCom away, the part is handed in all the same.

    What was sent before and comes after is kept, without another signature; what is sent after is not taken.
    """
    item = await sent(play, "lead-1")
    manifest = await play.filled("lead-1")
    with pytest.raises(ChatOnItsWayError, match="1 个文件"):
        await play.submit("lead-1", manifest)
    assert await play.submit("partner-1")  # another department's chat holds nobody up
    async with play.act("lead-1") as act:
        for _ in range(PATIENCE):
            await item_store.later(act.db, item, clock.now, "busy")
    clock.advance(minutes=1)
    receipt = await play.submit("lead-1", manifest)
    clock.advance(hours=2)
    late = await fetched(play, "lead-1", item, photo_bytes("late"))
    assert late not in receipt.evidence
    assert await play.submit("lead-1", manifest) == receipt
    data = photo_bytes("after the end")
    after = Upload(
        visit_id=play.scene.visit.id, digest=hashlib.sha256(data).hexdigest(), kind="photo", sent_at=clock.now
    )
    async with play.act("lead-1") as act:
        with pytest.raises(ConflictError):
            await evidence.expect(act, after)
