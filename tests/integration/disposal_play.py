"""Filed papers ten years on: a published visit with its archive, two people of the office, a store to look into."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from inspection.actors import Actor, DepartmentId, MemberId, Role
from inspection.retention import keep_until
from models.archives import Archive, ArchiveKey
from models.blobs import LocalBlobs
from models.disposal import Destruction
from models.erasing import LocalEraser
from models.people import Grant, Member
from services.results import disposal, publications
from services.results.destroyer import Destroyer
from services.results.disposal import Proposal
from tests.integration.visits_play import Play

AFTER = datetime(2037, 1, 1, 1, 0, tzinfo=UTC)  # filed in 2026 for ten years: to the end of 2036
KEY = "0123456789abcdef"


async def published(play: Play) -> None:
    """The play's visit, submitted, confirmed, approved and public."""
    await play.confirmed()
    for code in ("lead", "partner"):
        await play.approve(code)
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
    play.scene.actors["second"] = await second_of(play)


async def second_of(play: Play) -> Actor:
    """Another coordinator of the same office."""
    department = play.scene.actors["coordinator"].department_id
    async with play.act("coordinator") as act:
        member = Member(department_id=department, userid="second", name="演示人员second")
        act.db.add(member)
        await act.db.flush()
        act.db.add(Grant(member_id=member.id, role=Role.COORDINATOR.value))
        return Actor(
            member_id=MemberId(member.id),
            department_id=DepartmentId(department),
            roles=frozenset({Role.COORDINATOR}),
        )


async def filed(play: Play, kind: str = "visit", retention: str = "years-10", on: date = date(2026, 3, 2)) -> str:
    """An archive's row with bytes of its own, as filing leaves them; gives the digest (a real ZIP: test_archives)."""
    subject = play.scene.visit.id if kind == "visit" else play.scene.task.id
    data = f"{kind} {retention} {on}".encode()
    digest = await play.house.blobs.put(data)
    async with play.act("coordinator") as act:
        if await act.db.get(ArchiveKey, KEY) is None:
            act.db.add(ArchiveKey(id=KEY, public="", private="", made_at=act.now, retired_at=None))
            await act.db.flush()
        act.db.add(
            Archive(
                number=f"{play.scene.visit.number}-{hashlib.sha256(data).hexdigest()[:6]}",
                kind=kind,
                visit_id=subject if kind == "visit" else None,
                task_id=subject if kind == "task" else None,
                key_id=KEY,
                digest=digest,
                size=len(data),
                files=1,
                retention=retention,
                keep_until=keep_until(retention, on),
                made_by="",
                made_at=datetime(on.year, on.month, on.day, tzinfo=UTC),
            )
        )
    return str(digest)


def wish(*subjects: str) -> Proposal:
    return Proposal(subjects=subjects, ground="no-value", appraisal="鉴定小组逐卷审查，无继续保存价值。")


async def propose(play: Play, *subjects: str, who: str = "coordinator") -> Destruction:
    async with play.act(who) as act:
        return await disposal.propose(act, wish(*subjects or (f"visit:{play.scene.visit.id}",)))


async def approve(play: Play, row: Destruction, who: str = "second") -> None:
    async with play.act(who) as act:
        await disposal.approve(act, row.id)


def root_of(play: Play) -> Path:
    assert isinstance(play.house.blobs, LocalBlobs)
    return play.house.blobs._root


async def remove(play: Play) -> int:
    """One tick of the destroyer."""
    return await Destroyer(play.database, LocalEraser(root_of(play)), play.clock).work()


def on_disk(play: Play) -> set[str]:
    return {one.name for one in root_of(play).glob("??/??/*")}


async def there(play: Play, digests: Sequence[str]) -> list[bool]:
    return [digest in on_disk(play) for digest in digests]
