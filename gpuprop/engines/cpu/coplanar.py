"""When two near-Earth objects in almost the same plane can be near each other, from their mean orbits.

Let two points go round two planes with arguments of latitude u1 and u2; q1 and q2 are the rotations
Rz(node) Rx(inclination) Rz(u). The angle d between the points obeys sin(d/2) >= |z|, where z is the z
component of the relative rotation,

    z = cos(i1/2) cos(i2/2) sin((du + dnode)/2) + sin(i1/2) sin(i2/2) sin((du - dnode)/2).

(With x and y the distances from the mutual node and I the angle between the planes, cos d = cos x cos y +
sin x sin y cos I. For a given x - y it is largest where x + y = 0, which gives sin^2(d/2) >=
sin^2((x - y)/2) cos^2(I/2) = z^2.)
z changes as slowly as du and dnode do: for neighbours in radius one value serves for hours. What is left is
looked at again in pieces of a few minutes, with the equation of the centre and the radii.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu import mean_orbits as mo
from gpuprop.engines.cpu.arithmetic import atan2, cos, sin, sincos
from gpuprop.engines.cpu.compile import inlined, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["coplanar_windows"]

# Halves of pieces, minutes, from which on they are looked at closely, and that are not halved again
_CLOSE_MIN, _LEAST_MIN = 6.0, 1.0
# Pieces that wait: one of each length
_DEEPEST = 40
# Up to this eccentricity the equation of the centre to the second term will do, which is good to twice the
# cube of the eccentricity
_SERIES_E = 0.2
# Passes for Kepler's equation, and the step that is the last one
_MAX_PASSES, _TOLERANCE = 30, 1e-6


@inlined
def _place(orbit: Array, t: float) -> tuple[float, float, float]:
    """Argument of latitude, its cosine and e cos f, t minutes from the middle."""
    h, k, phase = orbit[mo.ALONG], orbit[mo.ACROSS], orbit[mo.PHASE] + orbit[mo.RATE] * t
    s, c = sincos(phase)
    # e cos M and e sin M
    x, y = h * c + k * s, h * s - k * c
    if orbit[mo.ECCENTRICITY] < _SERIES_E:
        centre = y * (2.0 + 2.5 * x)
        ds, dc = sincos(centre)
        return phase + centre, c * dc - s * ds, x * dc - y * ds
    delta = y
    for _ in range(_MAX_PASSES):  # Laguerre's method, as in `kepler`
        s, c = sincos(phase + delta)
        x, y = h * c + k * s, h * s - k * c
        slope, f = 1.0 - x, delta - y
        step = 5.0 * f / (slope + math.sqrt(abs(16.0 * slope * slope - 20.0 * f * y)))
        delta -= step
        if abs(step) < _TOLERANCE:
            break
    root = orbit[mo.ROOT]
    part = 1.0 / (1.0 + root)
    u = phase + delta + 2.0 * atan2(part * y, 1.0 - part * x)
    return u, cos(u), root * root / (1.0 - x) - 1.0


@inlined
def _off(orbit: Array) -> float:
    """By how much the argument of latitude at a given time may be off.

    That is how much the phase may be off at a given direction (see `mean_orbits.phase_of_perigee`), by df/dM,
    which is (1 + e cos f)^2 / (1 - e^2)^1.5; and the rest of the series.
    """
    e = orbit[mo.ECCENTRICITY]
    root = 1.0 - e * e
    rest = 2.0 * e * e * e if e < _SERIES_E else 1e-5
    return (orbit[mo.OFF_PHASE] * (1.0 + e) * (1.0 + e) + mo.phase_of_perigee(orbit)) / (
        root * math.sqrt(root)
    ) + rest


@inlined
def _radii(orbit: Array, cosine: float, x: float, off: float, part: float) -> tuple[float, float]:
    """Least and largest radius within `part` minutes of when cos u and e cos f are such."""
    e, wave = orbit[mo.ECCENTRICITY], orbit[mo.WAVE]
    root = 1.0 - e * e
    fast = part * 1.01 * orbit[mo.RATE] / (root * math.sqrt(root))
    # The true anomaly goes by (1 + e cos f)^2 times that
    climb = (
        fast * (orbit[mo.L_HI] * e + 2.0 * wave * (1.0 + e) * (1.0 + e)) + 2.0 * off * wave + orbit[mo.RADIAL]
    )
    least, most = max(1.0 + x - orbit[mo.OFF_E] - e * off, 1.0 - e), 1.0 + x + orbit[mo.OFF_E] + e * off
    lift = wave * (2.0 * cosine * cosine - 1.0)
    return orbit[mo.L_LO] / most + lift - climb, orbit[mo.L_HI] / least + lift + climb


@inlined
def _hurry(orbit: Array) -> float:
    """By how much the true anomaly is faster or slower than the mean one, at most."""
    e = orbit[mo.ECCENTRICITY]
    return orbit[mo.RATE] * 1.01 * (math.sqrt((1.0 + e) / (1.0 - e)) / (1.0 - e) - 1.0)


@inlined
def _meet_closely(
    one: Array,
    two: Array,
    t: float,
    part: float,
    c: float,
    s: float,
    node: float,
    off1: float,
    off2: float,
    lowest: float,
    highest: float,
    limit: float,
    threshold_km: float,
) -> bool:
    """Whether two objects may meet within `part` minutes of t, by their places on their ellipses.

    The second one is always between `lowest` and `highest`.
    """
    u1, c1, x1 = _place(one, t)
    low1, high1 = _radii(one, c1, x1, off1, part)
    if low1 > highest + threshold_km or high1 < lowest - threshold_km:
        return False
    u2, c2, x2 = _place(two, t)
    low2, high2 = _radii(two, c2, x2, off2, part)
    du, dn = 0.5 * (u2 - u1), 0.5 * node
    z = abs(c * sin(du + dn) + s * sin(du - dn))
    moves = 0.5 * part * (_hurry(one) + _hurry(two))
    return (z <= limit + moves) & (low1 <= high2 + threshold_km) & (low2 <= high1 + threshold_km)


@kernel
def pair_windows(
    pairs: Array, orbits: Array, half: float, threshold_km: float, which: Array, window: Array
) -> int:
    """Write the parts of the span in which pairs may meet; return how many there are."""
    middle, size = np.empty(_DEEPEST), np.empty(_DEEPEST)
    n_found = 0
    for m in range(pairs.shape[0]):
        one, two = orbits[pairs[m, 0]], orbits[pairs[m, 1]]
        e1, e2 = one[mo.ECCENTRICITY], two[mo.ECCENTRICITY]
        limit = mo.angle_seen(one, threshold_km) + one[mo.OFF] + two[mo.OFF]
        wide = 0.5 * (limit + mo.phase_anywhere(one) + mo.phase_anywhere(two) + mo.CENTRE * (e1 + e2))
        off1, off2 = _off(one), _off(two)
        close = 0.5 * (limit + off1 + off2)
        low, high = mo.least_radius(two), mo.largest_radius(two)
        c = 0.5 * math.sqrt(max((1.0 + one[mo.NZ]) * (1.0 + two[mo.NZ]), 0.0))
        s = 0.5 * math.sqrt(max((1.0 - one[mo.NZ]) * (1.0 - two[mo.NZ]), 0.0))
        u, rate = two[mo.PHASE] - one[mo.PHASE], two[mo.RATE] - one[mo.RATE]
        node = math.atan2(two[mo.SIN_NODE], two[mo.COS_NODE]) - math.atan2(one[mo.SIN_NODE], one[mo.COS_NODE])
        node_rate = two[mo.NODE_RATE] - one[mo.NODE_RATE]
        speed = 0.5 * (abs(rate) + abs(node_rate))
        middle[0], size[0], n_left = 0.0, half, 1
        while n_left:
            n_left -= 1
            t, part = middle[n_left], size[n_left]
            du, dn = 0.5 * (u + rate * t), 0.5 * (node + node_rate * t)
            if abs(c * sin(du + dn) + s * sin(du - dn)) > wide + speed * part:
                continue
            if part <= _CLOSE_MIN:
                angle, most = node + node_rate * t, close + speed * part
                if not _meet_closely(
                    one, two, t, part, c, s, angle, off1, off2, low, high, most, threshold_km
                ):
                    continue
            if part > _LEAST_MIN:
                middle[n_left], size[n_left] = t + 0.5 * part, 0.5 * part
                middle[n_left + 1], size[n_left + 1] = t - 0.5 * part, 0.5 * part
                n_left += 2
                continue
            if n_found < which.size:
                which[n_found], window[n_found, 0], window[n_found, 1] = m, t - part, t + part
            n_found += 1
    return n_found


def coplanar_windows(
    pairs: Array, orbits: Array, half_minutes: float, threshold_km: float
) -> tuple[Array, Array]:
    """Tell when pairs may come within the threshold.

    Parameters
    ----------
    pairs : ndarray of int64, shape (m, 2)
        Rows of `orbits`.
    orbits : ndarray, shape (n, `N_ORBIT_ROWS`)
        From `mean_orbits`.
    half_minutes : float
        Half of the span for which the orbits hold.
    threshold_km : float
        Distance.

    Returns
    -------
    pair : ndarray of int64, shape (k, 2)
        Each pair as often as it may meet.
    window : ndarray of float64, shape (k, 2)
        From when to when, minutes from the middle of the span.
    """
    room = 1024 + 16 * len(pairs)
    while True:
        which, window = np.empty(room, np.int64), np.empty((room, 2))
        n = pair_windows(pairs, orbits, half_minutes, threshold_km, which, window)
        if n <= room:
            return pairs[which[:n]], window[:n]
        room = n
