"""What opens and what settles each kind of deadline, as it happens: the acts of people, a kind at a time.

story(stage) -> everything up to and with the act that opens it -> yield its subject -> the act that settles it
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from inspection.actors import SYSTEM
from inspection.deadlines import DeadlineKind
from inspection.followups import FollowUpKind
from models.blobs import Digest
from models.lists import ListChange
from models.people import Department, Inspector, Member
from models.results import Deadline
from models.tasks import Task, Visit, VisitMember
from services.act import Rules
from services.clock import appointments
from services.drawing import recusal_requests, tasks
from services.field import deposits, summaries, visits
from services.planning import filings, item_lists, plans
from services.planning.filings import FilingOrder
from services.registers import confirmations, renewals
from services.registers.renewals import Renewal
from services.results import approvals, archives, corrections, followups, publications, rectifications, sealing
from services.results.corrections import Wish
from tests.integration import disposal_play, test_lists, test_plans
from tests.integration import test_recusal_requests as asked
from tests.integration.test_followups import FOUND, bound, opened, send_photo
from tests.integration.visits_play import Play, photo_bytes, signature_bytes
from tests.office import COORDINATOR, SECOND, Office

Story = Callable[[Any], AsyncIterator[str]]
TODAY = date(2026, 3, 2)


def visit_of(play: Play) -> str:
    return f"visit:{play.scene.visit.id}"


def part_of(play: Play) -> str:
    return f"part:{play.scene.parts['lead'].id}"


async def days_of_task(play: Play) -> None:
    async with play.act(SYSTEM) as act:
        await act.db.execute(update(Task).values(starts_on=TODAY, ends_on=date(2026, 4, 30)))


async def submitted(play: Play, **found: Any) -> None:
    await play.accept()
    await play.submit("lead-1", await play.filled("lead-1", **found))
    await play.submit("partner-1")


async def approved(play: Play, **found: Any) -> None:
    await submitted(play, **found)
    await play.confirm()
    await play.approve("lead")
    await play.approve("partner")


async def published(play: Play) -> None:
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)


# --- visits ---


async def accept(office: Office) -> AsyncIterator[str]:
    await office.drawn()
    leader = select(Visit.id, Member.userid).join(VisitMember, VisitMember.visit_id == Visit.id)
    leader = leader.join(Member, Member.id == VisitMember.member_id).where(VisitMember.leads).limit(1)
    async with office.act(SYSTEM) as act:
        visit_id, userid = (await act.db.execute(leader)).one()
    yield f"visit:{visit_id}"
    async with office.act(userid) as act:
        await visits.accept(act, visit_id)


async def appoint(play: Play) -> AsyncIterator[str]:
    await days_of_task(play)
    await play.accept()
    yield visit_of(play)
    async with play.act("lead-1") as act:
        await appointments.fix(act, play.scene.visit.id, datetime(2026, 3, 20, 1, 30, tzinfo=UTC), "")


async def appointed(play: Play) -> AsyncIterator[str]:
    await days_of_task(play)
    await play.accept()
    async with play.act("lead-1") as act:
        await appointments.fix(act, play.scene.visit.id, datetime(2026, 3, 20, 1, 30, tzinfo=UTC), "")
    yield visit_of(play)
    await play.submit("lead-1")
    await play.submit("partner-1")


async def inspect(play: Play) -> AsyncIterator[str]:
    await submitted(play)
    await play.confirm()
    async with play.act("lead-approver") as act:
        await approvals.send_back(act, play.scene.parts["lead"].id, "请补充照片")
    yield visit_of(play)
    await play.submit("lead-1")


async def sign(play: Play) -> AsyncIterator[str]:
    await submitted(play)
    await play.confirm()
    yield visit_of(play)
    for number, who in enumerate(("lead-1", "lead-2", "partner-1", "partner-2"), start=10):
        ink = await play.upload(who, signature_bytes(number), "signature")
        async with play.act(who) as act:
            formed = (await summaries.shown(act, play.scene.visit.id))["digest"]
            await summaries.sign(act, play.scene.visit.id, formed, ink)


async def confirm(play: Play) -> AsyncIterator[str]:
    await submitted(play)
    yield visit_of(play)
    await play.confirm()


async def approve(play: Play) -> AsyncIterator[str]:
    await submitted(play)
    await play.confirm()
    yield part_of(play)
    await play.approve("lead")


async def approve_next(play: Play) -> AsyncIterator[str]:
    """The second of two levels, said by another approver: the partner's, moved to this department."""
    play.house = replace(play.house, rules=Rules(approval_levels=("", ""), confirm_libraries=False))
    await submitted(play)
    await play.confirm()
    await play.approve("lead")
    yield f"{part_of(play)}/2"
    chief = replace(play.scene.actors["partner-approver"], department_id=play.scene.actors["lead-1"].department_id)
    async with play.act(chief) as act:
        await approvals.approve(act, play.scene.parts["lead"].id)


