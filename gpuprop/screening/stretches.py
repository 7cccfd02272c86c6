"""Candidates of the sieve, joined into stretches of time in which a pair has to be looked at.

Time is cut into cells of `CELL_NS` from the start of the window. They are the grid on which
refinement samples a pair, the same for every step length: what is found in a cell depends
on the pair and the cell alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.screening.plan import Plan

CELL_NS = 10_000_000_000
# Rounding of the spans, which are float32, as part of a step
_SPAN_MARGIN = 1e-5


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


def join(parts: list[Stretches]) -> Stretches:
    """Join stretches of a pair that touch or overlap; sort by pair and time."""
    stretches = Stretches(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    stretches = stretches.take(
        np.lexsort((stretches.last, stretches.first, stretches.row_2, stretches.row_1))
    )
    if not len(stretches.first):
        return stretches
    new_pair = np.ones(len(stretches.first), bool)
    new_pair[1:] = (np.diff(stretches.row_1) != 0) | (np.diff(stretches.row_2) != 0)
    # Cells may only be compared within a pair: shift each pair's cells above all earlier ones.
    shift = np.cumsum(new_pair) * (int(stretches.last.max()) + 3)
    reached = np.maximum.accumulate(stretches.last + shift)
    begins = np.ones(len(reached), bool)
    begins[1:] = stretches.first[1:] + shift[1:] > reached[:-1] + 1
    ends = np.append(np.flatnonzero(begins)[1:] - 1, len(begins) - 1)
    return Stretches(
        stretches.row_1[begins], stretches.row_2[begins], stretches.first[begins], (reached - shift)[ends]
    )


def closed_before(stretches: Stretches, cell: int) -> tuple[Stretches, Stretches]:
    """Part those that nothing from `cell` on can touch any more from the others."""
    closed = stretches.last < cell - 1
    return stretches.take(closed), stretches.take(~closed)


def batches(stretches: Stretches, n_samples: int) -> list[Stretches]:
    """Cut into pieces with about n_samples cells each; at least one piece."""
    size = stretches.last - stretches.first + 4
    number = (np.cumsum(size) - size) // n_samples
    borders = np.flatnonzero(np.diff(number)) + 1
    return [
        stretches.take(slice(begin, end))
        for begin, end in zip([0, *borders.tolist()], [*borders.tolist(), len(size)], strict=True)
    ]
