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

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.arcs import N_ARC_ROWS, inverse_radii, trace_arcs
from gpuprop.engines.cpu.compile import inlined, kernel, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.gate import PASSED, pass_hits
from gpuprop.engines.cpu.lanes import HALF, LOWER, MID_X, MID_Y, WIDTH, append_near
from gpuprop.engines.cpu.rows import LANES
from gpuprop.engines.cpu.shells import (
    BASE,
    BINS,
    N_FINE,
    POPULATION,
    STRIPS,
    coarseness,
    piece,
    sort_by_place,
    working_memory,
)
from gpuprop.pages import zeros_in_own_pages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.engines.geometry import SieveGeometry

    Array = NDArray[Any]

# Objects of one bin that are compared together, and hits that may wait for the gate before one more vector
LARGEST_TILE = 32
ROOM_FOR_HITS = 4096


@inlined
def compare(
    threshold_km: float,
    spread: float,
    shell: int,
    shells: tuple[Array, ...],
    slots: tuple[Array, ...],
    own: Array,
    first_own: int,
    n_own: int,
    hits: tuple[Array, ...],
    n_hits: int,
    step: int,
    pair: Array,
    span: Array,
    n_found: int,
) -> tuple[int, int]:
    """Compare own slots with those of a shell: in each strip within reach, the bins within reach."""
    table, widest, begin = shells
    rows = slots[0]
    half, x, y = np.float32(0.0), rows[MID_X, own[first_own]], rows[MID_Y, own[first_own]]
    low_x, high_x, low_y, high_y = x, x, y, y
    for q in range(first_own, first_own + n_own):
        half = max(half, rows[HALF, own[q]])
        x, y = rows[MID_X, own[q]], rows[MID_Y, own[q]]
        low_x, high_x, low_y, high_y = min(low_x, x), max(high_x, x), min(low_y, y), max(high_y, y)
    reach = half + widest[shell] + spread
    strips, bins = table[STRIPS, shell], table[BINS, shell]
    low_bin, high_bin = piece(low_y - reach, bins), piece(high_y + reach, bins)
    for strip in range(piece(low_x - reach, strips), piece(high_x + reach, strips) + 1):
        base = table[BASE, shell] + strip * bins
        end = begin[base + high_bin + 1]
        for at in range(begin[base + low_bin], end, WIDTH):
            n_hits = append_near(
                rows, LOWER, at, end, own, first_own, n_own, spread, hits[0], hits[1], n_hits
            )
            if n_hits > ROOM_FOR_HITS:
                n_found = pass_hits(threshold_km, slots, hits, n_hits, step, pair, span, n_found)
                n_hits = 0
    return n_hits, n_found


@inlined
def choose(top: Array, first: int, last: int, shell: int, own: Array) -> int:
    """List the slots first..last-1 whose radii reach up to a shell; return how many."""
    n_own = 0
    for slot in range(first, last):
        if top[slot] >= shell:
            own[n_own] = slot
            n_own += 1
    return n_own


