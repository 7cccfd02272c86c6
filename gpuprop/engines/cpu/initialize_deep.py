"""Initialization of deep-space objects: sun, moon and resonances.

dscom and dsinit of the published code (AIAA 2006-6753; Report No. 3, sections 10
and 11). The two are called once per object, at its epoch.
"""

# ruff: noqa: FBT001 - compiled functions take no arguments by keyword alone

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import inlined, kernel
from gpuprop.engines.cpu.constants import (
    C1L,
    C1SS,
    Q22,
    Q31,
    Q33,
    ROOT22,
    ROOT32,
    ROOT44,
    ROOT52,
    ROOT54,
    RPTIM,
    TWOPI,
    X2O3,
    XKE,
    ZCOSGS,
    ZCOSIS,
    ZEL,
    ZES,
    ZNL,
    ZNS,
    ZSINGS,
    ZSINIS,
)

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats

# Below this inclination, and as near to 180 degrees, the node's lunisolar rate is left out
_INCLINATION_LIMIT = 5.2359877e-2


@kernel
def _body_terms(body: tuple[float, ...], orbit: tuple[float, ...], cc: float) -> tuple[float, ...]:
    """Coefficients of one perturbing body, the same for sun and moon (dscom).

    Returns s1 to s7, then z1, z2, z3, z11, z12, z13, z21, z22, z23, z31, z32, z33.
    """
    zcosg, zsing, zcosi, zsini, zcosh, zsinh = body
    em, nm, sinim, cosim, sinomm, cosomm = orbit
    emsq = em * em
    betasq = 1.0 - emsq
    rtemsq = math.sqrt(betasq)
    xnoi = 1.0 / nm

    a1 = zcosg * zcosh + zsing * zcosi * zsinh
    a3 = -zsing * zcosh + zcosg * zcosi * zsinh
    a7 = -zcosg * zsinh + zsing * zcosi * zcosh
    a8 = zsing * zsini
    a9 = zsing * zsinh + zcosg * zcosi * zcosh
    a10 = zcosg * zsini
    a2 = cosim * a7 + sinim * a8
    a4 = cosim * a9 + sinim * a10
    a5 = -sinim * a7 + cosim * a8
    a6 = -sinim * a9 + cosim * a10

    x1 = a1 * cosomm + a2 * sinomm
    x2 = a3 * cosomm + a4 * sinomm
    x3 = -a1 * sinomm + a2 * cosomm
    x4 = -a3 * sinomm + a4 * cosomm
    x5 = a5 * sinomm
    x6 = a6 * sinomm
    x7 = a5 * cosomm
    x8 = a6 * cosomm

    z31 = 12.0 * x1 * x1 - 3.0 * x3 * x3
    z32 = 24.0 * x1 * x2 - 6.0 * x3 * x4
    z33 = 12.0 * x2 * x2 - 3.0 * x4 * x4
    z1 = 3.0 * (a1 * a1 + a2 * a2) + z31 * emsq
    z2 = 6.0 * (a1 * a3 + a2 * a4) + z32 * emsq
    z3 = 3.0 * (a3 * a3 + a4 * a4) + z33 * emsq
    z11 = -6.0 * a1 * a5 + emsq * (-24.0 * x1 * x7 - 6.0 * x3 * x5)
    z12 = -6.0 * (a1 * a6 + a3 * a5) + emsq * (-24.0 * (x2 * x7 + x1 * x8) - 6.0 * (x3 * x6 + x4 * x5))
    z13 = -6.0 * a3 * a6 + emsq * (-24.0 * x2 * x8 - 6.0 * x4 * x6)
    z21 = 6.0 * a2 * a5 + emsq * (24.0 * x1 * x5 - 6.0 * x3 * x7)
    z22 = 6.0 * (a4 * a5 + a2 * a6) + emsq * (24.0 * (x2 * x5 + x1 * x6) - 6.0 * (x4 * x7 + x3 * x8))
    z23 = 6.0 * a4 * a6 + emsq * (24.0 * x2 * x6 - 6.0 * x4 * x8)
    z1 = z1 + z1 + betasq * z31
    z2 = z2 + z2 + betasq * z32
    z3 = z3 + z3 + betasq * z33
    s3 = cc * xnoi
    s2 = -0.5 * s3 / rtemsq
    s4 = s3 * rtemsq
    s1 = -15.0 * em * s4
    s5 = x1 * x3 + x2 * x4
    s6 = x2 * x3 + x1 * x4
    s7 = x2 * x4 - x1 * x3
    return (s1, s2, s3, s4, s5, s6, s7, z1, z2, z3, z11, z12, z13, z21, z22, z23, z31, z32, z33)


