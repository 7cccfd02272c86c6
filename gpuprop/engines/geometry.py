"""The numbers that the sieve of every engine works with, from the step and the threshold."""

from __future__ import annotations

import math
from typing import NamedTuple

from gpuprop.engines.cpu.constants import MU, RADIUSEARTHKM

MAX_SPEED_KM_S = 11.5
"""Above escape speed at the surface (11.18 km/s), so that no element set's object is faster."""

SMALLEST_EDGE = 0.04
LOWEST_CIRCULAR_KM = 6478.0


class SieveGeometry(NamedTuple):
    """Bounds of the arc sieve for one step length.

    Attributes
    ----------
    threshold_km, step_s : float
        What is asked for.
    eighth : float
        dt^2 / 8, s^2: what an acceleration has to be multiplied by to give the largest bulge.
    gradient : float
        dt^2 / 8 * 2 mu / f^3, km^3: divided by the cube of the lower radius it bounds what
        gravity's gradient adds to the bulge for each km of distance.
    half_limit : float
        Half arc (chord on the unit sphere) above which the CUDA engine handles an object apart.
    spread : float
        Angle under which the threshold is seen from the centre of the Earth, rounded up.
    inverse_edge, side : float, int
        Cells of the CUDA engine for the direction: one over their edge, and how many along each axis.
    reach_km : float
        Distance within which two objects can meet during the step, however they move.
    """

    threshold_km: float
    step_s: float
    eighth: float
    gradient: float
    half_limit: float
    spread: float
    inverse_edge: float
    side: int
    reach_km: float

    @classmethod
    def of(cls, threshold_km: float, step_s: float) -> SieveGeometry:
        """Work the bounds out for a threshold (km) and a step (s).

        Examples
        --------
        >>> round(SieveGeometry.of(5.0, 120.0).eighth)
        1800
        """
        eighth = step_s * step_s / 8.0
        reach = threshold_km + 2.0 * MAX_SPEED_KM_S * step_s
        # The segment between two objects `reach` apart dips below the lower one by at most this factor.
        dip = math.sqrt(1.0 - min(0.9, (0.5 * reach / RADIUSEARTHKM) ** 2))
        half_limit = 0.51 * step_s * math.sqrt(MU / LOWEST_CIRCULAR_KM**3)
        spread = threshold_km / RADIUSEARTHKM + 1e-5
        edge = max(1.001 * (2.0 * half_limit + spread), SMALLEST_EDGE)
        # 5 % cover what the bulges themselves add to the distance that gravity's gradient acts on.
        gradient = 1.05 * eighth * 2.0 * MU / dip**3
        side = int(2.0 / edge) + 4
        return cls(threshold_km, step_s, eighth, gradient, half_limit, spread, 1.0 / edge, side, reach)
