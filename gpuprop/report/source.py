"""What a report is made of: encounters, or encounters with more columns beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from gpuprop.encounter_schema import SCHEMA
from gpuprop.encounter_table import Encounters
from gpuprop.errors import InputError

if TYPE_CHECKING:
    import os

    from gpuprop.screening.assessment import Assessment

__all__ = ["read_for_report"]

_ASSESSMENT_KEY = b"gpuprop.assessment"


def read_for_report(path: str | os.PathLike[str]) -> pa.Table:
    """Read what ``gpuprop screen`` or ``gpuprop pc`` wrote: a table with the columns of encounters at least.

    Parameters
    ----------
    path : str or path-like
        Parquet, or the CSV of a screening.

    Returns
    -------
    pyarrow.Table
        The table with its parameters.

    Raises
    ------
    InputError
        The file cannot be read or lacks columns of encounters.

    Examples
    --------
    >>> read_for_report("absent.parquet")
    Traceback (most recent call last):
        ...
    gpuprop.errors.InputError: absent.parquet: no such file
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    with Path(path).open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if not is_parquet:
        return Encounters.read(path).to_arrow()
    try:
        table = parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a Parquet file: {str(error).splitlines()[0]}") from error
    if missing := sorted(set(SCHEMA.names) - set(table.column_names)):
        raise InputError(f"{path}: not a table of encounters: columns missing: {', '.join(missing)}")
    return table


def parts(given: Encounters | Assessment | pa.Table) -> tuple[Encounters, pa.Table, dict[str, Any]]:
    """Return the encounters, the whole table, and what the assessment was asked for."""
    table = given if isinstance(given, pa.Table) else given.to_arrow()
    known = [name for name in table.column_names if name in SCHEMA.names]
    encounters = Encounters(table.select(known))
    asked = (table.schema.metadata or {}).get(_ASSESSMENT_KEY, b"{}")
    # The checked columns, in the place of the given ones
    for name in SCHEMA.names:
        table = table.set_column(table.column_names.index(name), name, encounters.to_arrow()[name])
    return encounters, table, json.loads(asked)
