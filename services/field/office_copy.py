"""A paper's words as DOCX, for an office that edits or files its own copy; what counts is the sealed paper (docx)."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Any

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Pt

FONT = "宋体"
NOTE = "可编辑副本，供修改套用；以系统开具的文书（校验值 {digest}）为准。"


async def docx(words: Mapping[str, Any]) -> bytes:
    """The DOCX of a record form's words or of a site paper's, made in a thread."""
    return await asyncio.to_thread(_made, words)


def _made(words: Mapping[str, Any]) -> bytes:
    paper = Document()
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    for text, size in ((words["department"], 14), (words["title"], 20), (words["number"], 12)):
        line = paper.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.add_run(text).font.size = Pt(size)
    _table(paper, words["facts"])
    for part in words.get("parts", ()):
        _part(paper, part)
    if words.get("summary"):
        _section(paper, "汇总意见", words["summary"])
    if words.get("signers"):
        _head(paper, "检查组签字")
        rows = [[one["department"], one["name"], "", one["said"]] for one in words["signers"]]
        _table(paper, [["部门", "姓名（执法证号）", "签字", "时间或未签字的理由"], *rows])
    for item in words.get("items", ()):
        paper.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        _section(paper, item["title"], f"{item['department']}　{item['name']}\n检查依据：{item['basis']}")
        rows = [[str(n), one["question"], one["value"], one["comment"]] for n, one in enumerate(item["answers"], 1)]
        _table(paper, [["序号", "检查内容", "结果", "说明"], *rows])
    for line in words.get("closing", ()):
        paper.add_paragraph(line)
    paper.add_paragraph(NOTE.format(digest=words["digest"])).runs[0].font.size = Pt(9)
    made = io.BytesIO()
    paper.save(made)
    return made.getvalue()


def _part(paper: Paper, part: Any) -> None:
    """A department's conclusion, a section of words, or one of lines."""
    if isinstance(part, Mapping):
        _head(paper, part["department"])
        _table(paper, part["facts"])
    elif isinstance(part[1], str):
        _section(paper, *part)
    else:
        _head(paper, part[0])
        _table(paper, part[1])


def _section(paper: Paper, title: str, words: str) -> None:
    _head(paper, title)
    for line in words.split("\n"):
        paper.add_paragraph(line)


def _head(paper: Paper, words: str) -> None:
    paper.add_paragraph().add_run(words).bold = True


def _table(paper: Paper, rows: Sequence[Sequence[str]]) -> None:
    table = paper.add_table(rows=0, cols=len(rows[0]))
    table.style = "Table Grid"
    for row in rows:
        for cell, words in zip(table.add_row().cells, row, strict=True):
            cell.text = words
