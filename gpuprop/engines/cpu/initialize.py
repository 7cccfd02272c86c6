"""Initialization: from mean elements to the constants that propagation needs.

Follows the order of operations of the published code (AIAA 2006-6753, sgp4init
and initl), so that the constants come out with the same bits. Runs once per
object and in scalar code.
"""

# ruff: noqa: FBT001 - compiled functions take no arguments by keyword alone

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import inlined, kernel
from gpuprop.engines.cpu.constants import (
    DEG2RAD,
    J2,
    J3OJ2,
    J4,
    MINUTES_PER_DAY,
    QZMS2T,
    RADIUSEARTHKM,
    SS,
    TWOPI,
    X2O3,
    XKE,
)
from gpuprop.engines.cpu.initialize_deep import initialize_deep

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bytes, Floats, Ints

# What an object is propagated with
UNUSABLE, NEAR, DEEP, RESONANT = range(4)

# Columns of the element table: the seven elements, then the epoch
(MEAN_MOTION, ECCENTRICITY, INCLINATION, RAAN, ARG_OF_PERICENTER, MEAN_ANOMALY, BSTAR) = range(7)
EPOCH_JD, EPOCH_FR = 7, 8
N_ELEMENTS = 9


@inlined
def _gstime(jdut1: float) -> float:
    """Greenwich sidereal time, rad (Vallado 2004, eq. 3-45)."""
    tut1 = (jdut1 - 2451545.0) / 36525.0
    temp = (
        -6.2e-6 * tut1 * tut1 * tut1
        + 0.093104 * tut1 * tut1
        + (876600.0 * 3600 + 8640184.812866) * tut1
        + 67310.54841
    )
    temp = np.fmod(temp * DEG2RAD / 240.0, TWOPI)
    return temp + TWOPI if temp < 0.0 else temp


@inlined
def _gst_from_1970(epoch: float) -> float:
    """Greenwich sidereal time counted from 1970, rad: the older way, which made the elements."""
    ts70 = epoch - 7305.0
    ds70 = math.floor(ts70 + 1.0e-8)
    tfrac = ts70 - ds70
    c1 = 1.72027916940703639e-2
    thgr70 = 1.7321343856509374
    fk5r = 5.07551419432269442e-15
    c1p2p = c1 + TWOPI
    gsto = np.fmod(thgr70 + c1 * ds70 + c1p2p * tfrac + ts70 * ts70 * fk5r, TWOPI)
    return gsto + TWOPI if gsto < 0.0 else gsto


@inlined
def _unkozai(no_kozai: float, eccsq: float, cosio2: float) -> float:
    """Brouwer mean motion from the Kozai one of the element set (Report No. 3, section 6)."""
    omeosq = 1.0 - eccsq
    rteosq = math.sqrt(omeosq)
    ak = math.pow(XKE / no_kozai, X2O3)
    d1 = 0.75 * J2 * (3.0 * cosio2 - 1.0) / (rteosq * omeosq)
    del_ = d1 / (ak * ak)
    adel = ak * (1.0 - del_ * del_ - del_ * (1.0 / 3.0 + 134.0 * del_ * del_ / 81.0))
    del_ = d1 / (adel * adel)
    return no_kozai / (1.0 + del_)


@inlined
def _density_parameters(rp: float) -> tuple[float, float]:
    """``s`` and ``(q0 - s)^4`` of the density function, lowered for perigees below 156 km."""
    perige = (rp - 1.0) * RADIUSEARTHKM
    if perige >= 156.0:
        return SS, QZMS2T
    sfour = 20.0 if perige < 98.0 else perige - 78.0
    qzms24temp = (120.0 - sfour) / RADIUSEARTHKM
    qzms24 = qzms24temp * qzms24temp * qzms24temp * qzms24temp
    return sfour / RADIUSEARTHKM + 1.0, qzms24


