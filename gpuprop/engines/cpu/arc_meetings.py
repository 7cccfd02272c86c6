"""Which near-Earth objects may meet an object that no mean orbit describes, from its arc in each step.

An object of the other kind has to come to the arc: the arc must be near its plane, at a radius that it has,
and it must itself be there during the step.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu import mean_orbits as mo
from gpuprop.engines.cpu.arithmetic import sincos
from gpuprop.engines.cpu.compile import kernel, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.crossings import BLOCK, blocks_of_radii, tiles
from gpuprop.engines.cpu.lanes import HALF, LOWER, MID_X, MID_Y, MID_Z, UPPER, WIDTH, places_of_marks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["ArcMeetings"]

# Meetings for which there is room at first
_ROOM = 1 << 16
# Columns of what tells where on its orbit an object is, how far that may be off, and how fast it goes
_COS_NODE, _SIN_NODE, _NZ, _PHASE, _RATE, _NODE_RATE, _LOOSE, _SPEED = range(8)


@leaf
def _near_plane(arc: Array, tau: float, single: Array, near: Array) -> None:
    """Mark objects that have the arc's radius somewhere, and its direction in their plane."""
    prefer_wide_vectors()
    nx, ny, nz, off, node_rate = single[0], single[1], single[2], single[3], single[4]
    lower, upper = single[5], single[6]
    x, y, z = np.float32(arc[MID_X]), np.float32(arc[MID_Y]), np.float32(arc[MID_Z])
    half, low, high = np.float32(arc[HALF]), np.float32(arc[LOWER]), np.float32(arc[UPPER])
    t = np.float32(tau)
    for k in range(near.size):
        turn = t * node_rate[k]
        # The plane of then, to first order
        height = nx[k] * x + ny[k] * y + nz[k] * z + turn * (nx[k] * y - ny[k] * x)
        near[k] = (abs(height) <= half + off[k] + turn * turn) & (lower[k] <= high) & (upper[k] >= low)


@leaf
def _comes(arc: Array, tau: float, half_step: float, timing: Array) -> bool:
    """Whether an object is near the arc at some time of the step, whose middle is `tau`."""
    limit = arc[HALF] + timing[_LOOSE] + 1.001 * half_step * timing[_SPEED]
    if limit >= 2.0:
        return True
    sinu, cosu = sincos(timing[_PHASE] + timing[_RATE] * tau)
    s, c = sincos(timing[_NODE_RATE] * tau)
    cn = timing[_COS_NODE] * c - timing[_SIN_NODE] * s
    sn = timing[_SIN_NODE] * c + timing[_COS_NODE] * s
    cosi = timing[_NZ]
    sini = math.sqrt(max(1.0 - cosi * cosi, 0.0))
    dx = cn * cosu - sn * cosi * sinu - arc[MID_X]
    dy = sn * cosu + cn * cosi * sinu - arc[MID_Y]
    dz = sini * sinu - arc[MID_Z]
    return dx * dx + dy * dy + dz * dz <= limit * limit


def _timing(orbits: Array) -> Array:
    """Lay out what `_comes` reads of each orbit, one cache line (n, 8)."""
    timing = np.empty((len(orbits), 8))
    timing[:, :_LOOSE] = orbits[:, [mo.COS_NODE, mo.SIN_NODE, mo.NZ, mo.PHASE, mo.RATE, mo.NODE_RATE]]
    timing[:, _LOOSE] = (
        orbits[:, mo.OFF] + mo.phases_anywhere(orbits) + mo.CENTRE * orbits[:, mo.ECCENTRICITY]
    )
    timing[:, _SPEED] = np.abs(orbits[:, mo.RATE]) + np.abs(orbits[:, mo.NODE_RATE])
    return timing


@leaf
def _meetings_of_block(
    arcs: Array, taus: Array, names: Array, half_step: float, lower: float, upper: float, single: Array,
    timing: Array, first: int, near: Array, marked: Array, found: Array, n_found: int,
) -> int:  # fmt: skip
    """Write who of a block of objects, whose radii are in lower..upper, may come to which arcs (m, 8)."""
    for m in range(taus.size):
        arc = arcs[m]
        if lower <= arc[UPPER] and upper >= arc[LOWER]:
            _near_plane(arc, taus[m], single, near)
            for at in range(places_of_marks(near, 0, marked, 0)):
                k = marked[at]
                if _comes(arc, taus[m], half_step, timing[first + k]):
                    if n_found < found.shape[0]:
                        found[n_found, 0], found[n_found, 1] = names[m, 0], names[m, 1]
                        found[n_found, 2] = first + k
                    n_found += 1
    return n_found


@kernel
def meetings_of_arcs(
    arcs: Array,
    begin: float,
    half_step: float,
    single: Array,
    blocks: Array,
    timing: Array,
    found: Array,
) -> int:
    """Write (step, arc, object) of all that may meet; return how many there are."""
    near, marked = np.zeros(BLOCK, np.bool_), np.empty(BLOCK + WIDTH, np.int32)
    low = arcs[:, LOWER] <= blocks[1].max()
    names = np.argwhere(low)
    some, taus = np.empty((len(names), arcs.shape[1])), np.empty(len(names))
    for m in range(len(names)):
        some[m] = arcs[names[m, 0], :, names[m, 1]]
        taus[m] = begin + (2 * names[m, 0] + 1) * half_step
    n_found = 0
    for block in range(blocks.shape[1]):
        n_found = _meetings_of_block(
            some, taus, names, half_step, blocks[0, block], blocks[1, block], single[block], timing,
            block * BLOCK, near, marked, found, n_found,
        )  # fmt: skip
    return n_found


class ArcMeetings:
    """Tells which objects may come to which arcs.

    Parameters
    ----------
    orbits : ndarray, shape (n, `N_ORBIT_ROWS`)
        From `mean_orbits`.
    """

    def __init__(self, orbits: Array) -> None:
        self._timing = _timing(orbits)
        columns = orbits[:, [mo.NX, mo.NY, mo.NZ, mo.OFF, mo.NODE_RATE]]
        self._single = tiles(np.concatenate([columns, mo.radii(orbits).T], axis=1))
        self._blocks = blocks_of_radii(orbits)

    def __call__(self, arcs: Array, first_minutes: float, step_minutes: float) -> Array:
        """Return step, arc and object (k, 3) of all that may meet.

        Parameters
        ----------
        arcs : ndarray, shape (n_steps, 8, m)
            From `primary_arcs`; NaN where an object has none.
        first_minutes, step_minutes : float
            When the first step begins, from the middle of the span for which the orbits hold, and how long
            each is.
        """
        room = _ROOM
        while arcs.size and len(self._timing):
            found = np.empty((room, 3), np.int64)
            n = meetings_of_arcs(
                arcs,
                first_minutes,
                0.5 * step_minutes,
                self._single,
                self._blocks,
                self._timing,
                found,
            )
            if n <= room:
                return found[:n]
            room = n
        return np.zeros((0, 3), np.int64)
