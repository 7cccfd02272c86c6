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

_NS_PER_MINUTE = 6.0e10
_N_NODE = 6
_MARK_MINUTES = 2.0
_MARKS_PER_CELL = 360
# Cells noted for one object in a pass; an object that fails needs no more than its first ones
_NOTED = 8
_NO_MARK = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Span:
    """Instants from first to last, ns UTC, or minutes since each object's epoch; empty by default."""

    first_ns: int | None = None
    last_ns: int | None = None
    first_minute: float = 0.0
    last_minute: float = 0.0

    def holds(self, other: Span) -> bool:
        """Whether another span lies within this one."""
        if other.first_ns is not None and other.last_ns is not None:
            if self.first_ns is None or self.last_ns is None:
                return False
            if other.first_ns < self.first_ns or other.last_ns > self.last_ns:
                return False
        return self.first_minute <= other.first_minute and other.last_minute <= self.last_minute

    def joined(self, other: Span) -> Span:
        """Return the span from the first to the last of both."""
        first = [t for t in (self.first_ns, other.first_ns) if t is not None]
        last = [t for t in (self.last_ns, other.last_ns) if t is not None]
        return Span(
            min(first, default=None),
            max(last, default=None),
            min(self.first_minute, other.first_minute),
            max(self.last_minute, other.last_minute),
        )


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
        self._low = xp.zeros(n, np.int64)
        self._high = xp.full(n, -1, np.int64)
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
                low, high = self.minutes(wanted)
                if self.group.resonant:
                    self._tabulate(low, high)
                    self._describe()
                self.before = self._first_failures(-1, -low, self.before)
                self.after = self._first_failures(1, high, self.after)
                self._span = wanted
                self._describe()
                self.device.synchronize()
            return self.descriptor

    def _describe(self) -> None:
        arrays = (self.group.objects, self.group.epoch_ns, self.before, self.after, self._origin, self._nodes)
        addresses = [self.device.address(array) for array in arrays]
        fields = [self.device.address(self.group.table), self.group.n, *addresses]
        self.descriptor = self.device.xp.asarray(np.array(fields, np.int64))

    def minutes(self, span: Span) -> tuple[Any, Any]:
        """Return the first and last minute since epoch of every object, the epoch itself among them."""
        xp, epoch = self.device.xp, self.group.epoch_ns
        low = xp.full(self.group.n, min(0.0, span.first_minute))
        high = xp.full(self.group.n, max(0.0, span.last_minute))
        if span.first_ns is not None and span.last_ns is not None:
            low = xp.minimum(low, (span.first_ns - epoch) / _NS_PER_MINUTE)
            high = xp.maximum(high, (span.last_ns - epoch) / _NS_PER_MINUTE)
        return low, high

    def _tabulate(self, low_minutes: Any, high_minutes: Any) -> None:
        """Tabulate the integrator's nodes, one beyond the span on either side."""
        xp = self.device.xp
        low = xp.trunc(low_minutes / STEPP).astype(np.int64) - 1
        high = xp.trunc(high_minutes / STEPP).astype(np.int64) + 1
        count = high - low + 1
        total = int(count.sum())
        try:
            nodes = xp.empty((total, _N_NODE))
        except self.device.out_of_memory as error:
            raise GpupropError(
                f"the resonance nodes of {self.group.n:,} objects need {total * 8 * _N_NODE / 1e9:.1f} GB "
                "of device memory so far from their epochs; propagate fewer objects at once, or use engine='cpu'"
            ) from error
        origin = xp.cumsum(count) - count - low
        self.device.launch(
            "tabulate_nodes", 2 * self.group.n, self.group.resonance, self.group.n, origin, low, high, nodes
        )
        self._low, self._high, self._origin, self._nodes = low, high, origin, nodes

    def _first_failures(self, direction: int, minutes: Any, known: Any) -> Any:
        """Look for failing marks on one side of the epochs as far as the given minutes; return them all."""
        xp = self.device.xp
        failed, done = known.copy(), self._cells[direction]
        wanted = xp.maximum(xp.ceil(minutes / STEPP).astype(np.int64), done)
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
        """Bound further cells of each object and scan those that the bounds leave; return first failing marks."""
        xp, name, m = self.device.xp, self.group.kernel, len(slots)
        noted = xp.empty(m * _NOTED, np.int64)
        self.device.launch(
            f"{name}_bound", m, self.descriptor, slots, m, done, wanted, direction, noted, _NOTED
        )
        entries = xp.flatnonzero(noted >= 0)
        marks = xp.full(m, _NO_MARK, np.int64)
        threads = len(entries) * (_MARKS_PER_CELL + 1)
        arguments = (self.descriptor, slots, direction, noted, _NOTED, entries, len(entries), marks)
        self.device.launch(f"{name}_scan", threads, *arguments)
        return marks
