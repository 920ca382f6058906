"""统一社会信用代码: the one name by which a target is known everywhere (B4).

cell text -> clean() -> problem() -> None, or the Chinese reason why this code cannot be right

GB 32100-2015: 18 of 31 symbols (no I, O, Z, S, V); 1 authority, 2 class (letters allowed in both), 3-8 region (digits),
9-17 organisation code with its own check character (GB 11714), 18 check character over the first 17.
"""

from __future__ import annotations

import re
import unicodedata
from operator import mul

SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_BODY_CHECKS = "0123456789X0"  # by 11 - sum % 11, which is 1..11; 11 is written 0
_LENGTH = 18

# Tables for bytes.translate: a byte becomes its value, and a code is weighed without a look-up per character.
_VALUES = bytes(SYMBOLS.index(chr(b)) if chr(b) in SYMBOLS else 0 for b in range(256))
_BODY_VALUES = bytes(int(chr(b), 36) if chr(b).isascii() and chr(b).isalnum() else 0 for b in range(256))

_SHAPE = re.compile(rf"[{SYMBOLS}]{{2}}[0-9]{{6}}[{SYMBOLS}]{{10}}", re.ASCII)
_FLOATED = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d+")


def clean(text: str) -> str:
    """Bring a typed code to its one form: half width, upper case, no blanks (older files carry all three)."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def problem(code: str) -> str | None:
    """Tell in Chinese why a cleaned code is wrong, or None if it is right (GB 32100-2015, GB 11714)."""
    if not _SHAPE.fullmatch(code):
        return _wrong_shape(code)
    data = code.encode()
    if check_character(data) != code[17]:
        return "校验码（第18位）不符，可能有一位填错"
    if organisation_check(data[8:16]) != code[16]:
        return "其中的组织机构代码（第9至17位）校验码不符，可能有一位填错"
    return None


def check_character(code: bytes) -> str:
    """Compute place 18 from the first 17 places of `code` (bytes of `SYMBOLS`; what follows them is not looked at)."""
    return SYMBOLS[-sum(map(mul, _WEIGHTS, code.translate(_VALUES))) % 31]


def organisation_check(body: bytes) -> str:
    """Compute the check character of an organisation code from its 8 places (GB 11714): a digit or X."""
    return _BODY_CHECKS[11 - sum(map(mul, _BODY_WEIGHTS, body.translate(_BODY_VALUES))) % 11]


def compose(prefix: str, body: str) -> str:
    """Build a valid code from 8 places of authority, class and region, and 8 of the body (made-up samples)."""
    first = f"{prefix}{body}{organisation_check(body.encode())}"
    return first + check_character(first.encode())


def _wrong_shape(code: str) -> str:
    if _FLOATED.fullmatch(code):
        return "代码被表格软件当成数字，末几位已经丢失；请把这一列设为“文本”后重新填写"
    if len(code) != _LENGTH:
        return f"应为18位，实为{len(code)}位"
    wrong = sorted(set(code) - set(SYMBOLS))
    if wrong:
        return f"含有不允许的字符“{''.join(wrong)}”（不使用 I、O、Z、S、V 及符号）"
    return "第3至8位（登记机关行政区划码）应为数字"
