"""From objects and times to states: fills the work buffer and empties it again.

Every driver runs the same stages on the same lanes, so a state has the same bits
whichever of them computed it. They differ in what the lanes stand for: the times of one
object, the objects at one time, or any list of (object, time) requests.

The objects of a driver call belong to one regime (that of ``stages``) and are given by their slots
in that regime's table of constants.
"""

# ruff: noqa: FBT001 - compiled functions take no arguments by keyword alone

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import types

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import address_of, call_at, inlined, kernel, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.deep_space import long_period, mean_longitude, periodics, perturbed_angles
from gpuprop.engines.cpu.emit import WIDTH, emit_minutes, emit_same, gather_eight
from gpuprop.engines.cpu.initialize import NEAR, RESONANT
from gpuprop.engines.cpu.kepler import kepler_finish, kepler_first
from gpuprop.engines.cpu.near_earth import drag, secular
from gpuprop.engines.cpu.orientation import orient, short_period
from gpuprop.engines.cpu.resonance import fetch_nodes, resonant_longitude
from gpuprop.engines.cpu.rows import LANES as L
from gpuprop.engines.cpu.signatures import F1, F2, I1
from gpuprop.engines.cpu.store import (
    GROUPS,
    prefetch_columns,
    prefetch_groups,
    store_columns,
    store_groups,
    store_one,
)

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bytes, Floats, Ints

NS_PER_MINUTE = 6.0e10


class Stages(NamedTuple):
    """The stages of a regime: where the code of all regimes begins, and which of them it is."""

    address: int
    kind: int


STAGES = types.void(types.int64, F1, I1, F2, I1, types.boolean)
_call_stages = call_at(STAGES)


@cache
def stages(kind: int) -> Stages:
    """Return what the drivers need to know of the stages of a regime."""
    return Stages(address_of(all_stages, STAGES), kind)


@leaf
def all_stages(kind: int, buf: Floats, origin: Ints, nodes: Floats, slots: Ints, velocity: bool) -> None:
    """Run all stages on the buffer; ``slots`` (LANES,) name the lanes' objects."""
    if kind == NEAR:
        secular(buf)
        drag(buf)
    else:
        if kind == RESONANT:
            fetch_nodes(buf, origin, nodes, slots)
            resonant_longitude(buf)
        else:
            mean_longitude(buf)
        periodics(buf)
        perturbed_angles(buf)
        long_period(buf)
    kepler_first(buf)
    kepler_finish(buf)
    short_period(buf)
    orient(buf, velocity)


@inlined
def run_stages(stages: Stages, buf: Floats, origin: Ints, nodes: Floats, slots: Ints, velocity: bool) -> None:
    """Run the stages of a regime, which are one function for all drivers, not a part of each."""
    _call_stages(stages.address, (stages.kind, buf, origin, nodes, slots, velocity))


@leaf
def load(table: Floats, slots: Ints, buf: Floats) -> None:
    """Put the constants of the lanes' objects into the buffer."""
    prefer_wide_vectors()
    for c in range(0, table.shape[1], WIDTH):
        for j in range(0, L, WIDTH):
            gather_eight(table, slots, j, c, buf, j)


@leaf
def broadcast(table: Floats, slot: int, slots: Ints, buf: Floats) -> None:
    """Put the constants of one object into every lane."""
    prefer_wide_vectors()
    slots[:] = slot
    row = table[slot]
    for c in range(table.shape[1]):
        value = row[c]
        for j in range(L):
            buf[c * L + j] = value


@inlined
def _spread(table: Floats, slot: int, first: int, slots: Ints, buf: Floats) -> None:
    """Put the constants of one object into the eight lanes from `first` on."""
    for c in range(table.shape[1]):
        emit_same(buf, c * L + first, table[slot, c])
    for j in range(first, first + WIDTH):
        slots[j] = slot


