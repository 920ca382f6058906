"""Where something is: a phone's WGS-84 position, its place on a Chinese map, metres between two places.

EXIF or browser (WGS-84) -> stored as it came -> `to_gcj02` only for showing on a map; distances between like and like
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from inspection.errors import InvalidInputError

# The Krasovsky 1940 ellipsoid on which GCJ-02 is defined.
_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_EARTH_RADIUS_M = 6371008.8  # the mean radius of the IUGG
_MAX_LATITUDE, _MAX_LONGITUDE = 90.0, 180.0
# Maps shift nothing outside this frame around the mainland.
_SHIFTED_LATITUDES, _SHIFTED_LONGITUDES = (0.8293, 55.8271), (72.004, 137.8347)


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """A place on the earth in degrees, WGS-84 unless said otherwise; refuses what is on no globe."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        # Written so that NaN, which compares false with everything, is refused too.
        if not (abs(self.latitude) <= _MAX_LATITUDE and abs(self.longitude) <= _MAX_LONGITUDE):
            raise InvalidInputError(what="位置坐标", why="纬度应在 -90 至 90 之间，经度应在 -180 至 180 之间。")


def to_gcj02(place: Position) -> Position:
    """Shift a WGS-84 position to where Chinese maps show it (GCJ-02); unchanged outside the mainland's frame."""
    if not _is_shifted(place):
        return place
    x, y = place.longitude - 105.0, place.latitude - 35.0
    phi = math.radians(place.latitude)
    flattening = 1 - _ECCENTRICITY_SQUARED * math.sin(phi) ** 2
    metres_north = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / flattening**1.5
    metres_east = _SEMI_MAJOR_M / math.sqrt(flattening) * math.cos(phi)
    return Position(
        latitude=place.latitude + math.degrees(_shift_north(x, y) / metres_north),
        longitude=place.longitude + math.degrees(_shift_east(x, y) / metres_east),
    )


def distance_m(one: Position, other: Position) -> float:
    """Metres between two positions of the same system along a great circle (haversine; within 0.6 % of the truth)."""
    north = math.radians(other.latitude - one.latitude) / 2
    east = math.radians(other.longitude - one.longitude) / 2
    parallels = math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude))
    chord = math.sin(north) ** 2 + parallels * math.sin(east) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


def _is_shifted(place: Position) -> bool:
    (south, north), (west, east) = _SHIFTED_LATITUDES, _SHIFTED_LONGITUDES
    return south <= place.latitude <= north and west <= place.longitude <= east


def _waves(value: float, *amplitudes_and_divisors: tuple[float, float]) -> float:
    """Sum the sine terms of the published shift: amplitude * sin(pi * value / divisor), two thirds of each."""
    return sum(a * math.sin(math.pi * value / d) for a, d in amplitudes_and_divisors) * 2 / 3


def _shift_north(x: float, y: float) -> float:
    smooth = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return smooth + _waves(x, (20, 1 / 6), (20, 1 / 2)) + _waves(y, (20, 1), (40, 3), (160, 12), (320, 30))


def _shift_east(x: float, y: float) -> float:
    smooth = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return smooth + _waves(x, (20, 1 / 6), (20, 1 / 2), (20, 1), (40, 3), (150, 12), (300, 30))
