"""Short-period terms, then position and velocity: the last stages of both models.

(Report No. 3, section 6, from "short period preliminary quantities" on.) The
short-period corrections of the angles are small, so known sines and cosines are
rotated instead of angles being formed and resolved again.
"""

# ruff: noqa: FBT001 - compiled functions take no arguments by keyword alone

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.arithmetic import rotate, sincos, small_sincos
from gpuprop.engines.cpu.compile import fma, inlined, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.constants import J2, RADIUSEARTHKM, VKMPERSEC
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats

# Below this semilatus rectum (earth radii, perigee within 640 km of the Earth's centre) the
# short-period angles are no longer small
_PL_LIMIT = 0.1
_NAN = math.nan


@leaf
def short_period(buf: Floats) -> None:
    """Set the argument of latitude, the radius and what the velocity needs; finish the status."""
    prefer_wide_vectors()
    for j in range(L):
        axnl = buf[rows.AXNL * L + j]
        aynl = buf[rows.AYNL * L + j]
        sineo1 = buf[rows.SINEO1 * L + j]
        coseo1 = buf[rows.COSEO1 * L + j]
        am = buf[rows.AM * L + j]

        # Preliminary quantities; one division serves all reciprocals
        ecose = fma(axnl, coseo1, aynl * sineo1)
        esine = fma(axnl, sineo1, -(aynl * coseo1))
        omel2 = 1.0 - fma(axnl, axnl, aynl * aynl)
        pl = am * omel2
        betal = math.sqrt(max(omel2, 0.0))
        w = 1.0 - ecose
        b = 1.0 + betal
        wb = w * b
        inverse = 1.0 / (wb * pl)
        inv_wb = inverse * pl
        inv_pl = inverse * wb
        a_over_r = inv_wb * b
        temp = esine * (inv_wb * w)
        sinu = a_over_r * fma(-axnl, temp, sineo1 - aynl)
        cosu = a_over_r * fma(aynl, temp, coseo1 - axnl)
        cos2u = fma(-2.0 * sinu, sinu, 1.0)
        temp1 = 0.5 * J2 * inv_pl
        temp2 = temp1 * inv_pl
        mrt = am * w * fma(-1.5 * temp2 * betal, buf[rows.CON41 * L + j], 1.0)
        mrt = fma(0.5 * temp1 * buf[rows.X1MTH2 * L + j], cos2u, mrt)

        # SGP4's own codes first, in the order in which it tests for them
        own = 4.0 if pl < 0.0 else (6.0 if mrt < 1.0 else 0.0)
        code = buf[rows.CODE * L + j]
        earlier = (code != 0.0) & ((code != 7.0) | (own == 0.0))
        code = code if earlier else own
        code = 7.0 if (code == 0.0) & (not mrt <= buf[rows.R_LIMIT * L + j]) else code
        buf[rows.CODE * L + j] = code
        buf[rows.ECCENTRIC * L + j] = 1.0 if (code == 0.0) & (pl < _PL_LIMIT) else 0.0
        buf[rows.SINU * L + j] = sinu
        buf[rows.COSU * L + j] = cosu
        buf[rows.TEMP1 * L + j] = temp1
        buf[rows.TEMP2 * L + j] = temp2
        buf[rows.MRT * L + j] = mrt
        buf[rows.A_OVER_R * L + j] = a_over_r
        buf[rows.ESINE * L + j] = esine
        buf[rows.BETAL * L + j] = betal


@inlined
def _rotation(angle: float, wide: bool) -> tuple[float, float]:
    """Sine and cosine of a short-period correction."""
    if wide:
        return sincos(angle)
    return small_sincos(angle)


