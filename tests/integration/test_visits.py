"""An inspector's way: accept, evidence, submission, the leader's word."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from inspection.errors import ConflictError, ForbiddenError, NotFoundError
from models.database import Database
from models.people import AuditEntry
from models.results import Deadline
from models.tasks import Evidence, Part, Submission, Visit
from services.field import evidence, submissions, visits
from services.field.submissions import EvidenceMissingError, IncompleteError, SubmissionConflictError
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, photo_bytes, signature_bytes


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    return await Play(database, house_of(tmp_path / "blobs"), clock).begin()


async def test_only_the_groups_own_members_find_a_visit(play: Play) -> None:
    """H3: what is not yours looks like what is not there."""
    async with play.act("lead-2") as act:
        assert [own.visit.id for own, _ in await visits.list_visits(act)] == [play.scene.visit.id]
    async with play.act("lead-approver") as act:
        assert await visits.list_visits(act) == []
        with pytest.raises(NotFoundError):
            await visits.visit_detail(act, play.scene.visit.id)
        with pytest.raises(NotFoundError):
            await visits.accept(act, play.scene.visit.id)


async def test_the_leaders_acceptance_is_the_visits(play: Play) -> None:
    """D8: members accept for themselves; the visit is accepted when its leader accepts, once."""
    assert await play.accept("partner-1") == "assigned"
    assert await play.accept("lead-1") == "accepted"
    assert await play.accept("lead-1") == "accepted"
    assert await play.accept("lead-2") == "accepted"
    async with play.act("lead-1") as act:
        query = select(func.count()).select_from(AuditEntry).where(AuditEntry.act == "accept-visit")
        assert await act.db.scalar(query) == 3


async def test_the_detail_shows_ones_own_items_and_everybodys_parts(play: Play) -> None:
    """G1, G4, H3: an inspector fills his department's items and sees how the others stand."""
    async with play.act("partner-2") as act:
        found = await visits.visit_detail(act, play.scene.visit.id)
    assert [item["task_item_id"] for item in found.items] == [play.scene.items["partner"].id]
    assert len(found.items[0]["form"]["questions"]) == 6
    assert [one.department.code for one in found.parts] == ["lead", "partner"]
    assert found.group[0].staff_no == "LEAD-1"
    assert visits.can(found.own) == {"accept": True, "submit": False, "confirm": False}


async def test_the_same_photo_twice_is_one_piece_of_evidence(play: Play) -> None:
    """G10: uploads that come twice are harmless; the original is kept byte for byte under its own digest."""
    data = photo_bytes("a")
    first, second = await play.upload("lead-1", data), await play.upload("lead-2", data)
    assert first == second == hashlib.sha256(data).hexdigest()
    async with play.act("lead-1") as act:
        assert await act.db.scalar(select(func.count()).select_from(Evidence)) == 1
        shown, media = await evidence.copy_of(act, play.scene.visit.id, first, "display")
    assert await play.house.blobs.get(first) == data
    assert media == "image/jpeg"
    assert shown != first
    stamp = play.house.photo_lab.stamps[0]
    assert play.scene.visit.number in stamp.task
    assert "演示人员lead-1" in stamp.inspector


async def test_evidence_is_seen_by_its_group_and_its_departments_approver_alone(play: Play) -> None:
    """M1, H9: a foreign approver does not learn that it exists."""
    digest = await play.upload("lead-1", photo_bytes("a"))
    for who in ("partner-2", "lead-approver", "coordinator"):
        async with play.act(who) as act:
            assert await evidence.copy_of(act, play.scene.visit.id, digest, "thumb")
    async with play.act("partner-approver") as act:
        with pytest.raises(NotFoundError):
            await evidence.copy_of(act, play.scene.visit.id, digest, "thumb")


async def test_a_submitted_part_takes_no_new_evidence(play: Play) -> None:
    """G10: after the submission nothing is slipped in; what is there already may come again."""
    await play.accept()
    await play.submit("lead-1")
    await play.upload("lead-1", photo_bytes("lead-1"))
    with pytest.raises(ConflictError):
        await play.upload("lead-1", photo_bytes("later"))
    await play.upload("partner-1", photo_bytes("the other department is still open"))


async def test_a_submission_waits_for_its_files_and_names_them(play: Play) -> None:
    await play.accept()
    manifest = await play.filled("lead-1", photos=["a" * 64])
    with pytest.raises(EvidenceMissingError) as caught:
        await play.submit("lead-1", manifest)
    assert caught.value.params["missing"] == ["a" * 64]
    assert (await play.row(Part, play.scene.parts["lead"].id)).status == "open"


async def test_twice_is_one_submission_with_one_receipt(play: Play) -> None:
    """F: the same id and content gives the same receipt, also after the visit has gone on."""
    await play.accept()
    manifest = await play.filled("lead-1")
    first = await play.submit("lead-1", manifest)
    play.clock.advance(hours=3)
    assert await play.submit("lead-1", manifest) == first
    with pytest.raises(SubmissionConflictError):
        await play.submit("lead-1", {**manifest, "note": "另一份内容"})
    with pytest.raises(ConflictError):
        await play.submit("lead-2", await play.filled("lead-1"))
    sealed = await play.house.blobs.get(first.manifest_digest)
    assert hashlib.sha256(sealed).hexdigest() == first.manifest_digest


async def test_many_at_once_submit_once(play: Play) -> None:
    """2.3.4: of many who submit the same part at once one gets through."""
    await play.accept()
    manifests = [await play.filled("lead-1") for _ in range(6)]
    ends = await asyncio.gather(*(play.submit("lead-1", one) for one in manifests), return_exceptions=True)
    assert sum(not isinstance(one, Exception) for one in ends) == 1
    assert sum(isinstance(one, ConflictError) for one in ends) == 5


