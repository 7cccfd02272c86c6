"""What callers hand over as columns -> columns of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.errors import InputError
from gpuprop.formats import validation
from gpuprop.formats.columns import DEFAULTS, DTYPE, FIELDS, REQUIRED, Array, Columns

if TYPE_CHECKING:
    from collections.abc import Mapping


def checked_columns(given: Mapping[str, Any]) -> Columns:
    """Return all columns of a catalog, validated.

    Parameters
    ----------
    given : mapping
        One array-like per column; those in `REQUIRED` at least.

    Raises
    ------
    InputError
        A column is unknown or absent, has another length or a value no object can have.
    """
    unknown = sorted(set(given) - set(FIELDS))
    if unknown:
        raise InputError(f"{unknown[0]} is no column of a catalog; the columns are {', '.join(FIELDS)}")
    absent = [name for name in REQUIRED if name not in given]
    if absent:
        raise InputError(f"there is no column {', '.join(absent)}; every catalog needs it")
    columns = {name: _given_column(name, given[name]) for name in FIELDS if name in given}
    count = len(columns["norad_id"])
    for name, values in columns.items():
        if len(values) != count:
            raise InputError(f"{name} has {len(values)} values, norad_id {count}; give one per object")
    for name in sorted(set(FIELDS) - set(columns)):
        columns[name] = np.full(count, DEFAULTS[name], _dtype(name))
    for row, name, reason in validation.refusals(columns):
        raise InputError(f"{name}[{row}]: {reason}")
    columns["line"] = np.zeros(count, np.int32)
    return columns


def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype("U1") if DTYPE[name].kind == "U" else DTYPE[name]


def _given_column(name: str, values: Any) -> Array:
    if name == "epoch":
        return _given_epochs(values)
    try:
        column = np.asarray(values)
    except ValueError:
        raise InputError(f"{name} is no array; give one value per object") from None
    if column.ndim != 1:
        raise InputError(f"{name} has shape {column.shape}; give one value per object")
    wanted = DTYPE[name]
    if wanted.kind == "U":
        return np.asarray(
            [str(value) for value in column.tolist()], dtype=_dtype(name) if not len(column) else "U"
        )
    if column.dtype.kind not in "iuf" and column.size:
        raise InputError(f"{name} holds {column.dtype} values; give numbers")
    if wanted.kind == "i":
        limits = np.iinfo(wanted)
        with np.errstate(invalid="ignore"):
            bad = np.flatnonzero((column != np.floor(column)) | (column < limits.min) | (column > limits.max))
        if bad.size:
            raise InputError(f"{name}[{bad[0]}] is {column[bad[0]]}; give whole numbers that fit {wanted}")
    return np.array(column, dtype=wanted)


def _given_epochs(values: Any) -> Array:
    array = np.asarray(values) if not isinstance(values, tuple) else None
    if array is not None and array.dtype.kind in "iu":
        if array.ndim != 1:
            raise InputError(f"epoch has shape {array.shape}; give one value per object")
        return array.astype(np.int64)
    from gpuprop.timescale import to_ns

    return np.asarray(to_ns(values))
