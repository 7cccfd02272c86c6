"""When two objects in almost the same plane can be near each other, from their mean orbits.

Let two points go round two planes with arguments of latitude u1 and u2; q1 and q2 are the rotations
Rz(node) Rx(inclination) Rz(u). The angle d between the points obeys sin(d/2) >= |z|, where z is the z
component of the relative rotation,

    z = cos(i1/2) cos(i2/2) sin((du + dnode)/2) + sin(i1/2) sin(i2/2) sin((du - dnode)/2).

(With x and y the distances from the mutual node and I the angle between the planes, cos d = cos x cos y +
sin x sin y cos I. For a given x - y it is largest where x + y = 0, which gives sin^2(d/2) >=
sin^2((x - y)/2) cos^2(I/2) = z^2.)
z changes as slowly as du and dnode do: for neighbours in radius one value, at the middle of the span, tells
of most pairs that they stay apart. Others are looked at in pieces of a few minutes, by their places on their
ellipses, and what is left of these in halves. That is done for all pieces of one length side by side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu import mean_orbits as mo
from gpuprop.engines.cpu.arithmetic import atan2, sincos
from gpuprop.engines.cpu.compile import fma, inlined, kernel, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.emit import WIDTH as EIGHT
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["coplanar_windows"]

# Halves of pieces, minutes, at first at most and that are not halved again; pieces that one can become
_FIRST_MIN, _LEAST_MIN, _PARTS = 5.7, 1.0, 8
# Passes for Kepler's equation, which with these leave less than 5e-5 rad up to an eccentricity of 0.1, less
# than 1e-7 beyond; what they leave is counted as unknown
_PASSES_PER_E, _MOST_PASSES = 10.0, 2
# Rows of the work buffer: minutes from the middle; eccentric minus mean anomaly; cosine and sine of the
# argument of latitude and how far that may be off; least and largest radius during the piece
(_T, _DELTA, _COS, _SIN, _OFF, _LOW, _HIGH) = range(7)
_N_ROWS = 7


@inlined
def _swiftness(orbit: Array) -> float:
    """How many times as fast as the mean anomaly the true one goes, at most."""
    e = orbit[mo.ECCENTRICITY]
    root = 1.0 - e * e
    return (1.0 + e) * (1.0 + e) / (root * math.sqrt(root))


@leaf
def _guess(orbit: Array, buf: Array, n: int) -> None:
    """Solve Kepler's equation to the third order in the eccentricity."""
    prefer_wide_vectors()
    h, k, phase, rate = orbit[mo.ALONG], orbit[mo.ACROSS], orbit[mo.PHASE], orbit[mo.RATE]
    most = orbit[mo.ECCENTRICITY]
    for j in range(n):
        s, c = sincos(fma(rate, buf[_T * L + j], phase))
        # e cos M and e sin M
        x, y = h * c + k * s, h * s - k * c
        buf[_DELTA * L + j] = min(max(y * (1.0 + x + x * x - 0.5 * y * y), -most), most)


@leaf
def _improve(orbit: Array, buf: Array, n: int) -> None:
    """Improve the solutions by one step of Laguerre's method, as in `kepler`."""
    prefer_wide_vectors()
    h, k, phase, rate = orbit[mo.ALONG], orbit[mo.ACROSS], orbit[mo.PHASE], orbit[mo.RATE]
    for j in range(n):
        delta = buf[_DELTA * L + j]
        s, c = sincos(fma(rate, buf[_T * L + j], phase) + delta)
        x, y = h * c + k * s, h * s - k * c
        slope, f = 1.0 - x, delta - y
        root = math.sqrt(abs(16.0 * slope * slope - 20.0 * f * y))
        buf[_DELTA * L + j] = delta - 5.0 * f / (slope + root)


