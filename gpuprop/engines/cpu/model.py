"""A catalog made ready for propagation: constants, grouped by what they are propagated with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import kernel
from gpuprop.engines.cpu.constants import RADIUSEARTHKM
from gpuprop.engines.cpu.drivers import NS_PER_MINUTE
from gpuprop.engines.cpu.history import NO_NODES, Failures, NodeCache, Nodes
from gpuprop.engines.cpu.initialize import (
    DEEP,
    ECCENTRICITY,
    NEAR,
    RESONANT,
    initialize_some,
    move_rows,
)
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuprop.engines.cpu.arrays import Bools, Bytes, Floats, Ints


# Objects of the lowest of these classes, below 0.05, need no further pass of Kepler's equation
_ECCENTRICITY_CLASSES = 20
# Columns of the tables of constants of each regime
_WIDTHS = (rows.NEAR_WIDTH, rows.DEEP_WIDTH, rows.DEEP_WIDTH)
# From that many buckets for each object on, counting objects takes longer than comparing them
_BUCKETS_PER_FEW = 8
# Element sets that a thread initializes at least
_LEAST_INITIALIZED = 2048
# Pieces are made ready for whole half days, and the last ones kept
_READY_NS, _PIECES_KEPT = 12 * 3600 * 10**9, 3


@dataclass(frozen=True, eq=False)
class Piece:
    """Some consecutive slots of a group, and what their past tells about a span of time.

    Failures are the failing marks nearest to the epoch, before and after it, of every slot of the
    group, in minutes; infinite where there is none.
    """

    slots: slice
    nodes: Nodes
    failures: tuple[Floats, Floats] | None

    @cached_property
    def fails(self) -> Bools:
        """Tell of each slot whether its object fails somewhere."""
        if self.failures is None:
            return np.zeros(self.slots.stop, np.bool_)
        before, after = self.failures
        fails: Bools = np.isfinite(before) | np.isfinite(after)
        return fails

    def late(self, slots: Ints | int, minutes: Floats) -> Bools:
        """Tell which minutes since epoch lie beyond a failing mark of their object."""
        if self.failures is None:
            return np.zeros(len(minutes), np.bool_)
        before, after = self.failures
        late: Bools = (minutes < before[slots]) | (minutes > after[slots])
        return late


@dataclass(frozen=True, eq=False)
class Group:
    """The objects of one regime, those of similar eccentricity together, else in the given order.

    Neighbours in the lanes then need about as many passes of Kepler's equation, and are mostly
    neighbours in the output too. An object's place in its group is its slot.
    """

    kind: int
    objects: Ints
    table: Floats
    epoch_ns: Ints
    nodes: NodeCache
    failures: Failures
    _ready: list[tuple[tuple[int, int], Piece]] = field(default_factory=list, repr=False)

    def pieces(self, low_minutes: Floats | float, high_minutes: Floats | float) -> Iterator[Piece]:
        """Yield all objects, in pieces that fit into memory, ready for a span of minutes since epoch."""
        n = len(self.objects)
        if not n:
            return
        low, high = np.broadcast_to(low_minutes, n), np.broadcast_to(high_minutes, n)
        if self.kind == RESONANT:
            for slots, nodes in self.nodes.pieces(low, high):
                yield Piece(slots, nodes, None)
        else:
            failures = self.failures.within(low, high) if self.kind == NEAR else None
            yield Piece(slice(0, n), NO_NODES, failures)

    def whole(self, span_ns: tuple[int, int]) -> Piece | None:
        """Return all objects as one piece, ready for a span of ns UTC; None if they do not fit.

        The last ones are kept, so that many small requests do not look through all objects each.
        """
        for (first, last), piece in self._ready:
            if first <= span_ns[0] and span_ns[1] <= last:
                return piece
        span_ns = span_ns[0] // _READY_NS * _READY_NS, -(-span_ns[1] // _READY_NS) * _READY_NS
        low, high = ((instant - self.epoch_ns) / NS_PER_MINUTE for instant in span_ns)
        if self.kind == RESONANT:
            nodes = self.nodes.whole(low, high)
            made = None if nodes is None else Piece(slice(0, len(low)), nodes, None)
        else:
            made = next(self.pieces(low, high), None)
        if made is not None:
            self._ready[:] = [(span_ns, made), *self._ready[: _PIECES_KEPT - 1]]
        return made

    @classmethod
    def of(cls, kind: int, objects: Ints, table: Floats, epoch_ns: Ints, resonance: Floats) -> Group:
        """Make the group of some objects from the tables of their constants."""
        failures = Failures(table[: len(objects) if kind == NEAR else 0])
        return cls(kind, objects, table, epoch_ns[objects], NodeCache(resonance), failures)


@dataclass(frozen=True, eq=False)
class Model:
    """What `CpuEngine.initialize` returns; serves any times, from any thread.

    Attributes
    ----------
    epoch_ns : ndarray of int64, shape (n,)
        Epochs, ns UTC.
    a_km : ndarray of float64, shape (n,)
        Mean semi-major axis at epoch, km; NaN where the element set is not usable.
    regime : ndarray of uint8, shape (n,)
        0 not usable, 1 near-Earth, 2 deep space, 3 deep space with resonance. A state costs
        about 1 : 1.8 : 1.9 in the last three.
    mode : str
        As initialized: ``"afspc"`` or ``"improved"``.
    order : ndarray of int64, shape (n,)
        The objects in the order in which the engine holds them. Asked for in this order,
        positions are written in long runs, which is the fastest.
    """

    epoch_ns: Ints
    a_km: Floats
    regime: Bytes
    mode: str
    order: Ints
    groups: tuple[Group, ...]
    _rank: Ints = field(repr=False)

    def __len__(self) -> int:
        return len(self.epoch_ns)

    @cached_property
    def epoch_range_ns(self) -> tuple[int, int]:
        """First and last epoch."""
        return int(self.epoch_ns.min()), int(self.epoch_ns.max())

    @classmethod
    def build(cls, elements: Floats, epoch_ns: Ints, mode: str) -> Model:
        """Initialize every object and sort it into its group."""
        n = len(elements)
        regime = np.zeros(n, np.uint8)
        # Only what is written to takes memory
        near, deep, resonant = (np.empty((n, width)) for width in _WIDTHS)
        resonance = np.empty((n, rows.N_RESONANCE))
        similar = np.floor(_ECCENTRICITY_CLASSES * elements[:, ECCENTRICITY])
        objects = np.argsort(similar, kind="stable")
        size = max(_LEAST_INITIALIZED, -(-n // get_num_threads()))

        def run(begin: int) -> tuple[int, int, int]:
            some = objects[begin : begin + size]
            return initialize_some(
                elements, some, mode == "improved", begin, near, deep, resonant, resonance, regime
            )

        begins = range(0, n, size)
        counts = np.array(map_blocks(run, begins)).reshape(-1, len(_WIDTHS))
        groups = []
        for number, (kind, table) in enumerate(((NEAR, near), (DEEP, deep), (RESONANT, resonant))):
            table = _closed_up(table, begins, counts[:, number])
            of_kind = _closed_up(resonance, begins, counts[:, number] if kind == RESONANT else [])
            found = objects[regime[objects] == kind]
            groups.append(Group.of(kind, found, table, epoch_ns, of_kind))
        a_km = np.full(n, np.nan)
        for group in groups:
            a_km[group.objects] = group.table[:, rows.SQRT_AO] ** 2 * RADIUSEARTHKM
        order = np.concatenate([*(group.objects for group in groups), np.flatnonzero(regime == 0)])
        model = cls(epoch_ns, a_km, regime, mode, order, tuple(groups), np.empty(n, np.int64))
        for begin, group in zip(model._begins, groups, strict=False):
            model._rank[group.objects] = begin + np.arange(len(group.objects))
        model._rank[regime == 0] = model._begins[-1]
        return model

    @cached_property
    def _begins(self) -> Ints:
        """Rank of the first object of each group, and that of all objects that are not usable."""
        bits = _bucket_bits(len(self))
        return np.cumsum([0, *(_whole_buckets(len(group.objects), bits) for group in self.groups)])

    @cached_property
    def _group(self) -> Bytes:
        """Group of each object, `len(groups)` for one that is not usable."""
        return np.searchsorted(self._begins[1:], self._rank, side="right").astype(np.uint8)

    @cached_property
    def _slot(self) -> Ints:
        """Place of each object in its group."""
        return self._rank - self._begins[self._group]

    def located(self, objects: Ints) -> tuple[Bytes, Ints]:
        """Return the group of each object, `len(groups)` for one that is not usable, and its slot there."""
        return self._group[objects], self._slot[objects]

    def split(self, objects: Ints) -> Iterator[tuple[Group, Ints, Ints]]:
        """Sort a list of object numbers into groups: group, slots in it, places in the list.

        Slots come in about their order, so that neighbours are near each other in the tables.
        """
        bits, ranks = _bucket_bits(len(self)), self._rank[objects]
        buckets = self._begins >> bits
        n_buckets = int(buckets[-1]) + 1
        if _BUCKETS_PER_FEW * len(ranks) < n_buckets:
            places = np.argsort(ranks)
            ranks = ranks[places]
            firsts = np.searchsorted(ranks, self._begins)
        else:
            ranks, places, all_firsts = sorted_by_bucket(ranks, bits, n_buckets)
            firsts = all_firsts[buckets]
        for number, group in enumerate(self.groups):
            part = slice(firsts[number], firsts[number + 1])
            if part.stop > part.start:
                yield group, ranks[part] - self._begins[number], places[part]


def _closed_up(table: Floats, begins: Iterable[int], counts: Iterable[int]) -> Floats:
    """Move parts of a table, each of so many rows from where it begins, up to each other; return them."""
    end = 0
    for begin, count in zip(begins, counts, strict=False):
        if begin > end:
            move_rows(table, begin, end, count)
        end += count
    return table[:end]


def _whole_buckets(n: int, bits: int) -> int:
    """Ranks that a group of n objects takes up: it ends with a bucket."""
    return -(-n >> bits) << bits


def _bucket_bits(n: int) -> int:
    """Logarithm of how many neighbouring ranks share a bucket, so that the counters stay in the cache."""
    return max(0, n.bit_length() - 15)


@kernel
def sorted_by_bucket(ranks: Ints, bits: int, n_buckets: int) -> tuple[Ints, Ints, Ints]:
    """Sort by counting: ranks in the order of their buckets, their places before, first of each bucket."""
    begins = np.zeros(n_buckets + 1, np.int64)
    for rank in ranks:
        begins[(rank >> bits) + 1] += 1
    for bucket in range(n_buckets):
        begins[bucket + 1] += begins[bucket]
    free = begins.copy()
    ordered, places = np.empty_like(ranks), np.empty_like(ranks)
    for i in range(len(ranks)):
        at = free[ranks[i] >> bits]
        free[ranks[i] >> bits] += 1
        ordered[at] = ranks[i]
        places[at] = i
    return ordered, places, begins
