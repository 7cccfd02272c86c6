"""When two objects can be near each other, from their mean orbits alone.

Where the planes of two orbits are inclined to each other, objects within the threshold are both near the
same end of the line in which the planes meet. Two filters follow, of the kind that Hoots, Crawford and
Roehrich published (Celestial Mechanics 33, 1984, 143-158), but with every neglected term bounded:

*Radii.* At one end of the line at least, the radii have to overlap, by r = l / (1 + e cos f).

*Times.* Let kappa be the angle under which the threshold is seen from the centre of the Earth plus what
both directions may be off. An object within kappa of the other plane is within w = asin(kappa / sin I) of
the line; its mean argument of latitude differs from that of the line by at most dM/df w, with dM/df =
(1-e^2)^1.5 / (1 + e cos f)^2. Both have to be there at once: with x and y the distances from the line along
the orbits, the angle psi between the objects obeys sin^2(psi/2) = sin^2((x-y)/2) cos^2(I/2) +
sin^2((x+y)/2) sin^2(I/2), so that |x - y| is at most kappa / cos(I/2). The times at which they pass the line
differ by no more than either takes for that, and what w makes of the difference of their speeds.

During the span the nodes move, by theta relative to each other. That turns the line in plane 1 by u' theta,
with u' = cos I (N1 x K)_z / sin I + cos i1 (K the direction of the line, N the normals), |u'| <= 1 / sin I
and |u''| <= 2 / sin^2 I. Pairs of which the planes are too near each other for this come out as coplanar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.engines.cpu import mean_orbits as mo
from gpuprop.engines.cpu.compile import inlined, kernel, prefer_wide_vectors
from gpuprop.engines.cpu.crossing_times import ASIN, BOTH_ENDS, N_PASS_ROWS, N_ROWS, settle
from gpuprop.engines.cpu.lanes import WIDTH, places_of_marks
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["Crossings", "Meetings"]

# Windows and coplanar pairs for which there is room at first: of a hundred primaries in a large catalog
_ROOM = 1 << 16
# Objects that are passed over together where none of them has the radius
BLOCK = 256
# What `_filter` says of a pair: the lowest two bits if it may meet at this end of the line or the other one,
# this or more if it may anywhere
_COPLANAR = 4
# Below this sine of the inclination, and this many times what the directions and the nodes leave open of it,
# a pair is coplanar
_LEAST_SINE, _TIMES_OFF, _TIMES_TURN = 0.01, 4.0, 1.5
# What float32 leaves open of the line's direction at that sine, rad
_LOOSE = 3e-5


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
    wave, lift = single[mo.WAVE], single[mo.LIFT]
    l_lo, l_hi, radial = single[mo.L_LO], single[mo.L_HI], single[mo.RADIAL]
    ecc, off_e = single[mo.ECCENTRICITY], single[mo.OFF_E]
    off, node_rate = single[mo.OFF], single[mo.NODE_RATE]
    pnx, pny, pnz, pex, pey, pez = own[mo.NX], own[mo.NY], own[mo.NZ], own[mo.EX], own[mo.EY], own[mo.EZ]
    pl_lo, pl_hi, p_rate = own[mo.L_LO], own[mo.L_HI], own[mo.NODE_RATE]
    p_wave, p_lift = own[mo.WAVE], own[mo.LIFT]
    p_ecc, p_off_e = own[mo.ECCENTRICITY], own[mo.OFF_E]
    one, two, least, asin = np.float32(1.0), np.float32(2.0), np.float32(_LEAST_SINE), np.float32(ASIN)
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
        z = kz * scale
        higher = p_wave - wave[k] - (p_lift - lift[k]) * (z * z)
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
def _overlap(one: Array, two: Array, threshold_km: float) -> bool:
    """Whether the radii of two objects come within the threshold."""
    above = mo.least_radius(two) <= mo.largest_radius(one) + threshold_km
    return above & (mo.least_radius(one) <= mo.largest_radius(two) + threshold_km)


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
    buf, lane_objects, lane_ends = np.zeros(N_ROWS * L), np.zeros(L, np.int64), np.zeros(L, np.uint8)
    marks, listed = np.zeros(BOTH_ENDS, np.uint8), np.empty(BOTH_ENDS + WIDTH, np.int32)
    passes = np.zeros(N_PASS_ROWS * BOTH_ENDS)
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
            lane_objects[lanes], lane_ends[lanes] = k, near[k]
            lanes += 1
            if lanes == L:
                n_found = settle(
                    buf, lanes, lane_objects, lane_ends, marks, listed, passes, p, orbits, half, psi, pair,
                    window, n_found,
                )  # fmt: skip
                lanes = 0
        n_found = settle(
            buf, lanes, lane_objects, lane_ends, marks, listed, passes, p, orbits, half, psi, pair, window,
            n_found,
        )  # fmt: skip
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
