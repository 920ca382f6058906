"""How evenly a draw spread its places, beside the evenest spread that its recusals allow at all (D7, E5).

team + roster + who was drawn for what -> loads as drawn | moved along augmenting paths until none is left -> Spread

Matching goes by the seed and not by what is best, so under heavy recusal somebody may get more than another would have.
How much more is measured: as in a maximum flow, a place moves along a path from one inspector to another who has at
least two places fewer. Where no such path is left no other matching has a busiest inspector less busy or an idlest one
less idle (Harvey, Ladner, Lovász, Tamir, "Semi-matchings for bipartite graphs and load balancing", 2006).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from inspection.draw.announcement import Team
from inspection.draw.match import Roster

EVEN = 1  # loads that differ by no more are as even as whole places can be


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """One team's loads: `loads` counts people by their places, least and most of the draw and of the best matching."""

    department: str
    loads: Mapping[int, int]
    best_least: int
    best_most: int
    short: int  # places that nobody fits

    @property
    def people(self) -> int:
        """How many could serve in the team."""
        return sum(self.loads.values())

    @property
    def places(self) -> int:
        """How many places were given."""
        return sum(load * people for load, people in self.loads.items())

    @property
    def least(self) -> int:
        """The fewest places that somebody got."""
        return min(self.loads, default=0)

    @property
    def most(self) -> int:
        """The most places that somebody got."""
        return max(self.loads, default=0)

    @property
    def is_best(self) -> bool:
        """Tell whether no other matching is more even."""
        return self.most - self.least <= self.best_most - self.best_least


def spread(team: Team, people: Roster, groups: Mapping[str, Collection[str]]) -> Spread:
    """Measure one team; `groups` are the members it sent, by target."""
    eligible = people.eligible(team)
    members = {target: set(some) for target, some in groups.items()}
    drawn = _loads(eligible, members)
    counted = Counter(drawn.values())
    if max(counted, default=0) - min(counted, default=0) > EVEN:
        _even_out(eligible, people, members)
    best = _loads(eligible, members).values()
    return Spread(
        department=team.department,
        loads=dict(sorted(counted.items())),
        best_least=min(best, default=0),
        best_most=max(best, default=0),
        short=sum(team.size - len(some) for some in members.values()),
    )


def _loads(eligible: Collection[str], members: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Count everybody's places, none included."""
    return dict.fromkeys(eligible, 0) | Counter(one for some in members.values() for one in some)


def _even_out(eligible: frozenset[str], people: Roster, members: dict[str, set[str]]) -> None:
    """Move places from busier to idler people, along paths, until no move makes the loads more even."""
    held: dict[str, set[str]] = {one: set() for one in eligible}
    for target, some in members.items():
        for one in some:
            held[one].add(target)
    moved = True
    while moved:
        moved = False
        for one in sorted(eligible, key=lambda one: (-len(held[one]), one)):
            while path := _path(one, eligible, people, members, held):
                moved = True
                for leaving, target, entering in path:
                    members[target].remove(leaving)
                    members[target].add(entering)
                    held[leaving].remove(target)
                    held[entering].add(target)


def _path(
    start: str,
    eligible: frozenset[str],
    people: Roster,
    members: Mapping[str, set[str]],
    held: Mapping[str, set[str]],
) -> list[tuple[str, str, str]]:
    """Give the moves (leaving, target, entering) that take one place from `start` to whoever has two fewer, or none."""
    came: dict[str, tuple[str, str]] = {}
    unseen, waiting = set(eligible) - {start}, deque([start])
    while waiting:
        one = waiting.popleft()
        for target in sorted(held[one]):
            for other in sorted(unseen - people.barred_from(target) - members[target]):
                unseen.remove(other)
                came[other] = (one, target)
                if len(held[other]) <= len(held[start]) - 2:
                    return _moves(came, start, other)
                waiting.append(other)
    return []


def _moves(came: Mapping[str, tuple[str, str]], start: str, end: str) -> list[tuple[str, str, str]]:
    moves, one = [], end
    while one != start:
        before, target = came[one]
        moves.append((before, target, one))
        one = before
    return moves