async def publish(play: Play) -> AsyncIterator[str]:
    await approved(play)
    yield part_of(play)
    await published(play)


async def archive(play: Play) -> AsyncIterator[str]:
    await approved(play)
    await published(play)
    yield visit_of(play)
    async with play.act("lead-approver") as act:
        found = await archives.gather(act, play.scene.visit.id)
    async with sealing.volume() as made:
        await archives.bind(play.house, found, made)
        async with play.act("lead-approver") as act:
            named = await archives.visit_label(act, found)
        row = await archives.put_visit(play.house, found, made, named)
    async with play.act("lead-approver") as act:
        await archives.keep_visit(act, row, found)


async def dispose(play: Play) -> AsyncIterator[str]:
    await disposal_play.published(play)
    await disposal_play.filed(play)
    async with play.act("coordinator") as act:
        here = Department.id == act.actor.department_id
        await act.db.execute(update(Department).where(here).values(is_office=True))
    play.clock.now = disposal_play.AFTER + timedelta(days=4)  # a Monday
    yield "disposal:2037"
    await disposal_play.approve(play, await disposal_play.propose(play))


# --- what follows ---


def followed(kind: FollowUpKind, outcome: str, who: str = "lead-approver") -> Story:
    async def story(play: Play) -> AsyncIterator[str]:
        await approved(play, **FOUND)
        order: dict[str, Any] = {}
        if kind is FollowUpKind.TRANSFER:
            order = {"department_id": play.scene.parts["partner"].department_id, "handed": ("现场照片 3 张",)}
        row = await opened(play, kind, **order)
        yield followups.subject(row)
        async with play.act(who) as act:
            await followups.close(act, row.id, outcome, "已办理")

    return story


async def rectify(play: Play) -> AsyncIterator[str]:
    await approved(play, **FOUND)
    row = await opened(play, FollowUpKind.RECTIFICATION)
    yield followups.subject(row)
    async with play.act("lead-approver") as act:
        await followups.recheck(act, row.id, passed=True, note="现场复查，已整改")


async def recheck(play: Play) -> AsyncIterator[str]:
    await approved(play, **FOUND)
    owner = await bound(play)
    row = await opened(play, FollowUpKind.RECTIFICATION)
    await send_photo(play, owner, row.id, photo_bytes("mended"))
    async with play.act(owner) as act:
        await rectifications.hand_in(act, row.id, "已更换")
    yield followups.subject(row)
    async with play.act("lead-1") as act:
        await followups.recheck(act, row.id, passed=True, note="现场复查，已整改")


async def correct(play: Play) -> AsyncIterator[str]:
    await approved(play)
    await published(play)
    async with play.act(SYSTEM) as act:
        (await act.db.get_one(Member, play.scene.actors["lead-approver"].member_id)).post = "主要负责人"
    paper = await play.house.blobs.put(b"%PDF-1.7 made up")
    change = {"results": ["corrected"], "measures": ["order"]}
    wish = Wish(
        number=f"{play.scene.visit.number}-lead", ground="entry", reason="选错", evidence=[paper], changes=change
    )
    async with play.act("lead-1") as act:
        await deposits.keep(act, deposits.CORRECTIONS, paper)
        row = await corrections.ask(act, wish)
    yield part_of(play)
    async with play.act("lead-approver") as act:
        await corrections.sign(act, row.id, Digest(await play.house.blobs.put(signature_bytes())))


async def renew(play: Play) -> AsyncIterator[str]:
    async with play.act(SYSTEM) as act:
        mine = Inspector.staff_no == "LEAD-2"
        await act.db.execute(update(Inspector).where(mine).values(certificate_expires=date(2026, 4, 10)))
        holder = await act.db.scalar(select(Inspector.id).where(mine))
    yield f"certificate:{holder}"
    async with play.act("lead-2") as act:
        asked = await renewals.ask(act, Renewal(certificate_id="", number="", expires_on=date(2031, 4, 10)))
    async with play.act("lead-approver") as act:
        await renewals.decide(act, asked, confirmed=True, reason="")


# --- lists, plans, filings, tasks ---


async def file_list(office: Office) -> AsyncIterator[str]:
    list_id = await test_lists.new_list(office)
    await test_lists.drafted(office, list_id)
    change: ListChange = (await test_lists.published(office, list_id)).change
    yield f"list-change:{change.id}"
    async with office.act(COORDINATOR) as act:
        await item_lists.file_change(act, change.id, TODAY, "备〔2026〕1号")


async def file_once(office: Office) -> AsyncIterator[str]:
    department = await test_lists.department_id(office, "market")
    order = FilingOrder(
        title="两库盖章备案",
        basis="演示文件第三条",
        recipient="市场监管部门",
        due_on=date(2026, 4, 25),
        department_ids=(department,),
    )
    async with office.act(COORDINATOR) as act:
        [filing_id] = await filings.make(act, order)
    yield filings.subject(filing_id)
    async with office.act("market13") as act:
        await filings.done(act, filing_id, TODAY, "", "")