@inlined
def _state(buf: Floats, j: int, velocity: bool, wide: bool) -> None:
    """Position, velocity if wanted, and the status of one lane; ``wide`` for angles of any size."""
    sinu = buf[rows.SINU * L + j]
    cosu = buf[rows.COSU * L + j]
    sinip = buf[rows.SINIP * L + j]
    cosip = buf[rows.COSIP * L + j]
    temp1 = buf[rows.TEMP1 * L + j]
    temp2 = buf[rows.TEMP2 * L + j]
    sin2u = (cosu + cosu) * sinu
    cos2u = fma(-2.0 * sinu, sinu, 1.0)
    node_factor = 1.5 * temp2 * cosip
    ds, dc = _rotation(-0.25 * temp2 * buf[rows.X7THM1 * L + j] * sin2u, wide)
    sinsu, cossu = rotate(sinu, cosu, ds, dc)
    ds, dc = _rotation(node_factor * sin2u, wide)
    snod, cnod = rotate(buf[rows.SNOD * L + j], buf[rows.CNOD * L + j], ds, dc)
    ds, dc = _rotation(node_factor * sinip * cos2u, wide)
    sini, cosi = rotate(sinip, cosip, ds, dc)

    # Orientation vectors; they are unit vectors unless an angle was too large to be one
    xmx = -snod * cosi
    xmy = cnod * cosi
    ux = fma(xmx, sinsu, cnod * cossu)
    uy = fma(xmy, sinsu, snod * cossu)
    uz = sini * sinsu
    norm = fma(ux, ux, fma(uy, uy, uz * uz))
    code = buf[rows.CODE * L + j]
    code = 7.0 if (code == 0.0) & (not abs(norm - 1.0) < 1.0e-6) else code
    good = code == 0.0
    mr = buf[rows.MRT * L + j] * RADIUSEARTHKM if good else _NAN
    buf[rows.STATUS * L + j] = code
    buf[rows.RX * L + j] = mr * ux
    buf[rows.RY * L + j] = mr * uy
    buf[rows.RZ * L + j] = mr * uz
    if velocity:
        inv_sqrt_am = buf[rows.INV_SQRT_AM * L + j]
        a_over_r = buf[rows.A_OVER_R * L + j]
        x1mth2 = buf[rows.X1MTH2 * L + j]
        vx = fma(xmx, cossu, -(cnod * sinsu))
        vy = fma(xmy, cossu, -(snod * sinsu))
        vz = sini * cossu
        scale = VKMPERSEC * inv_sqrt_am if good else _NAN
        # nm / xke = am^-1.5, so all terms share the factor am^-0.5
        short = (inv_sqrt_am * inv_sqrt_am) * temp1
        con41 = buf[rows.CON41 * L + j]
        mvt = scale * fma(buf[rows.ESINE * L + j], a_over_r, -(short * x1mth2 * sin2u))
        rvdot = scale * fma(buf[rows.BETAL * L + j], a_over_r, short * fma(x1mth2, cos2u, 1.5 * con41))
        buf[rows.VX * L + j] = fma(mvt, ux, rvdot * vx)
        buf[rows.VY * L + j] = fma(mvt, uy, rvdot * vy)
        buf[rows.VZ * L + j] = fma(mvt, uz, rvdot * vz)


@leaf
def position(buf: Floats) -> None:
    """Write the position rows and the status of every lane."""
    prefer_wide_vectors()
    for j in range(L):
        _state(buf, j, velocity=False, wide=False)


@leaf
def position_and_velocity(buf: Floats) -> None:
    """Write the position and velocity rows and the status of every lane."""
    prefer_wide_vectors()
    for j in range(L):
        _state(buf, j, velocity=True, wide=False)


@leaf
def orient(buf: Floats, velocity: bool) -> None:
    """Write position, status and, if wanted, velocity of every lane."""
    if velocity:
        position_and_velocity(buf)
    else:
        position(buf)
    eccentric = 0
    for j in range(L):
        eccentric += 1 if buf[rows.ECCENTRIC * L + j] != 0.0 else 0
    if eccentric == 0:
        return
    for j in range(L):
        if buf[rows.ECCENTRIC * L + j] != 0.0:
            _state(buf, j, velocity, wide=True)
