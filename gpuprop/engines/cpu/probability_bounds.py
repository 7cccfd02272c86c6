"""The largest probability of collision that uncertain uncertainties allow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gpuprop.engines.cpu.compile import kernel
from gpuprop.engines.cpu.probability import disk_probability

if TYPE_CHECKING:
    import numpy as np


@kernel
def _scaled(plane: np.ndarray, scaled: np.ndarray, radius: float, log_factor: float) -> float:
    """Probability when the sigmas of one part of the covariance are multiplied by a factor."""
    k = math.exp(2.0 * log_factor)
    cxx = plane[2] - scaled[0] + k * scaled[0]
    cxy = plane[3] - scaled[1] + k * scaled[1]
    cyy = plane[4] - scaled[2] + k * scaled[2]
    return disk_probability(plane[0], plane[1], cxx, cxy, cyy, radius)


@kernel
def largest_over_scale(plane: np.ndarray, scaled: np.ndarray, radius: float) -> tuple[float, float]:
    """Return the largest probability over one factor on the sigmas of the scaled part, and that factor.

    Factors from 1e-4 to 1e4 are searched: a coarse grid, then a golden section around its best node.
    """
    coarse = 0.5
    best, at = -1.0, 0.0
    for j in range(-18, 19):
        p = _scaled(plane, scaled, radius, coarse * j)
        # Where the probability is flat, the factor nearest to one is the answer
        if p > best * (1.0 + 1e-12) or (p >= best * (1.0 - 1e-12) and abs(coarse * j) < abs(at)):
            best, at = max(p, best), coarse * j
    ratio = 0.6180339887498949
    low, high = at - coarse, at + coarse
    p, q = high - ratio * (high - low), low + ratio * (high - low)
    fp, fq = _scaled(plane, scaled, radius, p), _scaled(plane, scaled, radius, q)
    for _ in range(20):
        if fp > fq:
            high, q, fq = q, p, fp
            p = high - ratio * (high - low)
            fp = _scaled(plane, scaled, radius, p)
        else:
            low, p, fp = p, q, fq
            q = low + ratio * (high - low)
            fq = _scaled(plane, scaled, radius, q)
    if fp > best or fq > best:
        return (fp, math.exp(p)) if fp > fq else (fq, math.exp(q))
    return best, math.exp(at)


@kernel
def largest_probabilities(
    plane: np.ndarray, scaled: np.ndarray, radius: np.ndarray, out: np.ndarray, factor: np.ndarray
) -> None:
    """Fill out (n,) and factor (n,) by `largest_over_scale`; scaled is (n, 3): cxx, cxy, cyy."""
    for i in range(out.size):
        if math.isnan(plane[i, 0] + scaled[i, 0]):
            out[i] = factor[i] = math.nan
        else:
            out[i], factor[i] = largest_over_scale(plane[i], scaled[i], radius[i])


@kernel
def bound_one_unknown(plane: np.ndarray, radius: np.ndarray, out: np.ndarray) -> None:
    """Fill out (n,) with the largest probability over every covariance of the object that has none.

    Frisbee, "An upper bound on high speed satellite collision probability when only one object has
    position uncertainty information" (2015): uncertainty along the line of sight raises the probability
    of a small disk most, up to where the Mahalanobis distance is one.
    """
    for i in range(out.size):
        x, y, cxx, cxy, cyy = plane[i, 0], plane[i, 1], plane[i, 2], plane[i, 3], plane[i, 4]
        miss2, determinant = x * x + y * y, cxx * cyy - cxy * cxy
        if not determinant > 0.0 or not miss2 > 0.0:
            out[i] = disk_probability(x, y, cxx, cxy, cyy, radius[i])
            continue
        distance2 = (cyy * x * x - 2.0 * cxy * x * y + cxx * y * y) / determinant
        if distance2 > 1.0:
            added = (distance2 - 1.0) / distance2
            cxx, cxy, cyy = cxx + added * x * x, cxy + added * x * y, cyy + added * y * y
        out[i] = disk_probability(x, y, cxx, cxy, cyy, radius[i])
