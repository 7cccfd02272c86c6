"""From objects and times to states: fills the work buffer and empties it again.

Every driver runs the same stages on the same lanes, so a state has the same bits
whichever of them computed it. They differ in what the lanes stand for: the times of one
object, the objects at one time, or any list of (object, time) requests.

The objects of a driver call belong to one regime (``kind``) and are given by their slots
in that regime's table of constants.
"""

from __future__ import annotations

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import kernel, prefer_wide_vectors
from gpuprop.engines.cpu.deep_space import deep_space, mean_longitude
from gpuprop.engines.cpu.initialize import NEAR, RESONANT
from gpuprop.engines.cpu.kepler import kepler_finish
from gpuprop.engines.cpu.near_earth import near_earth
from gpuprop.engines.cpu.orientation import position, position_and_velocity
from gpuprop.engines.cpu.resonance import fetch_nodes, resonant_longitude
from gpuprop.engines.cpu.rows import LANES as L

_NS_PER_MINUTE = 6.0e10


@kernel
def _run(kind, velocity, buf, nodes, first, slots):  # type: ignore[no-untyped-def]
    """Run all stages on the buffer; ``slots`` (LANES,) name the lanes' objects."""
    if kind == NEAR:
        near_earth(buf)
    else:
        if kind == RESONANT:
            fetch_nodes(buf, nodes, first, slots)
            resonant_longitude(buf)
        else:
            mean_longitude(buf)
        deep_space(buf)
    kepler_finish(buf)
    if velocity:
        position_and_velocity(buf)
    else:
        position(buf)


@kernel
def _load(table, slots, buf):  # type: ignore[no-untyped-def]
    """Put the constants of the lanes' objects into the buffer."""
    for j in range(L):
        row = table[slots[j]]
        for c in range(rows.N_CONSTANTS):
            buf[c * L + j] = row[c]


@kernel
def _broadcast(table, slot, slots, buf):  # type: ignore[no-untyped-def]
    """Put the constants of one object into every lane."""
    prefer_wide_vectors()
    slots[:] = slot
    row = table[slot]
    for c in range(rows.N_CONSTANTS):
        value = row[c]
        for j in range(L):
            buf[c * L + j] = value


@kernel
def _store(buf, j, velocity, r, v):  # type: ignore[no-untyped-def]
    """Copy one lane's state to ``r`` (3,) and ``v`` (3,)."""
    r[0] = buf[rows.RX * L + j]
    r[1] = buf[rows.RY * L + j]
    r[2] = buf[rows.RZ * L + j]
    if velocity:
        v[0] = buf[rows.VX * L + j]
        v[1] = buf[rows.VY * L + j]
        v[2] = buf[rows.VZ * L + j]


@kernel
def over_times(  # type: ignore[no-untyped-def]
    kind,
    table,
    epoch_ns,
    slots,
    targets,
    times_ns,
    minutes,
    relative,
    begin,
    end,
    velocity,
    first,
    nodes,
    r,
    v,
    status,
):
    """States of each object, its times side by side in the lanes.

    Object ``slots[i]`` goes to row ``targets[i]`` of ``r``, ``v`` (n, n_time, 3) and ``status``. The
    times are those numbered ``begin`` to ``end``; with ``relative``, ``minutes`` since each object's epoch.
    """
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    dummy = np.zeros(3)
    for i in range(slots.shape[0]):
        _broadcast(table, slots[i], lane_slots, buf)
        epoch = epoch_ns[slots[i]]
        target = targets[i]
        for start in range(begin, end, L):
            count = min(L, end - start)
            for j in range(L):
                k = start + min(j, count - 1)
                if relative:
                    buf[rows.T * L + j] = minutes[k]
                else:
                    buf[rows.T * L + j] = (times_ns[k] - epoch) / _NS_PER_MINUTE
            _run(kind, velocity, buf, nodes, first, lane_slots)
            for j in range(count):
                _store(buf, j, velocity, r[target, start + j], v[target, start + j] if velocity else dummy)
                status[target, start + j] = np.uint8(buf[rows.CODE * L + j])


@kernel
def over_objects(  # type: ignore[no-untyped-def]
    kind,
    table,
    epoch_ns,
    slots,
    targets,
    times_ns,
    minutes,
    relative,
    begin,
    end,
    velocity,
    first,
    nodes,
    r,
    v,
    status,
):
    """The same as `over_times` with objects side by side in the lanes, for few times."""
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    dummy = np.zeros(3)
    for start in range(0, slots.shape[0], L):
        count = min(L, slots.shape[0] - start)
        for j in range(L):
            lane_slots[j] = slots[start + min(j, count - 1)]
        _load(table, lane_slots, buf)
        for k in range(begin, end):
            for j in range(L):
                if relative:
                    buf[rows.T * L + j] = minutes[k]
                else:
                    buf[rows.T * L + j] = (times_ns[k] - epoch_ns[lane_slots[j]]) / _NS_PER_MINUTE
            _run(kind, velocity, buf, nodes, first, lane_slots)
            for j in range(count):
                target = targets[start + j]
                _store(buf, j, velocity, r[target, k], v[target, k] if velocity else dummy)
                status[target, k] = np.uint8(buf[rows.CODE * L + j])


@kernel
def positions_by_time(  # type: ignore[no-untyped-def]
    kind, table, epoch_ns, slots, targets, times_ns, first, nodes, out, status
):
    """Positions alone, time-major: ``out`` (n_time, 3, n), ``status`` (n_time, n)."""
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    for start in range(0, slots.shape[0], L):
        count = min(L, slots.shape[0] - start)
        for j in range(L):
            lane_slots[j] = slots[start + min(j, count - 1)]
        _load(table, lane_slots, buf)
        for k in range(times_ns.shape[0]):
            for j in range(L):
                buf[rows.T * L + j] = (times_ns[k] - epoch_ns[lane_slots[j]]) / _NS_PER_MINUTE
            _run(kind, False, buf, nodes, first, lane_slots)
            for j in range(count):
                target = targets[start + j]
                out[k, 0, target] = buf[rows.RX * L + j]
                out[k, 1, target] = buf[rows.RY * L + j]
                out[k, 2, target] = buf[rows.RZ * L + j]
                status[k, target] = np.uint8(buf[rows.CODE * L + j])


@kernel
def requests(  # type: ignore[no-untyped-def]
    kind, table, epoch_ns, slots, targets, times_ns, velocity, first, nodes, r, v, status
):
    """One state per (object, time): object ``slots[i]`` at ``times_ns[targets[i]]`` goes to row ``targets[i]``."""
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    dummy = np.zeros(3)
    for start in range(0, slots.shape[0], L):
        count = min(L, slots.shape[0] - start)
        for j in range(L):
            i = start + min(j, count - 1)
            lane_slots[j] = slots[i]
            buf[rows.T * L + j] = (times_ns[targets[i]] - epoch_ns[slots[i]]) / _NS_PER_MINUTE
        _load(table, lane_slots, buf)
        _run(kind, velocity, buf, nodes, first, lane_slots)
        for j in range(count):
            target = targets[start + j]
            _store(buf, j, velocity, r[target], v[target] if velocity else dummy)
            status[target] = np.uint8(buf[rows.CODE * L + j])
