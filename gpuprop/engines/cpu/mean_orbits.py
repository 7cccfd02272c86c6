"""Near-Earth objects as slowly turning ellipses over some hours, with bounds of what SGP4 adds to them.

Over a span of time an object stays near a point of an ellipse in its mean orbital plane: node and mean
argument of latitude move as SGP4's secular terms say, the rest stands still. Everything that does not
(drag, the turning perigee, long- and short-period terms) is bounded over the whole span from SGP4's
formulas, as in `extents`. Angles are rad, lengths km, rates rad/min.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.arithmetic import sincos
from gpuprop.engines.cpu.compile import inlined, kernel, prefer_wide_vectors
from gpuprop.engines.cpu.constants import J2, RADIUSEARTHKM
from gpuprop.engines.cpu.initialize import NEAR
from gpuprop.engines.cpu.latch import drag_factor_bounds, eccentricity_bounds

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bools, Floats, Ints
    from gpuprop.engines.cpu.model import Model

__all__ = ["angle_seen", "largest_radius", "least_radius", "mean_orbits", "radii"]

# Normal of the plane, direction of its node; the vector to the perigee, as long as the eccentricity,
# towards the node and a quarter turn on
(NX, NY, NZ, COS_NODE, SIN_NODE, ALONG, ACROSS) = range(7)
# Mean argument of latitude with the long-period term, and rates of it and of the node
(PHASE, RATE, NODE_RATE) = range(7, 10)
# True minus mean anomaly is y (CENTRE0 + CENTRE1 x + CENTRE2 y^2) for x = e cos f and y = e sin f
(CENTRE0, CENTRE1, CENTRE2) = range(10, 13)
# Largest dM/df; how far direction and phase may be off
(SLOPE, OFF, OFF_PHASE) = range(13, 16)
# What tells when somebody is where, two cache lines, ends here
N_TIMING_ROWS = 16
# The vector to the perigee in the frame of the catalog
(EX, EY, EZ) = range(16, 19)
# Semi-latus rectum, from and to, by which the radius is l / (1 + e cos f), and what is uncertain of the
# radius beside
(L_LO, L_HI, RADIAL) = range(19, 22)
# Largest eccentricity, and how far the vector to the perigee may be off
(ECCENTRICITY, OFF_E) = range(22, 24)
N_ORBIT_ROWS = 24

_NS_PER_MINUTE = 6.0e10
# Beyond these the ellipse tells too little
_E_LIMIT, _TEMP2_LIMIT, _OFF_E_LIMIT, _OFF_PHASE_LIMIT = 0.7, 0.01, 0.05, 0.2
# |true minus mean anomaly| is below this times the eccentricity, up to `_E_LIMIT`
CENTRE = 2.4
# Of float32, in which angles and radii are compared
_ROUNDING, _ROUNDING_KM = 1e-5, 0.05


@inlined
def least_radius(orbit: Floats) -> float:
    """Least distance from the centre of the Earth."""
    return orbit[L_LO] / (1.0 + orbit[ECCENTRICITY]) - orbit[RADIAL]


@inlined
def largest_radius(orbit: Floats) -> float:
    """Largest distance from the centre of the Earth."""
    return orbit[L_HI] / (1.0 - orbit[ECCENTRICITY]) + orbit[RADIAL]


@kernel
def radii(orbits: Floats) -> Floats:
    """Return the least and the largest radius (2, n) of orbits."""
    out = np.empty((2, len(orbits)))
    for k in range(len(orbits)):
        out[0, k], out[1, k] = least_radius(orbits[k]), largest_radius(orbits[k])
    return out


@inlined
def angle_seen(orbit: Floats, threshold_km: float) -> float:
    """Largest angle between the directions of the object and of another one within the threshold."""
    # Both radii are at least their own, and differ by no more than the threshold
    return 1.005 * threshold_km / max(least_radius(orbit) - threshold_km, RADIUSEARTHKM)


@inlined
def _perigee(row: Floats, t: float, half: float, e_lo: float, e_hi: float, temp: float, out: Floats) -> float:
    """Set the vector to the perigee and its bounds; return the long-period term of the longitude."""
    e = 0.5 * (max(e_lo, 0.0) + max(e_hi, 1.0e-6))
    sin_w, cos_w = sincos(row[rows.ARGPO] + row[rows.ARGPDOT] * t)
    axnl, aynl = e * cos_w, e * sin_w + temp * row[rows.AYCOF]
    sin_node, cos_node = out[SIN_NODE], out[COS_NODE]
    out[ALONG], out[ACROSS] = axnl, aynl
    out[EX] = axnl * cos_node - aynl * sin_node * row[rows.COSIP]
    out[EY] = axnl * sin_node + aynl * cos_node * row[rows.COSIP]
    out[EZ] = aynl * row[rows.SINIP]
    # Drag moves the perigee by omgcof t + xmcof ((1 + eta cos M)^3 - delmo)
    wide = 1.0 + abs(row[rows.ETA])
    drag = abs(row[rows.OMGCOF]) * (abs(t) + half)
    drag += abs(row[rows.XMCOF]) * (wide * wide * wide + abs(row[rows.DELMO]))
    turn = min(abs(row[rows.ARGPDOT]) * half + drag, 2.0)
    out[OFF_E] = 0.5 * (e_hi - e_lo) + max(e_hi, 1.0e-6) * turn
    return temp * row[rows.XLCOF] * axnl


@inlined
def _size(row: Floats, am_lo: float, am_hi: float, out: Floats) -> float:
    """Set the bounds of the semi-latus rectum, radius and direction; return the largest temp2."""
    el = math.sqrt(out[ALONG] * out[ALONG] + out[ACROSS] * out[ACROSS])
    low, high = max(el - out[OFF_E], 0.0), el + out[OFF_E]
    out[ECCENTRICITY] = high
    e = min(high, _E_LIMIT)
    out[SLOPE] = (1.0 + e) * math.sqrt((1.0 + e) / (1.0 - e))
    pl_lo, pl_hi = am_lo * (1.0 - high * high), am_hi * (1.0 - low * low)
    temp1_lo, temp1_hi = 0.5 * J2 / pl_hi, 0.5 * J2 / pl_lo
    temp2_lo, temp2_hi = temp1_lo / pl_hi, temp1_hi / pl_lo
    # mrt = rl (1 - 1.5 temp2 betal con41) + 0.5 temp1 x1mth2 cos 2u
    p = 1.5 * temp2_lo * math.sqrt(1.0 - min(high, 1.0) * high) * row[rows.CON41]
    q = 1.5 * temp2_hi * math.sqrt(1.0 - low * low) * row[rows.CON41]
    out[L_LO] = RADIUSEARTHKM * pl_lo * (1.0 - max(p, q))
    out[L_HI] = RADIUSEARTHKM * pl_hi * (1.0 - min(p, q))
    out[RADIAL] = RADIUSEARTHKM * 0.5 * temp1_hi * abs(row[rows.X1MTH2]) + _ROUNDING_KM
    cos_i, sin_i = abs(row[rows.COSIP]), abs(row[rows.SINIP])
    out[OFF] = temp2_hi * (0.25 * abs(row[rows.X7THM1]) + 1.5 * cos_i * (1.0 + sin_i)) + _ROUNDING
    return temp2_hi


@inlined
def _centre(out: Floats) -> float:
    """Set the coefficients of the equation of the centre; return by how much it may be wrong.

    f - M = -2 sum over n >= 1 of (-beta)^n (1/n + sqrt(1 - e^2)) sin(n f), beta = e / (1 + sqrt(1 - e^2)),
    to the third term.
    """
    e2 = out[ALONG] * out[ALONG] + out[ACROSS] * out[ACROSS]
    root = math.sqrt(1.0 - e2)
    inverse = 1.0 / (1.0 + root)
    third = 2.0 * (1.0 / 3.0 + root) * inverse * inverse * inverse
    out[CENTRE0] = 2.0 + 3.0 * third * e2
    out[CENTRE1] = -4.0 * (0.5 + root) * inverse * inverse
    out[CENTRE2] = -4.0 * third
    beta2 = e2 * inverse * inverse
    return 2.5 * beta2 * beta2 / (1.0 - math.sqrt(beta2))


@kernel
def describe(
    table: Floats, minutes: Floats, half: float, objects: Ints, orbits: Floats, known: Bools
) -> None:
    """Describe objects over [minutes - half, minutes + half] since epoch; mark those that it holds for."""
    prefer_wide_vectors()
    for i in range(objects.size):
        k, t, row, out = objects[i], minutes[i], table[i], orbits[objects[i]]
        f_lo, f_hi = drag_factor_bounds(row, t - half, t + half)
        e_lo, e_hi = eccentricity_bounds(row, t - half, t + half)
        known[k] = False
        if not (f_lo > 0.0 and e_hi < _E_LIMIT and e_lo > -0.0009):
            continue
        ao = row[rows.SQRT_AO] * row[rows.SQRT_AO]
        am_lo, am_hi = ao * f_lo * f_lo, ao * f_hi * f_hi
        temp_lo, temp_hi = 1.0 / am_hi, 1.0 / (am_lo * (1.0 - e_hi * e_hi))
        temp = 0.5 * (temp_lo + temp_hi)
        node = row[rows.NODEO] + t * (row[rows.NODEDOT] + row[rows.NODECF] * t)
        out[SIN_NODE], out[COS_NODE] = sincos(node)
        out[NX] = row[rows.SINIP] * out[SIN_NODE]
        out[NY] = -row[rows.SINIP] * out[COS_NODE]
        out[NZ] = row[rows.COSIP]
        longitude = _perigee(row, t, half, e_lo, e_hi, temp, out)
        spread = temp_hi - temp_lo
        out[OFF_E] += 0.5 * abs(row[rows.AYCOF]) * spread
        temp2 = _size(row, am_lo, am_hi, out)
        no, t2, t3, t4, t5 = row[rows.NO], row[rows.T2COF], row[rows.T3COF], row[rows.T4COF], row[rows.T5COF]
        out[PHASE] = row[rows.MO] + row[rows.ARGPO] + (row[rows.MDOT] + row[rows.ARGPDOT]) * t
        out[PHASE] += no * t * t * (t2 + t * (t3 + t * (t4 + t * t5))) + longitude
        out[RATE] = row[rows.MDOT] + row[rows.ARGPDOT]
        out[RATE] += no * t * (2.0 * t2 + t * (3.0 * t3 + t * (4.0 * t4 + t * 5.0 * t5)))
        out[NODE_RATE] = row[rows.NODEDOT] + 2.0 * row[rows.NODECF] * t
        far = abs(t) + half
        bend = 6.0 * abs(t3) + far * (12.0 * abs(t4) + far * 20.0 * abs(t5))
        bend = abs(no) * (2.0 * abs(t2) + far * bend)
        out[OFF] += abs(row[rows.NODECF]) * half * half
        e = min(out[ECCENTRICITY], _E_LIMIT)
        # |dM/de| at a given true anomaly is at most (2 + e) / (1 - e)^2
        out[OFF_PHASE] = (
            0.5 * half * half * bend + out[OFF_E] * (2.0 + e) / ((1.0 - e) * (1.0 - e)) + _ROUNDING
        )
        out[OFF_PHASE] += abs(row[rows.XLCOF]) * (temp_hi * out[OFF_E] + spread) + _centre(out)
        known[k] = (
            (temp2 < _TEMP2_LIMIT)
            & (out[OFF_E] < _OFF_E_LIMIT)
            & (out[OFF_PHASE] < _OFF_PHASE_LIMIT)
            & (out[ECCENTRICITY] < _E_LIMIT)
        )


def mean_orbits(model: Model, middle_ns: int, half_minutes: float) -> tuple[Floats, Bools]:
    """Describe all objects of a model within `half_minutes` of an instant, ns UTC.

    Returns
    -------
    orbits : ndarray of float64, shape (n, `N_ORBIT_ROWS`)
        By object and quantity.
    known : ndarray of bool, shape (n,)
        Whom it describes: not deep-space objects, and none of which the bounds say too little.
    """
    orbits = np.zeros((len(model), N_ORBIT_ROWS))
    known = np.zeros(len(model), np.bool_)
    for group in model.groups:
        if group.kind == NEAR:
            minutes = (middle_ns - group.epoch_ns) / _NS_PER_MINUTE
            describe(group.table, minutes, half_minutes, group.objects, orbits, known)
    return orbits, known
