"""检查对象: enterprises and all other kinds of targets as registers export them (B2-B6).

rows -> read_targets() -> Reading of TargetRow | Rejected     (one by one; `bulk` reads the same rows by the thousand)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspection.cells import day, mobile, names, plain, unreadable
from inspection.errors import InvalidInputError
from inspection.tables.categories import (
    BY_PREFIX,
    CATEGORIES,
    EXTRA_FIELDS,
    category,
    identifier_kind,
    made_code,
    number,
    old_number,
)
from inspection.tables.header import Column
from inspection.tables.places import region_code, region_of, trade_code
from inspection.tables.reading import Reading, Shape, limited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

# The stored word -> how we write it, what a cell may contain; the later ones win: "吊销，未注销" is revoked.
STATUSES = {
    "open": ("在业", ("存续", "在业", "在营", "开业", "正常", "登记成立", "有效")),
    "suspended": ("停业", ("停业", "歇业", "关闭", "清算")),
    "deregistered": ("注销", ("注销",)),
    "revoked": ("吊销", ("吊销", "撤销")),
    "moved": ("迁出", ("迁出",)),
}
STATUS_WORDS = {status: word for status, (word, _) in STATUSES.items()}
_CLASSES = ("A", "B", "C", "D")
MOST_IN_LABELS = 200
MAX_NAME, MAX_ADDRESS, MAX_SCOPE = 256, 512, 100_000
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetRow:
    """One target. `code` is its name in draws; `status` is a key of STATUSES, `category` one of CATEGORIES."""

    row: int
    raw: Sequence[str]
    code: str
    category: str
    name: str
    kind: str | None = None  # 企业类型 as the register writes it
    registered_on: date | None = None
    business_scope: str | None = None
    region: str | None = None
    region_code: str | None = None
    address: str | None = None
    status: str | None = None
    credit_class: str | None = None
    trade: str | None = None
    labels: tuple[str, ...] = ()
    person: str | None = None  # 法定代表人/负责人: personal data
    phone: str | None = None  # personal data
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def credit_code(self) -> str:
        """The code, whatever kind of number it is."""
        return self.code

    @property
    def identifier_kind(self) -> str:
        """Which number the code is."""
        return identifier_kind(self.code)


def status(words: str) -> str:
    """Read a status. Raises InvalidInputError."""
    found = next((key for key in reversed(STATUSES) if any(one in words for one in STATUSES[key][1])), None)
    if found is None:
        raise unreadable(f"看不懂登记状态“{words[:20]}”；请写成 存续、停业、注销、吊销、撤销 或 迁出")
    return found


def credit_class(words: str) -> str:
    """Read a credit class A to D. Raises InvalidInputError."""
    letter = plain(words).upper()[:1]
    if letter not in _CLASSES:
        raise unreadable("信用风险分类应为 A、B、C 或 D")
    return letter


def clean_text(limit: int) -> Callable[[str], str]:
    """Make a parser for words of up to `limit` characters, none of them a control character."""
    within = limited(limit)

    def parse(words: str) -> str:
        if _UNPRINTABLE.search(words):
            raise unreadable("含有不可见的控制字符")
        return within(words)

    return parse


def _phone(words: str) -> str:
    digits = plain(words)
    return mobile(digits) if len(digits) == len("13800000001") and digits.startswith("1") else limited(64)(digits)


def _labels(words: str) -> tuple[str, ...]:
    found = tuple(sorted(map(clean_text(32), names(words))))
    if sum(map(len, found)) > MOST_IN_LABELS:  # they stand in an index, and there is no more room in one
        raise unreadable(f"监管标签合计不能超过 {MOST_IN_LABELS} 个字")
    return found


def _until(words: str) -> str:
    return "9999-09-09" if "长期" in words or "永久" in words else day(words).isoformat()


_CODE_NAMES = (
    "社会信用代码", "信用代码", "统一代码", "统一信用代码", "统一社会信用代码/注册号", "信用代码/注册号",
    "企业信用代码", "统一社会信用代码(注册号)",
)  # fmt: skip
_NAME_NAMES = (
    "检查对象名称", "市场主体名称", "主体名称", "单位名称", "机构名称", "经营主体名称", "对象名称", "产品名称",
    "项目名称", "名称", "检查对象",
)  # fmt: skip
COLUMNS = (
    Column(field="credit_code", title="统一社会信用代码", names=_CODE_NAMES, parse=number),
    Column(field="registration_no", title="注册号", names=("工商注册号", "营业执照注册号"), parse=old_number),
    Column(field="name", title="企业名称", names=_NAME_NAMES, parse=clean_text(MAX_NAME), required=True),
    Column(
        field="category",
        title="检查对象类别",
        names=("对象类别", "对象类型", "主体类别"),
        parse=category,
    ),
    Column(
        field="kind",
        title="企业类型",
        names=("企业(机构)类型", "主体类型", "市场主体类型", "经营主体类型", "单位类型", "类型", "登记类型"),
        parse=clean_text(128),
    ),
    Column(
        field="registered_on",
        title="注册日期",
        names=("成立日期", "登记日期", "设立日期", "注册时间"),
        parse=day,
        is_day=True,
    ),
    Column(field="business_scope", title="经营范围", names=("业务范围", "许可经营范围"), parse=clean_text(MAX_SCOPE)),
    Column(
        field="region",
        title="地区",
        names=("所在地区", "区域", "所属区域", "行政区划", "所属区县", "所在区县", "区县", "县区"),
        parse=clean_text(64),
    ),
    Column(
        field="region_code", title="行政区划代码", names=("区划代码", "地区代码", "行政区划编码"), parse=region_code
    ),
    Column(
        field="address",
        title="注册地址",
        names=("住所", "住所(经营场所)", "经营场所", "地址", "登记地址", "企业地址", "生产经营地址", "经营地址"),
        parse=clean_text(MAX_ADDRESS),
    ),
    Column(field="status", title="登记状态", names=("经营状态", "企业状态", "存续状态", "状态"), parse=status),
    Column(
        field="credit_class",
        title="信用风险分类",
        names=("信用风险等级", "信用风险类别", "信用风险分类等级", "风险等级", "信用等级"),
        parse=credit_class,
    ),
    Column(
        field="trade",
        title="行业代码",
        names=("国民经济行业代码", "行业", "行业分类", "所属行业", "行业门类", "国民经济行业分类"),
        parse=trade_code,
    ),
    Column(field="labels", title="监管标签", names=("标签", "对象标签"), parse=_labels),
    Column(
        field="person",
        title="法定代表人",
        names=("负责人", "法定代表人(负责人)", "法定代表人/负责人", "经营者", "法人代表"),
        parse=clean_text(64),
        personal=True,
    ),
    Column(
        field="phone", title="联系电话", names=("联系方式", "电话", "手机号", "手机号码"), parse=_phone, personal=True
    ),
    *(
        Column(
            field=key,
            title=titles[0],
            names=titles[1:],
            parse=_until if key.endswith("_expires") else clean_text(256),
            is_day=key.endswith("_expires"),
        )
        for key, titles in EXTRA_FIELDS.items()
    ),
)


def _build(*, row: int, raw: Sequence[str], **values: Any) -> TargetRow:
    """Settle what follows from other cells: the code, the kind, the region; which further fields the kind may have."""
    given = values.pop("credit_code", None)
    older = values.pop("registration_no", None)
    code = given or older
    kind = values.pop("category", None) or default_category(code or "")
    extra = {key: values.pop(key) for key in EXTRA_FIELDS if key in values}
    wrong = next((key for key in extra if key not in CATEGORIES[kind].extra), None)
    if wrong:
        title = EXTRA_FIELDS[wrong][0]
        raise InvalidInputError(what=title, why=f"“{title}”不适用于{CATEGORIES[kind].word}，请留空或更正类别")
    if code is None:
        code = _made(kind, values["name"], extra)
    values.setdefault("region_code", region_of(code) or None)
    return TargetRow(row=row, raw=raw, code=code, category=kind, extra=extra, **values)


def default_category(code: str) -> str:
    """Tell a target's kind by who registered it, where the file does not say."""
    return BY_PREFIX.get(code[:2], "enterprise") if len(code) == len("91370000MA00000000") else "enterprise"


def _made(kind: str, name: str, extra: dict[str, str]) -> str:
    """Name what has no number by its kind, its words and what tells it from others of that name."""
    if CATEGORIES[kind].numbered:
        raise InvalidInputError(what="统一社会信用代码", why="必填，不能为空")
    telling = ("maker", "model", "batch", "owner", "project_no", "actor", "place")
    return made_code(kind, name, *(extra.get(key, "") for key in telling))


SHAPE = Shape(
    columns=COLUMNS,
    build=_build,
    identity=lambda target: target.code,
    identity_title="统一社会信用代码",
    one_of=("credit_code", "registration_no", "category"),
)


def read_targets(rows: Iterable[Sequence[str]]) -> Reading[TargetRow]:
    """Read a table of targets lazily; a code given twice is refused.

    Raises InvalidInputError at once where no row is a header.
    """
    return Reading(rows, SHAPE)
