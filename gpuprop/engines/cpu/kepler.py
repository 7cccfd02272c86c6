"""Kepler's equation in SGP4's form: eo1 - axnl sin(eo1) + aynl cos(eo1) = u.

Works with eo1 - u, so that nothing cancels: with ``esine = axnl sin(eo1) - aynl cos(eo1)``
the equation reads eo1 - u = esine. (Report No. 3, section 6; AIAA 2006-6753, eq. for eo1.)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gpuprop.engines.cpu.arithmetic import rotate, sincos, small_sincos
from gpuprop.engines.cpu.compile import fma, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.rows import ACTIVE, AXNL, AYNL, COSEO1, EO1_U, SINEO1, U
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats

# A first step below this leaves an error below 1e-16 at the eccentricities that get there
_FIRST_TOLERANCE = 5.0e-6
# Largest angle that `small_sincos` is good for
_SMALL_ANGLE = 0.12
_TOLERANCE = 1.0e-6
_MAX_PASSES = 30


@leaf
def kepler_first(buf: Floats) -> None:
    """Solve every lane to third order in eccentricity, then by one Halley step.

    Marks the lanes active where that is not enough.
    """
    prefer_wide_vectors()
    for j in range(L):
        axnl = buf[AXNL * L + j]
        aynl = buf[AYNL * L + j]
        s, c = sincos(buf[U * L + j])
        esine = fma(axnl, s, -(aynl * c))
        ecose = fma(axnl, c, aynl * s)
        guess = esine * fma(ecose, 1.0 + ecose, fma(-0.5 * esine, esine, 1.0))
        guess = min(max(guess, -1.0), 1.0)
        ds, dc = small_sincos(guess)
        s, c = rotate(s, c, ds, dc)
        esine = fma(axnl, s, -(aynl * c))
        slope = 1.0 - fma(axnl, c, aynl * s)
        f = guess - esine
        step = -(f * slope) / fma(slope, slope, -0.5 * f * esine)
        # The step is so small that these are its sine and cosine
        s, c = rotate(s, c, step, fma(-0.5 * step, step, 1.0))
        el2 = fma(axnl, axnl, aynl * aynl)
        rough = (abs(step) >= _FIRST_TOLERANCE) | (abs(guess) >= _SMALL_ANGLE)
        buf[EO1_U * L + j] = guess + step
        buf[SINEO1 * L + j] = s
        buf[COSEO1 * L + j] = c
        buf[ACTIVE * L + j] = 1.0 if rough & (el2 < 1.0) else 0.0


@leaf
def _kepler_pass(buf: Floats) -> None:
    """Improve every active lane by one step of Laguerre's method (Conway 1986, n = 5).

    It converges from any start for every eccentricity below one.
    """
    prefer_wide_vectors()
    for j in range(L):
        axnl = buf[AXNL * L + j]
        aynl = buf[AYNL * L + j]
        delta = buf[EO1_U * L + j]
        active = buf[ACTIVE * L + j] != 0.0
        s, c = sincos(buf[U * L + j] + delta)
        esine = fma(axnl, s, -(aynl * c))
        slope = 1.0 - fma(axnl, c, aynl * s)
        f = delta - esine
        root = math.sqrt(abs(fma(16.0 * slope, slope, -20.0 * f * esine)))
        step = -5.0 * f / (slope + root)
        ds, dc = small_sincos(step)
        s, c = rotate(s, c, ds, dc)
        buf[EO1_U * L + j] = delta + step if active else delta
        buf[SINEO1 * L + j] = s if active else buf[SINEO1 * L + j]
        buf[COSEO1 * L + j] = c if active else buf[COSEO1 * L + j]
        buf[ACTIVE * L + j] = 1.0 if active & (abs(step) >= _TOLERANCE) else 0.0


@leaf
def kepler_finish(buf: Floats) -> None:
    """Repeat passes while any lane needs one; a lane that is done no longer changes."""
    for _ in range(_MAX_PASSES):
        active = 0
        for j in range(L):
            active += 1 if buf[ACTIVE * L + j] != 0.0 else 0
        if active == 0:
            return
        _kepler_pass(buf)
