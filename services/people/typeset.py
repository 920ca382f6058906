"""Words set in type: a typst template with the office's own font gives a PDF; the same words give the same page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst


async def pdf(template: Path, words: Mapping[str, Any], font: Path, *, archival: bool = False) -> bytes:
    """The PDF of a template and its words, made in a thread; `archival`: as PDF/A-2b, which is kept for decades."""
    return await asyncio.to_thread(pdf_now, template, words, font, archival=archival)


def pdf_now(template: Path, words: Mapping[str, Any], font: Path, *, archival: bool = False) -> bytes:
    """The same, here and now (blocking)."""
    data = json.dumps(words, ensure_ascii=False, default=str)
    made = typst.compile(
        template,
        format="pdf",
        font_paths=[font.parent],
        sys_inputs={"data": data},
        pdf_standards="a-2b" if archival else None,
    )
    if not isinstance(made, bytes):
        raise TypeError("typst gives one file for a PDF")
    return made