@leaf
def _fill_groups(
    table: Floats,
    epoch_ns: Ints,
    slots: Ints,
    targets: Ints,
    times_ns: Ints,
    minutes: Floats,
    relative: bool,
    begin: int,
    end: int,
    taken: int,
    at: int,
    n_time: int,
    lane_slots: Ints,
    places: Ints,
    counts: Ints,
    buf: Floats,
) -> tuple[int, int]:
    """Give each eight lanes the next times, from number `at` on, of the next object, number `taken`.

    Returns the object and time that are next then. Where nothing is left, lanes repeat the last object.
    """
    prefer_wide_vectors()
    n = slots.shape[0]
    for group in range(L // WIDTH):
        lane, own = group * WIDTH, min(taken, n - 1)
        if lane_slots[lane] != slots[own]:
            _spread(table, slots[own], lane, lane_slots, buf)
        if at + WIDTH <= end and not relative:
            emit_minutes(times_ns, at, epoch_ns[slots[own]], NS_PER_MINUTE, buf, rows.T * L + lane)
        else:
            for j in range(WIDTH):
                k = min(at + j, end - 1)
                since = minutes[k] if relative else (times_ns[k] - epoch_ns[slots[own]]) / NS_PER_MINUTE
                buf[rows.T * L + lane + j] = since
        places[group] = targets[own] * n_time + at
        counts[group] = min(WIDTH, end - at) if taken < n else 0
        at += WIDTH
        if at >= end:
            taken, at = taken + 1, begin
    return taken, at


@leaf
def minutes_of_objects(buf: Floats, instant: int, epochs: Ints) -> None:
    """Set the time of every lane from its object's epoch (LANES,), all for the same instant."""
    prefer_wide_vectors()
    for j in range(L):
        buf[rows.T * L + j] = (instant - epochs[j]) / NS_PER_MINUTE


@kernel
def over_times(
    stages: Stages,
    table: Floats,
    epoch_ns: Ints,
    slots: Ints,
    targets: Ints,
    times_ns: Ints,
    minutes: Floats,
    relative: bool,
    n_time: int,
    begin: int,
    end: int,
    velocity: bool,
    origin: Ints,
    nodes: Floats,
    r: Floats,
    v: Floats,
    status: Bytes,
) -> None:
    """Compute each object's states, its times side by side in the lanes.

    Eight lanes always stand for the same object, others perhaps for the next one. Object ``slots[i]`` goes to
    row ``targets[i]`` of the output (n, n_time), which is given flat. The times are those numbered ``begin``
    to ``end``; with ``relative``, ``minutes`` since each object's epoch.
    """
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.full(L, -1)
    places, counts = np.zeros(GROUPS, np.int64), np.zeros(GROUPS, np.int64)
    taken, at = 0, begin
    while taken < slots.shape[0]:
        taken, at = _fill_groups(
            table,
            epoch_ns,
            slots,
            targets,
            times_ns,
            minutes,
            relative,
            begin,
            end,
            taken,
            at,
            n_time,
            lane_slots,
            places,
            counts,
            buf,
        )
        prefetch_groups(counts, velocity, places, r, v)
        run_stages(stages, buf, origin, nodes, lane_slots, velocity=velocity)
        store_groups(buf, counts, velocity, places, r, v, status)


@kernel
def over_objects(
    stages: Stages,
    table: Floats,
    epoch_ns: Ints,
    slots: Ints,
    targets: Ints,
    times_ns: Ints,
    minutes: Floats,
    relative: bool,
    n_time: int,
    begin: int,
    end: int,
    velocity: bool,
    origin: Ints,
    nodes: Floats,
    r: Floats,
    v: Floats,
    status: Bytes,
) -> None:
    """Compute the same as `over_times` with objects side by side in the lanes, for few times."""
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    lane_epochs = np.zeros(L, np.int64)
    for start in range(0, slots.shape[0], L):
        count = min(L, slots.shape[0] - start)
        for j in range(L):
            lane_slots[j] = slots[start + min(j, count - 1)]
            lane_epochs[j] = epoch_ns[lane_slots[j]]
        load(table, lane_slots, buf)
        for k in range(begin, end):
            if relative:
                buf[rows.T * L : (rows.T + 1) * L] = minutes[k]
            else:
                minutes_of_objects(buf, times_ns[k], lane_epochs)
            run_stages(stages, buf, origin, nodes, lane_slots, velocity=velocity)
            for j in range(count):
                store_one(buf, j, velocity, targets[start + j] * n_time + k, r, v, status)


@kernel
def positions_by_time(
    stages: Stages,
    table: Floats,
    epoch_ns: Ints,
    slots: Ints,
    targets: Ints,
    times_ns: Ints,
    origin: Ints,
    nodes: Floats,
    out: Floats,
    status: Bytes,
) -> None:
    """Compute positions alone, time-major: ``out`` (n_time, 3 * n), ``status`` (n_time, n)."""
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    lane_epochs = np.zeros(L, np.int64)
    for start in range(0, slots.shape[0], L):
        count = min(L, slots.shape[0] - start)
        lane_targets = targets[start : start + count]
        consecutive = True
        for j in range(L):
            lane_slots[j] = slots[start + min(j, count - 1)]
            lane_epochs[j] = epoch_ns[lane_slots[j]]
        for j in range(count):
            consecutive &= lane_targets[j] == lane_targets[0] + j
        load(table, lane_slots, buf)
        for k in range(times_ns.shape[0]):
            minutes_of_objects(buf, times_ns[k], lane_epochs)
            prefetch_columns(count, lane_targets, out[k], status.shape[1])
            run_stages(stages, buf, origin, nodes, lane_slots, velocity=False)
            store_columns(buf, count, consecutive, lane_targets, out[k], status[k])


@kernel
def requests(
    stages: Stages,
    table: Floats,
    epoch_ns: Ints,
    slots: Ints,
    targets: Ints,
    times_ns: Ints,
    velocity: bool,
    origin: Ints,
    nodes: Floats,
    r: Floats,
    v: Floats,
    status: Bytes,
) -> None:
    """Compute one state per request: object ``slots[i]`` at ``times_ns[targets[i]]``.

    It goes to number ``targets[i]`` of the output, ``r`` and ``v`` flat (3 * m,), ``status`` (m,).
    """
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    for start in range(0, slots.shape[0], L):
        count = min(L, slots.shape[0] - start)
        for j in range(L):
            i = start + min(j, count - 1)
            lane_slots[j] = slots[i]
            buf[rows.T * L + j] = (times_ns[targets[i]] - epoch_ns[slots[i]]) / NS_PER_MINUTE
        load(table, lane_slots, buf)
        run_stages(stages, buf, origin, nodes, lane_slots, velocity=velocity)
        for j in range(count):
            store_one(buf, j, velocity, targets[start + j], r, v, status)
