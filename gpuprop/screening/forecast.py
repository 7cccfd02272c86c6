"""What a screening will need, before it is run: blocks and memory by arithmetic, time by a short trial."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from gpuprop.screening.plan import block_bytes
from gpuprop.screening.time_blocks import rows_of, steps_per_time_block, time_blocks
from gpuprop.threads import get_num_threads

if TYPE_CHECKING:
    from gpuprop.screening.job import Job

__all__ = ["Forecast", "forecast"]

# Bytes, measured by validation/scale.py: the process with a small catalog; element sets with names, constants
# and orders of an object; a row on its way from refinement to a sorted table; a row in a file
_PROCESS, _PER_OBJECT, _PER_ROW, _PER_ROW_ON_DISK = 550e6, 1300.0, 900.0, 150.0
_TRIAL_S = 1.0
_MOST_TRIALS = 8


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a screening takes.

    Attributes
    ----------
    n_objects, n_steps : int
        Objects, and steps of the window.
    step_s : float
        Length of a step.
    steps_at_once : int
        Steps that a thread, or the device, holds at once.
    n_blocks, steps_per_block : int
        Time blocks of a run in a folder, each a file until the end.
    memory_bytes : int
        What the process will take at most, on the host.
    n_encounters : int
        Rows to be expected.
    disk_bytes : int
        What they take in a folder, block files and result together.
    seconds : float
        Time on this machine with the threads that are set, as it is loaded now.
    threads : int
        How many.
    engine : str
        What computes.
    """

    n_objects: int
    n_steps: int
    step_s: float
    steps_at_once: int
    n_blocks: int
    steps_per_block: int
    memory_bytes: int
    n_encounters: int
    disk_bytes: int
    seconds: float
    threads: int
    engine: str


def forecast(job: Job) -> Forecast:
    """Work out what a job takes, trying a few steps in the middle of its window.

    Parameters
    ----------
    job : Job
        What is to be run; nothing is changed by it.

    Examples
    --------
    >>> import gpuprop
    >>> from gpuprop.screening.job import Job
    >>> few = gpuprop.Catalog.sample()[:100]
    >>> options = {"threshold_km": 5.0, "engine": "cpu", "mode": "afspc", "step_s": None, "max_memory": None}
    >>> found = forecast(Job(few, 1_730_419_200 * 10**9, 1_730_505_600 * 10**9, **options))
    >>> found.n_steps, found.n_blocks
    (480, 1)
    """
    plan, n = job.plan, len(job.catalog)
    began = perf_counter()
    at_once = job.steps_at_once  # measures every object
    prepared_s = perf_counter() - began
    steps_tried, rows, trial_s = _trial(job)
    size = steps_per_time_block(plan.n_steps, n, plan.step_s, plan.geometry.threshold_km)
    n_rows = round(rows / steps_tried * plan.n_steps)
    working = 0 if job.engine.on_device else get_num_threads() * block_bytes(n, at_once)
    memory = _PROCESS + _PER_OBJECT * n + working + _PER_ROW * rows / steps_tried * size
    return Forecast(
        n_objects=n,
        n_steps=plan.n_steps,
        step_s=plan.step_s,
        steps_at_once=at_once,
        n_blocks=len(time_blocks(plan.n_steps, size)),
        steps_per_block=size,
        memory_bytes=int(memory),
        n_encounters=n_rows,
        disk_bytes=int(2 * _PER_ROW_ON_DISK * n_rows),
        seconds=prepared_s + trial_s / steps_tried * plan.n_steps,
        threads=get_num_threads(),
        engine=job.engine.name,
    )


def _trial(job: Job) -> tuple[int, float, float]:
    """Return how many steps were tried, about how many encounters began in them, and the time they took."""
    n_steps = job.plan.n_steps
    count = min(n_steps, 2 * get_num_threads())
    for _ in range(_MOST_TRIALS):
        began = perf_counter()
        found = job.search((n_steps - count) // 2, count)
        # What goes on beyond the trial is shared with the steps around it.
        rows = rows_of(job, found.tables).num_rows + rows_of(job, job.refine(found.open)).num_rows / 2
        seconds = perf_counter() - began
        if seconds > _TRIAL_S or count == n_steps:
            break
        count = min(n_steps, count * math.ceil(min(8.0, 1.5 * _TRIAL_S / max(seconds, 1e-3))))
    return count, rows, seconds
