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
from gpuprop.engines.cpu.arithmetic import sin, sincos
from gpuprop.engines.cpu.compile import inlined, kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["coplanar_windows"]

# Halves of pieces, minutes, from which on they are looked at closely, and that are not halved again
_CLOSE_MIN, _LEAST_MIN = 6.0, 1.0
# Pieces that wait: one of each length
_DEEPEST = 40
# The equation of the centre in the mean anomaly, to the second term, is good to twice the cube of the
# eccentricity up to this
_SERIES_E = 0.2


@inlined
def _place(orbit: Array, t: float) -> tuple[float, float]:
    """Argument of latitude and e cos f, t minutes from the middle."""
    s, c = sincos(orbit[mo.PHASE] + orbit[mo.RATE] * t)
    # e cos M and e sin M
    x, y = orbit[mo.ALONG] * c + orbit[mo.ACROSS] * s, orbit[mo.ALONG] * s - orbit[mo.ACROSS] * c
    centre = y * (2.0 + 2.5 * x)
    ds, dc = sincos(centre)
    return orbit[mo.PHASE] + orbit[mo.RATE] * t + centre, x * dc - y * ds


@inlined
def _radii(orbit: Array, x: float, part: float) -> tuple[float, float]:
    """Least and largest radius within `part` minutes of when e cos f is x."""
    e = orbit[mo.ECCENTRICITY]
    loose = orbit[mo.OFF_E] + e * (orbit[mo.OFF_PHASE] + 2.0 * e * e * e)
    root = 1.0 - e * e
    climb = part * 1.01 * orbit[mo.RATE] * orbit[mo.L_HI] * e / (root * math.sqrt(root)) + orbit[mo.RADIAL]
    return orbit[mo.L_LO] / (1.0 + x + loose) - climb, orbit[mo.L_HI] / (1.0 + x - loose) + climb


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
    limit: float,
    threshold_km: float,
) -> bool:
    """Whether two objects may meet within `part` minutes of t, by their places on their ellipses."""
    u1, x1 = _place(one, t)
    u2, x2 = _place(two, t)
    low1, high1 = _radii(one, x1, part)
    low2, high2 = _radii(two, x2, part)
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
        limit = mo.angle_seen(one, threshold_km)
        limit += one[mo.OFF] + two[mo.OFF] + one[mo.OFF_PHASE] + two[mo.OFF_PHASE]
        wide = 0.5 * (limit + mo.CENTRE * (e1 + e2))
        close = 0.5 * limit + e1 * e1 * e1 + e2 * e2 * e2
        by_series = max(e1, e2) < _SERIES_E
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
            near = part <= _CLOSE_MIN
            if near and by_series:
                angle = node + node_rate * t
                if not _meet_closely(one, two, t, part, c, s, angle, close + speed * part, threshold_km):
                    continue
            if part > (_LEAST_MIN if by_series else _CLOSE_MIN):
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
