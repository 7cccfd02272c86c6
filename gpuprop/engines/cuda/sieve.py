"""The arc sieve on the device: many steps at once, sorted by one key, swept without barriers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cuda import states
from gpuprop.engines.cuda.blocks import in_halves
from gpuprop.engines.cuda.history import Span

if TYPE_CHECKING:
    import numpy.typing as npt

    from gpuprop.engines.cuda.device import Device
    from gpuprop.engines.cuda.model import Model
    from gpuprop.engines.geometry import SieveGeometry

__all__ = ["best_step_s", "candidates", "path_bounds", "sieve", "steps_per_block"]

Found = tuple[Any, Any]

# Positions, keys, sorted arcs, and what sorting takes beside them, for one object in one step
_BYTES_PER_ITEM = 160
# Cell starts and ends, for one cell in one step
_BYTES_PER_CELL = 16
# The number of a step has this many bits in a key
_MOST_STEPS = 1 << 14
_MOST_ITEMS = 1 << 26
_SHARE = 0.5

# Pairs whose radii and directions are compared in a step, per (objects x seconds)^2: counted on the bundled
# catalog at 60 to 180 s and on synthetic ones. One in five goes on to the gate, which reads four times as
# much, so that a comparison costs 1.8 of itself.
_COMPARED = 1.8 * 1.7e-8
# What an object costs in a step, in comparisons: its position, key and place in the order, and 13 lists of
# neighbours to be found, some 175 accesses to memory where a comparison takes 12
_OBJECT_COST = 15.0
_SHORTEST_STEP_S, _LONGEST_STEP_S = 10.0, 150.0


def _fitted(geometry: SieveGeometry, n: int) -> SieveGeometry:
    """Return a geometry with no more than some cells for each object: each step has a table of them."""
    side = min(geometry.side, 5 + int(1.5 * math.cbrt(n)))
    return geometry._replace(side=side, inverse_edge=min(geometry.inverse_edge, 0.5 * (side - 4)))


def best_step_s(n: int) -> float:
    """Return the step with the least work for each second of the window, s: whole tens.

    Work for objects falls with the step, that for pairs grows with it; at the best step both are the same.

    Examples
    --------
    >>> best_step_s(27_000), best_step_s(200_000), best_step_s(1_000_000)
    (130.0, 50.0, 20.0)
    """
    best = math.sqrt(_OBJECT_COST / (_COMPARED * max(n, 1)))
    return 10.0 * round(min(max(best, _SHORTEST_STEP_S), _LONGEST_STEP_S) / 10.0)


def steps_per_block(device: Device, geometry: SieveGeometry, n: int, limit: int | None) -> int:
    """Return how many steps one block may have, from the free memory, or a limit in bytes if that is less."""
    memory = int(_SHARE * device.free_bytes())
    memory = memory if limit is None else min(memory, limit)
    n_lists = _fitted(geometry, n).side ** 3 + 3
    per_step = _BYTES_PER_ITEM * max(n, 1) + _BYTES_PER_CELL * n_lists
    return max(1, min(_MOST_STEPS - 1, _MOST_ITEMS // max(n, 1), memory // per_step))


def path_bounds(device: Device, model: Model, unmodelled: npt.NDArray[np.float64]) -> tuple[Any, Any]:
    """Return what the sieve has to know of each object beside its positions, on the device, by rank.

    Semi-major axes, km, and the accelerations ``unmodelled``, km/s^2, which come by catalog row.
    """
    xp = device.xp
    semi_major = xp.asarray(np.nan_to_num(model.a_km, nan=1.0))
    return semi_major[model.order], xp.asarray(unmodelled)[model.order]


def candidates(
    device: Device,
    model: Model,
    geometry: SieveGeometry,
    times_ns: npt.NDArray[np.int64],
    bounds: tuple[Any, Any],
    first_step: int,
) -> tuple[Found, Any, Any]:
    """Find the pairs that may come within the threshold in the steps between given times.

    Returns pairs of ranks with spans, as `sieve` does, on the device; then, on the host, the catalog
    rows that have no state at some of the times, and a mask (n_time, rows) of where.
    """
    xp = device.xp
    span = Span(times_ns=(int(times_ns[0]), int(times_ns[-1])))

    def run(steps: slice) -> tuple[Any, ...]:
        instants = xp.asarray(times_ns[steps.start : steps.stop + 1])
        positions, status = states.positions(device, model, instants, span)
        failing = xp.flatnonzero((status != 0).any(axis=0))
        failed = device.to_host(xp.ascontiguousarray(status[:, failing] != 0))
        pair, part = sieve(device, geometry, positions, *bounds, first_step + steps.start)
        return pair, part, device.to_host(model.order[failing]), failed

    parts = in_halves(device, run, slice(0, len(times_ns) - 1))
    found = parts[0][:2] if len(parts) == 1 else tuple(
        xp.concatenate(column) for column in zip(*(part[:2] for part in parts), strict=True)
    )  # fmt: skip
    return found, *_joined(parts, len(times_ns))


def _joined(parts: list[tuple[Any, ...]], n_time: int) -> tuple[Any, Any]:
    """Put together which objects failed when; neighbouring parts share an instant."""
    failing = np.unique(np.concatenate([part[2] for part in parts]))
    failed = np.zeros((n_time, len(failing)), bool)
    begin = 0
    for part in parts:
        here = np.searchsorted(failing, part[2])
        failed[begin : begin + len(part[3]), here] |= part[3]
        begin += len(part[3]) - 1
    return failing, failed


def sieve(
    device: Device, geometry: SieveGeometry, positions: Any, semi_major: Any, slack: Any, first_step: int
) -> Found:
    """Find candidates of consecutive steps; arguments and results on the device.

    Parameters are those of `gpuprop.engines.cpu.sieve.sieve`, and so are the results, in any order.
    """
    xp = device.xp
    n_steps, n = len(positions) - 1, positions.shape[2]
    geometry = _fitted(geometry, n)
    m, n_lists = n * n_steps, geometry.side**3 + 3
    if not m:
        return xp.zeros((0, 3), np.int32), xp.zeros((0, 2), np.float32)
    arguments = xp.asarray(np.array(geometry, np.float64)), positions, n, n_steps
    keys = xp.empty(m, np.uint64)
    device.launch("arc_keys", m, *arguments, semi_major, slack, keys)
    order = xp.argsort(keys)
    keys = keys[order]
    rows, bounds = xp.empty((6, m), np.float32), xp.empty((2, m))
    member = xp.empty(m, np.int32)
    begin, end = xp.zeros((2, n_steps * n_lists), np.int64)
    arcs = rows, bounds, member
    device.launch("sort_arcs", m, *arguments, semi_major, slack, keys, order, *arcs, begin, end)
    room = 1024 + 2 * m // 256
    while True:
        pair, part = xp.empty((room, 3), np.int32), xp.empty((room, 2), np.float32)
        count = xp.zeros(1, np.uint64)
        found = pair, part, room, count
        device.launch("sweep_cells", m, *arguments, keys, *arcs, begin, end, *found)
        device.launch("sweep_wide", m, *arguments, keys, *arcs, end, *found)
        device.launch("pair_cut", m, *arguments, member, begin, end, *found)
        needed = int(device.to_host(count)[0])
        if needed <= room:
            break
        room = needed
    pair[:needed, 2] += first_step
    return pair[:needed], part[:needed]
