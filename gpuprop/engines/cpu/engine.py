"""The verbs of the CPU engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from gpuprop.engines.cpu import drivers
from gpuprop.engines.cpu.initialize import element_table
from gpuprop.engines.cpu.model import Group, Model, Piece
from gpuprop.engines.cpu.rows import LANES
from gpuprop.engines.cpu.sieve import sieve
from gpuprop.errors import InputError
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuprop.engines.cpu.arrays import Bools, Bytes, Floats, Ints
    from gpuprop.engines.geometry import SieveGeometry

Mode = Literal["afspc", "improved"]

NON_PHYSICAL_STATUS = 7
LATCHED_STATUS = 8
UNUSABLE_STATUS = 9
_NS_PER_MINUTE = 6.0e10


class CpuEngine:
    """SGP4 and SDP4 on the CPU, in float64.

    Holds no data of its own: what belongs to a catalog is in the `Model`.
    """

    name = "cpu"

    def initialize(
        self,
        *,
        epoch_ns: Ints,
        mean_motion: Floats,
        eccentricity: Floats,
        inclination: Floats,
        ra_of_asc_node: Floats,
        arg_of_pericenter: Floats,
        mean_anomaly: Floats,
        bstar: Floats,
        mode: Mode = "afspc",
    ) -> Model:
        """Prepare element sets, in the units of the standard (rev/day, deg), for propagation.

        Parameters
        ----------
        epoch_ns : ndarray of int64, shape (n,)
            Epochs, ns UTC.
        mean_motion, eccentricity, inclination, ra_of_asc_node, arg_of_pericenter, mean_anomaly, bstar
            Mean elements, float64, shape (n,): rev/day, 1, deg, deg, deg, deg, 1/earth radii.
        mode : {"afspc", "improved"}
            The published code's operation modes a and i.

        Returns
        -------
        Model
            For every other verb. Element sets that cannot be used are in it, with regime 0.
        """
        epoch = np.ascontiguousarray(epoch_ns, dtype=np.int64)
        elements = element_table(
            epoch,
            mean_motion,
            eccentricity,
            inclination,
            ra_of_asc_node,
            arg_of_pericenter,
            mean_anomaly,
            bstar,
        )
        return Model.build(elements, epoch, mode)

    def propagate(self, model: Model, times_ns: Ints, r: Floats, v: Floats | None, status: Bytes) -> None:
        """Write the states of all objects at all times.

        Parameters
        ----------
        model : Model
            n objects.
        times_ns : ndarray of int64, shape (n_time,)
            Instants, ns UTC, in any order.
        r, v : ndarray of float64, shape (n, n_time, 3)
            Filled with km and km/s, TEME; NaN where the status is not 0. No velocity if v is None.
        status : ndarray of uint8, shape (n, n_time)
            Filled with the codes of `gpuprop.states.STATUS_MEANINGS`.
        """
        if times_ns.size:
            _fill(model, _Times(times_ns=times_ns), _Output(r, v, status))

    def propagate_minutes(
        self, model: Model, minutes: Floats, r: Floats, v: Floats | None, status: Bytes
    ) -> None:
        """Write the states of all objects at minutes (n_time,) since each object's own epoch.

        The arrays are those of `propagate`.
        """
        if minutes.size:
            _fill(model, _Times(minutes=minutes), _Output(r, v, status))

    def positions(self, model: Model, rows: Ints, times_ns: Ints, out: Floats, status: Bytes) -> None:
        """Write positions time-major, in the calling thread alone.

        Parameters
        ----------
        model : Model
            From `initialize`.
        rows : ndarray of int64, shape (n_rows,)
            Numbers of the wanted objects.
        times_ns : ndarray of int64, shape (n_time,)
            Instants, ns UTC.
        out : ndarray of float64, shape (n_time, 3, n_rows)
            Filled with x, y, z, km TEME; NaN where the status is not 0.
        status : ndarray of uint8, shape (n_time, n_rows)
            Filled with status codes.
        """
        if not times_ns.size:
            return
        _require_contiguous(out, status)
        bad = np.flatnonzero(model.regime[rows] == 0)
        out[:, :, bad] = np.nan
        status[:, bad] = UNUSABLE_STATUS
        for group, piece, slots, places in _parts(model, rows, _Times(times_ns=times_ns)):
            drivers.positions_by_time(
                group.kind,
                group.table,
                group.epoch_ns,
                slots,
                places,
                times_ns,
                piece.nodes.origin,
                piece.nodes.table,
                out.reshape(len(times_ns), -1),
                status,
            )
            for i in np.flatnonzero(np.isin(slots, piece.latched())):
                minutes = np.subtract(times_ns, group.epoch_ns[slots[i]]) / _NS_PER_MINUTE
                late = _late(piece, slots[i], minutes, status[:, places[i]])
                status[late, places[i]] = LATCHED_STATUS
                out[late, :, places[i]] = np.nan

    def states_at(
        self, model: Model, rows: Ints, times_ns: Ints, *, velocity: bool = True
    ) -> tuple[Floats, Floats | None, Bytes]:
        """Return one state per request, object ``rows[i]`` at ``times_ns[i]``, in the calling thread alone.

        Parameters
        ----------
        model : Model
            From `initialize`.
        rows, times_ns : ndarray of int64, shape (m,)
            Object numbers and instants, ns UTC, in any order, repeated as may be.
        velocity : bool
            Whether velocities are wanted.

        Returns
        -------
        r : ndarray of float64, shape (m, 3)
            km, TEME; NaN where the status is not 0.
        v : ndarray of float64, shape (m, 3), or None
            km/s.
        status : ndarray of uint8, shape (m,)
            Status codes.
        """
        m = len(rows)
        out = _Output(
            np.full((m, 3), np.nan),
            np.full((m, 3), np.nan) if velocity else None,
            np.full(m, UNUSABLE_STATUS, np.uint8),
        )
        if m:
            _answer(model, rows, _Times(times_ns=times_ns), out)
        return out.r, out.v, out.status

    def sieve(
        self,
        geometry: SieveGeometry,
        positions: Floats,
        semi_major_km: Floats,
        unmodelled: Floats,
        first_step: int,
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Find the pairs that may come within the threshold; see `gpuprop.engines.cpu.sieve.sieve`."""
        return sieve(geometry, positions, semi_major_km, unmodelled, first_step)


