"""A long window in time blocks: each is computed by itself, kept, and joined with the others at the end.

How a window is cut depends on what is screened alone, not on memory, threads or workers: whoever
computes a block, and whenever, finds the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.screening.stretches import Stretches

if TYPE_CHECKING:
    import pyarrow as pa

    from gpuprop.screening.failures import FailureCounts
    from gpuprop.screening.job import Columns, Job

__all__ = ["BlockResult", "TimeBlock", "computed", "rows_of", "steps_per_time_block", "time_blocks"]

# Enough blocks to spread over workers and to lose little by an interruption
_FEWEST_BLOCKS = 24
# Enough objects times steps that keeping a block costs little
_FEWEST_OBJECT_STEPS = 1_000_000
# Few enough objects times steps that a block takes seconds, not hours
_MOST_OBJECT_STEPS = 30_000_000
# Few enough encounters that a block and its copies fit where the catalog does
_MOST_ENCOUNTERS = 500_000
# Encounters within 5 km in the bundled catalog, per second, and its objects
_REFERENCE_RATE, _REFERENCE_OBJECTS, _REFERENCE_KM = 0.29, 27_000, 5.0


class TimeBlock(NamedTuple):
    """Steps of a window that are computed together."""

    number: int
    first_step: int
    n_steps: int


class BlockResult(NamedTuple):
    """What one time block gives.

    Attributes
    ----------
    table : pyarrow.Table
        Encounters strictly inside the block, in the schema and order of an encounter table.
    open : Stretches
        What reaches over its ends, on the host.
    failures : FailureCounts
        Objects without states.
    """

    table: pa.Table
    open: Stretches
    failures: FailureCounts


def steps_per_time_block(n_steps: int, n_objects: int, step_s: float, threshold_km: float) -> int:
    """Return how many steps a time block has.

    Examples
    --------
    >>> steps_per_time_block(5040, 27_000, 120.0, 5.0)
    210
    """
    n = max(n_objects, 1)
    crowding = (n / _REFERENCE_OBJECTS * threshold_km / _REFERENCE_KM) ** 2
    most = min(_MOST_OBJECT_STEPS / n, _MOST_ENCOUNTERS / (_REFERENCE_RATE * crowding * step_s))
    wanted = max(-(-n_steps // _FEWEST_BLOCKS), _FEWEST_OBJECT_STEPS // n)
    return max(1, min(wanted, int(most), n_steps))


def time_blocks(n_steps: int, size: int) -> list[TimeBlock]:
    """Cut steps into time blocks of `size` steps; the last may be shorter.

    Examples
    --------
    >>> [tuple(block) for block in time_blocks(5, 2)]
    [(0, 0, 2), (1, 2, 2), (2, 4, 1)]
    """
    return [
        TimeBlock(number, first, min(size, n_steps - first))
        for number, first in enumerate(range(0, n_steps, size))
    ]


def computed(job: Job, block: TimeBlock) -> BlockResult:
    """Compute one time block."""
    tables, still_open, failures = job.search(block.first_step, block.n_steps)
    return BlockResult(rows_of(job, tables), _on_host(job, still_open), failures.counts())


def rows_of(job: Job, tables: list[Columns]) -> pa.Table:
    """Return what refinement found as sorted rows of an encounter table, without metadata."""
    return job.rows(tables).to_arrow().replace_schema_metadata(None)


def _on_host(job: Job, stretches: Stretches) -> Stretches:
    if not job.engine.on_device:
        return stretches
    columns: list[Any] = [job.engine.device.to_host(column) for column in stretches]
    return Stretches(*(np.asarray(column, np.int64) for column in columns))