@kernel
def _initialize_object(element: Floats, improved: bool, row: Floats, resonance: Floats) -> int:
    """Fill one object's rows of constants; return what it is to be propagated with."""
    no_kozai = element[MEAN_MOTION] / (MINUTES_PER_DAY / TWOPI)
    ecco = element[ECCENTRICITY]
    inclo = element[INCLINATION] * DEG2RAD
    nodeo = element[RAAN] * DEG2RAD
    argpo = element[ARG_OF_PERICENTER] * DEG2RAD
    mo = element[MEAN_ANOMALY] * DEG2RAD
    bstar = element[BSTAR]
    epoch = (element[EPOCH_JD] + element[EPOCH_FR]) - 2433281.5
    if not (no_kozai > 0.0 and 0.0 <= ecco < 1.0 and math.isfinite(inclo + nodeo + argpo + mo + bstar)):
        return UNUSABLE

    eccsq = ecco * ecco
    omeosq = 1.0 - eccsq
    rteosq = math.sqrt(omeosq)
    cosio = math.cos(inclo)
    sinio = math.sin(inclo)
    cosio2 = cosio * cosio
    no = _unkozai(no_kozai, eccsq, cosio2)
    if not no > 0.0:
        return UNUSABLE
    ao = math.pow(XKE / no, X2O3)
    po = ao * omeosq
    con42 = 1.0 - 5.0 * cosio2
    con41 = -con42 - cosio2 - cosio2
    posq = po * po
    rp = ao * (1.0 - ecco)
    gsto = _gstime(epoch + 2433281.5) if improved else _gst_from_1970(epoch)

    deep = TWOPI / no >= 225.0
    isimp = deep or rp < 220.0 / RADIUSEARTHKM + 1.0
    sfour, qzms24 = _density_parameters(rp)

    # Drag and secular rates (Report No. 3, section 6)
    pinvsq = 1.0 / posq
    tsi = 1.0 / (ao - sfour)
    eta = ao * ecco * tsi
    etasq = eta * eta
    eeta = ecco * eta
    psisq = abs(1.0 - etasq)
    coef = qzms24 * math.pow(tsi, 4.0)
    coef1 = coef / math.pow(psisq, 3.5)
    cc2 = (
        coef1
        * no
        * (
            ao * (1.0 + 1.5 * etasq + eeta * (4.0 + etasq))
            + 0.375 * J2 * tsi / psisq * con41 * (8.0 + 3.0 * etasq * (8.0 + etasq))
        )
    )
    cc1 = bstar * cc2
    cc3 = -2.0 * coef * tsi * J3OJ2 * no * sinio / ecco if ecco > 1.0e-4 else 0.0
    x1mth2 = 1.0 - cosio2
    cc4 = (
        2.0
        * no
        * coef1
        * ao
        * omeosq
        * (
            eta * (2.0 + 0.5 * etasq)
            + ecco * (0.5 + 2.0 * etasq)
            - J2
            * tsi
            / (ao * psisq)
            * (
                -3.0 * con41 * (1.0 - 2.0 * eeta + etasq * (1.5 - 0.5 * eeta))
                + 0.75 * x1mth2 * (2.0 * etasq - eeta * (1.0 + etasq)) * math.cos(2.0 * argpo)
            )
        )
    )
    cc5 = 2.0 * coef1 * ao * omeosq * (1.0 + 2.75 * (etasq + eeta) + eeta * etasq)
    cosio4 = cosio2 * cosio2
    temp1 = 1.5 * J2 * pinvsq * no
    temp2 = 0.5 * temp1 * J2 * pinvsq
    temp3 = -0.46875 * J4 * pinvsq * pinvsq * no
    mdot = (
        no + 0.5 * temp1 * rteosq * con41 + 0.0625 * temp2 * rteosq * (13.0 - 78.0 * cosio2 + 137.0 * cosio4)
    )
    argpdot = (
        -0.5 * temp1 * con42
        + 0.0625 * temp2 * (7.0 - 114.0 * cosio2 + 395.0 * cosio4)
        + temp3 * (3.0 - 36.0 * cosio2 + 49.0 * cosio4)
    )
    xhdot1 = -temp1 * cosio
    nodedot = xhdot1 + (0.5 * temp2 * (4.0 - 19.0 * cosio2) + 2.0 * temp3 * (3.0 - 7.0 * cosio2)) * cosio
    omgcof = bstar * cc3 * math.cos(argpo)
    xmcof = -X2O3 * coef * bstar / eeta if ecco > 1.0e-4 else 0.0
    # The published guard against a division by zero at an inclination of 180 degrees
    xlcof_divisor = 1.0 + cosio if abs(cosio + 1.0) > 1.5e-12 else 1.5e-12
    delmotemp = 1.0 + eta * math.cos(mo)

    row[rows.MO] = mo
    row[rows.MDOT] = mdot
    row[rows.ARGPO] = argpo
    row[rows.ARGPDOT] = argpdot
    row[rows.NODEO] = nodeo
    row[rows.NODEDOT] = nodedot
    row[rows.NODECF] = 3.5 * omeosq * xhdot1 * cc1
    row[rows.NO] = no
    row[rows.ECCO] = ecco
    row[rows.CC1] = cc1
    row[rows.BSTAR_CC4] = bstar * cc4
    row[rows.T2COF] = 1.5 * cc1
    row[rows.SQRT_AO] = math.sqrt(ao)
    row[rows.R_LIMIT] = 50.0 * ao

    if deep:
        initialize_deep(row, resonance, epoch, inclo, no, gsto, cosio, sinio, improved)
        for i in range(rows.N_CONSTANTS):
            if not math.isfinite(row[i]):
                return UNUSABLE
        return RESONANT if resonance[rows.IREZ] != 0.0 else DEEP

    row[rows.ETA] = eta
    row[rows.DELMO] = delmotemp * delmotemp * delmotemp
    row[rows.SINMAO] = math.sin(mo)
    row[rows.AYCOF] = -0.5 * J3OJ2 * sinio
    row[rows.XLCOF] = -0.25 * J3OJ2 * sinio * (3.0 + 5.0 * cosio) / xlcof_divisor
    row[rows.SINIP] = sinio
    row[rows.COSIP] = cosio
    row[rows.CON41] = con41
    row[rows.X1MTH2] = x1mth2
    row[rows.X7THM1] = 7.0 * cosio2 - 1.0
    if not isimp:
        cc1sq = cc1 * cc1
        d2 = 4.0 * ao * tsi * cc1sq
        temp = d2 * tsi * cc1 / 3.0
        d3 = (17.0 * ao + sfour) * temp
        d4 = 0.5 * temp * ao * tsi * (221.0 * ao + 31.0 * sfour) * cc1
        row[rows.D2] = d2
        row[rows.D3] = d3
        row[rows.D4] = d4
        row[rows.XMCOF] = xmcof
        row[rows.OMGCOF] = omgcof
        row[rows.BSTAR_CC5] = bstar * cc5
        row[rows.T3COF] = d2 + 2.0 * cc1sq
        row[rows.T4COF] = 0.25 * (3.0 * d3 + cc1 * (12.0 * d2 + 10.0 * cc1sq))
        row[rows.T5COF] = 0.2 * (
            3.0 * d4 + 12.0 * cc1 * d3 + 6.0 * d2 * d2 + 15.0 * cc1sq * (2.0 * d2 + cc1sq)
        )
    for i in range(rows.N_CONSTANTS):
        if not math.isfinite(row[i]):
            return UNUSABLE
    return NEAR


