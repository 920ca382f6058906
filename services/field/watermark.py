"""The visible watermark: a dark band at the foot of a display copy, with Chinese text.

Stamp -> rows (label, value) -> wrapped to the width -> band blended into the picture -> text

The band brings its own background, so it is legible on snow and in a cellar alike. It covers at most a third of the
picture; on tiny pictures the canvas grows below instead. The original is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from inspection.workdays import SHANGHAI

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_BAND, _BAND_OPACITY = (10, 18, 28), 0.72  # over plain white this still leaves white text a contrast above 7:1
_ACCENT, _TEXT, _LABEL = (255, 176, 32), (255, 255, 255), (176, 204, 232)
_HEADING = "双随机、一公开 · 现场记录"
_WEEKDAYS = "一二三四五六日"
_MAX_LINES_A_ROW = 2
_COVERED_AT_MOST = 1 / 3
_HASH_DIGITS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What the watermark says; plain text as people read it, any length."""

    at: datetime  # with its zone; shown in Shanghai time
    place: str  # address and coordinates, or a plain "未取得定位"
    task: str
    target: str
    inspector: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Layout:
    unit: int  # the text size; every distance is a share of it
    width: int  # for text, in pixels
    rows: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def step(self) -> int:
        return round(self.unit * 1.42)

    @property
    def head(self) -> int:
        return round(self.unit * 1.45)

    @property
    def height(self) -> int:
        lines = sum(len(values) for _, values in self.rows)
        return round(self.unit * 1.2) + round(self.head * 1.5) + lines * self.step


def watermark(picture: Image.Image, stamp: Stamp, sha256: str, font: Path) -> Image.Image:
    """Give the RGB picture with its band; the same object where the canvas did not have to grow."""
    width, height = picture.size
    layout = _lay_out(stamp, sha256, picture.size, font)
    growth = max(0, layout.height - int(height * _COVERED_AT_MOST))
    if growth:
        grown = Image.new("RGB", (width, height + growth), _BAND)
        grown.paste(picture)
        picture = grown
    top = picture.height - layout.height
    box = (0, top, width, picture.height)
    under = picture.crop(box)
    picture.paste(Image.blend(under, Image.new("RGB", under.size, _BAND), _BAND_OPACITY), box)
    _write(ImageDraw.Draw(picture), top, layout, stamp.at, font)
    return picture


def _lay_out(stamp: Stamp, sha256: str, size: tuple[int, int], font: Path) -> _Layout:
    unit = max(12, max(size) // 64)
    face = _face(font, unit)
    width = size[0] - 2 * unit - 3 * unit
    rows = (
        ("地点", stamp.place),
        ("任务", stamp.task),
        ("对象", stamp.target),
        ("人员", stamp.inspector),
        ("原图", f"SHA-256 {sha256[:_HASH_DIGITS]}"),
    )
    return _Layout(unit=unit, width=width, rows=tuple((label, _wrap(value, face, width)) for label, value in rows))


def _write(draw: ImageDraw.ImageDraw, top: int, layout: _Layout, at: datetime, font: Path) -> None:
    unit, face, large = layout.unit, _face(font, layout.unit), _face(font, layout.head)
    left, y = unit, top + round(unit * 0.55)
    local = at.astimezone(SHANGHAI)
    time = f"{local:%Y-%m-%d %H:%M:%S}"
    weekday, end = f"星期{_WEEKDAYS[local.weekday()]}", left + large.getlength(time) + unit * 0.8
    draw.rectangle((0, top, draw.im.size[0], top + max(2, unit // 8)), fill=_ACCENT)
    # On a narrow picture the small face takes over: the time may be cut off by nothing.
    draw.text((left, y), time, font=large if end <= layout.width + 4 * unit else face, fill=_TEXT)
    baseline = y + large.getmetrics()[0]
    right = layout.width + 4 * unit
    if end + face.getlength(weekday) <= right:
        draw.text((end, baseline), weekday, font=face, fill=_ACCENT, anchor="ls")
    if end + face.getlength(weekday) + unit + face.getlength(_HEADING) <= right:
        draw.text((right, baseline), _HEADING, font=face, fill=_LABEL, anchor="rs")
    y += round(layout.head * 1.5)
    for label, values in layout.rows:
        draw.text((left, y), label, font=face, fill=_LABEL)
        for value in values:
            draw.text((left + 3 * unit, y), value, font=face, fill=_TEXT)
            y += layout.step


def _wrap(text: str, face: ImageFont.FreeTypeFont, width: float) -> tuple[str, ...]:
    """Break into at most two lines; what does not fit ends in an ellipsis (the record has it in full)."""
    # Names come from registers: no control, no right-to-left override may rearrange the evidence.
    rest = " ".join("".join(c if c.isprintable() else " " for c in text).split()) or "—"
    lines: list[str] = []
    while rest and len(lines) < _MAX_LINES_A_ROW:
        end = _fitting(rest, face, width)
        lines.append(rest[:end])
        rest = rest[end:].lstrip()
    if rest:
        lines[-1] = lines[-1][: _fitting(lines[-1], face, width - face.getlength("…"))] + "…"
    return tuple(lines)


def _fitting(text: str, face: ImageFont.FreeTypeFont, width: float) -> int:
    used = 0.0
    for count, char in enumerate(text):
        used += face.getlength(char)
        if used > width:
            return max(1, count)
    return len(text)


@lru_cache(maxsize=32)
def _face(font: Path, size: int) -> ImageFont.FreeTypeFont:
    """Open the face; of a collection (TTC) the one with simplified Chinese forms, the first where none says so."""
    first = ImageFont.truetype(font, size, layout_engine=ImageFont.Layout.BASIC)
    if font.suffix.lower() != ".ttc":
        return first
    for index in range(32):
        try:
            face = ImageFont.truetype(font, size, index=index, layout_engine=ImageFont.Layout.BASIC)
        except OSError:
            break
        if "SC" in (face.getname()[0] or "").split():
            return face
    return first
