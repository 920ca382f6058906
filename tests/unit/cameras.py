"""A hundred photos as cameras of twenty makers write them, made up here: the habits are the makers', the pictures ours.

MAKERS x HABITS -> Shot: bytes, and what must be read from them
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from PIL import Image, ImageCms

SIZE = (480, 360)
UPRIGHT, LYING, UPSIDE_DOWN = 1, 6, 3
CHINA = timezone(timedelta(hours=8))
TAKEN, WRITTEN = datetime(2026, 11, 20, 14, 31, 58, tzinfo=CHINA), "2026:11:20 14:31:58"
GPS = {0: b"\x02\x03\0\0", 1: "N", 2: (36.0, 39.0, 4.43), 3: "E", 4: (117.0, 7.0, 12.0), 5: b"\0", 6: 41.5}
NOWHERE: dict[int, Any] = {1: "", 2: (0.0, 0.0, 0.0), 3: "", 4: (0.0, 0.0, 0.0)}
CLIP = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(4000)
MAKE, MODEL, ORIENTATION, SOFTWARE, WRITTEN_AT, EXIF_IFD, GPS_IFD = 0x10F, 0x110, 0x112, 0x131, 0x132, 0x8769, 0x8825
ORIGINAL, OFFSET, MAKER_NOTE, COMMENT, FRACTION, LENS = 0x9003, 0x9011, 0x927C, 0x9286, 0x9291, 0xA434
MAKERS = {
    "HUAWEI": "ALN-AL00", "HONOR": "PGT-AN10", "Xiaomi": "23127PN0CC", "OPPO": "PHZ110", "vivo": "V2309A",
    "OnePlus": "PJD110", "realme": "RMX3888", "Meizu": "MEIZU 21", "ZTE": "NX721J", "Apple": "iPhone 15 Pro",
    "samsung": "SM-S9280", "Google": "Pixel 8", "SONY": "ILCE-7M4", "Canon": "Canon EOS R6m2",
    "NIKON CORPORATION": "NIKON Z 6_2", "FUJIFILM": "X-T5", "Panasonic": "DC-S5M2", "OM Digital Solutions": "OM-5",
    "DJI": "FC3582", "RICOH IMAGING COMPANY, LTD.": "GR IIIx",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One file, and what it says of itself."""

    name: str
    data: bytes
    size: tuple[int, int]  # upright
    taken_at: datetime | None
    placed: bool


def shots() -> Iterator[Shot]:
    """All hundred."""
    for number, (maker, model) in enumerate(MAKERS.items()):
        for name, habit in HABITS.items():
            exif, options, told = _exif(maker, model, number), dict[str, Any](), _Told()
            tail = habit(exif, options, told)
            encoded = io.BytesIO()
            _scene(number).save(encoded, options.pop("format", "JPEG"), exif=exif, **options)
            size = SIZE[::-1] if told.lying else SIZE
            data = encoded.getvalue() + tail
            yield Shot(name=f"{maker}, {name}", data=data, size=size, taken_at=told.taken_at, placed=told.placed)


@dataclass(slots=True)
class _Told:
    lying: bool = False
    placed: bool = False
    taken_at: datetime | None = TAKEN


def _scene(number: int) -> Image.Image:
    slope = Image.linear_gradient("L").resize(SIZE)
    return Image.merge("RGB", (slope, Image.effect_noise(SIZE, 40 + number), slope.rotate(180)))


def _exif(maker: str, model: str, number: int) -> Image.Exif:
    exif = Image.Exif()
    exif.endian = ">" if number % 2 else "<"
    exif.update({MAKE: maker, MODEL: model, SOFTWARE: f"{model} 1.0.{number}", ORIENTATION: UPRIGHT})
    exif[WRITTEN_AT] = WRITTEN
    exif.get_ifd(EXIF_IFD).update({ORIGINAL: WRITTEN, FRACTION: "418", MAKER_NOTE: maker.encode() + bytes(9000)})
    return exif


def _held_upright(exif: Image.Exif, options: dict[str, Any], told: _Told) -> bytes:
    """A phone held upright, with its place."""
    exif[ORIENTATION] = LYING
    exif.get_ifd(GPS_IFD).update(GPS)
    options.update(quality=92, subsampling="4:2:0")
    told.lying = told.placed = True
    return b""


def _moving(exif: Image.Exif, options: dict[str, Any], _told: _Told) -> bytes:
    """A motion clip behind the picture, its length in XMP; a comment in the phone's own character set."""
    exif.get_ifd(EXIF_IFD)[COMMENT] = b"UNICODE\0" + "演示".encode("utf-16-be")
    options.update(xmp=b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><MicroVideo>1</MicroVideo></x:xmpmeta>')
    return CLIP


def _two_pictures(exif: Image.Exif, options: dict[str, Any], told: _Told) -> bytes:
    """Depth or gain beside the picture (MPO), the zone named."""
    exif.get_ifd(EXIF_IFD)[OFFSET] = "+00:00"
    told.taken_at = TAKEN.replace(tzinfo=timezone.utc)  # noqa: UP017 the zone as EXIF says it
    options.update(format="MPO", save_all=True, append_images=[Image.new("RGB", (160, 120), "grey")])
    return b""


def _wide_colours(exif: Image.Exif, options: dict[str, Any], _told: _Told) -> bytes:
    """Progressive, full colour resolution, a profile; held upside down; zeroes where no place was found."""
    exif[ORIENTATION] = UPSIDE_DOWN
    exif.get_ifd(GPS_IFD).update(NOWHERE)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options.update(progressive=True, subsampling="4:4:4", icc_profile=profile)
    return b""


def _clock_never_set(exif: Image.Exif, options: dict[str, Any], told: _Told) -> bytes:
    """Restart markers; the clock was never set; a lens with a zero byte behind its name."""
    exif[WRITTEN_AT] = "0000:00:00 00:00:00"
    exif.get_ifd(EXIF_IFD).update({ORIGINAL: "    :  :     :  :  ", LENS: "24-70mm F2.8\0"})
    options.update(restart_marker_blocks=8, quality=97)
    told.taken_at = None
    return b""


HABITS = {
    "held upright": _held_upright,
    "motion clip": _moving,
    "two pictures": _two_pictures,
    "wide colours": _wide_colours,
    "clock never set": _clock_never_set,
}
