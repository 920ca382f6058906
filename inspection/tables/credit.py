"""信用风险分类 in bulk: a code and its class, A to D (N1, N3; 国市监信发〔2022〕6号).

rows -> read_credit() -> Reading of CreditRow | Rejected
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspection.tables.categories import number
from inspection.tables.header import Column
from inspection.tables.reading import Reading, Shape
from inspection.tables.targets import COLUMNS as TARGET_COLUMNS
from inspection.tables.targets import credit_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CODE_NAMES = next(column.names for column in TARGET_COLUMNS if column.field == "credit_code")
_CLASS_NAMES = next(column.names for column in TARGET_COLUMNS if column.field == "credit_class")


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditRow:
    """The class of one target."""

    row: int
    raw: Sequence[str]
    code: str
    credit_class: str


COLUMNS = (
    Column(field="code", title="统一社会信用代码", names=(*_CODE_NAMES, "注册号"), parse=number, required=True),
    Column(
        field="credit_class",
        title="信用风险分类",
        names=(*_CLASS_NAMES, "分类结果", "等级", "分类"),
        parse=credit_class,
        required=True,
    ),
)
SHAPE = Shape(columns=COLUMNS, build=CreditRow, identity=lambda one: one.code, identity_title="统一社会信用代码")


def read_credit(rows: Iterable[Sequence[str]]) -> Reading[CreditRow]:
    """Read a table of credit classes lazily; a code given twice is refused.

    Raises InvalidInputError at once where no row is a header.
    """
    return Reading(rows, SHAPE)
