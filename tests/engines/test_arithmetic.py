"""The engine's own elementary functions, against the C library's."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuprop.engines.cpu import arithmetic

ULP = 2.0**-52
ANGLES = st.floats(-1e9, 1e9)
NUMBERS = st.floats(-1e12, 1e12)


@numba.njit
def _sin(x):
    return arithmetic.sin(x)


@numba.njit
def _cos(x):
    return arithmetic.cos(x)


@numba.njit
def _sincos(x):
    return arithmetic.sincos(x)


@numba.njit
def _small_sincos(x):
    return arithmetic.small_sincos(x)


@numba.njit
def _rotate(s, c, ds, dc):
    return arithmetic.rotate(s, c, ds, dc)


@numba.njit
def _atan2(y, x):
    return arithmetic.atan2(y, x)


@settings(deadline=None)
@given(ANGLES)
def test_sine_and_cosine_are_good_to_one_unit_in_the_last_place_of_one(x: float) -> None:
    sine, cosine = _sincos(x)
    assert abs(sine - math.sin(x)) <= ULP
    assert abs(cosine - math.cos(x)) <= ULP
    assert abs(_sin(x) - math.sin(x)) <= ULP
    assert abs(_cos(x) - math.cos(x)) <= ULP


@pytest.mark.parametrize("eighths", range(-24, 25))
def test_sine_and_cosine_around_multiples_of_an_eighth_turn(eighths: int) -> None:
    for step in (-1e-12, 0.0, 1e-12):
        x = eighths * math.pi / 4.0 + step
        np.testing.assert_allclose(_sincos(x), (math.sin(x), math.cos(x)), rtol=0.0, atol=ULP)
        np.testing.assert_allclose((_sin(x), _cos(x)), (math.sin(x), math.cos(x)), rtol=0.0, atol=ULP)


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan, 1e300])
def test_no_plausible_sine_of_what_is_no_angle(x: float) -> None:
    sine, cosine = _sincos(x)
    assert not abs(sine * sine + cosine * cosine - 1.0) < 1e-6


@settings(deadline=None)
@given(st.floats(-0.12, 0.12))
def test_small_angles(x: float) -> None:
    sine, cosine = _small_sincos(x)
    assert abs(sine - math.sin(x)) <= ULP * abs(x)
    assert abs(cosine - math.cos(x)) <= ULP


@settings(deadline=None)
@given(st.floats(-10.0, 10.0), st.floats(-10.0, 10.0))
def test_rotation_adds_angles(a: float, b: float) -> None:
    sine, cosine = _rotate(math.sin(a), math.cos(a), math.sin(b), math.cos(b))
    assert abs(sine - math.sin(a + b)) < 4e-15
    assert abs(cosine - math.cos(a + b)) < 4e-15


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_arc_tangent(y: float, x: float) -> None:
    assert abs(_atan2(y, x) - math.atan2(y, x if x != 0.0 else 0.0)) <= 2.0 * ULP or y == 0.0


@pytest.mark.parametrize(
    ("y", "x", "angle"),
    [
        (0.0, 0.0, 0.0),
        (0.0, 2.0, 0.0),
        (0.0, -2.0, math.pi),
        (3.0, 0.0, math.pi / 2),
        (-3.0, 0.0, -math.pi / 2),
        (1.0, 1.0, math.pi / 4),
        (-1.0, -1.0, -3 * math.pi / 4),
    ],
)
def test_arc_tangent_on_the_axes(y: float, x: float, angle: float) -> None:
    assert _atan2(y, x) == pytest.approx(angle, abs=2.0 * ULP)
