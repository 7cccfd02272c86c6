"""Relative motion of pairs, in the RIC frame (CCSDS 508.0) of their first objects."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.compile import inlined, kernel, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.drivers import NS_PER_MINUTE, run_stages
from gpuprop.engines.cpu.emit import WIDTH
from gpuprop.engines.cpu.pairs import Objects, by_regime, enter
from gpuprop.engines.cpu.rows import LANES as L
from gpuprop.engines.cpu.rows import N_ROWS, RX, RY, RZ, VX, VY, VZ, T

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats, Ints
    from gpuprop.engines.cpu.model import Model

__all__ = ["N_QUANTITIES", "RANGE", "SPEED", "motion_of_pairs", "motion_of_states"]

RANGE, SPEED, N_QUANTITIES = 6, 7, 8
"""Rows of relative motion behind radial, in-track and cross-track position and velocity; their number."""


@inlined
def _dot(a: Any, b: Any) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def _cross(a: Any, b: Any) -> tuple[float, float, float]:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@inlined
def _minus(a: Any, b: Any) -> tuple[float, float, float]:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@inlined
def _unit(a: Any) -> tuple[float, float, float]:
    length = math.sqrt(_dot(a, a))
    return a[0] / length, a[1] / length, a[2] / length


@inlined
def _write(r1: Any, v1: Any, r2: Any, v2: Any, out: Floats, at: int, n: int) -> None:
    """Write relative motion to every nth number of `out` from `at` on.

    The axes are those of the first object; the velocity is not as seen from them turning.
    """
    r, v = _minus(r2, r1), _minus(v2, v1)
    radial, cross_track = _unit(r1), _unit(_cross(r1, v1))
    in_track = _cross(cross_track, radial)
    out[at], out[at + n], out[at + 2 * n] = _dot(radial, r), _dot(in_track, r), _dot(cross_track, r)
    out[at + 3 * n], out[at + 4 * n], out[at + 5 * n] = (
        _dot(radial, v),
        _dot(in_track, v),
        _dot(cross_track, v),
    )
    out[at + RANGE * n], out[at + SPEED * n] = math.sqrt(_dot(r, r)), math.sqrt(_dot(v, v))


@kernel
def motion_of_states(r1: Floats, v1: Floats, r2: Floats, v2: Floats) -> Floats:
    """Return the relative motion (8, n) of states, km and km/s, (n, 3) each."""
    n = len(r1)
    out = np.empty(N_QUANTITIES * n)
    for i in range(n):
        _write(r1[i], v1[i], r2[i], v2[i], out, i, n)
    return out.reshape(N_QUANTITIES, n)


@leaf
def _motions(first: Floats, second: Floats, out: Floats) -> None:
    """Set the relative motion (8 * LANES,) of the states in two buffers."""
    prefer_wide_vectors()
    for j in range(L):
        r1 = first[RX * L + j], first[RY * L + j], first[RZ * L + j]
        v1 = first[VX * L + j], first[VY * L + j], first[VZ * L + j]
        r2 = second[RX * L + j], second[RY * L + j], second[RZ * L + j]
        v2 = second[VX * L + j], second[VY * L + j], second[VZ * L + j]
        _write(r1, v1, r2, v2, out, j, L)


@kernel
def motions(first: Objects, second: Objects, which: Ints, times_ns: Ints, out: Floats) -> None:
    """Write the relative motion of the pairs `which`, at an instant each, into columns of `out` (8, n)."""
    stages_1, table_1, epoch_1, origin_1, nodes_1, _, _, of_1 = first
    stages_2, table_2, epoch_2, origin_2, nodes_2, _, _, of_2 = second
    buf_1, buf_2, motion = np.zeros(N_ROWS * L), np.zeros(N_ROWS * L), np.zeros(N_QUANTITIES * L)
    slots_1, slots_2 = np.zeros(L, np.int64), np.zeros(L, np.int64)
    epochs_1, epochs_2 = np.zeros(L, np.int64), np.zeros(L, np.int64)
    pairs = np.zeros(L, np.int64)
    for start in range(0, len(which), L):
        count = min(L, len(which) - start)
        for j in range(L):
            pairs[j] = which[start + min(j, count - 1)]
        for lane in range(0, L, WIDTH):
            enter(table_1, epoch_1, of_1, pairs, lane, slots_1, epochs_1, buf_1)
            enter(table_2, epoch_2, of_2, pairs, lane, slots_2, epochs_2, buf_2)
        for j in range(L):
            now = times_ns[pairs[j]]
            buf_1[T * L + j] = (now - epochs_1[j]) / NS_PER_MINUTE
            buf_2[T * L + j] = (now - epochs_2[j]) / NS_PER_MINUTE
        run_stages(stages_1, buf_1, origin_1, nodes_1, slots_1, velocity=True)
        run_stages(stages_2, buf_2, origin_2, nodes_2, slots_2, velocity=True)
        _motions(buf_1, buf_2, motion)
        for q in range(N_QUANTITIES):
            for j in range(count):
                out[q, pairs[j]] = motion[q * L + j]


def motion_of_pairs(model: Model, row_1: Ints, row_2: Ints, times_ns: Ints) -> tuple[Floats, Ints]:
    """Return the relative motion (8, n) of pairs of objects at instants when both have a state.

    The second result are the numbers of those pairs that it has to leave.
    """
    out = np.empty((N_QUANTITIES, len(row_1)))
    span_ns = (int(times_ns.min()), int(times_ns.max())) if len(times_ns) else (0, 0)
    groups, left = by_regime(model, row_1, row_2, span_ns)
    for first, second, which in groups:
        motions(first, second, which, times_ns, out)
    return out, left
