"""Positions: what the phone measured, where a Chinese map shows it, how far it is."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.coordinates import Position, distance_m, to_gcj02
from inspection.errors import InvalidInputError

positions = st.builds(Position, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))
mainland = st.builds(Position, latitude=st.floats(18.5, 53), longitude=st.floats(74, 134))


def test_the_known_point_in_beijing():
    """G10: the reference point, to the sixth decimal (0.1 m)."""
    shown = to_gcj02(Position(latitude=39.9075, longitude=116.397222))
    assert (round(shown.latitude, 6), round(shown.longitude, 6)) == (39.908903, 116.403465)


@given(mainland)
def test_the_shift_is_some_hundred_metres(place):
    """The law of the standard: everything in the mainland moves, and never far."""
    assert 10 < distance_m(place, to_gcj02(place)) < 1_500


@pytest.mark.parametrize(("latitude", "longitude"), [(35.68, 139.76), (51.5, 0.0), (-33.9, 151.2), (60.0, 105.0)])
def test_outside_the_mainland_nothing_moves(latitude, longitude):
    place = Position(latitude=latitude, longitude=longitude)
    assert to_gcj02(place) == place


@given(positions)
def test_every_position_on_the_globe_can_be_shown(place):
    shown = to_gcj02(place)
    assert math.isfinite(shown.latitude)
    assert math.isfinite(shown.longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(90.1, 0), (0, -180.1), (math.nan, 0), (0, math.nan), (math.inf, 0)]
)
def test_what_is_on_no_globe_is_refused_in_chinese(latitude, longitude):
    with pytest.raises(InvalidInputError, match="位置坐标"):
        Position(latitude=latitude, longitude=longitude)


def test_one_degree_along_a_meridian_is_111_195_metres():
    south, north = Position(latitude=36, longitude=117), Position(latitude=37, longitude=117)
    assert distance_m(south, north) == pytest.approx(111_195, abs=1)


def test_antipodes_are_half_the_circumference_apart():
    one, other = Position(latitude=0, longitude=0), Position(latitude=0, longitude=180)
    assert distance_m(one, other) == pytest.approx(math.pi * 6_371_008.8)


@given(positions, positions, positions)
def test_distance_is_a_metric(one, other, third):
    assert distance_m(one, one) == 0
    assert distance_m(one, other) == pytest.approx(distance_m(other, one))
    # Half a metre of float noise near the antipodes, where the arcsine is steep.
    assert distance_m(one, third) <= distance_m(one, other) + distance_m(other, third) + 0.5
