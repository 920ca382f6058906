"""The whole of it, act by act, in the order of issue 2: import, task, draw, push, on site, result, deadlines.

Places (two servers that run) -> assembled cast -> acts -> Outcome: numbers read back, checks, seconds a step
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.tour import deadlines, field, office, owners, result
from app.tour.people import Places, assembled
from app.tour.stage import Stage
from app.tour.story import Story, begin

WINDOW = timedelta(days=10)
LEFT_TO_DO = 6  # visits of the demo's second task


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How the tour went."""

    numbers: dict[str, Any]
    checks: dict[str, bool]
    steps: list[dict[str, Any]]
    seconds: float

    @property
    def ok(self) -> bool:
        """Tell whether everything really held."""
        return bool(self.checks) and all(self.checks.values())

    def as_data(self) -> dict[str, Any]:
        """The outcome as one JSON object."""
        return {
            **self.numbers,
            "ok": self.ok,
            "checks": self.checks,
            "seconds": self.seconds,
            "steps": self.steps,
        }


async def play(places: Places, stage: Stage, folder: Path, register: Path | None = None) -> Outcome:
    """Play the tour on two servers that run; the bundle goes into `folder`. Raises TourError where it cannot go on."""
    began = time.perf_counter()
    async with assembled(places) as cast:
        story = begin(cast)
        await _prepare(story, stage, register)
        await _draw(story, stage, folder)
        await _inspect(story, stage)
        await _run_late(story, stage)
        await _end(story, stage)
    steps = [{"title": step.title, "who": step.who, "seconds": step.seconds} for step in stage.steps]
    return Outcome(
        numbers=story.numbers, checks=story.checks, steps=steps, seconds=round(time.perf_counter() - began, 2)
    )


async def leave_work(places: Places, stage: Stage) -> None:
    """Draw a second, small task and stop half way: whoever tries the office finds something to do everywhere."""
    async with assembled(places) as cast:
        story = begin(cast)
        await office.make_task(story, stage, await _window(story), count=LEFT_TO_DO)
        await office.freeze_and_draw(story, stage)
        await office.push(story, stage)
        await field.accept_all(story, stage, story.visits[:-2])
        await field.inspect_all(story, stage, story.visits[:2])
        await result.confirm_all(story, stage, story.visits[:2])


async def _window(story: Story) -> tuple[str, str]:
    today = date.fromisoformat((await story.desk.get("/api/me"))["now"][:10])
    return today.isoformat(), (today + WINDOW).isoformat()


async def _prepare(story: Story, stage: Stage, register: Path | None) -> None:
    await deadlines.count_before(story)
    await office.import_registers(story, stage, register)
    await office.fill_address_book(story, stage)


async def _draw(story: Story, stage: Stage, folder: Path) -> None:
    await office.make_task(story, stage, await _window(story))
    await office.freeze_and_draw(story, stage)
    await office.check_bundle(story, stage, folder)
    await office.push(story, stage)
    await owners.welcome_owners(story, stage)


async def _inspect(story: Story, stage: Stage) -> None:
    await field.accept_all(story, stage, story.punctual)
    await field.inspect_all(story, stage, story.punctual)
    await result.confirm_all(story, stage, story.punctual)
    await result.return_one(story, stage, story.punctual[0])
    await result.approve_all(story, stage)
    await result.publish(story, stage)


async def _run_late(story: Story, stage: Stage) -> None:
    await deadlines.let_time_pass(story, stage)
    await field.accept_all(story, stage, [story.late])
    await field.inspect_all(story, stage, [story.late])
    await result.confirm_all(story, stage, [story.late])
    await result.approve_all(story, stage)
    await result.publish(story, stage)


async def _end(story: Story, stage: Stage) -> None:
    await field.count_evidence(story, stage)
    await result.count_visits(story)
    await result.read_public_pages(story, stage)
    await deadlines.count_messages(story, stage)
