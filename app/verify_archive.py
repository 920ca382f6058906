# ruff: noqa: T201 - the auditor reads what this file prints
"""The checker of a sealed archive (suicha-archive/1): standard library only, and `verify.py` beside it for the draws.

python verify_archive.py ARCHIVE.zip [KEY]      exit code 0 passed, 1 failed

read -> manifest -> signature by the key it names -> every file is there, of its size and SHA-256 -> nothing else is
     -> what submissions name lies beside them -> a visit's events are one chain of hashes -> draws recomputed
     -> visits are those drawn -> volumes are PDF/A

It tells that nothing was changed since it was sealed by that key. Whose key it is, the office's list of public keys
(/public/keys.json) tells: give the key's id as KEY, or compare it. Files are read in pieces; no file is trusted to be
as large as it says.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Generator, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

try:
    from app import verify
except ImportError:  # copied beside verify.py, without the product
    import verify  # type: ignore[import-not-found,no-redef]

FORMAT = "suicha-archive/1"
MANIFEST, SIGNATURE, VOLUME = "manifest.json", "manifest.sig", "volume.pdf"
MANIFEST_BYTES, JSON_BYTES, DRAW_BYTES, PIECE = 256 << 20, 256 << 20, 1 << 30, 1 << 20
SAFE = re.compile(r"(?!/)(?!.*(?:^|/)\.{1,2}(?:/|$))(?!.*//)[^\\\x00-\x1f\x7f:]+")
VISIT = re.compile(r"(visits/[^/]+/)?submissions/[^/]+\.json")
EVENTS = re.compile(r"(visits/[^/]+/)?data/events\.json")
SMALL, MOST_TIMES = 1 << 30, 100  # bytes that any file may unfold to, and how many times itself where that is more
DIGEST = re.compile(r"[0-9a-f]{64}")
KINDS = {"visit": "检查档案", "task": "任务档案", "duty": "尽职证明"}
Json = dict[str, Any]


class Report(NamedTuple):
    """What was right, line by line, and what was wrong: `(where, what)`."""

    lines: list[str]
    findings: list[tuple[str, str]]


class FindingError(Exception):
    """Something is wrong, `where` and `what`, that nothing after it can be checked without."""


def is_archive(path: Path) -> bool:
    """Tell whether this is a ZIP with a manifest or its signature, and so not a draw's bundle."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as packed:
            return not {SIGNATURE, MANIFEST}.isdisjoint(packed.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def check(path: Path, key: str = "") -> Report:
    """Check an archive; whatever the file holds, a report comes back. `key`: the id of the key it must be sealed by."""
    report = Report([], [])
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
            times = unpacked // max(1, path.stat().st_size)
            _need(unpacked <= SMALL or times <= MOST_TIMES, "压缩包", f"展开后是自身的 {times} 倍，不是档案")
            _check(packed, key, report)
    except FindingError as found:
        report.findings.append(found.args)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        report.findings.append(("文件格式", f"不能读取，文件可能不完整（{type(error).__name__}）"))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        report.findings.append(("文件格式", f"缺少必需的内容或类型不对（{type(error).__name__}）"))
    return report


def main(path: Path, key: str = "") -> int:
    """Check and say so in Chinese; exit code 0 passed, 1 failed."""
    report = check(path, key)
    print(*(f"✓ {line}" for line in report.lines), sep="\n")
    print(*(f"✗ {where}：{what}\n" for where, what in report.findings), sep="", end="")
    print("不通过" if report.findings else "通过：档案自封存以来没有变化")
    return 1 if report.findings else 0


def _check(packed: zipfile.ZipFile, key: str, report: Report) -> None:
    names = packed.namelist()
    for name in sorted({one for one in names if names.count(one) > 1} if len(names) != len(set(names)) else ()):
        report.findings.append((name, "这个文件名在压缩包里出现了两次"))
    raw = _bytes(packed, MANIFEST, MANIFEST_BYTES)
    manifest: Json = json.loads(raw)
    if manifest["format"] != FORMAT:
        raise FindingError(MANIFEST, f"format 不是 {FORMAT}")
    kind = manifest.get("kind", "visit")
    if kind not in KINDS:
        raise FindingError(MANIFEST, "kind 不是已知的档案种类")
    _check_signature(packed, manifest, raw, key)
    report.lines.append(f"{KINDS[kind]} {manifest['number']}：签名有效，密钥 {manifest['key']['id']}")
    _check_term(manifest, report)
    good = _check_files(packed, manifest, report)
    chains = sorted(name for name in packed.namelist() if EVENTS.fullmatch(name))
    events = sum(_check_chain(json.loads(_bytes(packed, name, JSON_BYTES)), name) for name in chains)
    if not report.findings:  # what comes now reads those files
        report.lines.append(f"卷内文件 {good} 份，大小和 SHA-256 与目录一致，没有多也没有少")
        report.lines.append(f"现场事件 {events} 个，首尾相接")
        report.lines.extend(_stages(packed, kind, manifest))


def _stages(packed: zipfile.ZipFile, kind: str, manifest: Json) -> Iterator[str]:
    names = set(packed.namelist())
    yield _check_submissions(packed, {one["path"]: one["sha256"] for one in manifest["files"]})
    if kind == "task":
        drawn = yield from _check_draws(packed, names)
        yield _check_visits(packed, names, drawn)
    volumes = [name for name in sorted(names) if name.rpartition("/")[2] == VOLUME]
    _need(VOLUME in volumes, VOLUME, "缺少卷宗")
    for name in volumes:
        head = _bytes(packed, name, JSON_BYTES)
        declared = head.startswith(b"%PDF-") and re.search(rb"pdfaid:part>\s*2\s*<", head)
        _need(declared and re.search(rb"pdfaid:conformance>\s*B\s*<", head), name, "没有声明 PDF/A-2b")
    yield f"卷宗 {len(volumes)} 份，均声明为 PDF/A-2b（只看声明，没有逐项检验 PDF）"
    until = manifest["keep_until"]
    yield f"保管期限至 {until}" if until else "永久保管"


def _check_signature(packed: zipfile.ZipFile, manifest: Json, raw: bytes, expected: str) -> None:
    public, name = manifest["key"]["public"], manifest["key"]["id"]
    _need(isinstance(public, str) and DIGEST.fullmatch(public), MANIFEST, "公钥不是 64 位十六进制")
    right = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16] == name
    _need(right, MANIFEST, "公钥与密钥编号不一致")
    _need(not expected or expected == name, MANIFEST, f"封存密钥是 {name}，不是指定的 {expected}")
    _need(SIGNATURE in packed.namelist(), SIGNATURE, "缺少签名")
    signature = _bytes(packed, SIGNATURE, 1024)
    _need(re.fullmatch(rb"[0-9a-f]{128}", signature), SIGNATURE, "不是一个 Ed25519 签名")
    valid = signed_by(bytes.fromhex(public), raw, bytes.fromhex(signature.decode()))
    _need(valid, SIGNATURE, "签名无效：目录被改动过，或不是这把密钥签的")


