"""Probability of collision in the encounter plane, one row at a time: kernels over many rows.

The relative position is a two-dimensional Gaussian; the probability is its integral over a disk.
One dimension is integrated by the error function, the other by Gauss-Legendre quadrature
(Foster 1992; Alfano, "A numerical implementation of spherical object collision probability", 2005).
All lengths of one row share one unit, any unit.
"""

from __future__ import annotations

import math

import numpy as np

from gpuprop.engines.cpu.compile import kernel


def _half_rule(n: int) -> np.ndarray:
    """Return rows sin, cos, weight of the positive half of Gauss-Chebyshev nodes of the second kind.

    The mass of a chord is its length times an even function of it, so this rule converges
    as fast as the integrand is smooth.
    """
    angle = 0.5 * math.pi - math.pi * np.arange(1, n // 2 + 1) / (n + 1)
    return np.ascontiguousarray([np.sin(angle), np.cos(angle), math.pi / (n + 1) * np.cos(angle)])


_RULE_8, _RULE_16, _RULE_32, _RULE_64 = (_half_rule(n) for n in (8, 16, 32, 64))
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
# Half a squared Mahalanobis distance beyond the nearest point at which the density is nothing: e^-42 = 6e-19
_NEGLIGIBLE = 42.0
# Up to these changes of the exponent over the disk 8, 16, 32 and 64 nodes are good to 1e-11
_SMOOTH, _MILD, _ROUGH, _WILD = 0.3, 3.0, 20.0, 60.0
# Beyond this Mahalanobis distance of the nearest point the density is below the smallest float64
_NOTHING = 38.7
_SQRT_HALF = math.sqrt(0.5)


@kernel
def principal(cxx: float, cxy: float, cyy: float, x: float, y: float) -> tuple[float, float, float, float]:
    """Return the smaller and the larger sigma, and the point's distances along their axes."""
    half = 0.5 * (cxx - cyy)
    root = math.hypot(half, cxy)
    mean = 0.5 * (cxx + cyy)
    large = mean + root
    if large <= 0.0:
        return 0.0, 0.0, abs(x), abs(y)
    # The determinant over the larger one keeps digits that mean - root would lose
    small = max(0.0, (cxx * cyy - cxy * cxy) / large)
    angle = 0.5 * math.atan2(cxy, half)
    c, s = math.cos(angle), math.sin(angle)
    return math.sqrt(small), math.sqrt(large), abs(c * y - s * x), abs(c * x + s * y)


@kernel
def chord_mass(c: float, along: float, sigma: float) -> float:
    """Return the Gaussian mass between along - c and along + c (all in one unit, along >= 0)."""
    scale = _SQRT_HALF / sigma
    near, far = (along - c) * scale, (along + c) * scale
    if near > 0.5:
        return 0.5 * (math.erfc(near) - math.erfc(far))
    return 0.5 * (math.erf(far) - math.erf(near))


@kernel
def _exponent(phi: float, across: float, along: float, small: float, large: float) -> float:
    """Half the squared Mahalanobis distance of the chord at phi of the unit disk; convex in sin(phi)."""
    a = (math.sin(phi) - across) / small
    b = max(0.0, along - math.cos(phi)) / large
    return 0.5 * (a * a + b * b)


@kernel
def _lowest(across: float, along: float, small: float, large: float) -> float:
    """Return the angle at which `_exponent` is smallest, by golden section."""
    if across < 1.0 and along <= math.sqrt(1.0 - across * across):
        return math.asin(across)
    ratio = 0.6180339887498949
    low, high = -0.5 * math.pi, 0.5 * math.pi
    p, q = high - ratio * (high - low), low + ratio * (high - low)
    fp, fq = _exponent(p, across, along, small, large), _exponent(q, across, along, small, large)
    for _ in range(20):
        if fp < fq:
            high, q, fq = q, p, fp
            p = high - ratio * (high - low)
            fp = _exponent(p, across, along, small, large)
        else:
            low, p, fp = p, q, fq
            q = low + ratio * (high - low)
            fq = _exponent(q, across, along, small, large)
    return 0.5 * (low + high)


@kernel
def _edge(
    inner: float, outer: float, bound: float, across: float, along: float, small: float, large: float
) -> float:
    """Return an angle between inner and outer beyond which the exponent exceeds the bound."""
    if _exponent(outer, across, along, small, large) <= bound:
        return outer
    for _ in range(12):
        middle = 0.5 * (inner + outer)
        if _exponent(middle, across, along, small, large) > bound:
            outer = middle
        else:
            inner = middle
    return outer


@kernel
def _whole(rule: np.ndarray, across: float, along: float, small: float, large: float) -> float:
    """Integrate over all chords of the unit disk, those at plus and minus an angle being equally long."""
    scale = _SQRT_HALF / small
    total = 0.0
    for k in range(rule.shape[1]):
        a, b = (rule[0, k] - across) * scale, (rule[0, k] + across) * scale
        total += rule[2, k] * (math.exp(-a * a) + math.exp(-b * b)) * chord_mass(rule[1, k], along, large)
    return total / (small * math.sqrt(2.0 * math.pi))


@kernel
def _piece(low: float, high: float, across: float, along: float, small: float, large: float) -> float:
    """Integrate over the chords between two angles of the unit disk."""
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    scale = _SQRT_HALF / small
    total = 0.0
    for k in range(_NODES.size):
        phi = middle + half * _NODES[k]
        c = math.cos(phi)
        a = (math.sin(phi) - across) * scale
        total += _WEIGHTS[k] * c * math.exp(-a * a) * chord_mass(c, along, large)
    return total * half / (small * math.sqrt(2.0 * math.pi))


@kernel
def _degenerate(across: float, along: float, large: float) -> float:
    """Integrate where the smaller sigma is nothing: the mass of one chord, or of a point."""
    if across >= 1.0:
        return 0.0
    c = math.sqrt(1.0 - across * across)
    if large <= 0.0:
        return 1.0 if along < c else 0.0
    return chord_mass(c, along, large)


@kernel
def disk_probability(x: float, y: float, cxx: float, cxy: float, cyy: float, radius: float) -> float:
    """Return the mass of the Gaussian around (x, y) that lies in the disk around the origin."""
    small, large, across, along = principal(cxx, cxy, cyy, x, y)
    if not radius > 0.0:
        return 0.0 if radius == 0.0 else math.nan
    small, large, across, along = small / radius, large / radius, across / radius, along / radius
    if small < 1e-9 * max(1.0, across):
        return _degenerate(across, along, large)
    # How much the exponent changes over the disk: 2 M rho + 2 rho^2, M the Mahalanobis distance
    rho = 1.0 / small
    distance = math.hypot(across / small, along / large)
    if distance - rho > _NOTHING:
        return 0.0
    change = 2.0 * rho * (distance + rho)
    if change < _SMOOTH:
        return min(1.0, _whole(_RULE_8, across, along, small, large))
    if change < _MILD:
        return min(1.0, _whole(_RULE_16, across, along, small, large))
    if change < _ROUGH:
        return min(1.0, _whole(_RULE_32, across, along, small, large))
    if change < _WILD:
        return min(1.0, _whole(_RULE_64, across, along, small, large))
    peak = _lowest(across, along, small, large)
    bound = _exponent(peak, across, along, small, large) + _NEGLIGIBLE
    low = _edge(peak, -0.5 * math.pi, bound, across, along, small, large)
    high = _edge(peak, 0.5 * math.pi, bound, across, along, small, large)
    total = _piece(low, peak, across, along, small, large)
    total += _piece(peak, high, across, along, small, large)
    return min(1.0, total)


@kernel
def disk_probabilities(plane: np.ndarray, radius: np.ndarray, out: np.ndarray) -> None:
    """Fill out (n,) from plane (n, 5): x, y, cxx, cxy, cyy of each row."""
    for i in range(out.size):
        out[i] = disk_probability(plane[i, 0], plane[i, 1], plane[i, 2], plane[i, 3], plane[i, 4], radius[i])
