"""Who may not inspect whom: declared recusals, absence and rotation become conflicts; what they leave short (E5, D7).

declared (target, inspector, ground), last visits, who is away -> bar -> conflicts.tsv + counts by reason
teams + roster -> short_targets: which target which department cannot staff, and what keeps whom

A declared recusal always holds. Rotation holds where enough others are left, for it is there to spread the work, not to
stop it: where it would leave a team short, it gives way and is counted as given way. Even then as many of the former
group stay away as can, so that not the same pair comes again. And people who went together in the last draw are kept
apart in the next where others are left (ADR on pairs): of every former pair one is barred, target by target another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from inspection.draw.announcement import Team
from inspection.draw.match import NOBODY, Roster, roster
from inspection.draw.pools import ANY_TARGET, Conflict, DrawInspector
from inspection.reasons import ABSENCE, PAIR, ROTATION


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
            spare = max(0, min(len(turned), len(left) - size))
            relaxed += len(turned) - spare
            reasons.update(((target, one), ROTATION) for one in _in_turn(target, turned)[:spare])
    return Barred(reasons=reasons, relaxed=relaxed)


def keep_apart(
    barred: Barred,
    people: Collection[DrawInspector],
    teams: Iterable[Team],
    pairs: Collection[frozenset[str]],
    candidates: Iterable[str],
) -> Barred:
    """Add conflicts so that no pair of `pairs` meets where a team of others can be had; `candidates` are target codes.

    For each target a set of people of whom no two were a pair is gathered in an order that the target's code and their
    numbers settle; if it is large enough for the team the others stay away from this target, else all may come.
    """
    held = roster(people, barred.conflicts())
    reasons = dict(barred.reasons)
    former: dict[str, set[str]] = {}
    for pair in pairs:
        for one in pair:
            former.setdefault(one, set()).update(pair - {one})
    eligible = [(team.size, held.eligible(team)) for team in teams]
    for target in candidates if former else ():
        for size, fitting in eligible:
            left, apart = fitting - held.barred_from(target), set[str]()
            if size < 2 or not any(former.get(one, set()) & left for one in left):  # noqa: PLR2004 a pair is two
                continue
            for one in _in_turn(target, left):
                if not former.get(one, set()) & apart:
                    apart.add(one)
            if len(apart) >= size:
                reasons.update(((target, one), PAIR) for one in left - apart)
    return Barred(reasons=reasons, relaxed=barred.relaxed)


def _in_turn(target: str, people: Collection[str]) -> list[str]:
    """People in an order of the target's own, so that not the same ones give way everywhere."""
    return sorted(people, key=lambda one: (sha256(f"{target}/{one}".encode()).digest(), one))


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
