"""Filed papers are destroyed by rule, by two people, with a record that stays; and by nobody otherwise (L1, L2)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from inspection.actors import PUBLIC
from inspection.errors import ConflictError, DestroyedError, ForbiddenError, InvalidInputError, UnavailableError
from inspection.followups import FollowUpKind
from models.archives import ImportedArchive, ImportedFile
from models.blobs import Digest
from models.database import Database
from models.disposal import Destruction, DestructionFile, DestructionItem
from models.erasing import LocalEraser
from models.field import AddedItem, PendingFile
from models.lists import ItemVersion
from models.people import AuditEntry, Department
from models.results import Deadline, Outbox
from models.tasks import Evidence, Submission
from services.field import deposits, evidence, record_form, summaries
from services.results import archives, corrections, disposal, publications, task_archives
from services.results.corrections import Wish
from services.results.destroyer import Destroyer
from services.results.disposal import Proposal
from tests.conftest import Clock
from tests.integration.clock_play import morning, tick
from tests.integration.disposal_play import AFTER, approve, filed, on_disk, propose, published, remove, root_of
from tests.integration.test_followups import opened
from tests.integration.test_other_items import listed
from tests.integration.visits_play import Play, house_of


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    """A published visit without a finding, filed in 2026 for ten years; today is the first day after them."""
    found = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await published(found)
    await filed(found)
    clock.now = AFTER
    return found


async def files_of(play: Play, row: Destruction) -> dict[str, tuple[str, str]]:
    async with play.database.read() as db:
        query = select(DestructionFile).where(DestructionFile.destruction_id == row.id)
        return {one.digest: (one.kind, one.outcome) for one in await db.scalars(query)}


async def test_two_people_destroy_what_is_over_and_the_record_stays(play: Play) -> None:
    """L1, L2: proposed, approved by another, removed; who, when, why, by which rule and every hash stay."""
    before = on_disk(play)
    row = await propose(play)
    async with play.act("coordinator") as act:
        with pytest.raises(ConflictError, match="两人"):
            await disposal.approve(act, row.id)
        with pytest.raises(ConflictError, match="两人"):
            await disposal.decline(act, row.id, "不行")
    assert await remove(play) == 0  # proposed is not decided
    await approve(play, row)
    assert on_disk(play) == before  # the commit is one thing, the files are the next
    assert await remove(play) == len(before)
    assert on_disk(play) == set()
    told = await files_of(play, row)
    assert told.keys() == before
    assert {outcome for _, outcome in told.values()} == {"removed"}
    assert {kind for kind, _ in told.values()} == {"archive", "evidence", "submission"}
    async with play.act("second") as act:
        kept = await disposal.contents(act, row.id)
        assert (kept["status"], kept["proposed_by"], kept["decided_by"]) == (
            "done",
            "演示人员coordinator",
            "演示人员second",
        )
        assert (kept["removed"], kept["open"]) == (len(before), 0)
        assert "第8号" in kept["rule"]
        [line] = kept["items"]
        assert (line["number"], line["keep_until"]) == (play.scene.visit.number, date(2036, 12, 31))
        assert line["archives"][0]["digest"] in before
        acts = set(await act.db.scalars(select(AuditEntry.act)))
        assert {"destruction-propose", "destruction-approve", "destroyed", "destruction-done"} <= acts
        left = (Deadline.subject == f"visit:{play.scene.visit.id}", Deadline.settled_at.is_(None))
        assert not list(await act.db.scalars(select(Deadline).where(*left)))  # nobody is asked to sign it any more
    with pytest.raises(ConflictError):
        await approve(play, row)
    assert await remove(play) == 0


async def test_afterwards_the_pages_say_so_and_the_public_result_stays(play: Play) -> None:
    """L1, H6, M1: evidence, archive, filing anew say when and by which register; the rows hold no contents either."""
    async with play.database.read() as db:
        photo = await db.scalar(select(Evidence.digest).where(Evidence.kind == "photo"))
        sent = list(await db.scalars(select(Submission.manifest)))
        hashes = set(await db.scalars(select(Submission.manifest_digest)))
    assert "staff_no" in json.dumps(sent)
    visit = play.scene.visit
    await add_item(play)
    row = await propose(play)
    await approve(play, row)
    async with play.act("lead-1") as act:
        with pytest.raises(DestroyedError, match=row.number):
            await evidence.copy_of(act, visit.id, photo or "", "thumb")
        for paper in (record_form.pdf_for_group, record_form.docx_for_group, record_form.receipt):
            with pytest.raises(DestroyedError, match=row.number):
                await paper(act, visit.id)
        late = evidence.Upload(visit_id=visit.id, digest="0" * 64, kind="signature")
        with pytest.raises(DestroyedError, match=row.number):
            await evidence.expect(act, late)
        with pytest.raises(DestroyedError, match=row.number):
            await summaries.decline(act, visit.id, visit.summary_digest or "", "签字前已经离岗")
    async with play.act("lead-approver") as act:
        [shown] = (await archives.shelf(act))["rows"]
        assert shown["destroyed"] == {"number": row.number, "on": date(2037, 1, 1)}
        with pytest.raises(DestroyedError, match="2037-01-01"):
            await archives.packed(act, shown["archives"][0]["id"])
        with pytest.raises(DestroyedError):
            await archives.gather(act, visit.id)
        with pytest.raises(DestroyedError):
            await task_archives.order(act, play.scene.task.id)
    async with play.act(PUBLIC) as act:
        result, _ = await publications.result(act, f"{visit.number}-lead")
        assert result.body["result_text"] == "未发现问题"
    async with play.database.read() as db:
        left = list(await db.scalars(select(Submission.manifest)))
        assert {one["results"][0] for one in left} == {"none"}
        assert [one["answers"] for one in left] == [[], []]
        assert "staff_no" not in json.dumps(left)
        assert set(await db.scalars(select(Submission.manifest_digest))) == hashes
        assert list(await db.scalars(select(AddedItem.reason))) == [""]


async def add_item(play: Play) -> None:
    """An item that was added on the spot, with its reason in somebody's own words."""
    item = await listed(play, "lead", "散装食品销售检查")
    async with play.database.write() as db:
        version = (await db.scalars(select(ItemVersion).where(ItemVersion.item_id == item))).one()
        db.add(
            AddedItem(
                id="added",
                visit_id=play.scene.visit.id,
                item_id=item,
                version_id=version.id,
                department_id=version.department_id,
                name="散装食品销售检查",
                reason="现场所见",
                added_by=play.scene.actors["lead-1"].member_id,
                added_at=play.clock.now,
            )
        )


