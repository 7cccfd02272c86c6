"""From states and covariances of two objects to the plane across their relative velocity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gpuprop.engines.cpu.compile import inlined, kernel
from gpuprop.engines.cpu.constants import MU

if TYPE_CHECKING:
    import numpy as np

# What a covariance is found to be
USABLE, UNKNOWN, NOT_FINITE, NOT_SYMMETRIC, IMPLAUSIBLE, NEGATIVE = 0, 1, 2, 3, 4, 5

_ASYMMETRY = 1e-9
_ROUNDING = 1e-10
# Sigmas of less than 1 mm or more than 100,000 km come from a wrong unit
_SMALLEST_M2, _LARGEST_M2 = 1e-6, 1e16
# Half the pass, in sigmas of the position along the relative velocity
_SIGMAS = 5.0


@kernel
def _kind(c: np.ndarray) -> int:
    """Say what a 3 x 3 covariance (m^2) is."""
    missing = 0
    for i in range(3):
        for j in range(3):
            if math.isnan(c[i, j]):
                missing += 1
            elif math.isinf(c[i, j]):
                return NOT_FINITE
    if missing:
        return UNKNOWN if missing == 9 else NOT_FINITE
    for i in range(3):
        for j in range(i):
            scale = max(math.sqrt(abs(c[i, i] * c[j, j])), abs(c[i, j]))
            if abs(c[i, j] - c[j, i]) > _ASYMMETRY * scale:
                return NOT_SYMMETRIC
    trace = c[0, 0] + c[1, 1] + c[2, 2]
    if abs(trace) > _LARGEST_M2 or 0.0 < abs(trace) < _SMALLEST_M2:
        return IMPLAUSIBLE
    return _sign(c)


@inlined
def _correlation(c, scale):
    """Return a covariance over the product of its sigmas; 2, which is none, where that is zero."""
    if scale == 0.0:
        return 0.0 if c == 0.0 else 2.0
    return c / scale


@kernel
def _sign(c: np.ndarray) -> int:
    """Tell whether a symmetric matrix has a negative eigenvalue, by the determinants of its correlations."""
    if c[0, 0] < 0.0 or c[1, 1] < 0.0 or c[2, 2] < 0.0:
        return NEGATIVE
    x, y, z = math.sqrt(c[0, 0]), math.sqrt(c[1, 1]), math.sqrt(c[2, 2])
    p, q, r = _correlation(c[1, 0], x * y), _correlation(c[2, 0], x * z), _correlation(c[2, 1], y * z)
    if max(abs(p), abs(q), abs(r)) > 1.0 + _ROUNDING:
        return NEGATIVE
    return USABLE if 1.0 + 2.0 * p * q * r - p * p - q * q - r * r > -_ROUNDING else NEGATIVE


@kernel
def inspect_covariances(covariance: np.ndarray, out: np.ndarray) -> None:
    """Fill out (n,) with what each of covariance (n, 3, 3), m^2, is found to be."""
    for i in range(out.size):
        out[i] = _kind(covariance[i])


@inlined
def _dot(a, b):
    """Scalar product of two tuples."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def _cross(a, b):
    """Vector product of two tuples."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


@inlined
def _times(factor, a):
    """Product of a number and a tuple."""
    return (factor * a[0], factor * a[1], factor * a[2])


@inlined
def _minus(a, b):
    """Difference of two tuples."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


@inlined
def _unit(a):
    """Direction of a tuple."""
    return _times(1.0 / math.sqrt(_dot(a, a)), a)


@inlined
def _across(a):
    """Return some direction across the direction a: from the axis that is farthest from it."""
    x, y, z = abs(a[0]), abs(a[1]), abs(a[2])
    if x <= y and x <= z:
        e = (1.0, 0.0, 0.0)
    elif y <= z:
        e = (0.0, 1.0, 0.0)
    else:
        e = (0.0, 0.0, 1.0)
    return _unit(_minus(e, _times(_dot(e, a), a)))


