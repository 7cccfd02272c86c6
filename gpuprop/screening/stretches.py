"""Candidates of the sieve, joined into stretches of time in which a pair has to be looked at.

Time is cut into cells of `CELL_NS` from the start of the window. They are the grid on which
refinement samples a pair, the same for every step length: what is found in a cell depends
on the pair and the cell alone.

The columns are NumPy's from an engine on the CPU and CuPy's from one on a GPU, and stay where they are:
this is written in functions of NumPy that CuPy answers for its own arrays.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gpuprop.screening.plan import Plan

CELL_NS = 10_000_000_000
# Rounding of the spans, which are float32, as part of a step
_SPAN_MARGIN = 1e-5
# Catalog rows, and cells of the longest window, have fewer bits
_ROW_BITS, _CELL_BITS = 31, 32
_LARGEST = 2**63 - 1


class Stretches(NamedTuple):
    """Pairs of catalog rows, each with its first and last cell; all (n,) int64."""

    row_1: NDArray[np.int64]
    row_2: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Stretches:
        """Return some of them."""
        return Stretches(*(column[which] for column in self))


def from_candidates(
    pair: NDArray[np.int32], span: NDArray[np.float32], rows: NDArray[np.int64], plan: Plan
) -> Stretches:
    """Turn the sieve's candidates into one stretch each.

    `rows` are the catalog rows that the sieve numbered 0, 1, ...; they come such that of two
    objects the one that is to stand first has the smaller row.
    """
    a, b = rows[pair[:, 0]], rows[pair[:, 1]]
    low = np.clip(span[:, 0].astype(np.float64) - _SPAN_MARGIN, 0.0, 1.0)
    high = np.clip(span[:, 1].astype(np.float64) + _SPAN_MARGIN, 0.0, 1.0)
    begin = pair[:, 2].astype(np.int64) * plan.step_ns
    first = (begin + np.floor(low * plan.step_ns).astype(np.int64)) // CELL_NS
    last = (begin + np.ceil(high * plan.step_ns).astype(np.int64)) // CELL_NS
    return Stretches(np.minimum(a, b), np.maximum(a, b), first, last)


def from_windows(
    pair: NDArray[np.int64],
    span: NDArray[np.float64],
    begin_ns: NDArray[np.int64],
    end_ns: NDArray[np.int64],
    plan: Plan,
) -> Stretches:
    """Turn pairs of catalog rows, near in parts (n, 2) of windows of time, ns UTC, into one stretch each."""
    inside = np.clip(span + (-_SPAN_MARGIN, _SPAN_MARGIN), 0.0, 1.0) * (end_ns - begin_ns)[:, None]
    begin = begin_ns - plan.start_ns
    first = (begin + np.floor(inside[:, 0]).astype(np.int64)) // CELL_NS
    last = (begin + np.ceil(inside[:, 1]).astype(np.int64)) // CELL_NS
    return Stretches(pair.min(axis=1), pair.max(axis=1), np.maximum(first, 0), last)


def concatenated(parts: Iterable[Stretches]) -> Stretches:
    """Put lists of stretches, which may be none, one after the other."""
    columns = list(zip(*parts, strict=True)) or [(np.zeros(0, np.int64),)] * len(Stretches._fields)
    return Stretches(*map(np.concatenate, columns))


def join(parts: list[Stretches]) -> Stretches:
    """Join stretches of a pair that touch or overlap; sort by pair and time."""
    stretches = concatenated(parts)
    if not len(stretches.first):
        return stretches
    stretches = stretches.take(_order(stretches))
    pair = (stretches.row_1 << _ROW_BITS) + stretches.row_2
    begins = np.ones_like(pair, dtype=bool)
    begins[1:] = pair[1:] != pair[:-1]
    # The ends of each pair, in order too. Before a stretch there is a gap if as many have ended as had begun:
    # if even the last of so many ends lies before its neighbouring cell.
    number = np.cumsum(begins) << _CELL_BITS
    ended = np.sort(number + stretches.last) - number
    begins[1:] |= stretches.first[1:] > ended[:-1] + 1
    ends = np.ones_like(begins)
    ends[:-1] = begins[1:]
    return Stretches(stretches.row_1[begins], stretches.row_2[begins], stretches.first[begins], ended[ends])


def _order(stretches: Stretches) -> NDArray[np.int64]:
    """Order by pair and first cell: by one number, four times as fast, where that fits into 64 bits."""
    keys = stretches.row_1, stretches.row_2, stretches.first - stretches.first.min()
    sizes = [int(key.max()) + 1 for key in keys]
    if math.prod(sizes) > _LARGEST:
        return np.lexsort(np.stack(keys[::-1]))
    return np.argsort((keys[0] * sizes[1] + keys[1]) * sizes[2] + keys[2])


def closed_before(stretches: Stretches, cell: int) -> tuple[Stretches, Stretches]:
    """Part those that nothing from `cell` on can touch any more from the others."""
    closed = stretches.last < cell - 1
    return stretches.take(closed), stretches.take(~closed)


def from_cell(stretches: Stretches, cell: int) -> tuple[Stretches, Stretches]:
    """Part those that begin at `cell` or later from the earlier ones."""
    later = stretches.first >= cell
    return stretches.take(later), stretches.take(~later)


def batches(stretches: Stretches, n_samples: int) -> list[Stretches]:
    """Cut into pieces with about n_samples cells each; at least one piece."""
    size = stretches.last - stretches.first + 4
    number = (np.cumsum(size) - size) // n_samples
    borders = np.flatnonzero(np.diff(number)) + 1
    return [
        stretches.take(slice(begin, end))
        for begin, end in zip([0, *borders.tolist()], [*borders.tolist(), len(size)], strict=True)
    ]
