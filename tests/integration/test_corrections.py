"""What is public is corrected and never changed; what law forbids is never public (J1-J3, H7, M2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from inspection.actors import PUBLIC
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.blobs import Digest
from models.corrections import Correction
from models.database import Database
from models.people import Member
from models.results import Deadline, Publication
from models.tasks import Part, Visit
from services.field import deposits
from services.results import corrections, exceptions, public_view, publications
from services.results.corrections import NotHeadError, Wish
from services.results.exceptions import Exemption
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, photo_bytes, signature_bytes

PAPER = b"%PDF-1.7 made up"
CHANGE = {"results": ["corrected"], "measures": ["order"]}


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await found.confirmed()
    await found.approve("lead")
    async with found.act("coordinator") as act:
        (await act.db.get_one(Member, found.scene.actors["lead-approver"].member_id)).post = "主要负责人"
    return found


async def publish(play: Play) -> str:
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
    return f"{play.scene.visit.number}-lead"


async def ask(play: Play, number: str, who: str = "lead-1", **changes: Any) -> Correction:
    digest = await play.house.blobs.put(PAPER)
    async with play.act(who) as act:
        await deposits.keep(act, deposits.CORRECTIONS, digest)
    wish = {"ground": "entry", "reason": "录入时选错了结果", "evidence": [digest], "changes": CHANGE, **changes}
    async with play.act(who) as act:
        return await corrections.ask(act, Wish(number=number, **wish))


async def sign(play: Play, row: Correction, who: str = "lead-approver") -> int:
    ink = Digest(await play.house.blobs.put(signature_bytes()))
    async with play.act(who) as act:
        return await corrections.sign(act, row.id, ink)


async def test_a_correction_signed_by_the_head_is_a_new_version(play: Play) -> None:
    """J1, J2, J3: asked with evidence, told to the head, signed; the old version stays; all exports follow."""
    number = await publish(play)
    row = await ask(play, number)
    assert await play.told("correction-asked") == ["lead-approver"]
    async with play.act(PUBLIC) as act:
        assert (await publications.result(act, number))[0].body["result_text"] == "未发现问题"
    play.clock.advance(days=1)
    assert await sign(play, row) == 2
    assert await play.told("correction-decided") == ["lead-1"]
    async with play.act(PUBLIC) as act:
        found, _ = await publications.result(act, number)
        assert (found.body["result_text"], found.body["problem_free"]) == ("发现问题已责令改正", False)
        assert (found.body["version"], found.body["corrected_on"]) == (2, "2026-03-03")
        [behind] = await public_view.versions(act, found)
        assert (behind["version"], behind["ground"]) == (1, "录入有误")
        old = await public_view.old_version(act, number, 1)
        assert old["body"]["result_text"] == "未发现问题"
        with pytest.raises(NotFoundError):
            await public_view.old_version(act, number, 2)
        [exported] = await public_view.of_month(act, "2026-03")
        assert exported["result_text"] == "发现问题已责令改正"
        [entry] = await public_view.newest(act)
        assert entry.title.startswith("更正：")
        assert (await public_view.enterprise(act, play.scene.target.code))["corrected"] == 1
        everything = json.dumps([found.body, behind, old], ensure_ascii=False, default=str)
    assert "录入时选错了结果" not in everything  # free words stay inside
    async with play.act("coordinator") as act:
        deadline = await act.db.scalar(select(Deadline).where(Deadline.kind == "correct"))
        assert deadline is not None
        assert deadline.settled_at is not None


async def test_only_the_head_signs_and_never_what_he_asked_for(play: Play) -> None:
    """J2: 本部门主要负责人签字; no other approver, no other department, nobody alone."""
    number = await publish(play)
    row = await ask(play, number, "lead-approver")
    with pytest.raises(ForbiddenError):
        await sign(play, row)
    with pytest.raises(NotFoundError):
        await sign(play, row, "partner-approver")
    async with play.act("coordinator") as act:
        (await act.db.get_one(Member, play.scene.actors["lead-approver"].member_id)).post = "分管负责人"
    with pytest.raises(NotHeadError):
        await sign(play, row)
    assert (await play.row(Publication, row.publication_id)).version == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"evidence": []},
        {"evidence": ["0" * 64]},
        {"reason": " "},
        {"ground": "mood"},
        {"changes": {"results": ["none"]}},
        {"changes": {"department": "别的部门"}},
        {"changes": {"results": ["none", "corrected"]}},
        {"changes": {"target_name": ""}},
        {"changes": {"inspected_on": "昨天"}},
    ],
)
async def test_nothing_is_changed_at_will(play: Play, wrong: dict[str, Any]) -> None:
    """J1: no correction without evidence, reason and ground; no field that is not the department's to correct."""
    number = await publish(play)
    with pytest.raises(InvalidInputError):
        await ask(play, number, **wrong)


