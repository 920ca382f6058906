"""What a target can be (B2), by which number it is known, and which further fields each kind has (as data).

cell text -> category() -> "enterprise" ...      numbers -> identify() -> (code, kind of identifier)
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from inspection import credit_code
from inspection.cells import number_text, plain, unreadable


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """A kind of target: its word, other words for it, whether it must have a number, its own fields (key -> title)."""

    word: str
    names: tuple[str, ...] = ()
    numbered: bool = False
    extra: tuple[str, ...] = ()


# Every field that only some kinds have: key -> its title and other titles offices use.
EXTRA_FIELDS = {
    "capital": ("注册资本", "注册资金", "开办资金", "出资总额"),
    "authority": ("登记机关", "许可发证机关", "发证机关"),
    "licence_name": ("许可证名称", "许可证件名称"),
    "licence_no": ("许可证编号", "许可证号", "许可证件号"),
    "licence_expires": ("许可证有效期至", "许可有效期至", "有效期至"),
    "organizer": ("举办单位", "业务主管单位", "主管单位"),
    "maker": ("生产单位", "生产企业", "制造单位"),
    "model": ("规格型号", "型号", "规格"),
    "batch": ("批号", "生产批号", "生产日期/批号"),
    "owner": ("建设单位", "项目单位", "责任单位"),
    "project_no": ("项目编号", "项目代码", "施工许可证号"),
    "actor": ("行为主体", "实施单位", "行为人单位"),
    "place": ("发生地点", "实施地点", "项目地点"),
}
_LICENCE = ("licence_name", "licence_no", "licence_expires", "authority")
CATEGORIES = {
    "enterprise": Category(word="企业", names=("公司", "企业法人", "市场主体", "经营主体", "个人独资", "合伙"),
                           numbered=True, extra=("capital", *_LICENCE)),
    "sole_trader": Category(word="个体工商户", names=("个体",), numbered=True, extra=("capital", *_LICENCE)),
    "cooperative": Category(word="农民专业合作社", names=("合作社",), numbered=True, extra=("capital", *_LICENCE)),
    "institution": Category(word="事业单位", extra=("capital", "organizer", *_LICENCE)),
    "association": Category(word="社会团体", names=("社团", "协会"), extra=("capital", "organizer", *_LICENCE)),
    "nonprofit": Category(word="民办非企业单位", names=("民办非企业", "社会服务机构"),
                          extra=("capital", "organizer", *_LICENCE)),
    "product": Category(word="产品", names=("商品",), extra=("maker", "model", "batch", *_LICENCE)),
    "project": Category(word="项目", names=("工程",), extra=("owner", "project_no", "place", *_LICENCE)),
    "behaviour": Category(word="行为", names=("活动",), extra=("actor", "place", *_LICENCE)),
}  # fmt: skip
# GB 32100: places 1 and 2 say who registered what; everybody else is an enterprise until a file says otherwise.
BY_PREFIX = {
    "91": "enterprise", "92": "sole_trader", "93": "cooperative", "12": "institution", "11": "institution",
    "51": "association", "52": "nonprofit",
}  # fmt: skip
CODE, OLD, NONE = "credit_code", "registration", "made"  # kinds of identifier
_OLD_NUMBER = re.compile(r"\d{13}|\d{15}", re.ASCII)
_CHECKED = 15


def category(words: str) -> str:
    """Read a kind of target; the longest known word decides. Raises InvalidInputError."""
    cell = plain(words)
    found = [
        (len(word), key) for key, one in CATEGORIES.items() for word in (one.word, *one.names, key) if word in cell
    ]
    # "民办非企业单位" holds "企业" and is none: the longest word wins.
    if not found:
        raise unreadable(
            f"看不懂检查对象类别“{words[:20]}”；请写成 {'、'.join(one.word for one in CATEGORIES.values())}"
        )
    return max(found)[1]


def number(words: str) -> str:
    """Read a credit code or an older registration number (15 digits with a check digit, or 13).

    Raises InvalidInputError with the reason.
    """
    cleaned = credit_code.clean(words)
    if not _OLD_NUMBER.fullmatch(cleaned):
        why = credit_code.problem(cleaned)
        if why:
            raise unreadable(why)
        return cleaned
    return old_number(cleaned)


def old_number(words: str) -> str:
    """Read a 注册号: 15 digits whose last is the check (GS 15-2006: ISO 7064 MOD 11,10), or 13 without one.

    Raises InvalidInputError with the reason.
    """
    digits = number_text(words)
    if not _OLD_NUMBER.fullmatch(digits):
        raise unreadable("注册号应为15位或13位数字")
    if len(digits) == _CHECKED and check_digit(digits[:-1]) != digits[-1]:
        raise unreadable("注册号的校验码（第15位）不符，可能有一位填错")
    return digits


def check_digit(first: str) -> str:
    """Compute the check digit over the first 14 digits (ISO 7064 MOD 11,10)."""
    product = 10
    for digit in first:
        product = (product + int(digit)) % 10 or 10
        product = product * 2 % 11
    return str((11 - product) % 10)


def made_code(*parts: str) -> str:
    """Make the name in draws of what has no number: stable for the same words, 18 characters, no credit code."""
    words = "\x1f".join(plain(part) for part in parts)
    return f"X-{hashlib.sha256(words.encode()).hexdigest()[:16]}"


def identifier_kind(code: str) -> str:
    """Tell which number a stored code is."""
    if code.startswith("X-"):
        return NONE
    return CODE if len(code) == len("91370000MA00000000") else OLD
