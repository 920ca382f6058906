"""The office's own choices about reminding, where the rules of `inspection.deadlines` leave any (K2).

KINDS -> the defaults of [clock] -> ClockRules -> days, steps and ladder of a kind
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time

from inspection.deadlines import KINDS, DeadlineKind

DEFAULT_DAYS: Mapping[str, int] = {kind.value: rule.within for kind, rule in KINDS.items() if rule.within}
DEFAULT_STEPS: Mapping[str, tuple[int, ...]] = {kind.value: rule.steps for kind, rule in KINDS.items()}
DEFAULT_LADDERS: Mapping[str, tuple[str, ...]] = {kind.value: rule.ladder for kind, rule in KINDS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockRules:
    """The office's choices about reminding ([clock] of the settings); steps and ladders by a kind's value."""

    digest_at: time = time(8, 30)  # local, on working days
    quiet_from: time = time(20, 0)
    quiet_until: time = time(8, 0)
    overdue_days: int = 30  # working days after the due day on which somebody is still reminded
    liaison_post: str = "联络员"
    visits_a_week: int = 3  # that one inspector can make: a week with more of them will break
    days: Mapping[str, int] = field(default_factory=lambda: DEFAULT_DAYS)
    steps: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: DEFAULT_STEPS)
    ladders: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DEFAULT_LADDERS)

    def days_of(self, kind: DeadlineKind) -> int:
        """Within how many days, of a kind whose days are set under [clock.days]."""
        return self.days.get(kind.value, KINDS[kind].within)

    def steps_of(self, kind: DeadlineKind) -> tuple[int, ...]:
        """On which working days before the due day this kind is reminded of."""
        return self.steps.get(kind.value, KINDS[kind].steps)

    def ladder_of(self, kind: DeadlineKind) -> tuple[str, ...]:
        """Who is told, and from which step on."""
        return self.ladders.get(kind.value, KINDS[kind].ladder)