async def make_plan(office: Office) -> AsyncIterator[str]:
    office.clock.now = datetime(2026, 11, 5, 1, 0, tzinfo=UTC)
    yield "plan-year:2027"
    order = replace(test_plans.LINE, starts_on=date(2027, 5, 1), ends_on=date(2027, 9, 1))
    await test_plans.approved(office, order, COORDINATOR, year=2027, joint=True)


async def file_plan(office: Office) -> AsyncIterator[str]:
    order = replace(test_plans.LINE, starts_on=date(2027, 5, 1), ends_on=date(2027, 9, 1))
    plan_id, _ = await test_plans.approved(office, order, year=2027)
    yield f"plan:{plan_id}"
    async with office.act(COORDINATOR) as act:
        await plans.file(act, plan_id, TODAY, "备〔2026〕2号")


async def publish_plan(office: Office) -> AsyncIterator[str]:
    order = replace(test_plans.LINE, starts_on=date(2027, 5, 1), ends_on=date(2027, 9, 1))
    plan_id, _ = await test_plans.approved(office, order, year=2027)
    yield f"plan:{plan_id}"
    async with office.act(test_plans.HEALTH) as act:
        await plans.publish(act, plan_id)


async def freeze_task(office: Office) -> AsyncIterator[str]:
    task_id = await office.task()
    yield f"task:{task_id}"
    async with office.act(COORDINATOR) as act:
        await tasks.prepare(act, task_id)
    await office.freeze(task_id, SECOND)


async def draw_task(office: Office) -> AsyncIterator[str]:
    task_id = await office.seeded()
    yield f"frozen:{task_id}"
    await office.draw(task_id)


async def confirm_library(office: Office) -> AsyncIterator[str]:
    object.__setattr__(office, "house", replace(office.house, rules=Rules()))
    task_id = await office.task()
    health = await test_lists.department_id(office, "health")
    yield f"library:{task_id}/{health}"
    for kind in ("targets", "inspectors"):
        async with office.act(test_plans.HEALTH) as act:
            await confirmations.confirm(act, task_id, kind)


async def decide_recusal(office: Office) -> AsyncIterator[str]:
    await office.drawn()
    visit, leader, userid = await asked.first_visit(office)
    owner = await asked.known(office, visit)
    request = await asked.ask(office, owner, visit, leader)
    [row] = await office.all(select(Deadline).where(Deadline.kind == DeadlineKind.DECIDE_RECUSAL.value))
    yield row.subject
    async with office.act(await asked.approver(office, "health", userid)) as act:
        await recusal_requests.decline(act, request, "经核实不存在亲属关系。")


OF_VISITS: Mapping[DeadlineKind, Story] = {
    DeadlineKind.APPOINT: appoint,
    DeadlineKind.APPOINTED: appointed,
    DeadlineKind.INSPECT: inspect,
    DeadlineKind.SIGN: sign,
    DeadlineKind.CONFIRM: confirm,
    DeadlineKind.APPROVE: approve,
    DeadlineKind.APPROVE_NEXT: approve_next,
    DeadlineKind.PUBLISH: publish,
    DeadlineKind.RECTIFY: rectify,
    DeadlineKind.RECHECK: recheck,
    DeadlineKind.ANSWER_TRANSFER: followed(FollowUpKind.TRANSFER, "taken", "partner-approver"),
    DeadlineKind.OPEN_CASE: followed(FollowUpKind.CASE, "withdrawn"),
    DeadlineKind.LIST_ABNORMAL: followed(FollowUpKind.ABNORMAL_LIST, "not-listed"),
    DeadlineKind.CORRECT: correct,
    DeadlineKind.ARCHIVE: archive,
    DeadlineKind.DISPOSE: dispose,
    DeadlineKind.RENEW_CERTIFICATE: renew,
}
OF_OFFICES: Mapping[DeadlineKind, Story] = {
    DeadlineKind.ACCEPT: accept,
    DeadlineKind.DECIDE_RECUSAL: decide_recusal,
    DeadlineKind.FILE_LIST: file_list,
    DeadlineKind.FILE_ONCE: file_once,
    DeadlineKind.MAKE_PLAN: make_plan,
    DeadlineKind.FILE_PLAN: file_plan,
    DeadlineKind.PUBLISH_PLAN: publish_plan,
    DeadlineKind.FREEZE_TASK: freeze_task,
    DeadlineKind.DRAW_TASK: draw_task,
    DeadlineKind.CONFIRM_LIBRARY: confirm_library,
}


async def the_row(stage: Play | Office, kind: DeadlineKind, subject: str) -> Deadline | None:
    """The deadline of this kind and subject as it stands."""
    async with stage.act(SYSTEM) as act:
        return await act.db.scalar(select(Deadline).where(Deadline.kind == kind.value, Deadline.subject == subject))
