"""Deep-space objects: secular and periodic lunisolar terms, Kepler's equation.

The first stage of SDP4 (Report No. 3, sections 7 to 10; AIAA 2006-6753, dspace and
dpper). The second stage is in `orientation`.
"""

from __future__ import annotations

import math

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.arithmetic import atan2, sin, sincos
from gpuprop.engines.cpu.compile import fma, inlined, kernel, prefer_wide_vectors
from gpuprop.engines.cpu.constants import J3OJ2, TWOPI, ZEL, ZES, ZNL, ZNS
from gpuprop.engines.cpu.kepler import kepler_first
from gpuprop.engines.cpu.rows import LANES as L

# Perturbed inclination below which periodics are applied with Lyddane's modification, rad
_LYDDANE = 0.2


@kernel
def mean_longitude(buf):
    """Fill the rows that differ between objects with and without resonance: here, without."""
    prefer_wide_vectors()
    for j in range(L):
        t = buf[rows.T * L + j]
        xmdf = fma(buf[rows.MDOT * L + j], t, buf[rows.MO * L + j])
        buf[rows.MM_BASE * L + j] = fma(buf[rows.DMDT * L + j], t, xmdf)
        buf[rows.SQRT_A_BASE * L + j] = buf[rows.SQRT_AO * L + j]
        buf[rows.CODE * L + j] = 0.0


@inlined
def _phase(zmo, zn, ze, t):
    """sin(zf), f2 and f3 of one perturbing body (dpper)."""
    zm = fma(zn, t, zmo)
    sinzf, coszf = sincos(fma(2.0 * ze, sin(zm), zm))
    return sinzf, fma(0.5 * sinzf, sinzf, -0.25), -0.5 * sinzf * coszf


@inlined
def _periodics(buf, j, t):
    """Lunisolar periodics pe, pinc, pl, pgh, ph (dpper)."""
    sinzs, fs2, fs3 = _phase(buf[rows.ZMOS * L + j], ZNS, ZES, t)
    sinzl, fl2, fl3 = _phase(buf[rows.ZMOL * L + j], ZNL, ZEL, t)
    pe = fma(buf[rows.SE2 * L + j], fs2, buf[rows.SE3 * L + j] * fs3)
    pe = fma(buf[rows.EE2 * L + j], fl2, fma(buf[rows.E3 * L + j], fl3, pe))
    pinc = fma(buf[rows.SI2 * L + j], fs2, buf[rows.SI3 * L + j] * fs3)
    pinc = fma(buf[rows.XI2 * L + j], fl2, fma(buf[rows.XI3 * L + j], fl3, pinc))
    pl = fma(buf[rows.SL2 * L + j], fs2, fma(buf[rows.SL3 * L + j], fs3, buf[rows.SL4 * L + j] * sinzs))
    pl = fma(
        buf[rows.XL2 * L + j], fl2, fma(buf[rows.XL3 * L + j], fl3, fma(buf[rows.XL4 * L + j], sinzl, pl))
    )
    pgh = fma(buf[rows.SGH2 * L + j], fs2, fma(buf[rows.SGH3 * L + j], fs3, buf[rows.SGH4 * L + j] * sinzs))
    pgh = fma(
        buf[rows.XGH2 * L + j], fl2, fma(buf[rows.XGH3 * L + j], fl3, fma(buf[rows.XGH4 * L + j], sinzl, pgh))
    )
    ph = fma(buf[rows.SH2 * L + j], fs2, buf[rows.SH3 * L + j] * fs3)
    ph = fma(buf[rows.XH2 * L + j], fl2, fma(buf[rows.XH3 * L + j], fl3, ph))
    return pe, pinc, pl, pgh, ph


@inlined
def _wrapped(nodem, improved):
    """Node as the Lyddane branch uses it: in [0, 2 pi), or with the sign kept in the improved mode."""
    turns = np.floor(nodem * (1.0 / TWOPI))
    turns = turns + 1.0 if (nodem < 0.0) & improved else turns
    return fma(-turns, TWOPI, nodem)


