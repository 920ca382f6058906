"""抽查事项清单: departmental lists (S3 附件2) and joint lists as cities publish them (A1, A2, A5, A6).

rows -> read_items() -> Reading of ItemRow | Rejected
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspection.cells import Frequency, ItemClass, Level, Quota, frequency, item_class, levels, names, plain, quotas
from inspection.tables.header import Column
from inspection.tables.reading import Reading, Shape, limited

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemRow:
    """One item of a list. Departments are as written; `lead` is None where only the title names the owner."""

    row: int
    raw: Sequence[str]
    name: str
    domain: str | None = None
    subject: str | None = None  # 检查对象 in words
    lead: str | None = None
    partners: tuple[str, ...] = ()
    level: frozenset[Level] = frozenset()
    item_class: ItemClass | None = None
    basis: str | None = None
    content: str | None = None
    method: str | None = None
    skill: str | None = None  # what its inspectors must know (检查人员要求)
    quota: tuple[Quota, ...] = ()
    frequency: Frequency | None = None
    publication: str | None = None  # 公开方式
    sub_item: str | None = None  # 抽查子项
    code: str | None = None  # 编号, where the office numbers its items itself
    note: str | None = None

    @property
    def identity(self) -> tuple[str | None, ...]:
        """What makes it this row of the list and not another."""
        return (self.domain, self.name, self.subject, self.lead, *([self.sub_item] if self.sub_item else ()))


_LONG = limited(20_000)
COLUMNS = (
    Column(field="domain", title="抽查领域", names=("领域", "抽查类别", "检查领域", "抽查项目"), parse=limited(256)),
    Column(
        field="name",
        title="抽查事项",
        names=("事项名称", "抽查事项名称", "检查事项", "检查事项名称", "检查名称"),
        parse=limited(512),
        required=True,
    ),
    Column(field="subject", title="检查对象", names=("抽查对象", "被抽查对象", "检查对象范围"), parse=limited(512)),
    Column(
        field="lead",
        title="发起部门",
        names=("牵头部门", "牵头单位", "抽查主体", "检查主体", "实施主体", "责任部门", "实施部门"),
        parse=limited(64),
    ),
    Column(
        field="partners",
        title="配合部门",
        names=("参与部门", "联合抽查部门", "联合部门", "协同部门", "配合单位", "参与单位"),
        parse=names,
    ),
    Column(field="level", title="抽查层级", names=("层级", "检查层级", "实施层级", "事项层级"), parse=levels),
    Column(field="item_class", title="事项类别", names=("类别", "事项分类", "事项类型"), parse=item_class),
    Column(field="basis", title="抽查依据", names=("检查依据", "设定依据", "法律依据", "依据"), parse=_LONG),
    Column(field="content", title="抽查内容", names=("检查内容", "内容"), parse=_LONG),
    Column(field="method", title="抽查方式", names=("检查方式", "方式"), parse=limited(128)),
    Column(field="skill", title="检查人员要求", names=("专业要求", "人员要求", "人员专长"), parse=limited(32)),
    Column(field="quota", title="抽查比例", names=("比例",), parse=quotas),
    Column(field="frequency", title="抽查频次", names=("频次", "检查频次"), parse=frequency),
    Column(
        field="publication",
        title="公开方式",
        names=("抽查情况及查处结果公开方式", "结果公开方式", "公示方式"),
        parse=limited(256),
    ),
    Column(field="sub_item", title="抽查子项", names=("子项", "检查子项"), parse=limited(512)),
    Column(field="code", title="编号", names=("事项编号", "事项编码", "事项代码"), parse=limited(64)),
    Column(field="note", title="备注", names=("说明",), parse=limited(2_000)),
)
_OWNER = re.compile(r"(?:填报|报送|制表|编制)(?:单位|部门)(?:\([^)]*\))?[:：]?(.*)")
_SHAPE = Shape(columns=COLUMNS, build=ItemRow, identity=lambda item: item.identity, identity_title="抽查事项")


def read_items(rows: Iterable[Sequence[str]]) -> Reading[ItemRow]:
    """Read an item list lazily; the same item twice is refused.

    Raises InvalidInputError at once where no row is a header.
    """
    return Reading(rows, _SHAPE)


def owner_above(above: Sequence[str]) -> str | None:
    """Find whose list it is in the cells above its header (`填报单位(盖章)：演示市教育局`); None where none says so."""
    for place, cell in enumerate(above):
        found = _OWNER.fullmatch(plain(cell))
        if found:
            named = found[1] or (plain(above[place + 1]) if place + 1 < len(above) else "")
            return named or None
    return None
