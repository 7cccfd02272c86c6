"""Relative motion of many pairs, in the RIC frame (CCSDS 508.0) of their first objects."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.compile import inlined, kernel

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats

__all__ = ["N_QUANTITIES", "RANGE", "SPEED", "relative_motion"]

RANGE, SPEED, N_QUANTITIES = 6, 7, 8
"""Rows of relative motion behind radial, in-track and cross-track position and velocity; their number."""


@inlined
def _dot(a: Any, b: Any) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def _cross(a: Any, b: Any) -> tuple[float, float, float]:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@inlined
def _unit(a: Any) -> tuple[float, float, float]:
    length = math.sqrt(_dot(a, a))
    return a[0] / length, a[1] / length, a[2] / length


@kernel
def relative_motion(r1: Floats, v1: Floats, r2: Floats, v2: Floats) -> Floats:
    """Return position, km, and velocity, km/s, of objects relative to others, (n, 3) each, as (8, n).

    The rows are the radial, in-track and cross-track position and velocity, in the frame of the first object
    but not as seen from it turning, then range and relative speed.
    """
    out = np.empty((N_QUANTITIES, len(r1)))
    for i in range(len(r1)):
        r, v = (r1[i, 0], r1[i, 1], r1[i, 2]), (v1[i, 0], v1[i, 1], v1[i, 2])
        position = r2[i, 0] - r[0], r2[i, 1] - r[1], r2[i, 2] - r[2]
        velocity = v2[i, 0] - v[0], v2[i, 1] - v[1], v2[i, 2] - v[2]
        radial, cross_track = _unit(r), _unit(_cross(r, v))
        in_track = _cross(cross_track, radial)
        out[0, i], out[1, i], out[2, i] = (
            _dot(radial, position),
            _dot(in_track, position),
            _dot(cross_track, position),
        )
        out[3, i], out[4, i], out[5, i] = (
            _dot(radial, velocity),
            _dot(in_track, velocity),
            _dot(cross_track, velocity),
        )
        out[RANGE, i], out[SPEED, i] = (
            math.sqrt(_dot(position, position)),
            math.sqrt(_dot(velocity, velocity)),
        )
    return out