async def refused(play: Play, why: str) -> None:
    with pytest.raises(ConflictError, match=why):
        await propose(play)


async def ask_correction(play: Play) -> None:
    digest = await play.house.blobs.put(b"%PDF-1.7 made up")
    async with play.act("lead-1") as act:
        await deposits.keep(act, deposits.CORRECTIONS, digest)
        number, changes = f"{play.scene.visit.number}-lead", {"target_name": "另一名称"}
        wish = Wish(number=number, ground="entry", reason="有误", changes=changes, evidence=[digest])
        await corrections.ask(act, wish)


async def test_whatever_speaks_against_it_is_said_and_nothing_goes(play: Play) -> None:
    """L1: an open correction, a hold, a whole task, an open follow-up, filed later, a case: each by its own word."""
    before = on_disk(play)
    await ask_correction(play)
    await refused(play, "1 项更正申请")
    async with play.act("second") as act:
        await disposal.place_hold(act, f"visit:{play.scene.visit.id}", "audit", "审计调阅。")
    await refused(play, "审计")
    async with play.act("second") as act:
        [held] = (await disposal.page(act))["holds"]
        await disposal.lift_hold(act, held["id"], "审计结束")
    play.clock.now = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    await opened(play, FollowUpKind.RECTIFICATION)
    play.clock.now = AFTER
    await refused(play, "保管至 2056-12-31")  # what was found since makes it a graver file than it was sealed as
    play.clock.now = AFTER.replace(year=2057)
    await refused(play, "1 项后续处理")
    await filed(play, "task")
    await refused(play, "随任务档案")
    await filed(play, on=date(2050, 5, 1))
    await refused(play, "保管至 2080-12-31")
    play.clock.now = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    await opened(play, FollowUpKind.CASE)
    play.clock.now = AFTER.replace(year=2999)
    await refused(play, "永久")
    assert await remove(play) == 0
    assert on_disk(play) >= before


