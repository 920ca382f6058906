"""The tour as a whole (issue 2 item 6), every number held against the database and the sandbox; the demo office."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console
from sqlalchemy import ColumnElement, func, select

from app import samples, verify
from app.demo import RunningDemo, demo_settings, free_port, open_demo
from app.server import PortTakenError
from app.settings import Bucket
from app.tour import deadlines, field
from app.tour.alone import tour_alone
from app.tour.office import see_messages_off
from app.tour.people import Places, TourError, assembled
from app.tour.play import Outcome, leave_work, play
from app.tour.stage import Stage
from app.tour.story import begin
from bot.sandbox import Sandbox
from inspection.workdays import SHANGHAI
from models.base import KEYS
from models.blobs import Digest
from models.people import Member
from models.registers import Target
from models.results import Deadline, Outbox, Publication, Reminder
from models.tasks import Evidence, Submission, Task, Visit, VisitMember
from tests.s3 import bucket_server

PROMISED = {
    "targets_imported",
    "targets_rejected",
    "drawn",
    "groups",
    "messages_sent",
    "messages_delivered",
    "visits_submitted",
    "photos_stored",
    "results_published",
    "reminders_sent",
    "bundle",
    "ok",
}


@pytest.fixture(autouse=True)
def _own_keys() -> Iterator[None]:
    """A demo office loads its own field keys; other tests find theirs again."""
    yield
    KEYS.load({"1": bytes(32)}, "1")


@pytest.fixture
def shown() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def stage(shown: io.StringIO) -> Stage:
    return Stage(Console(file=shown, width=200))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.hard)])  # its parts are tried on both
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningDemo]:
    """A house like the tour's own: nobody is in it but the office's four; on PostgreSQL with its files in a bucket."""
    settings = demo_settings(tmp_path / "house", free_port(), free_port())
    with ExitStack() as stack:
        if request.param == "postgres":
            storage = settings.storage.model_copy(update={"database": request.getfixturevalue("empty_postgres_url")})
            server = stack.enter_context(bucket_server())
            bucket = Bucket(endpoint=server, name="evidence", access_key="key", secret_key="secret")
            settings = settings.model_copy(update={"storage": storage, "bucket": bucket})
        async with open_demo(settings, whole=False) as demo:
            yield demo
        if request.param == "postgres":
            assert not [path for path in (tmp_path / "house" / "files").rglob("*") if path.is_file()]


def places(demo: RunningDemo) -> Places:
    template = demo.parts.settings.wechat.template_visit
    return Places(origin=demo.origin, sandbox=demo.sandbox.base_url, template=template)


async def count(demo: RunningDemo, table: Any, *where: ColumnElement[bool]) -> int:
    async with demo.parts.database.read() as db:
        return int(await db.scalar(select(func.count()).select_from(table).where(*where)) or 0)


def in_chats(demo: RunningDemo) -> int:
    """What the simulated phones hold, counted inside the sandbox and not over its API."""
    state = demo.sandbox.state
    bubbles = [one for member in state.contacts.members() for one in state.chats.inbox(member.userid).bubbles.values()]
    return sum(not one.message.sender for one in bubbles) + sum(len(owner.messages) for owner in state.owners.all())


@pytest.mark.timeout(400)  # the whole house at work, beside three other tests
async def test_the_tour_plays_the_whole_job_and_every_number_is_true(office, stage, shown, tmp_path):
    """Issue 2 item 6: A, B, C1, D1-D8, F1-F4, G1-G13, H1-H6, K2 in one go, over real HTTP."""
    outcome = await play(places(office), stage, tmp_path)
    data = outcome.as_data()
    assert data.keys() >= PROMISED
    assert json.loads(json.dumps(data)) == data
    assert outcome.ok, outcome.checks

    assert data["targets_imported"] == await count(office, Target) == len(samples.sample_targets())
    assert data["targets_rejected"] == 0
    assert data["drawn"] == data["groups"] == await count(office, Visit)
    assert 20 <= data["drawn"] <= 40
    assert data["visits_submitted"] == await count(office, Visit, Visit.ended_at.is_not(None)) == data["drawn"]
    assert data["photos_stored"] == await count(office, Evidence, Evidence.kind == "photo") >= 3 * data["drawn"]
    assert data["results_published"] == await count(office, Publication) == 3 * data["drawn"]
    assert data["messages_sent"] == await count(office, Outbox)
    assert data["messages_delivered"] == in_chats(office) == data["messages_sent"]
    assert data["reminders_sent"] == await count(office, Outbox, Outbox.kind.in_(("reminder", "digest")))
    assert verify.main([data["bundle"]]) == 0
    assert [step["title"] for step in data["steps"]] == [step.title for step in stage.steps]
    assert all(f"{number:2d}. " in shown.getvalue() for number in range(1, len(data["steps"]) + 1))

    await everything_is_published_in_time(office)
    await reminders_went_before_on_and_after(office)
    await doubles_and_returns_left_one_part_each(office)
    await a_photo_is_upright_small_and_marked(office)
    await a_message_that_is_lost_is_noticed(office, stage)


async def everything_is_published_in_time(demo: RunningDemo) -> None:
    """H2, H5: each drawn target's result is public, none after its 20 working days."""
    async with demo.parts.database.read() as db:
        statuses = set(await db.scalars(select(Visit.status)))
        bodies = list(await db.scalars(select(Publication.body)))
        assert statuses == {"published"}
        assert await db.scalar(select(Task.status)) == "finished"
        assert not any(body["late"] for body in bodies)
        of_visits = Deadline.subject.startswith("visit:") | Deadline.subject.startswith("part:")
        left = await db.scalars(select(Deadline.kind).where(Deadline.settled_at.is_(None), of_visits))
        assert set(left) == {"sign", "archive"}  # what stays to be done of a published visit


