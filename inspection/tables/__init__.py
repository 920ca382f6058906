"""Tables of the office, rows in, values or rejections out, pure (A2, B3, B12, C1, C2).

kind + rows -> read_table -> Reading: header at once, row | Rejected     (read_targets, read_plan ...: of one kind)
"""

from inspection.tables.credit import CreditRow, read_credit
from inspection.tables.header import Column, Header
from inspection.tables.inspectors import InspectorKind, InspectorRow, read_inspectors
from inspection.tables.items import ItemRow, owner_above, read_items
from inspection.tables.kinds import KINDS, columns_of, read_table
from inspection.tables.plan import PlanRow, read_plan
from inspection.tables.reading import Reading, Rejected
from inspection.tables.targets import TargetRow, read_targets

__all__ = [
    "KINDS",
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
    "read_table",
    "read_targets",
]