@dataclass(frozen=True, eq=False)
class _Times:
    """Instants, ns UTC, or minutes since each object's own epoch; the other one is empty."""

    times_ns: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    minutes: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def relative(self) -> bool:
        return self.minutes.size > 0

    def span(self, group: Group) -> tuple[Floats | float, Floats | float]:
        """Return the first and last minute since epoch, for every object of a group."""
        if self.relative:
            return float(self.minutes.min()), float(self.minutes.max())
        low, high = self.times_ns.min(), self.times_ns.max()
        return (low - group.epoch_ns) / _NS_PER_MINUTE, (high - group.epoch_ns) / _NS_PER_MINUTE

    def since(self, epoch_ns: np.int64) -> Floats:
        """Return minutes since one epoch, as the drivers form them."""
        minutes: Floats = np.subtract(self.times_ns, epoch_ns) / _NS_PER_MINUTE
        return self.minutes if self.relative else minutes


@dataclass(frozen=True, eq=False)
class _Output:
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


def _require_contiguous(*arrays: npt.NDArray[Any] | None) -> None:
    """Refuse arrays that a flat view would copy instead of showing."""
    if not all(array is None or array.flags.c_contiguous for array in arrays):
        raise InputError("the engine writes into C-contiguous arrays alone; give them as np.empty makes them")


def _parts(model: Model, rows: Ints, times: _Times) -> Iterator[tuple[Group, Piece, Ints, Ints]]:
    """Cut a list of objects by group and piece: their slots, and their places in the list."""
    for group, slots, places in model.split(rows):
        for piece in group.pieces(*times.span(group)):
            begin, end = np.searchsorted(slots, (piece.slots.start, piece.slots.stop))
            if end > begin:
                yield group, piece, slots[begin:end], places[begin:end]


def _late(piece: Piece, slots: Ints, minutes: Floats, status: Bytes) -> Bools:
    """Tell which states follow a failure without SGP4 reporting one for them."""
    late = piece.late(slots, minutes)
    late &= (status == 0) | (status == NON_PHYSICAL_STATUS)
    return late


def _fill(model: Model, times: _Times, out: _Output) -> None:
    """Compute the states of all objects at all times."""
    _require_contiguous(out.r, out.v, out.status)
    out.void(np.flatnonzero(model.regime == 0), UNUSABLE_STATUS)
    for group in model.groups:
        for piece in group.pieces(*times.span(group)):
            _fill_piece(group, piece, times, out)


def _fill_piece(group: Group, piece: Piece, times: _Times, out: _Output) -> None:
    """Compute the states of a piece of a group at all times."""
    flat_r, flat_v = out.flat()

    def run(block: tuple[slice, slice]) -> None:
        objects, span = block
        n_objects, n_times = objects.stop - objects.start, span.stop - span.start
        over_times = n_objects * -(-n_times // LANES) <= -(-n_objects // LANES) * n_times
        driver = drivers.over_times if over_times else drivers.over_objects
        driver(
            group.kind,
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
    for slot in piece.latched():
        row = group.objects[slot]
        late = _late(piece, slot, times.since(group.epoch_ns[slot]), out.status[row])
        out.void((row, late), LATCHED_STATUS)


def _answer(model: Model, rows: Ints, times: _Times, out: _Output) -> None:
    """Compute one state per request."""
    flat_r, flat_v = out.flat()
    for group, piece, slots, places in _parts(model, rows, times):
        drivers.requests(
            group.kind,
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
        minutes = np.subtract(times.times_ns[places], group.epoch_ns[slots]) / _NS_PER_MINUTE
        late = _late(piece, slots, minutes, out.status[places])
        out.void(places[late], LATCHED_STATUS)


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
    step = -(-(end - begin) // (count * LANES)) * LANES
    return [slice(b, min(b + step, end)) for b in range(begin, end, step)]
