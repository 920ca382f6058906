"""The command `suicha`: thin; each command reads its settings, calls `app.run` and shows what came of it.

words -> typer -> command -> app.run | app.tour | app.verify     SuichaError -> sentence, what to do, exit 1
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, ClassVar

import structlog
import typer
from rich.console import Console
from rich.progress import Progress, TextColumn
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError
from typer.exceptions import TyperException

from app import archive_cli, bench, run, verify, verify_archive
from app.demo import demo_settings
from app.settings import Settings, check_settings, load_settings
from app.tour.alone import tour_alone
from app.tour.stage import Stage
from inspection.errors import Kind, SuichaError
from services.imports import KINDS, Report

WRONG_WORDS = 2  # exit code for a command line that is none
DEMO_FOLDER = Path("var/demo")
REASONS_SHOWN = 20

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="随查：双随机、一公开联合抽查，从名录到公示。",
)
Config = Annotated[Path, typer.Option("--config", envvar="SUICHA_CONFIG", help="配置文件")]
ServerPort = Annotated[int, typer.Option("--port", min=1, max=65535, help="服务器端口")]
SandboxPort = Annotated[int, typer.Option("--sandbox-port", min=1, max=65535, help="沙箱端口")]
AsJson = Annotated[bool, typer.Option("--json", help="最后一行输出一个 JSON 对象")]


class Register(Enum):
    """What can be imported, as the command line names it."""

    TARGETS = "targets"
    CREDIT = "credit"
    INSPECTORS = "inspectors"
    ITEMS = "items"
    PLAN = "plan"


class ConfigMissingError(SuichaError):
    """没有找到配置文件 {file}。"""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "config-missing"
    action: ClassVar[str] = "请把 config.example.toml 复制为 config.toml 并修改，或用 --config 写明位置。"


class FileMissingError(SuichaError):
    """没有找到文件 {file}。"""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "file-missing"
    action: ClassVar[str] = "请核对文件的位置和名称，数据没有变化。"


class DatabaseError(SuichaError):
    """数据库不能使用：{why}"""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "database"
    action: ClassVar[str] = "请检查配置中的 [storage] database，确认数据库在运行、有权限；数据没有变化。"


class DefectError(SuichaError):
    """程序内部出现错误（{what}）。"""

    code: ClassVar[str] = "defect"
    action: ClassVar[str] = "请设置环境变量 SUICHA_DEBUG=1 再运行一次，把显示的内容告诉开发人员。"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; gives its exit code. Whatever goes wrong is one sentence, never a stack trace."""
    _log_to_stderr()
    try:
        return app(arguments, prog_name="suicha", standalone_mode=False) or 0
    except TyperException as wrong:
        print(f"命令有误：{wrong}　用法请看 suicha --help", file=sys.stderr)  # noqa: T201 this is the screen
        return WRONG_WORDS
    except SuichaError as error:
        return _tell(error)
    except SQLAlchemyError as error:
        return _tell(DatabaseError(why=f"{type(error).__name__}。"))
    except (KeyboardInterrupt, typer.Abort):
        return 1
    except Exception as error:
        if os.environ.get("SUICHA_DEBUG"):
            raise
        return _tell(DefectError(what=type(error).__name__))


def _tell(error: SuichaError) -> int:
    print(f"{error.sentence()}\n{error.action}".rstrip(), file=sys.stderr)  # noqa: T201 this is the screen
    return 1


