"""Small CSV tables of what is known of single objects: hard-body radii and covariances."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.errors import CatalogError
from gpuprop.formats import sources
from gpuprop.formats.report import quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_covariances", "read_radii"]

_RADIUS = ("hard_body_radius_m",)
_POSITION = tuple(f"c{row}_{column}_m2" for i, row in enumerate("rtn") for column in "rtn"[: i + 1])


def read_radii(source: sources.Source) -> dict[int, float]:
    r"""Read a table with the columns ``norad_id`` and ``hard_body_radius_m``.

    Parameters
    ----------
    source : path, file object, str or bytes
        Where the text is, or the text itself.

    Returns
    -------
    dict
        Radius of each object, m.

    Raises
    ------
    CatalogError
        A column is missing, or a value cannot be used; line and column are named.

    Examples
    --------
    >>> read_radii("norad_id,hard_body_radius_m\n25544,55\n")
    {25544: 55.0}
    """
    return {number: values[0] for number, values in _read(source, _RADIUS).items()}


def read_covariances(source: sources.Source) -> dict[int, NDArray[np.float64]]:
    r"""Read position covariances: ``norad_id`` and the lower triangle in RIC (RTN), m^2.

    Parameters
    ----------
    source : path, file object, str or bytes
        Columns ``cr_r_m2``, ``ct_r_m2``, ``ct_t_m2``, ``cn_r_m2``, ``cn_t_m2``, ``cn_n_m2``.

    Returns
    -------
    dict
        Covariance (3, 3) of each object.

    Raises
    ------
    CatalogError
        A column is missing, or a value cannot be used; line and column are named.

    Examples
    --------
    >>> text = "norad_id,cr_r_m2,ct_r_m2,ct_t_m2,cn_r_m2,cn_t_m2,cn_n_m2\n5,1,0,4,0,0,9\n"
    >>> read_covariances(text)[5].diagonal().tolist()
    [1.0, 4.0, 9.0]
    """
    found = {}
    rows, columns = np.tril_indices(3)
    for number, values in _read(source, _POSITION).items():
        matrix = np.empty((3, 3))
        matrix[rows, columns] = matrix[columns, rows] = values
        found[number] = matrix
    return found


def _read(source: sources.Source, columns: tuple[str, ...]) -> dict[int, list[float]]:
    data, name = sources.load(source)
    reader = csv.DictReader(io.StringIO(data.decode("utf-8", "replace"), newline=""))
    missing = [column for column in ("norad_id", *columns) if column not in (reader.fieldnames or ())]
    if missing:
        raise CatalogError(f"{name}, line 1: column {', '.join(missing)} missing")
    found: dict[int, list[float]] = {}
    for row in reader:
        place = f"{name}, line {reader.line_num}"
        number = (row["norad_id"] or "").strip()
        if not (number.isascii() and number.isdigit() and len(number) <= 9):
            raise CatalogError(f"{place}, norad_id: {quoted(number)} is no catalog number")
        if int(number) in found:
            raise CatalogError(f"{place}, norad_id: {number} is there twice")
        found[int(number)] = [_number(row[column], f"{place}, {column}") for column in columns]
    return found


def _number(text: str | None, place: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        raise CatalogError(f"{place}: {quoted(text or '')} is no number") from None
    if not math.isfinite(value):
        raise CatalogError(f"{place}: {quoted(text or '')} is no finite number")
    return value
