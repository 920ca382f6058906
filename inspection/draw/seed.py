"""The seed: values that nobody knew at the freeze, entered once each and in order, joined with the fingerprint (D2).

value typed in -> clean -> check_entry (order, commitment) -> all in -> seed_bytes -> SHA-256 -> seed.json
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from inspection.draw.announcement import PROTOCOL, Source, SourceKind, fingerprint
from inspection.draw.refusals import BundleError, SeedValueError
from inspection.draw.text import has_control, is_hex, is_nfc, json_bytes, read_json, sha256_hex

SEED = "seed.json"


def clean_value(name: str, value: str) -> str:
    """Give `value` as it enters the seed: NFC, stripped; raises SeedValueError if empty or with control characters."""
    cleaned = unicodedata.normalize("NFC", value).strip()
    if not cleaned:
        raise SeedValueError(name=name, why="值不能为空")
    if has_control(cleaned) or not is_nfc(cleaned):
        raise SeedValueError(name=name, why="值中不能有换行、制表符等控制字符")
    return cleaned


def check_entry(sources: Sequence[Source], entered: Mapping[str, str], name: str, value: str) -> str:
    """Give the cleaned value that `name` may now enter, `entered` holding those before it; raises SeedValueError.

    Each value is entered once; no public value before all others are in, so that nobody in the room has the last word.
    """
    source = next((source for source in sources if source.name == name), None)
    if source is None:
        raise SeedValueError(name=name, why="公告中没有这个来源")
    if name in entered:
        raise SeedValueError(name=name, why="已经录入过，每个来源只能录入一次")
    if source.kind is SourceKind.PUBLIC:
        missing = [other.name for other in sources if other.kind is not SourceKind.PUBLIC and other.name not in entered]
        if missing:
            raise SeedValueError(name=name, why=f"须等“{missing[0]}”等全部现场来源录入后才能录入")
    cleaned = clean_value(name, value)
    if source.kind is SourceKind.SYSTEM:
        _check_commitment(source, cleaned)
    return cleaned


def seed_bytes(announcement: bytes, sources: Sequence[Source], values: Mapping[str, str]) -> bytes:
    """Give the exact bytes whose SHA-256 is the seed: every announced source's value, in announced order.

    Raises SeedValueError if a value is missing, unannounced, not clean or not what was committed to.
    """
    lines = [PROTOCOL, fingerprint(announcement)]
    entered: dict[str, str] = {}
    for source in sources:
        if source.name not in values:
            raise SeedValueError(name=source.name, why="还没有录入")
        entered[source.name] = check_entry(sources, entered, source.name, values[source.name])
        if entered[source.name] != values[source.name]:
            raise SeedValueError(name=source.name, why="值首尾有空白或不是 NFC 规范形式")
        lines.append(f"{source.name}={values[source.name]}")
    for name in values.keys() - entered.keys():
        raise SeedValueError(name=name, why="公告中没有这个来源")
    return "".join(line + "\n" for line in lines).encode()


def seed_json(announcement: bytes, sources: Sequence[Source], values: Mapping[str, str]) -> bytes:
    """Write seed.json, values in announced order; raises SeedValueError as `seed_bytes` does."""
    seed = sha256_hex(seed_bytes(announcement, sources, values))
    return json_bytes({"values": {source.name: values[source.name] for source in sources}, "seed": seed})


def read_seed(data: bytes, announcement: bytes, sources: Sequence[Source]) -> str:
    """Give the seed (hex) of seed.json after recomputing it; raises BundleError or SeedValueError."""
    whole = read_json(data, lambda why: BundleError(where=SEED, why=why))
    values = whole.get("values")
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise BundleError(where=SEED, why="values 必须是名称与文字的对应")
    seed = sha256_hex(seed_bytes(announcement, sources, values))
    if whole.get("seed") != seed:
        raise BundleError(where=SEED, why="种子与公告和各来源的值不符")
    return seed


def _check_commitment(source: Source, value: str) -> None:
    if not is_hex(value) or sha256_hex(bytes.fromhex(value)) != source.commitment:
        raise SeedValueError(name=source.name, why="与公告中的承诺值不符")
