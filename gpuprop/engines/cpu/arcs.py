"""Arcs of a step: where each object may be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gpuprop.engines.cpu.compile import leaf
from gpuprop.engines.cpu.constants import J2, MU, RADIUSEARTHKM
from gpuprop.engines.cpu.lanes import HALF, LOWER, MID_X, MID_Y, MID_Z, UPPER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

# Rows of the arcs, after those that `append_near` reads
GRADIENT, BULGE, N_ARC_ROWS = 6, 7, 8

ROUNDING_KM = 1e-3
FLOAT32_ROUNDING = 2.5e-7


@leaf
def inverse_radii(positions: Array, out: Array) -> None:
    """One over the distance from the centre of the Earth; NaN where there is no position."""
    x, y, z = positions[0], positions[1], positions[2]
    for k in range(out.size):
        out[k] = 1.0 / math.sqrt(x[k] * x[k] + y[k] * y[k] + z[k] * z[k])


@leaf
def trace_arcs(
    threshold_km: float,
    eighth: float,
    gradient: float,
    p0: Array,
    p1: Array,
    inverse0: Array,
    inverse1: Array,
    semi_major_km: Array,
    unmodelled: Array,
    arcs: Array,
) -> None:
    """Radius interval, direction, half arc, gradient and bulge of every object over one step."""
    x0, y0, z0 = p0[0], p0[1], p0[2]
    x1, y1, z1 = p1[0], p1[1], p1[2]
    for k in range(semi_major_km.size):
        a, b = inverse0[k], inverse1[k]
        ux = x0[k] * a + x1[k] * b
        uy = y0[k] * a + y1[k] * b
        uz = z0[k] * a + z1[k] * b
        length = math.sqrt(ux * ux + uy * uy + uz * uz)
        # An arc may dip a little below both its ends: 1 % on 1/r covers steps of five minutes.
        inverse = 1.01 * max(a, b)
        inverse2 = inverse * inverse
        # Three times the largest J2 acceleration; what an object shows beyond that was measured.
        bulge = eighth * (4.5 * J2 * MU * RADIUSEARTHKM**2 * inverse2 * inverse2 + unmodelled[k])
        ra, rb = 1.0 / a, 1.0 / b
        eccentric = max(abs(1.0 - ra / semi_major_km[k]), abs(1.0 - rb / semi_major_km[k]))
        pad = eighth * 1.05 * MU * inverse2 * eccentric + bulge + ROUNDING_KM
        arcs[LOWER, k] = min(ra, rb) * (1.0 - FLOAT32_ROUNDING) - pad
        arcs[UPPER, k] = max(ra, rb) * (1.0 + FLOAT32_ROUNDING) + pad + threshold_km
        arcs[MID_X, k] = ux / length
        arcs[MID_Y, k] = uy / length
        arcs[MID_Z, k] = uz / length
        arcs[HALF, k] = math.sqrt(abs(2.0 - length)) + bulge * inverse + FLOAT32_ROUNDING
        arcs[GRADIENT, k] = gradient * inverse * inverse2
        arcs[BULGE, k] = bulge