def _check_term(manifest: Json, report: Report) -> None:
    """The last day is that of the class: 31 December, so many years after the year of sealing."""
    said, years = manifest["keep_until"], re.fullmatch(r"years-([0-9]{1,3})", manifest["retention"])
    made = datetime.fromisoformat(manifest["made_at"])
    near = {made.year, made.year + 1}  # sealed in UTC on the last evening of a year, counted from the next
    ends = [date(year + int(years[1]), 12, 31).isoformat() for year in near] if years else [None]
    if said not in ends or (not years and manifest["retention"] != "permanent"):
        report.findings.append((MANIFEST, "保管期限的截止日与保管期限不符"))


def _check_files(packed: zipfile.ZipFile, manifest: Json, report: Report) -> int:
    """Hold every file against the manifest and the manifest against the files; gives how many are right."""
    found = {one.filename: one for one in packed.infolist()}
    listed: dict[str, Json] = {}
    for one in manifest["files"]:
        path = one["path"]
        if not isinstance(path, str) or not SAFE.fullmatch(path):
            report.findings.append((MANIFEST, f"文件路径不合规：{path!r}"))
        elif path in listed:
            report.findings.append((path, "在目录里列了两次"))
        else:
            listed[path] = one
    for name in sorted(found.keys() - listed.keys() - {MANIFEST, SIGNATURE}):
        report.findings.append((name, "不在目录里"))
    good = 0
    for name, one in listed.items():
        what = _wrong(packed, found.get(name), one)
        if what:
            report.findings.append((name, what))
        else:
            good += 1
    return good


