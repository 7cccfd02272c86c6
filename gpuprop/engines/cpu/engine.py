"""The verbs of the CPU engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from gpuprop.engines.cpu.ahead import TASKS, compile_ahead
from gpuprop.engines.cpu.fill import UNUSABLE_STATUS, Output, Times, answer, drag_factor, fill, fill_columns
from gpuprop.engines.cpu.initialize import element_table
from gpuprop.engines.cpu.model import Model
from gpuprop.engines.cpu.ric import motion_of_pairs
from gpuprop.engines.cpu.search import search
from gpuprop.engines.cpu.sieve import SieveMemory, sieve
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bytes, Floats, Ints
    from gpuprop.engines.cpu.refine import Tasks
    from gpuprop.engines.geometry import SieveGeometry

Mode = Literal["afspc", "improved"]


class CpuEngine:
    """SGP4 and SDP4 on the CPU, in float64.

    Holds no data of its own: what belongs to a catalog is in the `Model`.
    """

    name = "cpu"
    on_device = False
    precisions = ("float64",)
    xp = np

    def make_ready(self, task: str) -> None:
        """Compile what a task needs, one of `TASKS`, unless it is on disk."""
        compile_ahead(TASKS[task])

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
        if mode not in {"afspc", "improved"}:
            raise InputError(f"mode is {mode!r}; choose 'afspc' or 'improved'")
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
            fill(model, Times(times_ns=times_ns), Output(r, v, status))

    def propagate_minutes(
        self, model: Model, minutes: Floats, r: Floats, v: Floats | None, status: Bytes
    ) -> None:
        """Write the states of all objects at minutes (n_time,) since each object's own epoch.

        The arrays are those of `propagate`.
        """
        if minutes.size:
            fill(model, Times(minutes=minutes), Output(r, v, status))

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
        if times_ns.size:
            fill_columns(model, rows, Times(times_ns=times_ns), out, status)

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
        out = Output(
            np.full((m, 3), np.nan),
            np.full((m, 3), np.nan) if velocity else None,
            np.full(m, UNUSABLE_STATUS, np.uint8),
        )
        if m:
            answer(model, rows, Times(times_ns=times_ns), out)
        return out.r, out.v, out.status

    def search(self, model: Model, row_1: Ints, row_2: Ints, tasks: Tasks) -> Ints:
        """Run tasks of refinement about pairs of objects; see `gpuprop.engines.cpu.search.search`."""
        return search(model, row_1, row_2, tasks)

    def relative_motion(self, model: Model, row_1: Ints, row_2: Ints, times_ns: Ints) -> tuple[Floats, Ints]:
        """Return the relative motion of pairs of objects; see `gpuprop.engines.cpu.ric.motion_of_pairs`."""
        return motion_of_pairs(model, row_1, row_2, times_ns)

    def drag_factor(self, model: Model, times_ns: Ints) -> Floats:
        """Return SGP4's drag factor ``tempa``, by whose square the semi-major axis has shrunk.

        Where it is more than 2 % from one, drag dominates and the state is ill-conditioned:
        implementations that agree to a micrometre elsewhere may differ by metres. It is a
        property of the model there, not an error.

        Parameters
        ----------
        model : Model
            n objects.
        times_ns : ndarray of int64, shape (n_time,)
            Instants, ns UTC.

        Returns
        -------
        ndarray of float64, shape (n, n_time)
            NaN for element sets that are not usable.
        """
        return drag_factor(model, Times(times_ns=times_ns))

    def drag_factor_minutes(self, model: Model, minutes: Floats) -> Floats:
        """Return the same as `drag_factor` at minutes (n_time,) since each object's own epoch."""
        return drag_factor(model, Times(minutes=minutes))

    def sieve(
        self,
        geometry: SieveGeometry,
        positions: Floats,
        semi_major_km: Floats,
        unmodelled: Floats,
        first_step: int,
        *,
        memory: SieveMemory | None = None,
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Find the pairs that may come within the threshold; see `gpuprop.engines.cpu.sieve.sieve`."""
        return sieve(geometry, positions, semi_major_km, unmodelled, first_step, memory=memory)

    def sieve_memory(self, n_objects: int) -> SieveMemory:
        """Allocate what `sieve` works in, for a thread that calls it again and again."""
        return SieveMemory(n_objects)