async def test_not_a_day_before_the_last_day_is_over(play: Play) -> None:
    """L1: on 2036-12-31 refused and not on the list, on the next day due: for the office, and with an appraisal."""
    play.clock.now = datetime(2036, 12, 31, 15, 59, tzinfo=UTC)  # a minute before midnight in China
    async with play.act("coordinator") as act:
        assert await disposal.due(act) == []
    with pytest.raises(ConflictError, match="保管至 2036-12-31"):
        await propose(play)
    play.clock.advance(minutes=1)
    async with play.act("coordinator") as act:
        [one] = await disposal.due(act)
        assert (one["subject"], one["bar"]) == (f"visit:{play.scene.visit.id}", "")
        for ground, words in (("mood", "无价值"), ("no-value", " ")):
            with pytest.raises(InvalidInputError):
                await disposal.propose(act, Proposal(subjects=[one["subject"]], ground=ground, appraisal=words))
    for who in ("lead-approver", "lead-1"):
        with pytest.raises(ForbiddenError):
            await propose(play, who=who)
    row = await propose(play)
    async with play.act("coordinator") as act:
        assert await disposal.due(act) == []  # a register names it
    async with play.act("second") as act:
        await disposal.decline(act, row.id, "先移交档案馆")
        assert [one["bar"] for one in await disposal.due(act)] == [""]
    assert await remove(play) == 0


async def test_what_came_between_proposal_and_decision_counts(play: Play) -> None:
    """L1: everything is asked again when it is decided; a lifted hold no longer stands in the way."""
    row = await propose(play)
    async with play.act("second") as act:
        await disposal.place_hold(act, f"visit:{play.scene.visit.id}", "lawsuit", "行政诉讼一审未结。")
    with pytest.raises(ConflictError, match="诉讼"):
        await approve(play, row)
    async with play.act("coordinator") as act:
        [held] = (await disposal.page(act))["holds"]
        await disposal.lift_hold(act, held["id"], "判决已生效")
    await approve(play, row)
    async with play.act("coordinator") as act:
        with pytest.raises(DestroyedError):
            await disposal.place_hold(act, f"visit:{play.scene.visit.id}", "lawsuit", "来不及了")


async def test_of_many_who_approve_at_once_one_does(play: Play) -> None:
    """L1, reliability: a register is decided once, and its files are written once."""
    row = await propose(play)
    results = await asyncio.gather(*(approve(play, row) for _ in range(5)), return_exceptions=True)
    assert [one for one in results if one is None] == [None]
    assert all(isinstance(one, ConflictError) for one in results if one is not None)
    assert await remove(play) == len(await files_of(play, row))


async def test_a_file_that_another_record_refers_to_survives(play: Play) -> None:
    """L1: content is shared by its hash: what an imported archive or a file on its way names stays, and it is said."""
    async with play.database.read() as db:
        photo = await db.scalar(select(Evidence.digest).where(Evidence.kind == "photo"))
        ink = await db.scalar(select(Evidence.digest).where(Evidence.kind == "signature"))
    async with play.act("coordinator") as act:
        other = ImportedArchive(
            digest="0" * 64,
            number="X-D1",
            kind="visit",
            key_id="0" * 16,
            key_named=True,
            retention="permanent",
            made_at=act.now,
            imported_by="",
            imported_at=act.now,
        )
        act.db.add(other)
        await act.db.flush()
        act.db.add(ImportedFile(archive_id=other.id, position=0, path="evidence/photo.jpg", digest=photo, size=1))
        coming = PendingFile(
            visit_id=play.scene.visit.id,
            member_id=play.scene.actors["lead-1"].member_id,
            digest=ink,
            kind="signature",
            size=1,
            expires_at=act.now.replace(year=2038),
        )
        act.db.add(coming)
    row = await propose(play)
    await approve(play, row)
    await remove(play)
    assert on_disk(play) == {photo, ink}
    assert await play.house.blobs.has(Digest(photo))
    told = await files_of(play, row)
    assert {digest for digest, (_, outcome) in told.items() if outcome == "kept"} == {photo, ink}