async def test_the_owners_name_stands_in_no_readable_column(play: Play) -> None:
    """M1: the signer's name is in the sealed bytes, not in the row."""
    await play.accept()
    receipt = await play.submit("lead-1")
    row = await play.row(Submission, receipt.submission_id)
    assert row.manifest["owner_signature"]["name"] == ""
    assert "演示店主" in (await play.house.blobs.get(receipt.manifest_digest)).decode()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"owner_signature": None}, "当事人签字"),
        ({"owner_signature": {"kind": "refused", "reason": "店主拒绝"}}, "两名执法人员"),
        ({"inspector_signatures": []}, "至少需要一名"),
        ({"results": []}, "至少选择一项"),
        ({"results": ["none", "pending"], "measures": ["order"], "result_detail": "有"}, "不能与其他结果"),
        ({"answers": []}, "还没有回答"),
        ({"results": ["unreachable"], "measures": ["feedback"], "photos": [], "answers": []}, "须先取证"),
    ],
)
async def test_what_is_incomplete_is_refused_with_the_reason(play: Play, changes: dict[str, Any], why: str) -> None:
    """G7, G8, G12, G13: nothing half done becomes a result."""
    await play.accept()
    with pytest.raises(IncompleteError, match=why):
        await play.submit("lead-1", await play.filled("lead-1", **changes))
    assert (await play.row(Part, play.scene.parts["lead"].id)).status == "open"


async def test_the_owner_signs_on_any_phone_of_the_leaders_department(play: Play) -> None:
    """G7: whoever of it hands the part in brings the owner's signature; before, a member could hand it in without."""
    await play.accept()
    manifest = await play.filled("lead-2")
    with pytest.raises(IncompleteError, match="当事人签字"):
        await play.submit("lead-2", {**manifest, "owner_signature": None})
    await play.submit("lead-2", manifest)
    await play.submit("partner-1")  # another department's part: the owner has signed already
    await play.confirm()
    async with play.database.read() as db:
        seals = {one.member_id: one.manifest["owner_signature"] for one in await db.scalars(select(Submission))}
    signed, elsewhere = (seals[str(play.scene.actors[who].member_id)] for who in ("lead-2", "partner-1"))
    assert (signed["kind"], elsewhere) == ("signed", None)


async def test_a_refusal_is_witnessed_by_two(play: Play) -> None:
    """G8: inspectors note the refusal and two of them sign; G12: nobody there, so the form may stay blank."""
    await play.accept()
    manifest = await play.filled("lead-1")
    second = await play.upload("lead-2", signature_bytes(9), "signature")
    receipt = await play.submit(
        "lead-1",
        {
            **manifest,
            "answers": [],
            "results": ["unreachable"],
            "measures": ["feedback"],
            "owner_signature": {"kind": "refused", "reason": "登记住所无人"},
            "inspector_signatures": [
                *manifest["inspector_signatures"],
                {"staff_no": "LEAD-2", "digest": second},
            ],
        },
    )
    assert second in receipt.evidence


async def test_nobody_submits_for_another_department_or_before_the_visit_is_accepted(play: Play) -> None:
    """H3: 谁检查、谁录入."""
    with pytest.raises(ConflictError):
        await play.submit("lead-1")
    await play.accept()
    foreign = await play.filled("partner-1")
    foreign["answers"] = [{**one, "task_item_id": play.scene.items["lead"].id} for one in foreign["answers"]]
    with pytest.raises(IncompleteError, match="不属于本部门"):
        await play.submit("partner-1", foreign)


async def test_the_last_part_ends_the_visit_and_begins_the_twenty_days(play: Play) -> None:
    """H2: 20 working days from the visit's end for each part; H4: the leader is told, and only he confirms."""
    await play.accept()
    await play.submit("partner-1")
    assert (await play.row(Visit, play.scene.visit.id)).status == "accepted"
    with pytest.raises(ConflictError):
        await play.confirm()
    await play.submit("lead-1")
    visit = await play.row(Visit, play.scene.visit.id)
    assert (visit.status, visit.ended_at) == ("submitted", play.clock())
    async with play.act("lead-1") as act:
        rows = (await act.db.scalars(select(Deadline).where(Deadline.kind == "publish"))).all()
    assert [row.due_on for row in rows] == [date(2026, 3, 30)] * 2
    assert await play.told("confirm-due") == ["lead-1"]
    async with play.act("lead-2") as act:
        with pytest.raises(ForbiddenError):
            await submissions.confirm(act, play.scene.visit.id, "我来确认")
    assert await play.confirm() == "confirmed"
    assert await play.told("approval-due") == ["lead-approver", "partner-approver"]


@pytest.mark.parametrize(("start", "after"), [("result-confirmed", "confirm"), ("task-finished", "submit")])
async def test_the_start_of_the_days_is_a_setting(
    database: Database, clock: Clock, tmp_path: Path, start: str, after: str
) -> None:
    """H2: the notices differ in what begins the days."""
    play = await Play(database, house_of(tmp_path, publish_counts_from=start), clock).begin()
    await play.accept()
    await play.submit("lead-1")
    await play.submit("partner-1")
    async with play.act("lead-1") as act:
        count = select(func.count()).select_from(Deadline).where(Deadline.kind == "publish")
        assert await act.db.scalar(count) == (0 if after == "confirm" else 2)
    play.clock.advance(days=1)
    await play.confirm()
    async with play.act("lead-1") as act:
        rows = (await act.db.scalars(select(Deadline).where(Deadline.kind == "publish"))).all()
    assert {row.due_on for row in rows} == {date(2026, 3, 31) if after == "confirm" else date(2026, 3, 30)}
