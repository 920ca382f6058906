# ruff: noqa: T201 - the auditor reads what this file prints
"""The stand-alone checker of a draw bundle (suicha-draw/1): one file, standard library only, readable in ten minutes.

python verify.py BUNDLE      BUNDLE is a directory or a .zip; exit code 0 passed, 1 failed, 2 cannot be read

announcement -> lists -> seed -> targets -> inspectors -> result.json -> lower/*, record.jsonl, published.json

It shares no code with the product on purpose: two implementations that agree are worth more than one. Where the product
is quick (child processes, a heap), this one is plain: it hashes every ticket, one after the other. Copy it anywhere.
"""

from __future__ import annotations

import gc
import hashlib
import json
import re
import sys
import unicodedata
import zipfile
import zlib
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import compress, islice
from itertools import count as count_from
from operator import ge
from pathlib import Path
from typing import Any, NamedTuple

PROTOCOL = "suicha-draw/1"
OPTIONAL = ("published.json", "master.hex", "record.jsonl", "announcement.tsr", "beacon.json")
SHA256_OID = bytes.fromhex("608648016503040201")  # 2.16.840.1.101.3.4.2.1
KINDS = ("system", "dice", "public")  # of seed sources, in the order in which they speak
CHANGES = {  # in the record: whether somebody leaves, whether somebody comes
    "replaced": (True, True),
    "left": (True, False),
    **dict.fromkeys(("filled", "appointed", "entrusted"), (False, True)),
}
MAX_UNPACKED = 2 * 1024**3
STEP = 100_000  # targets between two words on how far it is
RFC3339 = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
ID, LABEL, SKILL = r"[^\x00-\x1f\x7f-\x9f/]+", r"[^\x00-\x1f\x7f-\x9f]", r"[^\s,\x00-\x1f\x7f-\x9f]+"
FORMS = {  # by list: a right line, and in words
    "targets": (rf"(?!\*\t){ID}\t{LABEL}*\t(?:1000|[1-9][0-9]{{0,2}})", "编号（不是 *）、层、签数（1 到 1000 的整数）"),
    "inspectors": (rf"{ID}\t{LABEL}+\t(?:{SKILL}(?:,{SKILL})*)?", "编号、部门、技能（逗号相连，没有空白）"),
    "conflicts": (rf"{ID}\t{ID}", "对象编号或 *、人员编号"),
    "excluded": (rf"{ID}\t{LABEL}+", "编号、排除的理由"),
}
NEEDED = ("announcement.json", "seed.json", "result.json", *(f"{name}.tsv" for name in FORMS))
PART = re.compile(r"lower/[^/]+/(inspectors\.tsv|conflicts\.tsv|result\.json)")  # of a draw dispatched down
Json = dict[str, Any]
Files = dict[str, bytes]
Columns = list[list[str]]
Lists = dict[str, Columns]
Matched = tuple[list[Json], list[str] | None, Lists, list[Json]]  # teams, where (None: anywhere), lists, groups
Tell = Callable[[int, int], object]  # targets hashed so far, and of all
Ranked = dict[str, list[tuple[bytes, str, int]]]  # by stratum: score, target, ticket


class UnreadableError(Exception):
    """The bundle cannot be read at all: exit code 2."""


class FindingError(Exception):
    """Something is wrong, `where` and `what`: the check ends, since what comes after would rest on it."""


class Report(NamedTuple):
    """What was checked, line by line, and what was found wrong: `(where, what)`, if anything."""

    lines: list[str]
    findings: list[tuple[str, str]]


def check(files: Files, tell: Tell | None = None) -> Report:
    """Check a bundle given as bytes by file name; the report says what was checked and what was found."""
    report = Report([], [])
    gc.disable()  # a million lines make a few million texts and no cycle: the collector would only walk them
    try:
        report.lines.extend(_stages(files, tell or _say))
    except FindingError as found:
        report.findings.append(found.args)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        report.findings.append(("文件格式", f"缺少必需的内容或类型不对（{type(error).__name__}: {error}）"))
    finally:
        gc.enable()
    return report


def _need(right: object, where: str, what: str) -> None:
    if not right:
        raise FindingError(where, what)


