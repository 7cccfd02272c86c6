"""The verbs of the CUDA engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from gpuprop.engines.cuda import model as models
from gpuprop.engines.cuda import refine, sieve, states
from gpuprop.engines.cuda.history import Span
from gpuprop.engines.reach import require_reach
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from gpuprop.engines.cuda.device import Device
    from gpuprop.engines.cuda.model import Model
    from gpuprop.engines.geometry import SieveGeometry

__all__ = ["CudaEngine"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mode = Literal["afspc", "improved"]


class CudaEngine:
    """SGP4 and SDP4 on a GPU, in float64, or mixed precision where that is good to centimetres.

    Parameters
    ----------
    device : Device
        Where to compute.
    """

    name = "cuda"
    on_device = True
    precisions = ("float64", "mixed")

    def __init__(self, device: Device) -> None:
        self.device = device
        self.xp = device.xp

    def make_ready(self, task: str) -> None:
        """Do nothing: kernels are compiled by the file, at their first use."""

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

        The parameters are those of `gpuprop.engines.cpu.engine.CpuEngine.initialize`, on the host.

        Returns
        -------
        Model
            For every other verb; its constants stay on the device.
        """
        if mode not in {"afspc", "improved"}:
            raise InputError(f"mode is {mode!r}; choose 'afspc' or 'improved'")
        epoch = np.ascontiguousarray(epoch_ns, dtype=np.int64)
        elements = models.element_table(
            epoch,
            mean_motion,
            eccentricity,
            inclination,
            ra_of_asc_node,
            arg_of_pericenter,
            mean_anomaly,
            bstar,
        )
        return models.build(self.device, elements, epoch, mode)

    def propagate(
        self,
        model: Model,
        times_ns: Ints,
        r: Any,
        v: Any,
        status: Any,
        *,
        precision: Literal["float64", "mixed"] = "float64",
    ) -> None:
        """Write the states of all objects at all times.

        Parameters
        ----------
        model : Model
            n objects.
        times_ns : ndarray of int64, shape (n_time,)
            Instants, ns UTC, in any order, on the host.
        r, v : device array of float64, shape (n, n_time, 3)
            Filled with km and km/s, TEME; NaN where the status is not 0. No velocity if v is None.
        status : device array of uint8, shape (n, n_time)
            Filled with the codes of `gpuprop.states.STATUS_MEANINGS`.
        precision : {"float64", "mixed"}
            Mixed keeps near-Earth objects whose drag is small within 5 cm of float64; all others are
            computed in float64.
        """
        if times_ns.size:
            span = _span(model, times_ns)
            times = states.Times(self._device_copy(times_ns), None, span)
            states.fill(self.device, model, times, (r, v, status), mixed=precision == "mixed")

    def propagate_minutes(
        self,
        model: Model,
        minutes: Floats,
        r: Any,
        v: Any,
        status: Any,
        *,
        precision: Literal["float64", "mixed"] = "float64",
    ) -> None:
        """Write the states of all objects at minutes (n_time,) since each object's own epoch.

        The arrays are those of `propagate`.
        """
        if minutes.size:
            span = Span(minutes=(float(minutes.min()), float(minutes.max())))
            times = states.Times(None, self._device_copy(minutes), span)
            states.fill(self.device, model, times, (r, v, status), mixed=precision == "mixed")

    def states_at(
        self, model: Model, rows: Ints, times_ns: Ints, *, velocity: bool = True
    ) -> tuple[Floats, Floats | None, npt.NDArray[np.uint8]]:
        """Return one state per request, object ``rows[i]`` at ``times_ns[i]``, on the host.

        The parameters and results are those of `gpuprop.engines.cpu.engine.CpuEngine.states_at`.
        """
        span = _span(model, times_ns) if len(rows) else Span()
        return states.answer(self.device, model, (rows, times_ns), span, velocity=velocity)

    def positions(
        self, model: Model, rows: Ints, times_ns: Ints, out: Any, status: npt.NDArray[np.uint8]
    ) -> None:
        """Write positions time-major into arrays on the host.

        The parameters are those of `gpuprop.engines.cpu.engine.CpuEngine.positions`.
        """
        if times_ns.size:
            span = _span(model, times_ns)
            found, codes = states.positions(self.device, model, self._device_copy(times_ns), span)
            ranks = model.rank[self.xp.asarray(rows)]
            out[...] = self.device.to_host(found[:, :, ranks])
            status[...] = self.device.to_host(codes[:, ranks])

    def sieve(
        self,
        geometry: SieveGeometry,
        positions: Floats,
        semi_major_km: Floats,
        unmodelled: Floats,
        first_step: int,
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Find the pairs that may come within the threshold, from positions on the host.

        Parameters and results are those of `gpuprop.engines.cpu.sieve.sieve`.
        """
        p, a, slack = (self._device_copy(array) for array in (positions, semi_major_km, unmodelled))
        pair, span = sieve.sieve(self.device, geometry, p, a, slack, first_step)
        return self.device.to_host(pair), self.device.to_host(span)

    def _device_copy(self, array: npt.NDArray[Any]) -> Any:
        return self.xp.asarray(np.ascontiguousarray(array))

    def best_step_s(self, n: int) -> float:
        """Return the step of the sieve that is cheapest for so many objects, s."""
        return sieve.best_step_s(n)

    def steps_per_block(self, geometry: SieveGeometry, n: int, max_memory: int | None) -> int:
        """Return how many steps `candidates` may be given at once."""
        return sieve.steps_per_block(self.device, geometry, n, max_memory)

    def path_bounds(self, model: Model, unmodelled: Floats) -> tuple[Any, Any]:
        """Return what `candidates` has to know of each object's path, on the device.

        ``unmodelled`` (n,) are accelerations beyond two-body motion and three times J2, km/s^2, by catalog
        row.
        """
        return sieve.path_bounds(self.device, model, unmodelled)

    def candidates(
        self, model: Model, geometry: SieveGeometry, times_ns: Ints, bounds: tuple[Any, Any], first_step: int
    ) -> tuple[tuple[Any, Any], Ints, npt.NDArray[np.bool_]]:
        """Propagate and sieve on the device.

        Parameters
        ----------
        model : Model
            n objects.
        geometry : SieveGeometry
            Bounds for the step and the threshold.
        times_ns : ndarray of int64, shape (n_steps + 1,)
            Ends of consecutive steps, ns UTC.
        bounds : tuple
            From `path_bounds`.
        first_step : int
            Number of the first step.

        Returns
        -------
        found : (pair, span)
            As from `gpuprop.engines.cpu.sieve.sieve`, on the device; objects are places in ``model.order``.
        failing : ndarray of int64, shape (k,)
            Catalog rows of objects that have no state at some of the times.
        failed : ndarray of bool, shape (n_steps + 1, k)
            Where they have none.
        """
        return sieve.candidates(self.device, model, geometry, times_ns, bounds, first_step)

    def find_intervals(
        self,
        model: Model,
        stretches: tuple[Any, Any, Any, Any],
        window_ns: tuple[int, int],
        cell_ns: int,
        threshold_km: float,
    ) -> refine.FoundIntervals:
        """Refine stretches on the device; see `gpuprop.engines.cuda.refine.find_intervals`."""
        return refine.find_intervals(
            self.device, model, refine.Stretch(*stretches), window_ns, cell_ns, threshold_km
        )


def _span(model: Model, times_ns: Ints) -> Span:
    """Return the span of some instants, once it is known that they can be counted from every epoch."""
    if len(model):
        require_reach((int(model.epoch_ns.min()), int(model.epoch_ns.max())), times_ns)
    return Span(times_ns=(int(times_ns.min()), int(times_ns.max())))
