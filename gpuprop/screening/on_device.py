"""Screening with an engine that sieves and refines where its states are: on a GPU."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gpuprop.screening.encounters import Intervals
from gpuprop.screening.perturbations import unmodelled_acceleration
from gpuprop.screening.refine import Pairs
from gpuprop.screening.sieving import Sieved
from gpuprop.screening.stretches import CELL_NS, from_candidates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuprop.catalog import Catalog
    from gpuprop.engines.cuda.engine import CudaEngine
    from gpuprop.engines.cuda.model import Model
    from gpuprop.screening.plan import Plan
    from gpuprop.screening.stretches import Stretches

__all__ = ["DeviceSieve", "find_intervals"]


class DeviceSieve:
    """Runs the coarse stage on the device, in the calling thread and its current stream.

    Parameters
    ----------
    engine, model, catalog
        What to compute with and of what; the rows of the model are those of the catalog.
    plan : Plan
        Window and steps; blocks are cut by what the device holds.
    step_s : float or None
        Step that the caller asked for; None leaves it to the engine.
    max_memory : int or None
        Bytes that a block may take at most.
    """

    def __init__(
        self,
        engine: CudaEngine,
        model: Model,
        catalog: Catalog,
        plan: Plan,
        *,
        step_s: float | None,
        max_memory: int | None,
    ) -> None:
        self.engine = engine
        self.model = model
        if step_s is None:
            plan = plan.with_step(engine.best_step_s(len(catalog)))
        steps = engine.steps_per_block(plan.geometry, len(catalog), max_memory)
        self.plan = replace(plan, steps_per_block=steps)
        unmodelled = unmodelled_acceleration(engine, model, catalog, plan.start_ns, plan.stop_ns)
        self.bounds = engine.path_bounds(model, unmodelled)

    def block(self, first: int, count: int) -> Sieved:
        """Sieve the steps first..first+count-1; the stretches stay on the device."""
        times_ns = self.plan.sample_times(first, count)
        (pair, span), failing, failed = self.engine.candidates(
            self.model, self.plan.geometry, times_ns, self.bounds, first
        )
        return Sieved(first, count, from_candidates(pair, span, self.model.order, self.plan), failed, failing)

    def run(self, blocks: Iterable[tuple[int, int]]) -> Iterator[Sieved]:
        """Yield the sieved blocks, each given by first step and number of steps, in their order."""
        for first, count in blocks:
            yield self.block(first, count)


def find_intervals(
    engine: CudaEngine, model: Model, stretches: Stretches, plan: Plan
) -> tuple[Pairs, Intervals]:
    """Find the encounters of stretches on the device; return them, and the pair of each, on the host."""
    from gpuprop.engines.cuda import refine

    window_ns = plan.start_ns, plan.stop_ns
    found = engine.find_intervals(model, stretches, window_ns, CELL_NS, plan.geometry.threshold_km)
    enter_seen, exit_seen = found.flags & refine.ENTER_SEEN > 0, found.flags & refine.EXIT_SEEN > 0
    error: Any = found.flags & refine.CUT_BY_ERROR > 0
    return Pairs(engine, model, found.row_1, found.row_2), Intervals(
        stretch=found.stretch,
        enter_ns=found.enter_ns,
        exit_ns=found.exit_ns,
        tca_ns=found.tca_ns,
        n_minima=found.n_minima,
        farthest_km=found.farthest_km,
        enter_seen=enter_seen,
        exit_seen=exit_seen,
        cut_by_window=~(enter_seen & exit_seen) & ~error,
        cut_by_error=error,
    )
