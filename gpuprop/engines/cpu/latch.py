"""When an object first fails: SGP4 may call a state usable again after it has failed.

A decaying object's drag polynomial soon leaves its domain; the code may then go from 6
back to 0 and place the object anywhere. So a failure holds from then on. "Then" must not
depend on which times are asked for, so it is defined on marks: an object has failed at a
time if SGP4 fails at any whole 2-minute mark between its epoch and that time. The marks
are multiples of 2 minutes from the epoch, which is one of them, on either side of it.

Nearly all objects are shown not to fail by bounds over whole spans. Only cells of 720
minutes for which the bounds do not suffice are scanned mark by mark.
"""

# ruff: noqa: FBT001 - compiled functions take no arguments by keyword alone

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import inlined, kernel
from gpuprop.engines.cpu.constants import J2, J3OJ2, STEPP, XKE
from gpuprop.engines.cpu.drivers import broadcast, run_stages
from gpuprop.engines.cpu.initialize import NEAR, RESONANT
from gpuprop.engines.cpu.resonance import NODE_XNDDT, NODE_XNDT, NODE_XNI
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats, Ints

MARK_MINUTES = 2.0
CELL_MINUTES = STEPP
_MARKS_PER_CELL = int(STEPP / MARK_MINUTES)
# An eccentricity bound from which the other bounds say nothing
_E_LIMIT = 0.999


@inlined
def _times(alo: float, ahi: float, blo: float, bhi: float) -> tuple[float, float]:
    """Product of two intervals."""
    p, q, r, s = alo * blo, alo * bhi, ahi * blo, ahi * bhi
    return min(min(p, q), min(r, s)), max(max(p, q), max(r, s))


@inlined
def _drag_factor(row: Floats, near: bool, tlo: float, thi: float) -> tuple[float, float]:
    """Bounds of tempa over an interval of time, by Horner's scheme on intervals."""
    lo, hi = row[rows.CC1], row[rows.CC1]
    if near:
        lo, hi = _times(row[rows.D4], row[rows.D4], tlo, thi)
        lo, hi = _times(lo + row[rows.D3], hi + row[rows.D3], tlo, thi)
        lo, hi = _times(lo + row[rows.D2], hi + row[rows.D2], tlo, thi)
        lo, hi = lo + row[rows.CC1], hi + row[rows.CC1]
    lo, hi = _times(lo, hi, tlo, thi)
    return 1.0 - hi, 1.0 - lo


@inlined
def _mean_motion(
    row: Floats, resonant: bool, origin: int, nodes: Floats, tlo: float, thi: float
) -> tuple[float, float]:
    """Bounds of the mean motion before drag; resonance makes it vary from node to node."""
    if not resonant:
        return row[rows.NO], row[rows.NO]
    lo, hi = math.inf, -math.inf
    for k in range(int(math.floor(tlo / STEPP)), int(math.ceil(thi / STEPP)) + 1):
        node = nodes[origin + k]
        reach = abs(node[NODE_XNDT]) * STEPP + 0.5 * abs(node[NODE_XNDDT]) * STEPP * STEPP
        lo = min(lo, node[NODE_XNI] - reach)
        hi = max(hi, node[NODE_XNI] + reach)
    return lo, hi


@inlined
def _eccentricity(row: Floats, near: bool, tlo: float, thi: float) -> tuple[float, float, float]:
    """Bounds of em, and how far the lunisolar periodics can take ep from it."""
    ecco = row[rows.ECCO]
    if near:
        lo, hi = _times(row[rows.BSTAR_CC4], row[rows.BSTAR_CC4], tlo, thi)
        sine_lo, sine_hi = -1.0 - row[rows.SINMAO], 1.0 - row[rows.SINMAO]
        drag_lo, drag_hi = _times(row[rows.BSTAR_CC5], row[rows.BSTAR_CC5], sine_lo, sine_hi)
        return ecco - hi - drag_hi, ecco - lo - drag_lo, 0.0
    rate = row[rows.DEDT] - row[rows.BSTAR_CC4]
    lo, hi = _times(rate, rate, tlo, thi)
    # f2 and f3 of dpper stay within a quarter
    periodic = 0.25 * (abs(row[rows.SE2]) + abs(row[rows.SE3]) + abs(row[rows.EE2]) + abs(row[rows.E3]))
    return ecco + lo, ecco + hi, periodic