def _stages(files: Files, tell: Tell) -> Iterator[str]:
    """Check stage by stage, and say of each what was right."""
    for name in NEEDED:
        _need(name in files, name, "文件缺失")
    announcement = _json(files, "announcement.json")
    _check_announcement(announcement)
    yield f"公告 {announcement['draw_id']}：指纹 {_hash(files['announcement.json'])}"
    if "announcement.tsr" in files:
        yield f"时间戳：{_check_stamp(files)}，与公告相符；签名和证书链请用 openssl ts -verify 核对"
    lists = {}
    for name in FORMS:
        lists[name] = _check_list(f"{name}.tsv", files, announcement[name])
        yield f"{name}.tsv：{announcement[name]['count']} 行，SHA-256 {announcement[name]['sha256']}"
    _check_scope(announcement, lists)
    yield "范围 = 待抽 + 排除，互不重复；各层与各理由的数量相符"
    seed = _check_seed(files, announcement)
    yield f"种子：{seed}，由 {'、'.join(source['name'] for source in announcement['sources'])} 的值得出"
    if "beacon" in announcement:
        yield f"公开随机源：{_check_beacon(files, announcement)}"
    expected = _draw(announcement, lists, seed, tell)
    _compare("result.json", files, expected)
    yield f"结果：{len(expected['drawn'])} 个对象及候补、{_posts(expected['groups'])}重算一致"
    people: Lists = lists if expected["groups"] else {**lists, "inspectors": [[], [], []]}  # those who may come
    matched: list[Matched] = [(announcement["teams"], None, people, expected["groups"])]
    for part in announcement.get("lower", []):
        matched.append(_check_part(part, files, expected))
        yield f"派发 {part['name']}：人员和回避名单与冻结时的承诺相符，{_posts(matched[-1][-1])}由同一种子重算一致"
    if "record.jsonl" in files:
        yield f"变动记录：{_check_record(files, expected, matched)} 条，逐条相连，次序递补的重算一致"
    if "published.json" in files:
        _check_published(files, expected)
        yield "published.json：指纹、结果哈希、名单与各部门人数相符，没有不应公开的内容"
    if "master.hex" in files:
        master = files["master.hex"].strip().decode("utf-8", "replace")
        _need(_is_hex(master), "master.hex", "不是 64 位小写十六进制")
        root = _merkle_root(bytes.fromhex(master), files["targets.tsv"])
        _need(root == announcement["targets"]["merkle_root"], "merkle_root", f"默克尔根应为 {root}")
        yield f"默克尔根：{root}"


def _check_announcement(announcement: Json) -> None:
    where = "announcement.json"
    _need(announcement["protocol"] == PROTOCOL, where, f"protocol 不是 {PROTOCOL}")
    _need(isinstance(announcement["draw_id"], str) and announcement["draw_id"].strip(), where, "draw_id 为空")
    _need(announcement["mode"] in ("double", "targets", "inspectors", "order"), where, "mode 不在四种之内")
    _need(RFC3339.fullmatch(announcement["frozen_at"].upper()), where, "frozen_at 不是带时区的 RFC 3339 时间")
    datetime.fromisoformat(announcement["frozen_at"].upper())
    _need(_is_hex(announcement["targets"]["merkle_root"]), where, "merkle_root 不是 64 位小写十六进制")
    _need(isinstance(announcement["scope"]["rule"], str), where, "scope.rule 不是文字")
    counts = [announcement.get("reserves", 20), *(stratum["quota"] for stratum in announcement["strata"])]
    _need(all(type(one) is int and one >= 0 for one in counts), where, "reserves 或 strata 的 quota 不是整数")
    labels = [stratum["stratum"] for stratum in announcement["strata"]]
    _need(labels == sorted(set(labels)), where, "strata 没有按字节排序或有重复")
    _check_teams(announcement["teams"])
    _need(announcement["teams"] or announcement["mode"] in ("targets", "order"), where, "要抽检查人员但没有 teams")
    where, sources = "announcement.json 的 sources", announcement["sources"]
    kinds = [source["kind"] for source in sources]
    _need(set(kinds) <= set(KINDS), where, "来源类型不在 system、dice、public 之内")
    _need(set(kinds) - {"system"}, where, "至少要有一个不是 system 的来源")
    _need(kinds == [kind for kind in KINDS for one in kinds if one == kind], where, f"次序不是 {'、'.join(KINDS)}")
    _need(len({source["name"] for source in sources}) == len(sources), where, "来源名称重复")
    for source in sources:
        name, commitment = source["name"], source.get("commitment")
        _need(_is_clean(name) and "=" not in name, where, f"名称“{name}”为空、有首尾空白、等号或控制字符")
        committed = _is_hex(commitment) if source["kind"] == "system" else commitment is None
        _need(committed, where, f"“{name}”的承诺值不对：system 来源必须有，其他来源必须没有")
        _need(source["kind"] != "public" or source["note"].strip(), where, f"“{name}”没有写明取哪个值")


