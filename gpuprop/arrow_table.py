"""What every result table is: an immutable Arrow table with parameters and a report of failed objects."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np
import pyarrow as pa

from gpuprop import arrow_compute as pc
from gpuprop.arrow_columns import (
    conform,
    csv_fields,
    numbers_to_arrow,
    read_csv,
    read_parquet,
    refuse_names,
    to_arrow_column,
    to_numpy_column,
)
from gpuprop.atomic_write import atomic_path
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    import pandas as pd
    import polars as pl
    from numpy.typing import NDArray

    from gpuprop.arrow_columns import Words

__all__ = ["ArrowTable", "FailedObject", "metadata_of"]

_PARAMETERS_KEY = b"gpuprop.parameters"
_REPORT_KEY = b"gpuprop.report"


@dataclass(frozen=True, slots=True)
class FailedObject:
    """An object that gave no usable state for the whole window or a part of it.

    Attributes
    ----------
    norad_id : int
        Catalog number of the object.
    name : str
        Its name, as the catalog has it.
    status : int
        Status code of the first state that was not usable.
    meaning : str
        The same in words.
    first_failed_time : numpy.datetime64 or None
        Instant of that state, UTC; None where the object has no usable state at all.

    Examples
    --------
    >>> FailedObject(norad_id=36884, name="", status=6, meaning="decayed", first_failed_time=None).status
    6
    """

    norad_id: int
    name: str
    status: int
    meaning: str
    first_failed_time: np.datetime64 | None


class ArrowTable:
    """Base of result tables; a subclass says which columns it has, and in what order its rows are.

    Attributes
    ----------
    report : tuple of FailedObject
        Objects that failed before or during the window.
    parameters : mapping
        What was asked for.
    order : tuple of str
        Columns by which rows are sorted.
    """

    __slots__ = ("_arrays", "_table", "parameters", "report")

    _schema: ClassVar[pa.Schema]
    _words: ClassVar[Words]
    order: ClassVar[tuple[str, ...]]
    _rows_are: ClassVar[str]
    _passed_over: ClassVar[tuple[str, ...]] = ()

    _arrays: dict[str, NDArray[Any]]
    _table: pa.Table
    parameters: Mapping[str, Any]
    report: tuple[FailedObject, ...]

    def __init__(self, table: pa.Table) -> None:
        table = conform(table, self._schema, self._words)
        self._check(table)
        metadata = table.schema.metadata or {}
        set_once = object.__setattr__
        set_once(self, "_table", table)
        set_once(self, "_arrays", {})
        set_once(self, "parameters", MappingProxyType(json.loads(metadata.get(_PARAMETERS_KEY, b"{}"))))
        set_once(self, "report", _report_from_json(metadata.get(_REPORT_KEY, b"[]")))

    def _check(self, table: pa.Table) -> None:
        """Refuse values that no row has."""

    @classmethod
    def from_columns(
        cls,
        columns: Mapping[str, Any],
        *,
        parameters: Mapping[str, Any] | None = None,
        report: Iterable[FailedObject] = (),
    ) -> Self:
        """Make the table from one array per column and put its rows in order.

        Parameters
        ----------
        columns : mapping of str to array
            Every column of the schema, each of shape (n,). Instants are int64
            nanoseconds UTC since 1970 or datetime64; NaT (or the smallest int64)
            in ``enter`` and ``exit`` stands for a missing one. Arrow arrays are taken too.
        parameters : mapping, optional
            What was asked for. Values are numbers, text, booleans, None or datetime64.
        report : iterable of FailedObject, optional
            Objects without usable states.

        Returns
        -------
        ArrowTable
            Of the class that it is called on.

        Raises
        ------
        InputError
            A column is missing, unknown, of another length or type, or holds a value
            that no row has (not finite, ids in the wrong order, an unknown kind).

        Examples
        --------
        >>> from gpuprop.encounter_table import SCHEMA, Encounters
        >>> row = dict.fromkeys(SCHEMA.names, [0.0])
        >>> row |= {"norad_id_1": [5], "norad_id_2": [900], "name_1": ["A"], "name_2": ["B"]}
        >>> row |= dict.fromkeys(["tca", "enter", "exit"], [1_730_419_200_000_000_000])
        >>> row |= {"n_minima": [1], "kind": ["flyby"], "miss_distance_km": [0.25]}
        >>> Encounters.from_columns(row).miss_distance_km
        array([0.25])
        """
        refuse_names(set(cls._schema.names) - set(columns), set(columns) - set(cls._schema.names))
        arrays = [to_arrow_column(columns[field.name], field) for field in cls._schema]
        lengths = {len(array) for array in arrays}
        if len(lengths) > 1:
            sizes = ", ".join(
                f"{name} {len(array)}" for name, array in zip(cls._schema.names, arrays, strict=True)
            )
            raise InputError(f"columns differ in length: {sizes}")
        schema = cls._schema.with_metadata(metadata_of(parameters or {}, report))
        return cls(cls.sorted(pa.Table.from_arrays(arrays, schema=schema)))

    @classmethod
    def sorted(cls, table: pa.Table) -> pa.Table:
        """Return an Arrow table with its rows in the order of this class."""
        if _in_order(table, cls.order):
            return table
        # Not `sort_by`, whose threads end the process where memory runs out.
        return table.take(pc.sort_indices(table, [(name, "ascending") for name in cls.order]))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read a table that `to_parquet` or `to_csv` wrote.

        Of a file with probabilities of collision (``gpuprop pc``, `Assessment`) the encounters are read.

        Parameters
        ----------
        path : str or path-like
            The file; whether it is Parquet or CSV is told by its content.

        Returns
        -------
        ArrowTable
            Equal to what was written; from CSV, without `report` and `parameters`.

        Raises
        ------
        InputError
            The file cannot be read or is not such a table.

        Examples
        --------
        >>> from gpuprop.encounter_table import Encounters
        >>> Encounters.read("absent.parquet")
        Traceback (most recent call last):
            ...
        gpuprop.errors.InputError: absent.parquet: no such file
        """
        if not Path(path).is_file():
            raise InputError(f"{os.fspath(path)}: no such file")
        with Path(path).open("rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        try:
            table = read_parquet(path) if is_parquet else read_csv(path, cls._schema)
            return cls(cls._own(table))
        except (pa.ArrowException, ValueError, KeyError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{os.fspath(path)}: not a table of {cls._rows_are}: {reason}") from error

    @classmethod
    def _own(cls, table: pa.Table) -> pa.Table:
        """Return a table without the columns and parameters that another step added to it."""
        added = [name for name in table.column_names if name in cls._passed_over]
        if not added:
            return table
        metadata = table.schema.metadata or {}
        kept = {key: metadata[key] for key in (_PARAMETERS_KEY, _REPORT_KEY) if key in metadata}
        return table.drop_columns(added).replace_schema_metadata(kept)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._schema.names:
            raise KeyError(f"{name!r} is not a column; the columns are {', '.join(self._schema.names)}")
        if name not in self._arrays:
            self._arrays[name] = to_numpy_column(self._table[name])
        return self._arrays[name]

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name not in self._schema.names:
            raise AttributeError(f"a table of {self._rows_are} has no attribute or column {name!r}")
        return self[name]

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a table of {self._rows_are} is immutable; {name!r} cannot be set")

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._schema.names])

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        assert isinstance(other, ArrowTable)
        same_rows: bool = self._table.equals(other._table)
        return same_rows and self.parameters == other.parameters and self.report == other.report

    __hash__ = None  # type: ignore[assignment]  # equal by value

    def __reduce__(self) -> tuple[type[ArrowTable], tuple[pa.Table]]:
        return type(self), (self._table,)

    def select(self, *, mask: NDArray[np.bool_]) -> Self:
        """Return the rows for which `mask`, a boolean array of shape (n,), is true.

        Examples
        --------
        >>> from gpuprop.encounter_table import SCHEMA, Encounters
        >>> nothing = Encounters.from_columns({name: [] for name in SCHEMA.names})
        >>> len(nothing.select(mask=nothing.kind == "flyby"))
        0
        """
        wanted = np.asarray(mask)
        if wanted.dtype != np.bool_ or wanted.shape != (len(self),):
            given = f"{wanted.dtype} of shape {wanted.shape}"
            raise InputError(f"mask is {given}; give one boolean for each of {len(self)} rows")
        return type(self)(self._table.take(numbers_to_arrow(np.flatnonzero(wanted))))

    def to_arrow(self) -> pa.Table:
        """Return the table as `pyarrow.Table`, without a copy.

        Examples
        --------
        >>> from gpuprop.encounter_table import SCHEMA, Encounters
        >>> Encounters.from_columns({name: [] for name in SCHEMA.names}).to_arrow().schema.names[:2]
        ['norad_id_1', 'norad_id_2']
        """
        return self._table

    def to_pandas(self) -> pd.DataFrame:
        """Return the table as `pandas.DataFrame`.

        Examples
        --------
        >>> from gpuprop.encounter_table import SCHEMA, Encounters
        >>> Encounters.from_columns({name: [] for name in SCHEMA.names}).to_pandas().shape
        (0, 20)
        """
        try:
            import pandas as pd  # noqa: F401 - Arrow imports it by itself, and says less if it is not there
        except ImportError as error:
            raise ImportError("to_pandas needs pandas: pip install pandas") from error
        return self._table.to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """Return the table as `polars.DataFrame`.

        Examples
        --------
        >>> from gpuprop.encounter_table import SCHEMA, Encounters
        >>> Encounters.from_columns({name: [] for name in SCHEMA.names}).to_polars().shape
        (0, 20)
        """
        try:
            import polars as pl
        except ImportError as error:
            raise ImportError("to_polars needs polars: pip install polars") from error
        frame = pl.from_arrow(self._table)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write the table with its report and parameters; the file appears whole or not at all.

        Examples
        --------
        >>> from gpuprop.encounter_table import SCHEMA, Encounters
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "encounters.parquet"
        >>> nothing = Encounters.from_columns({name: [] for name in SCHEMA.names})
        >>> nothing.to_parquet(path)
        >>> Encounters.read(path) == nothing
        True
        """
        from pyarrow import parquet

        with atomic_path(path) as temporary:
            parquet.write_table(self._table, temporary, compression="zstd")

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows as CSV (RFC 4180, UTF-8); the file appears whole or not at all.

        Instants are ISO 8601 with nanoseconds and ``Z``, numbers have all their digits,
        a missing instant is an empty field. Report and parameters are left out.

        Examples
        --------
        >>> from gpuprop.encounter_table import SCHEMA, Encounters
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "encounters.csv"
        >>> Encounters.from_columns({name: [] for name in SCHEMA.names}).to_csv(path)
        >>> path.read_text().split(",")[:2]
        ['norad_id_1', 'norad_id_2']
        """
        columns = [csv_fields(self._table[name]) for name in self._schema.names]
        with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(self._schema.names)
            writer.writerows(zip(*columns, strict=True))