def _wrong(packed: zipfile.ZipFile, entry: zipfile.ZipInfo | None, one: Json) -> str:
    """Say what is wrong with a file, nothing where all is right."""
    if entry is None:
        return "文件缺失"
    if entry.file_size != one["size"]:
        return "大小与目录不一致"
    hasher, size = hashlib.sha256(), 0
    try:
        with packed.open(entry) as file:
            while piece := file.read(PIECE):
                hasher.update(piece)
                size += len(piece)
    except zipfile.BadZipFile:
        return "压缩数据损坏"
    if size != one["size"] or hasher.hexdigest() != one["sha256"]:
        return "内容与目录不一致"
    return ""


def _check_submissions(packed: zipfile.ZipFile, sums: dict[str, str]) -> str:
    """Whatever a sealed submission names by its hash lies beside it: photos, signatures, recordings.

    `sums`: SHA-256 of each file, as computed; what a file is called says nothing of what is in it.
    """
    kept = {f"{name.rpartition('evidence/')[0]}{digest}" for name, digest in sums.items() if "evidence/" in name}
    submissions = sorted(name for name in sums if VISIT.fullmatch(name))
    count = 0
    for name in submissions:
        folder = name.rpartition("submissions/")[0]
        for digest in _digests(json.loads(_bytes(packed, name, JSON_BYTES))):
            _need(f"{folder}{digest}" in kept, name, f"提交的结果引用了证据 {digest[:16]}…，卷内没有")
            count += 1
    return f"提交的结果 {len(submissions)} 份，其中引用的照片、签名、录音录像 {count} 处都在卷内"


def _check_chain(events: list[Json], where: str) -> int:
    """Each event seals the one before: recompute every hash, from the first to the last; gives how many there are."""
    previous = "0" * 64
    for number, event in enumerate(events, 1):
        told = {name: value for name, value in event.items() if name != "digest"}
        sealed = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        joined = told["seq"] == number and told["previous"] == previous
        _need(joined, where, f"第 {number} 个事件与前一个不相接")
        whole = hashlib.sha256(sealed.encode()).hexdigest() == event["digest"]
        _need(whole, where, f"第 {number} 个事件的内容与其校验值不一致")
        previous = event["digest"]
    return len(events)


