"""Forms that come with the house, made from published national standards; an office takes one and edits it (A13, G5).

services/planning/forms/*.csv -> standard_forms() -> by code, whole and checked
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from inspection.checklists import Form, form_faults
from inspection.checklists.sheet import form_rows, read_form
from inspection.errors import InvalidInputError, NotFoundError
from models.sheets import of_file, open_sheet
from models.workbooks import write_xlsx

FOLDER = Path(__file__).with_name("forms")


class StandardFormMissingError(NotFoundError):
    """没有编号为“{form}”的检查表范本。"""

    code = "standard-form-missing"

    action = "请从范本列表中选择一个。"


@cache
def standard_forms() -> dict[str, Form]:
    """Give all of them by code (the file's name), in the order of their names."""
    return {path.stem: form_in(path.name, path.read_bytes()) for path in sorted(FOLDER.glob("*.csv"))}


def standard(code: str) -> Form:
    """Give one of them; StandardFormMissingError."""
    found = standard_forms().get(code)
    if found is None:
        raise StandardFormMissingError(form=code)
    return found


def form_from(data: Mapping[str, Any]) -> Form:
    """Give the form that these data say; InvalidInputError names the first thing that keeps it from being used."""
    try:
        form = Form.from_data(data)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidInputError(what="检查表", why="格式不正确，请按检查表模板填写。") from error
    if faults := form_faults(form):
        raise InvalidInputError(what="检查表", why=faults[0])
    return form


def form_in(name: str, data: bytes | Path, title: str = "") -> Form:
    """Read a form from a table file (XLSX, .xls, CSV), whole or not at all.

    InvalidInputError names the first row that cannot be read and how many there are; whatever `open_sheet` raises.
    """
    try:
        with closing(open_sheet(name, data)) as rows:
            form, rejected = read_form(rows, title)
    except InvalidInputError as error:
        raise of_file(name, error) from error
    if form is None:
        first = rejected[0]
        more = f"；共 {len(rejected)} 行有误" if len(rejected) > 1 else ""
        raise InvalidInputError(
            what="检查表", why=f"第 {first.row} 行“{first.field}”：{first.reason}（{first.value or '空白'}）{more}"
        )
    return form


def form_xlsx(form: Form) -> bytes:
    """Give the form as a workbook that `form_in` reads back as it was."""
    first, *others = form_rows(form)
    return write_xlsx(first, others)
