"""Made-up photos and signatures: each is different, as a phone makes it (lying on its side, EXIF time and place)."""

from __future__ import annotations

import io
import random
from datetime import datetime

from PIL import ExifTags, Image, ImageDraw

WIDTH, HEIGHT = 1600, 1200
SIGNATURE = (600, 240)
TURNS = (1, 6, 3, 8)  # EXIF orientations of a phone held in its four ways
QUALITY = 78
LATITUDE, LONGITUDE = 36.65, 117.0  # the made-up district; degrees


def photo(mark: str, taken_at: datetime) -> bytes:
    """Give a JPEG of 1600x1200 pixels; the same `mark` gives the same picture, another another."""
    chance = random.Random(mark)  # noqa: S311 - a picture, not a secret
    image = Image.new("RGB", (WIDTH, HEIGHT), _colour(chance))
    pen = ImageDraw.Draw(image)
    for _ in range(60):
        left, top = chance.randrange(WIDTH), chance.randrange(HEIGHT)
        size = chance.randrange(20, 400)
        pen.rectangle((left, top, left + size, top + size // 2), fill=_colour(chance))
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=QUALITY, exif=_exif(chance, taken_at))
    return encoded.getvalue()


def place(mark: str) -> tuple[float, float]:
    """Give the latitude and longitude (degrees, WGS-84) that the phone measured for this visit."""
    chance = random.Random(mark)  # noqa: S311 - a place, not a secret
    return round(LATITUDE + chance.uniform(-0.1, 0.1), 5), round(LONGITUDE + chance.uniform(-0.1, 0.1), 5)


def signature(mark: str) -> bytes:
    """Give a PNG with a scrawl; the same `mark` gives the same."""
    chance = random.Random(mark)  # noqa: S311 - a scrawl, not a secret
    image = Image.new("L", SIGNATURE, 255)
    pen = ImageDraw.Draw(image)
    for stroke in range(5):
        left = 40 + stroke * 100
        line = [(left + chance.randrange(100), chance.randrange(30, SIGNATURE[1] - 30)) for _ in range(6)]
        pen.line(line, fill=0, width=6, joint="curve")
    encoded = io.BytesIO()
    image.save(encoded, "PNG")
    return encoded.getvalue()


def _colour(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(40, 230), chance.randrange(40, 230), chance.randrange(40, 230)


def _exif(chance: random.Random, taken_at: datetime) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = chance.choice(TURNS)
    exif[ExifTags.Base.Make] = "Suicha"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{taken_at:%Y:%m:%d %H:%M:%S}"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", _degrees(LATITUDE)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", _degrees(LONGITUDE)
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    whole, rest = divmod(value, 1)
    minutes, rest = divmod(rest * 60, 1)
    return whole, minutes, round(rest * 60, 2)
