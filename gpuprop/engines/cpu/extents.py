"""Where an object can be during a span of time, from bounds on SGP4's own formulas.

As in `latch`, every quantity is bounded over the whole span: sines and cosines by one, the functions
of inclination by their extremes, the drag polynomials by intervals. What follows holds for every usable state
in the span and takes no state to compute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import inlined, kernel
from gpuprop.engines.cpu.constants import J2, J3OJ2, RADIUSEARTHKM, XKE
from gpuprop.engines.cpu.drivers import NS_PER_MINUTE
from gpuprop.engines.cpu.initialize import NEAR, RESONANT
from gpuprop.engines.cpu.latch import drag_factor_bounds, eccentricity_bounds, times_interval

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bools, Floats
    from gpuprop.engines.cpu.model import Group, Model

__all__ = ["Extents", "extents"]

# Bounds say nothing from here on
_E_LIMIT, _TEMP2_LIMIT = 0.9, 0.01
_ROUNDING_KM = 1e-3
# Columns of the result of the kernels
_LOWER, _UPPER, _SAFE = range(3)


class Extents(NamedTuple):
    """Bounds for every object of a model; all (n,).

    Attributes
    ----------
    lower_km, upper_km : ndarray of float64
        Least and largest distance from the centre of the Earth.
    safe : ndarray of bool
        Whether the object certainly has a state at every instant of the span.
    """

    lower_km: Floats
    upper_km: Floats
    safe: Bools

    def in_reach(self, looking: Bools, threshold_km: float) -> Bools:
        """Tell whose radii come within the threshold of those of one of the objects that look."""
        if not looking.any():
            return np.zeros(len(looking), np.bool_)
        order = np.argsort(self.lower_km[looking])
        low = self.lower_km[looking][order] - threshold_km
        # The highest of all that begin as low
        high = np.maximum.accumulate(self.upper_km[looking][order] + threshold_km)
        is_apart = low[1:] > high[:-1]
        low, high = low[np.append(True, is_apart)], high[np.append(is_apart, True)]
        place = np.searchsorted(low, self.upper_km, side="right") - 1
        near: Bools = (place >= 0) & (high[place] >= self.lower_km)
        return near


@inlined
def _radii(am_lo: float, am_hi: float, e: float, out: Floats) -> None:
    """Write the bounds of the radius for an eccentricity of at most e."""
    out[_LOWER], out[_UPPER], out[_SAFE] = RADIUSEARTHKM, np.inf, 0.0
    if not (am_lo > 0.0 and e < _E_LIMIT):
        return
    # Length of (axnl, aynl): |aycof| is at most half of |j3/j2|
    el = e + 0.5 * abs(J3OJ2) / (am_lo * (1.0 - e * e))
    if not el < _E_LIMIT:
        return
    pl = am_lo * (1.0 - el * el)
    temp1 = 0.5 * J2 / pl
    temp2 = temp1 / pl
    # con41 is at most 2 and x1mth2 at most 1; below one earth radius a state is not usable
    lower = am_lo * (1.0 - el) * (1.0 - 3.0 * temp2) - 0.5 * temp1
    upper = am_hi * (1.0 + el) * (1.0 + 3.0 * temp2) + 0.5 * temp1
    out[_LOWER] = max(lower, 1.0) * RADIUSEARTHKM - _ROUNDING_KM
    out[_UPPER] = upper * RADIUSEARTHKM + _ROUNDING_KM
    out[_SAFE] = 1.0 if (temp2 < _TEMP2_LIMIT) & (lower > 1.000001) else 0.0


@kernel
def near_extents(table: Floats, low: Floats, high: Floats, out: Floats) -> None:
    """Bound near-Earth objects over [low, high] (n,) minutes since epoch."""
    for i in range(len(low)):
        row = table[i]
        f_lo, f_hi = drag_factor_bounds(row, low[i], high[i])
        e_lo, e_hi = eccentricity_bounds(row, low[i], high[i])
        ao = row[rows.SQRT_AO] * row[rows.SQRT_AO]
        e = max(e_hi, 1.0e-6)
        am_lo = ao * f_lo * f_lo if f_lo > 0.0 else 0.0
        _radii(am_lo, ao * f_hi * f_hi, e, out[i])
        usable = (e_lo >= -0.0009) & (out[i, _UPPER] < row[rows.R_LIMIT] * RADIUSEARTHKM)
        out[i, _SAFE] = out[i, _SAFE] if usable else 0.0


@kernel
def deep_extents(
    table: Floats,
    resonance: Floats,
    resonant: bool,  # noqa: FBT001 - compiled functions take no arguments by keyword alone
    low: Floats,
    high: Floats,
    out: Floats,
) -> None:
    """Bound deep-space objects over [low, high] (n,) minutes since epoch."""
    for i in range(len(low)):
        row = table[i]
        f_lo, f_hi = times_interval(-row[rows.CC1], -row[rows.CC1], low[i], high[i])
        f_lo, f_hi = 1.0 + f_lo, 1.0 + f_hi
        rate = row[rows.DEDT] - row[rows.BSTAR_CC4]
        e_lo, e_hi = times_interval(rate, rate, low[i], high[i])
        # The factors f2 and f3 of the periodics are at most a quarter
        pe = 0.25 * (abs(row[rows.SE2]) + abs(row[rows.SE3]) + abs(row[rows.EE2]) + abs(row[rows.E3]))
        e_lo = max(row[rows.ECCO] + e_lo, 1.0e-6) - pe
        e_hi = max(row[rows.ECCO] + e_hi, 1.0e-6) + pe
        a_lo = a_hi = row[rows.SQRT_AO] * row[rows.SQRT_AO]
        if resonant:
            a_lo, a_hi = _resonant_axis(resonance[i], max(abs(low[i]), abs(high[i])))
        a_lo = a_lo * f_lo * f_lo if f_lo > 0.0 else 0.0
        _radii(a_lo, a_hi * f_hi * f_hi, e_hi, out[i])
        usable = (e_lo >= 0.0) & (out[i, _UPPER] < row[rows.R_LIMIT] * RADIUSEARTHKM)
        out[i, _SAFE] = out[i, _SAFE] if usable else 0.0


@inlined
def _resonant_axis(res: Floats, reach: float) -> tuple[float, float]:
    """Bounds of the semi-major axis, from the largest rates that the integrator can meet."""
    rate = 0.0
    for column in range(rows.D2201, rows.DEL3 + 1):
        rate += abs(res[column])
    # xnddt is at most 3 xndt times xldot, and enters with half a step, 360 minutes
    change = rate * (1.0 + 1080.0 * (2.0 * abs(res[rows.RES_NO] + res[rows.XFACT]) + 1e-4)) * (reach + 720.0)
    slow = res[rows.RES_NO] - change
    if slow <= 0.0:
        return 0.0, np.inf
    return (XKE / (res[rows.RES_NO] + change)) ** (2.0 / 3.0), (XKE / slow) ** (2.0 / 3.0)


def extents(model: Model, start_ns: int, stop_ns: int) -> Extents:
    """Bound all objects of a model from start to stop, ns UTC."""
    table = np.tile([np.inf, -1.0, 0.0], (len(model), 1))
    for group in model.groups:
        low, high = ((instant - group.epoch_ns) / NS_PER_MINUTE for instant in (start_ns, stop_ns))
        found = _bounds(group, low, high)
        # A failure between the epoch and the span counts too
        hull = _bounds(group, np.minimum(low, 0.0), np.maximum(high, 0.0)) if group.kind == NEAR else found
        found[:, _SAFE] = hull[:, _SAFE]
        table[group.objects] = found
    return Extents(table[:, _LOWER], table[:, _UPPER], table[:, _SAFE] > 0.0)


def _bounds(group: Group, low: Floats, high: Floats) -> Floats:
    out = np.empty((len(low), 3))
    if group.kind == NEAR:
        near_extents(group.table, low, high, out)
    else:
        deep_extents(group.table, group.nodes.resonance, group.kind == RESONANT, low, high, out)
    return out
