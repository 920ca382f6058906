# ruff: noqa: T201 - the auditor reads what this file prints
"""The checker of a sealed archive (suicha-archive/1): needs the ZIP, and nothing of the office.

read -> manifest -> signature by the key it names -> every file is there, of its size and SHA-256 -> nothing else is
-> the visit's events are one chain of hashes

It tells that nothing was changed since it was sealed by that key; whose key it is, the office's list of public keys
(/public/keys.json) tells: compare the key's id.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "suicha-archive/1"
MANIFEST, SIGNATURE, EVENTS = "manifest.json", "manifest.sig", "data/events.json"
MAX_UNPACKED = 4 * 1024**3


class Report(NamedTuple):
    """What was right, line by line, and what was wrong: `(where, what)`."""

    lines: list[str]
    findings: list[tuple[str, str]]


def is_archive(path: Path) -> bool:
    """Tell whether this is a ZIP with a signed manifest, and so not a draw's bundle."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as packed:
        return SIGNATURE in packed.namelist()


def check(path: Path) -> Report:
    """Check an archive; whatever the file holds, a report comes back."""
    report = Report([], [])
    try:
        with zipfile.ZipFile(path) as packed:
            _check(packed, report)
    except (zipfile.BadZipFile, zlib.error, OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        report.findings.append(("文件格式", f"不能读取（{type(error).__name__}）"))
    return report


def main(path: Path) -> int:
    """Check and say so in Chinese; exit code 0 passed, 1 failed."""
    report = check(path)
    print(*(f"✓ {line}" for line in report.lines), sep="\n")
    print(*(f"✗ {where}：{what}\n" for where, what in report.findings), sep="", end="")
    print("不通过" if report.findings else "通过：档案自封存以来没有变化")
    return 1 if report.findings else 0


def _check(packed: zipfile.ZipFile, report: Report) -> None:
    names = packed.namelist()
    if len(names) != len(set(names)):
        report.findings.append(("压缩包", "同一个文件名出现了两次"))
    if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED:
        report.findings.append(("压缩包", "展开后过大"))
        return
    raw = packed.read(MANIFEST)
    manifest: dict[str, Any] = json.loads(raw)
    if manifest["format"] != FORMAT:
        report.findings.append((MANIFEST, f"format 不是 {FORMAT}"))
    key = bytes.fromhex(manifest["key"]["public"])
    if hashlib.sha256(key).hexdigest()[:16] != manifest["key"]["id"]:
        report.findings.append((MANIFEST, "公钥与密钥编号不一致"))
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(packed.read(SIGNATURE).decode()), raw)
        report.lines.append(f"档案 {manifest['number']}：签名有效，密钥 {manifest['key']['id']}")
    except InvalidSignature:
        report.findings.append((SIGNATURE, "签名无效：目录被改动过，或不是这把密钥签的"))
    listed = {one["path"]: one for one in manifest["files"]}
    for name in sorted(set(names) - listed.keys() - {MANIFEST, SIGNATURE}):
        report.findings.append((name, "不在目录里"))
    good = 0
    for name, one in listed.items():
        if name not in names:
            report.findings.append((name, "文件缺失"))
            continue
        data = packed.read(name)
        if len(data) != one["size"] or hashlib.sha256(data).hexdigest() != one["sha256"]:
            report.findings.append((name, "内容与目录不一致"))
        else:
            good += 1
    report.lines.append(f"卷内文件 {good} 份，校验值一致；保管期限至 {manifest['keep_until'] or '永久'}")
    _check_chain(json.loads(packed.read(EVENTS)) if EVENTS in names else [], report)


def _check_chain(events: list[dict[str, Any]], report: Report) -> None:
    """Each event seals the one before: recompute every hash, from the first to the last."""
    previous = "0" * 64
    for number, event in enumerate(events, 1):
        told = {name: value for name, value in event.items() if name != "digest"}
        sealed = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if told["seq"] != number or told["previous"] != previous:
            report.findings.append((EVENTS, f"第 {number} 个事件与前一个不相接"))
        if hashlib.sha256(sealed.encode()).hexdigest() != event["digest"]:
            report.findings.append((EVENTS, f"第 {number} 个事件的内容与其校验值不一致"))
        previous = event["digest"]
    if events:  # archives of before had none
        report.lines.append(f"现场事件 {len(events)} 个，首尾相接")