def _check_stamp(files: Files) -> str:
    """Give the hour of an RFC 3161 timestamp whose imprint is the announcement's hash; who signed it is not checked.

    TimeStampResp -> token -> SignedData -> TSTInfo: version, policy, imprint, serial number, hour, ...
    """
    where, stamp = "announcement.tsr", files["announcement.tsr"]
    try:
        signed = _der(_der(_der(_der(_der(stamp)[0])[1])[1])[0])
        told = _der(_der(_der(_der(signed[2])[1])[0])[0])
        (algorithm, *_), imprint = _der(_der(told[2])[0]), _der(told[2])[1]
        day, time = re.fullmatch(rb"([0-9]{8})([0-9]{6})(?:\.[0-9]+)?Z", told[4]).groups()  # type: ignore[union-attr]
        hour = datetime.fromisoformat(f"{day.decode()}T{time.decode()}Z")
    except (LookupError, ValueError, AttributeError) as error:
        raise FindingError(where, "不是 RFC 3161 时间戳") from error
    _need(algorithm == SHA256_OID, where, "时间戳用的不是 SHA-256")
    _need(imprint == hashlib.sha256(files["announcement.json"]).digest(), where, "时间戳不是对这份公告签发的")
    return f"{hour:%Y-%m-%dT%H:%M:%S}Z"


def _der(data: bytes) -> list[bytes]:
    """Give the contents of DER values that stand one after the other."""
    found, at = [], 0
    while at < len(data):
        size, at = data[at + 1], at + 2
        if size & 0x80:
            width = size & 0x7F
            size, at = int.from_bytes(data[at : at + width], "big"), at + width
        if at + size > len(data):
            raise ValueError("cut short")
        found.append(data[at : at + size])
        at += size
    return found


def _check_teams(teams: list[Json]) -> None:
    for team in teams:
        _need(type(team["size"]) is int and team["size"] > 0, "announcement.json", "teams 的人数至少为 1")
        skills = [skill for skill in team["skills"] if isinstance(skill, str) and skill]
        right = _is_clean(team["department"]) and skills == team["skills"]
        _need(right, "announcement.json", "teams 的部门或技能不是文字")


def _check_list(where: str, files: Files, mark: Json) -> Columns:
    """Give the columns of a frozen list after checking hash, count, form, order and uniqueness."""
    name = where.rpartition("/")[2].removesuffix(".tsv")
    form, words = FORMS[name]
    width = words.count("、") + 1
    _need(where in files, where, "文件缺失")
    _need(_hash(files[where]) == mark["sha256"], where, "SHA-256 与公告不符：冻结后被改动")
    text = _text(files, where)
    count = text.count("\n")
    _need(not text or text.endswith("\n"), where, "最后一行没有以 LF 结束")
    _need(_same(mark["count"], count), where, f"有 {count} 行，公告为 {mark['count']} 行")
    right = re.match(f"(?:{form}\n)*+", text)  # stops before the first line that is not right
    number = text.count("\n", 0, right.end() if right else 0) + 1
    what = f"应有 {width} 个字段：{words}；编号不为空、不含 /，各字段不含控制字符，行末只能是 LF"
    _need(number > count, f"{where} 第 {number} 行", what)
    fields = text.replace("\n", "\t").split("\t")
    columns = [fields[start:-1:width] for start in range(width)]
    keys: list[Any] = list(zip(*columns, strict=True)) if name == "conflicts" else columns[0]
    number = next(compress(count_from(2), map(ge, keys, islice(keys, 1, None))), 0)
    if number:
        twice = keys[number - 2] == keys[number - 1]
        raise FindingError(f"{where} 第 {number} 行", "与上一行重复" if twice else "没有按字节排序")
    for number, skills in enumerate(columns[2] if name == "inspectors" else [], 1):
        _need(skills == ",".join(sorted(set(skills.split(",")))), f"{where} 第 {number} 行", "技能没有排序或有重复")
    return columns


