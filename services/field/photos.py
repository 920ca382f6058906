"""A photo's way from the phone's bytes to what people look at: bytes in, values out, no database, no clock.

original -> size, kind, pixels checked -> decoded small (draft) -> shrunk -> turned upright -> watermark -> display copy
original -> SHA-256, EXIF time and place (read, never copied); display copy -> thumbnail

The original is evidence and is kept byte for byte by the caller, trailing data included (phones append motion
clips); the copies are encoded anew from pixels alone, so nothing that was hidden in the original reaches a viewer.
Decoders are attacked: outside tests this runs in the child processes of `services.field.photo_lab`.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PIL import Image

from inspection.errors import Kind, SuichaError, TooLargeError
from models.blobs import Digest
from services.field.exif import read_exif
from services.field.watermark import Stamp, watermark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from inspection.coordinates import Position

__all__ = ["Photo", "PhotoLimits", "PhotoRefusedError", "Signature", "Stamp", "check_signature_png", "develop"]

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DISPLAY_SIDE, _DISPLAY_QUALITY = 1600, 85
_THUMB_SIDE, _THUMB_QUALITY = 320, 80
# In coded data FF is followed by 00 or a restart marker; anything else starts a segment.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]", re.DOTALL)
_START_OF_SCAN, _END_OF_IMAGE, _MAX_SCANS = 0xDA, 0xD9, 64
_MAX_ASPECT, _MIN_SIDE = 10, 16
_HEIC = "这是 HEIC/HEIF 照片（或视频），暂不接收。请在手机相机设置中选择“兼容性最佳”（JPEG）后重新拍摄。"
_SIGNATURE_BYTES, _SIGNATURE_PIXELS = 1 << 20, 4_000_000
_DARK, _MIN_INK, _MIN_INK_SHARE, _MAX_INK_SHARE = 160, 60, 0.0003, 0.6


class PhotoRefusedError(SuichaError):
    """这张图片不能接收：{why}"""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "photo-refused"
    action: ClassVar[str] = "请用手机相机重新拍摄后上传，已上传的其他照片没有变化。"


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoLimits:
    """What is taken at all."""

    max_bytes: int = 20_000_000
    max_pixels: int = 50_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Photo:
    """A developed photo. `display` and `thumb` are JPEG without any metadata."""

    sha256: Digest  # of the original bytes
    media_type: str  # of the original, by its content
    width: int  # of the original turned upright, pixels
    height: int
    taken_at: datetime | None  # as the camera claims; Shanghai time where it names no zone
    position: Position | None  # as the camera claims, WGS-84
    display: bytes  # at most 1600 px a side, with the watermark
    thumb: bytes  # at most 320 px a side


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """A signature from the glass that passed the check."""

    sha256: Digest  # of the bytes as sent
    width: int
    height: int
    display: bytes  # PNG, black on white, encoded anew without metadata


def develop(original: bytes, stamp: Stamp, limits: PhotoLimits, font: Path) -> Photo:
    """Check a JPEG, PNG or WEBP and make its display copy and thumbnail (issue 2 item 4, reliability test 20).

    Raises PhotoRefusedError or TooLargeError with a sentence for the inspector; never anything else for bad bytes.
    """
    kind = _kind(original, limits.max_bytes)
    digest = Digest(hashlib.sha256(original).hexdigest())
    if kind == "JPEG":
        _check_scans(original)
    with _opened(original, kind, limits.max_pixels) as image:
        # Pixels first: asking a PNG for its EXIF decodes it, and what goes wrong there is not told a second time.
        size, picture = image.size, _shrink(image)
        exif = read_exif(image)
    turn = _TURNS.get(exif.orientation)
    if turn is not None:
        picture = picture.transpose(turn)
    if exif.orientation >= Image.Transpose.TRANSPOSE:  # 5 to 8 lie on their side
        size = size[::-1]
    picture = watermark(picture, stamp, digest, font)
    thumb = picture.resize(_within(picture.size, _THUMB_SIDE), Image.Resampling.BOX, reducing_gap=1.0)
    return Photo(
        sha256=digest,
        media_type=f"image/{kind.lower()}",
        width=size[0],
        height=size[1],
        taken_at=exif.taken_at,
        position=exif.position,
        display=_jpeg(picture, _DISPLAY_QUALITY),
        thumb=_jpeg(thumb, _THUMB_QUALITY),
    )


def check_signature_png(data: bytes) -> Signature:
    """Check a signature drawn on the glass: PNG, at most 1 MB, with some ink and not nothing but ink (G7-G9).

    Raises PhotoRefusedError or TooLargeError.
    """
    if _kind(data, _SIGNATURE_BYTES) != "PNG":
        raise PhotoRefusedError(why="签名应为 PNG 格式。")
    with _opened(data, "PNG", _SIGNATURE_PIXELS) as image:
        grey = _flat(image).convert("L")
    ink = sum(grey.histogram()[:_DARK])
    share = ink / (grey.width * grey.height)
    if ink < _MIN_INK or share < _MIN_INK_SHARE:
        raise PhotoRefusedError(why="签名是空白的，请重新签名。")
    if share > _MAX_INK_SHARE:
        raise PhotoRefusedError(why="签名区域几乎全被涂满，请重新签名。")
    encoded = io.BytesIO()
    grey.save(encoded, "PNG")
    digest = Digest(hashlib.sha256(data).hexdigest())
    return Signature(sha256=digest, width=grey.width, height=grey.height, display=encoded.getvalue())


def _kind(data: bytes, max_bytes: int) -> str:
    """Name the format by the first bytes, whatever the file's name or header said."""
    if len(data) > max_bytes:
        raise TooLargeError(what="图片文件", limit=f" {max_bytes / 1_000_000:.0f} MB")
    if not data:
        raise PhotoRefusedError(why="文件是空的。")
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        raise PhotoRefusedError(why=_HEIC)
    raise PhotoRefusedError(why="不是 JPEG、PNG 或 WEBP 图片。")


