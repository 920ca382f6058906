"""A paper's words as DOCX, for an office that edits or files its own copy; what counts is the sealed paper (docx).

words of a record form or of a site paper -> A4 pages as the PDF lays them out, places to sign left empty -> bytes
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Any

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FONT = "宋体"
NOTE = "可编辑副本，供修改套用；以系统开具的文书（校验值 {digest}）为准。"
MARGIN = 22  # mm on every side of an A4 page: 166 mm are left for the words
FACTS, SIGNERS, ANSWERS, LINES, SIGNING = (40, 126), (42, 44, 34, 46), (14, 88, 30, 34), (50, 40, 36, 40), (83, 83)
INDENT = 2  # characters before a paragraph


async def docx(words: Mapping[str, Any]) -> bytes:
    """The DOCX of a record form's words or of a site paper's, made in a thread."""
    return await asyncio.to_thread(_made, words)


def _made(words: Mapping[str, Any]) -> bytes:
    paper = _sheet()
    for text, size in ((words["department"], 14), (words["title"], 20), (words["number"], 12)):
        _centred(paper, text, size)
    _table(paper, words["facts"], FACTS)
    for part in words.get("parts", ()):
        _part(paper, part)
    if words.get("summary"):
        _section(paper, "汇总意见", words["summary"])
    if words.get("signers"):
        _head(paper, "检查组签字")
        rows = [[one["department"], one["name"], "", one["said"]] for one in words["signers"]]
        _table(paper, [["部门", "姓名（执法证号）", "签字", "时间或未签字的理由"], *rows], SIGNERS, headed=True)
    for item in words.get("items", ()):
        _item(paper, item)
    if words.get("closing"):
        _head(paper, "")
        _prose(paper, "\n".join(words["closing"]))
    if "made_at" in words:
        _signing(paper, words)
    note = paper.add_paragraph()
    note.paragraph_format.space_before = Pt(14)
    note.add_run(NOTE.format(digest=words["digest"])).font.size = Pt(9)
    made = io.BytesIO()
    paper.save(made)
    return made.getvalue()


def _sheet() -> Paper:
    """An empty A4 page in the office's type."""
    paper = Document()
    page = paper.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(MARGIN)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(4)
    return paper


def _part(paper: Paper, part: Any) -> None:
    """A department's conclusion, a section of words, or one of lines."""
    if isinstance(part, Mapping):
        _head(paper, part["department"])
        _table(paper, part["facts"], FACTS)
    elif isinstance(part[1], str):
        _section(paper, *part)
    else:
        _head(paper, part[0])
        _table(paper, part[1], LINES, headed=True)


def _item(paper: Paper, item: Mapping[str, Any]) -> None:
    """The form of an item, on a page of its own."""
    _centred(paper, item["title"], 15).paragraph_format.page_break_before = True
    _centred(paper, f"{item['department']}　{item['name']}", 12)
    if item["basis"]:
        paper.add_paragraph(f"检查依据：{item['basis']}")
    rows = [[str(n), one["question"], one["value"], one["comment"]] for n, one in enumerate(item["answers"], 1)]
    _table(paper, [["序号", "检查内容", "结果", "说明"], *rows], ANSWERS, headed=True)


def _signing(paper: Paper, words: Mapping[str, Any]) -> None:
    """Where a paper that is handed over is signed and sealed."""
    day = str(words["made_at"]).split(" ")[0]
    rows = [
        ["被检查人（签字或盖章）：", "执法人员（签字）："],
        ["见证人（签字）：", f"{words['department']}（印章）"],
        ["年　　月　　日", day],
    ]
    _head(paper, "")
    table = _table(paper, rows, SIGNING)
    table.style = "Normal Table"
    for row in table.rows:
        row.height = Mm(14)


def _centred(paper: Paper, words: str, size: int) -> Any:
    line = paper.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.add_run(words).font.size = Pt(size)
    return line


def _section(paper: Paper, title: str, words: str) -> None:
    _head(paper, title)
    _prose(paper, words)


def _prose(paper: Paper, words: str) -> None:
    for line in words.split("\n"):
        paper.add_paragraph(line).paragraph_format.first_line_indent = Pt(12 * INDENT)


def _head(paper: Paper, words: str) -> None:
    """A heading, which stays with what follows; empty, it is the room between a table and the next thing."""
    head = paper.add_paragraph()
    head.paragraph_format.space_before = Pt(8)
    head.paragraph_format.keep_with_next = True
    head.add_run(words).bold = True


def _table(paper: Paper, rows: Sequence[Sequence[str]], widths: Sequence[int], *, headed: bool = False) -> Any:
    """A ruled table of these widths (mm); no row is cut by the end of a page, and a head stands on every page."""
    table = paper.add_table(rows=0, cols=len(widths))
    table.style = "Table Grid"
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in rows:
        added = table.add_row()
        _mark(added, "w:cantSplit")
        for cell, words, width in zip(added.cells, row, widths, strict=True):
            cell.width, cell.text = Mm(width), words
    if headed:
        _mark(table.rows[0], "w:tblHeader")
    return table


def _mark(row: Any, tag: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(tag))  # noqa: SLF001 python-docx has no word for it
