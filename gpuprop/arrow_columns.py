"""Columns of result tables: checked against a schema, and the way in and out of Arrow and CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from gpuprop import arrow_compute as pc
from gpuprop.errors import InputError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Words = Mapping[str, tuple[str, ...]]

INSTANT = pa.timestamp("ns", tz="UTC")
WORD = pa.dictionary(pa.int8(), pa.string())


def refuse_names(missing: set[str], unknown: set[str]) -> None:
    """Refuse columns that are missing or not known."""
    if missing:
        raise InputError(f"columns missing: {', '.join(sorted(missing))}")
    if unknown:
        raise InputError(f"columns not known: {', '.join(sorted(unknown))}")


def conform(table: pa.Table, schema: pa.Schema, words: Words) -> pa.Table:
    """Check a table, whatever its origin, and bring it to a schema; `words` are those of `WORD` columns."""
    refuse_names(set(schema.names) - set(table.column_names), set(table.column_names) - set(schema.names))
    table = table.select(schema.names)
    for field in schema:
        if table[field.name].null_count and not field.nullable:
            raise InputError(f"column {field.name} has empty fields")
    for name, known in words.items():
        if not _worded(table[name], known):
            place = table.column_names.index(name)
            column = word_column(table[name].cast(pa.string()), name, known)
            table = table.set_column(place, schema.field(name), column)
    table = table.cast(schema.with_metadata(table.schema.metadata)).combine_chunks()
    for field in schema:
        if field.type == pa.float64() and not pc.all(pc.is_finite(table[field.name])).as_py() and len(table):
            raise InputError(f"column {field.name} has values that are not finite numbers")
    return table


def _worded(column: pa.ChunkedArray, known: tuple[str, ...]) -> bool:
    """Tell whether a column consists of numbers of the known words already."""
    return column.type == WORD and all(chunk.dictionary.to_pylist() == list(known) for chunk in column.chunks)


def word_column(texts: pa.ChunkedArray, name: str, known: tuple[str, ...]) -> pa.Array:
    """Turn texts into numbers of words; refuse those that are none."""
    # One dictionary for all tables: equal rows give equal tables, whatever the order they came in.
    dictionary = texts_to_arrow(known)
    places = pc.index_in(texts, dictionary).combine_chunks()
    if places.null_count:
        unknown = texts.filter(pc.is_null(places))[0].as_py()
        raise InputError(f"{name} {unknown!r} is not known; the {name}s are {', '.join(known)}")
    return pa.DictionaryArray.from_arrays(places.cast(pa.int8()), dictionary)


def to_arrow_column(values: Any, field: pa.Field) -> pa.Array:
    """Make a column of what a caller gave for it."""
    try:
        if isinstance(values, pa.Array):
            return values.cast(field.type)
        if field.type == INSTANT:
            return _instants(np.asarray(values))
        if field.type in (pa.string(), WORD):
            return pa.array([str(value) for value in values], type=pa.string()).cast(field.type)
        array = np.asarray(values)
        if array.dtype.kind in "iuf" and array.ndim == 1:
            return numbers_to_arrow(array).cast(field.type)
        return pa.array(array if array.size else array.astype(field.type.to_pandas_dtype()), type=field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"column {field.name} is not usable: {error}") from error


def _instants(values: NDArray[Any]) -> pa.Array:
    if values.dtype.kind not in "iM" and values.size:
        raise InputError(f"instants are int64 nanoseconds or datetime64, not {values.dtype}")
    kind = "datetime64[ns]" if values.dtype.kind == "M" else np.int64
    nanoseconds = values.astype(kind, copy=False).view(np.int64)
    return numbers_to_arrow(nanoseconds, missing=nanoseconds == np.iinfo(np.int64).min).cast(INSTANT)


def numbers_to_arrow(values: NDArray[Any], *, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return integers or floats as an Arrow array, null where they are missing; the way back is `numbers_of`.

    Arrow's own way there imports pandas where it is installed, for longer than reading a catalog takes.
    """
    values = np.ascontiguousarray(values)
    valid = None if missing is None or not missing.any() else np.packbits(~missing, bitorder="little")
    buffers = [None if valid is None else pa.py_buffer(valid), pa.py_buffer(values)]
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), buffers)


def texts_to_arrow(texts: Sequence[str]) -> pa.Array:
    """Return texts of less than 2 GiB in all as an Arrow array, without what `numbers_to_arrow` tells of."""
    joined = "".join(texts)
    encoded = joined.encode()
    sizes = map(len, texts) if len(encoded) == len(joined) else (len(text.encode()) for text in texts)
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(np.fromiter(sizes, np.int32, len(texts)), out=offsets[1:])
    return pa.Array.from_buffers(
        pa.string(), len(texts), [None, pa.py_buffer(offsets), pa.py_buffer(encoded)]
    )


def numbers_of(column: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    """Return numbers, truth values or instants without a time zone as a read-only array; NaN, NaT for nulls.

    Arrow's own way there imports pandas where it is installed, for longer than reading a catalog takes.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    kind = column.type
    if pa.types.is_timestamp(kind):
        ticks = _filled(column.cast(pa.int64()), np.iinfo(np.int64).min)
        return ticks.view(f"datetime64[{kind.unit}]")
    if pa.types.is_boolean(kind):
        return np.from_dlpack(column.cast(pa.uint8())).view(np.bool_)
    return _filled(column, np.nan) if pa.types.is_floating(kind) else np.from_dlpack(column)


def _filled(column: pa.Array, missing: float) -> NDArray[Any]:
    """Return numbers with one in place of nulls; Arrow's own way imports pandas, as above."""
    if not column.null_count:
        return np.from_dlpack(column)
    _, data = column.buffers()
    dtype = np.dtype(column.type.to_pandas_dtype())
    values = np.frombuffer(data, dtype, count=len(column), offset=column.offset * dtype.itemsize).copy()
    values[numbers_of(column.is_null())] = missing
    values.flags.writeable = False
    return values


def to_numpy_column(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return a column as a read-only array."""
    if column.type in (pa.string(), WORD):
        array = np.array(column.to_pylist(), dtype=np.str_)
    elif column.type == INSTANT:
        array = numbers_of(column.cast(pa.timestamp("ns")))
    else:
        array = numbers_of(column)
    array.flags.writeable = False
    return array


def iso_instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return instants as ISO 8601 text with nanoseconds and ``Z``."""
    return pc.binary_replace_slice(column.cast(pa.string()), start=10, stop=11, replacement="T")


def csv_fields(column: pa.ChunkedArray) -> list[Any]:
    """Return a column as what CSV writes."""
    return list((iso_instants(column) if column.type == INSTANT else column).to_pylist())


def read_parquet(path: str | os.PathLike[str]) -> pa.Table:
    """Read a Parquet file. Importing what does takes as long as reading a catalog, and few runs need it."""
    from pyarrow import parquet

    return parquet.read_table(path)


def read_csv(path: str | os.PathLike[str], schema: pa.Schema) -> pa.Table:
    """Read what `csv_fields` wrote."""
    types = {field.name: pa.string() if field.type == WORD else field.type for field in schema}
    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False),
    )
