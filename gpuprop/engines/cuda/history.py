"""What depends on an object's path from its epoch on, kept on the device: resonance nodes, first failures.

Both are computed for the span of time that is asked for, and extended when that grows.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.constants import STEPP
from gpuprop.errors import GpupropError

if TYPE_CHECKING:
    from gpuprop.engines.cuda.device import Device
    from gpuprop.engines.cuda.model import Group

__all__ = ["History", "Span"]

NEAR, DEEP, RESONANT = 1, 2, 3
_NS_PER_MINUTE = 6.0e10
_N_NODE = 6
_MARK_MINUTES = 2.0
_CELL_MINUTES = 720.0
_MARKS_PER_CELL = 360
# Cells noted for one object in a pass; an object that fails needs no more than its first ones
_NOTED = 8
_NO_MARK = np.iinfo(np.int64).max


Range = tuple[int, int] | tuple[float, float] | None


@dataclass(frozen=True)
class Span:
    """First and last instant, ns UTC, and first and last minute since each object's epoch, if any."""

    times_ns: Range = None
    minutes: Range = None

    def holds(self, other: Span) -> bool:
        """Whether another span lies within this one."""
        return self.joined(other) == self

    def joined(self, other: Span) -> Span:
        """Return the span from the first to the last of both."""
        return Span(_hull(self.times_ns, other.times_ns), _hull(self.minutes, other.minutes))


def _hull(a: Range, b: Range) -> Range:
    if a is None or b is None:
        return b if a is None else a
    return min(a[0], b[0]), max(a[1], b[1])


@dataclass(eq=False)
class History:
    """Nodes and failures of one group.

    Attributes
    ----------
    descriptor : array of int64, shape (8,)
        The group as the kernels take it: addresses and the number of objects.
    before, after : array of float64, shape (n,)
        Failing marks nearest to the epoch on either side of it, minutes; infinite where there is none.
    """

    device: Device
    group: Group
    before: Any = field(init=False)
    after: Any = field(init=False)
    descriptor: Any = field(init=False)

    def __post_init__(self) -> None:
        xp, n = self.device.xp, self.group.n
        self._lock = threading.Lock()
        self._span = Span()
        self._held: tuple[Any, Any] = (None, None)
        self._origin = xp.zeros(n, np.int64)
        self._nodes = xp.empty((0, _N_NODE))
        self._cells = {-1: xp.zeros(n, np.int64), 1: xp.zeros(n, np.int64)}
        self.before, self.after = xp.full(n, -np.inf), xp.full(n, np.inf)
        self._describe()

    def cover(self, span: Span) -> Any:
        """Return the descriptor, valid for a span; extend what is known where needed."""
        with self._lock:
            if not self._span.holds(span):
                wanted = self._span.joined(span)
                if self.group.kind == RESONANT:
                    self._tabulate(wanted)
                elif self.group.kind == NEAR:
                    low, high = self.minutes(wanted)
                    self.before = self._first_failures(-1, -low, self.before)
                    self.after = self._first_failures(1, high, self.after)
                self._span = wanted
                self._describe()
                self.device.synchronize()
            return self.descriptor

    def _describe(self) -> None:
        arrays = (self.group.objects, self.group.epoch_ns, self.before, self.after, self._origin, self._nodes)
        # Work in another stream may still be reading what has just been replaced
        self._held = (self._held[-1], arrays)
        addresses = [self.device.address(array) for array in arrays]
        fields = [self.device.address(self.group.table), self.group.n, *addresses]
        self.descriptor = self.device.xp.asarray(np.array(fields, np.int64))

    def minutes(self, span: Span) -> tuple[Any, Any]:
        """Return the first and last minute since epoch of every object."""
        xp, epoch = self.device.xp, self.group.epoch_ns
        low, high = xp.full(self.group.n, np.inf), xp.full(self.group.n, -np.inf)
        if span.minutes is not None:
            low[:], high[:] = span.minutes
        if span.times_ns is not None:
            first, last = span.times_ns
            low = xp.minimum(low, (first - epoch) / _NS_PER_MINUTE)
            high = xp.maximum(high, (last - epoch) / _NS_PER_MINUTE)
        return low, high

    def nodes_bytes(self, span: Span) -> int:
        """Return what the nodes would take if the span were to be covered; 0 if it is."""
        if self.group.kind != RESONANT or self._span.holds(span):
            return 0
        low, high = self._node_range(self._span.joined(span))
        return int((high - low + 1).sum()) * _N_NODE * 8

    def _node_range(self, span: Span) -> tuple[Any, Any]:
        """First and last node of every object for a span, one beyond it on either side."""
        low, high = (self.device.xp.trunc(minutes / STEPP).astype(np.int64) for minutes in self.minutes(span))
        return low - 1, high + 1

    def _tabulate(self, span: Span) -> None:
        """Tabulate the integrator's nodes."""
        xp = self.device.xp
        low, high = self._node_range(span)
        count = high - low + 1
        total = int(count.sum())
        try:
            nodes = xp.empty((total, _N_NODE))
        except self.device.out_of_memory as error:
            raise GpupropError(
                f"so far from their epochs {self.group.n:,} resonant objects need "
                f"{total * 8 * _N_NODE / 1e9:.1f} GB of device memory; propagate fewer objects at once, "
                "or use engine='cpu'"
            ) from error
        origin = xp.cumsum(count) - count - low
        self.device.launch(
            "tabulate_nodes", 2 * self.group.n, self.group.resonance, self.group.n, origin, low, high, nodes
        )
        self._origin, self._nodes = origin, nodes

    def _first_failures(self, direction: int, minutes: Any, known: Any) -> Any:
        """Look for failing marks on one side of the epochs as far as the given minutes."""
        xp = self.device.xp
        failed, done = known.copy(), self._cells[direction]
        wanted = xp.maximum(xp.ceil(minutes / _CELL_MINUTES).astype(np.int64), done)
        wanted = xp.where(xp.isfinite(failed), done, wanted)
        pending = xp.flatnonzero(done < wanted)
        while len(pending):
            marks = self._pass(pending, done, wanted, float(direction))
            found = marks != _NO_MARK
            hit = pending[found]
            failed[hit] = direction * _MARK_MINUTES * marks[found]
            done[hit] = wanted[hit]
            pending = pending[done[pending] < wanted[pending]]
        return failed

    def _pass(self, slots: Any, done: Any, wanted: Any, direction: float) -> Any:
        """Bound further cells of each object, scan what the bounds leave; return first failing marks."""
        xp, m = self.device.xp, len(slots)
        noted = xp.empty(m * _NOTED, np.int64)
        cells = slots, m, done, wanted, direction, noted, _NOTED
        self.device.launch("bound_failures", m, self.descriptor, *cells)
        entries = xp.flatnonzero(noted >= 0)
        marks = xp.full(m, _NO_MARK, np.int64)
        threads = len(entries) * (_MARKS_PER_CELL + 1)
        arguments = (self.descriptor, slots, direction, noted, _NOTED, entries, len(entries), marks)
        self.device.launch("scan_marks", threads, *arguments)
        return marks
