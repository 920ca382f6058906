"""D2, D4, D7, D11, E5: the auditor's checker passes what is true and names what was tampered with.

`raw` mutations change a file; `forged` ones also mend the announcement's hashes and the seed, as an insider would.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import verify
from inspection.draw.announcement import Mode
from inspection.draw.result import run_draw
from inspection.errors import SuichaError

LISTS = ("targets", "inspectors", "conflicts", "excluded")


def whole(files, name):
    return json.loads(files[name])


def with_json(files, name, value):
    return files | {name: json.dumps(value, ensure_ascii=False, indent=1).encode()}


def edit(name, *path, to):
    """Make a mutation that sets one value inside a JSON file; a function as `to` gets the old value."""

    def change(files):
        value = inner = whole(files, name)
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = (
            to(inner.get(path[-1]) if isinstance(inner, dict) else inner[path[-1]]) if callable(to) else to
        )
        return with_json(files, name, value)

    return change


def lines(name, change):
    """Make a mutation that changes the list of a file's lines, and of nothing else."""

    def act(files):
        return files | {name: b"".join(line + b"\n" for line in change(files[name].split(b"\n")[:-1]))}

    return act


def mend(files):
    """Announce the lists as they now are and follow the seed through, leaving result.json: an insider's forgery."""
    announcement = whole(files, "announcement.json")
    for name in LISTS:
        data = files[f"{name}.tsv"]
        announcement[name] |= {"count": data.count(b"\n"), "sha256": sha256(data).hexdigest()}
    announcement["scope"]["count"] = announcement["targets"]["count"] + announcement["excluded"]["count"]
    return reseed(with_json(files, "announcement.json", announcement))


def reseed(files):
    sources = whole(files, "announcement.json")["sources"]
    values = whole(files, "seed.json")["values"]
    told = "".join(f"{source['name']}={values.get(source['name'])}\n" for source in sources)
    text = f"suicha-draw/1\n{sha256(files['announcement.json']).hexdigest()}\n{told}"
    return with_json(files, "seed.json", {"values": values, "seed": sha256(text.encode()).hexdigest()})


def forged(change):
    return lambda files: mend(change(files))


def swap(items):
    return [items[1], items[0], *items[2:]]


def first(mark, to):
    return lambda items: [items[0].replace(mark, to, 1), *items[1:]]


