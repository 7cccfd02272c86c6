"""The verbs of the CPU engine."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from gpuprop.engines.cpu import drivers
from gpuprop.engines.cpu.initialize import RESONANT, element_table
from gpuprop.engines.cpu.model import Floats, Group, Ints, Model, Nodes
from gpuprop.engines.cpu.rows import LANES
from gpuprop.threads import get_num_threads, map_blocks

Status = npt.NDArray[np.uint8]
Mode = Literal["afspc", "improved"]

UNUSABLE_STATUS = 9
_NO_TIMES = np.zeros(0, np.int64)
_NO_MINUTES = np.zeros(0)
_NO_VELOCITY = np.zeros((0, 0, 3))
_NO_VELOCITIES_LISTED = np.zeros((0, 3))
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

    def propagate(self, model: Model, times_ns: Ints, r: Floats, v: Floats | None, status: Status) -> None:
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
        if not times_ns.size:
            return
        low, high = int(times_ns.min()), int(times_ns.max())
        self._fill(model, times_ns, _NO_MINUTES, (low, high), r, v, status)

    def propagate_minutes(
        self, model: Model, minutes: Floats, r: Floats, v: Floats | None, status: Status
    ) -> None:
        """Write the states of all objects at minutes (n_time,) since each object's own epoch.

        The arrays are those of `propagate`.
        """
        if not minutes.size:
            return
        self._fill(model, _NO_TIMES, minutes, None, r, v, status)

    def _fill(
        self,
        model: Model,
        times_ns: Ints,
        minutes: Floats,
        window: tuple[int, int] | None,
        r: Floats,
        v: Floats | None,
        status: Status,
    ) -> None:
        relative = window is None
        velocities = _NO_VELOCITY if v is None else v
        unusable = np.flatnonzero(model.regime == 0)
        r[unusable] = np.nan
        if v is not None:
            v[unusable] = np.nan
        status[unusable] = UNUSABLE_STATUS
        work = []
        for group in model.groups:
            if not len(group.objects):
                continue
            span = (
                (float(minutes.min()), float(minutes.max()))
                if window is None
                else (
                    np.subtract(window[0], group.epoch_ns) / _NS_PER_MINUTE,
                    np.subtract(window[1], group.epoch_ns) / _NS_PER_MINUTE,
                )
            )
            low, high = (np.broadcast_to(s, len(group.objects)) for s in span)
            nodes = model.nodes(group, low, high)
            work += [(group, nodes, *block) for block in _blocks(len(group.objects), status.shape[1])]

        def run(task: tuple[Group, Nodes, slice, slice]) -> None:
            group, nodes, objects, times = task
            n_objects, n_times = objects.stop - objects.start, times.stop - times.start
            over_times = n_objects * -(-n_times // LANES) <= -(-n_objects // LANES) * n_times
            driver = drivers.over_times if over_times else drivers.over_objects
            driver(
                group.kind, group.table, group.epoch_ns, np.arange(objects.start, objects.stop),
                group.objects[objects], times_ns, minutes, relative, times.start, times.stop,
                v is not None, nodes.first, nodes.table, r, velocities, status,
            )  # fmt: skip

        map_blocks(run, work)

    def positions(self, model: Model, rows: Ints, times_ns: Ints, out: Floats, status: Status) -> None:
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
        bad = np.flatnonzero(model.regime[rows] == 0)
        out[:, :, bad] = np.nan
        status[:, bad] = UNUSABLE_STATUS
        window = int(times_ns.min()), int(times_ns.max())
        for group, slots, places in model.split(rows):
            nodes = _nodes(model, group, window)
            drivers.positions_by_time(
                group.kind, group.table, group.epoch_ns, slots, places, times_ns,
                nodes.first, nodes.table, out, status,
            )  # fmt: skip

    def states_at(
        self, model: Model, rows: Ints, times_ns: Ints, *, velocity: bool = True
    ) -> tuple[Floats, Floats | None, Status]:
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
        r = np.full((m, 3), np.nan)
        v = np.full((m, 3), np.nan) if velocity else None
        status = np.full(m, UNUSABLE_STATUS, np.uint8)
        if not m:
            return r, v, status
        window = int(times_ns.min()), int(times_ns.max())
        for group, slots, places in model.split(rows):
            nodes = _nodes(model, group, window)
            drivers.requests(
                group.kind, group.table, group.epoch_ns, slots, places, times_ns, velocity,
                nodes.first, nodes.table, r, _NO_VELOCITIES_LISTED if v is None else v, status,
            )  # fmt: skip
        return r, v, status


def _nodes(model: Model, group: Group, window: tuple[int, int]) -> Nodes:
    """Nodes of the resonance integrator for a window of absolute times."""
    if group.kind != RESONANT:
        return model.nodes(group, _NO_MINUTES, _NO_MINUTES)
    low = np.subtract(window[0], group.epoch_ns) / _NS_PER_MINUTE
    high = np.subtract(window[1], group.epoch_ns) / _NS_PER_MINUTE
    return model.nodes(group, low, high)


def _blocks(n_objects: int, n_times: int) -> list[tuple[slice, slice]]:
    """Cut objects x times into pieces for the threads, whole lanes at a time."""
    wanted = 4 * get_num_threads() if get_num_threads() > 1 else 1
    object_pieces = min(wanted, -(-n_objects // LANES))
    time_pieces = min(-(-wanted // object_pieces), -(-n_times // (16 * LANES)))
    return [
        (objects, times)
        for objects in _pieces(n_objects, object_pieces)
        for times in _pieces(n_times, time_pieces)
    ]


def _pieces(length: int, count: int) -> list[slice]:
    """Cut a length into about count slices that begin at multiples of `LANES`."""
    step = -(-length // (count * LANES)) * LANES
    return [slice(begin, min(begin + step, length)) for begin in range(0, length, step)]
