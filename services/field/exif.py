"""What a photo claims about itself: which way up, when, where. Claims, not proof; wrong ones are left out, not refused.

opened image -> EXIF block -> `Exif(orientation, taken_at, position)`
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from inspection.coordinates import Position
from inspection.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL import Image

# Tag numbers of EXIF 2.32 (CIPA DC-008), tables 4 to 15.
_ORIENTATION, _DATE_TIME, _EXIF_BLOCK, _GPS_BLOCK = 0x0112, 0x0132, 0x8769, 0x8825
_TAKEN_AT, _TAKEN_OFFSET = 0x9003, 0x9011
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Exif:
    """The three claims that the product uses."""

    orientation: int = 1  # 1 to 8; 1 is upright, also where nothing or nonsense is said
    taken_at: datetime | None = None  # Shanghai time where the camera names no zone
    position: Position | None = None  # WGS-84


def read_exif(image: Image.Image) -> Exif:
    """Read the claims without decoding pixels; cameras write much that is slightly wrong, so nothing here refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            block = image.getexif()
            details, gps = block.get_ifd(_EXIF_BLOCK), block.get_ifd(_GPS_BLOCK)
            orientation = block.get(_ORIENTATION)
            taken = details.get(_TAKEN_AT) or block.get(_DATE_TIME)
    except Exception:  # noqa: BLE001 - a broken block makes the parser raise anything; the pixels may be whole
        return Exif()
    return Exif(
        orientation=orientation if isinstance(orientation, int) and orientation in range(1, 9) else 1,
        taken_at=_moment(taken, details.get(_TAKEN_OFFSET)),
        position=_position(gps),
    )


def _moment(taken: object, offset: object) -> datetime | None:
    text = str(taken).strip(" \0")
    try:
        plain = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
    try:
        return datetime.strptime(f"{text} {offset}", "%Y:%m:%d %H:%M:%S %z")
    except ValueError:
        return plain


def _position(gps: Mapping[int, object]) -> Position | None:
    try:
        latitude = _degrees(gps[_LATITUDE], negative=gps.get(_LATITUDE_REF) == "S")
        longitude = _degrees(gps[_LONGITUDE], negative=gps.get(_LONGITUDE_REF) == "W")
        place = Position(latitude=latitude, longitude=longitude)
    except Exception:  # noqa: BLE001 - wrong types, missing parts, 0/0, off the globe: no claim
        return None
    # Phones without a fix write zeros; nobody inspects in the Gulf of Guinea.
    return place if latitude or longitude else None


def _degrees(parts: object, *, negative: bool) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)  # type: ignore[attr-defined]
    value = degrees + minutes / 60 + seconds / 3600
    return -value if negative else value
