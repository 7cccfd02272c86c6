"""What depends on an object's path from its epoch on: resonance nodes and first failures.

Both are computed once, kept, and extended when a longer span is asked for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu.constants import STEPP
from gpuprop.engines.cpu.drivers import stages
from gpuprop.engines.cpu.initialize import NEAR
from gpuprop.engines.cpu.latch import CELL_MINUTES, scan
from gpuprop.engines.cpu.resonance import N_NODE, integrate_all
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuprop.engines.cpu.arrays import Floats, Ints


# Nodes tabulated beyond what was asked for, so that a window that moves on is not
# tabulated anew at every step
_MARGIN_NODES = 2
# Nodes held at a time: 48 bytes each, some 200 MB
_MAX_NODES = 4_000_000
_LEAST_PER_BLOCK, _BLOCKS_PER_THREAD = 512, 4


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes of the resonance integrator: node k of slot i is row ``origin[i] + k`` of the table."""

    origin: Ints
    table: Floats


NO_NODES = Nodes(np.zeros(0, np.int64), np.zeros((0, N_NODE)))


class NodeCache:
    """The tabulated nodes of the resonant objects of a group.

    Parameters
    ----------
    resonance : ndarray, shape (n, N_RESONANCE)
        Constants of the integrator; no rows for a group without resonance.
    """

    def __init__(self, resonance: Floats) -> None:
        self.resonance = resonance
        self._lock = threading.Lock()
        self._low = self._high = np.zeros(len(resonance), np.int64)
        self._nodes = NO_NODES

    def pieces(self, low_minutes: Floats, high_minutes: Floats) -> Iterator[tuple[slice, Nodes]]:
        """Yield the nodes for spans (n,) of minutes since epoch.

        One piece holds all objects, unless that would take more memory than may be kept. Then each
        piece holds as many objects as fit, and lives as long as the caller keeps it.
        """
        low, high = _node_numbers(low_minutes, high_minutes)
        kept = self._kept(low, high)
        if kept is not None:
            yield slice(0, len(low)), kept
            return
        piece = np.cumsum(high - low + 1) // _MAX_NODES
        for number in np.unique(piece):
            begin, end = np.searchsorted(piece, (number, number + 1))
            yield slice(begin, end), self._tabulated(low, high, slice(begin, end))

    def whole(self, low_minutes: Floats, high_minutes: Floats) -> Nodes | None:
        """Return the nodes of all objects for spans (n,) of minutes since epoch; None if too many."""
        return self._kept(*_node_numbers(low_minutes, high_minutes))

    def _kept(self, low: Ints, high: Ints) -> Nodes | None:
        """Return nodes of all objects, widened where needed; None if they are too many to keep."""
        with self._lock:
            if len(self._nodes.table) and np.all(self._low <= low) and np.all(high <= self._high):
                return self._nodes
            wide_low, wide_high = low - _MARGIN_NODES, high + _MARGIN_NODES
            if len(self._nodes.table):
                wide_low, wide_high = np.minimum(wide_low, self._low), np.maximum(wide_high, self._high)
            if int((wide_high - wide_low + 1).sum()) > _MAX_NODES:
                return None
            self._nodes = self._tabulated(wide_low, wide_high, slice(0, len(low)))
            self._low, self._high = wide_low, wide_high
            return self._nodes

    def _tabulated(self, low: Ints, high: Ints, piece: slice) -> Nodes:
        """Compute the nodes of a piece of the objects; origins are given for all."""
        count = np.zeros(len(low), np.int64)
        count[piece] = high[piece] - low[piece] + 1
        origin = np.cumsum(count) - count - low
        table = np.empty((int(count.sum()), N_NODE))

        def run(block: slice) -> None:
            integrate_all(self.resonance[block], origin[block], low[block], high[block], table)

        map_blocks(run, _blocks(piece.start, piece.stop))
        return Nodes(origin, table)


def _node_numbers(low_minutes: Floats, high_minutes: Floats) -> tuple[Ints, Ints]:
    """First and last node, with one to spare, that spans of minutes since epoch may need."""
    low, high = np.trunc(low_minutes / STEPP) - 1, np.trunc(high_minutes / STEPP) + 1
    return low.astype(np.int64), high.astype(np.int64)


class Failures:
    """When each near-Earth object first fails, before and after its epoch.

    Parameters
    ----------
    table : ndarray, shape (n, N_NEAR)
        The constants of the near-Earth group.
    """

    def __init__(self, table: Floats) -> None:
        self._table = table
        self._lock = threading.Lock()
        n = len(table)
        self._cells = {1: np.zeros(n, np.int64), -1: np.zeros(n, np.int64)}
        self._failed = {1: np.full(n, np.inf), -1: np.full(n, -np.inf)}

    def within(self, low_minutes: Floats, high_minutes: Floats) -> tuple[Floats, Floats]:
        """Return the failing marks nearest to the epoch, before and after it, minutes (n,).

        Infinite where there is none as far as the spans (n,) of minutes since epoch go.
        """
        with self._lock:
            self._extend(-1, -low_minutes)
            self._extend(1, high_minutes)
            return self._failed[-1], self._failed[1]

    def _extend(self, direction: int, minutes: Floats) -> None:
        """Scan on one side of the epoch as far as the given minutes."""
        wanted = np.ceil(np.maximum(minutes, 0.0) / CELL_MINUTES).astype(np.int64)
        cells = self._cells[direction]
        slots = np.flatnonzero(wanted > cells)
        if not len(slots):
            return
        # Others may be reading the arrays that are there
        cells, failed = cells.copy(), self._failed[direction].copy()

        def run(block: slice) -> None:
            scan(
                stages(NEAR), NO_NODES.origin, NO_NODES.table, self._table, slots[block], cells, wanted,
                direction, failed,
            )  # fmt: skip

        map_blocks(run, _blocks(0, len(slots)))
        self._cells[direction] = cells
        self._failed[direction] = failed


def _blocks(begin: int, end: int) -> list[slice]:
    """Cut a range into blocks for the threads."""
    size = max(_LEAST_PER_BLOCK, -(-(end - begin) // (_BLOCKS_PER_THREAD * get_num_threads())))
    return [slice(b, min(b + size, end)) for b in range(begin, end, size)]
