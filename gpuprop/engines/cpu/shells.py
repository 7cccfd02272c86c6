"""Neighbours in a step: objects in the order of radius, then of direction.

An object may meet those whose radii and directions overlap with its own. Its lower radius puts it into a
spherical shell, a strip of directions between two values of x, and a bin between two of y. Every pair that
overlaps is met once, from the object with the lower one of the lower radii: the other lower radius lies
in its radius interval, so in its own shell or in one of those that the interval reaches up to. There, the
bins within both half arcs follow each other in each strip.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.arcs import BULGE, GRADIENT
from gpuprop.engines.cpu.compile import inlined, kernel, leaf, to_bits
from gpuprop.engines.cpu.lanes import HALF, LOWER, MID_X, MID_Y, UPPER, WIDTH
from gpuprop.pages import zeros_in_own_pages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.engines.geometry import SieveGeometry

    Array = NDArray[Any]

# Radii are told apart by the leading bits of a float64, which grow with them: 256 fine shells, of 16 km,
# from 4096 to 8192 km, and as many for each doubling after that. Below and beyond all are alike.
_MANTISSA_BITS_LEFT = 44
_FIRST_FINE = int(np.float64(4096.0).view(np.int64)) >> _MANTISSA_BITS_LEFT
N_FINE = 9 * 256
# Fine shells are joined until they have this many objects
_SMALLEST_SHELL = 64
# A shell with more is cut into strips
_LARGEST_STRIP = 256
_BINS_PER_REACH, _PER_BIN = 10.0, 4

# Rows of the table of shells. The first is by fine shell; until these are joined, BINS counts their objects
SHELL_OF, POPULATION, STRIPS, BINS, BASE, N_SHELL_ROWS = range(6)


@inlined
def fine_shell(radius: float, coarser: int) -> int:
    """Fine shell of a float32 radius; never lower for a larger one."""
    bits = to_bits(np.float64(radius)) >> (_MANTISSA_BITS_LEFT + coarser)
    return min(max(bits - (_FIRST_FINE >> coarser), 0), N_FINE - 1)


@inlined
def piece(component: float, n: int) -> int:
    """Which of n pieces of -1..1 a component of a direction lies in, or is nearest to."""
    return min(max(int((component + 1.0) * 0.5 * n), 0), n - 1)


@leaf
def join_shells(arcs: Array, coarser: int, shell: Array, table: Array, widest: Array) -> None:
    """Assign objects to shells with enough of them each, -1 if they have no arc; note the widest half arc."""
    for s in range(N_FINE):
        table[BINS, s], table[POPULATION, s], widest[s] = 0, 0, 0.0
    for k in range(shell.size):
        shell[k] = -1
        if arcs[HALF, k] >= 0.0:
            shell[k] = fine_shell(np.float32(arcs[LOWER, k]), coarser)
            table[BINS, shell[k]] += 1
    joined = 0
    for s in range(N_FINE):
        table[SHELL_OF, s] = joined
        table[POPULATION, joined] += table[BINS, s]
        if table[POPULATION, joined] >= _SMALLEST_SHELL:
            joined += 1
    for k in range(shell.size):
        if shell[k] >= 0:
            shell[k] = table[SHELL_OF, shell[k]]
            widest[shell[k]] = max(widest[shell[k]], np.float32(arcs[HALF, k]))


@leaf
def cut_shells(spread: float, table: Array, widest: Array) -> int:
    """Cut each shell into strips and bins by its population; return the number of all bins."""
    n_bins = 0
    for s in range(N_FINE):
        population = table[POPULATION, s]
        reach = 2.0 * widest[s] + spread
        strips = max(1, min(int(2.0 / reach), population // _LARGEST_STRIP))
        bins = max(1, min(int(_BINS_PER_REACH / reach), population // (_PER_BIN * strips)))
        table[STRIPS, s], table[BINS, s], table[BASE, s] = strips, bins, n_bins
        if population > 0:
            n_bins += strips * bins
    return n_bins


@leaf
def place(arcs: Array, shell: Array, table: Array, n_bins: int, bin_of: Array, begin: Array) -> None:
    """Find each object's bin, and in ``begin[b + 1]`` where bin b begins, which `fill` moves to its end."""
    for b in range(n_bins + 2):
        begin[b] = 0
    for k in range(shell.size):
        s = shell[k]
        if s >= 0:
            strip, n = piece(arcs[MID_X, k], table[STRIPS, s]), table[BINS, s]
            bin_of[k] = table[BASE, s] + strip * n + piece(arcs[MID_Y, k], n)
            begin[bin_of[k] + 2] += 1
    for b in range(n_bins):
        begin[b + 2] += begin[b + 1]


@leaf
def fill(
    p0: Array,
    p1: Array,
    arcs: Array,
    coarser: int,
    shell: Array,
    bin_of: Array,
    begin: Array,
    table: Array,
    rows: Array,
    member: Array,
    top: Array,
    chord: Array,
) -> None:
    """Write what the sweep reads of each object into its slot; those of bin b begin at ``begin[b]``."""
    for k in range(shell.size):
        if shell[k] < 0:
            continue
        slot = begin[bin_of[k] + 1]
        begin[bin_of[k] + 1] = slot + 1
        member[slot] = k
        for row in range(6):
            rows[row, slot] = arcs[row, k]
        top[slot] = table[SHELL_OF, fine_shell(rows[UPPER, slot], coarser)]
        for axis in range(3):
            chord[slot, axis] = p0[axis, k]
            chord[slot, 3 + axis] = p1[axis, k]
        chord[slot, 6] = arcs[GRADIENT, k]
        chord[slot, 7] = arcs[BULGE, k]


@kernel
def sort_by_place(
    p0: Array,
    p1: Array,
    arcs: Array,
    spread: float,
    coarser: int,
    places: tuple[Array, ...],
    shells: tuple[Array, ...],
    slots: tuple[Array, ...],
) -> None:
    """Put every object that has an arc into a slot, sorted by shell, strip and bin."""
    shell, bin_of = places
    table, widest, begin = shells
    rows, member, top, chord = slots
    join_shells(arcs, coarser, shell, table, widest)
    n_bins = cut_shells(spread, table, widest)
    place(arcs, shell, table, n_bins, bin_of, begin)
    fill(p0, p1, arcs, coarser, shell, bin_of, begin, table, rows, member, top, chord)


def coarseness(geometry: SieveGeometry) -> int:
    """Return how often fine shells are doubled: they are not much thinner than the threshold."""
    return max(0, math.ceil(math.log2(geometry.threshold_km / 64.0)))


def working_memory(n: int) -> tuple[tuple[NDArray[Any], ...], ...]:
    """Allocate places, shells and slots of n objects, as `sort_by_place` fills them."""
    shell, bin_of = zeros_in_own_pages((2, n), np.int32)
    table, widest = np.zeros((N_SHELL_ROWS, N_FINE), np.int32), np.zeros(N_FINE, np.float32)
    begin = zeros_in_own_pages((n + N_FINE + 2,), np.int32)
    # The last vector reads beyond the last object, the gate whatever slot stands where no hit does.
    member, top = zeros_in_own_pages((2, n + WIDTH), np.int32)
    rows = zeros_in_own_pages((6, n + WIDTH), np.float32)
    chord = zeros_in_own_pages((n + WIDTH, 8))
    return (shell, bin_of), (table, widest, begin), (rows, member, top, chord)
