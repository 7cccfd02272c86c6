"""A catalog made ready for propagation: constants, grouped by what they are propagated with."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.constants import RADIUSEARTHKM, STEPP
from gpuprop.engines.cpu.initialize import DEEP, NEAR, RESONANT, initialize_all
from gpuprop.engines.cpu.resonance import N_NODE, integrate_all

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Memory that tabulated resonance nodes may take, bytes
_NODE_BUDGET = 256 * 2**20
# Nodes tabulated beyond what was asked for, so that a window that moves on is not
# tabulated anew at every step
_MARGIN_NODES = 8


@dataclass(frozen=True, eq=False)
class Group:
    """The objects of one regime, ordered by eccentricity.

    Neighbours in the lanes then need about as many passes of Kepler's equation.
    """

    kind: int
    objects: Ints
    table: Floats
    epoch_ns: Ints
    resonance: Floats


@dataclass(frozen=True, eq=False)
class Nodes:
    """Tabulated nodes of the resonance integrator: those of object i begin at number ``first[i]``."""

    first: Ints
    table: Floats

    def covers(self, low: Ints, high: Ints) -> bool:
        """Tell whether every object's nodes from low to high are tabulated."""
        return bool(np.all(self.first <= low) and np.all(high < self.first + self.table.shape[1]))


_NO_NODES = Nodes(np.zeros(0, np.int64), np.zeros((0, 0, N_NODE)))


def _tabulate(resonance: Floats, low: Ints, high: Ints) -> Nodes:
    span = int((high - low).max()) + 1 if low.size else 0
    table = np.empty((low.size, span, N_NODE))
    integrate_all(resonance, low, table)
    return Nodes(low, table)


@dataclass(eq=False)
class Model:
    """What `CpuEngine.initialize` returns; the same object for any times, from any thread.

    Attributes
    ----------
    epoch_ns : ndarray of int64, shape (n,)
        Epochs, ns UTC.
    a_km : ndarray of float64, shape (n,)
        Mean semi-major axis at epoch, km; NaN where the element set is not usable.
    regime : ndarray of uint8, shape (n,)
        0 not usable, 1 near-Earth, 2 deep space, 3 deep space with resonance. Costs rise in
        this order, about as 1 : 1.5 : 1.6.
    mode : {"afspc", "improved"}
        As initialized.
    """

    epoch_ns: Ints
    a_km: Floats
    regime: npt.NDArray[np.uint8]
    mode: str
    groups: tuple[Group, ...]
    rank: Ints
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _nodes: Nodes = _NO_NODES

    def __len__(self) -> int:
        return len(self.epoch_ns)

    @classmethod
    def build(cls, elements: Floats, epoch_ns: Ints, mode: str) -> Model:
        """Initialize every object and sort it into its group."""
        n = len(elements)
        table = np.zeros((n, rows.N_CONSTANTS))
        resonance = np.zeros((n, rows.N_RESONANCE))
        regime = np.zeros(n, np.uint8)
        initialize_all(elements, mode == "improved", table, resonance, regime)
        a_km = np.where(regime > 0, table[:, rows.SQRT_AO] ** 2 * RADIUSEARTHKM, np.nan)
        groups = []
        rank = np.full(n, n, np.int64)
        begin = 0
        for kind in (NEAR, DEEP, RESONANT):
            objects = np.flatnonzero(regime == kind)
            objects = objects[np.argsort(table[objects, rows.ECCO], kind="stable")]
            rank[objects] = begin + np.arange(len(objects))
            begin += len(objects)
            groups.append(Group(kind, objects, table[objects], epoch_ns[objects], resonance[objects]))
        unusable = np.flatnonzero(regime == 0)
        rank[unusable] = begin + np.arange(len(unusable))
        return cls(epoch_ns, a_km, regime, mode, tuple(groups), rank)

    def split(self, objects: Ints) -> Iterator[tuple[Group, Ints, Ints]]:
        """Sort a list of object numbers into groups: group, slots in it, places in the list."""
        ranks = self.rank[objects]
        order = _order_of(ranks, len(self))
        ranks = ranks[order]
        begin = 0
        for group in self.groups:
            end = begin + len(group.objects)
            low, high = np.searchsorted(ranks, (begin, end))
            if high > low:
                yield group, ranks[low:high] - begin, order[low:high]
            begin = end

    def nodes(self, group: Group, low_minutes: Floats, high_minutes: Floats) -> Nodes:
        """Return the integrator's nodes of all resonant objects for spans of minutes since epoch."""
        if group.kind != RESONANT:
            return _NO_NODES
        low = np.trunc(low_minutes / STEPP).astype(np.int64) - 1
        high = np.trunc(high_minutes / STEPP).astype(np.int64) + 1
        with self._lock:
            if not (self._nodes.first.size and self._nodes.covers(low, high)):
                self._nodes = self._extended(group.resonance, low, high)
            return self._nodes

    def _extended(self, resonance: Floats, low: Ints, high: Ints) -> Nodes:
        """Tabulate what is asked for, a margin, and what is there already if memory allows."""
        low, high = low - _MARGIN_NODES, high + _MARGIN_NODES
        if self._nodes.first.size:
            union_low = np.minimum(low, self._nodes.first)
            union_high = np.maximum(high, self._nodes.first + self._nodes.table.shape[1] - 1)
            if _bytes(union_low, union_high) <= _NODE_BUDGET:
                return _tabulate(resonance, union_low, union_high)
        return _tabulate(resonance, low, high)


def _bytes(low: Ints, high: Ints) -> int:
    return int((high - low).max() + 1) * len(low) * N_NODE * 8


def _order_of(ranks: Ints, n: int) -> Ints:
    """Argsort of ranks below n; a table of places instead of a sort where none repeats."""
    place = np.full(n, -1, np.int64)
    place[ranks] = np.arange(len(ranks))
    order = place[place >= 0]
    return order if len(order) == len(ranks) else np.argsort(ranks, kind="stable")