@inlined
def _in_ric(r, v, a):
    """Return a vector in the radial, in-track and cross-track axes of a state."""
    radial, cross_track = _unit(r), _unit(_cross(r, v))
    return (_dot(radial, a), _dot(_cross(cross_track, radial), a), _dot(cross_track, a))


@inlined
def _form(c, i, a, b):
    """Compute a^T C b for the covariance C of row i."""
    return (
        a[0] * (c[i, 0, 0] * b[0] + c[i, 0, 1] * b[1] + c[i, 0, 2] * b[2])
        + a[1] * (c[i, 1, 0] * b[0] + c[i, 1, 1] * b[1] + c[i, 1, 2] * b[2])
        + a[2] * (c[i, 2, 0] * b[0] + c[i, 2, 1] * b[1] + c[i, 2, 2] * b[2])
    )


@inlined
def _project(c, i, ric, r, v, e1, e2, along, plane, column):
    """Write the covariance of row i across the relative velocity; return its variance along it."""
    if math.isnan(c[i, 0, 0]):
        plane[i, column] = plane[i, column + 1] = plane[i, column + 2] = 0.0
        return 0.0
    if ric:
        e1, e2, along = _in_ric(r, v, e1), _in_ric(r, v, e2), _in_ric(r, v, along)
    plane[i, column] = _form(c, i, e1, e1)
    plane[i, column + 1] = _form(c, i, e1, e2)
    plane[i, column + 2] = _form(c, i, e2, e2)
    return max(0.0, _form(c, i, along, along))


@kernel
def encounter_planes(
    r: np.ndarray,
    v: np.ndarray,
    covariance: np.ndarray,
    in_ric: np.bool_,
    plane: np.ndarray,
    measures: np.ndarray,
) -> None:
    """Project relative position and covariances onto the plane across the relative velocity.

    r, v (2, n, 3) km, km/s; covariance (2, n, 3, 3) m^2, NaN where unknown; plane (n, 8) gets x, y (m),
    then xx, xy, yy of the covariance of object 1 and of object 2 (m^2, 0 where unknown); measures (n, 2)
    the relative speed (m/s) and by how much the relative path bends (m) while the pair crosses its
    position uncertainty along the relative velocity.
    """
    c1, c2 = covariance[0], covariance[1]
    for i in range(plane.shape[0]):
        r1, r2 = (r[0, i, 0], r[0, i, 1], r[0, i, 2]), (r[1, i, 0], r[1, i, 1], r[1, i, 2])
        v1, v2 = (v[0, i, 0], v[0, i, 1], v[0, i, 2]), (v[1, i, 0], v[1, i, 1], v[1, i, 2])
        dr, dv = _times(1e3, _minus(r2, r1)), _times(1e3, _minus(v2, v1))
        speed = math.sqrt(_dot(dv, dv))
        measures[i, 0] = speed
        if not speed > 0.0:
            plane[i, :] = math.nan
            measures[i, 1] = math.nan
            continue
        along = _times(1.0 / speed, dv)
        miss = _minus(dr, _times(_dot(dr, along), along))
        x = math.sqrt(_dot(miss, miss))
        e1 = _times(1.0 / x, miss) if x > 1e-9 else _across(along)
        e2 = _cross(along, e1)
        plane[i, 0], plane[i, 1] = x, 0.0
        variance = _project(c1, i, in_ric, r1, v1, e1, e2, along, plane, 2)
        variance += _project(c2, i, in_ric, r2, v2, e1, e2, along, plane, 5)
        # The gravity gradient n^2 L, acting over the half pass tau in which L = v t grows: n^2 v tau^3 / 6
        tau = _SIGMAS * math.sqrt(variance) / speed
        measures[i, 1] = MU / _dot(r1, r1) ** 1.5 * speed * tau**3 / 6.0
