"""The columns of an encounter table: names, types, and the way in and out of Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from gpuprop.errors import InputError

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

__all__ = ["KINDS", "SCHEMA"]

KINDS = ("flyby", "slow", "co-orbital", "identical", "cut by window", "cut by error")
"""What an encounter can be, as written in the column ``kind``."""

INSTANT = pa.timestamp("ns", tz="UTC")
_KIND = pa.dictionary(pa.int8(), pa.string())
_REQUIRED = {
    "norad_id_1": pa.int64(),
    "norad_id_2": pa.int64(),
    "name_1": pa.string(),
    "name_2": pa.string(),
    "tca": INSTANT,
    "enter": INSTANT,
    "exit": INSTANT,
    "duration_s": pa.float64(),
    "miss_distance_km": pa.float64(),
    "relative_speed_km_s": pa.float64(),
    "radial_km": pa.float64(),
    "in_track_km": pa.float64(),
    "cross_track_km": pa.float64(),
    "radial_km_s": pa.float64(),
    "in_track_km_s": pa.float64(),
    "cross_track_km_s": pa.float64(),
    "n_minima": pa.int32(),
    "kind": _KIND,
    "age_1_days": pa.float64(),
    "age_2_days": pa.float64(),
}
_NULLABLE = ("enter", "exit")

SCHEMA = pa.schema([pa.field(name, kind, nullable=name in _NULLABLE) for name, kind in _REQUIRED.items()])
"""Names, order and types of the columns."""


def refuse_names(missing: set[str], unknown: set[str]) -> None:
    if missing:
        raise InputError(f"columns missing: {', '.join(sorted(missing))}")
    if unknown:
        raise InputError(f"columns not known: {', '.join(sorted(unknown))}")


def conform(table: pa.Table) -> pa.Table:
    """Check a table, whatever its origin, and bring it to `SCHEMA`."""
    refuse_names(set(SCHEMA.names) - set(table.column_names), set(table.column_names) - set(SCHEMA.names))
    table = table.select(SCHEMA.names)
    for field in SCHEMA:
        if table[field.name].null_count and not field.nullable:
            raise InputError(f"column {field.name} has empty fields")
    position = table.column_names.index("kind")
    table = table.set_column(position, SCHEMA.field("kind"), _kinds(table["kind"].cast(pa.string())))
    table = table.cast(SCHEMA.with_metadata(table.schema.metadata)).combine_chunks()
    for field in SCHEMA:
        if field.type == pa.float64() and not pc.all(pc.is_finite(table[field.name])).as_py() and len(table):
            raise InputError(f"column {field.name} has values that are not finite numbers")
    if pc.any(pc.greater(table["norad_id_1"], table["norad_id_2"])).as_py():
        raise InputError("norad_id_1 is greater than norad_id_2 in some rows; the smaller one goes first")
    return table


def _kinds(words: pa.ChunkedArray) -> pa.Array:
    # One dictionary for all tables: equal rows give equal tables, whatever the order they came in.
    known = pa.array(KINDS)
    places = pc.index_in(words, known).combine_chunks()
    if places.null_count:
        unknown = words.filter(pc.is_null(places))[0].as_py()
        raise InputError(f"kind {unknown!r} is not known; the kinds are {', '.join(KINDS)}")
    return pa.DictionaryArray.from_arrays(places.cast(pa.int8()), known)


def to_arrow_column(values: Any, field: pa.Field) -> pa.Array:
    try:
        if isinstance(values, pa.Array):
            return values.cast(field.type)
        if field.type == INSTANT:
            return _instants(np.asarray(values))
        if field.type in (pa.string(), _KIND):
            return pa.array([str(value) for value in values], type=pa.string()).cast(field.type)
        array = np.asarray(values)
        return pa.array(array if array.size else array.astype(field.type.to_pandas_dtype()), type=field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"column {field.name} is not usable: {error}") from error


def _instants(values: NDArray[Any]) -> pa.Array:
    if values.dtype.kind not in "iM" and values.size:
        raise InputError(f"instants are int64 nanoseconds or datetime64, not {values.dtype}")
    nanoseconds = values.astype("datetime64[ns]" if values.dtype.kind == "M" else np.int64).view(np.int64)
    return pa.array(nanoseconds, mask=nanoseconds == np.iinfo(np.int64).min).cast(INSTANT)


def to_numpy_column(column: pa.ChunkedArray) -> NDArray[Any]:
    if column.type in (pa.string(), _KIND):
        array = np.array(column.to_pylist(), dtype=np.str_)
    elif column.type == INSTANT:
        array = column.cast(pa.timestamp("ns")).to_numpy()
    else:
        array = column.to_numpy()
    array.flags.writeable = False
    return array


def iso_instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return instants as ISO 8601 text with nanoseconds and ``Z``."""
    return pc.binary_replace_slice(column.cast(pa.string()), start=10, stop=11, replacement="T")


def csv_fields(column: pa.ChunkedArray) -> list[Any]:
    return list((iso_instants(column) if column.type == INSTANT else column).to_pylist())


def read_csv(path: str | os.PathLike[str]) -> pa.Table:
    types = {field.name: pa.string() if field.type == _KIND else field.type for field in SCHEMA}
    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False),
    )
