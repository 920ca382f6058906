"""What law keeps from the public: bases for exceptions, and personal data found by rule (H7, M2).

body -> shown -> the same body with personal data masked by rule, and fields and words masked by hand
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

MASKED = "（依法不予公开）"
MAX_WORDS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Basis:
    """A legal basis for an exception; `whole`: the result may be kept back altogether."""

    text: str
    source: str
    whole: bool


BASES: Mapping[str, Basis] = {
    "state-secret": Basis(text="国家秘密", source="《政府信息公开条例》第十四条", whole=True),
    "security": Basis(
        text="公开后可能危及国家安全、公共安全、经济安全、社会稳定", source="《政府信息公开条例》第十四条", whole=True
    ),
    "trade-secret": Basis(text="商业秘密", source="《政府信息公开条例》第十五条", whole=False),
    "privacy": Basis(text="个人隐私", source="《政府信息公开条例》第十五条", whole=False),
    "law": Basis(text="法律、行政法规禁止公开的其他情形", source="《政府信息公开条例》第十四条", whole=True),
}
FIELDS: Mapping[str, str] = {
    "target_name": "检查对象名称",
    "target_code": "统一社会信用代码",
    "items": "抽查事项",
    "inspected_on": "检查完成日期",
    "measure_text": "后续处置",
}
_READ = ("task_name", "plan_name", "target_name", "items", "result_text", "measure_text", "entrusted")
_ID = re.compile(
    r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{2}[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
)
_MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
_MAIL = re.compile(r"[0-9A-Za-z._%+-]+@[0-9A-Za-z.-]+\.[A-Za-z]{2,}")
_CARD = re.compile(r"(?<![0-9A-Za-z])[3-6][0-9]{15,18}(?![0-9A-Za-z])")
RULES = (("身份证件号码", _ID), ("手机号码", _MOBILE), ("电子邮箱", _MAIL), ("银行卡号", _CARD))


def mask_text(text: str) -> tuple[str, list[str]]:
    """Mask personal data in one text by rule; returns the text and the names of the rules that found something.

    Laws: what is masked holds no digit of what it hides; masking twice changes nothing.
    """
    found = []
    for name, rule in RULES:
        text, hits = rule.subn("＊" * 4, text)
        found += [name] * bool(hits)
    return text, found


def shown(
    body: Mapping[str, Any], fields: Collection[str] = (), words: Collection[str] = ()
) -> tuple[dict[str, Any], list[str]]:
    """Give the body as anybody may see it, and what the rules found: rules first, then fields and words by hand."""
    made, found = dict(body), list[str]()

    def clean(text: str) -> str:
        text, hits = mask_text(text)
        found.extend(one for one in hits if one not in found)
        for word in words:
            text = text.replace(word, MASKED) if word.strip() else text
        return text

    for name in _READ:
        value = made.get(name)
        if isinstance(value, str):
            made[name] = clean(value)
        elif isinstance(value, list):
            made[name] = [clean(str(one)) for one in value]
    for name in fields:
        if name in FIELDS and name in made:
            made[name] = [MASKED] if isinstance(made[name], list) else None if name == "inspected_on" else MASKED
    return made, found