@inlined
def _moon(day: float, cnodm: float, snodm: float) -> tuple[tuple[float, ...], float]:
    """Direction of the moon's orbit relative to the object's node, and gam (dscom)."""
    xnodce = np.fmod(4.5236020 - 9.2422029e-4 * day, TWOPI)
    stem = math.sin(xnodce)
    ctem = math.cos(xnodce)
    zcosil = 0.91375164 - 0.03568096 * ctem
    zsinil = math.sqrt(1.0 - zcosil * zcosil)
    zsinhl = 0.089683511 * stem / zsinil
    zcoshl = math.sqrt(1.0 - zsinhl * zsinhl)
    gam = 5.8351514 + 0.0019443680 * day
    zx = 0.39785416 * stem / zsinil
    zy = zcoshl * ctem + 0.91744867 * zsinhl * stem
    zx = gam + math.atan2(zx, zy) - xnodce
    zcosh = zcoshl * cnodm + zsinhl * snodm
    zsinh = snodm * zcoshl - cnodm * zsinhl
    return (math.cos(zx), math.sin(zx), zcosil, zsinil, zcosh, zsinh), gam


@kernel
def initialize_deep(
    row: Floats,
    resonance: Floats,
    epoch: float,
    inclo: float,
    no: float,
    gsto: float,
    cosim: float,
    sinim: float,
    improved: bool,
) -> None:
    """Add the lunisolar and resonance constants to an object's rows."""
    em = row[rows.ECCO]
    argpo = row[rows.ARGPO]
    nodeo = row[rows.NODEO]
    emsq = em * em
    snodm = math.sin(nodeo)
    cnodm = math.cos(nodeo)
    orbit = (em, no, sinim, cosim, math.sin(argpo), math.cos(argpo))
    day = epoch + 18261.5
    moon, gam = _moon(day, cnodm, snodm)
    sun = (ZCOSGS, ZSINGS, ZCOSIS, ZSINIS, cnodm, snodm)
    ss1, ss2, ss3, ss4, ss5, ss6, ss7, sz1, sz2, sz3, sz11, sz12, sz13, sz21, sz22, sz23, sz31, sz32, sz33 = (
        _body_terms(sun, orbit, C1SS)
    )
    s1, s2, s3, s4, s5, s6, s7, z1, z2, z3, z11, z12, z13, z21, z22, z23, z31, z32, z33 = _body_terms(
        moon, orbit, C1L
    )

    row[rows.INCLO] = inclo
    row[rows.GSTO] = gsto
    row[rows.IMPROVED] = 1.0 if improved else 0.0
    row[rows.ZMOL] = np.fmod(4.7199672 + 0.22997150 * day - gam, TWOPI)
    row[rows.ZMOS] = np.fmod(6.2565837 + 0.017201977 * day, TWOPI)
    row[rows.SE2] = 2.0 * ss1 * ss6
    row[rows.SE3] = 2.0 * ss1 * ss7
    row[rows.SI2] = 2.0 * ss2 * sz12
    row[rows.SI3] = 2.0 * ss2 * (sz13 - sz11)
    row[rows.SL2] = -2.0 * ss3 * sz2
    row[rows.SL3] = -2.0 * ss3 * (sz3 - sz1)
    row[rows.SL4] = -2.0 * ss3 * (-21.0 - 9.0 * emsq) * ZES
    row[rows.SGH2] = 2.0 * ss4 * sz32
    row[rows.SGH3] = 2.0 * ss4 * (sz33 - sz31)
    row[rows.SGH4] = -18.0 * ss4 * ZES
    row[rows.SH2] = -2.0 * ss2 * sz22
    row[rows.SH3] = -2.0 * ss2 * (sz23 - sz21)
    row[rows.EE2] = 2.0 * s1 * s6
    row[rows.E3] = 2.0 * s1 * s7
    row[rows.XI2] = 2.0 * s2 * z12
    row[rows.XI3] = 2.0 * s2 * (z13 - z11)
    row[rows.XL2] = -2.0 * s3 * z2
    row[rows.XL3] = -2.0 * s3 * (z3 - z1)
    row[rows.XL4] = -2.0 * s3 * (-21.0 - 9.0 * emsq) * ZEL
    row[rows.XGH2] = 2.0 * s4 * z32
    row[rows.XGH3] = 2.0 * s4 * (z33 - z31)
    row[rows.XGH4] = -18.0 * s4 * ZEL
    row[rows.XH2] = -2.0 * s2 * z22
    row[rows.XH3] = -2.0 * s2 * (z23 - z21)

    # Secular rates (dsinit)
    ses = ss1 * ZNS * ss5
    sis = ss2 * ZNS * (sz11 + sz13)
    sls = -ZNS * ss3 * (sz1 + sz3 - 14.0 - 6.0 * emsq)
    sghs = ss4 * ZNS * (sz31 + sz33 - 6.0)
    shs = -ZNS * ss2 * (sz21 + sz23)
    shll = -ZNL * s2 * (z21 + z23)
    if inclo < _INCLINATION_LIMIT or inclo > math.pi - _INCLINATION_LIMIT:
        shs = 0.0
        shll = 0.0
    if sinim != 0.0:
        shs = shs / sinim
    sgs = sghs - cosim * shs
    dmdt = sls - ZNL * s3 * (z1 + z3 - 14.0 - 6.0 * emsq)
    sghl = s4 * ZNL * (z31 + z33 - 6.0)
    domdt = sgs + sghl
    dnodt = shs
    if sinim != 0.0:
        domdt = domdt - cosim / sinim * shll
        dnodt = dnodt + shll / sinim
    row[rows.DEDT] = ses + s1 * ZNL * s5
    row[rows.DIDT] = sis + s2 * ZNL * (z11 + z13)
    row[rows.DMDT] = dmdt
    row[rows.DOMDT] = domdt
    row[rows.DNODT] = dnodt

    if 0.0034906585 < no < 0.0052359877:
        _synchronous(row, resonance, no, gsto, cosim, sinim)
    if 8.26e-3 <= no <= 9.24e-3 and em >= 0.5:
        _half_day(row, resonance, no, gsto, cosim, sinim)