@kernel
def initialize_some(
    elements: Floats, objects: Ints, improved: bool, begin: int, near: Floats, deep: Floats, resonant: Floats,
    resonance: Floats, regime: Bytes,
) -> tuple[int, int, int]:  # fmt: skip
    """Initialize objects, rows of ``elements`` (n, `N_ELEMENTS`); set their ``regime`` (n,).

    The constants of each regime are written to its table from row ``begin`` on, one object after the other;
    ``resonance`` belongs to ``resonant``. Returns how many rows that makes in each.
    """
    row, res = np.empty(rows.DEEP_WIDTH), np.empty(rows.N_RESONANCE)
    n_near = n_deep = n_resonant = 0
    for k in objects:
        row[:] = 0.0
        res[:] = 0.0
        regime[k] = _initialize_object(elements[k], improved, row, res)
        if regime[k] == NEAR:
            near[begin + n_near] = row[: rows.NEAR_WIDTH]
            n_near += 1
        elif regime[k] == DEEP:
            deep[begin + n_deep] = row
            n_deep += 1
        elif regime[k] == RESONANT:
            resonant[begin + n_resonant] = row
            resonance[begin + n_resonant] = res
            n_resonant += 1
    return n_near, n_deep, n_resonant


@kernel
def move_rows(table: Floats, begin: int, to: int, count: int) -> None:
    """Move rows up in their table, over those before them."""
    for i in range(count):
        table[to + i] = table[begin + i]


def element_table(
    epoch_ns: np.ndarray,
    mean_motion: np.ndarray,
    eccentricity: np.ndarray,
    inclination: np.ndarray,
    ra_of_asc_node: np.ndarray,
    arg_of_pericenter: np.ndarray,
    mean_anomaly: np.ndarray,
    bstar: np.ndarray,
) -> np.ndarray:
    """Gather the columns of a catalog into one table, the epoch as a split Julian date."""
    days, ns_of_day = np.divmod(np.asarray(epoch_ns, dtype=np.int64), 86_400_000_000_000)
    columns = (
        mean_motion,
        eccentricity,
        inclination,
        ra_of_asc_node,
        arg_of_pericenter,
        mean_anomaly,
        bstar,
        days + 2440587.5,
        ns_of_day / 86_400_000_000_000,
    )
    return np.ascontiguousarray(np.column_stack([np.asarray(c, dtype=np.float64) for c in columns]))