def _log_to_stderr() -> None:
    """Logs go beside what commands print, as plain lines; a trace never shows the values of variables."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False),
        ],
        logger_factory=lambda *_: _Beside(sys.stderr),
    )


class _Beside(structlog.PrintLogger):
    """A log line that cannot be written is lost alone: whoever asked still gets the answer that it was about."""

    def msg(self, message: str) -> None:
        """Print one line; a pipe whose reader has gone, or a full disk, stops nothing."""
        with suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


@app.command()
def serve(config: Config = Path("config.toml")) -> None:
    """启动服务器（先更新数据库结构），直到收到停止信号。"""
    _do(run.run_server(_settings(config), _stage()))


@app.command()
def demo(
    port: ServerPort = 8080,
    sandbox_port: SandboxPort = 8081,
    folder: Annotated[Path, typer.Option("--folder", help="演示数据的文件夹")] = DEMO_FOLDER,
    *,
    tour: Annotated[bool, typer.Option("--tour/--no-tour", help="第一次启动时完整演示一遍")] = True,
) -> None:
    """启动演示办公室：虚构的数据、企业微信沙箱、可以拨快的时钟。"""
    _do(run.run_demo(folder, (port, sandbox_port), _stage(), tour=tour))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="沙箱端口")] = 8081,
    config: Config = Path("config.toml"),
) -> None:
    """只启动企业微信沙箱；没有配置文件时使用演示办公室的密钥。"""
    settings = load_settings(config) if config.exists() else demo_settings(DEMO_FOLDER, 8080, port)
    _do(run.run_sandbox(settings, port, _stage()))


@app.command("check-config")
def check_config(file: Annotated[Path, typer.Argument(help="配置文件")] = Path("config.toml")) -> int:
    """检查配置文件，逐条列出错误所在的行和原因。"""
    if not file.exists():
        raise ConfigMissingError(file=file)
    _, mistakes = check_settings(file.read_text("utf-8"), dict(os.environ))
    for mistake in mistakes:
        typer.echo(mistake)
    typer.echo(f"{file} 共有 {len(mistakes)} 处错误。" if mistakes else f"{file} 正确。")
    return 1 if mistakes else 0


@app.command("import")
def import_(  # noqa: PLR0913 the options of one command
    register: Annotated[Register, typer.Argument(help="名录种类")],
    file: Annotated[Path, typer.Argument(help="CSV、XLSX 或压缩的 .csv.gz 文件")],
    config: Config = Path("config.toml"),
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查并报告，不写入")] = False,
    source: Annotated[str, typer.Option("--source", help="检查对象属于哪份名录；同一名录中不再出现的会被报告")] = "",
    rejects: Annotated[Path | None, typer.Option("--rejects", help="把未导入的行连同原因写入这个 CSV 文件")] = None,
    as_json: AsJson = False,
) -> None:
    """导入名录：检查对象、信用风险分类、检查人员、抽查事项清单或年度计划。"""
    if not file.is_file():
        raise FileMissingError(file=file)
    order = run.ImportOrder(kind=register.value, path=file, dry_run=dry_run, source=source, rejects=rejects)
    with Progress(*Progress.get_default_columns(), TextColumn("{task.fields[rows]:,} 行"),
                  console=Console(stderr=True), transient=True, disable=as_json) as progress:  # fmt: skip
        bar = progress.add_task("导入", total=None, rows=0)

        def show(done: int, of: int, rows: int) -> None:
            progress.update(bar, completed=done, total=of, rows=rows)

        report = _do(run.import_file(_settings(config), order, show))
    if as_json:
        typer.echo(json.dumps(report.as_data(), ensure_ascii=False, default=str))
    else:
        _show_report(report)
        if rejects is not None and report.data["rejects_file"]:
            typer.echo(f"未导入的 {report.data['rejects_file']} 行已写入 {rejects}，改好后可再导入。")


@app.command("export")
def export(
    register: Annotated[Register, typer.Argument(help="名录种类")],
    file: Annotated[Path, typer.Argument(help="写到哪个文件：.csv 或 .xlsx")],
    config: Config = Path("config.toml"),
    year: Annotated[int, typer.Option("--year", min=0, max=9999, help="只要这一年的计划；0 为全部")] = 0,
) -> None:
    """导出名录；导出的文件再导入时没有变化。"""
    _do(run.export_file(_settings(config), register.value, file, year))
    typer.echo(f"{KINDS[register.value]}已写入 {file}（{file.stat().st_size:,} 字节）。")


app.command("bench")(bench.bench)
app.add_typer(archive_cli.app, name="archive")


@app.command("verify")
def verify_(
    bundle: Annotated[Path, typer.Argument(help="抽取包（文件夹或 .zip），或检查档案 .zip")],
    *,
    key: Annotated[str, typer.Option("--key", help="档案应当由这把密钥封存（编号见 /public/keys.json）")] = "",
    as_json: AsJson = False,
) -> int:
    """独立校验抽取包、检查档案或任务档案：不需要数据库和网络。"""
    sealed = verify_archive.is_archive(bundle)
    if sealed and not as_json:
        return verify_archive.main(bundle, key)
    if not as_json:
        return verify.main([str(bundle)])
    report: verify.Report | verify_archive.Report = verify.Report([], [])
    unreadable = ""
    try:
        report = verify_archive.check(bundle, key) if sealed else verify.check(verify.read_bundle(bundle))
    except verify.UnreadableError as error:
        unreadable = str(error)
    passed = not unreadable and not report.findings
    findings = [{"where": where, "what": what} for where, what in report.findings]
    told = {"ok": passed, "checked": report.lines, "findings": findings, "unreadable": unreadable}
    typer.echo(json.dumps(told, ensure_ascii=False))
    return 0 if passed else 2 if unreadable else 1


@app.command()
def migrate(config: Config = Path("config.toml")) -> None:
    """把数据库结构更新到最新。"""
    _do(run.migrate_once(_settings(config)))
    typer.echo("数据库结构已是最新。")


@app.command()
def menu(config: Config = Path("config.toml")) -> None:
    """在企业微信中创建（或更新）应用菜单。"""
    _do(run.make_app_menu(_settings(config)))
    typer.echo("应用菜单已更新，成员几分钟内可见。")


@app.command()
def tour(
    register: Annotated[Path | None, typer.Option("--register", help="用这份检查对象名录代替虚构的名录")] = None,
    keep: Annotated[Path | None, typer.Option("--keep", help="把演示用的数据库和文件留在这个文件夹")] = None,
    *,
    as_json: AsJson = False,
) -> int:
    """自动演示全过程：导入、抽取、推送、现场检查、审批、公示、催办，并逐项核对。"""
    if register is not None and not register.is_file():
        raise FileMissingError(file=register)
    stage = _stage()
    try:
        outcome = _do(tour_alone(stage, register, keep))
    except SuichaError as error:
        if as_json:
            typer.echo(json.dumps({"ok": False, "error": error.sentence()}, ensure_ascii=False))
        raise
    stage.say(run.closing_words(outcome))
    if as_json:
        typer.echo(json.dumps(outcome.as_data(), ensure_ascii=False))
    return 0 if outcome.ok else 1


def _settings(config: Path) -> Settings:
    if not config.exists():
        raise ConfigMissingError(file=config)
    return load_settings(config)


def _stage() -> Stage:
    return Stage(Console())


def _do(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def _show_report(report: Report) -> None:
    console, data = Console(), report.data
    table = Table(
        "读取", "新增", "变更", "未变", "名录中已消失", "拒绝", title=f"{KINDS[report.kind]}：{report.file_name}"
    )
    table.add_row(
        *(str(data[name]) for name in ("read", "added", "changed", "unchanged", "vanished", "rejected_count"))
    )
    console.print(table)
    for one in report.rejected[:REASONS_SHOWN]:
        console.print(f"第 {one.row} 行 {one.field}：{one.reason}（{one.value}）", markup=False, highlight=False)
    if data["rejected_count"] > REASONS_SHOWN:
        console.print(f"……另有 {data['rejected_count'] - REASONS_SHOWN} 行，到工作台下载未导入清单，改好后再导入。")
    for note in data["notes"]:
        console.print(f"{note}。", markup=False, highlight=False)
    if data["unknown_columns"]:
        console.print(f"没有使用的列：{'、'.join(data['unknown_columns'])}", markup=False)
    console.print("试导入，没有写入。" if report.dry_run else "已写入。")


if __name__ == "__main__":
    sys.exit(main())