@inlined
def _integrator_constants(row: Floats, resonance: Floats, no: float, irez: float) -> None:
    """Record what the integrator needs of both kinds of resonance."""
    resonance[rows.RES_NO] = no
    resonance[rows.RES_ARGPO] = row[rows.ARGPO]
    resonance[rows.RES_ARGPDOT] = row[rows.ARGPDOT]
    resonance[rows.IREZ] = irez


@kernel
def _synchronous(row: Floats, resonance: Floats, no: float, gsto: float, cosim: float, sinim: float) -> None:
    """One-day resonance (dsinit, irez = 1)."""
    emsq = row[rows.ECCO] * row[rows.ECCO]
    aonv = math.pow(no / XKE, X2O3)
    g200 = 1.0 + emsq * (-2.5 + 0.8125 * emsq)
    g310 = 1.0 + 2.0 * emsq
    g300 = 1.0 + emsq * (-6.0 + 6.60937 * emsq)
    f220 = 0.75 * (1.0 + cosim) * (1.0 + cosim)
    f311 = 0.9375 * sinim * sinim * (1.0 + 3.0 * cosim) - 0.75 * (1.0 + cosim)
    f330 = 1.0 + cosim
    f330 = 1.875 * f330 * f330 * f330
    del1 = 3.0 * no * no * aonv * aonv
    resonance[rows.DEL2] = 2.0 * del1 * f220 * g200 * Q22
    resonance[rows.DEL3] = 3.0 * del1 * f330 * g300 * Q33 * aonv
    resonance[rows.DEL1] = del1 * f311 * g310 * Q31 * aonv
    xlamo = np.fmod(row[rows.MO] + row[rows.NODEO] + row[rows.ARGPO] - gsto, TWOPI)
    xpidot = row[rows.ARGPDOT] + row[rows.NODEDOT]
    resonance[rows.XLAMO] = xlamo
    resonance[rows.XFACT] = (
        row[rows.MDOT] + xpidot - RPTIM + row[rows.DMDT] + row[rows.DOMDT] + row[rows.DNODT] - no
    )
    row[rows.NODE_FACTOR] = -1.0
    row[rows.ARGP_FACTOR] = -1.0
    _integrator_constants(row, resonance, no, 1.0)