async def reminders_went_before_on_and_after(demo: RunningDemo) -> None:
    """K2: the visit that was left lying was reminded of before, on and after its last day."""
    async with demo.parts.database.read() as db:
        late = f"visit:{(await db.scalars(select(Visit.id).order_by(Visit.position.desc()))).first()}"
        rows = await db.execute(
            select(Reminder.stage, Deadline.kind)
            .join(Deadline, Deadline.id == Reminder.deadline_id)
            .where(Deadline.subject == late)
        )
        stages: dict[str, set[str]] = {}
        for stage_name, kind in rows:
            stages.setdefault(kind, set()).add(stage_name)
    assert stages["accept-visit"] >= {"-1", "0", "+1"}
    assert stages["inspect"] >= {"-3", "-1", "0", "+1"}


async def doubles_and_returns_left_one_part_each(demo: RunningDemo) -> None:
    """G5: a manifest sent twice is one submission; the part that was sent back has exactly one more."""
    assert await count(demo, Submission) == await count(demo, Publication) + 1


async def a_photo_is_upright_small_and_marked(demo: RunningDemo) -> None:
    """Issue 2 item 4: the original is kept byte for byte, its copy is another picture without EXIF."""
    async with demo.parts.database.read() as db:
        row = (await db.scalars(select(Evidence).where(Evidence.kind == "photo"))).first()
        assert row is not None
        digest, display = row.digest, row.display_digest
    original = await demo.parts.house.blobs.get(Digest(digest))
    copy = await demo.parts.house.blobs.get(Digest(display))
    with Image.open(io.BytesIO(original)) as sent, Image.open(io.BytesIO(copy)) as seen:
        assert sent.getexif()
        assert not seen.getexif()
        assert max(seen.size) <= 1600


async def a_message_that_is_lost_is_noticed(demo: RunningDemo, stage: Stage) -> None:
    """`ok` is earned: one message less on the phones than the outbox says, and the check fails."""
    async with assembled(places(demo)) as cast:
        story = begin(cast)
        await deadlines.count_messages(story, stage)
        assert story.checks["all_delivered"]
        demo.sandbox.state.chats.inbox(story.desk.userid).bubbles.popitem()
        await deadlines.count_messages(story, stage)
        assert not story.checks["all_delivered"]
    assert not Outcome(numbers={}, checks=story.checks, steps=[], seconds=0).ok