@kernel
def deep_space(buf):
    """Fill the rows that `kepler_finish` and `orientation` read, for every lane.

    In the Lyddane branch the new node is a direction; its angle from the old one is
    atan2(ph, sin i + pinc cos i), which is what the published code arrives at by way of two
    vectors, an arc tangent and the choice of the nearest turn.
    """
    prefer_wide_vectors()
    for j in range(L):
        t = buf[rows.T * L + j]
        t2 = t * t

        # Secular gravity, drag, sun and moon
        argpdf = fma(buf[rows.ARGPDOT * L + j], t, buf[rows.ARGPO * L + j])
        argpm = fma(buf[rows.DOMDT * L + j], t, argpdf)
        nodedf = fma(buf[rows.NODEDOT * L + j], t, buf[rows.NODEO * L + j])
        nodem = fma(buf[rows.DNODT * L + j], t, fma(buf[rows.NODECF * L + j], t2, nodedf))
        inclm = fma(buf[rows.DIDT * L + j], t, buf[rows.INCLO * L + j])
        mm = fma(buf[rows.NODE_FACTOR * L + j], nodem, buf[rows.MM_BASE * L + j])
        mm = fma(buf[rows.ARGP_FACTOR * L + j], argpm, mm)
        mm = fma(buf[rows.NO * L + j], buf[rows.T2COF * L + j] * t2, mm)
        tempa = fma(-buf[rows.CC1 * L + j], t, 1.0)
        em = fma(buf[rows.DEDT * L + j], t, buf[rows.ECCO * L + j])
        em = fma(-buf[rows.BSTAR_CC4 * L + j], t, em)
        sqrt_am = buf[rows.SQRT_A_BASE * L + j] * abs(tempa)
        am = sqrt_am * sqrt_am
        code = buf[rows.CODE * L + j]
        code = 1.0 if (code == 0.0) & ((em >= 1.0) | (em < -0.001)) else code
        em = max(em, 1.0e-6)

        # Periodic terms of sun and moon
        pe, pinc, pl, pgh, ph = _periodics(buf, j, t)
        xincp = inclm + pinc
        ep = em + pe
        code = 3.0 if (code == 0.0) & ((ep < 0.0) | (ep > 1.0)) else code
        sinip, cosip = sincos(xincp)
        lyddane = xincp < _LYDDANE
        across = pinc * sinip
        along = fma(pinc, cosip, sinip)
        dnode = atan2(ph, along) if lyddane else ph / sinip
        node_term = across * _wrapped(nodem, buf[rows.IMPROVED * L + j] != 0.0) if lyddane else 0.0
        argpp = fma(-cosip, dnode, argpm + pgh) - node_term
        nodep = nodem + dnode
        mp = mm + pl

        # A negative inclination is the same orbit with its node and perigee turned by half a turn
        negative = xincp < 0.0
        sinip = -sinip if negative else sinip
        nodep = nodep + math.pi if negative else nodep
        argpp = argpp - math.pi if negative else argpp

        # Long-period terms
        aycof = -0.5 * J3OJ2 * sinip
        divisor = 1.0 + cosip
        divisor = divisor if abs(divisor) > 1.5e-12 else 1.5e-12
        xlcof = -0.25 * J3OJ2 * sinip * fma(5.0, cosip, 3.0) / divisor
        sinargp, cosargp = sincos(argpp)
        omesq = fma(-ep, ep, 1.0)
        temp = 1.0 / (am * omesq)
        axnl = ep * cosargp
        aynl = fma(ep, sinargp, temp * aycof)
        u = fma(temp * xlcof, axnl, mp + argpp)

        snod, cnod = sincos(nodep)
        cosisq = cosip * cosip
        buf[rows.SNOD * L + j] = snod
        buf[rows.CNOD * L + j] = cnod
        buf[rows.SINIP * L + j] = sinip
        buf[rows.COSIP * L + j] = cosip
        buf[rows.CON41 * L + j] = fma(3.0, cosisq, -1.0)
        buf[rows.X1MTH2 * L + j] = 1.0 - cosisq
        buf[rows.X7THM1 * L + j] = fma(7.0, cosisq, -1.0)
        buf[rows.AM * L + j] = am
        buf[rows.INV_SQRT_AM * L + j] = temp * omesq * sqrt_am
        buf[rows.CODE * L + j] = code
        kepler_first(buf, j, axnl, aynl, u)