def _check_scope(announcement: Json, lists: Lists) -> None:
    (targets, labels, _), (excluded, reasons) = lists["targets"], lists["excluded"]
    both = set(excluded).intersection(targets)
    _need(not both, "范围", f"{min(both, default='')} 既在待抽名单又在排除名单")
    total = announcement["scope"]["count"]
    _need(_same(total, len(targets) + len(excluded)), "范围", f"公告为 {total}，待抽与排除之和不是这个数")
    strata = {stratum["stratum"]: stratum["count"] for stratum in announcement["strata"]}
    rules = announcement["excluded"]["reasons"]
    for where, told, found in (("strata", strata, labels), ("excluded.reasons", rules, reasons)):
        _need(_same(told, {**dict.fromkeys(told, 0), **Counter(found)}), where, "各类的数量与名单不符")


def _check_seed(files: Files, announcement: Json) -> str:
    revealed, where = _json(files, "seed.json"), "seed.json"
    values, sources = revealed["values"], announcement["sources"]
    odd = set(values) ^ {source["name"] for source in sources}
    _need(not odd, where, f"来源与公告不符：{'、'.join(sorted(odd))}")
    text = PROTOCOL + "\n" + _hash(files["announcement.json"]) + "\n"
    for source in sources:
        name, value = source["name"], values[source["name"]]
        _need(_is_clean(value), where, f"“{name}”的值为空、有首尾空白、控制字符或不是 NFC")
        if source["kind"] == "system":
            kept = _is_hex(value) and _hash(bytes.fromhex(value)) == source["commitment"]
            _need(kept, where, f"“{name}”的值与事先的承诺不符")
        text += f"{name}={value}\n"
    seed = _hash(text.encode())
    _need(revealed["seed"] == seed, where, f"种子应为 {seed}")
    return seed


def _check_beacon(files: Files, announcement: Json) -> str:
    """Check the announced round of a public source: out after the freeze, on its timetable, and the value its own."""
    told, where = announcement["beacon"], "announcement.json 的 beacon"
    out = told["genesis"] + (told["round"] - 1) * told["period"]
    frozen, hour = (datetime.fromisoformat(one.upper()).timestamp() for one in (announcement["frozen_at"], told["at"]))
    _need(out == hour, where, "公布时间与轮次不符")
    _need(hour > frozen, where, "这一轮在冻结之前已经公布")
    value, words = _json(files, "seed.json")["values"][told["source"]], f"{told['source']} 第 {told['round']} 轮"
    if "beacon.json" not in files:
        return f"{words}由两人从公开页面录入，请自行核对 {told['url']}"
    page = _json(files, "beacon.json")
    _need(_at(page, told["value_at"]) == value, "beacon.json", "页面上的值与种子中的不符")
    right = not told["round_at"] or _same(_at(page, told["round_at"]), told["round"])
    _need(right, "beacon.json", "不是公告的那一轮")
    if told["value_at"] == "randomness" and "signature" in page:  # drand: the value is the hash of the signature
        signature = page["signature"]
        kept = re.fullmatch("([0-9a-f]{2})+", signature) and _hash(bytes.fromhex(signature)) == value
        _need(kept, "beacon.json", "值不是签名的 SHA-256")
    return f"{words}，在冻结之后公布，与保存的页面一致；请自行核对 {told['url']}"


def _at(page: Json, path: str) -> object:
    """Give what stands under keys joined by dots."""
    found: Any = page
    for key in path.split("."):
        found = found[key]
    return found


def _scores(seed: str, targets: Columns, limits: dict[str, bytes], tell: Tell) -> Ranked:
    """Score every target; give those whose score is not above their stratum's limit, in order."""
    begun = hashlib.sha256(f"{seed}/target/".encode())  # what all tickets begin with is hashed once
    ranked: Ranked = {stratum: [] for stratum in dict.fromkeys(targets[1])}
    for start in range(0, len(targets[0]), STEP):
        tell(start, len(targets[0]))
        names, *rest = (column[start : start + STEP] for column in targets)
        for target, stratum, tickets in zip("\n".join(names).encode().split(b"\n"), *rest, strict=True):
            ticket, number = begun.copy(), 1
            ticket.update(target + b"/1")
            best = ticket.digest()
            if tickets != "1":
                for k in range(2, int(tickets) + 1):
                    ticket = begun.copy()
                    ticket.update(b"%b/%d" % (target, k))
                    if ticket.digest() < best:
                        best, number = ticket.digest(), k
            if best <= limits[stratum]:
                ranked[stratum].append((best, target.decode(), number))
    return {stratum: sorted(entries) for stratum, entries in ranked.items()}


