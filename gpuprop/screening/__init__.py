"""All-against-all screening: which objects come closer than a threshold, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gpuprop.encounter_table import Encounters
from gpuprop.propagation import prepare
from gpuprop.screening import on_device
from gpuprop.screening.describe import columns, identified
from gpuprop.screening.encounters import find_intervals
from gpuprop.screening.failures import Failures
from gpuprop.screening.on_device import DeviceSieve
from gpuprop.screening.plan import Plan, make_plan, memory_bytes
from gpuprop.screening.refine import Pairs
from gpuprop.screening.sieving import Sieve
from gpuprop.screening.stretches import CELL_NS, Stretches, batches, closed_before, join
from gpuprop.threads import map_blocks
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuprop.catalog import Catalog

__all__ = ["screen"]

# Grid samples that one batch of refinement holds at once
_BATCH_SAMPLES = 100_000
# Stretches that are held before those that cannot grow any more are refined
_WAITING_STRETCHES = 2_000_000


def screen(
    catalog: Catalog,
    start: Any,
    stop: Any,
    *,
    threshold_km: float = 5.0,
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] = "afspc",
    step_s: float | None = None,
    max_memory: int | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Encounters:
    """Find every encounter of all objects of a catalog with all others.

    A coarse stage proves, step by step, which pairs cannot come within the threshold; what is
    left is refined from the elements in float64. The result does not depend on the step, on
    the order of the catalog, or on how the work is cut up. It is complete for the paths that
    SGP4 gives; how well those are followed by the objects is another matter, of kilometres.

    Parameters
    ----------
    catalog : Catalog
        The element sets.
    start, stop : time
        Window: datetime64, datetime, ISO string or (jd, fr) pair, UTC.
    threshold_km : float
        Encounters closer than this are reported, km; at most 1000.
    engine : {"auto", "cpu", "cuda"}
        What to compute with.
    mode : {"afspc", "improved"}
        SGP4's operation mode.
    step_s : float, optional
        Step of the coarse stage, 1 to 300 s; chosen by cost if left out. Changes nothing but the time taken.
    max_memory : int or str, optional
        What positions and working memory may take, like ``"2GB"``; 1 GiB if left out.
    progress : callable, optional
        Called with the number of steps done and of all steps.

    Returns
    -------
    Encounters
        One row per encounter, sorted by TCA; objects that failed before or during the window
        are listed in its ``report``.

    Raises
    ------
    InputError
        If the window is empty or reversed, or a number cannot be used.
    EngineUnavailable
        If the engine asked for cannot run here.

    Examples
    --------
    >>> import gpuprop
    >>> stations = gpuprop.Catalog.sample().select(ids=[25544, 48274, 49044])
    >>> encounters = gpuprop.screen(stations, "2024-11-01T00:00Z", "2024-11-01T03:00Z", threshold_km=10)
    >>> encounters.norad_id_1.tolist(), encounters.norad_id_2.tolist(), encounters.kind.tolist()
    ([25544], [49044], ['co-orbital'])
    """
    start_ns, stop_ns = instant_ns(start, name="start"), instant_ns(stop, name="stop")
    plan = make_plan(
        start_ns, stop_ns, len(catalog), threshold_km=threshold_km, step_s=step_s, max_memory=max_memory
    )
    # In the order of ids the smaller one of a pair has the smaller row, however the catalog comes.
    catalog = catalog[np.lexsort((catalog.mean_anomaly, catalog.epoch, catalog.norad_id))]
    chosen, model = prepare(catalog, engine, mode, "float64")
    failures = Failures(len(catalog))
    tables: list[dict[str, Any]] = []
    waiting: list[Stretches] = []
    if chosen.on_device:
        limit = None if max_memory is None else memory_bytes(max_memory)
        sieve: Any = DeviceSieve(chosen, model, catalog, plan, max_memory=limit)
    else:
        sieve = Sieve(chosen, model, catalog, plan)
    for block in sieve.run():
        done = block.first_step + block.n_steps
        failures.add(block.first_step, block.failing, block.failed)
        waiting.append(block.stretches)
        if sum(len(part.first) for part in waiting) > _WAITING_STRETCHES:
            closed, still_open = closed_before(join(waiting), done * plan.step_ns // CELL_NS)
            tables.extend(_refine(chosen, model, catalog, closed, plan))
            waiting = [still_open]
        if progress is not None:
            progress(done, plan.n_steps)
    tables.extend(_refine(chosen, model, catalog, join(waiting), plan))
    parameters = {
        "start": np.datetime64(start_ns, "ns"),
        "stop": np.datetime64(stop_ns, "ns"),
        "threshold_km": float(threshold_km),
        "mode": mode,
        "engine": chosen.name,
        "step_s": plan.step_s,
    }
    report = failures.report(chosen, model, catalog, plan)
    return Encounters.from_columns(identified(tables, catalog), parameters=parameters, report=report)


def _refine(
    engine: Any, model: Any, catalog: Catalog, stretches: Stretches, plan: Plan
) -> list[dict[str, Any]]:
    """Turn stretches into columns of an encounter table, in batches on all threads or on the device."""
    if engine.on_device:  # it cuts batches by its own memory
        pairs, found = on_device.find_intervals(engine, model, stretches, plan)
        return [columns(pairs, found, catalog, model.a_km)]

    def run(batch: Stretches) -> dict[str, Any]:
        pairs = Pairs(engine, model, batch.row_1, batch.row_2)
        found = find_intervals(pairs, batch, plan)
        return columns(pairs.take(found.stretch), found, catalog, model.a_km)

    return map_blocks(run, batches(stretches, _BATCH_SAMPLES))
