"""What the spectators see: a numbered list of steps, each with what, who, how many and how long.

async with stage.step("冻结名单", "市局 某某") as note:  ...  note("指纹 1f3a…")
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape

Note = Callable[[str], None]


@dataclass(kw_only=True, slots=True)
class Step:
    """One thing that was done: `notes` are its results in words."""

    title: str
    who: str
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Stage:
    """Shows steps on a console as they end; in a terminal the one under way is shown too."""

    def __init__(self, console: Console) -> None:
        """Show nothing yet."""
        self._console = console
        self.steps: list[Step] = []

    def say(self, text: str) -> None:
        """Say something between steps."""
        self._console.print(text, highlight=False, soft_wrap=True)

    @asynccontextmanager
    async def step(self, title: str, who: str = "") -> AsyncIterator[Note]:
        """Time a step and show it with its notes when it has ended well; one that fails is shown as such."""
        step = Step(title=title, who=who)
        self.steps.append(step)
        began = time.perf_counter()
        mark = "[red]✗[/red]"
        try:
            with self._console.status(f"{escape(title)} …"):
                yield step.notes.append
            mark = "[green]✓[/green]"
        finally:
            step.seconds = round(time.perf_counter() - began, 2)
            self._show(step, mark)

    def _show(self, step: Step, mark: str) -> None:
        who = f"　[cyan]{escape(step.who)}[/cyan]" if step.who else ""
        head = f"{mark} {len(self.steps):2d}. [bold]{escape(step.title)}[/bold]{who}　[dim]{step.seconds:.2f} 秒[/dim]"
        self.say("\n".join([head, *(f"       {escape(note)}" for note in step.notes)]))
