"""Filling arrays with states: what to compute in which order, on which threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gpuprop.engines.cpu import drivers, rows
from gpuprop.engines.cpu.drivers import NS_PER_MINUTE
from gpuprop.engines.cpu.emit import WIDTH
from gpuprop.engines.cpu.initialize import NEAR
from gpuprop.engines.cpu.rows import LANES
from gpuprop.engines.reach import require_reach
from gpuprop.errors import InputError
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuprop.engines.cpu.arrays import Bools, Bytes, Floats, Ints
    from gpuprop.engines.cpu.model import Group, Model, Piece

NON_PHYSICAL_STATUS = 7
LATCHED_STATUS = 8
UNUSABLE_STATUS = 9


@dataclass(frozen=True, eq=False)
class Times:
    """Instants, ns UTC, or minutes since each object's own epoch; the other one is empty."""

    times_ns: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    minutes: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def relative(self) -> bool:
        """Whether times count from each object's own epoch."""
        return self.minutes.size > 0

    def span_ns(self) -> tuple[int, int]:
        """Return the first and last instant."""
        return int(self.times_ns.min()), int(self.times_ns.max())

    def span(self, group: Group) -> tuple[Floats | float, Floats | float]:
        """Return the first and last minute since epoch, for every object of a group."""
        if self.relative:
            return float(self.minutes.min()), float(self.minutes.max())
        low, high = self.times_ns.min(), self.times_ns.max()
        return (low - group.epoch_ns) / NS_PER_MINUTE, (high - group.epoch_ns) / NS_PER_MINUTE

    def since(self, epoch_ns: np.int64 | Ints) -> Floats:
        """Return minutes since epoch, as the drivers form them."""
        minutes: Floats = np.subtract(self.times_ns, epoch_ns) / NS_PER_MINUTE
        return self.minutes if self.relative else minutes


@dataclass(frozen=True, eq=False)
class Output:
    """The arrays that states are written to."""

    r: Floats
    v: Floats | None
    status: Bytes

    def flat(self) -> tuple[Floats, Floats]:
        """Return positions and velocities as the drivers take them."""
        return self.r.reshape(-1), np.zeros(0) if self.v is None else self.v.reshape(-1)

    def void(self, where: Any, code: int) -> None:
        """Take back states."""
        self.status[where] = code
        self.r[where] = np.nan
        if self.v is not None:
            self.v[where] = np.nan


def _require_reach(model: Model, times: Times) -> None:
    if not times.relative and len(model):
        require_reach(model.epoch_range_ns, times.times_ns)


def require_contiguous(*arrays: npt.NDArray[Any] | None) -> None:
    """Refuse arrays that a flat view would copy instead of showing."""
    if not all(array is None or array.flags.c_contiguous for array in arrays):
        raise InputError("the engine writes into C-contiguous arrays alone; give them as np.empty makes them")


def parts(model: Model, objects: Ints, times: Times) -> Iterator[tuple[Group, Piece, Ints, Ints]]:
    """Cut a list of objects by group and piece: their slots, and their places in the list."""
    for group, slots, places in model.split(objects):
        whole = None if times.relative else group.whole(times.span_ns())
        for piece in [whole] if whole is not None else group.pieces(*times.span(group)):
            if piece.slots == slice(0, len(group.objects)):
                yield group, piece, slots, places
            else:
                inside = (slots >= piece.slots.start) & (slots < piece.slots.stop)
                yield group, piece, slots[inside], places[inside]


def late_states(piece: Piece, slots: Ints | int, minutes: Floats, status: Bytes) -> Bools:
    """Tell which states follow a failure without SGP4 reporting one for them."""
    late = piece.late(slots, minutes)
    late &= (status == 0) | (status == NON_PHYSICAL_STATUS)
    return late


def fill(model: Model, times: Times, out: Output) -> None:
    """Compute the states of all objects at all times."""
    _require_reach(model, times)
    require_contiguous(out.r, out.v, out.status)
    out.void(np.flatnonzero(model.regime == 0), UNUSABLE_STATUS)
    for group in model.groups:
        for piece in group.pieces(*times.span(group)):
            _fill_piece(group, piece, times, out)


