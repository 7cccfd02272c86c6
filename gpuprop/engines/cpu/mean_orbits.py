"""Objects as slowly turning ellipses over some hours, with bounds of what SGP4 adds to them.

Over a span of time an object stays near a point of an ellipse in its mean orbital plane: node and mean
argument of latitude move as SGP4's secular terms say, the rest stands still. Everything that does not
(drag, the turning perigee, long- and short-period terms) is bounded over the whole span from SGP4's
formulas, as in `extents`: here for objects near the Earth, in `deep_orbits` for others. Angles are rad,
lengths km, rates rad/min.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.arithmetic import rotate, sincos, small_sincos
from gpuprop.engines.cpu.compile import inlined, kernel, prefer_wide_vectors
from gpuprop.engines.cpu.constants import J2, RADIUSEARTHKM, XKE
from gpuprop.engines.cpu.latch import drag_factor_bounds, eccentricity_bounds

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bools, Floats, Ints

__all__ = ["angle_seen", "describe", "largest_radius", "least_radius", "phase_anywhere", "radii"]

# Normal of the plane, direction of its node; the vector to the perigee, as long as the eccentricity,
# towards the node and a quarter turn on
(NX, NY, NZ, COS_NODE, SIN_NODE, ALONG, ACROSS) = range(7)
# Mean argument of latitude with the long-period term, and rates of it and of the node
(PHASE, RATE, NODE_RATE) = range(7, 10)
# sqrt(1 - e^2); how far the direction may be off, the phase for a given direction and vector to the
# perigee, and that vector; largest eccentricity
(ROOT, OFF, OFF_PHASE, OFF_E, ECCENTRICITY) = range(10, 15)
# The vector to the perigee in the frame of the catalog
(EX, EY, EZ) = range(15, 18)
# Semi-latus rectum, from and to; the radius is l / (1 + e cos f) + wave cos(2u), u being the argument of
# latitude, and uncertain by a little beside. That wave is wave - lift z^2 too, z being the sine of the
# direction's height above the equator
(L_LO, L_HI, WAVE, RADIAL, LIFT) = range(18, 23)
N_ORBIT_ROWS = 23
# Two cache lines hold all that tells when somebody is where
N_TIMING_ROWS = 16

# Beyond these the ellipse tells too little
E_LIMIT, TEMP2_LIMIT, OFF_LIMIT, OFF_E_LIMIT, OFF_PHASE_LIMIT = 0.9, 0.01, 0.1, 0.05, 0.2
# Largest departure of (rate of the phase)^2 a^3 from Kepler's third law
FORCE_LIMIT = 0.05
# |true minus mean anomaly| is below this times the eccentricity, up to `E_LIMIT`
CENTRE = 2.4
# Of float32, in which angles and radii are compared
ROUNDING, _ROUNDING_KM = 1e-5, 0.05


@inlined
def least_radius(orbit: Floats) -> float:
    """Least distance from the centre of the Earth."""
    return orbit[L_LO] / (1.0 + orbit[ECCENTRICITY]) - orbit[WAVE] - orbit[RADIAL]


@inlined
def largest_radius(orbit: Floats) -> float:
    """Largest distance from the centre of the Earth."""
    return orbit[L_HI] / (1.0 - orbit[ECCENTRICITY]) + orbit[WAVE] + orbit[RADIAL]


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
def phase_of_perigee(orbit: Floats) -> float:
    """By how much the phase at a given direction may be off because the vector to the perigee is.

    This is to be divided by (1 + e cos f)^2. The phase is M(e, f) + perigee, with f = direction - perigee;
    with x = e cos f its derivatives are -sqrt(1 - e^2) sin f (2 + x) / (1 + x)^2 along the vector and
    (1 - (1 - e^2)^1.5 / (1 + x)^2) / e across, and their hypotenuse is at most (2 + 2.7 e) / (1 + x)^2.
    """
    return orbit[OFF_E] * (2.0 + 2.7 * orbit[ECCENTRICITY])


@inlined
def phase_anywhere(orbit: Floats) -> float:
    """By how much the phase may be off, wherever the object is."""
    nearest = max(1.0 - orbit[ECCENTRICITY], 1.0 - E_LIMIT)
    return orbit[OFF_PHASE] + phase_of_perigee(orbit) / (nearest * nearest)


@kernel
def keep_rows(orbits: Floats, keep: Bools) -> int:
    """Move the rows to be kept up to the first ones, in their order; return how many they are."""
    n = 0
    for i in range(keep.size):
        if keep[i]:
            if n < i:
                orbits[n] = orbits[i]
            n += 1
    return n


@kernel
def phases_anywhere(orbits: Floats) -> Floats:
    """Return by how much the phases (n,) of orbits may be off, wherever the objects are."""
    out = np.empty(len(orbits))
    for k in range(len(orbits)):
        out[k] = phase_anywhere(orbits[k])
    return out


@inlined
def _perigee(row: Floats, t: float, half: float, e_lo: float, e_hi: float, temp: float, out: Floats) -> float:
    """Set the vector to the perigee and its bounds; return the long-period term of the longitude."""
    e = 0.5 * (max(e_lo, 0.0) + max(e_hi, 1.0e-6))
    sin_w, cos_w = sincos(row[rows.ARGPO] + row[rows.ARGPDOT] * t)
    axnl, aynl = e * cos_w, e * sin_w + temp * row[rows.AYCOF]
    out[ALONG], out[ACROSS] = axnl, aynl
    # Drag moves the perigee by omgcof t + xmcof ((1 + eta cos M)^3 - delmo)
    wide = 1.0 + abs(row[rows.ETA])
    drag = abs(row[rows.OMGCOF]) * (abs(t) + half)
    drag += abs(row[rows.XMCOF]) * (wide * wide * wide + abs(row[rows.DELMO]))
    turn = min(abs(row[rows.ARGPDOT]) * half + drag, 2.0)
    out[OFF_E] = 0.5 * (e_hi - e_lo) + max(e_hi, 1.0e-6) * turn
    return temp * row[rows.XLCOF] * axnl


@inlined
def size(cos_i: float, sin_i: float, am_lo: float, am_hi: float, out: Floats) -> float:
    """Set the plane, the bounds of semi-latus rectum, radius and direction; return the largest temp2.

    The short-period terms of node and inclination lift an object by -1.5 temp2 cos i sin i sin u above its
    plane, and so tilt that about the node. In the plane, those of u and node leave temp2 sin^2 i sin(2u) / 4.
    Each is 4.6 temp2 at most, and what is of second order in them below the square of that.
    """
    el = math.sqrt(out[ALONG] * out[ALONG] + out[ACROSS] * out[ACROSS])
    low, high = max(el - out[OFF_E], 0.0), el + out[OFF_E]
    out[ECCENTRICITY] = high
    out[ROOT] = math.sqrt(max(1.0 - el * el, 0.0))
    square = cos_i * cos_i
    pl_lo, pl_hi = am_lo * (1.0 - high * high), am_hi * (1.0 - low * low)
    temp1_lo, temp1_hi = 0.5 * J2 / pl_hi, 0.5 * J2 / pl_lo
    temp2_lo, temp2_hi = temp1_lo / pl_hi, temp1_hi / pl_lo
    # mrt = rl (1 - 1.5 temp2 betal con41) + 0.5 temp1 x1mth2 cos 2u
    p = 1.5 * temp2_lo * math.sqrt(1.0 - min(high, 1.0) * high) * (3.0 * square - 1.0)
    q = 1.5 * temp2_hi * math.sqrt(1.0 - low * low) * (3.0 * square - 1.0)
    out[L_LO] = RADIUSEARTHKM * pl_lo * (1.0 - max(p, q))
    out[L_HI] = RADIUSEARTHKM * pl_hi * (1.0 - min(p, q))
    out[WAVE] = RADIUSEARTHKM * 0.25 * (temp1_lo + temp1_hi) * (1.0 - square)
    out[RADIAL] = RADIUSEARTHKM * 0.25 * (temp1_hi - temp1_lo) * (1.0 - square) + _ROUNDING_KM
    scale = 1.5 * cos_i * sin_i
    out[OFF] = 0.25 * temp2_hi * (1.0 - square) + abs(scale) * (temp2_hi - temp2_lo)
    out[OFF] += 22.0 * temp2_hi * temp2_hi + ROUNDING
    s, c = small_sincos(-0.5 * scale * (temp2_lo + temp2_hi))
    sine, out[NZ] = rotate(sin_i, cos_i, s, c)
    # The plane is tilted, of which the wave knows nothing
    out[LIFT] = RADIUSEARTHKM * 0.5 * (temp1_lo + temp1_hi)
    out[RADIAL] += out[LIFT] * abs(1.0 - square - sine * sine)
    sin_node, cos_node, along, across = out[SIN_NODE], out[COS_NODE], out[ALONG], out[ACROSS]
    out[NX], out[NY] = sine * sin_node, -sine * cos_node
    out[EX] = along * cos_node - across * sin_node * out[NZ]
    out[EY] = along * sin_node + across * cos_node * out[NZ]
    out[EZ] = across * sine
    return temp2_hi


@inlined
def tells_enough(temp2: float, am_lo: float, am_hi: float, orbit: Floats) -> bool:
    """Whether the bounds of an orbit are narrow enough to be used, and it is near one of two bodies.

    Drag polynomials far from their epoch let phase and semi-major axis go their own ways, and the path bends
    by more than gravity does then.
    """
    force = orbit[RATE] * orbit[RATE] / (XKE * XKE)
    return (
        (force * am_lo * am_lo * am_lo > 1.0 - FORCE_LIMIT)
        & (force * am_hi * am_hi * am_hi < 1.0 + FORCE_LIMIT)
        & (temp2 < TEMP2_LIMIT)
        & (orbit[OFF] < OFF_LIMIT)
        & (orbit[OFF_E] < OFF_E_LIMIT)
        & (orbit[OFF_PHASE] < OFF_PHASE_LIMIT)
        & (orbit[ECCENTRICITY] < E_LIMIT)
    )


@kernel
def describe(table: Floats, minutes: Floats, half: float, places: Ints, orbits: Floats, known: Bools) -> None:
    """Describe objects over [minutes - half, minutes + half] since epoch; mark those that it holds for.

    Each has a place (n,) in the result; objects whose place is negative are left out.
    """
    prefer_wide_vectors()
    for i in range(places.size):
        if places[i] < 0:
            continue
        k, t, row, out = places[i], minutes[i], table[i], orbits[places[i]]
        f_lo, f_hi = drag_factor_bounds(row, t - half, t + half)
        e_lo, e_hi = eccentricity_bounds(row, t - half, t + half)
        known[k] = False
        if not (f_lo > 0.0 and e_hi < E_LIMIT and e_lo > -0.0009):
            continue
        ao = row[rows.SQRT_AO] * row[rows.SQRT_AO]
        am_lo, am_hi = ao * f_lo * f_lo, ao * f_hi * f_hi
        temp_lo, temp_hi = 1.0 / am_hi, 1.0 / (am_lo * (1.0 - e_hi * e_hi))
        temp = 0.5 * (temp_lo + temp_hi)
        node = row[rows.NODEO] + t * (row[rows.NODEDOT] + row[rows.NODECF] * t)
        out[SIN_NODE], out[COS_NODE] = sincos(node)
        longitude = _perigee(row, t, half, e_lo, e_hi, temp, out)
        spread = temp_hi - temp_lo
        out[OFF_E] += 0.5 * abs(row[rows.AYCOF]) * spread
        temp2 = size(row[rows.COSIP], row[rows.SINIP], am_lo, am_hi, out)
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
        out[OFF_PHASE] = 0.5 * half * half * bend + ROUNDING
        out[OFF_PHASE] += abs(row[rows.XLCOF]) * (temp_hi * out[OFF_E] + spread)
        known[k] = tells_enough(temp2, am_lo, am_hi, out)
