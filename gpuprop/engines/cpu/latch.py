"""When a near-Earth object first fails: SGP4 may call it usable again afterwards.

A decaying object's drag polynomials soon leave their domain; the code may then go from 6
back to 0 and place the object anywhere. So a failure holds from then on. "Then" must not
depend on which times are asked for, so it is defined on marks: an object has failed at a
time if SGP4 fails at any whole 2-minute mark between its epoch and that time. The marks
are multiples of 2 minutes from the epoch, which is one of them, on either side of it.

Deep-space objects are left out. Their model of drag is linear, and their perigee may dip
below the surface and rise again under the pull of sun and moon; the published verification
set has such an object (20413) and states of it afterwards.

Nearly all objects are shown not to fail by bounds over whole spans. Only cells of 720
minutes for which the bounds do not suffice are scanned mark by mark.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import inlined, kernel, leaf
from gpuprop.engines.cpu.constants import J2, J3OJ2
from gpuprop.engines.cpu.drivers import Stages, broadcast, run_stages
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats, Ints

MARK_MINUTES = 2.0
CELL_MINUTES = 720.0
_MARKS_PER_CELL = 360
# An eccentricity bound from which the other bounds say nothing
_E_LIMIT = 0.999


@inlined
def times_interval(alo: float, ahi: float, blo: float, bhi: float) -> tuple[float, float]:
    """Product of two intervals."""
    p, q, r, s = alo * blo, alo * bhi, ahi * blo, ahi * bhi
    return min(min(p, q), min(r, s)), max(max(p, q), max(r, s))


@inlined
def drag_factor_bounds(row: Floats, tlo: float, thi: float) -> tuple[float, float]:
    """Bounds of tempa over an interval of time, by Horner's scheme on intervals."""
    lo, hi = times_interval(row[rows.D4], row[rows.D4], tlo, thi)
    lo, hi = times_interval(lo + row[rows.D3], hi + row[rows.D3], tlo, thi)
    lo, hi = times_interval(lo + row[rows.D2], hi + row[rows.D2], tlo, thi)
    lo, hi = times_interval(lo + row[rows.CC1], hi + row[rows.CC1], tlo, thi)
    return 1.0 - hi, 1.0 - lo


@inlined
def eccentricity_bounds(row: Floats, tlo: float, thi: float) -> tuple[float, float]:
    """Bounds of em over an interval of time."""
    cc4, cc5, sinmao = row[rows.BSTAR_CC4], row[rows.BSTAR_CC5], row[rows.SINMAO]
    lo, hi = times_interval(cc4, cc4, tlo, thi)
    sine_lo, sine_hi = times_interval(cc5, cc5, -1.0 - sinmao, 1.0 - sinmao)
    return row[rows.ECCO] - hi - sine_hi, row[rows.ECCO] - lo - sine_lo


@leaf
def cannot_fail(row: Floats, tlo: float, thi: float) -> bool:
    """Tell whether SGP4 certainly reports no error for any time in [tlo, thi], minutes since epoch.

    Every quantity that SGP4 tests is bounded from its formula: the sines and cosines by one,
    the functions of inclination by their extremes, the rest by its monotonic dependence on the
    semi-major axis and the eccentricity. False only means that it may fail.
    """
    f_lo, _ = drag_factor_bounds(row, tlo, thi)
    e_lo, e_hi = eccentricity_bounds(row, tlo, thi)
    if not (f_lo > 0.0 and e_lo >= -0.0009 and e_hi < _E_LIMIT):
        return False
    e = max(e_hi, 1.0e-6)
    sqrt_am = row[rows.SQRT_AO] * f_lo
    am = sqrt_am * sqrt_am
    # Length of (axnl, aynl): |aycof| is at most half of |j3/j2|
    el = e + 0.5 * abs(J3OJ2) / (am * (1.0 - e * e))
    if not el < _E_LIMIT:
        return False
    pl = am * (1.0 - el * el)
    temp1 = 0.5 * J2 / pl
    temp2 = temp1 / pl
    # con41 is at most 2 and x1mth2 at most 1
    mrt = am * (1.0 - el) * (1.0 - 3.0 * temp2) - 0.5 * temp1
    return temp2 < 0.1 and mrt > 1.000001


@leaf
def _scan_cell(
    stages: Stages, origin: Ints, nodes: Floats, buf: Floats, lane_slots: Ints, cell: int, direction: int
) -> int:
    """Return the first failing mark of a cell, counted from the epoch outwards, or -1."""
    begin = cell * _MARKS_PER_CELL
    end = begin + _MARKS_PER_CELL
    for start in range(begin, end + 1, L):
        for j in range(L):
            buf[rows.T * L + j] = direction * MARK_MINUTES * min(start + j, end)
        run_stages(stages, buf, origin, nodes, lane_slots, velocity=False)
        for j in range(L):
            if 0.0 < buf[rows.STATUS * L + j] < 7.0:
                return min(start + j, end)
    return -1


@kernel
def scan(
    stages: Stages,
    origin: Ints,
    nodes: Floats,
    table: Floats,
    slots: Ints,
    done: Ints,
    wanted: Ints,
    direction: int,
    failed: Floats,
) -> None:
    """Extend what is known of each object in ``slots`` from ``done`` to ``wanted`` cells from its epoch.

    ``failed`` (n,) is the first failing mark in minutes, infinite as long as there is none. ``direction``
    is 1 for times after the epoch and -1 for times before it. ``stages`` are those of near-Earth
    objects, ``origin`` and ``nodes`` the nodes of no resonance.
    """
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    for slot in slots:
        cell = done[slot]
        size = wanted[slot] - cell
        loaded = False
        while cell < wanted[slot] and math.isinf(failed[slot]):
            size = min(size, wanted[slot] - cell)
            near_end = direction * CELL_MINUTES * cell
            far_end = direction * CELL_MINUTES * (cell + size)
            if cannot_fail(table[slot], min(near_end, far_end), max(near_end, far_end)):
                cell += size
                size = 2 * size
            elif size > 1:
                size //= 2
            else:
                if not loaded:
                    broadcast(table, slot, lane_slots, buf)
                    loaded = True
                mark = _scan_cell(stages, origin, nodes, buf, lane_slots, cell, direction)
                if mark >= 0:
                    failed[slot] = direction * MARK_MINUTES * mark
                cell += 1
        done[slot] = wanted[slot]
