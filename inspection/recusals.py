"""Who may not inspect whom: declared recusals, absence and rotation become conflicts; what they leave short (E5, D7).

declared (target, inspector, ground), last visits, who is away -> bar -> conflicts.tsv + counts by reason
teams + roster -> short_targets: which target which department cannot staff, and what keeps whom

A declared recusal always holds. Rotation holds where enough others are left, for it is there to spread the work, not to
stop it: where it would leave a team short, it gives way and is counted as given way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from inspection.draw.announcement import Team
from inspection.draw.match import NOBODY, Roster, roster
from inspection.draw.pools import ANY_TARGET, Conflict, DrawInspector
from inspection.reasons import ABSENCE, ROTATION


@dataclass(frozen=True, kw_only=True, slots=True)
class Barred:
    """The conflicts of a draw; `reasons` names each one's, by (target, inspector); `relaxed`: rotations given way."""

    reasons: Mapping[tuple[str, str], str]
    relaxed: int

    def conflicts(self) -> tuple[Conflict, ...]:
        """Give the lines of conflicts.tsv."""
        return tuple(Conflict(target=target, inspector=inspector) for target, inspector in self.reasons)

    def counts(self) -> dict[str, int]:
        """Give how many conflicts there are for each reason, in the order of its code: what the announcement tells."""
        return dict(sorted(Counter(self.reasons.values()).items()))


@dataclass(frozen=True, kw_only=True, slots=True)
class ShortTarget:
    """A target for which fewer inspectors of a department fit than its team needs, and what keeps how many away."""

    target: str
    department: str
    fitting: int
    size: int
    kept: Mapping[str, int]


def bar(
    people: Collection[DrawInspector],
    teams: Iterable[Team],
    away: Collection[str],
    declared: Iterable[tuple[str, str, str]],
    last: Mapping[str, Collection[str]],
) -> Barred:
    """Give the conflicts among `people`; `last`: by target, who inspected it the last time."""
    known = {one.id for one in people}
    reasons = {(ANY_TARGET, one): ABSENCE for one in sorted(known.intersection(away))}
    for target, inspector, ground in declared:
        if inspector in known:
            reasons.setdefault((target, inspector), ground)
    held = roster(people, (Conflict(target=target, inspector=inspector) for target, inspector in reasons))
    eligible = [(team.size, held.eligible(team)) for team in teams]
    relaxed = 0
    for target, former in last.items():
        for size, fitting in eligible:
            left = fitting - held.barred_from(target)
            turned = left.intersection(former)
            if len(left) - len(turned) < size:
                relaxed += len(turned)
            else:
                reasons.update(((target, one), ROTATION) for one in turned)
    return Barred(reasons=reasons, relaxed=relaxed)


def short_targets(
    teams: Iterable[Team], people: Roster, barred: Barred, serves: Callable[[str, str], bool] = lambda _d, _t: True
) -> tuple[ShortTarget, ...]:
    """Give every target that some team could staff, were it not for conflicts about this very target.

    `serves`: whether a department is to inspect a target at all.
    """
    found = []
    for team in teams:
        eligible = people.eligible(team)
        for target, out in people.barred.items():
            fitting = len(eligible - out)
            if target != ANY_TARGET and fitting < team.size <= len(eligible) and serves(team.department, target):
                kept = Counter(barred.reasons[target, one] for one in eligible & out)
                short = ShortTarget(
                    target=target, department=team.department, fitting=fitting, size=team.size, kept=kept
                )
                found.append(short)
    return tuple(sorted(found, key=lambda one: (one.target, one.department)))


def without_anybody(teams: Iterable[Team], people: Roster) -> tuple[str, ...]:
    """Give the targets that nobody of any team may inspect: a group of nobody would wait for ever."""
    every = frozenset[str]().union(*(people.eligible(team) for team in teams))
    return tuple(
        sorted(
            target for target in people.barred if target != ANY_TARGET and not every - people.barred.get(target, NOBODY)
        )
    )
