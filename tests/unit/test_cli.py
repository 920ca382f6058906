"""The command line: Chinese sentences, exit codes, no stack trace; what each command does through its own door."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from app import samples
from app.cli import main
from app.demo import free_port
from models.base import KEYS
from models.sheets import open_sheet, write_csv
from tests.conftest import demo_config
from tests.odd_tables import HOSTILE

REPOSITORY = Path(__file__).resolve().parents[2]
VECTORS = REPOSITORY / "tests" / "unit" / "draw" / "vectors"
COUNTS = ("read", "added", "changed", "unchanged")


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A demo's configuration whose paths are its own folder's."""
    yield demo_config(tmp_path)
    KEYS.load({"1": bytes(32)}, "1")  # the command loaded the demo's own


@pytest.fixture
def items(tmp_path: Path) -> Path:
    file = tmp_path / "items.csv"
    file.write_bytes(write_csv(samples.ITEM_HEADERS, samples.sample_items()))
    return file


def imported(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["import", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def counts(report: dict) -> tuple[int, ...]:
    return tuple(report[name] for name in COUNTS)


def test_the_example_configuration_is_right(capsys):
    """Issue 2, house rules: config.example.toml passes `suicha check-config`."""
    assert main(["check-config", str(REPOSITORY / "config.example.toml")]) == 0
    assert "正确" in capsys.readouterr().out


def test_every_mistake_is_named_with_its_line_and_reason(tmp_path, capsys):
    """Issue 2, house rules: the line and the reason for each mistake, all of them at once."""
    text = (REPOSITORY / "config.example.toml").read_text("utf-8")
    wrong = text.replace("port = 8080", 'port = "eighty"', 1).replace("[rules]", "[rules]\nremnd = 3", 1)
    file = tmp_path / "config.toml"
    file.write_text(wrong, "utf-8")
    lines = wrong.splitlines()
    port, typo = lines.index('port = "eighty"') + 1, lines.index("remnd = 3") + 1
    assert main(["check-config", str(file)]) == 1
    out = capsys.readouterr().out
    assert f"第 {port} 行 server.port" in out
    assert f"第 {typo} 行 rules.remnd：没有这个配置项，可能拼写有误" in out
    assert "共有 2 处错误" in out


def test_a_broken_toml_is_one_sentence_with_its_line(tmp_path, capsys):
    """Issue 2, house rules: what is no TOML at all is said with its line too."""
    file = tmp_path / "config.toml"
    file.write_text("[server]\nport = = 3\n", "utf-8")
    assert main(["check-config", str(file)]) == 1
    assert "第 2 行" in capsys.readouterr().out


@pytest.mark.parametrize("vector", ["double", "inspectors", "order", "targets"])
def test_the_vectors_verify(vector, capsys):
    """Issue 2 item 2: `suicha verify BUNDLE` passes the project's vectors."""
    assert main(["verify", str(VECTORS / vector)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("通过")


def test_another_program_is_told_in_json(tmp_path, capsys):
    """D11: `suicha verify --json` says what was checked and found, with the same exit codes."""
    good = VECTORS / "double"
    bad = Path(shutil.copytree(good, tmp_path / "bad"))
    (bad / "targets.tsv").write_bytes((good / "targets.tsv").read_bytes()[:-1])
    for bundle, code in ((good, 0), (bad, 1), (tmp_path / "nothing", 2)):
        assert main(["verify", str(bundle), "--json"]) == code
        told = json.loads(capsys.readouterr().out)
        assert told["ok"] is (code == 0)
        assert bool(told["findings"]) is (code == 1)
        assert ("没有找到" in told["unreadable"]) is (code == 2)


def test_a_bundle_that_was_touched_does_not_verify(tmp_path, capsys):
    """Issue 2 item 2: one target less in the list, and `suicha verify` says no."""
    bundle = shutil.copytree(VECTORS / "double", tmp_path / "bundle")
    lines = (bundle / "targets.tsv").read_bytes().splitlines(keepends=True)
    (bundle / "targets.tsv").write_bytes(b"".join(lines[1:]))
    assert main(["verify", str(bundle)]) == 1
    assert "不通过" in capsys.readouterr().out


def test_a_dry_run_says_what_would_be_and_writes_nothing(config, items, capsys):
    """Issue 2 item 1: read, added, changed, unchanged, rejected; a dry run leaves everything as it was."""
    many = len(samples.sample_items())
    arguments = ("items", str(items), "--config", str(config))
    assert counts(imported(capsys, *arguments, "--dry-run")) == (many, many, 0, 0)
    assert counts(imported(capsys, *arguments, "--dry-run")) == (many, many, 0, 0)
    assert counts(imported(capsys, *arguments)) == (many, many, 0, 0)
    assert counts(imported(capsys, *arguments)) == (many, 0, 0, many)


def test_a_wrong_code_is_rejected_with_row_field_and_reason_and_the_rest_goes_in(config, tmp_path, capsys):
    """Issue 2 item 1, B5: a wrong code is rejected, the rest goes in; also from a .csv.gz."""
    rows = samples.sample_targets(20)
    rows[4][1] = rows[4][1][:-1] + ("0" if rows[4][1][-1] != "0" else "1")
    file = tmp_path / "targets.csv.gz"
    file.write_bytes(gzip.compress(write_csv(samples.TARGET_HEADERS, rows)))
    report = imported(capsys, "targets", str(file), "--config", str(config))
    assert counts(report) == (20, 19, 0, 0)
    assert [(one["row"], one["value"]) for one in report["rejected"]] == [(6, rows[4][1])]
    assert report["rejected"][0]["reason"]


def test_a_hostile_file_is_one_sentence_and_touches_no_database(config, tmp_path, capsys):
    """B5: every hostile file by `suicha import`: exit 1, one sentence and what to do, not even a database is made."""
    for number, (what, (kind, name, data, words)) in enumerate(HOSTILE.items()):
        file = tmp_path / str(number) / name
        file.parent.mkdir()
        file.write_bytes(data)
        assert main(["import", kind, str(file), "--config", str(config)]) == 1, what
        sentence, action = capsys.readouterr().err.strip().splitlines()
        assert re.search(words, sentence), (what, sentence)
        assert action
    assert not list(tmp_path.glob("suicha.db*"))


def test_what_is_odd_about_a_table_is_said(config, tmp_path, capsys):
    """B5: which of two columns of one name is read stands below the figures."""
    (name, code, *_), file = samples.sample_targets(1)[0], tmp_path / "名录.csv"
    file.write_bytes(write_csv(["名称", "统一社会信用代码", "企业名称"], [["别名", code, name]]))
    assert main(["import", "targets", str(file), "--config", str(config)]) == 0
    assert "有 2 列都是“企业名称”：读取的是 C 列“企业名称”，没有读取 A 列“名称”。" in capsys.readouterr().out


def test_rejects_to_a_file_are_mended_and_go_in_and_out_again(config, tmp_path, capsys):
    """B5: --rejects writes the wrong rows with their reasons; mended they go in; the export imports unchanged."""
    rows = samples.sample_targets(6)
    right, rows[2][1], rows[2][0] = rows[2][1], rows[2][1][:17] + "I", "=cmd|'x'!A0"
    file, rejects, whole = tmp_path / "名录.csv", tmp_path / "未导入.csv", tmp_path / "导出.xlsx"
    file.write_bytes(write_csv(samples.TARGET_HEADERS, rows))
    options = ("--config", str(config))
    for dry in (["--dry-run"], []):
        rejects.unlink(missing_ok=True)
        assert main(["import", "targets", str(file), "--rejects", str(rejects), *dry, *options]) == 0
        assert "未导入的 1 行已写入" in capsys.readouterr().out
        header, row = list(open_sheet("未导入.csv", rejects))
        assert (header[-1], row[0], row[-1].startswith("统一社会信用代码：")) == ("未导入原因", "=cmd|'x'!A0", True)
    rejects.write_bytes(write_csv(header, [[row[0], right, *row[2:]]]))
    report = imported(capsys, "targets", str(rejects), *options)
    assert (counts(report), report["vanished"]) == ((1, 1, 0, 0), 0)
    assert main(["export", "targets", str(whole), *options]) == 0
    assert counts(imported(capsys, "targets", str(whole), *options)) == (6, 0, 0, 6)
    assert main(["export", "plan", str(tmp_path / "no" / "a.csv"), *options]) == 1
    assert "不能写入" in capsys.readouterr().err


def test_a_report_for_people_shows_counts_and_rejected_rows(config, tmp_path, capsys):
    """Issue 2 item 1: each file gets a report; in a terminal's absence as plain lines."""
    rows = samples.sample_targets(3)
    rows[1][1] = "不是代码"
    file = tmp_path / "名录.csv"
    file.write_bytes(write_csv(samples.TARGET_HEADERS, rows))
    assert main(["import", "targets", str(file), "--config", str(config)]) == 0
    out = capsys.readouterr().out
    assert "检查对象：名录.csv" in out
    assert "第 3 行" in out
    assert "已写入" in out


def test_a_broken_file_changes_nothing(config, items, tmp_path, capsys):
    """Issue 2 item 1: a broken file is one sentence, and changes nothing."""
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(items.read_bytes())[:-30])
    assert main(["import", "items", str(cut), "--config", str(config)]) == 1
    told = capsys.readouterr()
    assert "cut.csv.gz" in told.err
    assert "Traceback" not in told.err
    many = len(samples.sample_items())
    assert counts(imported(capsys, "items", str(items), "--config", str(config), "--dry-run")) == (many, many, 0, 0)


def test_migrate_makes_the_tables_and_says_so(config, tmp_path, capsys):
    """The database is brought up to date; twice is harmless."""
    assert main(["migrate", "--config", str(config)]) == 0
    assert main(["migrate", "--config", str(config)]) == 0
    assert "最新" in capsys.readouterr().out
    assert (tmp_path / "suicha.db").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["serve", "--config", "nowhere.toml"], "没有找到配置文件 nowhere.toml", 1),
        (["check-config", "nowhere.toml"], "没有找到配置文件 nowhere.toml", 1),
        (["import", "targets", "nowhere.csv"], "没有找到文件 nowhere.csv", 1),
        (["tour", "--register", "nowhere.csv"], "没有找到文件 nowhere.csv", 1),
        (["import", "people", "x.csv"], "命令有误", 2),
        (["dance"], "命令有误", 2),
    ],
)
def test_a_mistake_is_a_sentence_on_stderr(arguments, words, code, capsys):
    """Interfaces and errors people meet: Chinese, with what to do, on stderr, never a stack trace."""
    assert main(arguments) == code
    told = capsys.readouterr()
    assert words in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


