"""The ledger of visits by target and year (R1): our own and those that others wrote down; exempt ones do not count.

visits of tasks without exemption + entries without exemption -> own (this level), together (all levels)
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Integer, Subquery, case, func, literal, select, union_all

from models.libraries import LedgerEntry, TaskExemption
from models.tasks import Task, Visit

SAME = "same"


def year_of(year: int) -> ColumnElement[bool]:
    """The tasks of a year, by their first day."""
    return Task.starts_on.between(date(year, 1, 1), date(year, 12, 31))


def counted(year: int) -> Subquery:
    """Per target: `own` and `together`, the visits of the year that count."""
    exempt = select(TaskExemption.task_id)
    visits = (
        select(Visit.target_id.label("target_id"), literal(1, Integer).label("own"))
        .join(Task, Task.id == Visit.task_id)
        .where(year_of(year), Task.id.not_in(exempt))
    )
    entries = select(LedgerEntry.target_id, case((LedgerEntry.level == SAME, 1), else_=0)).where(
        LedgerEntry.year == year, LedgerEntry.exempt == ""
    )
    every = union_all(visits, entries).subquery()
    return (
        select(every.c.target_id, func.sum(every.c.own).label("own"), func.count().label("together"))
        .group_by(every.c.target_id)
        .subquery()
    )
