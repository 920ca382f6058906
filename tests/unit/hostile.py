"""Files that attack a decoder or are not what they say, each made here from nothing (reliability test 20)."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """Encode a picture; options as Pillow's writers take them."""
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def _grey(width: int = 400, height: int = 300) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes, rows: bool = True) -> bytes:
    """A grey PNG of this size; zeros shrink a thousandfold, which is the bomb."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = zlib.compress(bytes((width + 1) * height if rows else 10), 1)
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _text_bomb() -> bytes:
    return png(400, 300, *[_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1_000_000 + 200_000), 9))] * 80)


def _jpeg_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded(_grey(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def _webp_claiming(width: int, height: int) -> bytes:
    canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    frame = encoded(_grey(), "WEBP")[12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _animated(kind: str) -> bytes:
    frames = [_grey(), Image.new("RGB", (400, 300), "red")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def jpeg_of_many_scans(count: int) -> bytes:
    """A progressive JPEG whose last pass is repeated: decoding takes as long as its sender likes."""
    data = encoded(_grey(2000, 1500), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def motion_photo(image: Image.Image) -> bytes:
    """A JPEG with a clip behind it, as many phones write it, the clip full of bytes that look like scans."""
    return encoded(image, "JPEG") + b"\0\0\0\x18ftypmp42" + b"\xff\xda\0\x02" * 5000


def _itxt(name: bytes) -> bytes:
    """Compressed text that unpacks to a gigabyte, in a chunk of this kind."""
    packed = zlib.compressobj(9)
    body = b"".join([packed.compress(bytes(1 << 20)) for _ in range(64)]) + packed.flush()
    heads = {b"zTXt": b"k\0\0", b"iTXt": b"k\0\1\0\0\0", b"iCCP": b"p\0\0"}
    return png(400, 300, _chunk(name, heads[name] + body), rows=False)


def _exif_jpeg(directory: bytes) -> bytes:
    """A JPEG without picture data whose EXIF directory is this."""
    body = b"Exif\0\0" + directory
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body + b"\xff\xda\0\x02"


def _loop_of_directories() -> bytes:
    """A TIFF whose directory names itself as the next one."""
    return b"II*\0\x08\0\0\0" + b"\0\0" + b"\x08\0\0\0"


def _jpeg_segments(count: int) -> bytes:
    """Nothing but comments, and never a picture."""
    return b"\xff\xd8" + b"\xff\xfe\xff\xff" + (bytes(65533) + b"\xff\xfe\xff\xff") * count


def _changed(data: bytes, find: bytes, put: bytes) -> bytes:
    at = data.index(find)
    return data[:at] + put + data[at + len(put) :]


def _jpeg_without(marker: bytes) -> bytes:
    """A JPEG from which a table was cut out."""
    data = encoded(_grey(), "JPEG")
    at = data.index(marker)
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "空"),
    "one byte": (lambda: b"\xff", "不是 JPEG"),
    "jpeg magic alone": (lambda: b"\xff\xd8\xff", "损坏"),
    "png magic alone": (lambda: b"\x89PNG\r\n\x1a\n", "损坏"),
    "webp magic alone": (lambda: b"RIFF\0\0\0\0WEBP", "损坏"),
    "truncated jpeg, half": (lambda: encoded(_grey(), "JPEG")[:2500], "损坏"),
    "truncated jpeg, last fifth": (lambda: (d := encoded(_grey(), "JPEG"))[: len(d) * 4 // 5], "损坏"),
    "truncated png": (lambda: encoded(_grey(), "PNG")[:-40], "损坏"),
    "truncated webp": (lambda: (d := encoded(_grey(), "WEBP"))[: len(d) // 2], "损坏"),
    "gif renamed": (lambda: encoded(_grey(), "GIF"), "不是 JPEG"),
    "bmp": (lambda: encoded(_grey(), "BMP"), "不是 JPEG"),
    "tiff": (lambda: encoded(_grey(), "TIFF"), "不是 JPEG"),
    "jpeg 2000": (lambda: encoded(_grey(), "JPEG2000"), "不是 JPEG"),
    "pdf": (lambda: encoded(_grey(), "PDF"), "不是 JPEG"),
    "eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (r) file", "不是 JPEG"),
    "svg": (lambda: b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "不是 JPEG"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", "不是 JPEG"),
    "zip": (lambda: b"PK\x03\x04" + bytes(200), "不是 JPEG"),
    "html first, jpeg behind": (lambda: b"<html>" + encoded(_grey(), "JPEG"), "不是 JPEG"),
    "heic": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500), "HEIC"),
    "avif": (lambda: encoded(_grey(), "AVIF"), "HEIC"),
    "animated webp": (lambda: _animated("WEBP"), "动图"),
    "animated png": (lambda: _animated("PNG"), "动图"),
    "pixel bomb png, whole, 64 MP": (lambda: png(8000, 8000), "像素"),
    "pixel bomb png, 177 MP, warned of only": (lambda: png(13300, 13300, rows=False), "像素"),
    "pixel bomb png, claimed 3600 MP": (lambda: png(60000, 60000, rows=False), "像素"),
    "png of 2^31 pixels a side": (lambda: png(2**31 - 1, 2**31 - 1, rows=False), "像素|损坏"),
    "jpeg claiming 4 GP": (lambda: _jpeg_claiming(65000, 65000), "像素"),
    "webp claiming 268 MP": (lambda: _webp_claiming(16384, 16384), "像素|损坏"),
    "png, pixels missing": (lambda: png(4000, 3000, rows=False), "损坏"),
    "png, text bomb": (_text_bomb, "损坏"),
    "png of no height": (lambda: png(400, 0), "损坏|尺寸"),
    "png ribbon": (lambda: png(20000, 20), "尺寸"),
    "png dot": (lambda: png(1, 1), "尺寸"),
    "jpeg of 1000 scans": (lambda: jpeg_of_many_scans(1000), "扫描次数"),
    "png, zTXt of 64 MB": (lambda: _itxt(b"zTXt"), "损坏"),
    "png, iTXt of 64 MB": (lambda: _itxt(b"iTXt"), "损坏"),
    "png, iCCP of 64 MB": (lambda: _itxt(b"iCCP"), "损坏"),
    "png, wrong sum of its header": (lambda: _changed(encoded(_grey(), "PNG"), b"IHDR", b"IHDS"), "损坏"),
    "png, bit depth of 200": (lambda: (d := encoded(_grey(), "PNG"))[:24] + b"\xc8" + d[25:], "损坏"),
    "png, a chunk of 2^32 bytes": (lambda: png(400, 300)[:33] + b"\xff\xff\xff\xffIDAT", "损坏"),
    "png without pixels": (lambda: png(400, 300)[:33] + _chunk(b"IEND", b""), "损坏"),
    "png, pixels of another kind of data": (lambda: png(400, 300)[:33] + _chunk(b"IDAT", b"no zlib"), "损坏"),
    "apng of 10,000 frames": (lambda: png(400, 300, _chunk(b"acTL", struct.pack(">II", 10_000, 0))), "动图|损坏"),
    "gif with a script behind": (lambda: encoded(_grey(), "GIF") + b"<script>alert(1)</script>", "不是 JPEG"),
    "gif that is a script": (lambda: b"GIF89a/*\0*/=1;alert(1)//" + bytes(200), "不是 JPEG"),
    "php behind a png's first bytes": (lambda: b"\x89PNG\r\n\x1a\n<?php system($_GET['c']); ?>", "损坏"),
    "html behind a jpeg's first bytes": (lambda: b"\xff\xd8\xff\xe0<script>alert(1)</script>", "损坏"),
    "zip behind a jpeg's first bytes": (lambda: b"\xff\xd8\xff" + b"PK\x03\x04" + bytes(300), "损坏"),
    "svg that calls itself jpeg": (lambda: b"\xef\xbb\xbf<svg onload='alert(1)'/>", "不是 JPEG"),
    "tiff that loops": (_loop_of_directories, "不是 JPEG"),
    "jpeg, exif that loops": (lambda: _exif_jpeg(_loop_of_directories()), "损坏"),
    "jpeg, exif of 65,535 entries": (lambda: _exif_jpeg(b"MM\0*\0\0\0\x08\xff\xff" + bytes(60_000)), "损坏"),
    "jpeg of endless segments": (lambda: _jpeg_segments(250), "损坏"),
    "jpeg without quantisation": (lambda: _jpeg_without(b"\xff\xdb"), "损坏"),
    "jpeg without a frame": (lambda: _jpeg_without(b"\xff\xc0"), "损坏"),
    "jpeg without scans": (lambda: (d := encoded(_grey(), "JPEG"))[: d.index(b"\xff\xda")] + b"\xff\xd9", "损坏"),
    "webp that is wave": (lambda: b"RIFF" + struct.pack("<I", 4000) + b"WAVEfmt " + bytes(4000), "不是 JPEG"),
    "webp of a broken frame": (lambda: (d := encoded(_grey(), "WEBP"))[:30] + bytes(len(d) - 30), "损坏"),
    "icon": (lambda: encoded(_grey(64, 64), "ICO"), "不是 JPEG"),
    "too many bytes": (lambda: encoded(_grey(), "JPEG") + bytes(20_000_000), "20 MB"),
}