@contextmanager
def _opened(data: bytes, kind: str, max_pixels: int) -> Iterator[Image.Image]:
    """Open with this one decoder; whatever a decoder raises or warns of is a verdict on the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # Many phones write a slightly wrong index of their second picture; the first is whole.
            warnings.filterwarnings("ignore", message="Image appears to be a malformed MPO")
            # Slightly wrong EXIF is common, and nothing but EXIF goes through this module here (`services.field.exif`).
            warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")
            with Image.open(io.BytesIO(data), formats=(kind,)) as image:
                _check_shape(image, max_pixels)
                yield image
    except SuichaError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(max_pixels) from None
    except Exception as error:  # hostile bytes make decoders raise anything at all
        raise PhotoRefusedError(why="文件已损坏或不完整，无法解码。") from error


def _check_shape(image: Image.Image, max_pixels: int) -> None:
    """Refuse by the header alone, before a single pixel is decoded."""
    short, long = sorted(image.size)
    if short * long > max_pixels:
        raise _too_many_pixels(max_pixels)
    if short < _MIN_SIDE or long > short * _MAX_ASPECT:
        raise PhotoRefusedError(why="尺寸或长宽比不像现场照片。")
    # A JPEG's further frames (MPO) are other views of the same moment; a PNG's or WEBP's are an animation.
    if image.format in {"PNG", "WEBP"} and getattr(image, "n_frames", 1) > 1:
        raise PhotoRefusedError(why="不接收动图。")


def _check_scans(data: bytes) -> None:
    """Refuse a JPEG of endless passes, which keep a decoder busy for as long as their sender likes.

    Walks the segments by their lengths and each pass by its next marker, so neither an EXIF preview nor a motion clip
    behind the picture is counted.
    """
    scans, position = 0, 2
    while scans <= _MAX_SCANS and (marker := _MARKER.search(data, position)) and marker[0][1] != _END_OF_IMAGE:
        scans += marker[0][1] == _START_OF_SCAN
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    if scans > _MAX_SCANS:
        raise PhotoRefusedError(why="图片编码异常（扫描次数过多）。")


def _too_many_pixels(max_pixels: int) -> TooLargeError:
    return TooLargeError(what="图片像素", limit=f" {max_pixels // 10_000} 万")


def _shrink(image: Image.Image) -> Image.Image:
    """Decode at the smallest scale that still gives the display size, then fit it (shrinking before turning)."""
    target = _within(image.size, _DISPLAY_SIDE)
    image.draft("RGB", target)
    picture = _flat(image)
    if picture.size == target:
        return picture.copy()
    return picture.resize(target, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _flat(image: Image.Image) -> Image.Image:
    """Decode to RGB; what is transparent lies on white."""
    if image.mode == "RGB" and "transparency" not in image.info:
        image.load()
        return image
    if image.mode.startswith("I"):  # 16 bits a pixel: keep the upper eight, a plain conversion would clip
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, (255, 255, 255))
        white.paste(rgba, mask=rgba)  # half the memory of alpha_composite, which matters at 50 megapixels
        return white
    return image.convert("RGB")


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    encoded = io.BytesIO()
    # Pillow would carry a comment over from the original; pixels only.
    picture.info = {}
    picture.save(encoded, "JPEG", quality=quality)
    return encoded.getvalue()
