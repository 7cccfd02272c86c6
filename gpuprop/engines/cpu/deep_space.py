"""Deep-space objects: secular and periodic lunisolar terms.

The first stages of SDP4 (Report No. 3, sections 7 to 10; AIAA 2006-6753, dspace and
dpper). Kepler's equation follows in `kepler`, the last stages in `orientation`.
"""

# ruff: noqa: FBT001 - compiled functions take no arguments by keyword alone

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.arithmetic import atan2, sin, sincos
from gpuprop.engines.cpu.compile import fma, inlined, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.constants import J3OJ2, TWOPI, ZEL, ZES, ZNL, ZNS
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats

# Perturbed inclination below which periodics are applied with Lyddane's modification, rad
_LYDDANE = 0.2


@leaf
def mean_longitude(buf: Floats) -> None:
    """Set what differs between objects with and without resonance: here, without."""
    prefer_wide_vectors()
    for j in range(L):
        t = buf[rows.T * L + j]
        xmdf = fma(buf[rows.MDOT * L + j], t, buf[rows.MO * L + j])
        buf[rows.MM * L + j] = fma(buf[rows.DMDT * L + j], t, xmdf)
        buf[rows.SQRT_AM * L + j] = buf[rows.SQRT_AO * L + j]
        buf[rows.CODE * L + j] = 0.0


@inlined
def _phase(zmo: float, zn: float, ze: float, t: float) -> tuple[float, float, float]:
    """sin(zf), f2 and f3 of one perturbing body (dpper)."""
    zm = fma(zn, t, zmo)
    sinzf, coszf = sincos(fma(2.0 * ze, sin(zm), zm))
    return sinzf, fma(0.5 * sinzf, sinzf, -0.25), -0.5 * sinzf * coszf


@leaf
def periodics(buf: Floats) -> None:
    """Set the lunisolar periodics pe, pinc, pl, pgh, ph (dpper)."""
    prefer_wide_vectors()
    for j in range(L):
        t = buf[rows.T * L + j]
        sinzs, fs2, fs3 = _phase(buf[rows.ZMOS * L + j], ZNS, ZES, t)
        sinzl, fl2, fl3 = _phase(buf[rows.ZMOL * L + j], ZNL, ZEL, t)
        pe = fma(buf[rows.SE2 * L + j], fs2, buf[rows.SE3 * L + j] * fs3)
        pe = fma(buf[rows.EE2 * L + j], fl2, fma(buf[rows.E3 * L + j], fl3, pe))
        pinc = fma(buf[rows.SI2 * L + j], fs2, buf[rows.SI3 * L + j] * fs3)
        pinc = fma(buf[rows.XI2 * L + j], fl2, fma(buf[rows.XI3 * L + j], fl3, pinc))
        pl = fma(buf[rows.SL3 * L + j], fs3, buf[rows.SL4 * L + j] * sinzs)
        pl = fma(buf[rows.SL2 * L + j], fs2, pl)
        pl = fma(buf[rows.XL4 * L + j], sinzl, pl)
        pl = fma(buf[rows.XL2 * L + j], fl2, fma(buf[rows.XL3 * L + j], fl3, pl))
        pgh = fma(buf[rows.SGH3 * L + j], fs3, buf[rows.SGH4 * L + j] * sinzs)
        pgh = fma(buf[rows.SGH2 * L + j], fs2, pgh)
        pgh = fma(buf[rows.XGH4 * L + j], sinzl, pgh)
        pgh = fma(buf[rows.XGH2 * L + j], fl2, fma(buf[rows.XGH3 * L + j], fl3, pgh))
        ph = fma(buf[rows.SH2 * L + j], fs2, buf[rows.SH3 * L + j] * fs3)
        ph = fma(buf[rows.XH2 * L + j], fl2, fma(buf[rows.XH3 * L + j], fl3, ph))
        buf[rows.PE * L + j] = pe
        buf[rows.PINC * L + j] = pinc
        buf[rows.PL * L + j] = pl
        buf[rows.PGH * L + j] = pgh
        buf[rows.PH * L + j] = ph


@inlined
def _wrapped(nodem: float, improved: bool) -> float:
    """Node as the Lyddane branch uses it: in [0, 2 pi), or with the sign kept in the improved mode."""
    turns = np.floor(nodem * (1.0 / TWOPI))
    turns = turns + 1.0 if (nodem < 0.0) & improved else turns
    return fma(-turns, TWOPI, nodem)


