"""The one place that says which element sets are possible.

Readers turn text into numbers; what numbers an element set may hold is decided
here, for every format and for `Catalog.from_arrays` alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuprop.formats.columns import Array
from gpuprop.formats.report import CONTROL_CHARACTERS

LARGEST_ID = 999_999_999
FIRST_EPOCH = np.datetime64("1957-01-01", "ns").astype(np.int64).item()
LAST_EPOCH = np.datetime64("2262-01-01", "ns").astype(np.int64).item()
LONGEST_NAME = 200
LONGEST_DESIGNATOR = 40

# A circular orbit at the surface takes 17 revolutions a day. The limits of the drag terms are some
# twenty times what the lightest objects tracked show; both stop shifted columns and stray exponents.
LARGEST_MEAN_MOTION = 20.0
# Above this, an orbit that clears the Earth would reach ten million kilometres out, far beyond its hold.
LARGEST_ECCENTRICITY = 0.999
LARGEST_BSTAR = 100.0
LARGEST_MEAN_MOTION_RATE = 100.0

# Kinds that are SGP4's own elements: unsaid, SGP4, and SDP4 (the deep-space half of the same model).
PLAIN_EPHEMERIS_TYPES = (0, 2, 3)
OTHER_EPHEMERIS_TYPES = {1: "SGP", 4: "SGP4-XP", 5: "SDP8", 6: "SP"}

_CHARACTER = np.dtype("U1")

Mask = npt.NDArray[np.bool_]
Rule = tuple[str, Callable[[Array], Mask], Callable[[Any], str]]


def _not_finite(values: Array) -> Mask:
    return ~np.isfinite(values)


def _outside(low: float, high: float) -> Callable[[Array], Mask]:
    return lambda values: (values < low) | (values > high)


def _has_control_characters(values: Array) -> Mask:
    if values.dtype.itemsize == 0 or not values.size:
        return np.zeros(len(values), bool)
    codes = np.ascontiguousarray(values).view(np.uint32).reshape(len(values), -1)
    if _is_printable_ascii(codes):
        return np.zeros(len(values), bool)
    written = codes != 0
    inside = np.logical_or.accumulate(written[:, ::-1], axis=1)[:, ::-1]
    control = (codes < 32) | ((codes >= 127) & (codes < 160))
    # Halves of surrogate pairs and the two noncharacters cannot be written as UTF-8 or XML.
    control |= ((codes >= 0xD800) & (codes <= 0xDFFF)) | (codes == 0xFFFE) | (codes == 0xFFFF)
    control &= inside
    return np.asarray(control.any(axis=1))


def _is_printable_ascii(codes: npt.NDArray[np.uint32]) -> bool:
    """Tell whether all is printable ASCII and NULs stand at the ends alone, as in nearly all catalogs."""
    printable = codes - np.uint32(0x20) < 0x5F
    return bool((printable | (codes == 0)).all() and (printable[:, 1:] <= printable[:, :-1]).all())


def _none_of(allowed: tuple[int, ...]) -> Callable[[Array], Mask]:
    return lambda values: np.logical_and.reduce([values != each for each in allowed])


def _length_over(limit: int) -> Callable[[Array], Mask]:
    def is_longer(values: Array) -> Mask:
        fits = values.dtype.itemsize <= limit * _CHARACTER.itemsize
        return np.zeros(len(values), bool) if fits else np.char.str_len(values) > limit

    return is_longer


def _ephemeris_reason(value: Any) -> str:
    kind = OTHER_EPHEMERIS_TYPES.get(int(value), "no known kind")
    return f"ephemeris type {value} ({kind}) is not SGP4; propagated as SGP4 it would be kilometres off"


_NUMBERS = (
    "mean_motion",
    "eccentricity",
    "inclination",
    "ra_of_asc_node",
    "arg_of_pericenter",
    "mean_anomaly",
    "bstar",
    "mean_motion_dot",
    "mean_motion_ddot",
)

RULES: tuple[Rule, ...] = (
    (
        "norad_id",
        lambda ids: (ids < 0) | (ids > LARGEST_ID),
        lambda value: f"catalog number {value} is outside 0 to {LARGEST_ID}",
    ),
    (
        "epoch",
        _outside(FIRST_EPOCH, LAST_EPOCH),
        lambda value: f"epoch {np.datetime64(int(value), 'ns')} is outside 1957 to 2261",
    ),
    *((name, _not_finite, lambda value: f"{value} is not a finite number") for name in _NUMBERS),
    (
        "mean_motion",
        lambda values: (values <= 0.0) | (values > LARGEST_MEAN_MOTION),
        lambda value: f"mean motion {value} rev/day is outside 0 to {LARGEST_MEAN_MOTION:g}, 0 excluded",
    ),
    (
        "eccentricity",
        _outside(0.0, LARGEST_ECCENTRICITY),
        lambda value: f"eccentricity {value} is outside 0 to {LARGEST_ECCENTRICITY}",
    ),
    ("inclination", _outside(0.0, 180.0), lambda value: f"inclination {value} deg is outside 0 to 180"),
    *(
        (name, _outside(-360.0, 360.0), lambda value: f"angle {value} deg is outside -360 to 360")
        for name in ("ra_of_asc_node", "arg_of_pericenter", "mean_anomaly")
    ),
    (
        "bstar",
        lambda values: np.abs(values) > LARGEST_BSTAR,
        lambda value: f"B* {value} per earth radius is beyond {LARGEST_BSTAR:g}, more than any object has",
    ),
    *(
        (
            name,
            lambda values: np.abs(values) > LARGEST_MEAN_MOTION_RATE,
            lambda value: f"mean motion derivative {value} is beyond {LARGEST_MEAN_MOTION_RATE:g}",
        )
        for name in ("mean_motion_dot", "mean_motion_ddot")
    ),
    ("ephemeris_type", _none_of(PLAIN_EPHEMERIS_TYPES), _ephemeris_reason),
    *(
        (name, lambda values: values < 0, lambda value: f"{value} is negative; a count is needed")
        for name in ("element_set_no", "rev_at_epoch")
    ),
    (
        "name",
        _length_over(LONGEST_NAME),
        lambda value: f"the name has {len(str(value))} characters; {LONGEST_NAME} are the limit",
    ),
    (
        "object_id",
        _length_over(LONGEST_DESIGNATOR),
        lambda value: f"the designator has {len(str(value))} characters; {LONGEST_DESIGNATOR} are the limit",
    ),
    *(
        (name, _has_control_characters, lambda value: CONTROL_CHARACTERS)
        for name in ("name", "object_id", "classification_type")
    ),
)


def refusals(columns: Mapping[str, Array]) -> Iterator[tuple[int, str, str]]:
    """Yield row, field and reason of every row that no object can have, once per row.

    Parameters
    ----------
    columns : mapping
        One array per column; rules for absent columns are passed over.

    Yields
    ------
    tuple of (int, str, str)
        Row, name of the column, reason. Rows in no particular order.
    """
    refused: set[int] = set()
    with np.errstate(invalid="ignore"):
        wrong = [
            (name, is_wrong(columns[name]).nonzero()[0], reason)
            for name, is_wrong, reason in RULES
            if name in columns and len(columns[name])
        ]
    for name, rows, reason in wrong:
        for row in rows.tolist():
            if row not in refused:
                refused.add(row)
                yield row, name, f"{reason(columns[name][row].item())}"
