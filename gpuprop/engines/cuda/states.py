"""States from the device: all objects at all times, or single requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cuda.blocks import in_halves, slices
from gpuprop.engines.cuda.device import NULL
from gpuprop.engines.cuda.history import NEAR, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuprop.engines.cuda.device import Device
    from gpuprop.engines.cuda.model import Group, Model

__all__ = ["Times", "answer", "fill", "positions"]

UNUSABLE_STATUS = 9
_WARP = 32
# Threads that keep the largest devices busy
_ENOUGH_THREADS = 1 << 18
# How far the drag factor may be from one for mixed precision
_TAME_DRAG = 0.02
_BYTES_PER_REQUEST = 160
# Of the memory that is free, what nodes of the resonance integrator may take
_SHARE_OF_NODES = 0.25


@dataclass(frozen=True, eq=False)
class Times:
    """Instants, ns UTC, or minutes since each object's own epoch, on the device; the other one is None."""

    times_ns: Any
    minutes: Any
    span: Span

    def __len__(self) -> int:
        return len(self.times_ns if self.minutes is None else self.minutes)


def fill(device: Device, model: Model, times: Times, out: tuple[Any, Any, Any], *, mixed: bool) -> None:
    """Write the states of all objects at all times, rows by catalog."""
    xp = device.xp
    r, v, status = out
    unusable = model.order[model.n_usable :]
    for array, value in ((r, np.nan), (v, np.nan), (status, UNUSABLE_STATUS)):
        if array is not None and len(unusable):
            array[unusable] = value
    for group in (part for whole in model.groups for part in _parts(device, whole, times.span)):
        descriptor = group.history.cover(times.span)
        tame = _tame(xp, group, times.span) if mixed and group.kind == NEAR else xp.zeros(group.n, bool)
        for suffix, slots in (("", xp.flatnonzero(~tame)), ("_mixed", xp.flatnonzero(tame))):
            _fill_slots(device, f"{group.kernel}_states{suffix}", descriptor, slots, times, out)


def _parts(device: Device, group: Group, span: Span) -> Iterator[Group]:
    """Yield a group, or parts of it where the nodes of all would take too much memory for such a span."""
    if not group.n:
        return
    too_many = group.history.nodes_bytes(span) > _SHARE_OF_NODES * device.free_bytes()
    if group.n == 1 or not too_many:
        yield group
        return
    half = device.xp.arange(group.n) < group.n // 2
    for slots in (device.xp.flatnonzero(half), device.xp.flatnonzero(~half)):
        yield from _parts(device, group.take(slots), span)


def _fill_slots(
    device: Device, kernel: str, descriptor: Any, slots: Any, times: Times, out: tuple[Any, Any, Any]
) -> None:
    r, v, status = out
    n, n_time = len(slots), len(times)
    if not n:
        return
    lanes = min(n_time, max(_WARP, -(-_ENOUGH_THREADS // n) // _WARP * _WARP))
    pointers = (NULL if array is None else array for array in (times.times_ns, times.minutes))
    arrays = (r, status) if v is None else (r, v, status)
    name = f"{kernel}_r" if v is None else kernel
    device.launch(name, n * lanes, descriptor, slots, n, *pointers, n_time, lanes, *arrays)


def _tame(xp: Any, group: Group, span: Span) -> Any:
    """Whether an object's drag factor certainly stays near one over a span."""
    low, high = group.history.minutes(span)
    t = xp.maximum(-low, high)
    terms = (abs(group.table[row]) for row in (rows.D4, rows.D3, rows.D2, rows.CC1))
    change = xp.zeros(group.n)
    for term in terms:
        change = (change + term) * t
    return change < _TAME_DRAG


def positions(device: Device, model: Model, times_ns: Any, span: Span) -> tuple[Any, Any]:
    """Return positions (n_time, 3, n) and status (n_time, n) on the device, columns by rank."""
    xp, n, n_time = device.xp, len(model), len(times_ns)
    out, status = xp.empty((n_time, 3, n)), xp.empty((n_time, n), np.uint8)
    out[:, :, model.n_usable :] = np.nan
    status[:, model.n_usable :] = UNUSABLE_STATUS
    for group in model.groups:
        if group.n:
            lanes = min(n_time, -(-_ENOUGH_THREADS // group.n))
            arguments = (group.history.cover(span), group.first, n, times_ns, n_time, lanes, out, status)
            device.launch(f"{group.kernel}_positions", group.n * lanes, *arguments)
    return out, status


def answer(device: Device, model: Model, requests: tuple[Any, Any], span: Span, *, velocity: bool) -> Any:
    """Return one state per request (object, time) on the host: r (m, 3), v (m, 3) or None, status (m,)."""
    objects, times_ns = requests
    m = len(objects)
    host = (
        np.empty((m, 3)),
        np.empty((m, 3)) if velocity else None,
        np.empty(m, np.uint8),
    )
    if not m:
        return host
    descriptors = {group.kind: group.history.cover(span) for group in model.groups if group.n}

    def run(piece: slice) -> None:
        results = _answered(device, model, descriptors, (objects[piece], times_ns[piece]), velocity=velocity)
        for target, result in zip(host, results, strict=True):
            if target is not None:
                target[piece] = device.to_host(result)

    for block in slices(device, m, _BYTES_PER_REQUEST):
        in_halves(device, run, block)
    return host


def _answered(
    device: Device, model: Model, descriptors: dict[int, Any], requests: tuple[Any, Any], *, velocity: bool
) -> tuple[Any, Any, Any]:
    """Compute one state per request on the device."""
    xp = device.xp
    ranks, times_ns = model.rank[xp.asarray(requests[0])], xp.asarray(requests[1])
    m = len(ranks)
    r = xp.full((m, 3), np.nan)
    v = xp.full((m, 3), np.nan) if velocity else None
    status = xp.full(m, UNUSABLE_STATUS, np.uint8)
    for group, slots, places in model.split(ranks, xp):
        arguments = (descriptors[group.kind], slots, places, len(slots), times_ns)
        device.launch(f"{group.kernel}_requests", len(slots), *arguments, r, NULL if v is None else v, status)
    return r, v, status