@leaf
def perturbed_angles(buf: Floats) -> None:
    """Set the perturbed inclination, node, argument of perigee and mean anomaly.

    Under Lyddane's modification the new node is a direction; its angle from the old one is
    atan2(ph, sin i + pinc cos i), which is what the published code arrives at by way of two
    vectors, an arc tangent and the choice of the nearest turn.
    """
    prefer_wide_vectors()
    for j in range(L):
        t = buf[rows.T * L + j]
        t2 = t * t
        argpdf = fma(buf[rows.ARGPDOT * L + j], t, buf[rows.ARGPO * L + j])
        argpm = fma(buf[rows.DOMDT * L + j], t, argpdf)
        nodedf = fma(buf[rows.NODEDOT * L + j], t, buf[rows.NODEO * L + j])
        nodem = fma(buf[rows.DNODT * L + j], t, fma(buf[rows.NODECF * L + j], t2, nodedf))
        inclm = fma(buf[rows.DIDT * L + j], t, buf[rows.INCLO * L + j])
        mm = fma(buf[rows.NODE_FACTOR * L + j], nodem, buf[rows.MM * L + j])
        mm = fma(buf[rows.ARGP_FACTOR * L + j], argpm, mm)
        mm = fma(buf[rows.NO * L + j], buf[rows.T2COF * L + j] * t2, mm)

        pinc = buf[rows.PINC * L + j]
        ph = buf[rows.PH * L + j]
        xincp = inclm + pinc
        sinip, cosip = sincos(xincp)
        lyddane = xincp < _LYDDANE
        dnode = atan2(ph, fma(pinc, cosip, sinip)) if lyddane else ph / sinip
        node_term = pinc * sinip * _wrapped(nodem, buf[rows.IMPROVED * L + j] != 0.0) if lyddane else 0.0
        argpp = fma(-cosip, dnode, argpm + buf[rows.PGH * L + j]) - node_term
        nodep = nodem + dnode

        # A negative inclination is the same orbit with its node and perigee turned by half a turn
        negative = xincp < 0.0
        nodep = nodep + math.pi if negative else nodep
        snod, cnod = sincos(nodep)
        cosisq = cosip * cosip
        buf[rows.MM * L + j] = mm + buf[rows.PL * L + j]
        buf[rows.ARGPM * L + j] = argpp - math.pi if negative else argpp
        buf[rows.SNOD * L + j] = snod
        buf[rows.CNOD * L + j] = cnod
        buf[rows.SINIP * L + j] = -sinip if negative else sinip
        buf[rows.COSIP * L + j] = cosip
        buf[rows.CON41 * L + j] = fma(3.0, cosisq, -1.0)
        buf[rows.X1MTH2 * L + j] = 1.0 - cosisq
        buf[rows.X7THM1 * L + j] = fma(7.0, cosisq, -1.0)


@leaf
def long_period(buf: Floats) -> None:
    """Set the semi-major axis, and u, axnl and aynl with their long-period terms."""
    prefer_wide_vectors()
    for j in range(L):
        t = buf[rows.T * L + j]
        tempa = fma(-buf[rows.CC1 * L + j], t, 1.0)
        em = fma(buf[rows.DEDT * L + j], t, buf[rows.ECCO * L + j])
        em = fma(-buf[rows.BSTAR_CC4 * L + j], t, em)
        sqrt_am = buf[rows.SQRT_AM * L + j] * abs(tempa)
        am = sqrt_am * sqrt_am
        code = buf[rows.CODE * L + j]
        code = 1.0 if (code == 0.0) & ((em >= 1.0) | (em < -0.001)) else code
        ep = max(em, 1.0e-6) + buf[rows.PE * L + j]
        code = 3.0 if (code == 0.0) & ((ep < 0.0) | (ep > 1.0)) else code
        # An orbit that shrinks through zero comes out on the other side as if nothing had been
        code = 7.0 if (code == 0.0) & (not tempa > 0.0) else code

        sinip = buf[rows.SINIP * L + j]
        cosip = buf[rows.COSIP * L + j]
        argpp = buf[rows.ARGPM * L + j]
        aycof = -0.5 * J3OJ2 * sinip
        divisor = 1.0 + cosip
        divisor = divisor if abs(divisor) > 1.5e-12 else 1.5e-12
        omesq = fma(-ep, ep, 1.0)
        # One division serves both reciprocals
        a_omesq = am * omesq
        inverse = 1.0 / (a_omesq * divisor)
        temp = inverse * divisor
        xlcof = 0.5 * aycof * fma(5.0, cosip, 3.0) * (inverse * a_omesq)
        sinargp, cosargp = sincos(argpp)
        axnl = ep * cosargp
        buf[rows.U * L + j] = fma(temp * xlcof, axnl, buf[rows.MM * L + j] + argpp)
        buf[rows.AXNL * L + j] = axnl
        buf[rows.AYNL * L + j] = fma(ep, sinargp, temp * aycof)
        buf[rows.AM * L + j] = am
        buf[rows.INV_SQRT_AM * L + j] = temp * omesq * sqrt_am
        buf[rows.CODE * L + j] = code
