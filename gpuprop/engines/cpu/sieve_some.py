"""The sieve for few primaries: windows of time in which pairs may meet, and objects followed step by step.

Objects that mean orbits describe are paired by `crossings`, `coplanar` and `arc_meetings`, which name
windows of time. The few others are followed: their states are computed at the ends of steps, and those of
the primaries. Either way the gate of `sieve` has the last word.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.arcs import BULGE, GRADIENT, N_ARC_ROWS, inverse_radii, trace_arcs
from gpuprop.engines.cpu.compile import inlined, kernel, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.constants import J2, MU, RADIUSEARTHKM
from gpuprop.engines.cpu.drivers import NS_PER_MINUTE
from gpuprop.engines.cpu.gate import gate
from gpuprop.engines.cpu.lanes import HALF, LOWER, UPPER, WIDTH, append_near
from gpuprop.engines.cpu.sieve import within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.engines.geometry import SieveGeometry

    Array = NDArray[Any]

__all__ = ["cut_windows", "gate_windows", "path_bounds", "primary_arcs", "sweep_followed"]


def path_bounds(geometry: SieveGeometry, lower_km: Array, unmodelled: Array | float) -> tuple[Array, Array]:
    """Return what the gate has to know of each object for a step of one second: gradient, and bulge, km."""
    inverse = 1.0 / np.maximum(lower_km, RADIUSEARTHKM)
    bulge = 0.125 * (4.5 * J2 * MU * RADIUSEARTHKM**2 * inverse**4 + unmodelled)
    return 0.125 * geometry.gradient / geometry.eighth * inverse**3, bulge


@kernel
def cut_windows(pairs: Array, windows: Array, longest_min: float, middle_ns: int) -> tuple[Array, Array]:
    """Cut windows of pairs, minutes from an instant, into parts of at most `longest_min`.

    Returns what states are asked for at the ends of each part: objects (m, 4) and instants (m, 4), ns UTC, of
    one object and the other when it begins, then when it ends.
    """
    parts = np.empty(len(windows), np.int64)
    for k in range(len(windows)):
        parts[k] = max(1, math.ceil((windows[k, 1] - windows[k, 0]) / longest_min))
    rows, times_ns = np.empty((parts.sum(), 4), np.int64), np.empty((parts.sum(), 4), np.int64)
    m = 0
    for k in range(len(windows)):
        begin_ns = windows[k, 0] * NS_PER_MINUTE
        length_ns = (windows[k, 1] - windows[k, 0]) * NS_PER_MINUTE / parts[k]
        for part in range(parts[k]):
            rows[m, 0] = rows[m, 2] = pairs[k, 0]
            rows[m, 1] = rows[m, 3] = pairs[k, 1]
            times_ns[m, 0] = times_ns[m, 1] = middle_ns + math.floor(begin_ns + part * length_ns)
            times_ns[m, 2] = times_ns[m, 3] = middle_ns + math.ceil(begin_ns + (part + 1) * length_ns)
            m += 1
    return rows, times_ns


@kernel
def gate_windows(
    threshold_km: float, r: Array, rows: Array, times_ns: Array, gradient: Array, bulge: Array
) -> Array:
    """Return the part of its window in which each pair may be within the threshold.

    Parameters
    ----------
    threshold_km : float
        Distance.
    r : ndarray, shape (m, 4, 3)
        Positions, km, at what `cut_windows` asks for.
    rows, times_ns : ndarray, shape (m, 4)
        From `cut_windows`.
    gradient, bulge : ndarray, shape (n,)
        From `path_bounds`, of all objects.

    Returns
    -------
    ndarray, shape (m, 2)
        From and to, as parts of the window; they may lie outside of 0 to 1.
    """
    span = np.empty((len(rows), 2))
    for m in range(len(rows)):
        one, two = rows[m, 0], rows[m, 1]
        seconds = (times_ns[m, 2] - times_ns[m, 0]) / 1e9
        square = seconds * seconds
        ax, ay, az = r[m, 1, 0] - r[m, 0, 0], r[m, 1, 1] - r[m, 0, 1], r[m, 1, 2] - r[m, 0, 2]
        bx, by, bz = r[m, 3, 0] - r[m, 2, 0], r[m, 3, 1] - r[m, 2, 1], r[m, 3, 2] - r[m, 2, 2]
        steepest = max(gradient[one], gradient[two]) * square
        both = (bulge[one] + bulge[two]) * square
        begin, end = gate(ax, ay, az, bx - ax, by - ay, bz - az, steepest, both, threshold_km)
        # An object may fail, or have failed, in its window
        lost = math.isnan(ax + bx)
        span[m, 0], span[m, 1] = (0.0 if lost else begin), (1.0 if lost else end)
    return span


@inlined
def _append(
    i: int, j: int, step: int, begin: float, end: float, pair: Array, span: Array, n_found: int
) -> int:
    if n_found < pair.shape[0]:
        pair[n_found, 0], pair[n_found, 1], pair[n_found, 2] = i, j, step
        span[n_found, 0], span[n_found, 1] = begin, end
    return n_found + 1


@leaf
def _gate_hits(
    threshold_km: float, p0: Array, p1: Array, arcs: Array, objects: Array, hit_own: Array, hit_other: Array,
    n_hits: int, step: int, pair: Array, span: Array, n_found: int,
) -> int:  # fmt: skip
    for h in range(n_hits):
        i, j = hit_own[h], hit_other[h]
        if objects[i] == objects[j]:
            continue
        ax, ay, az = p0[0, j] - p0[0, i], p0[1, j] - p0[1, i], p0[2, j] - p0[2, i]
        dx, dy, dz = p1[0, j] - p1[0, i] - ax, p1[1, j] - p1[1, i] - ay, p1[2, j] - p1[2, i] - az
        steep = max(arcs[GRADIENT, i], arcs[GRADIENT, j])
        begin, end = gate(ax, ay, az, dx, dy, dz, steep, arcs[BULGE, i] + arcs[BULGE, j], threshold_km)
        if begin <= 1.0 and end >= 0.0:
            n_found = _append(i, j, step, begin, end, pair, span, n_found)
    return n_found


@leaf
def _sweep_step(
    bounds: tuple, p0: Array, p1: Array, arcs: Array, objects: Array, n_followed: int, lanes: Array,
    own: Array, hit_own: Array, hit_other: Array, step: int, pair: Array, span: Array, n_found: int,
) -> int:  # fmt: skip
    """Try those that look against the followed objects in one step; return how many candidates there are."""
    prefer_wide_vectors()
    threshold_km, spread = bounds
    for row in range(6):
        for k in range(objects.size):
            lanes[row, k] = arcs[row, k]
    for at in range(0, n_followed, WIDTH):
        n = append_near(lanes, UPPER, at, n_followed, own, 0, own.size, spread, hit_own, hit_other, 0)
        n_found = _gate_hits(
            threshold_km, p0, p1, arcs, objects, hit_own, hit_other, n, step, pair, span, n_found
        )
    return n_found


@inlined
def _is_cut(inverse0: Array, inverse1: Array, k: int) -> bool:
    return (inverse0[k] > 0.0) != (inverse1[k] > 0.0)


@kernel
def _pair_cut(
    reach2: float, p0: Array, p1: Array, inverse0: Array, inverse1: Array, objects: Array, n_followed: int,
    step: int, pair: Array, span: Array, n_found: int,
) -> int:  # fmt: skip
    """Pair objects of which one has a position at one end of the step only, if they are in reach."""
    for k in range(objects.size):
        if not _is_cut(inverse0, inverse1, k):
            continue
        looks = k >= n_followed
        for other in range(0 if looks else n_followed, n_followed if looks else objects.size):
            i, j = (k, other) if looks else (other, k)
            if objects[i] != objects[j] and (within(p0, i, j, reach2) or within(p1, i, j, reach2)):
                n_found = _append(i, j, step, 0.0, 1.0, pair, span, n_found)
    return n_found


@kernel
def sweep_steps(
    bounds: tuple, positions: Array, semi_major_km: Array, unmodelled: Array, objects: Array, n_followed: int,
    first_step: int, pair: Array, span: Array,
) -> int:  # fmt: skip
    """Find the candidates of consecutive steps."""
    threshold_km, spread, eighth, gradient, reach_km = bounds
    n = objects.size
    lanes, own = np.zeros((6, n + WIDTH), np.float32), np.arange(n_followed, n).astype(np.int32)
    room = (n - n_followed + 1) * WIDTH
    hit_own, hit_other = np.empty(room, np.int32), np.empty(room, np.int32)
    inverse0, inverse1, arcs = np.empty(n), np.empty(n), np.empty((N_ARC_ROWS, n))
    n_found = 0
    inverse_radii(positions[0], inverse0)
    for k in range(positions.shape[0] - 1):
        p0, p1 = positions[k], positions[k + 1]
        inverse_radii(p1, inverse1)
        trace_arcs(
            threshold_km, eighth, gradient, p0, p1, inverse0, inverse1, semi_major_km, unmodelled, arcs
        )
        limits, step = (threshold_km, np.float32(spread)), first_step + k
        n_found = _sweep_step(
            limits, p0, p1, arcs, objects, n_followed, lanes, own, hit_own, hit_other, step, pair, span,
            n_found,
        )  # fmt: skip
        n_found = _pair_cut(
            reach_km * reach_km, p0, p1, inverse0, inverse1, objects, n_followed, step, pair, span, n_found
        )
        inverse0, inverse1 = inverse1, inverse0
    return n_found


def sweep_followed(
    geometry: SieveGeometry,
    positions: Array,
    semi_major_km: Array,
    unmodelled: Array,
    objects: Array,
    n_followed: int,
    first_step: int,
) -> tuple[Array, Array]:
    """Find the candidates among followed objects and those that look, in consecutive steps.

    Parameters
    ----------
    geometry : SieveGeometry
        Bounds for this step length and threshold.
    positions : ndarray, shape (n_steps + 1, 3, n)
        TEME, km, at the ends of the steps, of the followed objects, then of those that look.
    semi_major_km, unmodelled : ndarray, shape (n,)
        As in `gpuprop.engines.cpu.sieve.sieve`.
    objects : ndarray of int64, shape (n,)
        Who they are; one that is followed and looks as well comes twice.
    n_followed : int
        How many of them are followed.
    first_step : int
        Number of the first step.

    Returns
    -------
    pair : ndarray of int32, shape (m, 3)
        Index of one object, of the other one, number of the step.
    span : ndarray of float32, shape (m, 2)
        As the sieve gives it.
    """
    bounds = (
        geometry.threshold_km, geometry.spread, geometry.eighth, geometry.gradient, geometry.reach_km
    )  # fmt: skip
    room = 1024
    while True:
        pair, span = np.empty((room, 3), np.int32), np.empty((room, 2), np.float32)
        n = sweep_steps(
            bounds, positions, semi_major_km, unmodelled, objects, n_followed, first_step, pair, span
        )
        if n <= room:
            return pair[:n], span[:n]
        room = n


@kernel
def trace_steps(
    bounds: tuple, positions: Array, semi_major_km: Array, unmodelled: Array, arcs: Array
) -> None:
    """Fill the arcs of consecutive steps; see `primary_arcs`."""
    threshold_km, spread, eighth, gradient = bounds
    before, after = np.empty(semi_major_km.size), np.empty(semi_major_km.size)
    inverse_radii(positions[0], before)
    for k in range(arcs.shape[0]):
        inverse_radii(positions[k + 1], after)
        trace_arcs(
            threshold_km, eighth, gradient, positions[k], positions[k + 1], before, after, semi_major_km,
            unmodelled, arcs[k],
        )  # fmt: skip
        arcs[k, LOWER] -= threshold_km
        arcs[k, HALF] += spread
        before, after = after, before


def primary_arcs(geometry: SieveGeometry, positions: Array, semi_major_km: Array, unmodelled: Array) -> Array:
    """Return the arcs (n_steps, 8, n) of objects from their positions (n_steps + 1, 3, n).

    Radii have the threshold on both sides, half arcs the angle under which it is seen.
    """
    arcs = np.empty((len(positions) - 1, N_ARC_ROWS, positions.shape[2]))
    bounds = geometry.threshold_km, geometry.spread, geometry.eighth, geometry.gradient
    trace_steps(bounds, positions, semi_major_km, unmodelled, arcs)
    return arcs
