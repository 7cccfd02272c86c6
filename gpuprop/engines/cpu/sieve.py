"""The arc sieve: which pairs may come within the threshold during a step, from positions alone.

An object's path during a step is its chord p(0)-p(1) plus a bulge. Two bounds decide:

*Neighbours.* With r'' r + r'^2 = (v^2 + p.p'') the square of the radius departs from the
straight line between its end values by at most dt^2/4 |mu/r - mu/a| (vis-viva) plus the
perturbations, and the direction stays on the arc between its end values. Two objects can
meet only if radius intervals and arcs do.

*Gate.* The relative position is its chord plus at most s(1-s)/2 dt^2 max|D''|, and two
objects fall almost alike: |D''| <= 2 mu/rho^3 |D| + perturbations. Where the pair is within
the threshold T at s', |D(s)| <= T + |s-s'| |chord|, which makes the bulge at s' at most
dt^2/8 (2 mu/rho^3 (T + |chord|/6) + perturbations), and the chord's nearest point decides.

No velocity is used: SGP4's velocity is not the derivative of its position.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.arcs import (
    along,
    bin_directions,
    fill_bins,
    inverse_radii,
    trace_arcs,
    working_memory,
)
from gpuprop.engines.cpu.compile import inlined, kernel, spliced
from gpuprop.engines.cpu.lanes import HALF, MID_X, MID_Y, MID_Z, WIDTH, lowest_bit, near_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.engines.geometry import SieveGeometry

    Array = NDArray[Any]

EVERYTHING = np.uint32(0xFFFFFFFF)
NEVER = (2.0, -1.0)


@inlined
def gate(
    ax: float,
    ay: float,
    az: float,
    dx: float,
    dy: float,
    dz: float,
    gradient: float,
    bulge: float,
    threshold_km: float,
) -> tuple[float, float]:
    """Part of the step in which a pair may be within the threshold: (from, to), or `NEVER`.

    a is the relative position at the start of the step, d its change until the end.
    """
    length2 = dx * dx + dy * dy + dz * dz
    along_chord = -(ax * dx + ay * dy + az * dz)
    limit = threshold_km + bulge + gradient * (threshold_km + 0.17 * math.sqrt(length2))
    # |a + s d| = limit, as length2 s^2 - 2 along_chord s + excess = 0
    excess = ax * ax + ay * ay + az * az - limit * limit
    if length2 < 1e-9:
        return (0.0, 1.0) if excess <= 1e-3 else NEVER
    discriminant = along_chord * along_chord - length2 * excess
    if discriminant < 0.0:
        return NEVER
    root = math.sqrt(discriminant)
    return (along_chord - root) / length2, (along_chord + root) / length2


@inlined
def gate_slots(chord: Array, i: int, j: int, threshold_km: float) -> tuple[float, float]:
    """`gate` for the objects in two slots."""
    ax, ay, az = chord[j, 0] - chord[i, 0], chord[j, 1] - chord[i, 1], chord[j, 2] - chord[i, 2]
    dx = chord[j, 3] - chord[i, 3] - ax
    dy = chord[j, 4] - chord[i, 4] - ay
    dz = chord[j, 5] - chord[i, 5] - az
    bulge = chord[i, 7] + chord[j, 7]
    return gate(ax, ay, az, dx, dy, dz, max(chord[i, 6], chord[j, 6]), bulge, threshold_km)


@spliced
def meet(
    threshold_km: float,
    spread: float,
    rows: Array,
    member: Array,
    chord: Array,
    own: int,
    first: int,
    last: int,
    step: int,
    pair: Array,
    span: Array,
    n_found: int,
) -> int:
    """Try the object in slot `own` against those in slots first..last-1; append candidates.

    The count goes on when there is no more room, so that the caller learns the need.
    """
    keep = EVERYTHING << np.uint32(first % WIDTH)
    for at in range(first - first % WIDTH, last, WIDTH):
        bits = near_mask(rows, at, own, spread) & keep
        keep = EVERYTHING
        while bits != np.uint32(0):
            other = at + lowest_bit(bits)
            bits &= bits - np.uint32(1)
            begin, end = gate_slots(chord, own, other, threshold_km)
            if begin <= 1.0 and end >= 0.0:
                # Written out: through a function, numba counts references for every gate.
                if n_found < pair.shape[0]:
                    pair[n_found, 0], pair[n_found, 1], pair[n_found, 2] = member[own], member[other], step
                    span[n_found, 0], span[n_found, 1] = begin, end
                n_found += 1
    return n_found


@kernel
def sweep_cells(
    threshold_km: float,
    spread: float,
    side: int,
    occupied: Array,
    count: Array,
    start: Array,
    rows: Array,
    member: Array,
    chord: Array,
    n_occupied: int,
    step: int,
    pair: Array,
    span: Array,
    n_found: int,
) -> int:
    """Try every object against those of its own cell and of half the neighbouring cells."""
    for t in range(n_occupied):
        c = occupied[t]
        begin, end = start[c], start[c] + count[c]
        for own in range(begin, end):
            n_found = meet(
                threshold_km, spread, rows, member, chord, own, own + 1, end, step, pair, span, n_found
            )
        for neighbour in range(14, 27):
            dx, dy, dz = neighbour // 9 - 1, neighbour // 3 % 3 - 1, neighbour % 3 - 1
            other = c + (dx * side + dy) * side + dz
            if count[other] > 0:
                first, last = start[other], start[other] + count[other]
                for own in range(begin, end):
                    n_found = meet(
                        threshold_km, spread, rows, member, chord, own, first, last, step, pair, span, n_found
                    )
    return n_found


@inlined
def around(inverse_edge: float, component: float, reach: float) -> tuple[int, int]:
    """First and last cell along one axis that something within `reach` may lie in."""
    return along(inverse_edge, max(-1.0, component - reach)), along(inverse_edge, min(1.0, component + reach))


@kernel
def sweep_wide(
    threshold_km: float,
    spread: float,
    half_limit: float,
    inverse_edge: float,
    side: int,
    count: Array,
    start: Array,
    rows: Array,
    member: Array,
    chord: Array,
    first_wide: int,
    n_wide: int,
    step: int,
    pair: Array,
    span: Array,
    n_found: int,
) -> int:
    """Try every wide object against the cells its arc can reach and against the other wide ones."""
    end_wide = first_wide + n_wide
    for own in range(first_wide, end_wide):
        reach = rows[HALF, own] + half_limit + spread
        first_x, last_x = around(inverse_edge, rows[MID_X, own], reach)
        first_y, last_y = around(inverse_edge, rows[MID_Y, own], reach)
        first_z, last_z = around(inverse_edge, rows[MID_Z, own], reach)
        for x in range(first_x, last_x + 1):
            for y in range(first_y, last_y + 1):
                column = (x * side + y) * side
                for c in range(column + first_z, column + last_z + 1):
                    if count[c] > 0:
                        first, last = start[c], start[c] + count[c]
                        n_found = meet(
                            threshold_km,
                            spread,
                            rows,
                            member,
                            chord,
                            own,
                            first,
                            last,
                            step,
                            pair,
                            span,
                            n_found,
                        )
        n_found = meet(
            threshold_km, spread, rows, member, chord, own, own + 1, end_wide, step, pair, span, n_found
        )
    return n_found


@inlined
def within(p: Array, i: int, j: int, reach2: float) -> bool:
    """Whether two objects are no farther apart than the root of reach2; not where one has no position."""
    dx, dy, dz = p[0, i] - p[0, j], p[1, i] - p[1, j], p[2, i] - p[2, j]
    return dx * dx + dy * dy + dz * dz <= reach2


@kernel
def pair_cut_objects(
    reach_km: float,
    p0: Array,
    p1: Array,
    inverse0: Array,
    inverse1: Array,
    step: int,
    pair: Array,
    span: Array,
    n_found: int,
) -> int:
    """Pair objects that have a position at one end of the step only with all that are in reach.

    Such an object fails (or begins to be usable) within the step. No bound on its path holds,
    but its speed is bounded, and so is the distance it can bridge.
    """
    reach2 = reach_km * reach_km
    n = inverse0.size
    for i in range(n):
        begins, ends = inverse0[i] > 0.0, inverse1[i] > 0.0
        if begins == ends:
            continue
        p = p0 if begins else p1
        for j in range(n):
            also_cut = (inverse0[j] > 0.0) != (inverse1[j] > 0.0)
            if i != j and (j > i or not also_cut) and within(p, i, j, reach2):
                if n_found < pair.shape[0]:
                    pair[n_found, 0], pair[n_found, 1], pair[n_found, 2] = i, j, step
                    span[n_found, 0], span[n_found, 1] = 0.0, 1.0
                n_found += 1
    return n_found


@kernel
def sieve_steps(
    bounds: tuple,
    positions: Array,
    semi_major_km: Array,
    unmodelled: Array,
    first_step: int,
    arcs: Array,
    bins: tuple[Array, ...],
    pair: Array,
    span: Array,
) -> tuple[int, int, int]:
    """Find the candidates of consecutive steps; return how many, of how many steps, and the room needed.

    Stops before the step whose candidates `pair` and `span` cannot hold as well; it needs that much room.
    """
    threshold_km, _, eighth, gradient, half_limit, spread, inverse_edge, side, reach_km = bounds
    cell, occupied, count, start, rows, member, chord = bins
    angle = np.float32(spread)
    n = semi_major_km.size
    wide = np.empty(n, np.int32)
    inverse0, inverse1 = np.empty(n), np.empty(n)
    n_found, n_before = 0, 0
    inverse_radii(positions[0], inverse0)
    for k in range(positions.shape[0] - 1):
        p0, p1 = positions[k], positions[k + 1]
        step = first_step + k
        inverse_radii(p1, inverse1)
        trace_arcs(
            threshold_km, eighth, gradient, p0, p1, inverse0, inverse1, semi_major_km, unmodelled, arcs
        )
        n_occupied, n_wide = bin_directions(half_limit, inverse_edge, side, arcs, cell, occupied, count, wide)
        first_wide = fill_bins(
            p0, p1, arcs, cell, occupied, count, start, rows, member, chord, n_occupied, wide, n_wide
        )
        n_found = sweep_cells(
            threshold_km,
            angle,
            side,
            occupied,
            count,
            start,
            rows,
            member,
            chord,
            n_occupied,
            step,
            pair,
            span,
            n_found,
        )
        n_found = sweep_wide(
            threshold_km,
            angle,
            half_limit,
            inverse_edge,
            side,
            count,
            start,
            rows,
            member,
            chord,
            first_wide,
            n_wide,
            step,
            pair,
            span,
            n_found,
        )
        n_found = pair_cut_objects(reach_km, p0, p1, inverse0, inverse1, step, pair, span, n_found)
        for t in range(n_occupied):
            count[occupied[t]] = 0
        if n_found > pair.shape[0]:
            return n_before, k, n_found - n_before
        n_before = n_found
        inverse0, inverse1 = inverse1, inverse0
    return n_found, positions.shape[0] - 1, 0


def sieve(
    geometry: SieveGeometry,
    positions: NDArray[np.float64],
    semi_major_km: NDArray[np.float64],
    unmodelled: NDArray[np.float64],
    first_step: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find the pairs that may come within the threshold during consecutive steps.

    Parameters
    ----------
    geometry : SieveGeometry
        Bounds for this step length and threshold.
    positions : (n_steps + 1, 3, n) float64
        TEME, km, at the ends of the steps; NaN where an object failed.
    semi_major_km, unmodelled : (n,) float64
        Semi-major axis (km), and acceleration beyond two-body motion and three times J2 (km/s^2).
    first_step : int
        Number of the first step.

    Returns
    -------
    pair : (m, 3) int32
        Index of one object, of the other one, number of the step.
    span : (m, 2) float32
        Where the relative chord is near enough, as parts of the step; may lie partly outside 0..1.
    """
    arcs, bins = working_memory(geometry, semi_major_km.size)
    room = 1024 + semi_major_km.size
    done, found = 0, []
    while done < len(positions) - 1:
        pair, span = np.empty((room, 3), np.int32), np.empty((room, 2), np.float32)
        n, n_steps, needed = sieve_steps(
            tuple(geometry),
            positions[done:],
            semi_major_km,
            unmodelled,
            first_step + done,
            arcs,
            bins,
            pair,
            span,
        )
        found.append((pair[:n], span[:n]))
        done += n_steps
        room = max(2 * room, needed)
    pairs, spans = zip(*found, strict=True)
    return np.concatenate(pairs), np.concatenate(spans)