@kernel
def cannot_fail(kind: int, row: Floats, origin: int, nodes: Floats, tlo: float, thi: float) -> bool:
    """Tell whether SGP4 certainly reports no error for any time in [tlo, thi], minutes since epoch.

    Every quantity that SGP4 tests is bounded from its formula: the sines and cosines by one,
    the functions of inclination by their extremes, the rest by its monotonic dependence on the
    semi-major axis and the eccentricity. False only means that it may fail.
    """
    near = kind == NEAR
    n_lo, n_hi = _mean_motion(row, kind == RESONANT, origin, nodes, tlo, thi)
    f_lo, f_hi = _drag_factor(row, near, tlo, thi)
    e_lo, e_hi, periodic = _eccentricity(row, near, tlo, thi)
    if not (n_lo > 0.0 and f_lo > 0.0 and e_lo >= -0.0009 and e_hi + periodic < _E_LIMIT):
        return False
    if not near and not max(e_lo, 1.0e-6) > periodic:
        return False
    e = max(e_hi, 1.0e-6) + periodic
    am = math.pow(XKE / n_hi, 2.0 / 3.0) * f_lo * f_lo
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


@kernel
def _scan_cell(
    kind: int,
    slot: int,
    origin: Ints,
    nodes: Floats,
    buf: Floats,
    lane_slots: Ints,
    cell: int,
    direction: int,
) -> int:
    """Return the first failing mark of a cell, counted from the epoch outwards, or -1."""
    begin = cell * _MARKS_PER_CELL
    end = begin + _MARKS_PER_CELL
    for start in range(begin, end + 1, L):
        for j in range(L):
            mark = min(start + j, end)
            buf[rows.T * L + j] = direction * MARK_MINUTES * mark
        run_stages(kind, buf, origin, nodes, lane_slots, velocity=False)
        for j in range(L):
            if 0.0 < buf[rows.CODE * L + j] < 7.0:
                return min(start + j, end)
    return -1


@kernel
def scan(
    kind: int,
    table: Floats,
    origin: Ints,
    nodes: Floats,
    slots: Ints,
    done: Ints,
    wanted: Ints,
    direction: int,
    failed: Floats,
) -> None:
    """Extend what is known of each object in ``slots`` from ``done`` to ``wanted`` cells from its epoch.

    ``failed`` (n,) is the first failing mark in minutes, infinite as long as there is none. ``direction``
    is 1 for times after the epoch and -1 for times before it.
    """
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    for slot in slots:
        cell = done[slot]
        size = wanted[slot] - cell
        loaded = False
        own_origin = origin[slot] if kind == RESONANT else 0
        while cell < wanted[slot] and math.isinf(failed[slot]):
            size = min(size, wanted[slot] - cell)
            near_end = direction * CELL_MINUTES * cell
            far_end = direction * CELL_MINUTES * (cell + size)
            tlo, thi = min(near_end, far_end), max(near_end, far_end)
            if cannot_fail(kind, table[slot], own_origin, nodes, tlo, thi):
                cell += size
                size = 2 * size
            elif size > 1:
                size //= 2
            else:
                if not loaded:
                    broadcast(table, slot, lane_slots, buf)
                    loaded = True
                mark = _scan_cell(kind, slot, origin, nodes, buf, lane_slots, cell, direction)
                if mark >= 0:
                    failed[slot] = direction * MARK_MINUTES * mark
                cell += 1
        done[slot] = wanted[slot]
