"""The kinds of tables that an office imports, and a table that was sent as another kind than it is (A4, B5, C1).

kind + rows -> read_table() -> Reading     (a header that fits another kind better: one sentence, before any row)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from inspection.errors import InvalidInputError
from inspection.tables import credit, inspectors, items, plan, targets
from inspection.tables.header import LOOK_AT, Column, fit
from inspection.tables.reading import Reading

# What only a register of targets says. A list of credit classes names its enterprises too, and may say this and that
# of them: it is taken for a register when it says as much of this as nobody needs beside a class.
_OF_A_REGISTER = frozenset({"kind", "registered_on", "business_scope", "address", "status", "trade"})
_TOO_MUCH = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of table: its word, its columns, how its rows are read."""

    word: str
    columns: tuple[Column, ...]
    read: Callable[[Iterable[Sequence[str]]], Reading[Any]]
    one_of: tuple[str, ...] = ()

    def fits(self, rows: Sequence[Sequence[str]]) -> int:
        """How many columns of these rows' header this kind would read; 0 where no row is its header."""
        return len(fit(rows, self.columns, self.one_of))


KINDS = {
    "targets": Kind(word="检查对象", columns=targets.COLUMNS, read=targets.read_targets, one_of=targets.SHAPE.one_of),
    "credit": Kind(word="信用风险分类", columns=credit.COLUMNS, read=credit.read_credit),
    "inspectors": Kind(word="执法人员", columns=inspectors.COLUMNS, read=inspectors.read_inspectors),
    "items": Kind(word="抽查事项清单", columns=items.COLUMNS, read=items.read_items),
    "plan": Kind(word="年度计划", columns=plan.COLUMNS, read=plan.read_plan),
}


def columns_of(kind: str) -> tuple[Column, ...] | None:
    """The columns that a table of this kind may have, in the order of its template; None for no kind."""
    found = KINDS.get(kind)
    return None if found is None else found.columns


def read_table(kind: str, rows: Iterable[Sequence[str]]) -> Reading[Any]:
    """Read a table of this kind lazily.

    Raises InvalidInputError at once where no row is a header, or where the header is clearly another kind's: such a
    table would go in half read, as something that it is not.
    """
    rows = iter(rows)
    first = list(islice(rows, LOOK_AT))
    other = _other_kind(kind, first)
    if other is not None:
        mine, right = KINDS[kind].word, KINDS[other].word
        why = f"表头像是“{right}”，不是“{mine}”；请选择“{right}”重新导入"
        raise InvalidInputError(what="种类", why=why)
    return KINDS[kind].read(chain(first, rows))


def _other_kind(kind: str, rows: Sequence[Sequence[str]]) -> str | None:
    """The kind that these rows' header fits better, if any; where two fit alike, the word of who sent it counts."""
    fits = {name: one.fits(rows) for name, one in KINDS.items()}
    if kind == "credit" and fits["credit"]:
        said = fit(rows, targets.COLUMNS, targets.SHAPE.one_of)
        fits["targets"] = len(said) if len(said & _OF_A_REGISTER) >= _TOO_MUCH else 0
    best = max(fits, key=lambda name: fits[name])
    return best if fits[best] > fits[kind] else None
