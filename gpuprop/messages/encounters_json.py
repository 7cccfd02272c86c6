"""Encounters as JSON, in a schema that is published with the package."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.arrow_columns import INSTANT, to_numpy_column
from gpuprop.encounter_schema import SCHEMA
from gpuprop.encounter_table import Encounters
from gpuprop.errors import CatalogError
from gpuprop.formats import sources
from gpuprop.messages.provenance import Provenance

if TYPE_CHECKING:
    import pyarrow as pa

    from gpuprop.arrow_table import ArrowTable
    from gpuprop.catalog import Catalog
    from gpuprop.screening.assessment import Assessment

__all__ = ["encounters_to_json", "failed_objects", "json_rows", "json_schema", "read_encounters_json"]

FORMAT = "gpuprop-encounters"
FORMAT_VERSION = 1
_INSTANTS = [field.name for field in SCHEMA if field.type == INSTANT]


def json_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) that `encounters_to_json` keeps to.

    Examples
    --------
    >>> from gpuprop.messages.encounters_json import json_schema
    >>> json_schema()["properties"]["format"]
    {'const': 'gpuprop-encounters'}
    """
    text = resources.files("gpuprop").joinpath("data/encounters.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def encounters_to_json(assessment: Assessment, catalog: Catalog) -> str:
    """Write encounters with probabilities and provenance as JSON.

    Units are in the names; instants are ISO 8601 with nanoseconds and ``Z``; what is not known is null.

    Parameters
    ----------
    assessment : Assessment
        Encounters with their probabilities.
    catalog : Catalog
        The element sets that were screened.

    Returns
    -------
    str
        The text, one encounter a line.

    Examples
    --------
    >>> import gpuprop, gpuprop.messages
    >>> catalog = gpuprop.Catalog.sample()[:2]
    >>> encounters = gpuprop.screen(catalog, "2024-11-01", "2024-11-01T01:00")
    >>> text = gpuprop.messages.encounters_to_json(gpuprop.assess(encounters, catalog), catalog)
    >>> gpuprop.messages.read_encounters_json(text) == encounters
    True
    """
    encounters = assessment.encounters
    head = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "provenance": Provenance.of(encounters, catalog).to_dict(),
        "assessment": dict(assessment.parameters),
        "failed_objects": failed_objects(encounters),
    }
    body = ",\n".join(json.dumps(row, allow_nan=False) for row in json_rows(assessment.to_arrow()))
    start = json.dumps(head, indent=1, allow_nan=False).removesuffix("\n}")
    return f'{start},\n "encounters": [\n{body}\n ]\n}}\n'


def json_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows of a table of encounters as JSON has them: instants as texts, nothing as None."""
    columns = {}
    for name in table.column_names:
        values = table[name]
        if name in _INSTANTS:
            numbers = to_numpy_column(values)
            columns[name] = [None if np.isnat(n) else f"{n.astype('datetime64[ns]')}Z" for n in numbers]
        else:
            columns[name] = [None if value != value else value for value in values.to_pylist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def failed_objects(table: ArrowTable) -> list[dict[str, Any]]:
    """Return the report of failed objects as JSON has it."""
    return [
        {
            "norad_id": one.norad_id,
            "name": one.name,
            "status": one.status,
            "meaning": one.meaning,
            "first_failed_time": None if one.first_failed_time is None else f"{one.first_failed_time}Z",
        }
        for one in table.report
    ]


def read_encounters_json(source: sources.Source) -> Encounters:
    """Read the encounters of a JSON text that `encounters_to_json` wrote.

    Parameters
    ----------
    source : path, file object, str or bytes
        Where the text is, or the text itself.

    Returns
    -------
    Encounters
        The rows, with parameters and report; probabilities are left to be computed again.

    Raises
    ------
    CatalogError
        The text is no such JSON.

    Examples
    --------
    >>> from gpuprop.messages import read_encounters_json
    >>> read_encounters_json('{"format": "other"}')
    Traceback (most recent call last):
        ...
    gpuprop.errors.CatalogError: <text>: format is 'other'; gpuprop-encounters is needed
    """
    data, name = sources.load(source)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CatalogError(f"{name}: is no JSON: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        shown = found.get("format") if isinstance(found, dict) else found
        raise CatalogError(f"{name}: format is {str(shown)[:40]!r}; {FORMAT} is needed")
    if found.get("format_version") != FORMAT_VERSION:
        raise CatalogError(
            f"{name}: format_version is {found.get('format_version')!r}; {FORMAT_VERSION} is needed"
        )
    try:
        return _encounters(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CatalogError(f"{name}: does not keep to the schema: {error}") from error


def _encounters(found: dict[str, Any]) -> Encounters:
    from gpuprop.encounter_table import FailedObject

    rows = found["encounters"]
    columns: dict[str, Any] = {field.name: [row[field.name] for row in rows] for field in SCHEMA}
    for name in _INSTANTS:
        columns[name] = np.array([_instant(value) for value in columns[name]], "datetime64[ns]")
    report = [
        FailedObject(**{**one, "first_failed_time": _maybe(one["first_failed_time"])})
        for one in found["failed_objects"]
    ]
    return Encounters.from_columns(columns, parameters=found["provenance"]["parameters"], report=report)


def _instant(value: str | None) -> np.datetime64:
    return np.datetime64("NaT", "ns") if value is None else np.datetime64(value.removesuffix("Z"), "ns")


def _maybe(value: str | None) -> np.datetime64 | None:
    return None if value is None else _instant(value)
