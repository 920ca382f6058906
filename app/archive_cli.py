"""`suicha archive`: an archive out of the store into a file, and one from elsewhere in, to be read.

import: checked (app.verify_archive) -> files to the store -> rows in one transaction        export: blob -> file
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app import run, verify_archive
from app.settings import Settings, load_settings
from inspection.actors import SYSTEM
from inspection.errors import InvalidInputError
from models.blobs import Digest
from models.store import destructions
from models.store import imported as store
from services.act import Act
from services.results import imported

app = typer.Typer(no_args_is_help=True, help="检查档案和任务档案：导出到文件，导入他处的档案供查阅。")
Config = Annotated[Path, typer.Option("--config", envvar="SUICHA_CONFIG", help="配置文件")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="档案 .zip")],
    config: Config = Path("config.toml"),
    key: Annotated[str, typer.Option("--key", help="档案应当由这把密钥封存（移交单位公开的编号）")] = "",
) -> None:
    """导入他处封存的档案，只供查阅，不与本办公室的数据混合；同一文件再导入没有变化。"""
    if not file.is_file():
        raise InvalidInputError(what=f"文件“{file}”", why="没有找到。")
    number, new = asyncio.run(_import(load_settings(config), file, key))
    typer.echo(f"已导入 {number}，在工作台“检查档案”查阅。" if new else f"{number} 此前已经导入，没有变化。")
    if not key:
        typer.echo("没有指定密钥：只能说明封存后没有改动，请用 --key 核对是谁封存的。")


@app.command("export")
def export(
    number: Annotated[str, typer.Argument(help="档案编号，例如 市场抽查〔2026〕1号-D1")],
    file: Annotated[Path, typer.Argument(help="写到哪个文件")],
    config: Config = Path("config.toml"),
) -> None:
    """把本办公室的一份档案写到文件，可以用 suicha verify 校验。"""
    size = asyncio.run(_export(load_settings(config), number, file))
    typer.echo(f"{number} 已写入 {file}（{size:,} 字节）。")


async def _import(settings: Settings, file: Path, key: str) -> tuple[str, bool]:
    report = await asyncio.to_thread(verify_archive.check, file, key)
    imported.refuse_wrong(file.name, report.findings)
    async with run.house_of(settings) as parts:
        async with parts.database.read() as db:
            await imported.refuse_unwanted(Act(db=db, actor=SYSTEM, now=parts.clock(), house=parts.house), file)
        opened = await imported.open_checked(parts.house.blobs, file)
        async with parts.database.write() as db:
            act = Act(db=db, actor=SYSTEM, now=parts.clock(), house=parts.house)
            row, new = await imported.take(act, opened, key_named=bool(key))
            return row.number, new


async def _export(settings: Settings, number: str, file: Path) -> int:
    draft = file.with_name(f".{file.name}.draft")
    try:
        async with run.house_of(settings) as parts:
            async with parts.database.read() as db:
                row = await store.own_number(db, number)
                digest, size = Digest(row.digest), row.size
                await destructions.refuse_destroyed(db, f"档案 {number}", f"{row.kind}:{row.visit_id or row.task_id}")
            with draft.open("wb") as into:
                async for piece in parts.house.blobs.stream(digest):
                    into.write(piece)
        draft.replace(file)
    except OSError as error:
        raise InvalidInputError(what=f"文件“{file}”", why=f"不能写入（{error.strerror}）。") from error
    finally:
        draft.unlink(missing_ok=True)
    return size
