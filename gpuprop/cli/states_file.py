"""States as rows of a file: one row per object and instant, empty fields where there is no state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from gpuprop.arrow_columns import INSTANT, iso_instants

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from gpuprop.states import States

AXES = ("x_km", "y_km", "z_km", "vx_km_s", "vy_km_s", "vz_km_s")
SCHEMA = pa.schema(
    [
        pa.field("norad_id", pa.int64(), nullable=False),
        pa.field("time", INSTANT, nullable=False),
        pa.field("status", pa.uint8(), nullable=False),
        *(pa.field(axis, pa.float64()) for axis in AXES),
    ]
)


def to_table(norad_id: NDArray[np.int64], instants: NDArray[np.int64], states: States) -> pa.Table:
    """Lay a block of states out as rows, ordered by object, then time."""
    n_sat, n_time = states.status.shape
    flat = np.concatenate([states.r, states.v], axis=2).reshape(n_sat * n_time, len(AXES))
    columns = [
        pa.array(np.repeat(norad_id, n_time)),
        pa.array(np.tile(instants, n_sat)).cast(INSTANT),
        pa.array(states.status.ravel()),
        *(pa.array(np.ascontiguousarray(flat[:, axis]), from_pandas=True) for axis in range(len(AXES))),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def open_writer(path: Path, kind: str | None) -> Any:
    """Open a file for tables of `SCHEMA`; it has `write_table` and is a context manager."""
    return parquet.ParquetWriter(path, SCHEMA, compression="zstd") if kind == "parquet" else _CsvWriter(path)


class _CsvWriter:
    def __init__(self, path: Path) -> None:
        schema = SCHEMA.set(1, pa.field("time", pa.string()))
        # No field of this table can hold a comma, a quote or a line break.
        options = csv.WriteOptions(quoting_style="none")
        self._writer = csv.CSVWriter(path, schema, write_options=options)

    def __enter__(self) -> _CsvWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write_table(self, table: pa.Table) -> None:
        self._writer.write_table(table.set_column(1, "time", iso_instants(table["time"])))
