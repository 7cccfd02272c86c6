"""Near-Earth objects: secular gravity and drag, long-period terms, Kepler's equation.

The first stage of SGP4 for objects with periods below 225 minutes (Report No. 3,
section 6; AIAA 2006-6753, sgp4). The second stage is in `orientation`.
"""

from __future__ import annotations

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.arithmetic import cos, sin, sincos
from gpuprop.engines.cpu.compile import fma, kernel, prefer_wide_vectors
from gpuprop.engines.cpu.kepler import kepler_first
from gpuprop.engines.cpu.rows import LANES as L


@kernel
def near_earth(buf):
    """Fill the rows that `kepler_finish` and `orientation` read, for every lane."""
    prefer_wide_vectors()
    for j in range(L):
        t = buf[rows.T * L + j]
        t2 = t * t

        # Secular gravity and drag; the higher drag terms are zero in the simplified model
        xmdf = fma(buf[rows.MDOT * L + j], t, buf[rows.MO * L + j])
        argpdf = fma(buf[rows.ARGPDOT * L + j], t, buf[rows.ARGPO * L + j])
        nodedf = fma(buf[rows.NODEDOT * L + j], t, buf[rows.NODEO * L + j])
        nodem = fma(buf[rows.NODECF * L + j], t2, nodedf)
        delmtemp = fma(buf[rows.ETA * L + j], cos(xmdf), 1.0)
        delm = fma(delmtemp * delmtemp, delmtemp, -buf[rows.DELMO * L + j])
        temp = fma(buf[rows.XMCOF * L + j], delm, buf[rows.OMGCOF * L + j] * t)
        mm = xmdf + temp
        argpm = argpdf - temp
        tempa = fma(
            -t,
            fma(
                t,
                fma(t, fma(t, buf[rows.D4 * L + j], buf[rows.D3 * L + j]), buf[rows.D2 * L + j]),
                buf[rows.CC1 * L + j],
            ),
            1.0,
        )
        tempe = fma(
            buf[rows.BSTAR_CC5 * L + j], sin(mm) - buf[rows.SINMAO * L + j], buf[rows.BSTAR_CC4 * L + j] * t
        )
        templ = t2 * fma(
            t,
            fma(t, fma(t, buf[rows.T5COF * L + j], buf[rows.T4COF * L + j]), buf[rows.T3COF * L + j]),
            buf[rows.T2COF * L + j],
        )

        sqrt_am = buf[rows.SQRT_AO * L + j] * abs(tempa)
        am = sqrt_am * sqrt_am
        em = buf[rows.ECCO * L + j] - tempe
        code = 1.0 if (em >= 1.0) | (em < -0.001) else 0.0
        em = max(em, 1.0e-6)

        # Long-period terms
        sinargp, cosargp = sincos(argpm)
        omesq = fma(-em, em, 1.0)
        temp = 1.0 / (am * omesq)
        axnl = em * cosargp
        aynl = fma(em, sinargp, temp * buf[rows.AYCOF * L + j])
        u = fma(buf[rows.NO * L + j], templ, mm) + argpm
        u = fma(temp * buf[rows.XLCOF * L + j], axnl, u)

        snod, cnod = sincos(nodem)
        buf[rows.SNOD * L + j] = snod
        buf[rows.CNOD * L + j] = cnod
        buf[rows.SINIP * L + j] = buf[rows.SINIO * L + j]
        buf[rows.COSIP * L + j] = buf[rows.COSIO * L + j]
        buf[rows.CON41 * L + j] = buf[rows.CON41_O * L + j]
        buf[rows.X1MTH2 * L + j] = buf[rows.X1MTH2_O * L + j]
        buf[rows.X7THM1 * L + j] = buf[rows.X7THM1_O * L + j]
        buf[rows.AM * L + j] = am
        buf[rows.INV_SQRT_AM * L + j] = temp * omesq * sqrt_am
        buf[rows.CODE * L + j] = code
        kepler_first(buf, j, axnl, aynl, u)