def _draw(announcement: Json, lists: Lists, seed: str, tell: Tell) -> Json:
    """Recompute result.json. A limit spares sorting those who are far behind; if it leaves too few, all are sorted."""
    by_quota, kept = announcement["mode"] in ("double", "targets"), announcement.get("reserves", 20)
    quotas, wanted, limits = {}, {}, {}
    for label, count, quota in ((one["stratum"], one["count"], one["quota"]) for one in announcement["strata"]):
        quotas[label] = quota if by_quota else count
        wanted[label] = min(count, quotas[label] + kept)
        part = min(2**16 - 1, 2**17 * (wanted[label] + 50) // max(1, count))  # twice the part that is needed, of 2**16
        limits[label] = part.to_bytes(2, "big") + b"\xff" * 30
    ranked = _scores(seed, lists["targets"], limits, tell)
    if any(len(entries) < wanted[label] for label, entries in ranked.items()):
        ranked = _scores(seed, lists["targets"], dict.fromkeys(wanted, b"\xff" * 32), tell)
    first = {label: entries[: quotas[label]] for label, entries in ranked.items()}
    drawn = sorted((*entry, label) for label, entries in first.items() for entry in entries)
    with_inspectors = announcement["mode"] in ("double", "inspectors")
    return {
        "protocol": PROTOCOL,
        "draw_id": announcement["draw_id"],
        "seed": seed,
        "drawn": [{"target": t, "stratum": s, "score": score.hex(), "ticket": k} for score, t, k, s in drawn],
        "cutoffs": {label: entries[-1][0].hex() for label, entries in first.items() if entries},
        "reserves": {label: [one[1] for one in entries[quotas[label] :][:kept]] for label, entries in ranked.items()},
        "groups": _match(announcement["teams"], lists, seed, [d[1] for d in drawn]) if with_inspectors else [],
    }


def _able(team: Json, lists: Lists) -> list[str]:
    """Who may serve in a team at all: of its department, with every skill it asks for, not barred altogether."""
    out = {inspector for target, inspector in zip(*lists["conflicts"], strict=True) if target == "*"}
    return [
        inspector
        for inspector, department, skills in zip(*lists["inspectors"], strict=True)
        if department == team["department"] and set(team["skills"]) <= set(skills.split(",")) and inspector not in out
    ]


def _place(seed: str, inspector: str, load: int) -> tuple[int, str, str]:
    """Where somebody with so many places stands in line: by them, then by his turn for the next."""
    return load, _hash(f"{seed}/inspector/{inspector}/{load + 1}".encode()), inspector


def _match(teams: list[Json], lists: Lists, seed: str, drawn: list[str]) -> list[Json]:
    """Recompute the groups: inspectors wait in line by (load, turn); whoever was chosen lines up again."""
    barred: dict[str, set[str]] = {target: set() for target in drawn}
    for target, inspector in zip(*lists["conflicts"], strict=True):
        barred.setdefault(target, set()).add(inspector)
    loads: Counter[str] = Counter()
    groups: dict[str, Json] = {target: {"target": target, "leader": None, "teams": []} for target in drawn}
    for team in teams:
        able = _able(team, lists)
        line = sorted(_place(seed, one, loads[one]) for one in able)
        some = set(able)
        fitting = {target: len(some) - len(some & barred[target]) for target in drawn}
        for target in sorted(drawn, key=fitting.__getitem__):  # equal ones stay in draw order
            chosen = list(islice((one for one in line if one[2] not in barred[target]), team["size"]))
            members = [one for _, _, one in chosen]
            loads.update(members)
            for one in chosen:
                line.remove(one)
                insort(line, _place(seed, one[2], loads[one[2]]))
            part = {"department": team["department"], "members": members, "short": team["size"] - len(members)}
            groups[target]["teams"].append(part)
            if team is teams[0] and members:
                groups[target]["leader"] = members[0]
    return list(groups.values())


def _posts(groups: list[Json]) -> str:
    return f"{len(groups)} 个检查组 {sum(len(team['members']) for one in groups for team in one['teams'])} 个岗位"


def _check_part(part: Json, files: Files, expected: Json) -> Matched:
    """Recompute the groups of a part (D6): what it committed to, its share of what was drawn, and the same seed."""
    folder = f"lower/{part['name']}/"
    _check_teams(part["teams"])
    lists = {name: _check_list(f"{folder}{name}.tsv", files, part[name]) for name in ("inspectors", "conflicts")}
    own = [one["target"] for one in expected["drawn"] if one["stratum"].partition("@")[2] in part["regions"]]
    groups = _match(part["teams"], lists, expected["seed"], own)
    common = {key: expected[key] for key in ("protocol", "draw_id", "seed")}
    _compare(f"{folder}result.json", files, {**common, "part": part["name"], "groups": groups})
    return part["teams"], part["regions"], lists, groups


def _compare(where: str, files: Files, expected: Json) -> None:
    result = _json(files, where)
    odd = set(result) ^ set(expected)
    _need(not odd, where, f"多出或缺少：{'、'.join(sorted(odd))}")
    for key in expected:
        told, right = result[key], expected[key]
        if not isinstance(right, list):
            _need(_same(told, right), f"{where} 的 {key}", "与重算不一致")
            continue
        what = {"drawn": "个抽中对象", "groups": "个检查组"}[key]
        _need(len(told) == len(right), f"{where} 的 {key}", f"应有 {len(right)} {what}")
        for number, pair in enumerate(() if _same(told, right) else zip(told, right, strict=True), 1):
            _need(_same(*pair), f"{where} 的 {key} 第 {number} 项", f"应为 {pair[1]}")


def _check_published(files: Files, expected: Json) -> None:
    where, published = "published.json", _json(files, "published.json")
    told = {
        "protocol": PROTOCOL,
        "draw_id": expected["draw_id"],
        "fingerprint": _hash(files["announcement.json"]),
        "result_sha256": _hash(files["result.json"]),
        "drawn": [one["target"] for one in expected["drawn"]],
        "groups": [{"target": one["target"], "teams": _sizes(one["teams"])} for one in expected["groups"]],
    }
    odd = set(published) ^ set(told)
    _need(not odd, where, f"多出或缺少：{'、'.join(sorted(odd))}")
    for team in (team for group in published["groups"] for team in group["teams"]):
        names = team.pop("names")
        fair = len(names) <= team["size"] and all(isinstance(one, str) for one in names)
        _need(fair, where, "公开的姓名不是文字，或多于组员")
    for key in sorted(told):
        _need(_same(published[key], told[key]), f"{where} 的 {key}", "与公告或结果不符，或含有不应公开的内容")


def _sizes(teams: list[Json]) -> list[Json]:
    return [{"department": one["department"], "size": len(one["members"])} for one in teams]


def _check_record(files: Files, expected: Json, matched: list[Matched]) -> int:
    """Check what changed after the draw: each line holds the hash of the one before, the first that of the result."""
    before, lines = _hash(files["result.json"]), re.findall(r".*\n|.+", _text(files, "record.jsonl"))
    if not lines:
        return 0
    standing = _Standing(expected, matched)
    for number, line in enumerate(lines, 1):
        where = f"record.jsonl 第 {number} 行"
        one = _object(line, where)
        linked = line.endswith("\n") and [one[key] for key in ("number", "draw_id", "previous")]
        _need(linked == [number, expected["draw_id"], before], where, "与前一行的哈希或编号不相连，记录被删改")
        _need(one["target"] in standing.groups, where, f"{one['target']} 没有抽中，或已被更换")
        (standing.swap if one["kind"] == "target" else standing.change)(one, where)
        before = _hash(line.encode())
    return len(lines)


class _Standing:
    """Who stands in whose group while the record is read line by line, and which places are open."""

    def __init__(self, expected: Json, matched: list[Matched]) -> None:
        self.seed, self.matched, self.reserves = expected["seed"], matched, expected["reserves"]
        self.desks = {team["department"]: (team, lists) for teams, _, lists, _ in matched for team in teams}
        self.barred = {pair for *_, lists, _ in matched for pair in zip(*lists["conflicts"], strict=True)}
        self.strata = {one["target"]: one["stratum"] for one in expected["drawn"]}
        self.groups: dict[str, dict[str, str]] = {target: {} for target in self.strata}  # inspector: his department
        self.left: dict[str, set[str]] = {}  # by target, who was in its group once: he does not come back by order
        self.taken: set[str] = set()  # reserves that came in
        for group in (group for *_, groups in matched for group in groups):
            for team in group["teams"]:
                self.groups[group["target"]] |= dict.fromkeys(team["members"], team["department"])
        self.loads = Counter(one for group in self.groups.values() for one in group)

    def teams_for(self, target: str) -> list[Json]:
        """The teams that are to send somebody to a target: all, or those that its region or its items concern."""
        where = self.strata[target].partition("@")[2]
        return [team for teams, serves, *_ in self.matched if serves is None or where in serves for team in teams]

    def is_open(self, target: str, department: str) -> bool:
        """Whether a department has fewer people in a target's group than its team is to have."""
        size = next((team["size"] for team in self.teams_for(target) if team["department"] == department), 0)
        return list(self.groups[target].values()).count(department) < size

    def in_order(self, department: str, target: str, out: set[str]) -> list[str]:
        """Who may come into a team, in the order in which they would: by (load, turn), as in the draw."""
        free = [one for one in _able(*self.desks[department]) if (target, one) not in self.barred and one not in out]
        return [one for *_, one in sorted(_place(self.seed, one, self.loads[one]) for one in free)]

    def change(self, one: Json, where: str) -> None:
        """Let somebody leave a group, come into it, or both."""
        target, department, leaving, entering = (one[key] for key in ("target", "department", "leaving", "entering"))
        group = self.groups[target]
        _need(CHANGES.get(one["kind"]) == (leaving != "", entering != ""), where, "变动的类型与出入的人员不符")
        if leaving:
            _need(group.get(leaving) == department, where, f"{leaving} 不在检查组中")
            self.left.setdefault(target, set()).add(leaving)
        else:
            _need(self.is_open(target, department), where, f"{department} 没有空缺")
        _need(entering not in group, where, f"{entering} 已在检查组中")
        if one["way"] == "next-in-order":
            out = {*group, *self.left.get(target, ()), *one["passed"]}
            _need(self.in_order(department, target, out)[:1] == [entering], where, "递补的不是次序上的下一位")
        group.pop(leaving, None)
        if entering:
            group[entering] = department
            self.loads[entering] += 1

    def swap(self, one: Json, where: str) -> None:
        """Let the next reserve of its stratum take a target's place, with a group by the protocol."""
        entering, passed = one["entering"], one["passed"]
        stratum = self.strata[entering] = self.strata[one["target"]]
        waiting = [reserve for reserve in self.reserves[stratum] if reserve not in self.taken]
        _need([*passed, entering] == waiting[: len(passed) + 1], where, "递补的不是备选名单上的下一户")
        self.taken.add(entering)
        del self.groups[one["target"]]
        group = self.groups[entering] = {}
        for team in self.teams_for(entering):
            chosen = self.in_order(team["department"], entering, set(one["absent"]))[: team["size"]]
            group.update((one, team["department"]) for one in chosen)
        _need(one["members"] == [*group], where, f"递补对象的检查组应为 {'、'.join(group) or '空'}")
        self.loads.update([*group])


def _merkle_root(master: bytes, targets: bytes) -> str:
    """RFC 6962, as its section 2.1 defines it: split at the largest power of two below the number of leaves."""

    def root(leaves: list[bytes]) -> bytes:
        if len(leaves) < 2:  # noqa: PLR2004 - one leaf, or none
            return leaves[0] if leaves else hashlib.sha256().digest()
        half = 1 << ((len(leaves) - 1).bit_length() - 1)
        return hashlib.sha256(b"\x01" + root(leaves[:half]) + root(leaves[half:])).digest()

    lines = targets.split(b"\n")[:-1]
    salts = [hashlib.sha256(master + line.split(b"\t")[0]).digest() for line in lines]
    return root([hashlib.sha256(b"\x00" + salt + line).digest() for salt, line in zip(salts, lines, strict=True)]).hex()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _same(one: object, other: object) -> bool:
    """Compare as JSON: Python alone would call 1, 1.0 and true equal."""
    if repr(one) == repr(other):  # the same, keys in the same order: most are
        return True
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_clean(value: object) -> bool:
    text = value if isinstance(value, str) else ""
    return text != "" and text == text.strip() and not CONTROL.search(text) and unicodedata.is_normalized("NFC", text)


def _text(files: Files, name: str) -> str:
    _need(name in files, name, "文件缺失")
    text = files[name].decode("utf-8", "replace")
    _need(text.encode() == files[name], name, "不是 UTF-8 编码")
    _need(text.isascii() or unicodedata.is_normalized("NFC", text), name, "文字不是 NFC 规范形式")
    return text


def _json(files: Files, name: str) -> Json:
    return _object(_text(files, name), name)


def _object(text: str, where: str) -> Json:
    """Read a JSON object; a key that stands twice could be read in two ways and is refused."""

    def once(pairs: list[tuple[str, Any]]) -> Json:
        _need(len(dict(pairs)) == len(pairs), where, "同一个键出现了两次")
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=once, parse_constant=int)  # int("NaN") refuses it
    except (ValueError, RecursionError):
        value = None
    _need(isinstance(value, dict), where, "不是 JSON 对象")
    tidy = "\\u" not in text or unicodedata.is_normalized("NFC", json.dumps(value, ensure_ascii=False))
    _need(tidy, where, "文字不是 NFC 规范形式")
    return dict(value)


