"""The columns every reader fills and every writer takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from gpuprop.formats.report import ReportEntry

Array = npt.NDArray[Any]
Columns = dict[str, Array]

# Name, type and OMM keyword of every column an element set brings along.
SCHEMA: tuple[tuple[str, str, str], ...] = (
    ("norad_id", "int64", "NORAD_CAT_ID"),
    ("object_id", "U", "OBJECT_ID"),
    ("name", "U", "OBJECT_NAME"),
    ("epoch", "int64", "EPOCH"),
    ("mean_motion", "float64", "MEAN_MOTION"),
    ("eccentricity", "float64", "ECCENTRICITY"),
    ("inclination", "float64", "INCLINATION"),
    ("ra_of_asc_node", "float64", "RA_OF_ASC_NODE"),
    ("arg_of_pericenter", "float64", "ARG_OF_PERICENTER"),
    ("mean_anomaly", "float64", "MEAN_ANOMALY"),
    ("bstar", "float64", "BSTAR"),
    ("mean_motion_dot", "float64", "MEAN_MOTION_DOT"),
    ("mean_motion_ddot", "float64", "MEAN_MOTION_DDOT"),
    ("element_set_no", "int32", "ELEMENT_SET_NO"),
    ("rev_at_epoch", "int32", "REV_AT_EPOCH"),
    ("ephemeris_type", "int8", "EPHEMERIS_TYPE"),
    ("classification_type", "U1", "CLASSIFICATION_TYPE"),
)

FIELDS = tuple(name for name, _, _ in SCHEMA)
KEYWORD = {name: keyword for name, _, keyword in SCHEMA}
DTYPE = {name: np.dtype(kind) for name, kind, _ in SCHEMA}

REQUIRED = (
    "norad_id",
    "epoch",
    "mean_motion",
    "eccentricity",
    "inclination",
    "ra_of_asc_node",
    "arg_of_pericenter",
    "mean_anomaly",
    "bstar",
)
DEFAULTS: dict[str, object] = {
    "object_id": "",
    "name": "",
    "mean_motion_dot": 0.0,
    "mean_motion_ddot": 0.0,
    "element_set_no": 0,
    "rev_at_epoch": 0,
    "ephemeris_type": 0,
    "classification_type": "U",
}

Where = Callable[[int, str], tuple[int, str]]


@dataclass(frozen=True)
class Reading:
    """What one reader made of one source.

    Attributes
    ----------
    columns : dict
        One array per name in `FIELDS`, and ``line``; only rows whose text could be parsed.
    entries : list of ReportEntry
        What could not be parsed, or was repaired.
    where : callable
        ``where(row, field)`` gives line and column of a value in the source.
    """

    columns: Columns
    entries: list[ReportEntry]
    where: Where


def take(columns: Mapping[str, Array], rows: Any) -> Columns:
    """Return the same columns with only the given rows (mask, slice or indices)."""
    return {name: values[rows] for name, values in columns.items()}


def join(parts: Sequence[Mapping[str, Array]], names: Sequence[str]) -> Columns:
    """Return the named columns of all parts, one part after the other."""
    if not parts:
        return empty(names)
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def empty(names: Sequence[str] = FIELDS) -> Columns:
    """Return columns without rows."""
    kinds = {name: np.dtype("U1") if kind.kind == "U" else kind for name, kind in DTYPE.items()}
    return {name: np.empty(0, kinds.get(name, np.dtype(np.int32))) for name in names}


def text_array(values: Sequence[str], kind: str = "U") -> Array:
    """Return a fixed-width string array, at least one character wide."""
    return np.array(values, dtype=kind) if len(values) else np.empty(0, dtype="U1")
