"""The end of a long screening: encounters across the ends of time blocks, and all of them in one file.

Blocks follow each other in time and each is sorted, so the result is written block by block; no
more than one of them, and the rows found across borders that belong to it, is held at once.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from gpuprop.arrow_table import metadata_of
from gpuprop.atomic_write import atomic_path
from gpuprop.encounter_schema import SCHEMA
from gpuprop.encounter_table import Encounters
from gpuprop.screening.failures import Failures
from gpuprop.screening.stretches import CELL_NS, closed_before, join
from gpuprop.screening.time_blocks import rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from gpuprop.screening.job import Job
    from gpuprop.screening.run_directory import RunDirectory
    from gpuprop.screening.stretches import Stretches
    from gpuprop.screening.time_blocks import TimeBlock

__all__ = ["finish"]

_SPILLED_ROWS = 250_000
_ROW_GROUP = 131_072
_TCA = SCHEMA.get_field_index("tca")


def finish(job: Job, directory: RunDirectory, blocks: list[TimeBlock]) -> None:
    """Join what the blocks left open, and write the result in the place of the block files."""
    with directory.writing():
        across = _Spill(directory.scratch)
        failures = _join_borders(job, directory, blocks, across)
        report = failures.report(job.engine, job.model, job.catalog, job.plan)
        parameters = job.parameters
        if job.selection.exclusion.docked:
            tables = chain(map(directory.table, blocks), [across.between(None, None)])
            parameters["left_out_docked"] = sum(pc.sum(_docked(table)).as_py() or 0 for table in tables)
        schema = SCHEMA.with_metadata(metadata_of(parameters, report))
        with atomic_path(directory.result) as temporary, _writer(temporary, schema) as writer:
            begin_ns = None
            for block in blocks:
                last = block is blocks[-1]
                end_ns = None if last else _end_ns(job, block)
                found = directory.table(block), across.between(begin_ns, end_ns)
                rows = Encounters.sorted(pa.concat_tables(found))
                if job.selection.exclusion.docked:
                    rows = rows.filter(pc.invert(_docked(rows)))
                writer.write_table(rows.cast(schema), row_group_size=_ROW_GROUP)
                begin_ns = end_ns
        directory.finish()


def _writer(path: Path, schema: pa.Schema) -> parquet.ParquetWriter:
    return parquet.ParquetWriter(path, schema, compression="zstd")


def _docked(rows: pa.Table) -> pa.ChunkedArray:
    """Tell which pairs are within the threshold from the first to the last instant of the window."""
    never_part = pc.and_(pc.is_null(rows["enter"]), pc.is_null(rows["exit"]))
    return pc.and_(never_part, pc.not_equal(rows["kind"].cast(pa.string()), "cut by error"))


def _end_ns(job: Job, block: TimeBlock) -> int:
    return job.plan.start_ns + (block.first_step + block.n_steps) * job.plan.step_ns


def _join_borders(job: Job, directory: RunDirectory, blocks: list[TimeBlock], across: _Spill) -> Failures:
    """Refine stretches that reach over ends of blocks, once nothing can touch them any more."""
    failures = Failures(len(job.catalog))
    waiting: list[Stretches] = []
    for block in blocks:
        still_open, counts = directory.read(block)
        failures.add_counts(counts)
        joined = join([*waiting, still_open])
        if block is not blocks[-1]:
            cell = (block.first_step + block.n_steps) * job.plan.step_ns // CELL_NS
            joined, rest = closed_before(joined, cell)
            waiting = [rest]
        if len(joined.first):
            across.add(rows_of(job, job.refine(joined)))
    across.flush()
    return failures


class _Spill:
    """Rows in any order of time, kept in files and given back by intervals of TCA."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[pa.Table] = []
        self._files: list[str] = []

    def add(self, rows: pa.Table) -> None:
        self._rows.append(rows)
        if sum(part.num_rows for part in self._rows) > _SPILLED_ROWS:
            self.flush()

    def flush(self) -> None:
        rows = Encounters.sorted(pa.concat_tables([SCHEMA.empty_table(), *self._rows]))
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{len(self._files):06d}.parquet"
        parquet.write_table(rows, path, row_group_size=_ROW_GROUP // 8)
        self._files.append(str(path))
        self._rows.clear()

    def between(self, begin_ns: int | None, end_ns: int | None) -> pa.Table:
        """Return the rows from an instant on and before another; None stands for no bound."""
        first = np.iinfo(np.int64).min if begin_ns is None else begin_ns
        last = np.iinfo(np.int64).max if end_ns is None else end_ns - 1
        parts = []
        for path in self._files:
            with parquet.ParquetFile(path) as file:
                groups = [group for group in range(file.num_row_groups) if _meets(file, group, first, last)]
                parts.append(file.read_row_groups(groups, use_threads=False).cast(SCHEMA))
        rows = pa.concat_tables(parts)
        tca = rows["tca"].cast(pa.int64())
        return rows.filter(pc.and_(pc.greater_equal(tca, first), pc.less_equal(tca, last)))


def _meets(file: parquet.ParquetFile, group: int, first: int, last: int) -> bool:
    """Tell whether a row group may have a TCA from an instant to another."""
    tca = file.metadata.row_group(group).column(_TCA).statistics
    return bool(tca is None or not tca.has_min_max or (tca.min_raw <= last and tca.max_raw >= first))