def test_a_database_that_is_away_is_a_sentence(config, capsys, monkeypatch):
    """A database that does not answer: one sentence without the address or the password, exit 1."""
    monkeypatch.setenv(
        "SUICHA__STORAGE__DATABASE", f"postgresql+psycopg://someone:secretword@127.0.0.1:{free_port()}/x"
    )
    assert main(["migrate", "--config", str(config)]) == 1
    told = capsys.readouterr().err
    assert told.startswith("数据库不能使用")
    assert "secretword" not in told


def test_a_defect_shows_no_trace(monkeypatch, capsys, config):
    """What nobody foresaw is one sentence as well; SUICHA_DEBUG=1 shows the rest to developers."""

    def breaks(*_: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr("app.run.migrate_once", breaks)
    assert main(["migrate", "--config", str(config)]) == 1
    assert capsys.readouterr().err.startswith("程序内部出现错误（ZeroDivisionError）")
    monkeypatch.setenv("SUICHA_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["migrate", "--config", str(config)])


def test_a_taken_port_is_one_clear_sentence(tmp_path, capsys):
    """Issue 2, real parts: a taken port gets one clear sentence."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ports = ["--port", str(free_port()), "--sandbox-port", port]
        assert main(["demo", "--folder", str(tmp_path / "demo"), *ports]) == 1
    KEYS.load({"1": bytes(32)}, "1")
    told = capsys.readouterr().err
    assert told.startswith(f"端口 {port} 已被其他程序占用。")
    assert "Traceback" not in told


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_opens_tells_where_and_stops_cleanly(how, tmp_path):
    """Issue 2, real parts: it prints where console, sandbox and public page are, and ends in good order."""
    port, sandbox_port = free_port(), free_port()
    words = ["demo", "--no-tour", "--folder", str(tmp_path), "--port", str(port), "--sandbox-port", str(sandbox_port)]
    command = [sys.executable, "-m", "app.cli", *words]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 our own command
        assert process.stdout is not None
        said = ""
        while "登录：" not in said:
            line = process.stdout.readline().decode()
            assert line, "it ended before it opened"
            said += line
        process.send_signal(how)
        rest, wrong = process.communicate(timeout=30)
    assert f"http://127.0.0.1:{port}/console/" in said
    assert f"http://127.0.0.1:{sandbox_port}/" in said
    assert f"http://127.0.0.1:{port}/public" in said
    assert process.returncode == 0
    assert "已停止" in rest.decode()
    assert wrong == b""


def test_a_log_that_nobody_reads_stops_nothing(monkeypatch):
    """Standard error is a pipe whose reader has gone: the line is lost, not the answer that it was about."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", buffering=1, encoding="utf-8") as gone:
        with pytest.raises(BrokenPipeError):
            gone.write("so it is\n")
        monkeypatch.setattr(sys, "stderr", gone)
        assert main(["check-config", str(REPOSITORY / "config.example.toml")]) == 0
        structlog.get_logger().error("a defect")
        with suppress(BrokenPipeError):
            gone.close()
