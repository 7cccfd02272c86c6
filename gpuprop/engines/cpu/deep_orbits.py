"""Deep-space objects as slowly turning ellipses, in the terms of `mean_orbits`.

SDP4's own elements at the middle of a span and at both ends say where an object is and how fast it goes. How
far it may be from that in between follows from bounds on the derivatives of the formulas (dspace, dpper).

*Periodics.* Each is c2 f2 + c3 f3 + c4 sin zf for sun and moon, with f2 = -cos(2 zf) / 4, f3 = -sin(2 zf) / 4
and zf = zm + 2 e sin zm, where zm is linear in time. So |zf'| <= n (1 + 2 e) and |zf''| <= 2 e n^2 bound the
first and the second derivative.

*Longitude.* With Lyddane's modification or without, u + cos i dnode is free of the periodic turn of the
node, dnode, which may be large where the inclination is small:

    u = M + pl + perigee + pgh - cos i dnode - node term.

An inclination below zero is the same, with the sine's sign and u turned by half a turn.
The model's node moves with the secular rate. What the true one moves beside, dn, tilts the plane by
sin i dn, and turns the argument of latitude in it by cos i dn.

*Resonance.* The second derivative of the longitude is xndt, and the first one jumps at the nodes of the
integrator by xnddt step^2 / 2, as both are restarted there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import mean_orbits as mo
from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.arithmetic import atan2, round_
from gpuprop.engines.cpu.compile import inlined, kernel
from gpuprop.engines.cpu.constants import (
    J3OJ2,
    RADIUSEARTHKM,
    RPTIM,
    STEP2,
    STEPP,
    TWOPI,
    XKE,
    ZEL,
    ZES,
    ZNL,
    ZNS,
)
from gpuprop.engines.cpu.drivers import Stages, load, minutes_of_objects, run_stages
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bools, Floats, Ints

__all__ = ["describe_deep"]

# Inclination below which SDP4 applies Lyddane's modification, and above which the bounds say too little
_LYDDANE, _STEEP = 0.2, 2.8
# Largest first and second derivatives of zf, for sun and moon
_SUN1, _MOON1 = ZNS * (1.0 + 2.0 * ZES), ZNL * (1.0 + 2.0 * ZEL)
_SUN2, _MOON2 = _SUN1 * _SUN1 + 2.0 * ZES * ZNS * ZNS, _MOON1 * _MOON1 + 2.0 * ZEL * ZNL * ZNL
# Half of |j3 / j2|, by which aycof is sin i at most
_AYCOF = 0.5 * abs(J3OJ2)
# Part of a radius that float32 leaves open
_FLOAT32 = 1e-6


@inlined
def _derivatives(sun: float, sun4: float, moon: float, moon4: float) -> tuple[float, float]:
    """Largest first and second derivative of a periodic, from its |c2| + |c3| and |c4| of both bodies."""
    first = _SUN1 * (0.5 * sun + sun4) + _MOON1 * (0.5 * moon + moon4)
    return first, _SUN2 * (sun + sun4) + _MOON2 * (moon + moon4)


@inlined
def _pair(row: Floats, one: int, two: int) -> float:
    return abs(row[one]) + abs(row[two])


@inlined
def _inclination(buf: Floats, row: Floats, j: int) -> float:
    return row[rows.INCLO] + row[rows.DIDT] * buf[rows.T * L + j] + buf[rows.PINC * L + j]


@inlined
def _sine(buf: Floats, row: Floats, j: int) -> float:
    """Sine of the inclination, which is negative where `perturbed_angles` turns the node by half a turn."""
    return -buf[rows.SINIP * L + j] if _inclination(buf, row, j) < 0.0 else buf[rows.SINIP * L + j]


@inlined
def _node_turn(buf: Floats, row: Floats, j: int) -> float:
    """By how much the periodics turn the node, as `perturbed_angles` says."""
    sin_i, cos_i, ph = _sine(buf, row, j), buf[rows.COSIP * L + j], buf[rows.PH * L + j]
    if _inclination(buf, row, j) < _LYDDANE:
        return atan2(ph, sin_i + buf[rows.PINC * L + j] * cos_i)
    return ph / sin_i


@inlined
def _longitude(buf: Floats, row: Floats, j: int) -> float:
    turned = math.pi if _inclination(buf, row, j) < 0.0 else 0.0
    return buf[rows.U * L + j] + turned + buf[rows.COSIP * L + j] * _node_turn(buf, row, j)


@inlined
def _tilt(
    buf: Floats, row: Floats, j: int, h: float, i1: float, pinc: float, pinc1: float
) -> tuple[float, float]:
    """How far the plane may tilt within h minutes, and how far the node may be off its secular motion."""
    sin_i, cos_i = _sine(buf, row, j), buf[rows.COSIP * L + j]
    sun, moon = _pair(row, rows.SH2, rows.SH3), _pair(row, rows.XH2, rows.XH3)
    ph1, _ = _derivatives(sun, 0.0, moon, 0.0)
    ph = abs(buf[rows.PH * L + j])
    high = abs(sin_i) + i1 * h
    inclination, turn = _inclination(buf, row, j), 0.0
    # The direction of the vector (sin i + pinc cos i, ph)
    x = sin_i + buf[rows.PINC * L + j] * cos_i
    if inclination < _LYDDANE + i1 * h:
        moves = h * (i1 + pinc1 + pinc * i1 + ph1)
        least = math.sqrt(x * x + ph * ph) - moves
        turn = moves / least if least > 0.0 else math.inf
        # Beyond, the angle may jump by a whole turn
        turn = turn if abs(_node_turn(buf, row, j)) + turn < math.pi else math.inf
    if inclination >= _LYDDANE - i1 * h:
        low = sin_i - i1 * h
        of_other = h * (ph1 + (ph + ph1 * h) * i1 / low) / low if low > 0.0 else math.inf
        both = abs(ph / sin_i - atan2(ph, x)) if turn > 0.0 else 0.0
        turn = max(turn, of_other) + both
    dn = turn + abs(row[rows.NODECF]) * h * h
    # Both planes are near the equator at least, and longitudes from the node agree to i^2 / 2 per angle
    tilt = 2.0 * high + 3.7 * high * high
    if dn < 1.0:
        tilt = min(tilt, i1 * h * (1.0 + dn) + high * dn * (1.0 + 0.5 * dn))
    return tilt, min(dn, TWOPI)


@inlined
def _axis(buf: Floats, row: Floats, res: Floats, j: int, h: float) -> tuple[float, float, float, float]:
    """Semi-major axis, from and to, and largest second derivative and jumps of the mean longitude."""
    am, t = buf[rows.AM * L + j], buf[rows.T * L + j]
    factor = 1.0 - row[rows.CC1] * t
    shrinks = 2.0 * abs(row[rows.CC1]) * h / factor if factor > 0.0 else 1.0
    bend, jump = 2.0 * abs(row[rows.NO] * row[rows.T2COF]), 0.0
    if res.size:
        rate = 0.0
        for column in range(rows.D2201, rows.DEL3 + 1):
            rate += abs(res[column])
        # |xnddt| is at most 3 |xndt xldot|
        xnddt = 3.0 * rate * (2.0 * abs(buf[rows.XLDOT * L + j]) + 1e-4)
        shrinks += (rate + xnddt * STEPP) * h * math.sqrt(am * am * am) / XKE
        bend, jump = bend + rate, xnddt * STEP2
    # a is as n^(-2/3), which moves by less than n does
    shrinks = min(1.01 * shrinks + shrinks * shrinks, 1.0)
    return am * (1.0 - shrinks), am * (1.0 + shrinks), bend, jump


@inlined
def _secular_rate(buf: Floats, row: Floats, res: Floats, j: int, node1: float) -> float:
    """Rate of the argument of latitude without periodics."""
    perigee = row[rows.ARGPDOT] + row[rows.DOMDT]
    rate = perigee + 2.0 * row[rows.NO] * row[rows.T2COF] * buf[rows.T * L + j]
    if res.size:
        rate += buf[rows.XLDOT * L + j] + buf[rows.XNDT * L + j] * buf[rows.FT * L + j]
        return rate + row[rows.NODE_FACTOR] * (node1 - RPTIM) + row[rows.ARGP_FACTOR] * perigee
    return rate + row[rows.MDOT] + row[rows.DMDT]


@inlined
def _describe(
    buf: Floats, row: Floats, res: Floats, j: int, h: float, begin: float, until: float, out: Floats
) -> bool:
    """Describe the object in a lane, whose longitudes at both ends are given; return whether it holds."""
    sin_i, cos_i = buf[rows.SINIP * L + j], buf[rows.COSIP * L + j]
    inclination, t = _inclination(buf, row, j), buf[rows.T * L + j]
    sun, moon = _pair(row, rows.SI2, rows.SI3), _pair(row, rows.XI2, rows.XI3)
    pinc1, pinc2 = _derivatives(sun, 0.0, moon, 0.0)
    i1, pinc = abs(row[rows.DIDT]) + pinc1, abs(buf[rows.PINC * L + j]) + pinc1 * h
    if inclination > _STEEP:
        return False
    am_lo, am_hi, bend, jump = _axis(buf, row, res, j, h)
    if not am_lo > 0.0:
        return False
    tilt, dn = _tilt(buf, row, j, h, i1, pinc, pinc1)
    high = sin_i + i1 * h
    node1 = row[rows.NODEDOT] + row[rows.DNODT] + 2.0 * row[rows.NODECF] * t
    moves = abs(node1) + 2.0 * abs(row[rows.NODECF]) * h

    # Longitude
    sun4, moon4 = abs(row[rows.SL4] + row[rows.SGH4]), abs(row[rows.XL4] + row[rows.XGH4])
    sun = abs(row[rows.SL2] + row[rows.SGH2]) + abs(row[rows.SL3] + row[rows.SGH3])
    moon = abs(row[rows.XL2] + row[rows.XGH2]) + abs(row[rows.XL3] + row[rows.XGH3])
    _, longitude2 = _derivatives(sun, sun4, moon, moon4)
    bend += longitude2 + 2.0 * abs(row[rows.NODE_FACTOR] * row[rows.NODECF])
    term1, leap = 0.0, 0.0
    if inclination < _LYDDANE + i1 * h:  # the node term pinc sin i node, the node below one turn
        node = row[rows.NODEO] + (node1 - row[rows.NODECF] * t) * t
        if math.floor((node - moves * h) / TWOPI) != math.floor((node + moves * h) / TWOPI) or (
            inclination >= _LYDDANE - i1 * h
        ):
            leap = TWOPI * pinc * high
        product1 = pinc1 * high + pinc * i1
        term1 = TWOPI * product1 + pinc * high * moves
        bend += TWOPI * (pinc2 * high + 2.0 * pinc1 * i1 + pinc * (pinc2 + i1 * i1))
        bend += 2.0 * (product1 * moves + pinc * high * abs(row[rows.NODECF]))
    turned = high * i1 * h * (abs(_node_turn(buf, row, j)) + dn) + abs(row[rows.NODECF]) * h * h

    # Vector to the perigee
    sun, moon = _pair(row, rows.SE2, rows.SE3), _pair(row, rows.EE2, rows.E3)
    e1, _ = _derivatives(sun, 0.0, moon, 0.0)
    change = h * (e1 + abs(row[rows.DEDT] - row[rows.BSTAR_CC4]))
    sun, moon = _pair(row, rows.SGH2, rows.SGH3), _pair(row, rows.XGH2, rows.XGH3)
    pgh1, _ = _derivatives(sun, abs(row[rows.SGH4]), moon, abs(row[rows.XGH4]))
    turn = h * (abs(row[rows.ARGPDOT] + row[rows.DOMDT]) + pgh1 + term1) + leap + turned
    along, across = buf[rows.AXNL * L + j], buf[rows.AYNL * L + j]
    e = math.sqrt(along * along + across * across) + _AYCOF * high / (am_lo * 0.19)
    e_lo, e_hi = max(e - change - 2.0 * _AYCOF * high / (am_lo * 0.19), 0.0), e + change
    if not e_hi < mo.E_LIMIT:
        return False
    temp_lo, temp_hi = 1.0 / (am_hi * (1.0 - e_lo * e_lo)), 1.0 / (am_lo * (1.0 - e_hi * e_hi))
    off_e = change + e_hi * turn
    off_e += _AYCOF * (temp_hi * (i1 * h + high * min(2.0, dn)) + (temp_hi - temp_lo) * high)
    out[mo.ALONG], out[mo.ACROSS], out[mo.OFF_E] = along, across, off_e

    # |xlcof| is at most 4 |j3 / j2| sin i / (1 + cos i), and its derivative 8 times as much without the sine
    cosine = 1.0 + cos_i
    moved = high * (temp_hi - temp_lo) + 2.0 * temp_hi * i1 * h / cosine
    long_period = 8.0 * _AYCOF / cosine * (temp_hi * high * off_e + e_hi * moved)
    rate = _secular_rate(buf, row, res, j, node1)
    beyond = until - begin - 2.0 * h * rate
    beyond -= TWOPI * round_(beyond / TWOPI)
    out[mo.PHASE], out[mo.RATE], out[mo.NODE_RATE] = buf[rows.U * L + j], rate + 0.5 * beyond / h, node1
    bent = (bend * h + 2.0 * jump * (1.0 + h / STEPP)) * h
    out[mo.OFF_PHASE] = bent + turned + 2.0 * (leap + long_period) + mo.ROUNDING
    out[mo.COS_NODE], out[mo.SIN_NODE] = buf[rows.CNOD * L + j], buf[rows.SNOD * L + j]
    temp2 = mo.size(cos_i, sin_i, am_lo, am_hi, out)
    # The functions of inclination change by seven times the tilt at most
    out[mo.OFF] += tilt + 5.0 * temp2 * i1 * h
    out[mo.RADIAL] += RADIUSEARTHKM * am_hi * 2.0 * (5.0 * temp2 * i1 * h + _FLOAT32)
    return mo.tells_enough(temp2, am_lo, am_hi, out)


@kernel
def describe_deep(
    stages: Stages, table: Floats, resonance: Floats, epoch_ns: Ints, slots: Ints, places: Ints,
    middle_ns: int, half_ns: int, origin: Ints, nodes: Floats, orbits: Floats, known: Bools,
) -> None:  # fmt: skip
    """Describe objects within `half_ns` of an instant; mark those that it holds for.

    `slots` and `places` (n,) are their numbers in the tables of constants, and in the result.
    """
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots, epochs = np.zeros(L, np.int64), np.zeros(L, np.int64)
    ends, good = np.zeros((2, L)), np.zeros(L, np.bool_)
    nothing, h = np.zeros(0), half_ns / 6.0e10
    for start in range(0, slots.size, L):
        count = min(L, slots.size - start)
        for j in range(L):
            lane_slots[j] = slots[start + min(j, count - 1)]
            epochs[j] = epoch_ns[lane_slots[j]]
            good[j] = True
        load(table, lane_slots, buf)
        for k in (0, 1, 2):
            minutes_of_objects(buf, middle_ns + (2 * k - 1) * half_ns if k < 2 else middle_ns, epochs)
            run_stages(stages, buf, origin, nodes, lane_slots, velocity=False)
            for j in range(count):
                good[j] &= buf[rows.STATUS * L + j] == 0.0
                if k < 2:
                    ends[k, j] = _longitude(buf, table[lane_slots[j]], j)
        for j in range(count):
            row = table[lane_slots[j]]
            res = resonance[lane_slots[j]] if resonance.shape[0] else nothing
            out = orbits[places[start + j]]
            known[places[start + j]] = good[j] and _describe(buf, row, res, j, h, ends[0, j], ends[1, j], out)
