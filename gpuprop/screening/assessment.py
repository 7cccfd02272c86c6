"""Encounters with their probabilities: what an analyst sorts and files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from pyarrow import parquet

import gpuprop
from gpuprop.arrow_columns import csv_fields
from gpuprop.atomic_write import atomic_path
from gpuprop.errors import InputError
from gpuprop.screening.at_tca import at_tca
from gpuprop.screening.covariance import COVARIANCE_MODELS, model_covariance, position_covariances
from gpuprop.screening.probability import Method, Probabilities, collision_probability

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters
    from gpuprop.ephemeris import Ephemeris

__all__ = ["Assessment", "assess"]

_PARAMETERS_KEY = b"gpuprop.assessment"
_SORTED_BY = {
    "probability": -1.0,
    "maximum": -1.0,
    "miss_distance_km": 1.0,
    "relative_speed_km_s": -1.0,
    "tca": 1.0,
}


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """Encounters and their probabilities of collision, row by row.

    Attributes
    ----------
    encounters : Encounters
        The rows.
    probabilities : Probabilities
        One for each.
    covariance : tuple of str
        For each row where the covariances come from: ``"given"``, ``"given for one object"``, ``"none"``, or
        ``"indicative: "`` and the name of a model (``", for one object"``, if the other one is an ephemeris).
    parameters : mapping
        What was asked for.

    Examples
    --------
    >>> import gpuprop
    >>> stations = gpuprop.Catalog.sample().select(ids=[25544, 48274, 49044])
    >>> encounters = gpuprop.screen(stations, "2024-11-01T00:00Z", "2024-11-01T03:00Z", threshold_km=10)
    >>> gpuprop.assess(encounters, stations, covariance="coarse-age").probabilities.notes()
    ['slow encounter: the relative path bends, a 2-D probability does not hold']
    """

    encounters: Encounters
    probabilities: Probabilities
    covariance: tuple[str, ...]
    parameters: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.encounters)

    def top(self, n: int, *, by: str = "probability") -> Assessment:
        """Return the first `n` rows by a column: likeliest, closest, fastest, earliest; no value goes last.

        Examples
        --------
        >>> import gpuprop
        >>> encounters = gpuprop.screen(gpuprop.Catalog.sample()[:2], "2024-11-01", "2024-11-01T01:00")
        >>> len(gpuprop.assess(encounters, gpuprop.Catalog.sample()).top(3))
        0
        """
        if by not in _SORTED_BY:
            raise InputError(f"by is {by!r}; choose one of {', '.join(map(repr, _SORTED_BY))}")
        if n < 0:
            raise InputError(f"n is {n}; give how many encounters to return")
        if by in ("probability", "maximum"):
            values = getattr(self.probabilities, by)
        else:
            values = self.encounters[by]
            values = values.astype(np.int64) if by == "tca" else values
        return self.take(np.argsort(_SORTED_BY[by] * values, kind="stable")[:n])

    def take(self, rows: NDArray[Any]) -> Assessment:
        """Return some rows, in the order given.

        Examples
        --------
        >>> import gpuprop
        >>> encounters = gpuprop.screen(gpuprop.Catalog.sample()[:2], "2024-11-01", "2024-11-01T01:00")
        >>> assessment = gpuprop.assess(encounters, gpuprop.Catalog.sample())
        >>> len(assessment.take(assessment.probabilities.diluted))
        0
        """
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == np.bool_ else np.asarray(rows, np.int64)
        table = self.encounters.to_arrow().take(pa.array(rows))
        return Assessment(
            type(self.encounters)(table),
            self.probabilities.take(rows),
            tuple(self.covariance[row] for row in rows.tolist()),
            self.parameters,
        )

    def to_arrow(self) -> pa.Table:
        """Return the columns of the encounters followed by those of the probabilities.

        Examples
        --------
        >>> import gpuprop
        >>> encounters = gpuprop.screen(gpuprop.Catalog.sample()[:2], "2024-11-01", "2024-11-01T01:00")
        >>> gpuprop.assess(encounters, gpuprop.Catalog.sample()).to_arrow().column_names[-3:]
        ['covariance', 'repaired', 'note']
        """
        found = self.probabilities
        table = self.encounters.to_arrow()
        for name in ("probability", "maximum", "sigma_factor", "sigma_minor_m", "sigma_major_m"):
            column = "probability_maximum" if name == "maximum" else name
            table = table.append_column(column, pa.array(getattr(found, name), from_pandas=True))
        table = table.append_column("diluted", pa.array(found.diluted))
        table = table.append_column(
            "hard_body_radius_m", pa.array(found.hard_body_radius_m, from_pandas=True)
        )
        table = table.append_column("covariance", pa.array(list(self.covariance), pa.string()))
        table = table.append_column("repaired", pa.array(found.repaired))
        table = table.append_column("note", pa.array(found.notes(), pa.string()))
        asked = json.dumps(dict(self.parameters)).encode()
        return table.replace_schema_metadata((table.schema.metadata or {}) | {_PARAMETERS_KEY: asked})

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write `to_arrow` with all parameters; the file appears whole or not at all.

        Examples
        --------
        >>> import gpuprop, pathlib, tempfile
        >>> encounters = gpuprop.screen(gpuprop.Catalog.sample()[:2], "2024-11-01", "2024-11-01T01:00")
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "assessment.parquet"
        >>> gpuprop.assess(encounters, gpuprop.Catalog.sample()).to_parquet(path)
        """
        with atomic_path(path) as temporary:
            parquet.write_table(self.to_arrow(), temporary, compression="zstd")

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows as CSV (RFC 4180, UTF-8); what has no value is an empty field.

        Examples
        --------
        >>> import gpuprop, pathlib, tempfile
        >>> encounters = gpuprop.screen(gpuprop.Catalog.sample()[:2], "2024-11-01", "2024-11-01T01:00")
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "assessment.csv"
        >>> gpuprop.assess(encounters, gpuprop.Catalog.sample()).to_csv(path)
        """
        table = self.to_arrow()
        columns = [csv_fields(table[name]) for name in table.column_names]
        with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(table.column_names)
            writer.writerows(zip(*columns, strict=True))


def assess(
    encounters: Encounters,
    catalog: Catalog,
    *,
    hard_body_radius_m: float | Mapping[int, float] = 5.0,
    covariance: None | str | Mapping[int, Any] = None,
    method: Method = "foster",
    slow: Literal["refuse", "compute"] = "refuse",
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] | None = None,
    ephemerides: Sequence[Ephemeris] = (),
) -> Assessment:
    """Put a probability of collision, or the largest one possible, beside every encounter.

    Element sets come without a covariance. As long as none is given, there is no probability but only its
    maximum over the size of the uncertainty.

    Parameters
    ----------
    encounters : Encounters
        From `gpuprop.screen`.
    catalog : Catalog
        The element sets that were screened.
    hard_body_radius_m : float or mapping of int to float
        Radius of each object, m, one for all or by catalog number; those of a pair are added. A pair with an
        object that the mapping lacks gets a note in place of numbers.
    covariance : None, str or mapping of int to array, optional
        None: unknown. A name of `gpuprop.screening.covariance.COVARIANCE_MODELS`: a guess, and every row
        says that it is indicative; it says nothing of an ephemeris. A mapping of catalog numbers to
        covariances, (3, 3) or (6, 6), m^2, in the RIC frame of the object at TCA: objects that it lacks are
        unknown. A value may also be a function of the TCA that returns the covariance, such as
        `gpuprop.messages.OemSegment.covariance_at`.
    method, slow
        As for `collision_probability`.
    engine : {"auto", "cpu", "cuda"}
        What to compute the states at TCA with.
    mode : {"afspc", "improved"}, optional
        SGP4's operation mode; that of the screening if left out.
    ephemerides : sequence of Ephemeris
        Those that were screened with the catalog.

    Returns
    -------
    Assessment
        Rows in the order of `encounters`.

    Raises
    ------
    InputError
        The catalog is not the one that was screened, or an argument cannot be used.

    Examples
    --------
    >>> import gpuprop
    >>> catalog = gpuprop.Catalog.sample().select(ids=[39574, 57854])
    >>> encounters = gpuprop.screen(catalog, "2024-11-01T00:00Z", "2024-11-02T00:00Z", threshold_km=50)
    >>> assessment = gpuprop.assess(encounters, catalog, hard_body_radius_m=2.0)
    >>> len(assessment) == len(encounters)
    True
    """
    states = at_tca(encounters, catalog, engine=engine, mode=mode, ephemerides=ephemerides)
    ids = [encounters.norad_id_1, encounters.norad_id_2]
    ages = [encounters.age_1_days, encounters.age_2_days]
    matrices = [row_covariances(covariance, i, a, encounters.tca) for i, a in zip(ids, ages, strict=True)]
    if isinstance(covariance, str):
        for matrix, rows in zip(matrices, states.rows, strict=True):
            matrix[rows >= len(catalog)] = np.nan
    found = collision_probability(
        r1_km=states.r[0],
        v1_km_s=states.v[0],
        covariance_1_m2=matrices[0],
        r2_km=states.r[1],
        v2_km_s=states.v[1],
        covariance_2_m2=matrices[1],
        hard_body_radius_m=sum(_radii(hard_body_radius_m, i) for i in ids),
        method=method,
        slow=slow,
    )
    parameters = {
        "hard_body_radius_m": "by object" if isinstance(hard_body_radius_m, Mapping) else hard_body_radius_m,
        "covariance": "by object" if isinstance(covariance, Mapping) else covariance,
        "method": method,
        "slow": slow,
        "version": gpuprop.__version__,
    }
    return Assessment(encounters, found, _labels(covariance, matrices), MappingProxyType(parameters))


def _radii(given: float | Mapping[int, float], ids: NDArray[np.int64]) -> NDArray[np.float64]:
    if isinstance(given, Mapping):
        return np.array([float(given.get(number, np.nan)) for number in ids.tolist()])
    try:
        radius = float(given)
    except (TypeError, ValueError):
        raise InputError("hard_body_radius_m is neither a number nor a mapping of catalog numbers") from None
    if not 0.0 < radius < 5000.0:
        raise InputError(f"hard_body_radius_m is {radius:g}; give a radius in metres, above zero")
    return np.full(len(ids), radius)


def row_covariances(
    given: object,
    ids: NDArray[np.int64],
    age_days: NDArray[np.float64],
    tca: NDArray[np.datetime64],
) -> NDArray[np.float64]:
    """Return the covariance of one object of each row, (n, 3, 3), m^2, RIC; NaN where it is not known."""
    if isinstance(given, str):
        return model_covariance(age_days, model=given)
    matrices = np.full((len(ids), 3, 3), np.nan)
    if given is None:
        return matrices
    if not isinstance(given, Mapping):
        names = ", ".join(COVARIANCE_MODELS)
        raise InputError(
            f"covariance is {type(given).__name__}; give a mapping of catalog numbers or one of {names}"
        )
    for row, number in enumerate(ids.tolist()):
        if number in given:
            value = given[number](tca[row]) if callable(given[number]) else given[number]
            matrices[row] = position_covariances(value, 1, f"covariance[{number}]")[0]
    return matrices


def _labels(given: object, matrices: list[NDArray[np.float64]]) -> tuple[str, ...]:
    known = sum((~np.isnan(matrix).all(axis=(1, 2))).astype(int) for matrix in matrices)
    words = "none", "given for one object", "given"
    if isinstance(given, str):
        words = "none", f"indicative: {given}, for one object", f"indicative: {given}"
    return tuple(words[count] for count in np.asarray(known).tolist())
