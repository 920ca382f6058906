"""执法检查人员 and the other members of a department (B11-B14, T4; certified against assisting: 国办发〔2024〕54号).

rows -> read_inspectors() -> Reading of InspectorRow | Rejected
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from inspection.actors import Role
from inspection.cells import day, mobile, names, number_text, plain, unreadable
from inspection.errors import InvalidInputError
from inspection.tables.header import Column
from inspection.tables.reading import Reading, Shape, limited

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FOREVER = date(9999, 9, 9)  # how import templates write a certificate without an end (section 2.5)


class InspectorKind(Enum):
    """What somebody may do on site."""

    CERTIFIED = "certified"  # holds an enforcement certificate: counts to the minimum of two, may sign
    ASSISTANT = "assistant"  # 辅助人员: never counts, never signs alone
    EXPERT = "expert"  # 专家/第三方: never counts, never signs alone


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectorRow:
    """One member. `kind` is None for those who only coordinate, approve or liaise and are never drawn."""

    row: int
    raw: Sequence[str]
    staff_no: str
    name: str
    department: str  # as written; inspection.departments finds whose it is
    kind: InspectorKind | None
    post: str | None = None
    mobile: str | None = None
    userid: str | None = None  # WeCom's, lower case
    certificate_no: str | None = None
    certificate_expires: date | None = None
    skills: tuple[str, ...] = ()  # sorted, without blanks: they go into inspectors.tsv as they are
    roles: frozenset[Role] = frozenset()
    liaison: bool = False  # 联络员 (F4)
    active: bool = True  # 状态 失效: never drawn


_KINDS = (
    ("执法", InspectorKind.CERTIFIED), ("辅助", InspectorKind.ASSISTANT), ("协助", InspectorKind.ASSISTANT),
    ("专家", InspectorKind.EXPERT), ("第三方", InspectorKind.EXPERT), ("工作人员", None), ("管理人员", None),
)  # fmt: skip
_ROLES = (
    ("联席", Role.COORDINATOR), ("协调", Role.COORDINATOR), ("审批", Role.APPROVER), ("分管", Role.APPROVER),
    ("检查", Role.INSPECTOR), ("执法", Role.INSPECTOR), ("监督", Role.OBSERVER), ("管理员", Role.ADMIN),
)  # fmt: skip
_LIAISON = "联络"
_STAFF_NO = re.compile(r"[A-Za-z0-9_.-]{1,32}")  # an id of the draw protocol: no TAB, LF or slash
_USERID = re.compile(r"[a-z0-9][a-z0-9_.@-]{0,63}")  # WeCom: 1-64 of these, case does not matter


def _staff_no(words: str) -> str:
    number = number_text(words)
    if not _STAFF_NO.fullmatch(number):
        raise unreadable("工号只能用字母、数字、点、横线，最多32位")
    return number


def _userid(words: str) -> str:
    userid = number_text(words).lower()
    if not _USERID.fullmatch(userid):
        raise unreadable("企业微信账号只能用字母、数字和 _-@. ，最多64位")
    return userid


def _kind(words: str) -> InspectorKind | None:
    for word, kind in _KINDS:
        if word in words:
            return kind
    raise unreadable(f"看不懂人员类别“{words[:20]}”；请写成 执法人员、辅助人员、专家 或 工作人员")


def _roles(words: str) -> tuple[frozenset[Role], bool]:
    roles: set[Role] = set()
    for part in names(words):
        found = next((role for word, role in _ROLES if word in part), None)
        if found is None and _LIAISON not in part:
            raise unreadable(f"看不懂角色“{part[:20]}”；请写成 检查人员、审批人、协调员、监督员、联络员 或 管理员")
        if found:
            roles.add(found)
    return frozenset(roles), _LIAISON in words


def _expires(words: str) -> date:
    return FOREVER if "长期" in words or "永久" in words else day(words)


def _skills(words: str) -> tuple[str, ...]:
    return tuple(sorted(set(names(words)), key=str.encode))


def _yes(words: str) -> bool:
    return plain(words).upper() in {"是", "Y", "YES", "TRUE", "1", "√"}


def _active(words: str) -> bool:
    return not any(word in words for word in ("失效", "停用", "离职", "离岗", "无效"))


COLUMNS = (
    Column(field="staff_no", title="工号", names=("单位工号", "人员编号", "员工编号"), parse=_staff_no),
    Column(
        field="name", title="姓名", names=("执法人员姓名", "检查人员姓名", "人员姓名"), parse=limited(64), required=True
    ),
    Column(
        field="department",
        title="部门",
        names=("所属部门", "部门/机构", "执法机关", "所属单位", "工作单位", "单位", "单位名称"),
        parse=limited(64),
        required=True,
    ),
    Column(field="kind", title="人员类别", names=("人员类型", "人员性质"), parse=_kind),
    Column(field="post", title="职务", names=("担任职务", "岗位", "部门岗位", "岗位大类"), parse=limited(64)),
    Column(
        field="mobile", title="手机号", names=("手机号码", "联系电话", "联系方式", "电话"), parse=mobile, personal=True
    ),
    Column(field="userid", title="企业微信账号", names=("账号", "企业微信号", "企业微信userid"), parse=_userid),
    Column(
        field="certificate_no",
        title="执法证号",
        names=("执法证件号", "执法证编号", "执法证件编号", "行政执法证号", "省政府执法证", "工商执法证", "证件编号"),
        parse=number_text,
        personal=True,
    ),
    Column(
        field="certificate_expires",
        title="执法证有效期至",
        names=("执法证有效期", "证件有效期", "有效期至", "有效期", "有效期限"),
        parse=_expires,
        is_day=True,
    ),
    Column(
        field="skills",
        title="业务专长",
        names=("专长", "专业", "执法专长", "执法事项范围", "岗位资质资格", "专业资质"),
        parse=_skills,
    ),
    Column(field="expert", title="是否专家", parse=_yes),
    Column(field="roles", title="角色", names=("系统角色", "权限", "平台角色"), parse=_roles),
    Column(field="active", title="状态", names=("在岗状态", "人员状态"), parse=_active),
)


def _build(*, row: int, raw: Sequence[str], **values: Any) -> InspectorRow:
    """Fill in what follows from other cells: kind, staff number, roles; a certified inspector needs his certificate."""
    roles, liaison = values.pop("roles", (frozenset(), False))
    expert = values.pop("expert", False)
    kind = values.pop("kind", _kind_by(expert=expert, certified="certificate_no" in values, only_staff=bool(roles)))
    if kind is InspectorKind.CERTIFIED and not (values.get("certificate_no") and values.get("certificate_expires")):
        what = "执法证有效期至" if values.get("certificate_no") else "执法证号"
        raise InvalidInputError(what=what, why="执法人员须有执法证号和有效期；没有的请写为 辅助人员")
    staff_no = values.pop("staff_no", None) or values.get("userid") or values.get("certificate_no")
    if not staff_no or not _STAFF_NO.fullmatch(staff_no):
        raise InvalidInputError(what="工号", why="必填（没有工号时用企业微信账号或字母数字的执法证号代替）")
    found = roles | {Role.INSPECTOR} if kind else roles
    return InspectorRow(row=row, raw=raw, staff_no=staff_no, kind=kind, roles=found, liaison=liaison, **values)


def _kind_by(*, expert: bool, certified: bool, only_staff: bool) -> InspectorKind | None:
    if expert:
        return InspectorKind.EXPERT
    if certified:
        return InspectorKind.CERTIFIED
    return None if only_staff else InspectorKind.ASSISTANT


_SHAPE = Shape(columns=COLUMNS, build=_build, identity=lambda one: one.staff_no, identity_title="工号")


def read_inspectors(rows: Iterable[Sequence[str]]) -> Reading[InspectorRow]:
    """Read a table of members lazily; a number given twice is refused.

    Raises InvalidInputError at once where no row is a header.
    """
    return Reading(rows, _SHAPE)
