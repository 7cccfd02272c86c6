"""Two other methods for the probability of collision in the encounter plane, as cross-checks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gpuprop.engines.cpu.compile import kernel
from gpuprop.engines.cpu.probability import chord_mass, principal

if TYPE_CHECKING:
    import numpy as np


@kernel
def _chan(x: float, y: float, cxx: float, cxy: float, cyy: float, radius: float) -> float:
    """Chan's series of equivalent areas (1997), as a sum of positive terms.

    P = sum over k >= 1 of Poisson(k; u/2) * sum over m < k of Poisson(m; v/2)
    """
    small, large, across, along = principal(cxx, cxy, cyy, x, y)
    if not small > 0.0:
        return math.nan
    u = 0.5 * radius * radius / (small * large)
    v = 0.5 * ((across / small) ** 2 + (along / large) ** 2)
    if u > 700.0:
        return math.nan
    outer, inner = math.exp(-u), math.exp(-v)
    cumulative = total = 0.0
    for k in range(1, 5000):
        cumulative += inner
        inner *= v / k
        outer *= u / k
        total += outer * cumulative
        if k > u and outer < 1e-17 * total:
            break
    return total


@kernel
def _alfano(x: float, y: float, cxx: float, cxy: float, cyy: float, radius: float) -> float:
    """Alfano's integral (2005) by Simpson's rule over the chords along the smaller axis."""
    small, large, across, along = principal(cxx, cxy, cyy, x, y)
    if not small > 0.0:
        return math.nan
    # Steps of a twentieth of what the integrand can vary over
    steps = 2 * min(
        20000, max(50, int(20.0 * radius * (1.0 + math.hypot(across / small, along / large)) / small))
    )
    total = 0.0
    for k in range(1, steps):
        phi = math.pi * (k / steps - 0.5)
        c = radius * math.cos(phi)
        a = (radius * math.sin(phi) - across) / small
        total += (4.0 if k % 2 else 2.0) * c * math.exp(-0.5 * a * a) * chord_mass(c, along, large)
    return total * math.pi / (3.0 * steps) / (small * math.sqrt(2.0 * math.pi))


@kernel
def cross_check(plane: np.ndarray, radius: np.ndarray, chan: np.bool_, out: np.ndarray) -> None:
    """Fill out (n,) like `disk_probabilities`, by the method of Chan or of Alfano."""
    for i in range(out.size):
        x, y, cxx, cxy, cyy = plane[i, 0], plane[i, 1], plane[i, 2], plane[i, 3], plane[i, 4]
        if chan:
            out[i] = _chan(x, y, cxx, cxy, cyy, radius[i])
        else:
            out[i] = _alfano(x, y, cxx, cxy, cyy, radius[i])