@inlined
def _half_day_eccentricity_terms(em: float, emsq: float, eoc: float) -> tuple[float, ...]:
    """Return the half-day resonance's g211, g310, g322, g410, g422, g520, g521, g532, g533."""
    if em <= 0.65:
        g211 = 3.616 - 13.2470 * em + 16.2900 * emsq
        g310 = -19.302 + 117.3900 * em - 228.4190 * emsq + 156.5910 * eoc
        g322 = -18.9068 + 109.7927 * em - 214.6334 * emsq + 146.5816 * eoc
        g410 = -41.122 + 242.6940 * em - 471.0940 * emsq + 313.9530 * eoc
        g422 = -146.407 + 841.8800 * em - 1629.014 * emsq + 1083.4350 * eoc
        g520 = -532.114 + 3017.977 * em - 5740.032 * emsq + 3708.2760 * eoc
    else:
        g211 = -72.099 + 331.819 * em - 508.738 * emsq + 266.724 * eoc
        g310 = -346.844 + 1582.851 * em - 2415.925 * emsq + 1246.113 * eoc
        g322 = -342.585 + 1554.908 * em - 2366.899 * emsq + 1215.972 * eoc
        g410 = -1052.797 + 4758.686 * em - 7193.992 * emsq + 3651.957 * eoc
        g422 = -3581.690 + 16178.110 * em - 24462.770 * emsq + 12422.520 * eoc
        if em > 0.715:
            g520 = -5149.66 + 29936.92 * em - 54087.36 * emsq + 31324.56 * eoc
        else:
            g520 = 1464.74 - 4664.75 * em + 3763.64 * emsq
    if em < 0.7:
        g533 = -919.22770 + 4988.6100 * em - 9064.7700 * emsq + 5542.21 * eoc
        g521 = -822.71072 + 4568.6173 * em - 8491.4146 * emsq + 5337.524 * eoc
        g532 = -853.66600 + 4690.2500 * em - 8624.7700 * emsq + 5341.4 * eoc
    else:
        g533 = -37995.780 + 161616.52 * em - 229838.20 * emsq + 109377.94 * eoc
        g521 = -51752.104 + 218913.95 * em - 309468.16 * emsq + 146349.42 * eoc
        g532 = -40023.880 + 170470.89 * em - 242699.48 * emsq + 115605.82 * eoc
    return g211, g310, g322, g410, g422, g520, g521, g532, g533


@kernel
def _half_day(row: Floats, resonance: Floats, no: float, gsto: float, cosim: float, sinim: float) -> None:
    """Half-day resonance of eccentric orbits (dsinit, irez = 2)."""
    em = row[rows.ECCO]
    emsq = em * em
    eoc = em * emsq
    aonv = math.pow(no / XKE, X2O3)
    cosisq = cosim * cosim
    g201 = -0.306 - (em - 0.64) * 0.440
    g211, g310, g322, g410, g422, g520, g521, g532, g533 = _half_day_eccentricity_terms(em, emsq, eoc)
    sini2 = sinim * sinim
    f220 = 0.75 * (1.0 + 2.0 * cosim + cosisq)
    f221 = 1.5 * sini2
    f321 = 1.875 * sinim * (1.0 - 2.0 * cosim - 3.0 * cosisq)
    f322 = -1.875 * sinim * (1.0 + 2.0 * cosim - 3.0 * cosisq)
    f441 = 35.0 * sini2 * f220
    f442 = 39.3750 * sini2 * sini2
    f522 = (
        9.84375
        * sinim
        * (sini2 * (1.0 - 2.0 * cosim - 5.0 * cosisq) + 0.33333333 * (-2.0 + 4.0 * cosim + 6.0 * cosisq))
    )
    f523 = sinim * (
        4.92187512 * sini2 * (-2.0 - 4.0 * cosim + 10.0 * cosisq)
        + 6.56250012 * (1.0 + 2.0 * cosim - 3.0 * cosisq)
    )
    f542 = 29.53125 * sinim * (2.0 - 8.0 * cosim + cosisq * (-12.0 + 8.0 * cosim + 10.0 * cosisq))
    f543 = 29.53125 * sinim * (-2.0 - 8.0 * cosim + cosisq * (12.0 + 8.0 * cosim - 10.0 * cosisq))
    xno2 = no * no
    ainv2 = aonv * aonv
    temp1 = 3.0 * xno2 * ainv2
    temp = temp1 * ROOT22
    resonance[rows.D2201] = temp * f220 * g201
    resonance[rows.D2211] = temp * f221 * g211
    temp1 = temp1 * aonv
    temp = temp1 * ROOT32
    resonance[rows.D3210] = temp * f321 * g310
    resonance[rows.D3222] = temp * f322 * g322
    temp1 = temp1 * aonv
    temp = 2.0 * temp1 * ROOT44
    resonance[rows.D4410] = temp * f441 * g410
    resonance[rows.D4422] = temp * f442 * g422
    temp1 = temp1 * aonv
    temp = temp1 * ROOT52
    resonance[rows.D5220] = temp * f522 * g520
    resonance[rows.D5232] = temp * f523 * g532
    temp = 2.0 * temp1 * ROOT54
    resonance[rows.D5421] = temp * f542 * g521
    resonance[rows.D5433] = temp * f543 * g533
    theta = np.fmod(gsto, TWOPI)
    xlamo = np.fmod(row[rows.MO] + row[rows.NODEO] + row[rows.NODEO] - theta - theta, TWOPI)
    resonance[rows.XLAMO] = xlamo
    resonance[rows.XFACT] = (
        row[rows.MDOT] + row[rows.DMDT] + 2.0 * (row[rows.NODEDOT] + row[rows.DNODT] - RPTIM) - no
    )
    row[rows.NODE_FACTOR] = -2.0
    row[rows.ARGP_FACTOR] = 0.0
    _integrator_constants(row, resonance, no, 2.0)
