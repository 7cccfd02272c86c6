"""When two near-Earth objects can be near each other, from their mean orbits alone.

Where the planes of two orbits are inclined to each other, objects within the threshold are both near the
same end of the line in which the planes meet. Two filters follow, of the kind that Hoots, Crawford and
Roehrich published (Celestial Mechanics 33, 1984, 143-158), but with every neglected term bounded:

*Radii.* At one end of the line at least, the radii have to overlap, by r = l / (1 + e cos f).

*Times.* Let kappa be the angle under which the threshold is seen from the centre of the Earth plus what
both directions may be off. An object within kappa of the other plane is within w = asin(kappa / sin I) of
the line; its mean argument of latitude differs from that of the line by at most dM/df w, with dM/df =
(1-e^2)^1.5 / (1 + e cos f)^2. Both have to be there at once.

During the span the nodes move, by theta relative to each other. That turns the line in plane 1 by u' theta,
with u' = cos I (N1 x K)_z / sin I + cos i1 (K the direction of the line, N the normals), |u'| <= 1 / sin I
and |u''| <= 2 / sin^2 I. Pairs of which the planes are too near each other for this come out as coplanar.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.engines.cpu import mean_orbits as mo
from gpuprop.engines.cpu.arithmetic import atan2, round_
from gpuprop.engines.cpu.compile import fma, inlined, kernel, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.constants import TWOPI
from gpuprop.engines.cpu.emit import WIDTH as EIGHT
from gpuprop.engines.cpu.emit import gather_eight
from gpuprop.engines.cpu.lanes import WIDTH, append_marked
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["Crossings", "Meetings", "places_of_marks"]

# Windows and coplanar pairs for which there is room at first: of a hundred primaries in a large catalog
_ROOM = 1 << 16
# Objects that are passed over together where none of them has the radius
BLOCK = 256
# What `_filter` says of a pair: may meet at this end of the line, at the other one, anywhere
_HERE, _THERE, _COPLANAR = 1, 2, 4
# Below this sine of the inclination, and this many times what the directions and the nodes leave open of it,
# a pair is coplanar
_LEAST_SINE, _TIMES_OFF, _TIMES_TURN = 0.01, 4.0, 1.5
# What float32 leaves open of the line's direction at that sine, rad
_LOOSE = 3e-5
# asin(x) / x up to a quarter
_ASIN = 1.011
_TURN = 0.5 / math.pi
# Rows of the work buffer after those of the orbits: at this end of the line and at the other one, then both
(_T1, _T1_THERE, _PART, _PART_THERE, _TURNS, _TURNS_THERE) = range(mo.N_TIMING_ROWS, mo.N_TIMING_ROWS + 6)
(_HALF1, _HALF1_THERE, _HALF2, _HALF2_THERE, _CHANGE, _PERIOD, _RATE2) = range(
    mo.N_TIMING_ROWS + 6, mo.N_TIMING_ROWS + 13
)
_N_ROWS = mo.N_TIMING_ROWS + 13
# Of instants, minutes
_ROUNDING_MIN = 1e-5


class Meetings(NamedTuple):
    """Who may meet whom in a span of time.

    Attributes
    ----------
    pair : ndarray of int64, shape (m, 2)
        Pairs whose planes are inclined to each other, each as often as it may meet.
    window : ndarray of float64, shape (m, 2)
        From when to when, minutes from the middle of the span.
    coplanar : ndarray of int64, shape (m, 2)
        Pairs that may meet at any time.
    """

    pair: Array
    window: Array
    coplanar: Array


@kernel
def _filter(own: Array, single: Array, half: float, threshold_km: float, psi: float, near: Array) -> None:
    """Tell of all objects where they may meet one, by inclination and radius."""
    prefer_wide_vectors()
    nx, ny, nz = single[mo.NX], single[mo.NY], single[mo.NZ]
    ex, ey, ez = single[mo.EX], single[mo.EY], single[mo.EZ]
    cn, sn, wave = single[mo.COS_NODE], single[mo.SIN_NODE], single[mo.WAVE]
    l_lo, l_hi, radial = single[mo.L_LO], single[mo.L_HI], single[mo.RADIAL]
    ecc, off_e = single[mo.ECCENTRICITY], single[mo.OFF_E]
    off, node_rate = single[mo.OFF], single[mo.NODE_RATE]
    pnx, pny, pnz, pex, pey, pez = own[mo.NX], own[mo.NY], own[mo.NZ], own[mo.EX], own[mo.EY], own[mo.EZ]
    pl_lo, pl_hi, p_rate = own[mo.L_LO], own[mo.L_HI], own[mo.NODE_RATE]
    pcn, psn, p_wave = own[mo.COS_NODE], own[mo.SIN_NODE], own[mo.WAVE]
    p_ecc, p_off_e = own[mo.ECCENTRICITY], own[mo.OFF_E]
    one, two, least, asin = np.float32(1.0), np.float32(2.0), np.float32(_LEAST_SINE), np.float32(_ASIN)
    times_off, times_turn, loose = np.float32(_TIMES_OFF), np.float32(_TIMES_TURN), np.float32(_LOOSE)
    own_off, own_room = psi + own[mo.OFF], own[mo.RADIAL] + threshold_km
    for k in range(near.size):
        kx = pny * nz[k] - pnz * ny[k]
        ky = pnz * nx[k] - pnx * nz[k]
        kz = pnx * ny[k] - pny * nx[k]
        sine = np.sqrt(kx * kx + ky * ky + kz * kz)
        delta = abs(p_rate - node_rate[k]) * half
        kappa = own_off + off[k]
        low = sine - delta
        flat = (low < times_off * kappa) | (low < times_turn * delta) | (low < least)
        inverse = one / max(low, least)
        w = asin * kappa * inverse
        turn = delta * inverse + w + loose
        scale = one / max(sine, least)
        q1 = (pex * kx + pey * ky + pez * kz) * scale
        q2 = (ex[k] * kx + ey[k] * ky + ez[k] * kz) * scale
        dq1, dq2 = p_off_e + p_ecc * turn, off_e[k] + ecc[k] * turn
        # Cosines of the arguments of latitude
        c1, c2 = (pcn * kx + psn * ky) * scale, (cn[k] * kx + sn[k] * ky) * scale
        higher = p_wave * (two * c1 * c1 - one) - wave[k] * (two * c2 * c2 - one)
        room = own_room + radial[k] + two * turn * (p_wave + wave[k])
        below, above = room - higher, room + higher
        # pl_lo / (1 + q1 + dq1) <= l_hi / (1 + q2 - dq2) + below, without dividing; and so on
        lo1, hi1, lo2, hi2 = one + q1 + dq1, one + q1 - dq1, one + q2 + dq2, one + q2 - dq2
        here = (pl_lo * hi2 <= (l_hi[k] + below * hi2) * lo1) & (l_lo[k] * hi1 <= (pl_hi + above * hi1) * lo2)
        lo1, hi1, lo2, hi2 = one - q1 + dq1, one - q1 - dq1, one - q2 + dq2, one - q2 - dq2
        there = (pl_lo * hi2 <= (l_hi[k] + below * hi2) * lo1) & (
            l_lo[k] * hi1 <= (pl_hi + above * hi1) * lo2
        )
        near[k] = np.uint8(here) | (np.uint8(there) << np.uint8(1)) | (np.uint8(flat) << np.uint8(2))


@inlined
def _latitude(
    x: float, y: float, z: float, cn: float, sn: float, nx: float, ny: float, nz: float
) -> tuple[float, float]:
    """Cosine and sine of the argument of latitude of a direction in a plane."""
    # Across the node in the plane: N x (cos node, sin node, 0)
    return x * cn + y * sn, (y * cn - x * sn) * nz + z * (nx * sn - ny * cn)


@inlined
def _small_atan(t: float) -> float:
    """Arc tangent of up to 0.85: Chebyshev fit, error 1e-7."""
    z = t * t
    p = fma(z, 0.01320540959, -0.0494225012)
    p = fma(z, p, 0.09467939929)
    p = fma(z, p, -0.1392010348)
    p = fma(z, p, 0.19959461)
    p = fma(z, p, -0.3333160427)
    return t * fma(z, p, 0.9999998777)


@inlined
def _centres(x: float, y: float, root: float) -> tuple[float, float]:
    """Return the true minus the mean anomaly at both ends of the line.

    For x = e cos f, y = e sin f and root = sqrt(1 - e^2) it is 2 atan(y / (1 + root + x)) + root y / (1 + x).
    """
    plus, minus = 1.0 + x, 1.0 - x
    # One division for four
    first, second = root + plus, root + minus
    both, ends = first * second, plus * minus
    inverse = y / (both * ends)
    here = 2.0 * _small_atan(inverse * ends * second) + root * inverse * both * minus
    there = 2.0 * _small_atan(inverse * ends * first) + root * inverse * both * plus
    return here, -there


@inlined
def _reach(
    inverse2: float,
    far: float,
    w: float,
    turn: float,
    cube: float,
    loose: float,
    off_phase: float,
    of_perigee: float,
) -> float:
    """How far the phase of an object near the line may be from that of the line.

    `inverse2` is the largest 1 / (1 + e cos f)^2 there, and `far` the largest e cos f. The line itself moves
    by `turn`, of which the rates have allowed for as if dM/df were 1. 1 / (1 + x)^2 is at least 1 - 2 x.
    """
    steepest = (cube + loose) * inverse2
    uneven = max(steepest - 1.0, min(1.0 - (cube - loose) * (1.0 - 2.0 * far), 1.0)) + turn
    return steepest * w + uneven * turn + off_phase + of_perigee * inverse2


@leaf
def _phases(buf: Array, own: Array, half: float, psi: float) -> None:
    """Set when object 1 is at either end of the line, and where the objects in the lanes are then.

    Phases are turns since somebody was there, rates turns per minute, reaches minutes.
    """
    prefer_wide_vectors()
    n1x, n1y, n1z, cn1, sn1 = own[mo.NX], own[mo.NY], own[mo.NZ], own[mo.COS_NODE], own[mo.SIN_NODE]
    h1, k1, off1, root1, e1 = own[mo.ALONG], own[mo.ACROSS], own[mo.OFF], own[mo.ROOT], own[mo.ECCENTRICITY]
    off_e1, rest1, of_perigee1 = own[mo.OFF_E], own[mo.OFF_PHASE], mo.phase_of_perigee(own)
    cube1, loose1 = root1 * root1 * root1, 1.6 * off_e1
    for j in range(L):
        n2x, n2y, n2z = buf[mo.NX * L + j], buf[mo.NY * L + j], buf[mo.NZ * L + j]
        x, y, z = n1y * n2z - n1z * n2y, n1z * n2x - n1x * n2z, n1x * n2y - n1y * n2x
        sine = math.sqrt(x * x + y * y + z * z)
        scale = 1.0 / sine
        x, y, z = x * scale, y * scale, z * scale
        cotangent = (n1x * n2x + n1y * n2y + n1z * n2z) * scale
        relative = buf[mo.NODE_RATE * L + j] - own[mo.NODE_RATE]
        delta = abs(relative) * half
        inverse = 1.0 / (sine - delta)
        w = _ASIN * (psi + off1 + buf[mo.OFF * L + j]) * inverse
        turn = delta * inverse
        rate1 = own[mo.RATE] - relative * (cotangent * (n1x * y - n1y * x) + n1z)
        rate2 = buf[mo.RATE * L + j] - relative * (cotangent * (n2x * y - n2y * x) - n2z)
        inverse = 1.0 / (rate1 * rate2)
        inverse1, inverse2 = inverse * rate2, inverse * rate1
        period = inverse1 * TWOPI
        change = rate2 * inverse1
        change -= round_(change)
        buf[_RATE2 * L + j], buf[_PERIOD * L + j], buf[_CHANGE * L + j] = _TURN * rate2, period, change
        c, s = _latitude(x, y, z, cn1, sn1, n1x, n1y, n1z)
        phase1, x1, y1 = own[mo.PHASE] - atan2(s, c), h1 * c + k1 * s, h1 * s - k1 * c
        cn2, sn2 = buf[mo.COS_NODE * L + j], buf[mo.SIN_NODE * L + j]
        c, s = _latitude(x, y, z, cn2, sn2, n2x, n2y, n2z)
        h2, k2, root2, e2 = (
            buf[mo.ALONG * L + j],
            buf[mo.ACROSS * L + j],
            buf[mo.ROOT * L + j],
            buf[mo.ECCENTRICITY * L + j],
        )
        phase2, x2, y2 = buf[mo.PHASE * L + j] - atan2(s, c), h2 * c + k2 * s, h2 * s - k2 * c
        off_e2, rest2 = buf[mo.OFF_E * L + j], buf[mo.OFF_PHASE * L + j]
        of_perigee2, cube2, loose2 = off_e2 * (2.0 + 2.7 * e2), root2 * root2 * root2, 1.6 * off_e2
        centres1, centres2 = _centres(x1, y1, root1), _centres(x2, y2, root2)
        # e cos f of objects near the line, and as their perigees may be
        wide1, wide2 = e1 * (w + turn) + off_e1, e2 * (w + turn) + off_e2
        for end in range(2):
            sign = 1.0 - 2.0 * end
            near1, near2 = 1.0 + max(sign * x1 - wide1, -e1), 1.0 + max(sign * x2 - wide2, -e2)
            inverse = 1.0 / (near1 * near2)
            near1, near2 = (inverse * near2) * (inverse * near2), (inverse * near1) * (inverse * near1)
            far1, far2 = min(sign * x1 + wide1, e1), min(sign * x2 + wide2, e2)
            half1 = _reach(near1, far1, w, turn, cube1, loose1, rest1, of_perigee1) * inverse1 + _ROUNDING_MIN
            half2 = _reach(near2, far2, w, turn, cube2, loose2, rest2, of_perigee2) * inverse2 + _ROUNDING_MIN
            here1 = _TURN * (phase1 + centres1[end]) - 0.5 * end
            here2 = _TURN * (phase2 + centres2[end]) - 0.5 * end
            allowed, reach = (half1 + half2) * (_TURN * rate2), (half + half1) * (_TURN * rate1)
            # Object 1 is there at t1, and `turns` times more, one period apart
            first = round_(here1 - reach + 0.5)
            turns = round_(here1 + reach - 0.5) - first
            t1 = (first - here1) * period
            part = here2 + _TURN * rate2 * t1
            part -= round_(part)
            moves = abs(change) * turns
            never = (abs(part) - moves > allowed) & (abs(part) + moves < 1.0 - allowed)
            buf[(_T1 + end) * L + j], buf[(_PART + end) * L + j] = t1, part
            buf[(_HALF1 + end) * L + j], buf[(_HALF2 + end) * L + j] = half1, half2
            buf[(_TURNS + end) * L + j] = -1.0 if never else turns


@leaf
def _meet(
    buf: Array, j: int, end: int, p: int, k: int, half: float, pair: Array, window: Array, n_found: int
) -> int:
    """Write each time when both objects are near one end of the line; return how many have been found.

    The count goes on when there is no more room.
    """
    t1, part = buf[(_T1 + end) * L + j], buf[(_PART + end) * L + j]
    period, change, rate2 = buf[_PERIOD * L + j], buf[_CHANGE * L + j], buf[_RATE2 * L + j]
    half1, half2 = buf[(_HALF1 + end) * L + j], buf[(_HALF2 + end) * L + j]
    allowed = (half1 + half2) * rate2
    for _ in range(int(buf[(_TURNS + end) * L + j]) + 1):
        if abs(part) <= allowed:
            t2 = t1 - part / rate2
            begin = max(max(t1 - half1, t2 - half2), -half)
            until = min(min(t1 + half1, t2 + half2), half)
            if begin <= until:
                if n_found < pair.shape[0]:
                    pair[n_found, 0], pair[n_found, 1] = p, k
                    window[n_found, 0], window[n_found, 1] = begin, until
                n_found += 1
        t1 += period
        part += change
        part -= round_(part)
    return n_found


@inlined
def _overlap(one: Array, two: Array, threshold_km: float) -> bool:
    """Whether the radii of two objects come within the threshold."""
    above = mo.least_radius(two) <= mo.largest_radius(one) + threshold_km
    return above & (mo.least_radius(one) <= mo.largest_radius(two) + threshold_km)


@leaf
def places_of_marks(near: Array, first: int, marked: Array, n: int) -> int:
    """Append the places of all marks, counted from `first`, to n places; return how many that makes.

    As many as in a multiple of `WIDTH` are read, and there has to be room for `WIDTH` more.
    """
    for k in range(0, near.size, WIDTH):
        n = append_marked(near, k, first + k, marked, n)
    return n


def tiles(columns: Array) -> Array:
    """Lay a table (n, m) out as float32 in blocks (k, m, `BLOCK`), the last one filled up with zeros."""
    whole, rest = divmod(len(columns), BLOCK)
    blocks = np.zeros((whole + (rest > 0), columns.shape[1], BLOCK), np.float32)
    blocks[:whole] = columns[: whole * BLOCK].reshape(-1, BLOCK, columns.shape[1]).transpose(0, 2, 1)
    if rest:
        blocks[whole, :, :rest] = columns[whole * BLOCK :].T
    return blocks


def blocks_of_radii(orbits: Array) -> Array:
    """Return the least and the largest radius (2, m) in each block of `BLOCK` orbits."""
    if not len(orbits):
        return np.zeros((2, 0))
    begins = np.arange(0, len(orbits), BLOCK)
    lower, upper = mo.radii(orbits)
    return np.stack([np.minimum.reduceat(lower, begins), np.maximum.reduceat(upper, begins)])


@leaf
def _settle(
    buf: Array, lanes: int, objects: Array, near: Array, p: int, orbits: Array, half: float, psi: float,
    pair: Array, window: Array, n_found: int,
) -> int:  # fmt: skip
    """Write when p may meet the objects in the first lanes; return how many windows have been found."""
    for first in range(0, mo.N_TIMING_ROWS, EIGHT):
        for j in range(0, lanes, EIGHT):
            gather_eight(orbits, objects, j, first, buf, j)
    _phases(buf, orbits[p], half, psi)
    for j in range(lanes):
        k = objects[j]
        if near[k] & _HERE and buf[_TURNS * L + j] >= 0.0:
            n_found = _meet(buf, j, 0, p, k, half, pair, window, n_found)
        if near[k] & _THERE and buf[_TURNS_THERE * L + j] >= 0.0:
            n_found = _meet(buf, j, 1, p, k, half, pair, window, n_found)
    return n_found


@kernel
def all_meetings(
    looking: Array,
    single: Array,
    orbits: Array,
    half: float,
    threshold_km: float,
    pair: Array,
    window: Array,
    coplanar: Array,
    blocks: Array,
) -> tuple[int, int]:
    """Fill the three tables; return how many pairs and how many coplanar pairs there are."""
    n = orbits.shape[0]
    near = np.zeros(single.shape[0] * BLOCK, np.uint8)
    marked = np.empty(near.size + WIDTH, np.int32)
    buf = np.zeros(_N_ROWS * L)
    lane_objects = np.zeros(L, np.int64)
    n_found, n_coplanar = 0, 0
    for p in looking:
        psi = mo.angle_seen(orbits[p], threshold_km)
        low, high = mo.least_radius(orbits[p]) - threshold_km, mo.largest_radius(orbits[p]) + threshold_km
        own, threshold, n_marked = single[p // BLOCK, :, p % BLOCK].copy(), np.float32(threshold_km), 0
        for block in range(blocks.shape[1]):
            if blocks[0, block] <= high and blocks[1, block] >= low:
                first = block * BLOCK
                some = near[first : first + BLOCK]
                _filter(own, single[block], np.float32(half), threshold, np.float32(psi), some)
                n_marked = places_of_marks(some, first, marked, n_marked)
        lanes = 0
        for k in marked[:n_marked]:
            if k == p or k >= n:
                continue
            if near[k] >= _COPLANAR:
                if _overlap(orbits[p], orbits[k], threshold_km):
                    if n_coplanar < coplanar.shape[0]:
                        coplanar[n_coplanar, 0], coplanar[n_coplanar, 1] = p, k
                    n_coplanar += 1
                continue
            lane_objects[lanes] = k
            lanes += 1
            if lanes == L:
                n_found = _settle(buf, lanes, lane_objects, near, p, orbits, half, psi, pair, window, n_found)
                lanes = 0
        n_found = _settle(buf, lanes, lane_objects, near, p, orbits, half, psi, pair, window, n_found)
    return n_found, n_coplanar


class Crossings:
    """Tells who may come within a distance of whom.

    Parameters
    ----------
    orbits : ndarray, shape (n, `N_ORBIT_ROWS`)
        From `mean_orbits`; cheapest if neighbours have similar radii.
    half_minutes : float
        Half of the span for which the orbits hold.
    threshold_km : float
        Distance.
    """

    def __init__(self, orbits: Array, half_minutes: float, threshold_km: float) -> None:
        self._orbits, self._half_minutes, self._threshold_km = orbits, half_minutes, threshold_km
        self._single, self._blocks = tiles(orbits), blocks_of_radii(orbits)

    def __call__(self, looking: Array) -> Meetings:
        """Return what comes to those that look, rows (k,) of the orbits."""
        if not len(looking):
            return Meetings(np.zeros((0, 2), np.int64), np.zeros((0, 2)), np.zeros((0, 2), np.int64))
        room, room_coplanar = _ROOM, _ROOM
        while True:
            pair, window = np.empty((room, 2), np.int64), np.empty((room, 2))
            coplanar = np.empty((room_coplanar, 2), np.int64)
            n, n_coplanar = all_meetings(
                looking, self._single, self._orbits, self._half_minutes, self._threshold_km, pair, window,
                coplanar, self._blocks,
            )  # fmt: skip
            if n <= room and n_coplanar <= room_coplanar:
                return Meetings(pair[:n], window[:n], coplanar[:n_coplanar])
            room, room_coplanar = max(room, n), max(room_coplanar, n_coplanar)