ANN, SEED, RESULT, PUB = "announcement.json", "seed.json", "result.json", "published.json"
TAMPERING = {
    # the lists, plainly edited
    "a target removed": (lines("targets.tsv", lambda x: x[1:]), "targets.tsv", "SHA-256"),
    "a target added": (lines("targets.tsv", lambda x: [*x, b"Z\tA\t1"]), "targets.tsv", "SHA-256"),
    "tickets raised": (lines("targets.tsv", first(b"\t1", b"\t9")), "targets.tsv", "SHA-256"),
    "an inspector removed": (lines("inspectors.tsv", lambda x: x[1:]), "inspectors.tsv", "SHA-256"),
    "a recusal removed": (lines("conflicts.tsv", lambda x: x[1:]), "conflicts.tsv", "SHA-256"),
    "an exclusion removed": (lines("excluded.tsv", lambda x: x[1:]), "excluded.tsv", "SHA-256"),
    "a file removed": (lambda files: {k: v for k, v in files.items() if k != "conflicts.tsv"}, "conflicts.tsv", "缺失"),
    # the lists, with hashes and seed mended
    "lists: unsorted": (forged(lines("targets.tsv", swap)), "targets.tsv 第 2 行", "排序"),
    "lists: twice": (forged(lines("targets.tsv", lambda x: [x[0], *x])), "targets.tsv 第 2 行", "重复"),
    "lists: no tickets": (forged(lines("targets.tsv", first(b"\t1", b"\t0"))), "targets.tsv 第 1 行", "签数"),
    "lists: too many tickets": (forged(lines("targets.tsv", first(b"\t1", b"\t1001"))), "targets.tsv 第 1 行", "签数"),
    "lists: slash": (forged(lines("targets.tsv", first(b"T0", b"T/0"))), "targets.tsv 第 1 行", "/"),
    "lists: CRLF": (forged(lines("targets.tsv", lambda x: [one + b"\r" for one in x])), "targets.tsv 第 1 行", "LF"),
    "lists: missing field": (forged(lines("conflicts.tsv", lambda x: [*x[:0], b"*"])), "conflicts.tsv 第 1 行", "字段"),
    "lists: no last LF": (
        forged(lambda f: f | {"excluded.tsv": f["excluded.tsv"] + b"z\tx"}),
        "excluded.tsv",
        "LF",
    ),
    "lists: not UTF-8": (forged(lines("excluded.tsv", lambda x: [*x, b"\xff\tx"])), "excluded.tsv", "UTF-8"),
    "lists: not NFC": (forged(lines("excluded.tsv", lambda x: [*x, "e\u0301\tx".encode()])), "excluded.tsv", "NFC"),
    "lists: skills unsorted": (
        forged(lines("inspectors.tsv", lambda x: [*x, b"z\tfire\tgas,food"])),
        "inspectors.tsv 第 17 行",
        "技能",
    ),
    "lists: exclusion without reason": (
        forged(lines("excluded.tsv", lambda x: [*x, b"Z\t"])),
        "excluded.tsv 第 3 行",
        "理由",
    ),
    "lists: in the pool and out": (forged(lines("excluded.tsv", lambda x: [b"T001\tkey-list", *x])), "范围", "T001"),
    "lists: a friend moved to another stratum": (forged(lines("targets.tsv", first(b"A", b"B"))), "strata", "不符"),
    "lists: a friend left out in silence": (forged(lines("targets.tsv", lambda x: x[1:])), "strata", "不符"),
    "lists: a reason recoloured": (
        forged(lines("excluded.tsv", first(b"yearly-limit", b"key-list"))),
        "excluded.reasons",
        "不符",
    ),
    "lists: a recusal removed, all mended": (forged(lines("conflicts.tsv", lambda x: x[1:])), "result.json", "重算"),
    # the announcement
    "protocol": (edit(ANN, "protocol", to="suicha-draw/2"), ANN, "protocol"),
    "mode unknown": (edit(ANN, "mode", to="friend"), ANN, "mode"),
    "no draw id": (edit(ANN, "draw_id", to=""), ANN, "draw_id"),
    "time without zone": (edit(ANN, "frozen_at", to="2026-11-20T09:00:00"), ANN, "frozen_at"),
    "count wrong": (edit(ANN, "targets", "count", to=79), "targets.tsv", "79"),
    "count as a float": (edit(ANN, "targets", "count", to=80.0), "targets.tsv", "80.0"),
    "scope wrong": (edit(ANN, "scope", "count", to=83), "范围", "83"),
    "root not hex": (edit(ANN, "targets", "merkle_root", to="root"), ANN, "merkle_root"),
    "quota negative": (edit(ANN, "strata", 0, "quota", to=-1), ANN, "quota"),
    "strata reversed": (edit(ANN, "strata", to=lambda x: x[::-1]), ANN, "排序"),
    "team of nobody": (edit(ANN, "teams", 0, "size", to=0), ANN, "人数"),
    "no teams": (edit(ANN, "teams", to=[]), ANN, "teams"),
    "a key missing": (edit(ANN, "scope", to={}), "文件格式", "KeyError"),
    "a key twice": (
        lambda f: f | {ANN: f[ANN].replace(b'"mode"', b'"mode": "order",\n "mode"', 1)},
        ANN,
        "两次",
    ),
    "not JSON": (lambda f: f | {ANN: b"{"}, ANN, "JSON"),
    "NaN": (lambda f: f | {ANN: f[ANN].replace(b'"reserves": 20', b'"reserves": NaN')}, ANN, "JSON"),
    "nested without end": (lambda f: f | {ANN: b"[" * 100_000}, ANN, "JSON"),
    "only system sources": (edit(ANN, "sources", to=lambda x: x[:1]), "sources", "不是 system"),
    "sources out of order": (edit(ANN, "sources", to=lambda x: [x[0], x[2], x[1]]), "sources", "次序"),
    "source twice": (edit(ANN, "sources", 1, "name", to="server"), "sources", "重复"),
    "source of another kind": (edit(ANN, "sources", 1, "kind", to="clock"), "sources", "之内"),
    "no commitment": (edit(ANN, "sources", 0, "commitment", to=None), "sources", "承诺"),
    "public source without note": (edit(ANN, "sources", 2, "note", to=" "), "sources", "取哪个值"),
    "a space changed after the draw": (lambda f: f | {ANN: f[ANN] + b" "}, SEED, "种子应为"),
    "a quota raised after the draw": (forged(edit(ANN, "strata", 3, "quota", to=5)), RESULT, "重算"),
    # the seed
    "seed replaced": (edit(SEED, "seed", to="0" * 64), SEED, "种子应为"),
    "a value replaced": (edit(SEED, "values", "监督员", to="31446"), SEED, "种子应为"),
    "the server's value replaced": (edit(SEED, "values", "server", to="00" * 32), SEED, "承诺"),
    "a value missing": (edit(SEED, "values", to=lambda x: dict(list(x.items())[:2])), SEED, "彩票"),
    "a value too many": (edit(SEED, "values", "经办人", to="7"), SEED, "经办人"),
    "a value with a line break": (edit(SEED, "values", "监督员", to="1\n2"), SEED, "控制字符"),
    "a value with a blank": (edit(SEED, "values", "监督员", to="31445 "), SEED, "空白"),
    # the result
    "a target swapped for another": (edit(RESULT, "drawn", 0, "target", to="T079"), "drawn 第 1 项", "应为"),
    "draw order changed": (edit(RESULT, "drawn", to=swap), "drawn 第 1 项", "应为"),
    "a drawn target dropped": (edit(RESULT, "drawn", to=lambda x: x[:-1]), "drawn", "应有 11"),
    "ticket as a float": (edit(RESULT, "drawn", 0, "ticket", to=float), "drawn 第 1 项", "应为"),
    "a cutoff changed": (edit(RESULT, "cutoffs", "A", to="0" * 64), "cutoffs", "重算"),
    "reserves reordered": (edit(RESULT, "reserves", "A", to=swap), "reserves", "重算"),
    "a favoured inspector put in": (
        edit(RESULT, "groups", 0, "teams", 0, "members", 0, to="i03"),
        "groups 第 1 项",
        "应为",
    ),
    "another leader": (edit(RESULT, "groups", 0, "leader", to="i03"), "groups 第 1 项", "应为"),
    "a short team hidden": (edit(RESULT, "groups", 0, "teams", 0, "short", to=1), "groups 第 1 项", "应为"),
    "a group dropped": (edit(RESULT, "groups", to=lambda x: x[1:]), "groups", "应有 11"),
    "another draw's id": (edit(RESULT, "draw_id", to="2026-004"), "draw_id", "重算"),
    "a key added": (edit(RESULT, "remark", to=""), RESULT, "remark"),
    # what is published
    "published: drawn ids": (edit(PUB, "drawn", to=swap), "published.json 的 drawn", "不符"),
    "published: fingerprint": (edit(PUB, "fingerprint", to="0" * 64), "fingerprint", "不符"),
    "published: result of another layout": (
        lambda f: f | {RESULT: f[RESULT] + b"\n"},
        "result_sha256",
        "不符",
    ),
    "published: a score leaks": (edit(PUB, "groups", 0, "score", to="0" * 64), "published.json 的 groups", "不应公开"),
    "published: cutoffs leak": (edit(PUB, "cutoffs", to={}), PUB, "cutoffs"),
    "published: a team's size": (edit(PUB, "groups", 0, "teams", 0, "size", to=3), PUB, "不符"),
    "published: too many names": (edit(PUB, "groups", 0, "teams", 0, "names", to=["甲"] * 3), PUB, "姓名"),
    "published: names are not texts": (edit(PUB, "groups", 0, "teams", 0, "names", to=[{"id": "i05"}]), PUB, "姓名"),
    # the tree
    "tree: another master": (lambda f: f | {"master.hex": b"00" * 32}, "merkle_root", "应为"),
    "tree: no master": (lambda f: f | {"master.hex": b"secret"}, "master.hex", "十六进制"),
}


