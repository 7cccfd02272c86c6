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
def run_stages(kind, buf, origin, nodes, slots, velocity):
    """Run all stages on the buffer; ``slots`` (LANES,) name the lanes' objects."""
    if kind == NEAR:
        near_earth(buf)
    else:
        if kind == RESONANT:
            fetch_nodes(buf, origin, nodes, slots)
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
def _load(table, slots, buf):
    """Put the constants of the lanes' objects into the buffer."""
    for j in range(L):
        row = table[slots[j]]
        for c in range(rows.N_CONSTANTS):
            buf[c * L + j] = row[c]


@kernel
def broadcast(table, slot, slots, buf):
    """Put the constants of one object into every lane."""
    prefer_wide_vectors()
    slots[:] = slot
    row = table[slot]
    for c in range(rows.N_CONSTANTS):
        value = row[c]
        for j in range(L):
            buf[c * L + j] = value


@kernel
def _minutes_of_lanes(buf, times_ns, epoch):
    """Set the time of every lane from its instant (LANES,), all for the same object."""
    prefer_wide_vectors()
    for j in range(L):
        buf[rows.T * L + j] = (times_ns[j] - epoch) / _NS_PER_MINUTE


@kernel
def _minutes_of_objects(buf, instant, epochs):
    """Set the time of every lane from its object's epoch (LANES,), all for the same instant."""
    prefer_wide_vectors()
    for j in range(L):
        buf[rows.T * L + j] = (instant - epochs[j]) / _NS_PER_MINUTE


@kernel
def _emit_vectors(buf, row, out):
    """Interleave three rows of the buffer into ``out`` (3 * count,)."""
    prefer_wide_vectors()
    count = out.shape[0] // 3
    for j in range(count):
        out[3 * j] = buf[row * L + j]
        out[3 * j + 1] = buf[(row + 1) * L + j]
        out[3 * j + 2] = buf[(row + 2) * L + j]


@kernel
def _emit_status(buf, out):
    """Convert the status row into ``out`` (count,)."""
    prefer_wide_vectors()
    for j in range(out.shape[0]):
        out[j] = np.uint8(buf[rows.CODE * L + j])


@kernel
def over_times(
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
    origin,
    nodes,
    r,
    v,
    status,
):
    """Compute each object's states, its times side by side in the lanes.

    Object ``slots[i]`` goes to row ``targets[i]`` of the output, which is given flat: ``r`` and ``v``
    (n * n_time * 3,), ``status`` (n, n_time). The times are those numbered ``begin`` to ``end``;
    with ``relative``, ``minutes`` since each object's epoch.
    """
    n_time = status.shape[1]
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    lane_times = np.zeros(L, np.int64)
    for i in range(slots.shape[0]):
        broadcast(table, slots[i], lane_slots, buf)
        for start in range(begin, end, L):
            count = min(L, end - start)
            for j in range(L):
                k = start + min(j, count - 1)
                if relative:
                    buf[rows.T * L + j] = minutes[k]
                else:
                    lane_times[j] = times_ns[k]
            if not relative:
                _minutes_of_lanes(buf, lane_times, epoch_ns[slots[i]])
            run_stages(kind, buf, origin, nodes, lane_slots, velocity=velocity)
            place = targets[i] * n_time + start
            _emit_vectors(buf, rows.RX, r[3 * place : 3 * (place + count)])
            if velocity:
                _emit_vectors(buf, rows.VX, v[3 * place : 3 * (place + count)])
            _emit_status(buf, status[targets[i], start : start + count])


@kernel
def _scatter_vectors(buf, row, places, count, out):
    """Copy three rows of the buffer to the vectors numbered ``places`` of the flat ``out``."""
    for j in range(count):
        place = 3 * places[j]
        out[place] = buf[row * L + j]
        out[place + 1] = buf[(row + 1) * L + j]
        out[place + 2] = buf[(row + 2) * L + j]


@kernel
def over_objects(
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
    origin,
    nodes,
    r,
    v,
    status,
):
    """Compute the same as `over_times` with objects side by side in the lanes, for few times."""
    n_time = status.shape[1]
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    places = np.zeros(L, np.int64)
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
            run_stages(kind, buf, origin, nodes, lane_slots, velocity=velocity)
            for j in range(count):
                places[j] = targets[start + j] * n_time + k
                status[targets[start + j], k] = np.uint8(buf[rows.CODE * L + j])
            _scatter_vectors(buf, rows.RX, places, count, r)
            if velocity:
                _scatter_vectors(buf, rows.VX, places, count, v)


@kernel
def _emit_columns(buf, targets, count, consecutive, x, y, z, status):
    """Copy positions and status of the lanes to the columns ``targets`` of one instant."""
    prefer_wide_vectors()
    if consecutive:
        first = targets[0]
        sx, sy, sz, sc = x[first:], y[first:], z[first:], status[first:]
        for j in range(count):
            sx[j] = buf[rows.RX * L + j]
        for j in range(count):
            sy[j] = buf[rows.RY * L + j]
        for j in range(count):
            sz[j] = buf[rows.RZ * L + j]
        for j in range(count):
            sc[j] = np.uint8(buf[rows.CODE * L + j])
    else:
        for j in range(count):
            target = targets[j]
            x[target] = buf[rows.RX * L + j]
            y[target] = buf[rows.RY * L + j]
            z[target] = buf[rows.RZ * L + j]
            status[target] = np.uint8(buf[rows.CODE * L + j])


@kernel
def positions_by_time(kind, table, epoch_ns, slots, targets, times_ns, origin, nodes, out, status):
    """Compute positions alone, time-major: ``out`` (n_time, 3, n), ``status`` (n_time, n)."""
    buf = np.zeros(rows.N_ROWS * L)
    lane_slots = np.zeros(L, np.int64)
    lane_epochs = np.zeros(L, np.int64)
    for start in range(0, slots.shape[0], L):
        count = min(L, slots.shape[0] - start)
        for j in range(L):
            lane_slots[j] = slots[start + min(j, count - 1)]
            lane_epochs[j] = epoch_ns[lane_slots[j]]
        _load(table, lane_slots, buf)
        consecutive = True
        for j in range(count):
            consecutive &= targets[start + j] == targets[start] + j
        for k in range(times_ns.shape[0]):
            _minutes_of_objects(buf, times_ns[k], lane_epochs)
            run_stages(kind, buf, origin, nodes, lane_slots, velocity=False)
            plane = out[k]
            _emit_columns(
                buf,
                targets[start : start + count],
                count,
                consecutive,
                plane[0],
                plane[1],
                plane[2],
                status[k],
            )


@kernel
def requests(kind, table, epoch_ns, slots, targets, times_ns, velocity, origin, nodes, r, v, status):
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
            buf[rows.T * L + j] = (times_ns[targets[i]] - epoch_ns[slots[i]]) / _NS_PER_MINUTE
        _load(table, lane_slots, buf)
        run_stages(kind, buf, origin, nodes, lane_slots, velocity=velocity)
        places = targets[start : start + count]
        _scatter_vectors(buf, rows.RX, places, count, r)
        if velocity:
            _scatter_vectors(buf, rows.VX, places, count, v)
        for j in range(count):
            status[places[j]] = np.uint8(buf[rows.CODE * L + j])
