"""Inspectors for the drawn targets (D7, D8), around every recusal (E5), with loads as even as the conflicts allow.

team by team: eligible inspectors -> targets, fewest fitting first -> heap on (load, turn) -> members, or short

`turn` is fixed by the seed, so nobody chooses; load comes before turn, so nobody is favoured.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from inspection.draw.announcement import Team
from inspection.draw.pools import ANY_TARGET, Conflict, DrawInspector

Place = tuple[int, bytes, str]  # load, turn, inspector: the least is next; equal turns (they do not happen) by id
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamDrawn:
    """One department's part of a group: `members` in the order chosen; `short` places that nobody fits."""

    department: str
    members: tuple[str, ...]
    short: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The inspectors of one target; the leader is the first of the lead department's team, or None (D8)."""

    target: str
    leader: str | None
    teams: tuple[TeamDrawn, ...]

    def members(self) -> tuple[str, ...]:
        """Give all members, team by team."""
        return tuple(member for team in self.teams for member in team.members)


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """Inspectors, and by target (or `*`) those who may not inspect it."""

    inspectors: tuple[DrawInspector, ...]
    barred: Mapping[str, frozenset[str]]

    def eligible(self, team: Team) -> frozenset[str]:
        """Give who may serve in the team at all: its department, every skill it asks for, not barred altogether."""
        wanted, out = set(team.skills), self.barred.get(ANY_TARGET, NOBODY)
        return frozenset(
            one.id
            for one in self.inspectors
            if one.department == team.department and wanted.issubset(one.skills) and one.id not in out
        )

    def barred_from(self, target: str) -> frozenset[str]:
        """Give who may not inspect this target."""
        return self.barred.get(target, NOBODY)


def roster(inspectors: Iterable[DrawInspector], conflicts: Iterable[Conflict]) -> Roster:
    """Index the frozen lists for matching."""
    barred: dict[str, set[str]] = {}
    for conflict in conflicts:
        barred.setdefault(conflict.target, set()).add(conflict.inspector)
    return Roster(inspectors=tuple(inspectors), barred={target: frozenset(who) for target, who in barred.items()})


def turn(seed: str, inspector: str, number: int) -> bytes:
    """Give the inspector's number for his `number`-th place (from 1), as the digest's bytes."""
    return sha256(f"{seed}/inspector/{inspector}/{number}".encode()).digest()


def match(seed: str, teams: Sequence[Team], people: Roster, targets: Sequence[str]) -> tuple[Group, ...]:
    """Give each of `targets` (in draw order) its group, in the same order; a place that nobody fits stays short."""
    loads: Counter[str] = Counter()
    filled = [(team, _fill(seed, team, people, targets, loads)) for team in teams]
    groups = []
    for target in targets:
        parts = tuple(
            TeamDrawn(department=team.department, members=members[target], short=team.size - len(members[target]))
            for team, members in filled
        )
        lead = parts[0].members if parts else ()
        groups.append(Group(target=target, leader=lead[0] if lead else None, teams=parts))
    return tuple(groups)


def loads_of(groups: Iterable[Group], replacements: Iterable[str] = ()) -> Counter[str]:
    """Count the places given so far: those of the draw and those of the recorded replacements after it."""
    return Counter(member for group in groups for member in group.members()) + Counter(replacements)


def next_replacement(
    seed: str,
    team: Team,
    people: Roster,
    target: str,
    group: Collection[str],
    loads: Mapping[str, int],
) -> str | None:
    """Give the inspector who replaces a member (递补, E4): fitting, not in the group, least (load, turn); or None.

    `group` holds everybody who is or was in the target's group, of whatever team; `loads` is `loads_of` at that time.
    """
    fitting = people.eligible(team) - people.barred_from(target) - set(group)
    places = [_place(seed, one, loads) for one in fitting]
    return min(places)[2] if places else None


def _fill(
    seed: str,
    team: Team,
    people: Roster,
    targets: Sequence[str],
    loads: Counter[str],
) -> dict[str, tuple[str, ...]]:
    """Give one team's members by target, and raise `loads` by the places given."""
    eligible = people.eligible(team)
    heap = [_place(seed, one, loads) for one in eligible]
    heapq.heapify(heap)
    members = {}
    for target in sorted(targets, key=lambda target: len(eligible) - len(eligible & people.barred_from(target))):
        chosen, passed = _take(heap, team.size, people.barred_from(target))
        loads.update(chosen)
        members[target] = chosen
        for place in passed + [_place(seed, one, loads) for one in chosen]:
            heapq.heappush(heap, place)
    return members


def _take(heap: list[Place], size: int, barred: frozenset[str]) -> tuple[tuple[str, ...], list[Place]]:
    """Pop until `size` fitting inspectors are found; give them, and the barred ones that were passed over."""
    chosen: list[str] = []
    passed: list[Place] = []
    while heap and len(chosen) < size:
        place = heapq.heappop(heap)
        if place[2] in barred:
            passed.append(place)
        else:
            chosen.append(place[2])
    return tuple(chosen), passed


def _place(seed: str, inspector: str, loads: Mapping[str, int]) -> Place:
    load = loads.get(inspector, 0)
    return load, turn(seed, inspector, load + 1), inspector
