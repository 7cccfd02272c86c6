"""Arcs of a step: where each object may be, and its place among its neighbours by direction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.compile import inlined, leaf
from gpuprop.engines.cpu.constants import J2, MU, RADIUSEARTHKM
from gpuprop.engines.cpu.lanes import HALF, LOWER, MID_X, MID_Y, MID_Z, UPPER, WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.engines.geometry import SieveGeometry

    Array = NDArray[Any]

# Rows of the arcs, after those that `near_mask` reads
GRADIENT, BULGE, N_ARC_ROWS = 6, 7, 8

ROUNDING_KM = 1e-3
FLOAT32_ROUNDING = 2.5e-7


@leaf
def inverse_radii(positions: Array, out: Array) -> None:
    """One over the distance from the centre of the Earth; NaN where there is no position."""
    x, y, z = positions[0], positions[1], positions[2]
    for k in range(out.size):
        out[k] = 1.0 / math.sqrt(x[k] * x[k] + y[k] * y[k] + z[k] * z[k])


@leaf
def trace_arcs(
    threshold_km: float,
    eighth: float,
    gradient: float,
    p0: Array,
    p1: Array,
    inverse0: Array,
    inverse1: Array,
    semi_major_km: Array,
    unmodelled: Array,
    arcs: Array,
) -> None:
    """Radius interval, direction, half arc, gradient and bulge of every object over one step."""
    x0, y0, z0 = p0[0], p0[1], p0[2]
    x1, y1, z1 = p1[0], p1[1], p1[2]
    for k in range(semi_major_km.size):
        a, b = inverse0[k], inverse1[k]
        ux = x0[k] * a + x1[k] * b
        uy = y0[k] * a + y1[k] * b
        uz = z0[k] * a + z1[k] * b
        length = math.sqrt(ux * ux + uy * uy + uz * uz)
        # An arc may dip a little below both its ends: 1 % on 1/r covers steps of five minutes.
        inverse = 1.01 * max(a, b)
        inverse2 = inverse * inverse
        # Three times the largest J2 acceleration; what an object shows beyond that was measured.
        bulge = eighth * (4.5 * J2 * MU * RADIUSEARTHKM**2 * inverse2 * inverse2 + unmodelled[k])
        ra, rb = 1.0 / a, 1.0 / b
        eccentric = max(abs(1.0 - ra / semi_major_km[k]), abs(1.0 - rb / semi_major_km[k]))
        pad = eighth * 1.05 * MU * inverse2 * eccentric + bulge + ROUNDING_KM
        arcs[LOWER, k] = min(ra, rb) * (1.0 - FLOAT32_ROUNDING) - pad
        arcs[UPPER, k] = max(ra, rb) * (1.0 + FLOAT32_ROUNDING) + pad + threshold_km
        arcs[MID_X, k] = ux / length
        arcs[MID_Y, k] = uy / length
        arcs[MID_Z, k] = uz / length
        arcs[HALF, k] = math.sqrt(abs(2.0 - length)) + bulge * inverse + FLOAT32_ROUNDING
        arcs[GRADIENT, k] = gradient * inverse * inverse2
        arcs[BULGE, k] = bulge


@leaf
def bin_directions(
    half_limit: float,
    inverse_edge: float,
    side: int,
    arcs: Array,
    cell: Array,
    occupied: Array,
    count: Array,
    wide: Array,
) -> tuple[int, int]:
    """Count objects per direction cell; list apart those with an arc too long for a cell.

    Returns the number of occupied cells and of wide objects. An object without a position
    at either end has NaN for its half arc and goes nowhere.
    """
    n_occupied = 0
    n_wide = 0
    for k in range(cell.size):
        cell[k] = -1
        half = arcs[HALF, k]
        if half <= half_limit:
            c = cell_of(inverse_edge, side, arcs[MID_X, k], arcs[MID_Y, k], arcs[MID_Z, k])
            cell[k] = c
            if count[c] == 0:
                occupied[n_occupied] = c
                n_occupied += 1
            count[c] += 1
        elif half > half_limit:
            wide[n_wide] = k
            n_wide += 1
    return n_occupied, n_wide


@inlined
def along(inverse_edge: float, component: float) -> int:
    """Index of the cell along one axis, with a border of one empty cell."""
    return int((component + 1.0) * inverse_edge) + 1


@inlined
def cell_of(inverse_edge: float, side: int, x: float, y: float, z: float) -> int:
    """Index of the cell of a direction."""
    column = along(inverse_edge, x) * side + along(inverse_edge, y)
    return column * side + along(inverse_edge, z)


@inlined
def put(
    p0: Array, p1: Array, arcs: Array, k: int, slot: int, member: Array, rows: Array, chord: Array
) -> None:
    """Write what the sweep reads of object k into a slot."""
    member[slot] = k
    for row in range(6):
        rows[row, slot] = arcs[row, k]
    for axis in range(3):
        chord[slot, axis] = p0[axis, k]
        chord[slot, 3 + axis] = p1[axis, k]
    chord[slot, 6] = arcs[GRADIENT, k]
    chord[slot, 7] = arcs[BULGE, k]


@inlined
def close_slots(rows: Array, first: int, last: int) -> None:
    """Make slots that hold no object overlap nothing."""
    for slot in range(first, last):
        rows[LOWER, slot] = np.inf
        rows[UPPER, slot] = -1.0


@leaf
def fill_bins(
    p0: Array,
    p1: Array,
    arcs: Array,
    cell: Array,
    occupied: Array,
    count: Array,
    start: Array,
    rows: Array,
    member: Array,
    chord: Array,
    n_occupied: int,
    wide: Array,
    n_wide: int,
) -> int:
    """Put objects into slots, cell by cell, the wide ones last. Returns where those begin."""
    end = 0
    for t in range(n_occupied):
        c = occupied[t]
        start[c] = end
        used = end + count[c]
        end += (count[c] + WIDTH - 1) // WIDTH * WIDTH
        close_slots(rows, used, end)
        count[c] = 0
    for k in range(cell.size):
        c = cell[k]
        if c >= 0:
            put(p0, p1, arcs, k, start[c] + count[c], member, rows, chord)
            count[c] += 1
    for t in range(n_wide):
        put(p0, p1, arcs, wide[t], end + t, member, rows, chord)
    close_slots(rows, end + n_wide, end + n_wide + WIDTH)
    return end


def working_memory(geometry: SieveGeometry, n: int) -> tuple[NDArray[Any], tuple[NDArray[Any], ...]]:
    """Allocate what `sieve_steps` works in, for n objects: the arcs and the bins."""
    cells = geometry.side**3
    # Every occupied cell may end in a vector that is not full, and so may the wide objects;
    # a sphere 2 cell edges times 1/edge across goes through fewer than 6 side^2 cells.
    slots = n + min(n, 6 * geometry.side**2) * (WIDTH - 1) + 2 * WIDTH
    cell, occupied = np.empty(n, np.int32), np.empty(n, np.int32)
    count, start = np.zeros(cells, np.int32), np.zeros(cells, np.int32)
    rows, member, chord = np.zeros((6, slots), np.float32), np.zeros(slots, np.int32), np.zeros((slots, 8))
    return np.empty((N_ARC_ROWS, n)), (cell, occupied, count, start, rows, member, chord)
