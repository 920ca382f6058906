"""The Chinese font: copied once at set-up, found at every start, tried before it is trusted.

set-up: node_modules -> SHA-256 -> glyph probe -> var/fonts        start: configured | var/fonts | system -> glyph probe

Without a font with Chinese glyphs a watermark would be a row of boxes: evidence that says nothing. So start-up fails.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PIL import ImageFont

from inspection.errors import Kind, SuichaError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Noto Sans SC Regular (SIL Open Font License 1.1) from npm @expo-google-fonts/noto-sans-sc 0.4.3.
FONT_NAME = "NotoSansSC_400Regular.ttf"
FONT_SHA256 = "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16"
IN_PACKAGE = Path("@expo-google-fonts", "noto-sans-sc", "400Regular", FONT_NAME)

SYSTEM_FONTS = tuple(
    Path(path)
    for path in (
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",  # Debian, Ubuntu: fonts-noto-cjk
        "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",  # Arch, Alpine
        "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",  # Fedora
        "/usr/share/fonts/opentype/source-han-sans/SourceHanSansSC-Regular.otf",
        "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
        "/System/Library/Fonts/PingFang.ttc",
        "/System/Library/Fonts/Hiragino Sans GB.ttc",
    )
)
# Words of every watermark, and characters of names and places that smaller fonts leave out.
_PROBE = "双随机一公开抽查地点任务对象人员原图星期年月日喆堃镕亍饕鼢、（）…"
_NO_GLYPH = "\U0010fffd"  # private use: every font draws its box for "missing"


class FontMissingError(SuichaError):
    """没有可用的中文字体：{why}"""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "font-missing"
    action: ClassVar[str] = "请重新运行 make setup，或安装 fonts-noto-cjk，或在配置中写明字体文件的路径。"


def install_font(node_modules: Path, target: Path) -> Path:
    """Copy the font out of the installed npm package into the folder `target` and give its path there.

    Done before, it does nothing. FontMissingError where the package is absent, its file is another than the one we
    know, or glyphs are missing; then `target` is as it was.
    """
    installed = target / FONT_NAME
    if installed.is_file() and _sha256(installed) == FONT_SHA256:
        return installed
    source = node_modules / IN_PACKAGE
    if not source.is_file():
        raise FontMissingError(why=f"npm 依赖中没有 {FONT_NAME}。")
    if _sha256(source) != FONT_SHA256:
        raise FontMissingError(why=f"{FONT_NAME} 的校验值不符。")
    target.mkdir(parents=True, exist_ok=True)
    half = installed.with_suffix(".part")
    half.write_bytes(source.read_bytes())
    return half.replace(installed)


def find_font(paths: Iterable[Path | None]) -> Path:
    """Give the first of these (in the order configured, var/fonts, then SYSTEM_FONTS) that draws Chinese.

    None among the paths is a setting left empty. FontMissingError names what was tried and why it would not do.
    """
    tried = []
    for path in (*(path for path in paths if path), *SYSTEM_FONTS):
        if not path.is_file():
            continue
        lacking = missing_glyphs(path, _PROBE)
        if not lacking:
            return path
        tried.append(f"{path.name} 缺少“{lacking[:6]}”")
    raise FontMissingError(why=("；".join(tried) or "没有找到字体文件") + "。")


def missing_glyphs(font: Path, text: str) -> str:
    """Give the characters of `text` that this font cannot draw; all of them where it is no font at all."""
    try:
        face = ImageFont.truetype(font, 16, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        return text
    box = bytes(face.getmask(_NO_GLYPH))
    return "".join(char for char in text if bytes(face.getmask(char)) == box)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(node_modules: str, target: str) -> None:
    """Install the font at set-up: `python -m app.fonts web/node_modules var/fonts`."""
    try:
        install_font(Path(node_modules), Path(target))
    except SuichaError as error:
        sys.exit(f"{error.sentence()}{error.action}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
