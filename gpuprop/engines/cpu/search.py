"""Ranges of pairs for the tasks of refinement: many pairs side by side, each at instants of its own.

A pair stays in its lane, with the constants of both objects, from its task's first instant to its last.
Lanes are filled eight at a time, as soon as the tasks of all eight are done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import kernel, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.drivers import NS_PER_MINUTE, run_stages
from gpuprop.engines.cpu.emit import WIDTH
from gpuprop.engines.cpu.pairs import Objects, by_regime, enter
from gpuprop.engines.cpu.refine import NEXT, feed
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bools, Floats, Ints
    from gpuprop.engines.cpu.model import Model
    from gpuprop.engines.cpu.refine import Tasks


# Idle ones of eight lanes from which on it pays to transpose the constants of eight objects again
_WORTH_REFILLING = 3


@leaf
def _refill(which: Ints, taken: int, tasks: Ints, busy: Bools, fresh: Bools) -> int:
    """Give the next tasks to idle lanes, where enough of eight are idle; return how many are taken in all."""
    for group in range(L // WIDTH):
        idle = 0
        for j in range(group * WIDTH, (group + 1) * WIDTH):
            idle += 0 if busy[j] else 1
        fresh[group] = idle >= _WORTH_REFILLING and taken < len(which)
        if fresh[group]:
            for j in range(group * WIDTH, (group + 1) * WIDTH):
                if not busy[j] and taken < len(which):
                    tasks[j], busy[j] = which[taken], True
                    taken += 1
    return taken


@leaf
def _set_times(
    whole: Ints, tasks: Ints, epochs_1: Ints, epochs_2: Ints, buf_1: Floats, buf_2: Floats
) -> None:
    """Set the minutes of every lane from the instant its task wants."""
    prefer_wide_vectors()
    for j in range(L):
        now = whole[tasks[j], NEXT]
        buf_1[rows.T * L + j] = (now - epochs_1[j]) / NS_PER_MINUTE
        buf_2[rows.T * L + j] = (now - epochs_2[j]) / NS_PER_MINUTE


@leaf
def _ranges(first: Floats, second: Floats, out: Floats) -> None:
    """Squared distance, km^2, between the positions in two buffers."""
    prefer_wide_vectors()
    for j in range(L):
        x = second[rows.RX * L + j] - first[rows.RX * L + j]
        y = second[rows.RY * L + j] - first[rows.RY * L + j]
        z = second[rows.RZ * L + j] - first[rows.RZ * L + j]
        out[j] = x * x + y * y + z * z


@leaf
def _void_late(before: Floats, after: Floats, slots: Ints, buf: Floats, range2: Floats) -> None:
    """Take back the ranges of lanes whose object has failed before, on the way from its epoch."""
    for j in range(L):
        minutes, slot = buf[rows.T * L + j], slots[j]
        if minutes < before[slot] or minutes > after[slot]:
            range2[j] = np.nan


@leaf
def _feed_lanes(
    kind: int, whole: Ints, real: Floats, out: Floats, tasks: Ints, range2: Floats, busy: Bools
) -> bool:
    """Feed the tasks of all busy lanes; those that are done make their lanes idle. Tells whether all are."""
    all_idle = True
    for j in range(L):
        if busy[j]:
            busy[j] = not feed(kind, whole, real, out, tasks[j], range2[j])
            all_idle &= not busy[j]
    return all_idle


@kernel
def run_tasks(
    kind: int, first: Objects, second: Objects, which: Ints, whole: Ints, real: Floats, out: Floats
) -> None:
    """Run the tasks `which`; task i is about the objects in slots first.slots[i] and second.slots[i]."""
    stages_1, table_1, epoch_1, origin_1, nodes_1, before_1, after_1, of_1 = first
    stages_2, table_2, epoch_2, origin_2, nodes_2, before_2, after_2, of_2 = second
    buf_1, buf_2 = np.zeros(rows.N_ROWS * L), np.zeros(rows.N_ROWS * L)
    slots_1, slots_2 = np.zeros(L, np.int64), np.zeros(L, np.int64)
    epochs_1, epochs_2 = np.zeros(L, np.int64), np.zeros(L, np.int64)
    range2, tasks, busy = np.zeros(L), np.full(L, which[0]), np.zeros(L, np.bool_)
    fresh = np.zeros(L // WIDTH, np.bool_)
    for group in range(L // WIDTH):  # a lane that no task comes to must have an object all the same
        enter(table_1, epoch_1, of_1, tasks, group * WIDTH, slots_1, epochs_1, buf_1)
        enter(table_2, epoch_2, of_2, tasks, group * WIDTH, slots_2, epochs_2, buf_2)
    taken, all_idle = 0, True
    while taken < len(which) or not all_idle:
        taken = _refill(which, taken, tasks, busy, fresh)
        for group in range(L // WIDTH):
            if fresh[group]:
                enter(table_1, epoch_1, of_1, tasks, group * WIDTH, slots_1, epochs_1, buf_1)
                enter(table_2, epoch_2, of_2, tasks, group * WIDTH, slots_2, epochs_2, buf_2)
        _set_times(whole, tasks, epochs_1, epochs_2, buf_1, buf_2)
        run_stages(stages_1, buf_1, origin_1, nodes_1, slots_1, velocity=False)
        run_stages(stages_2, buf_2, origin_2, nodes_2, slots_2, velocity=False)
        _ranges(buf_1, buf_2, range2)
        if before_1.size:
            _void_late(before_1, after_1, slots_1, buf_1, range2)
        if before_2.size:
            _void_late(before_2, after_2, slots_2, buf_2, range2)
        all_idle = _feed_lanes(kind, whole, real, out, tasks, range2, busy)


def search(model: Model, row_1: Ints, row_2: Ints, tasks: Tasks) -> Ints:
    """Run tasks about pairs of objects, (n,) each; return the numbers of those that it has to leave.

    Those are about objects that have no state at all, or are too many for their resonance to be kept.
    """
    groups, left = by_regime(model, row_1, row_2, tasks.span_ns)
    for first, second, which in groups:
        run_tasks(tasks.kind, first, second, which, tasks.whole, tasks.real, tasks.out)
    return left
