"""Words set in type: a typst template with the office's own font gives a PDF; the same words give the same page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst


async def pdf(template: Path, words: Mapping[str, Any], font: Path) -> bytes:
    """The PDF of a template and its words, made in a thread."""
    return await asyncio.to_thread(pdf_now, template, words, font)


def pdf_now(template: Path, words: Mapping[str, Any], font: Path) -> bytes:
    """The same, here and now (blocking)."""
    data = json.dumps(words, ensure_ascii=False, default=str)
    made = typst.compile(template, format="pdf", font_paths=[font.parent], sys_inputs={"data": data})
    if not isinstance(made, bytes):
        raise TypeError("typst gives one file for a PDF")
    return made