def read_bundle(path: Path) -> Files:
    """Read a directory or a .zip into bytes by file name; raises UnreadableError for anything hostile or broken."""
    if not path.exists():
        raise UnreadableError(f"没有找到 {path}，请核对位置和名称")
    try:
        if path.is_dir():
            there = {one.relative_to(path).as_posix(): one for one in path.rglob("*") if one.is_file()}
            files = {name: one.read_bytes() for name, one in there.items() if _is_ours(name)}
            if not files:
                raise UnreadableError(f"文件夹 {path} 里没有抽取包的文件（例如 {NEEDED[0]}）")
            return files
        with zipfile.ZipFile(path) as bundle:
            _refuse_hostile(bundle.infolist())
            return {name: bundle.read(name) for name in bundle.namelist() if _is_ours(name)}
    except (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        why = {PermissionError: "没有读取的权限", RuntimeError: "加了密"}.get(type(error), "不完整或已损坏，请重新下载")
        raise UnreadableError(f"{path.name} {why}") from error


def _is_ours(name: str) -> bool:
    return name in NEEDED + OPTIONAL or PART.fullmatch(name) is not None


def _refuse_hostile(members: list[zipfile.ZipInfo]) -> None:
    """Nothing is written to disk, yet a name that would leave the directory shows that the bundle is not ours."""
    names, size = {member.filename for member in members}, sum(member.file_size for member in members)
    odd = [name for name in names if name.startswith("/") or any(mark in name for mark in ("..", "\\", ":"))]
    uncommon = {member.compress_type for member in members} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    for wrong, why in (
        (odd, f"有不安全的路径：{''.join(odd[:1])}"),
        (len(names) != len(members), "有重名文件"),
        (uncommon, "用了不支持的压缩方法"),
        (size > MAX_UNPACKED, "解开后超过 2 GiB"),
    ):
        if wrong:
            raise UnreadableError(f"压缩包{why}")


def main(arguments: list[str] | None = None) -> int:
    """Check the bundle named on the command line and say so in Chinese; gives the exit code 0, 1 or 2."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        print("用法：python verify.py 抽取包（目录或 .zip）")
        return 2
    try:
        report = check(read_bundle(Path(given[0])))
    except UnreadableError as error:
        print(f"无法校验：{error}")
        return 2
    print(*(f"✓ {line}" for line in report.lines), sep="\n")
    print(*(f"✗ {where}：{what}\n" for where, what in report.findings), sep="", end="")
    print("不通过" if report.findings else "通过：任何人用这个抽取包都会得到同样的结果")
    return 1 if report.findings else 0


def _say(done: int, whole: int) -> None:
    """Tell who waits at a screen how far it is; nothing is told to a file or another program."""
    if sys.stderr.isatty():
        end = "\r" if done + STEP < whole else "\r\033[K"
        print(f"重算签号 {done * 100 // whole:3} %", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