def _in_order(table: pa.Table, order: tuple[str, ...]) -> bool:
    """Tell whether the rows are sorted already; looking is a hundred times as fast as sorting."""
    tied = np.ones(max(len(table) - 1, 0), bool)
    for name in order:
        values = to_numpy_column(table[name])
        if (tied & (values[1:] < values[:-1])).any():
            return False
        tied &= values[1:] == values[:-1]
    return True


def metadata_of(parameters: Mapping[str, Any], report: Iterable[FailedObject]) -> dict[bytes, bytes]:
    """Return parameters and report as the metadata of an Arrow schema."""
    return {
        _PARAMETERS_KEY: json.dumps(dict(parameters), default=_plain).encode(),
        _REPORT_KEY: json.dumps([asdict(failed) for failed in report], default=_plain).encode(),
    }


def _plain(value: object) -> object:
    """Turn what JSON does not know into what it does; instants become ISO 8601 text."""
    if isinstance(value, np.datetime64):
        return f"{value.astype('datetime64[ns]')}Z"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    raise InputError(f"parameters hold {value!r}, which is neither a number nor text nor an instant")


def _report_from_json(text: bytes) -> tuple[FailedObject, ...]:
    entries = json.loads(text)
    for entry in entries:
        if entry["first_failed_time"] is not None:
            entry["first_failed_time"] = np.datetime64(entry["first_failed_time"].removesuffix("Z"), "ns")
    return tuple(FailedObject(**entry) for entry in entries)