@leaf
def _place(orbit: Array, buf: Array, n: int, part: float) -> None:
    """Set where an object is, and its least and largest radius within `part` minutes of that.

    The argument of latitude may be off by what the mean anomaly is, times df/dM = (1 + e cos f)^2 /
    (1 - e^2)^1.5. That is off by what is left of Kepler's equation and by how much the phase may be off at a
    given direction (see `mean_orbits.phase_of_perigee`).
    """
    prefer_wide_vectors()
    h, k, phase, rate = orbit[mo.ALONG], orbit[mo.ACROSS], orbit[mo.PHASE], orbit[mo.RATE]
    e, root, wave, off_e = orbit[mo.ECCENTRICITY], orbit[mo.ROOT], orbit[mo.WAVE], orbit[mo.OFF_E]
    l_lo, l_hi, of_y = orbit[mo.L_LO], orbit[mo.L_HI], 1.0 / (1.0 + root)
    swift, nearest = _swiftness(orbit), (1.0 + e) * (1.0 + e)
    off_phase = swift * (orbit[mo.OFF_PHASE] + mo.phase_of_perigee(orbit) / nearest)
    # dr/df is l e sin f / (1 + e cos f)^2, and 2 sin(2u) times the wave
    climb = 1.01 * part * rate * swift * (l_hi * e / nearest + 2.0 * wave) + orbit[mo.RADIAL]
    for j in range(n):
        delta = buf[_DELTA * L + j]
        s, c = sincos(fma(rate, buf[_T * L + j], phase) + delta)
        # e cos E, e sin E and a / r
        x, y = h * c + k * s, h * s - k * c
        inverse = 1.0 / (1.0 - x)
        cosine, sine = (c - h + k * of_y * y) * inverse, (s - k - h * of_y * y) * inverse
        off = off_phase + swift * abs(delta - y)
        # 1 + e cos f, and by how much it may be off
        bulge, loose = root * root * inverse, off_e + e * off
        lift, rise = wave * (2.0 * cosine * cosine - 1.0), climb + 2.0 * wave * off
        buf[_COS * L + j], buf[_SIN * L + j], buf[_OFF * L + j] = cosine, sine, off
        buf[_LOW * L + j] = l_lo / (bulge + loose) + lift - rise
        buf[_HIGH * L + j] = l_hi / max(bulge - loose, 1.0 - e) + lift + rise


@inlined
def _go(orbit: Array, minutes: Array, first: int, n: int, part: float, buf: Array) -> None:
    """Set where an object is at n instants."""
    for j in range(n):
        buf[_T * L + j] = minutes[first + j]
    _guess(orbit, buf, n)
    for _ in range(min(int(_PASSES_PER_E * orbit[mo.ECCENTRICITY]), _MOST_PASSES)):
        _improve(orbit, buf, n)
    _place(orbit, buf, n, part)


@inlined
def _planes(one: Array, two: Array) -> tuple[float, float, float]:
    """Return half the angle between the nodes, and what z takes from the inclinations.

    z is p sin(du/2) cos(dnode/2) + q cos(du/2) sin(dnode/2); these are dnode/2, p and q.
    """
    c = 0.5 * math.sqrt(max((1.0 + one[mo.NZ]) * (1.0 + two[mo.NZ]), 0.0))
    s = 0.5 * math.sqrt(max((1.0 - one[mo.NZ]) * (1.0 - two[mo.NZ]), 0.0))
    sine = two[mo.SIN_NODE] * one[mo.COS_NODE] - two[mo.COS_NODE] * one[mo.SIN_NODE]
    cosine = two[mo.COS_NODE] * one[mo.COS_NODE] + two[mo.SIN_NODE] * one[mo.SIN_NODE]
    return 0.5 * atan2(sine, cosine), c + s, c - s


@inlined
def _stay_apart(one: Array, two: Array, half: float, limit: float) -> bool:
    """Whether two objects keep an angle during all of the span, by z in the middle and its rate.

    The equation of the centre is part of what is not known of u.
    """
    node, p, q = _planes(one, two)
    node_s, node_c = sincos(node)
    s, c = sincos(0.5 * (two[mo.PHASE] - one[mo.PHASE]))
    centres = mo.CENTRE * (one[mo.ECCENTRICITY] + two[mo.ECCENTRICITY])
    unknown = mo.phase_anywhere(one) + mo.phase_anywhere(two) + centres
    rate = abs(two[mo.RATE] - one[mo.RATE]) + abs(two[mo.NODE_RATE] - one[mo.NODE_RATE])
    return abs(p * s * node_c + q * c * node_s) > 0.5 * (limit + unknown + rate * half)


