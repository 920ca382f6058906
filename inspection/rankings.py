"""The weekly bulletin's figures: due, done in time, done late, overdue; rates and the ranking (S2 art. 25, K1-K3).

Tally per department -> rate, rank: first by what was done in time, then by what is overdue; equals share a rank
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """A department's deadlines of a period, by how they stood at its end."""

    department: str
    due: int  # whose day lay in the period
    in_time: int  # of them: done on or before the day
    late: int  # of them: done after the day (K2: not done in time is not done)
    overdue: int  # open past their day at the end of the period, of this and earlier periods

    @property
    def open(self) -> int:
        """Of those due: not done at the end."""
        return self.due - self.in_time - self.late

    @property
    def rate(self) -> Fraction | None:
        """Done in time of those due; None where nothing was due."""
        return Fraction(self.in_time, self.due) if self.due else None

    @property
    def done_rate(self) -> Fraction | None:
        """Done at all of those due; None where nothing was due."""
        return Fraction(self.in_time + self.late, self.due) if self.due else None


def ranked(tallies: Sequence[Tally]) -> list[tuple[int | None, Tally]]:
    """Give every department its rank (1 is best), best first; one to which nothing fell due and nothing is overdue has
    none and comes last.
    """  # noqa: D205 one sentence
    judged = sorted((one for one in tallies if one.due or one.overdue), key=_order)
    found: list[tuple[int | None, Tally]] = []
    for position, one in enumerate(judged):
        equal = position > 0 and _order(one)[:2] == _order(judged[position - 1])[:2]
        found.append((found[-1][0] if equal else position + 1, one))
    return found + [(None, one) for one in tallies if not one.due and not one.overdue]


def _order(one: Tally) -> tuple[Fraction, int, str]:
    # Who had nothing due but drags old debts is behind everybody who did what was due.
    return (-(one.rate if one.rate is not None else Fraction(0)), one.overdue, one.department)
