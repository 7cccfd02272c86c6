"""Resonance of deep-space objects with the Earth's rotation, tabulated.

The published integrator (AIAA 2006-6753, dspace) walks from the epoch in fixed steps
of 720 minutes and finishes with a polynomial. Its nodes depend on the object alone, so
they are computed once for the span that is asked for; each state then continues from
its node, whatever other times were asked for and in whatever order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import fma, inlined, kernel, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.constants import (
    FASX2,
    FASX4,
    FASX6,
    G22,
    G32,
    G44,
    G52,
    G54,
    RPTIM,
    STEP2,
    STEPP,
    TWOPI,
    XKE,
)
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats, Ints

# Columns of a node in the table
(NODE_XLI, NODE_XNI, NODE_XLDOT, NODE_XNDT, NODE_XNDDT, NODE_SQRT_A) = range(6)
N_NODE = 6


@inlined
def _synchronous_rates(res: Floats, xli: float) -> tuple[float, float]:
    """Xndt and xnddt (before the factor xldot) of the one-day resonance."""
    del1 = res[rows.DEL1]
    del2 = res[rows.DEL2]
    del3 = res[rows.DEL3]
    xndt = (
        del1 * math.sin(xli - FASX2)
        + del2 * math.sin(2.0 * (xli - FASX4))
        + del3 * math.sin(3.0 * (xli - FASX6))
    )
    xnddt = (
        del1 * math.cos(xli - FASX2)
        + 2.0 * del2 * math.cos(2.0 * (xli - FASX4))
        + 3.0 * del3 * math.cos(3.0 * (xli - FASX6))
    )
    return xndt, xnddt


@inlined
def _half_day_rates(res: Floats, xli: float, atime: float) -> tuple[float, float]:
    """Xndt and xnddt (before the factor xldot) of the half-day resonance."""
    xomi = res[rows.RES_ARGPO] + res[rows.RES_ARGPDOT] * atime
    x2omi = xomi + xomi
    x2li = xli + xli
    xndt = (
        res[rows.D2201] * math.sin(x2omi + xli - G22)
        + res[rows.D2211] * math.sin(xli - G22)
        + res[rows.D3210] * math.sin(xomi + xli - G32)
        + res[rows.D3222] * math.sin(-xomi + xli - G32)
        + res[rows.D4410] * math.sin(x2omi + x2li - G44)
        + res[rows.D4422] * math.sin(x2li - G44)
        + res[rows.D5220] * math.sin(xomi + xli - G52)
        + res[rows.D5232] * math.sin(-xomi + xli - G52)
        + res[rows.D5421] * math.sin(xomi + x2li - G54)
        + res[rows.D5433] * math.sin(-xomi + x2li - G54)
    )
    xnddt = (
        res[rows.D2201] * math.cos(x2omi + xli - G22)
        + res[rows.D2211] * math.cos(xli - G22)
        + res[rows.D3210] * math.cos(xomi + xli - G32)
        + res[rows.D3222] * math.cos(-xomi + xli - G32)
        + res[rows.D5220] * math.cos(xomi + xli - G52)
        + res[rows.D5232] * math.cos(-xomi + xli - G52)
        + 2.0
        * (
            res[rows.D4410] * math.cos(x2omi + x2li - G44)
            + res[rows.D4422] * math.cos(x2li - G44)
            + res[rows.D5421] * math.cos(xomi + x2li - G54)
            + res[rows.D5433] * math.cos(-xomi + x2li - G54)
        )
    )
    return xndt, xnddt


@inlined
def _rates(res: Floats, xli: float, xni: float, atime: float) -> tuple[float, float, float]:
    """xldot, xndt and xnddt at a node."""
    if res[rows.IREZ] == 1.0:
        xndt, xnddt = _synchronous_rates(res, xli)
    else:
        xndt, xnddt = _half_day_rates(res, xli, atime)
    xldot = xni + res[rows.XFACT]
    return xldot, xndt, xnddt * xldot


@kernel
def _integrate(res: Floats, origin: int, low: int, high: int, direction: int, nodes: Floats) -> None:
    """Write the nodes ``low`` to ``high`` that lie on one side of the epoch, ``direction`` 1 or -1."""
    reach = high if direction > 0 else -low
    delt = direction * STEPP
    xli = res[rows.XLAMO]
    xni = res[rows.RES_NO]
    atime = 0.0
    for k in range(reach + 1):
        xldot, xndt, xnddt = _rates(res, xli, xni, atime)
        node = direction * k
        if low <= node <= high:
            row = nodes[origin + node]
            row[NODE_XLI] = xli
            row[NODE_XNI] = xni
            row[NODE_XLDOT] = xldot
            row[NODE_XNDT] = xndt
            row[NODE_XNDDT] = xnddt
            row[NODE_SQRT_A] = math.pow(XKE / xni, 1.0 / 3.0) if xni > 0.0 else 1.0
        xli = xli + xldot * delt + xndt * STEP2
        xni = xni + xndt * delt + xnddt * STEP2
        atime = atime + delt


@kernel
def integrate_all(resonance: Floats, origin: Ints, low: Ints, high: Ints, nodes: Floats) -> None:
    """Tabulate the nodes ``low`` to ``high`` (n,) of resonant objects.

    Node k of object i becomes row ``origin[i] + k`` of ``nodes`` (total, `N_NODE`).
    """
    for i in range(resonance.shape[0]):
        _integrate(resonance[i], origin[i], low[i], high[i], 1, nodes)
        _integrate(resonance[i], origin[i], low[i], high[i], -1, nodes)


@leaf
def fetch_nodes(buf: Floats, origin: Ints, nodes: Floats, slots: Ints) -> None:
    """Copy each lane's node into the buffer; ``slots`` (LANES,) name the lanes' objects."""
    for j in range(L):
        t = buf[rows.T * L + j]
        k = int(t / STEPP)
        node = nodes[origin[slots[j]] + k]
        buf[rows.FT * L + j] = t - STEPP * k
        buf[rows.XLI * L + j] = node[NODE_XLI]
        buf[rows.XNI * L + j] = node[NODE_XNI]
        buf[rows.XLDOT * L + j] = node[NODE_XLDOT]
        buf[rows.XNDT * L + j] = node[NODE_XNDT]
        buf[rows.XNDDT * L + j] = node[NODE_XNDDT]
        buf[rows.SQRT_A_NODE * L + j] = node[NODE_SQRT_A]


@leaf
def resonant_longitude(buf: Floats) -> None:
    """Fill the rows that differ between objects with and without resonance: here, with.

    The semi-major axis follows from the mean motion nm = xni (1 + x): a series for
    (1 + x)^(-1/3), then one Newton step. Over half a day x is of the order of 1e-4.
    """
    prefer_wide_vectors()
    for j in range(L):
        ft = buf[rows.FT * L + j]
        xni = buf[rows.XNI * L + j]
        xndt = buf[rows.XNDT * L + j]
        half_ft2 = 0.5 * ft * ft
        dn = fma(buf[rows.XNDDT * L + j], half_ft2, xndt * ft)
        xl = fma(xndt, half_ft2, fma(buf[rows.XLDOT * L + j], ft, buf[rows.XLI * L + j]))
        theta = fma(RPTIM, buf[rows.T * L + j], buf[rows.GSTO * L + j])
        theta = fma(-TWOPI, np.floor(theta * (1.0 / TWOPI)), theta)
        buf[rows.MM * L + j] = fma(-buf[rows.NODE_FACTOR * L + j], theta, xl)
        x = dn / xni
        y = fma(x, 35.0 / 243.0, -14.0 / 81.0)
        y = fma(x, y, 2.0 / 9.0)
        y = fma(x, y, -1.0 / 3.0)
        y = fma(x, y, 1.0)
        y = y * fma(-(1.0 + x) * (1.0 / 3.0), y * y * y, 4.0 / 3.0)
        buf[rows.SQRT_AM * L + j] = buf[rows.SQRT_A_NODE * L + j] * y
        buf[rows.CODE * L + j] = 2.0 if xni + dn <= 0.0 else 0.0