@leaf
def sweep(
    threshold_km: float,
    spread: float,
    shells: tuple[Array, ...],
    slots: tuple[Array, ...],
    own: Array,
    hits: tuple[Array, ...],
    step: int,
    pair: Array,
    span: Array,
    n_found: int,
) -> int:
    """Compare every object with all whose lower radius is in its interval; count the candidates."""
    prefer_wide_vectors()
    table, _, begin = shells
    top = slots[2]
    n_hits = 0
    for s in range(N_FINE):
        n_bins = table[STRIPS, s] * table[BINS, s] if table[POPULATION, s] > 0 else 0
        # A bin's objects are compared together, as long as they are not too many.
        first, end = begin[table[BASE, s]], begin[table[BASE, s] + n_bins]
        b = table[BASE, s]
        while first < end:
            while first >= begin[b + 1]:
                b += 1
            last = min(first + own.size, begin[b + 1])
            shell, n_own = s, choose(top, first, last, s, own)
            while n_own > 0:
                # What shares a bin of a shell without strips is strewn over those of another one.
                at_once = 1 if table[STRIPS, shell] > table[STRIPS, s] == 1 else n_own
                for first_own in range(0, n_own, at_once):
                    n_hits, n_found = compare(
                        threshold_km, spread, shell, shells, slots, own, first_own, at_once, hits, n_hits,
                        step, pair, span, n_found,
                    )  # fmt: skip
                shell += 1
                n_own = choose(top, first, last, shell, own)
            first = last
    return pass_hits(threshold_km, slots, hits, n_hits, step, pair, span, n_found)


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
    places: tuple[Array, ...],
    shells: tuple[Array, ...],
    slots: tuple[Array, ...],
    hits: tuple[Array, ...],
    pair: Array,
    span: Array,
) -> tuple[int, int, int]:
    """Find the candidates of consecutive steps; return how many, of how many steps, and the room needed.

    Stops before the step whose candidates `pair` and `span` cannot hold as well; it needs that much room.
    """
    threshold_km, eighth, gradient, spread, reach_km, coarser = bounds
    angle = np.float32(spread)
    n = semi_major_km.size
    inverse0, inverse1, own = np.empty(n), np.empty(n), np.empty(LARGEST_TILE, np.int32)
    n_found, n_before = 0, 0
    inverse_radii(positions[0], inverse0)
    for k in range(positions.shape[0] - 1):
        p0, p1 = positions[k], positions[k + 1]
        step = first_step + k
        inverse_radii(p1, inverse1)
        trace_arcs(
            threshold_km, eighth, gradient, p0, p1, inverse0, inverse1, semi_major_km, unmodelled, arcs
        )
        sort_by_place(p0, p1, arcs, angle, coarser, places, shells, slots)
        n_found = sweep(threshold_km, angle, shells, slots, own, hits, step, pair, span, n_found)
        n_found = pair_cut_objects(reach_km, p0, p1, inverse0, inverse1, step, pair, span, n_found)
        if n_found > pair.shape[0]:
            return n_before, k, n_found - n_before
        n_before = n_found
        inverse0, inverse1 = inverse1, inverse0
    return n_found, positions.shape[0] - 1, 0


class SieveMemory:
    """Working memory of `sieve` for n objects; one call after the other may use it.

    Parameters
    ----------
    n_objects : int
        Number of objects.
    """

    def __init__(self, n_objects: int) -> None:
        self.arcs = zeros_in_own_pages((N_ARC_ROWS, n_objects))
        self.sorting = working_memory(n_objects)
        # The slots of pairs that wait for the gate, and its buffer
        own, other = np.zeros((2, ROOM_FOR_HITS + (LARGEST_TILE + 1) * WIDTH + LANES), np.int32)
        self.hits = own, other, np.empty((PASSED + 1) * LANES)
        self.make_room(1024 + 4 * n_objects)

    def make_room(self, n: int) -> None:
        """Make room for so many candidates."""
        self.pair, self.span = zeros_in_own_pages((n, 3), np.int32), zeros_in_own_pages((n, 2), np.float32)


def sieve(
    geometry: SieveGeometry,
    positions: NDArray[np.float64],
    semi_major_km: NDArray[np.float64],
    unmodelled: NDArray[np.float64],
    first_step: int,
    *,
    memory: SieveMemory | None = None,
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
    memory : SieveMemory, optional
        To work in; allocated if left out.

    Returns
    -------
    pair : (m, 3) int32
        Index of one object, of the other one, number of the step.
    span : (m, 2) float32
        Where the relative chord is near enough, as parts of the step; may lie partly outside 0..1.
    """
    memory = memory or SieveMemory(semi_major_km.size)
    bounds = (
        geometry.threshold_km, geometry.eighth, geometry.gradient, geometry.spread, geometry.reach_km,
        coarseness(geometry),
    )  # fmt: skip
    done, found = 0, []
    while done < len(positions) - 1:
        n, n_steps, needed = sieve_steps(
            bounds,
            positions[done:],
            semi_major_km,
            unmodelled,
            first_step + done,
            memory.arcs,
            *memory.sorting,
            memory.hits,
            memory.pair,
            memory.span,
        )
        found.append((memory.pair[:n].copy(), memory.span[:n].copy()))
        done += n_steps
        if needed:
            memory.make_room(max(2 * len(memory.pair), needed))
    pairs, spans = zip(*found, strict=True)
    return np.concatenate(pairs), np.concatenate(spans)
