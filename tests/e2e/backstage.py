"""What stands behind the screens: the demo office with its real servers, and those who play the parts nobody looks at.

open_demo on free ports -> the tour's people draw, accept, inspect -> the browser takes over where it counts
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import func, select

from app.demo import RunningDemo, demo_settings, free_port, open_demo
from app.tour import field, office, result
from app.tour.people import Cast, Places, assembled
from app.tour.stage import Stage
from app.tour.story import Story, VisitPlan, begin
from models.tasks import Evidence, Part, Submission

WINDOW = timedelta(days=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Backstage:
    """A running office; `story` knows its people and, once something is drawn, its visits."""

    demo: RunningDemo
    story: Story
    stage: Stage

    @property
    def origin(self) -> str:
        return self.demo.origin

    @property
    def sandbox(self) -> str:
        return self.demo.sandbox.base_url

    @property
    def cast(self) -> Cast:
        return self.story.cast

    async def member_name(self, userid: str) -> str:
        """How a member is called."""
        state = await self.cast.sandbox.get("/sandbox/api/state")
        return str(next(one["name"] for one in state["members"] if one["userid"] == userid))

    async def draw(self, count: int) -> list[VisitPlan]:
        """Draw so many targets and let the cards arrive."""
        today = date.fromisoformat((await self.story.desk.get("/api/me"))["now"][:10])
        window = (today.isoformat(), (today + WINDOW).isoformat())
        await office.make_task(self.story, self.stage, window, count=count)
        await office.freeze_and_draw(self.story, self.stage)
        await office.push(self.story, self.stage)
        return self.story.visits

    async def confirm_libraries(self, task_id: str) -> None:
        """Let each department of a task made on the screen answer for its libraries (B8)."""
        self.story.task_id = task_id
        await office.confirm_libraries(self.story, self.stage)

    async def adopt(self, task_id: str) -> list[VisitPlan]:
        """Take over a task that was drawn on the screen."""
        task = await self.story.desk.get(f"/api/console/tasks/{task_id}")
        self.story.task_id, self.story.draw_number = task_id, task["draw"]["number"]
        self.story.visits = [VisitPlan.read(row) for row in task["visits"]]
        await office.see_messages_off(self.story)
        return self.story.visits

    async def inspect(self, visits: list[VisitPlan]) -> None:
        """Let the groups make these visits and their leaders confirm them."""
        await field.accept_all(self.story, self.stage, visits)
        await field.inspect_all(self.story, self.stage, visits)
        await result.confirm_all(self.story, self.stage, visits)

    async def approve(self) -> None:
        """Let every approver approve what waits for him."""
        await result.approve_all(self.story, self.stage)

    async def publish(self) -> None:
        """Publish what is approved."""
        await result.publish(self.story, self.stage)

    async def submissions(self, visit: VisitPlan) -> list[Submission]:
        """What the server sealed for a visit."""
        return await self._rows(select(Submission).join(Part, Part.id == Submission.part_id), Part.visit_id == visit.id)

    async def evidence(self, visit: VisitPlan) -> list[Evidence]:
        """The photos and signatures that the server keeps of a visit."""
        return await self._rows(select(Evidence), Evidence.visit_id == visit.id)

    async def blob(self, digest: Any) -> bytes:
        """The bytes of a stored file."""
        return await self.demo.parts.house.blobs.get(digest)

    async def count(self, table: Any) -> int:
        async with self.demo.parts.database.read() as db:
            return await db.scalar(select(func.count()).select_from(table)) or 0

    async def _rows(self, query: Any, where: Any) -> list[Any]:
        async with self.demo.parts.database.read() as db:
            found = list(await db.scalars(query.where(where)))
            db.expunge_all()
            return found


@asynccontextmanager
async def open_backstage(folder: Path) -> AsyncIterator[Backstage]:
    """Open an office with all made-up registers on free ports of this machine."""
    settings = demo_settings(folder, free_port(), free_port())
    async with open_demo(settings, whole=True) as demo:
        places = Places(origin=demo.origin, sandbox=demo.sandbox.base_url, template=settings.wechat.template_visit)
        async with assembled(places) as cast:
            yield Backstage(demo=demo, story=begin(cast), stage=Stage(Console(file=io.StringIO())))
