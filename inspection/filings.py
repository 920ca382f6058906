"""Filings that notices ask for once, by a day of the year (S5, S6): a starting point for the office's own entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class UsualFiling:
    """What a notice asked to be filed, by which day of a year, and where that stands."""

    title: str
    recipient: str
    source: str
    month: int
    day: int

    def next_day(self, today: date) -> date:
        """The next such day, today included."""
        this_year = date(today.year, self.month, self.day)
        return this_year if this_year >= today else date(today.year + 1, self.month, self.day)


_LINYI = "临政办字〔2017〕41号三（一）、四（二）"
_ZHENGZHOU = "郑州经开区部门联合“双随机、一公开”监管实施方案（2020）"

USUAL: tuple[UsualFiling, ...] = (
    UsualFiling(title="部门联络表报送", recipient="市场监管部门", source=_LINYI, month=4, day=20),
    UsualFiling(title="事项清单、两库和实施细则盖章备案", recipient="市场监管部门", source=_LINYI, month=4, day=25),
    UsualFiling(title="清单公布证明和电子版备案", recipient="市场监管部门", source=_LINYI, month=5, day=31),
    UsualFiling(title="工作措施报上级部门", recipient="上级主管部门", source=_ZHENGZHOU, month=3, day=31),
    UsualFiling(title="事项清单和两库建立完成情况报送", recipient="联席会议办公室", source=_ZHENGZHOU, month=5, day=31),
    UsualFiling(title="监管平台归并完成情况报送", recipient="联席会议办公室", source=_ZHENGZHOU, month=6, day=30),
)