def _fill_piece(group: Group, piece: Piece, times: Times, out: Output) -> None:
    """Compute the states of a piece of a group at all times."""
    flat_r, flat_v = out.flat()

    def run(block: tuple[slice, slice]) -> None:
        objects, span = block
        driver = drivers.over_times if _pays_over_times(objects, span) else drivers.over_objects
        driver(
            drivers.stages(group.kind),
            group.table,
            group.epoch_ns,
            np.arange(objects.start, objects.stop),
            group.objects[objects],
            times.times_ns,
            times.minutes,
            times.relative,
            out.status.shape[1],
            span.start,
            span.stop,
            out.v is not None,
            piece.nodes.origin,
            piece.nodes.table,
            flat_r,
            flat_v,
            out.status.reshape(-1),
        )

    map_blocks(run, _blocks(piece.slots, out.status.shape[1]))
    for slot in np.flatnonzero(piece.fails).tolist():
        row = group.objects[slot]
        late = late_states(piece, slot, times.since(group.epoch_ns[slot]), out.status[row])
        out.void((row, late), LATCHED_STATUS)


def _pays_over_times(objects: slice, times: slice) -> bool:
    """Whether to fill lanes with times of an object, in eights, rather than with objects, by sixty-fours.

    The states of an object are written together then, which is worth a quarter of the lanes.
    """
    n_objects, n_times = objects.stop - objects.start, times.stop - times.start
    return 4 * n_objects * _whole(n_times, WIDTH) <= 5 * _whole(n_objects, LANES) * n_times


def _whole(n: int, size: int) -> int:
    """Round up to a multiple."""
    return -(-n // size) * size


def drag_factor(model: Model, times: Times) -> Floats:
    """Evaluate tempa of all objects at all times."""
    out = np.full((len(model), max(times.times_ns.size, times.minutes.size)), np.nan)
    for group in model.groups:
        t = np.broadcast_to(times.since(group.epoch_ns[:, np.newaxis]), (len(group.objects), out.shape[1]))
        columns = (rows.CC1, rows.D2, rows.D3, rows.D4) if group.kind == NEAR else (rows.CC1,)
        p = np.zeros_like(t)
        for column in reversed(columns):
            p = group.table[:, column, np.newaxis] + t * p
        out[group.objects] = 1.0 - t * p
    return out


def answer(model: Model, objects: Ints, times: Times, out: Output) -> None:
    """Compute one state per request."""
    _require_reach(model, times)
    flat_r, flat_v = out.flat()
    for group, piece, slots, places in parts(model, objects, times):
        drivers.requests(
            drivers.stages(group.kind),
            group.table,
            group.epoch_ns,
            slots,
            places,
            times.times_ns,
            out.v is not None,
            piece.nodes.origin,
            piece.nodes.table,
            flat_r,
            flat_v,
            out.status,
        )
        fails = piece.fails[slots]
        slots, places = slots[fails], places[fails]
        minutes = np.subtract(times.times_ns[places], group.epoch_ns[slots]) / NS_PER_MINUTE
        late = late_states(piece, slots, minutes, out.status[places])
        out.void(places[late], LATCHED_STATUS)


def fill_columns(model: Model, objects: Ints, times: Times, out: Floats, status: Bytes) -> None:
    """Compute positions time-major, in the calling thread alone."""
    _require_reach(model, times)
    require_contiguous(out, status)
    bad = np.flatnonzero(model.regime[objects] == 0)
    out[:, :, bad] = np.nan
    status[:, bad] = UNUSABLE_STATUS
    for group, piece, slots, places in parts(model, objects, times):
        drivers.positions_by_time(
            drivers.stages(group.kind),
            group.table,
            group.epoch_ns,
            slots,
            places,
            times.times_ns,
            piece.nodes.origin,
            piece.nodes.table,
            out.reshape(len(times.times_ns), -1),
            status,
        )
        for i in np.flatnonzero(piece.fails[slots]):
            minutes = times.since(group.epoch_ns[slots[i]])
            late = late_states(piece, slots[i], minutes, status[:, places[i]])
            status[late, places[i]] = LATCHED_STATUS
            out[late, :, places[i]] = np.nan


def _blocks(slots: slice, n_times: int) -> list[tuple[slice, slice]]:
    """Cut objects x times into blocks for the threads, whole lanes at a time."""
    n_objects = slots.stop - slots.start
    wanted = 4 * get_num_threads() if get_num_threads() > 1 else 1
    object_pieces = min(wanted, -(-n_objects // LANES))
    time_pieces = min(-(-wanted // object_pieces), -(-n_times // (16 * LANES)))
    return [
        (objects, times)
        for objects in _slices(slots.start, slots.stop, object_pieces)
        for times in _slices(0, n_times, time_pieces)
    ]


def _slices(begin: int, end: int, count: int) -> list[slice]:
    """Cut a range into about count slices, each but the last a multiple of `LANES` long."""
    step = _whole(-(-(end - begin) // count), LANES)
    return [slice(b, min(b + step, end)) for b in range(begin, end, step)]