@leaf
def _compare(
    one: Array, two: Array, first: Array, second: Array, n: int, part: float, limit: float,
    threshold_km: float, near: Array,
) -> None:  # fmt: skip
    """Mark the pieces in which two objects may meet, by z and the radii."""
    prefer_wide_vectors()
    node, p, q = _planes(one, two)
    node_rate = two[mo.NODE_RATE] - one[mo.NODE_RATE]
    # By how much the true anomalies are faster or slower than the mean ones
    hurry = 1.01 * (one[mo.RATE] * (_swiftness(one) - 1.0) + two[mo.RATE] * (_swiftness(two) - 1.0))
    moves = part * (abs(two[mo.RATE] - one[mo.RATE]) + abs(node_rate) + hurry)
    for j in range(n):
        c1, s1, c2, s2 = first[_COS * L + j], first[_SIN * L + j], second[_COS * L + j], second[_SIN * L + j]
        s, c = s2 * c1 - c2 * s1, c2 * c1 + s2 * s1
        node_s, node_c = sincos(fma(0.5 * node_rate, first[_T * L + j], node))
        a, b = p * node_c, q * node_s
        # The square of 2 z, from the whole angle du
        square = 2.0 * (a * a * (1.0 - c) + b * b * (1.0 + c)) + 4.0 * a * b * s
        angle = limit + moves + first[_OFF * L + j] + second[_OFF * L + j]
        near[j] = np.uint8(
            (square <= angle * angle)
            & (first[_LOW * L + j] <= second[_HIGH * L + j] + threshold_km)
            & (second[_LOW * L + j] <= first[_HIGH * L + j] + threshold_km)
        )


@leaf
def _keep_near(
    one: Array, two: Array, minutes: Array, n: int, part: float, limit: float, threshold_km: float,
    first: Array, second: Array, near: Array,
) -> int:  # fmt: skip
    """Move up those of n pieces in which two objects may meet; return how many these are."""
    n_kept = 0
    for begin in range(0, n, L):
        some = min(n - begin, L)
        lanes = (some + EIGHT - 1) & -EIGHT
        _go(one, minutes, begin, lanes, part, first)
        _go(two, minutes, begin, lanes, part, second)
        _compare(one, two, first, second, lanes, part, limit, threshold_km, near)
        for j in range(some):
            minutes[n_kept] = minutes[begin + j]
            n_kept += near[j]
    return n_kept


@inlined
def _halve(minutes: Array, n: int, part: float) -> None:
    """Put two pieces in the place of each of n, in their order."""
    for k in range(n - 1, -1, -1):
        t = minutes[k]
        minutes[2 * k], minutes[2 * k + 1] = t - 0.5 * part, t + 0.5 * part


@kernel
def pair_windows(
    pairs: Array, orbits: Array, half: float, threshold_km: float, which: Array, window: Array
) -> int:
    """Write the parts of the span in which pairs may meet; return how many there are."""
    n_first = int(half / _FIRST_MIN) + 1
    minutes = np.zeros(n_first * _PARTS + EIGHT)
    first, second, near = np.zeros(_N_ROWS * L), np.zeros(_N_ROWS * L), np.zeros(L, np.uint8)
    n_found = 0
    for m in range(pairs.shape[0]):
        one, two = orbits[pairs[m, 0]], orbits[pairs[m, 1]]
        limit = mo.angle_seen(one, threshold_km) + one[mo.OFF] + two[mo.OFF]
        if _stay_apart(one, two, half, limit):
            continue
        n, part = n_first, half / n_first
        for k in range(n):
            minutes[k] = part * (2 * k + 1) - half
        while True:
            n = _keep_near(one, two, minutes, n, part, limit, threshold_km, first, second, near)
            if n == 0 or part <= _LEAST_MIN:
                break
            _halve(minutes, n, part)
            n, part = 2 * n, 0.5 * part
        for k in range(n):
            if n_found < which.size:
                which[n_found] = m
                window[n_found, 0], window[n_found, 1] = minutes[k] - part, minutes[k] + part
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
