"""The font: known by its hash, tried before it is trusted; without one nothing starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ImageFont

from app import fonts
from app.fonts import FONT_NAME, FONT_SHA256, IN_PACKAGE, FontMissingError, find_font, install_font, missing_glyphs

ROOT = Path(__file__).parents[2]
SETUP_COPY = ROOT / "var/fonts" / FONT_NAME
needs_setup = pytest.mark.skipif(not SETUP_COPY.is_file(), reason="make setup has not copied the font yet")


@pytest.fixture
def latin_font(tmp_path: Path) -> Path:
    """A real font without Chinese: the one that Pillow carries."""
    face = ImageFont.load_default(16)
    assert isinstance(face, ImageFont.FreeTypeFont)
    path = tmp_path / "latin.ttf"
    face.path.seek(0)
    path.write_bytes(face.path.read())
    return path


def package_with(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "node_modules" / IN_PACKAGE
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return tmp_path / "node_modules"


def gb2312() -> str:
    """All 6,763 Chinese characters of GB/T 2312-1980."""
    rows = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return "".join(pair.decode("gb2312", "ignore") for pair in rows)


@needs_setup
def test_setup_copies_the_known_font_once(tmp_path):
    modules = package_with(tmp_path, SETUP_COPY.read_bytes())
    installed = install_font(modules, tmp_path / "var/fonts")
    assert fonts._sha256(installed) == FONT_SHA256
    (modules / IN_PACKAGE).unlink()
    assert install_font(modules, tmp_path / "var/fonts") == installed
    assert [path.name for path in (tmp_path / "var/fonts").iterdir()] == [FONT_NAME]


@needs_setup
def test_the_font_draws_every_character_of_gb2312():
    assert len(gb2312()) == 6763
    assert missing_glyphs(SETUP_COPY, gb2312()) == ""


def test_another_file_under_the_fonts_name_is_refused(tmp_path):
    with pytest.raises(FontMissingError, match="校验值"):
        install_font(package_with(tmp_path, b"not the font"), tmp_path / "var/fonts")
    assert not (tmp_path / "var/fonts").exists()


def test_without_the_package_setup_says_so(tmp_path):
    with pytest.raises(FontMissingError, match="npm"):
        install_font(tmp_path, tmp_path / "var/fonts")


def test_a_font_without_chinese_is_passed_over(latin_font, monkeypatch, tmp_path):
    """A watermark of empty boxes would be no evidence: start-up fails, and says why."""
    monkeypatch.setattr(fonts, "SYSTEM_FONTS", ())
    no_font = tmp_path / "broken.ttf"
    no_font.write_bytes(b"junk")
    with pytest.raises(FontMissingError, match=r"latin\.ttf 缺少“双随机"):
        find_font([None, tmp_path / "absent.ttf", no_font, latin_font])
    assert missing_glyphs(latin_font, "Az中") == "中"


def test_with_no_font_at_all_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr(fonts, "SYSTEM_FONTS", ())
    with pytest.raises(FontMissingError, match="没有找到字体文件") as refusal:
        find_font([])
    assert "fonts-noto-cjk" in refusal.value.action


def test_some_font_is_found_here_and_the_configured_one_goes_first(latin_font):
    found = find_font([latin_font, SETUP_COPY])
    assert not missing_glyphs(found, "双随机")
    if SETUP_COPY.is_file():
        assert found == SETUP_COPY