def _digests(value: Any) -> Iterator[str]:
    """Every SHA-256 that stands in a submission as a value of its own."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _digests(one)
    elif isinstance(value, list):
        for one in value:
            yield from _digests(one)
    elif isinstance(value, str) and DIGEST.fullmatch(value):
        yield value


def _check_draws(packed: zipfile.ZipFile, names: set[str]) -> Generator[str, None, set[str]]:
    """Recompute every draw that was carried out; gives the targets that the standing draw and its record name."""
    drawn: set[str] = set()
    told = json.loads(_bytes(packed, "data/draws.json", JSON_BYTES))
    folders = {name.split("/")[1] for name in names if name.startswith("draw/")}
    _need({one["number"] for one in told} == folders, "data/draws.json", "列出的抽取与 draw/ 下的不一致")
    for one in told:
        where = f"draw/{one['number']}/"
        if f"{where}result.json" not in names:
            yield f"抽取 {one['number']}：冻结后未抽取（{one['void'] or one['status']}），没有结果可重算"
            continue
        inside = (name for name in names if name.startswith(where))
        files = {name.removeprefix(where): _bytes(packed, name, DRAW_BYTES) for name in inside}
        report = verify.check(files)
        for place, what in report.findings:
            raise FindingError(where + place, what)
        _need(
            hashlib.sha256(files["announcement.json"]).hexdigest() == one["fingerprint"], where, "公告指纹与登记的不符"
        )
        yield f"抽取 {one['number']}：重算 {len(report.lines)} 个环节，全部相符" + ("（已作废）" if one["void"] else "")
        if not one["void"] and json.loads(files["announcement.json"])["mode"] != "order":  # an order sends nobody
            drawn = {entry["target"] for entry in json.loads(files["result.json"])["drawn"]}
            changes = [json.loads(line) for line in files.get("record.jsonl", b"").decode().splitlines()]
            for change in changes:
                if change["kind"] == "target":
                    drawn = drawn - {change["target"]} | {change["entering"]}
    return drawn


def _check_visits(packed: zipfile.ZipFile, names: set[str], drawn: set[str]) -> str:
    """The visits are those of the list, each in its folder, and their targets are those drawn."""
    told = json.loads(_bytes(packed, "data/visits.json", JSON_BYTES))
    folders = {"/".join(name.split("/")[:2]) + "/" for name in names if name.startswith("visits/")}
    listed = {one["folder"] for one in told}
    _need(listed == folders, "data/visits.json", f"列出的检查卷与 visits/ 下的不一致：{_some(listed ^ folders)}")
    for one in told:
        visit = json.loads(_bytes(packed, f"{one['folder']}data/visit.json", JSON_BYTES))
        same = (visit["number"], visit["code"]) == (one["number"], one["code"])
        _need(same, f"{one['folder']}data/visit.json", "检查编号或对象与任务卷不一致")
        sha = hashlib.sha256(_bytes(packed, one["folder"] + VOLUME, JSON_BYTES)).hexdigest()
        _need(sha == one["volume_sha256"], one["folder"] + VOLUME, "与任务卷登记的 SHA-256 不一致")
    if not drawn:
        return f"检查卷 {len(told)} 份，与清单一致；本任务没有抽取检查对象的记录可对照"
    odd = {one["code"] for one in told} ^ drawn
    _need(not odd, "data/visits.json", f"检查对象与抽取结果不一致：{_some(odd)}")
    return f"检查卷 {len(told)} 份，检查对象与抽取结果（含更换记录）一致"


def _some(odd: set[str]) -> str:
    return "、".join(sorted(odd)[:3])


def _bytes(packed: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Read a file of at most `limit` bytes."""
    _need(name in packed.namelist(), name, "文件缺失")
    with packed.open(name) as file:
        data = file.read(limit + 1)
    _need(len(data) <= limit, name, "展开后过大")
    return data


def _need(right: object, where: str, what: str) -> None:
    if not right:
        raise FindingError(where, what)


# Ed25519 (RFC 8032, 5.1): the curve -x² + y² = 1 + d x² y² over the field of 2**255 - 19; points as (X, Y, Z, T)
# with x = X/Z, y = Y/Z, xy = T/Z, so that adding needs no division.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # a square root of -1
Point = tuple[int, int, int, int]


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether this Ed25519 signature is of this message by the holder of this key: S·B = R + H(R, A, M)·A."""
    key, first = _point(public), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    base = _point(bytes([0x58]) + bytes([0x66]) * 31)
    if key is None or first is None or base is None or scalar >= ORDER:
        return False
    mixed = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = _times(scalar, base), _plus(first, _times(mixed, key))
    same_x = (left[0] * right[2] - right[0] * left[2]) % P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % P == 0


def _point(data: bytes) -> Point | None:
    """Read a point: y in 255 bits, then the lowest bit of x; None for bytes that are no point."""
    number = int.from_bytes(data, "little")
    y, odd = number & ((1 << 255) - 1), number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (not x and odd):
        return None
    x = P - x if x & 1 != odd else x
    return x, y, 1, x * y % P


def _plus(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _plus(found, point)
        point, number = _plus(point, point), number >> 1
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:3]))