class _DyingEraser(LocalEraser):
    """Removes so many files and then ends as a killed process does, or as a full or sealed store does."""

    def __init__(self, root: Path, after: int, error: BaseException) -> None:
        super().__init__(root)
        self.left, self.error = after, error

    async def remove(self, digest: Digest) -> None:
        if not self.left:
            raise self.error
        self.left -= 1
        await super().remove(digest)


async def test_killed_half_way_it_goes_on_and_ends_rightly(play: Play) -> None:
    """L1, reliability: a kill after one file and a store that refuses: said, begun again, nothing called gone early."""
    before = on_disk(play)
    row = await propose(play)
    await approve(play, row)
    for error in (asyncio.CancelledError(), OSError(5, "Input/output error"), UnavailableError(what="文件存储")):
        work = Destroyer(play.database, _DyingEraser(root_of(play), 1, error), play.clock).work()
        if isinstance(error, asyncio.CancelledError):
            with pytest.raises(asyncio.CancelledError):
                await work
        else:
            assert await work == 0
            assert "稍后自动继续" in (await play.row(Destruction, row.id)).trouble
        assert len(on_disk(play)) == len(before) - 1  # the same file each time: it is removed again, harmlessly
        assert {outcome for _, outcome in (await files_of(play, row)).values()} == {""}
        assert (await play.row(Destruction, row.id)).status == "approved"
    assert await remove(play) == len(before)
    assert on_disk(play) == set()
    held = await play.row(Destruction, row.id)
    assert (held.status, held.trouble) == ("done", "")


async def test_a_whole_task_goes_with_its_visits(play: Play) -> None:
    """L1, L2: a line for the task and one for each visit, each with its own archives; both are marked."""
    digest = await filed(play, "task")
    task, visit = play.scene.task, play.scene.visit
    async with play.act("coordinator") as act:
        [one] = await disposal.due(act)
        assert (one["subject"], one["visits"], one["archives"]) == (f"task:{task.id}", 1, 2)
    row = await propose(play, f"task:{task.id}")
    await approve(play, row)
    await remove(play)
    assert on_disk(play) == set()
    async with play.database.read() as db:
        lines = (await db.scalars(select(DestructionItem).order_by(DestructionItem.position))).all()
        assert [one.subject for one in lines] == [f"task:{task.id}", f"visit:{visit.id}"]
        assert [len(one.archives) for one in lines] == [1, 1]
        assert lines[0].archives[0]["digest"] == digest


async def test_the_office_is_asked_once_a_year_as_long_as_something_is_due(play: Play) -> None:
    """L1: the first working morning opens it, the next tells how much, a hold ends it, the new year asks again."""
    async with play.act("coordinator") as act:
        here = Department.id == act.actor.department_id
        await act.db.execute(update(Department).where(here).values(is_office=True))

    async def asked(day: str) -> list[str]:
        morning(play, day)
        await tick(play)
        async with play.database.read() as db:
            open_ = (Deadline.kind == "dispose", Deadline.settled_at.is_(None))
            return list(await db.scalars(select(Deadline.subject).where(*open_)))

    async def told() -> list[str]:
        async with play.database.read() as db:
            rows = await db.scalars(select(Outbox.content).where(Outbox.recipient == "coordinator"))
            return [fact[1] for one in rows for fact in one["facts"] if "保管期满" in fact[1]]

    assert await asked("2036-12-31") == []  # the last day is not over
    assert await asked("2037-01-04") == []  # a Sunday
    assert await asked("2037-01-05") == ["disposal:2037"]
    assert await told() == []
    assert await asked("2037-01-06") == ["disposal:2037"]
    assert await told() == ["到期处置 保管期满 1 卷"]
    row = await propose(play)
    assert await asked("2037-01-07") == ["disposal:2037"]  # nobody has decided
    async with play.act("second") as act:
        await disposal.decline(act, row.id, "先查阅")
        held = await disposal.place_hold(act, f"visit:{play.scene.visit.id}", "value", "有研究价值")
    assert await asked("2037-01-08") == []
    async with play.act("second") as act:
        await disposal.lift_hold(act, held.id, "已移交")
    assert await asked("2037-01-09") == ["disposal:2037"]
    assert await asked("2038-01-04") == ["disposal:2038"]
    await approve(play, await propose(play))
    assert await asked("2038-01-05") == []