async def test_an_outcome_without_checks_is_not_ok():
    """`ok` is earned: nothing checked is nothing proved."""
    assert not Outcome(numbers={}, checks={}, steps=[], seconds=0).ok


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_tour_that_cannot_go_on_says_where_and_cleans_up(stage, shown, tmp_path, monkeypatch, keeps):
    """A register without a single target ends the tour with a sentence; its house stays only where that was asked."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    register = tmp_path / "empty.csv"
    register.write_text("企业名称,统一社会信用代码\n", "utf-8")
    with pytest.raises(TourError, match="没有走完"):
        await tour_alone(stage, register, tmp_path / "kept" if keeps else None)
    assert "✗" in shown.getvalue()
    assert len(list(tmp_path.glob("*/house/suicha.db"))) == keeps


async def test_strangers_get_no_further_than_the_door(office):
    """ASVS 7: somebody who is no member ends at the sign-in with a sentence, not in the console."""
    async with assembled(places(office)) as cast:
        with pytest.raises(TourError, match="尚未登录"):
            await cast.public.get("/api/console/overview")
        with pytest.raises(TourError, match="岗位"):
            await cast.person("office03").get("/api/console/imports")  # the observer


async def test_many_at_once_stop_at_the_first_failure():
    """A failure among many is told as itself, not as a bundle of errors."""

    async def work(number: int) -> int:
        if number == 3:
            raise TourError(why="三")
        return number

    assert await field.all_of(work, [1, 2]) == [1, 2]
    with pytest.raises(TourError, match="三"):
        await field.all_of(work, range(30))


async def test_a_second_start_finds_everything_as_it_was(tmp_path):
    """Issue 2, real parts: a second start takes seconds: nothing is imported again, keys and clock are kept."""
    folder = tmp_path / "demo"
    settings = demo_settings(folder, free_port(), free_port())
    async with open_demo(settings, whole=True) as first:
        before = await count(first, Target)
        demo_now = first.parts.clock()
    again = demo_settings(folder, free_port(), free_port())
    assert again.keys == settings.keys
    assert again.wecom.secret == settings.wecom.secret
    async with open_demo(again, whole=True) as second:
        assert await count(second, Target) == before == len(samples.sample_targets())
        assert len(second.sandbox.state.contacts.members()) == len(samples.sample_inspectors())
        assert second.parts.clock() >= demo_now
        assert second.parts.clock().astimezone(SHANGHAI).year == demo_now.astimezone(SHANGHAI).year


async def test_the_phones_remember_over_a_restart(tmp_path, stage):
    """Issue 2, real parts: after a second start the sandbox's chats and owners are there, pressed buttons stay so."""
    folder = tmp_path / "demo"
    async with open_demo(demo_settings(folder, free_port(), free_port()), whole=True) as first:
        await leave_work(places(first), stage)
        before = first.sandbox.state
        owner = before.owners.add("演示店主")
        code = before.js_codes.issue(owner.openid)
        visit = await first_visit(first)
        async with assembled(places(first)) as cast:
            token = (await cast.public.post("/api/owner/login", {"js_code": code}))["token"]
            await cast.public.post("/api/owner/bind", {"notice_code": visit.notice_code}, token)
            await see_messages_off(begin(cast))
    async with open_demo(demo_settings(folder, free_port(), free_port()), whole=True) as second:
        after = second.sandbox.state
        assert [one.openid for one in after.owners.all()] == [owner.openid]
        userids = [member.userid for member in after.contacts.members()]
        assert {one: chat(after, one) for one in userids} == {one: chat(before, one) for one in userids}
        alive = {(one, key) for one in userids for key in live_keys(after, one) if key.startswith("accept:")}
        assert alive == await still_to_accept(second)
        assert alive


def chat(state: Sandbox, userid: str) -> list[str]:
    """What stands in a member's chat, in no order."""
    bubbles = state.chats.inbox(userid).bubbles.values()
    return sorted(json.dumps(one.message.content, sort_keys=True) for one in bubbles)


def live_keys(state: Sandbox, userid: str) -> list[str]:
    return [key for one in state.chats.inbox(userid).bubbles.values() for key in one.live_keys()]


async def still_to_accept(demo: RunningDemo) -> set[tuple[str, str]]:
    query = select(Member.userid, VisitMember.visit_id).join(VisitMember, VisitMember.member_id == Member.id)
    async with demo.parts.database.read() as db:
        rows = await db.execute(query.where(VisitMember.accepted_at.is_(None)))
        return {(userid, f"accept:{visit_id}") for userid, visit_id in rows}


async def first_visit(demo: RunningDemo) -> Visit:
    async with demo.parts.database.read() as db:
        found = (await db.scalars(select(Visit).order_by(Visit.position))).first()
        assert found is not None
        db.expunge(found)
        return found


@pytest.mark.parametrize("which", [0, 1])
async def test_a_taken_port_closes_what_was_open(tmp_path, which):
    """Issue 2, real parts: a taken port is a PortTakenError that names it, whichever of the two it is."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = [free_port(), free_port()]
        ports[which] = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(ports[which])):
            async with open_demo(demo_settings(tmp_path, *ports), whole=False):
                pytest.fail("it opened on a port that was taken")
