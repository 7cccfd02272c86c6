"""The verbs of the CUDA engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from gpuprop.engines.cuda import model as models
from gpuprop.engines.cuda import states
from gpuprop.engines.cuda.history import Span

if TYPE_CHECKING:
    from gpuprop.engines.cuda.device import Device
    from gpuprop.engines.cuda.model import Model

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
            span = Span(times_ns=(int(times_ns.min()), int(times_ns.max())))
            times = states.Times(self.xp.asarray(times_ns), None, span)
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
            times = states.Times(None, self.xp.asarray(minutes), span)
            states.fill(self.device, model, times, (r, v, status), mixed=precision == "mixed")

    def states_at(
        self, model: Model, rows: Ints, times_ns: Ints, *, velocity: bool = True
    ) -> tuple[Floats, Floats | None, npt.NDArray[np.uint8]]:
        """Return one state per request, object ``rows[i]`` at ``times_ns[i]``, on the host.

        The parameters and results are those of `gpuprop.engines.cpu.engine.CpuEngine.states_at`.
        """
        return states.answer(self.device, model, rows, times_ns, velocity=velocity)
