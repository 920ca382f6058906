"""The few rules that every text of the protocol obeys: UTF-8, NFC, and SHA-256 written as 64 lower-case hex digits."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import NoReturn

HEX_DIGITS = frozenset("0123456789abcdef")
HEX_LENGTH = 64
quoted = encode_basestring  # a string as JSON has it


def sha256_hex(data: bytes) -> str:
    """H(x) of the protocol: the SHA-256 of `data` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def is_hex(text: object) -> bool:
    """Tell whether `text` is a digest as the protocol writes it."""
    return isinstance(text, str) and len(text) == HEX_LENGTH and HEX_DIGITS.issuperset(text)


def is_nfc(text: str) -> bool:
    """Tell whether `text` is NFC and can be written as UTF-8 (a lone surrogate cannot)."""
    if text.isascii():
        return True
    return unicodedata.is_normalized("NFC", text) and not any("\ud800" <= mark <= "\udfff" for mark in text)


def has_control(text: str) -> bool:
    """Tell whether a control character (Unicode category Cc) stands anywhere in `text`."""
    return any(unicodedata.category(mark) == "Cc" for mark in text)


@dataclass(frozen=True, slots=True)
class Laid:
    """A value that is laid out already, for the depth at which it stands: long lists of things all alike."""

    text: str


def json_bytes(value: object) -> bytes:
    """Write `value` in the layout of the protocol's published vectors; its bytes are what is hashed."""
    return _laid_out(value, "\n ").encode()


def _laid_out(value: object, line: str) -> str:
    """Do `json.dumps(value, indent=1, ensure_ascii=False)`, which is slow at indenting many objects."""
    if isinstance(value, dict) and value:
        inner = [f"{quoted(key)}: {_laid_out(held, line + ' ')}" for key, held in value.items()]
        return "{" + line + ("," + line).join(inner) + line[:-1] + "}"
    if isinstance(value, list) and value:
        return "[" + line + ("," + line).join([_laid_out(held, line + " ") for held in value]) + line[:-1] + "]"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Laid):
        return value.text
    return str(value) if type(value) is int else json.dumps(value)


def laid_list(items: Iterable[str], line: str) -> str:
    """Give a list whose items are laid out; `line` begins theirs."""
    inner = ("," + line).join(items)
    return f"[{line}{inner}{line[:-1]}]" if inner else "[]"


def read_json(data: bytes, refuse: Callable[[str], Exception]) -> dict[str, object]:
    """Read a JSON object; `refuse(why)` makes the error to raise.

    A key that stands twice is refused: two readers could take two different values from the same fingerprint.
    """

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        value = dict(pairs)
        if len(value) != len(pairs):
            raise refuse("同一个键出现了两次")
        return value

    def no_constant(name: str) -> NoReturn:
        raise refuse(f"不允许的数字{name}")

    try:
        value = json.loads(data.decode(), object_pairs_hook=once, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise refuse("不是 UTF-8 编码的 JSON") from error
    if not isinstance(value, dict):
        raise refuse("最外层不是 JSON 对象")
    if not is_nfc(json.dumps(value, ensure_ascii=False)):
        raise refuse("文字不是 NFC 规范形式")
    return value
