"""Forms that come with the house, made from published national standards; an office takes one and edits it (A13, G5).

services/planning/forms/*.csv -> standard_forms() -> by code, whole and checked
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from inspection.checklists import Form
from inspection.checklists.sheet import form_rows, read_form
from inspection.errors import InvalidInputError, NotFoundError
from models.sheets import open_sheet
from models.workbooks import write_xlsx

FOLDER = Path(__file__).with_name("forms")
MAX_SHEET = 5 << 20  # bytes of a form's table; the largest of ours takes 6 KiB


class StandardFormMissingError(NotFoundError):
    """没有编号为“{code}”的检查表范本。"""

    action = "请从范本列表中选择一个。"


@cache
def standard_forms() -> dict[str, Form]:
    """Give all of them by code (the file's name), in the order of their names."""
    return {path.stem: form_in(path.name, path.read_bytes()) for path in sorted(FOLDER.glob("*.csv"))}


def standard(code: str) -> Form:
    """Give one of them; StandardFormMissingError."""
    found = standard_forms().get(code)
    if found is None:
        raise StandardFormMissingError(code=code)
    return found


def form_in(name: str, data: bytes, title: str = "") -> Form:
    """Read a form from a table file (XLSX, .xls, CSV), whole or not at all.

    InvalidInputError names the first row that cannot be read and how many there are; whatever `open_sheet` raises.
    """
    form, rejected = read_form(open_sheet(name, data), title)
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
