"""Near-Earth objects: secular gravity and drag, then the long-period terms.

The first stages of SGP4 for objects with periods below 225 minutes (Report No. 3,
section 6; AIAA 2006-6753, sgp4). Kepler's equation follows in `kepler`, the last
stages in `orientation`.

Each stage is a loop of its own. In one long loop the processor waits for results:
its window of instructions then holds little more than one pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.arithmetic import cos, sin, sincos
from gpuprop.engines.cpu.compile import fma, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats


@leaf
def secular(buf: Floats) -> None:
    """Set the mean anomaly, the argument of perigee and the direction of the node."""
    prefer_wide_vectors()
    for j in range(L):
        t = buf[rows.T * L + j]
        xmdf = fma(buf[rows.MDOT * L + j], t, buf[rows.MO * L + j])
        argpdf = fma(buf[rows.ARGPDOT * L + j], t, buf[rows.ARGPO * L + j])
        nodedf = fma(buf[rows.NODEDOT * L + j], t, buf[rows.NODEO * L + j])
        nodem = fma(buf[rows.NODECF * L + j], t * t, nodedf)
        # In the simplified model xmcof and omgcof are zero
        delmtemp = fma(buf[rows.ETA * L + j], cos(xmdf), 1.0)
        delm = fma(delmtemp * delmtemp, delmtemp, -buf[rows.DELMO * L + j])
        temp = fma(buf[rows.XMCOF * L + j], delm, buf[rows.OMGCOF * L + j] * t)
        snod, cnod = sincos(nodem)
        buf[rows.MM * L + j] = xmdf + temp
        buf[rows.ARGPM * L + j] = argpdf - temp
        buf[rows.SNOD * L + j] = snod
        buf[rows.CNOD * L + j] = cnod


@leaf
def drag(buf: Floats) -> None:
    """Set the semi-major axis, and u, axnl and aynl with their long-period terms."""
    prefer_wide_vectors()
    for j in range(L):
        t = buf[rows.T * L + j]
        mm = buf[rows.MM * L + j]
        argpm = buf[rows.ARGPM * L + j]
        # In the simplified model the higher coefficients are zero
        p = fma(t, buf[rows.D4 * L + j], buf[rows.D3 * L + j])
        p = fma(t, p, buf[rows.D2 * L + j])
        p = fma(t, p, buf[rows.CC1 * L + j])
        tempa = fma(-t, p, 1.0)
        cc5_term = buf[rows.BSTAR_CC5 * L + j] * (sin(mm) - buf[rows.SINMAO * L + j])
        tempe = fma(buf[rows.BSTAR_CC4 * L + j], t, cc5_term)
        p = fma(t, buf[rows.T5COF * L + j], buf[rows.T4COF * L + j])
        p = fma(t, p, buf[rows.T3COF * L + j])
        p = fma(t, p, buf[rows.T2COF * L + j])
        templ = t * t * p

        sqrt_am = buf[rows.SQRT_AO * L + j] * abs(tempa)
        am = sqrt_am * sqrt_am
        em = buf[rows.ECCO * L + j] - tempe
        # An orbit that shrinks through zero comes out on the other side as if nothing had been
        code = 0.0 if tempa > 0.0 else 7.0
        code = 1.0 if (em >= 1.0) | (em < -0.001) else code
        em = max(em, 1.0e-6)

        sinargp, cosargp = sincos(argpm)
        omesq = fma(-em, em, 1.0)
        temp = 1.0 / (am * omesq)
        axnl = em * cosargp
        u = fma(buf[rows.NO * L + j], templ, mm) + argpm
        buf[rows.U * L + j] = fma(temp * buf[rows.XLCOF * L + j], axnl, u)
        buf[rows.AXNL * L + j] = axnl
        buf[rows.AYNL * L + j] = fma(em, sinargp, temp * buf[rows.AYCOF * L + j])
        buf[rows.AM * L + j] = am
        buf[rows.INV_SQRT_AM * L + j] = temp * omesq * sqrt_am
        buf[rows.CODE * L + j] = code