@pytest.mark.parametrize("case", TAMPERING)
def test_tampering_is_refused_with_its_place_and_reason(make, case):
    """D4, E5, D11: every kind of change is found, and the first finding says what and where."""
    change, where, what = TAMPERING[case]
    report = verify.check(change(make()))
    assert report.findings, "the change went unnoticed"
    place, reason = report.findings[0]
    assert where in place
    assert what in reason


@pytest.mark.parametrize("mode", list(Mode))
def test_a_true_bundle_passes_in_every_mode(make, mode):
    """D2, D7, A8: what the product draws, the checker draws too, master and publication included."""
    files = make(mode=mode) | {"master.hex": bytes(range(32)).hex().encode()}
    assert verify.check(files).findings == []


def test_key_order_and_layout_of_the_result_do_not_matter_to_truth(make):
    """D11: another layout says the same; only what is published holds the bytes."""
    files = make()
    del files[PUB]
    files[RESULT] = json.dumps(whole(files, RESULT), sort_keys=True).encode()
    assert verify.check(files).findings == []


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([ANN, SEED, RESULT, *(f"{name}.tsv" for name in LISTS)]), st.data())
def test_no_flipped_byte_goes_unnoticed_or_breaks_anything(double, name, data):
    """D4: any byte of any file, changed to any other, is found by both implementations, and crashes neither."""
    place = data.draw(st.integers(0, len(double[name]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != double[name][place]))
    flipped = double | {name: double[name][:place] + bytes([byte]) + double[name][place + 1 :]}
    same_value = name in (SEED, RESULT) and json_or_none(flipped[name]) == whole(double, name)
    assert bool(verify.check(flipped).findings) is not same_value
    if name != RESULT and not same_value:
        with pytest.raises(SuichaError):
            run_draw(flipped)


def json_or_none(data):
    try:
        return json.loads(data)
    except ValueError:
        return None


# --- as an auditor uses it ---------------------------------------------------------------------------------------


def put(folder, files):
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def pack(path, files, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return path


def test_it_stands_alone_outside_the_repository(tmp_path, double):
    """D11: copied to another place, with no path to our code, it checks a directory: exit code 0."""
    script = shutil.copy(verify.__file__, tmp_path / "verify.py")
    bundle = put(tmp_path / "bundle", double)
    done = subprocess.run(  # noqa: S603 - our own script, isolated from the environment by -I
        [sys.executable, "-I", "-X", "utf8", script, bundle],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "通过" in done.stdout.splitlines()[-1]
    assert "不通过" not in done.stdout


def test_exit_codes_and_sentences(tmp_path, make, capsys):
    """D11: 0 passed, 1 failed with the reason, 2 cannot be read."""
    files = make()
    assert verify.main([str(pack(tmp_path / "good.zip", files))]) == 0
    bad = pack(tmp_path / "bad.zip", TAMPERING["draw order changed"][0](files))
    assert verify.main([str(bad)]) == 1
    assert "✗ result.json 的 drawn 第 1 项：应为" in capsys.readouterr().out
    assert verify.check(verify.read_bundle(bad)).findings[0][0] == "result.json 的 drawn 第 1 项"
    (tmp_path / "text.zip").write_text("no zip")
    assert verify.main([str(tmp_path / "text.zip")]) == 2
    assert verify.main([str(tmp_path / "nothing")]) == 2
    assert verify.main([]) == 2
    assert "无法校验" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../targets.tsv", "/etc/x", "a/../../x", "..\\x", "C:x"])
def test_a_zip_that_would_leave_its_directory_is_not_opened(tmp_path, make, name):
    """D11: hostile member names are refused before anything is read."""
    path = pack(tmp_path / "evil.zip", make() | {name: b"x"})
    with pytest.raises(verify.UnreadableError, match="不安全"):
        verify.read_bundle(path)


def test_a_zip_that_grows_too_large_is_not_opened(tmp_path, make, monkeypatch):
    """D11: the announced unpacked size is limited to 2 GiB."""
    assert verify.MAX_UNPACKED == 2 * 1024**3
    monkeypatch.setattr(verify, "MAX_UNPACKED", 1000)
    with pytest.raises(verify.UnreadableError, match="2 GiB"):
        verify.read_bundle(pack(tmp_path / "large.zip", make()))


def test_broken_double_and_foreign_zips_are_not_opened(tmp_path, make):
    """D11: a damaged member, a name that stands twice and an uncommon compression are refused in one sentence."""
    stored = pack(tmp_path / "stored.zip", make(), zipfile.ZIP_STORED)
    damaged = stored.read_bytes().replace(b"yearly-limit", b"yearly-limiT", 1)
    (tmp_path / "damaged.zip").write_bytes(damaged)
    with pytest.raises(verify.UnreadableError):
        verify.read_bundle(tmp_path / "damaged.zip")
    with pytest.raises(verify.UnreadableError, match="压缩方法"):
        verify.read_bundle(pack(tmp_path / "lzma.zip", make(), zipfile.ZIP_LZMA))
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as bundle:
        bundle.writestr(RESULT, b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            bundle.writestr(RESULT, b"2")
    with pytest.raises(verify.UnreadableError, match="重名"):
        verify.read_bundle(tmp_path / "twice.zip")


def test_what_cannot_be_read_is_said_in_one_chinese_sentence(tmp_path, make, capsys):
    """D11: a name that is not there, an empty folder, half a download, a secret one: exit code 2, no English reason."""
    whole = pack(tmp_path / "whole.zip", make())
    (tmp_path / "half.zip").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (tmp_path / "damaged.zip").write_bytes(
        pack(tmp_path / "stored.zip", make(), zipfile.ZIP_STORED).read_bytes().replace(b"yearly-l", b"yearly-L", 1)
    )
    secret = bytearray(whole.read_bytes())
    directory = secret.index(b"PK\x01\x02")
    secret[directory + 8] |= 1
    (tmp_path / "secret.zip").write_bytes(secret)
    (tmp_path / "empty").mkdir()
    for name, words in (
        ("nothing.zip", "没有找到"),
        ("empty", "没有抽取包的文件"),
        ("half.zip", "重新下载"),
        ("damaged.zip", "重新下载"),
        ("secret.zip", "加了密"),
    ):
        assert verify.main([str(tmp_path / name)]) == 2, name
        told = capsys.readouterr().out
        assert told.startswith("无法校验：")
        assert words in told
        assert "Errno" not in told
        assert len(told.splitlines()) == 1


def test_it_tells_how_far_it_is(make, monkeypatch):
    """D11: a large list is hashed in steps, and each step is told."""
    monkeypatch.setattr(verify, "STEP", 30)
    told = []
    assert verify.check(make(), lambda done, whole: told.append((done, whole))).findings == []
    assert told == [(0, 80), (30, 80), (60, 80)]


def test_it_imports_nothing_of_the_house():
    """D11: the checker is independent: standard library only."""
    source = Path(verify.__file__).read_text(encoding="utf-8")
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names