async def test_a_file_that_somebody_else_stored_is_no_evidence_of_mine(play: Play) -> None:
    """M1: a correction opens its files to the department; by their hash alone nobody gets them there."""
    number = await publish(play)
    theirs = await play.house.blobs.put(b"%PDF-1.7 the partner's own")
    async with play.act("partner-1") as act:
        await deposits.keep(act, deposits.CORRECTIONS, theirs)
    photo = await play.house.blobs.put(photo_bytes("partner-1"))  # evidence of a visit, never stored for a wish
    for digest in (theirs, photo, "0" * 64):
        with pytest.raises(InvalidInputError, match="没有收到您上传的这个文件"):
            await ask(play, number, evidence=[digest])


async def test_one_at_a_time_and_a_decline_leaves_what_is_public(play: Play) -> None:
    """J1: a second wish waits; a declined one changes nothing and says why."""
    number = await publish(play)
    row = await ask(play, number)
    with pytest.raises(ConflictError):
        await ask(play, number)
    with pytest.raises(NotFoundError):
        await ask(play, number, "partner-1")
    async with play.act("lead-approver") as act:
        with pytest.raises(InvalidInputError):
            await corrections.decline(act, row.id, " ")
        await corrections.decline(act, row.id, "证据不足")
    with pytest.raises(ConflictError):
        await sign(play, row)
    assert (await play.row(Publication, row.publication_id)).body["result_text"] == "未发现问题"


async def hold(play: Play, **wanted: Any) -> None:
    values = {"whole": False, "basis": "trade-secret", "fields": (), "words": (), "reason": "企业说明", **wanted}
    async with play.act("lead-approver") as act:
        await exceptions.hold_back(act, play.scene.parts["lead"].id, Exemption(**values))


async def test_what_is_kept_back_whole_never_becomes_public(play: Play) -> None:
    """H7: by a legal basis; the work is done, the deadline settled, nothing is found, the count names the law."""
    for wrong in ({"basis": "mood"}, {"whole": True}, {"fields": ("department",)}, {"reason": ""}, {}):
        with pytest.raises(InvalidInputError):
            await hold(play, **wrong)
    await hold(play, whole=True, basis="state-secret")
    await play.approve("partner")
    number = await publish(play)
    assert (await play.row(Part, play.scene.parts["lead"].id)).status == "withheld"
    assert (await play.row(Visit, play.scene.visit.id)).status == "published"
    async with play.act(PUBLIC) as act:
        with pytest.raises(NotFoundError):
            await publications.result(act, number)
        assert (await publications.search(act, play.scene.target.name, 1))[0] == 1  # the partner's alone
        task = await public_view.task(act, play.scene.task.number)
    assert (task["withheld"], len(task["rows"])) == ({"state-secret": 1}, 1)
    async with play.act("coordinator") as act:
        open_ones = await act.db.scalars(select(Deadline.kind).where(Deadline.settled_at.is_(None)))
        assert "publish" not in open_ones.all()
    with pytest.raises(ConflictError):
        await hold(play, whole=True, basis="state-secret")


async def test_what_is_masked_is_masked_before_anybody_can_see(play: Play) -> None:
    """H7, M2: by hand and by rule, in the page, the search, the export and every correction after."""
    async with play.act("coordinator") as act:
        visit = await act.db.get_one(Visit, play.scene.visit.id)
        task = await act.db.get_one(type(play.scene.task), visit.task_id)
        task.name = "联系人13800138000的抽查"
    await hold(play, fields=("inspected_on",), words=(play.scene.target.name,))
    async with play.act("lead-approver") as act:
        seen = await exceptions.preview(act, play.scene.parts["lead"].id)
    assert seen["found"] == ["手机号码"]
    number = await publish(play)
    async with play.act(PUBLIC) as act:
        found, _ = await publications.result(act, number)
        assert found.body == {**found.body, **{key: seen["body"][key] for key in ("target_name", "task_name")}}
        assert (await publications.search(act, play.scene.target.name, 1))[0] == 0
        exported = json.dumps(await public_view.of_month(act, "2026-03"), ensure_ascii=False)
    for secret in ("13800138000", play.scene.target.name):
        assert secret not in exported
    row = await ask(play, number, changes={"target_name": f"{play.scene.target.name}分店"})
    await sign(play, row)
    body = (await play.row(Publication, row.publication_id)).body
    assert play.scene.target.name not in json.dumps(body, ensure_ascii=False)
    assert body["inspected_on"] is None


async def test_numbers_are_as_the_national_system_has_them(play: Play) -> None:
    """H5, 2.4: area and year and four digits for the plan; area, day and four for the task; type, authority, date."""
    await play.approve("partner")
    number = await publish(play)
    async with play.act(PUBLIC) as act:
        body = (await publications.result(act, number))[0].body
        other = (await publications.result(act, number.replace("-lead", "-partner")))[0].body
    assert (body["plan_number"], body["task_code"]) == ("37999920260001", "379999202603020001")
    assert (body["check_type"], body["inspected_on"]) == ("不定向", "2026-03-02")
    assert (other["plan_number"], other["task_code"]) == (body["plan_number"], body["task_code"])
