"""Tables of the office, rows in, values or rejections out, pure (A2, B3, B12, C1, C2).

rows -> read_targets, read_credit, read_inspectors, read_items, read_plan -> Reading: header at once, row | Rejected
"""

from inspection.tables import credit, inspectors, items, plan, targets
from inspection.tables.credit import CreditRow, read_credit
from inspection.tables.header import Column, Header
from inspection.tables.inspectors import InspectorKind, InspectorRow, read_inspectors
from inspection.tables.items import ItemRow, owner_above, read_items
from inspection.tables.plan import PlanRow, read_plan
from inspection.tables.reading import Reading, Rejected
from inspection.tables.targets import TargetRow, read_targets

_TABLES = {"targets": targets, "credit": credit, "inspectors": inspectors, "items": items, "plan": plan}


def columns_of(kind: str) -> tuple[Column, ...] | None:
    """The columns that a table of this kind may have, in the order of its template; None for no kind."""
    table = _TABLES.get(kind)
    return None if table is None else table.COLUMNS


__all__ = [
    "Column",
    "CreditRow",
    "Header",
    "InspectorKind",
    "InspectorRow",
    "ItemRow",
    "PlanRow",
    "Reading",
    "Rejected",
    "TargetRow",
    "columns_of",
    "owner_above",
    "read_credit",
    "read_inspectors",
    "read_items",
    "read_plan",
    "read_targets",
]
